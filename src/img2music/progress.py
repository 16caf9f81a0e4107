"""How long work tells how far it is, and how it is cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """How far long work is."""

    stage: str
    """What is being done, such as "Listening"."""
    done: float
    """How much of it is done."""
    total: float | None = None
    """How much there is, in the same unit; None while nobody knows."""
    item: str | None = None
    """What was done last: a file, a song, a scene."""
    unit: str = ""
    """What ``done`` and ``total`` count, such as "tracks" or "seconds"."""


Progress = Callable[[Step], object]
"""Called with each step, in the thread that does the work. What it raises ends the work as an error would: nothing is
half-written, and what was finished is kept. `errors.Cancelled` is meant for that."""

Told = Callable[[object], object]
"""Called with what a person should know at once: a text, or the error of a file that is left out."""

Replacing = Callable[[Sequence[Path]], object]
"""Called with the files that would be replaced, before long work; what it raises ends that."""


def unwatched(_: Step) -> None:
    """Progress that nobody looks at."""


def quietly(_: object) -> None:
    """Nobody is told, and anything may be replaced."""
