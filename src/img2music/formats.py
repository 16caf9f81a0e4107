"""Formats that files are written in: each is declared once; options, documentation and checks follow from that."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from img2music.errors import UsageError, printable, shown
from img2music.files import FileKind


@dataclass(frozen=True)
class Format:
    """A format that files are written in; subclasses add their writers."""

    name: str  # as one asks for it, and as the names of its files end, without the dot
    kind: FileKind


Written = TypeVar("Written", bound=Format)


class Formats(dict[str, Written]):
    """The formats of one kind of result, by name, in the order in which help lists them."""

    def __init__(self, result: str, *formats: Written) -> None:
        super().__init__({each.name: each for each in formats})
        self.result = result  # in words, such as "a playlist"

    def chosen(self, name: str | None, file: str | os.PathLike[str]) -> Written:
        """The format that is asked for by name, or else the one that a file's name ends in."""
        if name is not None:
            return self.named(name)
        known_by = Path(file).name.lower()
        fitting = [each for each in self if known_by.endswith(f".{each}") or ("." in each and known_by == each)]
        found = self[max(fitting, key=len)] if fitting else None
        if found is None:
            endings = [f".{each}" for each in self]
            known = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
            raise UsageError(f"The name of {self.result} must end in {known}, not {printable(Path(file).name)}.")
        return found

    def named(self, name: str) -> Written:
        """The format of a name."""
        if name not in self:
            raise UsageError(f"{shown(name)} is no format of {self.result}; there are {', '.join(self)}.")
        return self[name]
