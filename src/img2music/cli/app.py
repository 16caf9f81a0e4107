"""The ``img2music`` command: collects the commands, turns errors into one line and an exit code."""

import io
import os
import sys
from collections import Counter
from typing import Annotated

import click
import typer
import typer.core

from img2music import __version__
from img2music.cli import library as library_commands
from img2music.cli import lyrics as lyrics_commands
from img2music.cli import models as models_commands
from img2music.cli.analyze import analyze
from img2music.cli.cues import cues
from img2music.cli.doctor import doctor
from img2music.cli.import_spotify import import_spotify
from img2music.cli.import_table import import_table
from img2music.cli.lyrics_affect import affect as lyrics_affect
from img2music.cli.recommend import recommend
from img2music.cli.scan import scan
from img2music.cli.score import score
from img2music.cli.slideshow import slideshow
from img2music.cli.spot import spot
from img2music.cli.tag import tag
from img2music.cli.tracks import tracks
from img2music.errors import Img2MusicError, printable
from img2music.research.cli.datasets import datasets
from img2music.research.cli.evaluate_image import evaluate_image
from img2music.research.cli.evaluate_match import evaluate_match
from img2music.research.cli.evaluate_music import evaluate_music
from img2music.research.cli.evaluate_text import evaluate_text
from img2music.research.cli.train_audio import train_audio
from img2music.research.cli.train_image import train_image
from img2music.research.cli.train_music import train_music
from img2music.research.cli.train_text import train_text

# Help is plain text here, but typer escapes brackets in it for rich wherever rich is installed.
typer.core.rich = None  # type: ignore[assignment, attr-defined]


class Command(typer.core.TyperCommand):
    """A command whose options are given once, but for those that collect; click would let the last one win."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse an option that is given again."""
        if not ctx.resilient_parsing:
            given = Counter(self.make_parser(ctx).parse_args(args=list(args))[2])
            for param, count in given.items():
                if isinstance(param, click.Option) and count > 1 and not param.multiple:
                    ctx.fail(f"{'/'.join([*param.opts, *param.secondary_opts])} can be given only once.")
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="img2music",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
train = typer.Typer(no_args_is_help=True, help="Train models.")
evaluate = typer.Typer(no_args_is_help=True, help="Judge models and matching against people's ratings.")
models = typer.Typer(no_args_is_help=True, help="List, choose and keep the models that read pictures.")
import_ = typer.Typer(no_args_is_help=True, help="Put songs from elsewhere into the library.")
library = typer.Typer(no_args_is_help=True, help="Look after the library.")
lyrics = typer.Typer(no_args_is_help=True, help="Fetch and show the lyrics of the tracks in the library.")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"img2music {__version__}")
        raise typer.Exit


@app.callback()
def img2music(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Find the music in your own library that feels like a picture."""


app.command()(analyze)
app.command()(scan)
app.add_typer(import_, name="import")
import_.command("table")(import_table)
import_.command("spotify")(import_spotify)
app.command()(recommend)
app.command()(spot)
app.command()(score)
app.command()(slideshow)
app.command()(cues)
app.command()(tracks)
app.command()(tag)
app.add_typer(library, name="library")
library.command()(library_commands.info)
library.command()(library_commands.verify)
library.command()(library_commands.failures)
library.command()(library_commands.prune)
library.command()(library_commands.forget)
library.command()(library_commands.export)
library.command("import")(library_commands.import_)
app.add_typer(lyrics, name="lyrics")
lyrics.command("affect")(lyrics_affect)
lyrics.command()(lyrics_commands.fetch)
lyrics.command()(lyrics_commands.show)
app.add_typer(models, name="models")
models.command("list")(models_commands.list_)
models.command()(models_commands.show)
models.command()(models_commands.use)
models.command()(models_commands.add)
models.command()(models_commands.remove)
app.add_typer(train, name="train")
train.command("image")(train_image)
train.command("audio")(train_audio)
train.command("music")(train_music)
train.command("text")(train_text)
app.add_typer(evaluate, name="evaluate")
evaluate.command("image")(evaluate_image)
evaluate.command("match")(evaluate_match)
evaluate.command("music")(evaluate_music)
evaluate.command("text")(evaluate_text)
app.command()(datasets)
app.command()(doctor)
for group in (app, import_, library, lyrics, models, train, evaluate):
    for registered in group.registered_commands:
        registered.cls = Command


INTERRUPTED = 130
"""128 + SIGINT, as shells have it; typer ends with it on Ctrl-C, without a word."""


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 all good, 1 some inputs failed and the rest is done, 2 nothing could be done or wrong usage,
    130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # letters that the terminal does not have
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in: img2music tracks | head
        _drop_output()
        code = 1
    except OSError as error:
        where = f"{printable(os.fsdecode(error.filename))}: " if isinstance(error.filename, str | bytes) else ""
        _say(f"{where}{error.strerror or error}.")
        _drop_output()
        code = 2
    sys.exit(code)


def _run() -> int:
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except Img2MusicError as error:
        _say(error.worded(_flag))
        return 2
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        _say("interrupted; what was finished is kept. Run it again to go on.")
    return code


def _flag(setting: str) -> str:
    """Name a setting as an option: ``jobs=1`` as ``--jobs 1``."""
    name, _, value = setting.partition("=")
    name = {"duration": "length", "file": "files", "pins": "pin", "bans": "ban"}.get(name, name).replace("_", "-")
    if value in ("True", "False"):
        return f"--{name}" if value == "True" else f"--no-{name}"
    return f"--{name} {value}".rstrip()


def _say(message: object) -> None:
    print(f"img2music: {printable(str(message))}", file=sys.stderr)  # noqa: T201


def _drop_output() -> None:
    """Keep Python from trying again to write what it holds for stdout, when it exits."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
