"""What a catalogue of bad files is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Maker = Callable[[Path], object]


@dataclass(frozen=True)
class BadFile:
    """A file that makes trouble.

    Attributes
    ----------
    name : str
        File name, also the kind's name.
    make : callable
        Writes it to the path it is given.
    says : str or None
        What the message about it must hold (a regular expression); None if the file must be read all the same.
    """

    name: str
    make: Maker
    says: str | None


def collector(catalogue: list[BadFile]) -> Callable[[str, str | None], Callable[[Maker], Maker]]:
    """Decorator that enters a function into a catalogue under a file name, with what must be said about the file."""

    def entry(name: str, says: str | None) -> Callable[[Maker], Maker]:
        def register(make: Maker) -> Maker:
            catalogue.append(BadFile(name, make, says))
            return make

        return register

    return entry
