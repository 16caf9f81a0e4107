"""From a library, or a folder of music, and what is asked for to recommendations."""

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.app.person import Listener
from img2music.connectors.service_photos import names_photos
from img2music.errors import InputError, LibraryError, UsageError
from img2music.filters import TrackFilter
from img2music.library.record import Feedback
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore, LibraryVersion
from img2music.locations import absolute, exists, is_url, real
from img2music.matching.matcher import Matcher, PlacedLibrary
from img2music.matching.query_reading import NUMBER, QuerySource, read_queries
from img2music.matching.recommendation import Recommendations
from img2music.options import ME, AnyPath, MatchMode, RecommendOptions, ScanOptions
from img2music.progress import Progress, unwatched
from img2music.vision.model import ImageModel

MOST_KEPT = 4
"""Conditions for which a recommender stays ready: a person tries a few in turn."""


class Recommender:
    """Recommends tracks of a library that is open, also from several threads.

    What depends only on the library and the conditions is kept for the last conditions, until the library changes. What
    people say of its songs does not change how these are placed.
    """

    def __init__(self, store: LibraryStore, said: Sequence[Feedback] | None = None) -> None:
        self._store = store
        self._said = said  # what the person said, where that is kept elsewhere
        self._version = LibraryVersion(-1, -1)
        # By conditions, the last used at the end
        self._kept: dict[tuple[MatchMode, TrackFilter, str], tuple[Listener, Matcher]] = {}
        self._placed: dict[MatchMode, PlacedLibrary] = {}
        self._positions: dict[str, NDArray[Any]] | None = None
        self._making = threading.Lock()

    def recommend(
        self,
        asked: Sequence[QuerySource],
        options: RecommendOptions | None = None,
        progress: Progress = unwatched,
        *,
        errors: Sequence[InputError] = (),
    ) -> Recommendations:
        """Recommend tracks for pictures, songs and points: a list for each, or one playlist for all."""
        options = options or RecommendOptions()
        require_asked(asked)
        listener, matcher = self._matcher(options)
        read = read_queries(asked, self._store, options.image_model, progress)
        errors = (*errors, *read.errors)
        queries, natural, pictures = listener.feel(read)
        notes = (*read.notes, *listener.person.tendencies())
        with self._store.one_state():
            return matcher.recommend(queries, options, natural, pictures=pictures, notes=notes, errors=errors)

    def prepare(self, options: RecommendOptions | None = None) -> None:
        """Get ready for many questions."""
        self._matcher(options or RecommendOptions())[1].placed.tracks.build()

    def positions(self) -> dict[str, NDArray[Any]]:
        """Read where all tracks stand in the space of the relative match, by their ids."""
        with self._making, self._store.one_state():
            self._renew()
            if self._positions is None:
                tracks = self._place(self._listener(ME), MatchMode.RELATIVE).tracks
                valence, arousal = tracks.positions(np.arange(len(tracks))).T
                self._positions = {"id": tracks.ids, "valence": valence, "arousal": arousal}
            return self._positions

    def _renew(self) -> None:
        """Forget what was kept if the library has changed."""
        version = self._store.version()
        if version == self._version:
            return
        if version.changes != self._version.changes:
            self._placed = {}
        self._version, self._kept, self._positions = version, {}, None

    def _matcher(self, options: RecommendOptions) -> tuple[Listener, Matcher]:
        with self._making:  # while a scan runs, many would make the same one at once
            self._renew()
            wanted = (options.match, options.where, options.person)
            kept = self._kept.pop(wanted, None)
            if kept is None:
                with self._store.one_state():
                    self._renew()
                    kept = self._new(options)
            self._kept[wanted] = kept
            for oldest in list(self._kept)[:-MOST_KEPT]:
                del self._kept[oldest]
            return kept

    def _new(self, options: RecommendOptions) -> tuple[Listener, Matcher]:
        """A matcher that shares with those that are kept what does not depend on filters."""
        listener = self._listener(options.person)
        placed = self._place(listener, options.match)
        return listener, Matcher(listener.store, options.match, options.where, listener.person, placed)

    def _listener(self, person: str) -> Listener:
        kept = (listener for (_, _, who), (listener, _) in self._kept.items() if who == person)
        return next(kept, None) or Listener.of(self._store, person, self._said)

    def _place(self, listener: Listener, mode: MatchMode) -> PlacedLibrary:
        if listener.store is self._store:
            if mode not in self._placed:
                self._placed[mode] = PlacedLibrary(self._store, mode)
            return self._placed[mode]
        alike = (matcher.placed for kept, matcher in self._kept.values() if kept.store is listener.store)
        return next((each for each in alike if each.mode is mode), None) or PlacedLibrary(listener.store, mode)


