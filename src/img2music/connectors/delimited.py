"""Tables of text as people have them: encoding, delimiter and header told from what is in them."""

import codecs
import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from img2music.errors import InputError
from img2music.files import open_regular

DELIMITERS = ",;\t|"
HEAD_BYTES = 1 << 17
"""So much of a file is looked at before it is read."""
HEADER_WITHIN = 5
"""The header is one of so many first rows: some tables begin with a title."""
LONGEST_LINE = 1 << 22
"""Characters of a line that are looked at; one so long is no row of songs."""
CONTROLS, MOST_CONTROLS = 32, 0.03
"""Number and share of control characters above which a file is no text. Of compressed data an eighth are."""

FOREIGN = {
    (b"PK\x03\x04",): "is a spreadsheet or an archive; save or unpack it as CSV.",
    (b"\xd0\xcf\x11\xe0",): "is an Excel workbook; save it as CSV.",
    (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"): "is compressed; unpack it first.",
    (b"SQLite format 3",): "is a database; export its songs as CSV.",
}
"""How files begin that are taken for tables, and what to do about them."""

_STATED = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)

# UTF-32 first: its mark begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    line: int  # line of the file that it begins in; the first is 1
    cells: list[str]
    fault: str | None = None  # why it can't be read; then it has no cells
    end: int = 0  # line of the file that it ends in


@dataclass(frozen=True, slots=True)
class Delimited:
    """A table of text."""

    header: Row
    above: list[Row]  # rows above the header
    delimiter: str  # what parts its cells
    rows: Iterator[Row]  # those below the header that hold anything


def read_delimited(path: Path, known: Callable[[list[str]], int]) -> Delimited:
    """Read a table of text.

    UTF-8 and UTF-16 are told by their byte order marks and zeros. Bytes that are not UTF-8 are read as Windows-1252,
    which covers tables in that encoding and those that mix the two. The delimiter is the one by which one of the first
    rows holds the most known names of columns; a first line ``sep=;``, as Excel writes it, decides.
    """
    head = first_bytes(path, HEAD_BYTES)
    for beginnings, what in FOREIGN.items():
        if head.startswith(beginnings):
            raise InputError(what, str(path))
    encoding = _encoding(head)
    start = codecs.getincrementaldecoder(encoding)(_on_error(encoding)).decode(head)
    controls = sum(char < " " and char not in "\t\n\v\f\r\x1a" for char in start)
    if controls > max(CONTROLS, MOST_CONTROLS * len(start)):
        raise InputError("is no text: give a table as CSV, TSV or Parquet.", str(path))
    stated = _STATED.match(start)
    skip, delimiters = (1, stated[1]) if stated else (0, DELIMITERS)
    heads = [_head(start, skip, delimiter) for delimiter in delimiters]
    best = max(range(len(heads)), key=lambda each: _score(heads[each], known))
    rows = heads[best]
    if not rows:
        raise InputError("is empty.", str(path))
    header = max(rows, key=lambda row: known(row.cells))
    body = _body(path, encoding, header.end, delimiters[best], len(header.cells))
    return Delimited(header, rows[: rows.index(header)], delimiters[best], body)


def first_bytes(path: Path, count: int) -> bytes:
    """Read how a file begins."""
    with open_regular(path, "a table as CSV, TSV or Parquet") as file:
        return file.read(count)


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    zeros = {"utf-16-be": head[0::2].count(0), "utf-16-le": head[1::2].count(0)}
    likely = max(zeros, key=zeros.__getitem__)  # mostly Latin letters, whose other byte is 0
    return likely if zeros[likely] > len(head) / 4 and min(zeros.values()) < len(head) / 20 else "utf-8"


def _on_error(encoding: str) -> str:
    return "img2music.windows-1252" if encoding.startswith("utf-8") else "replace"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("img2music.windows-1252", _as_windows_1252)


def _head(start: str, skip: int, delimiter: str) -> list[Row]:
    return list(itertools.islice(_rows(_Lines(io.StringIO(start, newline=""), skip), delimiter), HEADER_WITHIN))


def _score(rows: list[Row], known: Callable[[list[str]], int]) -> tuple[int, int]:
    return max((known(row.cells) for row in rows), default=0), max((len(row.cells) for row in rows), default=0)


def _body(path: Path, encoding: str, skip: int, delimiter: str, width: int) -> Iterator[Row]:
    try:
        with path.open(encoding=encoding, errors=_on_error(encoding), newline="") as stream:
            yield from _rows(_Lines(stream, skip), delimiter, width)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", str(path)) from None


class _Lines:
    """Lines of a table, some of which are given back and read anew."""

    def __init__(self, stream: TextIO, skip: int) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        for _ in range(skip):
            next(self, None)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE:
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = self._stream.readline(LONGEST_LINE)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Give back all that was taken but the first."""
        self.number -= len(self.taken) - 1
        self._again.extendleft(reversed(self.taken[1:]))


def _rows(lines: _Lines, delimiter: str, width: int | None = None) -> Iterator[Row]:
    """Cut lines into rows. A row of several lines that is no row ends after its first, so that the next can be read."""
    while True:
        lines.taken.clear()
        number = lines.number + 1
        fault = None
        try:
            cells = next(csv.reader(lines, delimiter=delimiter), None)
        except csv.Error:
            cells = []
            fault = f"a cell is longer than {csv.field_size_limit():,} characters (is a quote not closed?)"
        if cells is None:
            return
        if width is not None and len(lines.taken) > 1 and not (len(cells) == width and _sound(lines.taken, delimiter)):
            fault = fault or "a quote is not closed"
        if fault:
            lines.give_back()
            yield Row(number, [], fault, lines.number)
        elif any(cell and not cell.isspace() for cell in cells):
            yield Row(number, cells, end=lines.number)


def _sound(lines: list[str], delimiter: str) -> bool:
    """Whether quotes stand only where a cell of several lines begins and ends."""
    try:
        next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True
