"""The one reader of tables of people's ratings: what was rated (a picture, a song, a text), valence, arousal, scale.

    for found in read_ratings(table, Columns("file"), scale): ...   # a `Rating` or an `InputError` for each row
    ratings = all_ratings(table, Columns("Theme", "Valence_mean", "Arousal_mean"), SCALES["oasis"])

Tables are read as all tables of text are (`connectors.delimited`): commas or semicolons, whatever the encoding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from img2music.affect import Affect, Scale
from img2music.connectors.cells import CellError, read_number
from img2music.connectors.delimited import Delimited, Row, read_delimited
from img2music.errors import InputError, UsageError, printable


@dataclass(frozen=True, slots=True)
class Columns:
    """How a table names its columns; one named ``scale`` may be there as well."""

    item: str = "file"  # what was rated
    valence: str = "valence"
    arousal: str = "arousal"
    more: tuple[str, ...] = ()  # others that must be there
    named: bool = True  # whether the head line has these names; else they are those of the first columns

    @property
    def wanted(self) -> tuple[str, ...]:
        """All that must be there."""
        return (self.item, self.valence, self.arousal, *self.more)


@dataclass(frozen=True, slots=True)
class Rating:
    """One row: how something was rated."""

    line: int  # of the table; the first is 1
    item: str
    affect: Affect
    scale: Scale  # how the row writes it
    cells: Mapping[str, str]  # by the name of the column

    @property
    def where(self) -> str:
        """Where in the table it stands, in words."""
        return _where(self.line, self.item)


def read_ratings(
    table: Path, columns: Columns | None = None, scale: Scale | None = None, *, setting: str = "scale"
) -> Iterator[Rating | InputError]:
    """Read a table row by row; ``setting`` is what a person may give the scale by, if no column has it."""
    columns = columns or Columns()
    found = read_delimited(table, lambda row: columns.named and sum(cell.strip() in columns.wanted for cell in row))
    names = [cell.strip() for cell in found.header.cells] if columns.named else list(columns.wanted)
    missing = [name for name in columns.wanted if name not in names]
    if missing:
        raise InputError(
            f"line {found.header.line} lacks {', '.join(missing)}: a table of ratings names "
            f"{', '.join(columns.wanted)} there.",
            str(table),
        )
    for row in found.rows:
        if scale is None and "scale" not in names:
            raise UsageError(
                f"The ratings have no scale: say with `{setting}` how they run, such as 1-7, or add a column scale."
            )
        try:
            yield _rating(row, names, columns, scale, decimal_comma=found.delimiter != ",")
        except InputError as error:
            yield InputError(error.what, str(table))


def all_ratings(table: Path, columns: Columns | None = None, scale: Scale | None = None) -> list[Rating]:
    """Read a table of which every row must be right."""
    ratings = []
    for found in read_ratings(table, columns, scale):
        if isinstance(found, InputError):
            raise found
        ratings.append(found)
    if not ratings:
        raise InputError("the table has no rows.", str(table))
    return ratings


def read_numbers(path: Path, columns: Sequence[str]) -> dict[str, dict[int, float | None]]:
    """Read columns of numbers of a table of text, by line."""
    table = read_delimited(path, lambda row: sum(cell.strip() in columns for cell in row))
    names = [cell.strip() for cell in table.header.cells]
    for column in columns:
        if column not in names:
            listed = ", ".join(names)[:300]
            raise InputError(f"line {table.header.line}: there is no column {column!r}; there is: {listed}.", str(path))
    rows = [row for row in table.rows if len(row.cells) == len(names)]  # `read_songs` says why others are left out
    return {column: {row.line: number_in(row, names.index(column), table, path) for row in rows} for column in columns}


def number_in(row: Row, index: int, table: Delimited, path: Path) -> float | None:
    """Read a cell that holds a number, or nothing."""
    try:
        return read_number(row.cells[index], decimal_comma=table.delimiter != ",")
    except CellError as error:
        column = table.header.cells[index].strip()
        raise InputError(f"line {row.line}, column {column!r}: {error}.", str(path)) from None


def _rating(row: Row, names: list[str], columns: Columns, scale: Scale | None, *, decimal_comma: bool) -> Rating:
    if row.fault:
        raise InputError(f"line {row.line}: {row.fault}.")
    cells = dict(zip(names, row.cells, strict=False))
    item = cells.get(columns.item, "").strip()
    where = _where(row.line, item)
    if not item:
        raise InputError(f"line {row.line} names no {columns.item}.")
    if lacking := [name for name in columns.wanted if name not in cells]:
        raise InputError(f"{where} lacks {', '.join(lacking)}.")

    def number(column: str) -> float:
        try:
            value = read_number(cells[column], decimal_comma)
        except CellError as error:
            raise InputError(f"{where}, column {column!r}: {error}.") from None
        if value is None:
            raise InputError(f"{where} lacks {column}.")
        return value

    valence, arousal = number(columns.valence), number(columns.arousal)
    try:
        own = Scale.parse(cells["scale"]) if cells.get("scale", "").strip() else scale
        if own is None:
            raise InputError(f"{where} lacks a scale.")
        return Rating(row.line, item, own.to_unit(valence, arousal), own, cells)
    except UsageError as error:
        raise InputError(f"{where}: {error}") from None


def _where(line: int, item: str) -> str:
    return f"line {line} ({printable(item[:60])})"
