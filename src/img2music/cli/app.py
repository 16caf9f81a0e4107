"""The ``img2music`` command: names the commands, turns errors into one line and an exit code."""

import io
import logging
import os
import pkgutil
import sys
from collections.abc import Mapping, Sequence

import click

from img2music import __version__
from img2music.cli.options import Interrupted
from img2music.cli.output import say
from img2music.errors import printable


def _group(help: str, module: str, *names: str) -> dict[str, str]:  # noqa: A002
    """The commands of one module, and what the group that they make is for."""
    return {"": help, **{name.rstrip("_"): f"img2music.cli.{module}:{name}" for name in names}}


COMMANDS = {
    "analyze": "img2music.cli.analyze:analyze",
    "scan": "img2music.cli.scan:scan",
    "recommend": "img2music.cli.recommend:recommend",
    "spot": "img2music.cli.spot:spot",
    "score": "img2music.cli.score:score",
    "slideshow": "img2music.cli.slideshow:slideshow",
    "watch": "img2music.cli.watch:watch",
    "cues": "img2music.cli.cues:cues",
    "serve": "img2music.cli.serve:serve",
    "tracks": "img2music.cli.tracks:tracks",
    "tag": "img2music.cli.tag:tag",
    "feedback": _group(
        "Say what songs and pictures feel like to you, and which songs you like or never want.",
        "feedback",
        *("affect", "like", "never", "fits", "unfit", "list_", "undo", "export", "import_"),
    ),
    "import": _group("Put songs from elsewhere into the library.", "imports", "table", "spotify"),
    "library": _group(
        "Look after the library.",
        "library",
        *("info", "verify", "failures", "prune", "forget", "copy", "export", "import_"),
    ),
    "playlist": {
        **_group("", "server_playlists", "push", "pull", "diff", "match"),
        **_group(
            "List, show and take along the playlists that are kept in the library, to music servers and back.",
            "playlists",
            *("list_", "show", "export", "delete"),
        ),
    },
    "lyrics": {
        "affect": "img2music.research.cli.lyrics_affect:affect",
        **_group("Fetch and show the lyrics of the tracks in the library.", "lyrics", "fetch", "show"),
    },
    "connect": "img2music.cli.connections:connect",
    "connections": "img2music.cli.connections:connections",
    "models": _group(
        "List, choose and keep the models that read pictures.", "models", "list_", "show", "use", "add", "remove"
    ),
    "train": {
        "": "Train models.",
        "image": "img2music.research.cli.train_image:train_image",
        "audio": "img2music.research.cli.train_audio:train_audio",
        "music": "img2music.research.cli.train_music:train_music",
        "text": "img2music.research.cli.train_text:train_text",
    },
    "evaluate": {
        "": "Judge models and matching against people's ratings.",
        "image": "img2music.research.cli.evaluate_image:evaluate_image",
        "match": "img2music.research.cli.evaluate_match:evaluate_match",
        "music": "img2music.research.cli.evaluate_music:evaluate_music",
        "text": "img2music.research.cli.evaluate_text:evaluate_text",
    },
    "datasets": "img2music.research.cli.datasets:datasets",
    "cluster": _group("Look at the Ray cluster that scan --on analyses with.", "cluster", "doctor"),
    "doctor": "img2music.cli.doctor:doctor",
}
"""Where each command is; strings, so that the product does not import what only research needs."""


class Commands(click.Group):
    """A group whose commands are imported when they are looked at."""

    def __init__(self, name: str, homes: Mapping[str, object], **rest: object) -> None:
        super().__init__(name, **rest)  # type: ignore[arg-type]
        self.homes = {each: home for each, home in homes.items() if each}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing is named."""
        return super().parse_args(ctx, args or ["--help"])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are named."""
        return list(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it."""
        home = self.homes.get(cmd_name)
        if isinstance(home, Mapping):
            return Commands(cmd_name, home, help=home[""])
        if home is None:
            return None
        found: click.Command = pkgutil.resolve_name(str(home))
        return found


@click.group("img2music", cls=Commands, homes=COMMANDS)
@click.version_option(__version__, message="img2music %(version)s", help="Print the version and exit.")
def app() -> None:
    """Find the music in your own library that feels like a picture."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, with these arguments instead of the program's own, and exit.

    Exit codes: 0 all good, 1 some inputs failed and the rest is done, 2 nothing could be done or wrong usage,
    130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # letters that the terminal does not have
    logging.getLogger("img2music").addHandler(_SAYING)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in: img2music tracks | head
        _drop_output()
        code = 1
    except OSError as error:
        where = f"{printable(os.fsdecode(error.filename))}: " if isinstance(error.filename, str | bytes) else ""
        say(f"{where}{error.strerror or error}.")
        _drop_output()
        code = 2
    sys.exit(code)


class _Saying(logging.Handler):
    """Tells a person what is logged as a warning."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


_SAYING = _Saying(logging.WARNING)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = app(arguments, prog_name="img2music", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        hint = f" See {error.ctx.command_path} --help." if error.ctx is not None else ""
        say(f"{error.format_message().rstrip('.')}.{hint}")
        return 2
    except click.ClickException as error:
        say(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say(Interrupted().message)
        return Interrupted.exit_code


def _drop_output() -> None:
    """Keep Python from trying again to write what it holds for stdout, when it exits."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
