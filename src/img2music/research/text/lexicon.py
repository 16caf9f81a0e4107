"""Lexicons: words with the affect that people gave them."""

import csv
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from img2music.affect import SCALES, Affect, Scale
from img2music.errors import InputError, UsageError, shown
from img2music.files import read_text

ONE_TO_NINE = Scale("1-9", 1.0, 9.0)
LARGEST = 100_000_000
"""Bytes of a file that is taken for a lexicon; the largest known one has three million."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the authors of a lexicon lay its columns out."""

    name: str  # the lexicon
    header: tuple[str, str, str]  # titles of the columns of the term, its valence and its arousal, in lower case
    scale: Scale  # of valence and arousal
    senses: bool = False  # whether a term may name one sense of a word in parentheses: bank (river)


LAYOUTS = (
    Layout("NRC-VAD v1", ("word", "valence", "arousal"), SCALES["nrc-vad-1"]),
    Layout("NRC-VAD v2", ("term", "valence", "arousal"), SCALES["nrc-vad-2"]),
    Layout("Glasgow Norms", ("words", "val m", "arou m"), ONE_TO_NINE, senses=True),
    Layout("Glasgow Norms", ("word", "valence_mean", "arousal_mean"), ONE_TO_NINE, senses=True),
    Layout("Warriner", ("word", "v.mean.sum", "a.mean.sum"), ONE_TO_NINE),
)
"""NRC-VAD: Mohammad (2018), ACL, and Mohammad (2025), arXiv:2503.23547. Glasgow Norms: Scott, Keitel, Becirspahic,
Yao & Sereno (2019), Behavior Research Methods 51, with the two header rows of the supplement, or with one. Warriner,
Kuperman & Brysbaert (2013), Behavior Research Methods 45."""

SENSE = re.compile(r"^(?P<word>.+?) *\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class LexiconAffect:
    """What a lexicon says of a text."""

    affect: Affect | None  # mean over the words found, each as often as it occurs; None where none is found
    not_found: float  # share of the words that the lexicon does not have, in [0, 1]; 1 for a text without words


@dataclass(frozen=True)
class Lexicon:
    """Words and terms of several words, with their affect."""

    name: str  # such as "NRC-VAD v1"
    terms: Mapping[str, Affect]  # in lower case; the words of a term are parted by single spaces

    def __post_init__(self) -> None:
        longest: dict[str, int] = {}
        for term in self.terms:
            first, *rest = term.split(" ")
            if rest:
                longest[first] = max(longest.get(first, 1), 1 + len(rest))
        object.__setattr__(self, "_longest", longest)

    def __len__(self) -> int:
        return len(self.terms)

    def affect(self, words: Sequence[str]) -> LexiconAffect:
        """Average the affect of a text's words, each weighted by its count."""
        found = list(self._find(words))
        if not found:
            return LexiconAffect(None, 1.0)
        count = sum(length for _, length in found)
        return LexiconAffect(_mean(found), 1.0 - count / len(words))

    def _find(self, words: Sequence[str]) -> Iterator[tuple[Affect, int]]:
        longest: Mapping[str, int] = self._longest  # type: ignore[attr-defined]
        start = 0
        while start < len(words):
            for length in range(longest.get(words[start], 1), 0, -1):
                affect = self.terms.get(" ".join(words[start : start + length]))
                if affect is not None and start + length <= len(words):
                    yield affect, length
                    start += length
                    break
            else:
                start += 1

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a lexicon as its authors distribute it."""
        rows = list(_rows(path))
        layout, columns, first = _recognise(rows, path)
        terms: dict[str, Affect] = {}
        senses: dict[str, list[Affect]] = {}
        for line, row in rows[first:]:
            term, affect = _read_row(row, columns, layout, line, path)
            sense = SENSE.match(term) if layout.senses else None
            if sense:
                senses.setdefault(sense["word"], []).append(affect)
            elif terms.setdefault(term, affect) != affect:
                raise InputError(f"row {line}: {shown(term)} stands in an earlier row with other numbers.", str(path))
        for word, affects in senses.items():
            terms.setdefault(word, _mean([(affect, 1) for affect in affects]))
        if not terms:
            raise InputError("has a header and no words.", str(path))
        return cls(layout.name, terms)


def _mean(weighted: Sequence[tuple[Affect, int]]) -> Affect:
    count = sum(weight for _, weight in weighted)
    means = (
        math.fsum(getattr(affect, axis) * weight for affect, weight in weighted) / count
        for axis in ("valence", "arousal")
    )
    return Affect(*(min(max(mean, 0.0), 1.0) for mean in means))


Row = tuple[int, list[str]]


def _rows(path: Path) -> Iterator[Row]:
    """Give each line that is not empty, with its number from 1, as its cells."""
    lines = read_text(path, LARGEST, "no lexicon").splitlines()
    by_space = bool(lines) and _by_space(lines[0])[1:3] == ["valence", "arousal"]
    for row, line in enumerate(lines, start=1):
        try:
            cells = _by_space(line) if by_space else [cell.strip().lower() for cell in next(csv.reader([line]), [])]
        except csv.Error as error:
            raise InputError(f"row {row} is not CSV ({error}).", str(path)) from None
        if any(cells):
            yield row, cells


def _by_space(line: str) -> list[str]:
    """Cells parted by a tab or by two spaces and more: a term may have single spaces."""
    return [cell.strip().lower() for cell in re.split(r"\t| {2,}", line.strip())]


def _recognise(rows: Sequence[Row], path: Path) -> tuple[Layout, tuple[int, ...], int]:
    """Find the layout, the places of its three columns, and how many rows the header has."""
    cells = [row[1] for row in rows[:2]]
    headers = cells[:1] + ([_two_rows(*cells)] if len(cells) == 2 else [])
    for layout in LAYOUTS:
        for height, header in enumerate(headers, start=1):
            if all(title in header for title in layout.header):
                return layout, tuple(header.index(title) for title in layout.header), height
    known = ", ".join(dict.fromkeys(layout.name for layout in LAYOUTS))
    raise InputError(f"row 1 is the header of no lexicon that is known ({known}).", str(path))


def _two_rows(groups: Sequence[str], titles: Sequence[str]) -> list[str]:
    """Join a row of groups, each of which stands over its first column, with the titles below."""
    header = []
    group = ""
    for over, title in itertools.zip_longest(groups, titles, fillvalue=""):
        group = over or group
        header.append(f"{group} {title}".strip())
    return header


def _read_row(
    cells: Sequence[str], columns: Iterable[int], layout: Layout, line: int, path: Path
) -> tuple[str, Affect]:
    try:
        term, *coordinates = (cells[column] for column in columns)
    except IndexError:
        raise InputError(f"row {line} has {len(cells)} columns, fewer than the header.", str(path)) from None
    term = " ".join(term.split())
    if not term:
        raise InputError(f"row {line}, column {layout.header[0]!r}: is empty.", str(path))
    values = []
    for title, cell in zip(layout.header[1:], coordinates, strict=True):
        try:
            values.append(float(cell))
        except ValueError:
            raise InputError(f"row {line}, column {title!r}: {shown(cell)} is not a number.", str(path)) from None
    try:
        return term, layout.scale.to_unit(*values)
    except UsageError as error:
        raise InputError(f"row {line}: {error}", str(path)) from None
