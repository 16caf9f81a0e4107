"""``python -m benchmarks NAME [options]``: measure, print a table, write JSON."""

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import benchmarks
from img2music.errors import Img2MusicError

HELPERS = {"__main__", "made_up", "film_material", "fuzz_readers", "known_music", "mutations", "report", "synthetic"}


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in HELPERS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=names, help="what to measure; NAME --help tells its options")
    name = parser.parse_args(sys.argv[1:2]).name

    # Only the one that is asked for: each needs peers of its own, which need not all be installed.
    module = importlib.import_module(f"benchmarks.{name}")
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=module.__doc__)
    parser.add_argument("--output", type=Path, default=Path("benchmark-results"), help="folder for the JSON")
    module.add_arguments(parser)
    options = parser.parse_args(sys.argv[2:])
    try:
        report = module.run(options)
    except Img2MusicError as error:
        raise SystemExit(str(error)) from None
    report.show()
    print(f"Written to {report.write(options.output)}")


if __name__ == "__main__":  # not in processes that a benchmark starts
    main()
