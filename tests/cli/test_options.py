"""Options made of dataclasses, and how errors are worded for the command that runs."""

import dataclasses
from enum import StrEnum

import click
import pytest
from click.testing import CliRunner

from img2music import options
from img2music.cli.options import argument, command, filter_options, map_option, options_of
from img2music.cli.output import say
from img2music.errors import UsageError
from img2music.filters import TrackFilter
from tests.support.commands import call


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    DARK_BLUE = "dark-blue"


@dataclasses.dataclass(frozen=True)
class Painting(options.Checked):
    """Options of a test."""

    colour: Colour = options.option(Colour.RED, "Which paint.")
    least_coats: int = options.option(2, "How many, before `dry`.", least=1, most=9, metavar="COUNT")
    dry: bool = options.option(False, "Wait.")
    tools: tuple[str, ...] = options.option((), "With what; may be repeated.", flag="tool")
    where: TrackFilter = TrackFilter()


@command()
@argument("walls", metavar="WALL...", nargs=-1, required=True, help="Walls.")
@options_of(Painting, filters=filter_options(chooses=True))
def paint(walls: tuple[str, ...], options: Painting) -> None:
    """Paint."""
    if options.dry:
        raise UsageError("`dry` and `tools` with `least_coats=3`, `duration`, `file=False`, not `per_artist=5`.")
    click.echo(repr((walls, options)))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(paint, arguments)
    return " ".join(result.output.split())


def test_options_become_the_dataclass() -> None:
    assert run("a", "b") == repr((("a", "b"), Painting()))
    given = "a --colour dark-blue --least-coats 3 --tool x --tool y --length 60- --no-files"
    wanted = Painting(Colour.DARK_BLUE, 3, tools=("x", "y"), where=TrackFilter(duration="60-", file=False))
    assert run(*given.split()) == repr((("a",), wanted))


def test_help_has_defaults_limits_and_other_options() -> None:
    shown = run("--help")
    assert "WALL... Walls. [required]" in shown
    assert "--colour [red|dark-blue] Which paint. [default: red]" in shown
    assert "--least-coats COUNT How many, before --dry. [default: 2; 1<=x<=9]" in shown
    assert "[default: (no-speech)]" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'WALL...'"),
        (("a", "--least-coats", "10"), "10 is not in the range 1<=x<=9"),
        (("a", "--colour", "green"), "'green' is not one of 'red', 'dark-blue'"),
        (("a", "--dry", "--dry"), "--dry can be given only once"),
        (("a", "--files", "--no-files"), "--files/--no-files can be given only once"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str) -> None:
    assert said in run(*arguments)


def test_errors_name_settings_as_options() -> None:
    assert "--dry and --tool with --least-coats 3, --length, --no-files, not --per-artist 5." in run("a", "--dry")


def test_what_is_said_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(paint):
        say("a\nb `dry`")
    assert capsys.readouterr().err == "img2music: a\\nb --dry\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dance", "img2music: No such command 'dance'."),
        ("library dance", "See img2music library --help."),
        ("recommend --top 0", "See img2music recommend --help."),
        ("slideshow", "img2music: Missing option '--output'. See img2music slideshow --help."),
    ],
)
def test_wrong_usage_is_told_in_one_line(line: str, said: str) -> None:
    code, printed, told = call(*line.split())
    assert (code, printed, told.count("\n")) == (2, "", 1)
    assert said in told


@pytest.mark.parametrize("line", ["", "library"])
def test_a_group_alone_shows_its_help(line: str) -> None:
    assert call(*line.split()) == call(*line.split(), "--help")


def test_the_shell_completes_commands_and_moods(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, count, wanted in (
        ("img2music rec", 1, "plain,recommend"),
        ("img2music recommend --emotion mel", 3, "plain,mellow"),
        ("img2music recommend --format m3", 3, "plain,m3u8"),
    ):
        monkeypatch.setenv("_IMG2MUSIC_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(count))
        assert wanted in call()[1].splitlines()


def test_mappings_as_typed() -> None:
    assert mapping(["title=track name ", "key = a=b"]) == {"title": "track name", "key": "a=b"}
    for wrong in ("title", "title=", "=x"):
        with pytest.raises(click.BadParameter, match="FIELD=COLUMN"):
            mapping([wrong])
    with pytest.raises(click.BadParameter, match="twice"):
        mapping(["title=a", "title=b"])


def mapping(typed: list[str]) -> object:
    @map_option
    def command(mapping: dict[str, str]) -> object:
        return mapping

    words = [word for text in typed for word in ("--map", text)]
    return click.command()(command).main(words, standalone_mode=False)
