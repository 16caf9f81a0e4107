"""What every command shares about printing: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from os import PathLike, fsdecode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from img2music.errors import InputError
    from img2music.files import FileKind


class ReportFormat(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"


ReportFormatOption = Annotated[
    ReportFormat | None,
    typer.Option("--format", help="How to print the results.", show_default="table on a terminal, json elsewhere"),
]


def chosen_format(wanted: ReportFormat | None) -> ReportFormat:
    """Resolve the default: a table for people, JSON for programs."""
    if wanted is not None:
        return wanted
    return ReportFormat.TABLE if sys.stdout.isatty() else ReportFormat.JSON


def print_json(value: object) -> None:
    """Print a value as JSON on stdout.

    Only ASCII goes out, so that file names which are not UTF-8 survive as surrogate escapes
    (``json.loads`` and ``os.fsencode`` give the bytes back).
    """
    print(json.dumps(value, indent=2, allow_nan=False))  # noqa: T201


def print_table(columns: Sequence[str | Mapping[str, str]], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table on stdout, as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from img2music.errors import printable

    table = Table(title=Text(printable(title)) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        name = str(column)
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text(printable(cell)) for cell in row])
    Console(width=None if sys.stdout.isatty() else 120).print(table)


@contextmanager
def counting(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a progress bar on stderr while something is counted; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def warn(message: object) -> None:
    """Print one line on stderr, with the name of the program before it."""
    from img2music.errors import printable

    print(f"img2music: {printable(str(message))}", file=sys.stderr)  # noqa: T201


def worded(message: str) -> str:
    """Word a note as an option of the command line where it names a setting (``font``, in backquotes)."""
    from img2music.errors import SETTING

    return SETTING.sub(lambda found: f"--{found[1].replace('_', '-').replace('=', ' ')}", message)


def require_outputs(
    outputs: "Iterable[tuple[Path | None, FileKind]]",
    inputs: Iterable[tuple[str, str | PathLike[str]]] = (),
    *,
    force: bool,
) -> None:
    """Check the files that are to be written before anything long begins; ask whether those may go that are there."""
    from img2music.files import require_outputs as require

    if there := require(outputs, inputs):
        replacing(force=force)(there)


def replacing(*, force: bool) -> Callable[[Sequence[Path]], None]:
    """What is called before files are replaced that are there: it asks, or refuses where nobody can be asked."""
    from img2music.errors import UsageError, printable

    def ask(there: Sequence[Path]) -> None:
        if force:
            return
        names = ", ".join(printable(str(file)) for file in there)
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        if not sys.stdin.isatty() or not sys.stderr.isatty():
            raise UsageError(f"{names} {are} there already: give --force to replace {them}, or another name.")
        question = f"img2music: {names} {are} there already. Replace {them}? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)  # noqa: T201
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise UsageError(f"{names} left as {'it was' if len(there) == 1 else 'they were'}; nothing is done.")

    return ask


def given_files(what: str, paths: Iterable[Path]) -> Iterator[tuple[str, str | PathLike[str]]]:
    """Files, and the pictures in folders, as `require_outputs` takes inputs."""
    from img2music.connectors.folders import FolderWalk, is_image_name

    for path in paths:
        yield what, path
        if path.is_dir():
            yield from ((what, file.path) for file in FolderWalk([fsdecode(path)], is_image_name))


def library_songs(library: str | None) -> Iterator[tuple[str, str]]:
    """All songs of a library, as `require_outputs` takes inputs; none where there is no library."""
    from img2music.errors import LibraryError
    from img2music.library.store import LibraryStore

    with suppress(LibraryError), LibraryStore.open(library, read_only=True) as store:
        yield from (("the song itself", known.file.path) for known in store.known_files())


def finish(done: int, errors: Sequence["InputError"]) -> None:
    """Report failed inputs on stderr and leave with the exit code that says so."""
    for error in errors:
        warn(error)
    if errors:
        raise typer.Exit(1 if done else 2)


def errors_as_json(errors: Iterable["InputError"]) -> list[dict[str, str | None]]:
    """Failed inputs in the shape that every JSON report has."""
    return [{"path": error.path, "error": error.reason} for error in errors]
