"""Which tracks of a library may be chosen: those that are there, pass the filters, and are music."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import LibraryError, NothingLeftError
from img2music.filters import TrackFilter
from img2music.library.filters import SHORT
from img2music.track import TrackKind

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore


@dataclass(frozen=True)
class Choice:
    """The tracks that may be chosen."""

    allowed: NDArray[np.bool_]  # which of the ids that were given
    left_out: Mapping[TrackKind, int]  # how many of those that pass the filters are no music, by what they are
    refusal: NothingLeftError | None = None  # what to say if nothing may be chosen

    @property
    def note(self) -> str | None:
        """What a person should know of what was left out."""
        names = {
            TrackKind.SPEECH: "speech",
            TrackKind.NOISE: "noise",
            TrackKind.SHORT: f"shorter than {SHORT:g} seconds",
        }
        parts = [f"{self.left_out[kind]} {name}" for kind, name in names.items() if self.left_out.get(kind)]
        if not parts:
            return None
        return f"Left out as no music: {', '.join(parts)}; `speech=True` takes them in."


def indices_of(wanted: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tell where among ids, in ascending order, others are, as far as they are; quicker than what sorts all of both."""
    at = np.searchsorted(ids, wanted)
    there = at < len(ids)
    at, wanted = at[there], wanted[there]
    found: NDArray[np.int64] = at[ids[at] == wanted]
    return found


def choosable(
    store: "LibraryStore",
    ids: NDArray[np.int64],
    where: TrackFilter,
    never: Collection[int] = (),
    unmusical: Mapping[TrackKind, NDArray[np.int64]] | None = None,
) -> Choice:
    """Find which of these tracks, all present, may be chosen; a `LibraryError` says why there are none.

    ``never`` are those that the person who asks never wants; ``unmusical`` is what the library says of that, if it was
    asked already.
    """
    if len(ids) == 0:
        missing = store.count(missing=True)
        raise LibraryError(
            f"All {missing} songs of the library {store.location} are missing: their files were gone at the last scan. "
            "Is their disk there? Scan their folder again."
            if missing
            else f"The library {store.location} has no songs yet: scan a folder of music first."
        )
    allowed = np.full(len(ids), not where.narrows)
    if where.narrows:
        allowed[indices_of(store.ids(where), ids)] = True

    def leave_out(which: NDArray[np.int64]) -> int:
        at = indices_of(which, ids)
        at = at[allowed[at]]
        allowed[at] = False
        return len(at)

    left_out: Counter[TrackKind] = Counter()
    if not where.speech:
        for kind, which in (store.unmusical() if unmusical is None else unmusical).items():
            left_out[kind] = leave_out(which)
    unwanted = leave_out(np.array(list(never), dtype=np.int64))
    if allowed.any():
        return Choice(allowed, left_out)
    reason = "passes the filters: loosen them"
    if unwanted:
        reason = f"may be chosen: the {unwanted} that could be you never want, or not here; take that back"
    elif left_out.total():
        that = " that passes the filters" if where.narrows else ""
        reason = f"is music{that}, but speech, noise or very short ({left_out.total()}): `speech=True` takes them in"
    elif where.file and not len(store.ids(TrackFilter(file=True))):
        reason = "has a file, which this needs: scan a folder of music"
    return Choice(allowed, left_out, NothingLeftError(f"None of the library's {len(ids)} songs {reason}."))