def recommend(
    location: AnyPath | None,
    asked: Sequence[QuerySource],
    options: RecommendOptions | None = None,
    *,
    music: AnyPath | None = None,
    progress: Progress = unwatched,
) -> Recommendations:
    """Recommend tracks of a library or, with ``music``, of a folder of music, which is scanned first.

    A folder of which the library has most is scanned into that, another one into a library of its own.
    """
    options = options or RecommendOptions()
    if music is None:
        with LibraryStore.open(location, read_only=True) as store:
            return Recommender(store).recommend(asked, options, progress)

    if options.where.folder:
        raise UsageError("Give either `folder` or `music`; `folder` chooses a folder of the library.")
    folder = absolute(music)
    if not is_url(folder) and not os.path.isdir(folder):  # noqa: PTH112 - names may be any bytes
        raise InputError("there is no such folder: give a folder of music as `music`.", os.fspath(music))
    _require_readable(asked, options)
    said = _said(location, options.person)

    known = _known(location, folder)
    if known is not None:
        name, outdated = known
        options = replace(options, where=replace(options.where, folder=name))
        with LibraryStore.open(location, read_only=not outdated) as store:
            failed = scan(store, [name], progress=progress).failed if outdated else []
            return Recommender(store).recommend(asked, options, errors=failed)
    with LibraryStore.open(folder_library(folder), create=True) as store:
        report = scan(store, [folder], progress=progress)
        if store.count() == 0:
            reason = f" (first of {len(report.failed)}: {report.failed[0]})" if report.failed else ""
            raise InputError(
                f"there is no music in this folder or below it that can be read{reason}.", os.fspath(music)
            )
        return Recommender(store, said).recommend(asked, options, errors=report.failed)


def _said(location: AnyPath | None, person: str) -> list[Feedback]:
    """What somebody said, as the library has it; nothing where there is none."""
    try:
        with LibraryStore.open(location, read_only=True) as store:
            return store.feedback(person)
    except LibraryError:
        if person != ME:
            raise
        return []


def folder_library(folder: str) -> Path:
    """Where the library of one folder is kept: in the user's cache folder, so that each file is heard only once."""
    import platformdirs

    name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    return platformdirs.user_cache_path("img2music", ensure_exists=True) / f"folder-{name}.db"


def require_asked(asked: Sequence[QuerySource]) -> None:
    """Refuse where nothing is asked for."""
    if not asked:
        raise UsageError("Nothing to match: give a picture, a song, `valence` and `arousal`, or `emotion`.")


def _require_readable(asked: Sequence[QuerySource], options: RecommendOptions) -> None:
    """Refuse before a long scan what would be refused after it."""
    require_asked(asked)
    paths = [source for source in asked if isinstance(source, str | os.PathLike)]
    for path in map(os.fsdecode, paths):
        if NUMBER.fullmatch(path) and not os.path.lexists(path):
            raise InputError("numbers are of songs of the library: give the file, or leave `music` out.", path)
    if paths:
        ImageModel.load(options.image_model)
    there = (names_photos(path) or exists(path) for path in map(os.fsdecode, paths))
    if len(paths) == len(asked) and not any(there):
        raise InputError("no such file.", os.fsdecode(paths[0]))


def _known(location: AnyPath | None, music: str) -> tuple[str, bool] | None:
    """The name by which a library knows a folder, if it has most of its music, and whether that has changed since."""
    try:
        with LibraryStore.open(location, read_only=True) as store:
            for folder in dict.fromkeys((music, real(music))):
                if len(store.ids(TrackFilter(folder=folder))) == 0:
                    continue
                seen = scan(store, [folder], ScanOptions(dry_run=True))
                if seen.found >= 2 * seen.new:
                    return folder, bool(seen.new or seen.changed or seen.returned or seen.missing)
    except LibraryError:
        pass  # there is none, or it can't be used
    return None
