"""What every command shares about printing: results on stdout, everything else on stderr."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from img2music.cli.options import Choice, option, worded
from img2music.errors import UsageError, printable

if TYPE_CHECKING:
    from img2music.errors import InputError
    from img2music.files import FileKind


class ReportFormat(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"


format_option = option(
    "--format",
    "format_",
    type=Choice(ReportFormat),
    help="How to print the results.",
    show_default="table on a terminal, json elsewhere",
)


def say(message: object) -> None:
    """Print one line on stderr, with the name of the program before it; settings are named as options."""
    print(f"img2music: {printable(worded(message))}", file=sys.stderr)  # noqa: T201


def for_people(wanted: str | None) -> bool:
    """Whether a table is meant rather than JSON: where nothing is said, on a terminal."""
    return sys.stdout.isatty() if wanted is None else wanted == ReportFormat.TABLE


def print_report(
    wanted: ReportFormat | None,
    shape: object,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
) -> None:
    """Print results as they are wanted: their documented shape as JSON, or a table."""
    if for_people(wanted):
        print_table(columns, rows, title)
    else:
        print_json(shape)


def print_json(value: object) -> None:
    """Print a shape as JSON on stdout."""
    from img2music.shapes import dumps, to_dict

    click.echo(dumps(to_dict(value)))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table on stdout, as wide as the terminal; nothing without rows. ``>`` marks columns flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text(printable(cell)) for cell in row])
    if table.rows:
        Console(width=None if sys.stdout.isatty() else 120).print(table)


def require_outputs(
    outputs: "Iterable[tuple[Path | None, FileKind]]",
    inputs: Iterable[tuple[str, str | os.PathLike[str]]] = (),
    *,
    force: bool,
) -> None:
    """Check the files that are to be written before anything long begins; ask whether those may go that are there."""
    from img2music.files import require_outputs as require

    if there := require(outputs, inputs):
        replacing(force=force)(there)


def replacing(*, force: bool) -> Callable[[Sequence[Path]], None]:
    """What is called before files are replaced that are there: it asks, or refuses where nobody can be asked."""

    def ask(there: Sequence[Path]) -> None:
        if force:
            return
        names = ", ".join(printable(str(file)) for file in there)
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        if not sys.stdin.isatty() or not sys.stderr.isatty():
            raise UsageError(f"{names} {are} there already: give `force=True` to replace {them}, or another name.")
        question = f"img2music: {names} {are} there already. Replace {them}? [y/N] "
        print(question, end="", file=sys.stderr, flush=True)  # noqa: T201
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise UsageError(f"{names} left as {'it was' if len(there) == 1 else 'they were'}; nothing is done.")

    return ask


def finish(done: int, errors: Sequence["InputError"]) -> None:
    """Report failed inputs on stderr and leave with the exit code that says so."""
    for error in errors:
        say(error)
    if errors:
        raise click.exceptions.Exit(1 if done else 2)
