"""``python -m benchmarks NAME [options]``: measure, print a table, write JSON."""

import argparse
import importlib
import pkgutil
from pathlib import Path

import benchmarks

INFRASTRUCTURE = {"__main__", "report", "synthetic"}


def main() -> None:
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in INFRASTRUCTURE)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    modules = {}
    for name in names:
        module = modules[name] = importlib.import_module(f"benchmarks.{name}")
        command = commands.add_parser(name, help=(module.__doc__ or "").strip().splitlines()[0])
        command.add_argument("--output", type=Path, default=Path("benchmark-results"), help="folder for the JSON")
        module.add_arguments(command)
    options = parser.parse_args()
    report = modules[options.name].run(options)
    report.show()
    print(f"Written to {report.write(options.output)}")


main()
