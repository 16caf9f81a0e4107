"""The front door: an open library and all that can be done with it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from img2music.affect import Affect
from img2music.errors import InputError, LibraryError
from img2music.filters import FilterWishes, TrackFilter
from img2music.options import (
    AnyPath,
    RecommendOptions,
    RecommendWishes,
    ScanOptions,
    ScanWishes,
    ScoreOptions,
    ScoreWishes,
    SlideshowOptions,
    SlideshowWishes,
    SpotOptions,
    SpotWishes,
    TagOptions,
    TagWishes,
    with_filter,
)
from img2music.progress import Progress, unwatched

if TYPE_CHECKING:
    from img2music.app.recommending import Recommender
    from img2music.library.importing import ImportReport
    from img2music.library.lyrics import FetchReport
    from img2music.library.scanning import ScanReport
    from img2music.library.store import LibraryStore
    from img2music.library.tagging import TagReport
    from img2music.library.upkeep import LibraryInfo, Verification
    from img2music.matching.recommendation import Recommendations
    from img2music.media.images import PictureSource
    from img2music.soundtrack.cue_sheet import CueSheet
    from img2music.soundtrack.spotted import Spotted
    from img2music.track import Track


class Library:
    """A library of music that is open; use it as a context manager.

    Threads may share one. Options are keywords, as strings or enums; filters may stand beside them (``genre="jazz"``).
    Every method raises `LibraryError` if the library is closed, can't be read or, where it writes, can't be written;
    `UsageError` if options make no sense. A single file that is asked for and can't be used raises `InputError`; among
    several, files that can't be used are in the ``errors`` (or ``failed``) of the result, and the rest is done.

    Examples
    --------
    >>> import img2music
    >>> with img2music.Library.open("music.db") as library:
    ...     report = library.scan("Music")
    ...     for match in library.recommend("photo.jpg", top=3)[0].matches:
    ...         print(match.track.path, match.why)
    """

    def __init__(self, store: "LibraryStore") -> None:
        self._open_store: LibraryStore | None = store
        self._location = store.location

    @classmethod
    def open(cls, location: AnyPath | None = None, *, create: bool = True, read_only: bool = False) -> "Library":
        """Open a library.

        Parameters
        ----------
        location : str or path-like, optional
            A file, an SQLAlchemy URL, or ``":memory:"`` for one that lasts until it is closed; without it
            ``IMG2MUSIC_LIBRARY``, or else ``library.db`` in the user's data folder.
        create : bool, default True
            Make it if it does not exist.
        read_only : bool, default False
            Whether only reading is meant, which also works on a disk that can't be written.

        Returns
        -------
        Library

        Raises
        ------
        LibraryError
            If it can't be opened, is not a library, or is of a newer img2music.
        """
        from img2music.library.store import LibraryStore

        return cls(LibraryStore.open(location, create=create and not read_only, read_only=read_only))

    @property
    def _store(self) -> "LibraryStore":
        if self._open_store is None:
            raise LibraryError(f"Library {self._location}: it is closed; open it again.")
        return self._open_store

    @property
    def location(self) -> str:
        """Where it is: a file, or a URL without its password."""
        return self._location

    def close(self) -> None:
        """Close it; closing twice does no harm."""
        store, self._open_store = self._open_store, None
        if store is not None:
            store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Library {self._location}{'' if self._open_store else ', closed'}>"

    def __len__(self) -> int:
        """Count the tracks that are not missing."""
        return self._store.count()

    def __bool__(self) -> bool:
        """A library is one, also if it is empty."""
        return True

    def __iter__(self) -> "Iterator[Track]":
        return self.tracks()

    def __getitem__(self, id: int) -> "Track":  # noqa: A002
        """The track with this id; a KeyError if there is none."""
        for track in self._store.tracks([id], missing=True):
            return track
        raise KeyError(id)

    def tracks(
        self, where: TrackFilter | None = None, *, missing: bool = False, **filters: Unpack[FilterWishes]
    ) -> "Iterator[Track]":
        """Read tracks in order of path; songs without a file come last.

        Parameters
        ----------
        where : TrackFilter, optional
            Only those that pass; or give its conditions as keywords.
        missing : bool, default False
            Also those whose file was gone at the last scan.
        **filters
            Conditions of a `TrackFilter`, instead of ``where``.

        Yields
        ------
        Track

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     calm = [track for track in library.tracks(genre="jazz") if track.affect.arousal < 0.4]
        """
        return iter(self._store.tracks(where=_filter(where, filters), missing=missing))

    def scan(
        self, *folders: AnyPath, progress: Progress = unwatched, **options: Unpack[ScanWishes]
    ) -> "ScanReport":
        """Bring the library up to date with folders of music.

        Parameters
        ----------
        *folders : str or path-like
            At least one; ``~`` is the user's home.
        progress : callable
            Called with each `Step`; the item is a file.
        **options
            `ScanOptions`.

        Returns
        -------
        ScanReport
            Files that could not be analysed are among its ``failed``.
        """
        from img2music.library.scanning import scan

        homed = [os.path.expanduser(os.fspath(folder)) for folder in folders]  # noqa: PTH111 - names may be any bytes
        return scan(self._store, homed, ScanOptions(**_plain(options)), progress)

    def recommend(
        self,
        *queries: "PictureSource",
        affects: Sequence[Affect] = (),
        emotion: str | None = None,
        progress: Progress = unwatched,
        **options: Unpack[RecommendWishes],
    ) -> "Recommendations":
        """Recommend tracks for pictures, songs, words and affects.

        Parameters
        ----------
        *queries : str, path-like, bytes, file object, PIL image or array
            Pictures; by path also songs, and folders, which stand for all pictures and songs in them and below, but for
            covers.
        affects : sequence of Affect
            What is asked for in numbers; they come after the files.
        emotion : str, optional
            What is asked for in a word: a basic emotion, or one such as "serene".
        progress : callable
            Called with each `Step`; the item is a file.
        **options
            `RecommendOptions`; filters may stand beside them.

        Returns
        -------
        Recommendations
            One `Recommendation` a query; files that can't be read are among its ``errors``.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     found = library.recommend("photo.jpg", top=3, genre="jazz", year="1950s-60s")
        """
        from img2music.matching.query import asked_affects

        asked = (*queries, *affects, *asked_affects(None, None, emotion))
        return self._recommender.recommend(asked, with_filter(RecommendOptions, options), progress)

    @cached_property
    def _recommender(self) -> "Recommender":
        from img2music.app.recommending import Recommender

        return Recommender(self._store)

    def spot(self, film: AnyPath, *, progress: Progress = unwatched, **options: Unpack[SpotWishes]) -> "Spotted":
        """Choose music for a film: passages of songs that follow its scenes.

        Parameters
        ----------
        film : str or path-like
            A film.
        progress : callable
            Called with each `Step`, in seconds of the film.
        **options
            `SpotOptions`; filters may stand beside them.

        Returns
        -------
        Spotted
            Its ``sheet`` is the cue sheet; ``save("film.otio")`` writes it, as a timeline or chapters too, by the
            file's ending.

        Raises
        ------
        InputError
            If the film can't be read.
        """
        from img2music.app.spotting import spot

        return spot(self._store, film, with_filter(SpotOptions, options), progress)

    def score(
        self,
        film: AnyPath,
        output: AnyPath | None = None,
        *,
        audio_only: AnyPath | None = None,
        sheet: "CueSheet | AnyPath | None" = None,
        force: bool = False,
        progress: Progress = unwatched,
        sound: ScoreWishes | None = None,
        **options: Unpack[SpotWishes],
    ) -> "Spotted":
        """Write a film with music that follows its mood, its sound alone, or both."""
        raise NotImplementedError
