"""A library as one person hears it: readings of its tracks are corrected; nothing that is stored changes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore
from img2music.track import Track

Shift = tuple[float, float]

LEAST = 1e-9
"""Least affect of a window that sounds: silence alone has no arousal, and stays silence."""


class HeardLibrary(LibraryStore):
    """A library that is open, read with something added to the readings of tracks."""

    def __init__(self, store: LibraryStore, ids: NDArray[np.int64], shifts: NDArray[np.float64]) -> None:
        super().__init__(store._engine, store._where, reads=store._reads)
        self._pinned = store._pinned
        self._ids = ids  # ascending
        self._shifts = shifts  # of valence and arousal, shape (n, 2)

    def columns(self, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Read columns of the tracks that are present."""
        found = super().columns(tuple(dict.fromkeys(("id", *names))))
        known = np.isin(found["id"], self._ids, assume_unique=True)
        moved = np.zeros((len(known), 2))
        moved[known] = self._shifts[np.searchsorted(self._ids, found["id"][known])]
        for axis, name in enumerate(("valence", "arousal")):
            if name in found:
                found[name] = np.clip(found[name] + moved[:, axis], 0.0, 1.0)
        return {name: found[name] for name in names}

    def tracks(
        self, ids: Sequence[int] | None = None, where: TrackFilter | None = None, *, missing: bool = False
    ) -> Iterator[Track]:
        """Read tracks."""
        for track in super().tracks(ids, where, missing=missing):
            yield replace(track, affect=_moved(track.affect, self._shift(track.id)))

    def curves(self, ids: Iterable[int]) -> dict[int, tuple[CurvePoint, ...]]:
        """Read affect curves."""
        return {
            track: tuple(
                point if point.silent else replace(point, affect=_moved(point.affect, self._shift(track), LEAST))
                for point in curve
            )
            for track, curve in super().curves(ids).items()
        }

    def curve_arrays(self, ids: Iterable[int]) -> dict[int, NDArray[np.void]]:
        """Read affect curves without a Python object for each window."""
        found = super().curve_arrays(ids)
        for track, curve in found.items():
            moved = found[track] = curve.copy()
            sounds = curve["arousal"] > 0.0
            for name, shift in zip(("valence", "arousal"), self._shift(track), strict=True):
                moved[name][sounds] = np.clip(curve[name][sounds] + shift, LEAST, 1.0)
        return found

    def _shift(self, track: int) -> Shift:
        index = int(np.searchsorted(self._ids, track))
        if index == len(self._ids) or self._ids[index] != track:  # scanned since
            return 0.0, 0.0
        valence, arousal = self._shifts[index].tolist()
        return valence, arousal


def _moved(affect: Affect, shift: Shift, least: float = 0.0) -> Affect:
    valence, arousal = affect.valence + shift[0], affect.arousal + shift[1]
    return Affect(min(max(valence, least), 1.0), min(max(arousal, least), 1.0))
