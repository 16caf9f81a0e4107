"""The ``img2music`` command: collects the commands, turns errors into one line and an exit code."""

import sys

import typer

from img2music.errors import Img2MusicError

app = typer.Typer(name="img2music", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
train = typer.Typer(no_args_is_help=True, help="Train models.")
evaluate = typer.Typer(no_args_is_help=True, help="Judge models and matching against people's ratings.")
library = typer.Typer(no_args_is_help=True, help="Look after the library.")


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 all good, 1 some inputs failed and the rest is done, 2 nothing could be done or wrong usage,
    130 interrupted.
    """
    try:
        app()
    except Img2MusicError as error:
        print(f"img2music: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except KeyboardInterrupt:
        print("img2music: interrupted; what was finished is kept.", file=sys.stderr)  # noqa: T201
        sys.exit(130)
