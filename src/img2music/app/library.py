"""The front door: an open library and all that can be done with it."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from img2music.affect import Affect
from img2music.arguments import checked
from img2music.errors import InputError, LibraryError
from img2music.files import Closing
from img2music.filters import FilterWishes, TrackFilter
from img2music.options import (
    AnyPath,
    RecommendOptions,
    RecommendWishes,
    ScanOptions,
    ScanWishes,
    ScoreOptions,
    ScoreSpotWishes,
    SlideshowOptions,
    SlideshowSpotWishes,
    SpotOptions,
    SpotWishes,
    TagOptions,
    TagWishes,
    with_filter,
)
from img2music.progress import Progress, Replacing, Told, quietly, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from img2music.app.cues import AnySheet
    from img2music.app.feedback import LibraryFeedback
    from img2music.app.playlists import LibraryPlaylists
    from img2music.app.recommending import Recommender
    from img2music.app.scoring import Scored
    from img2music.app.slideshow import Slideshow
    from img2music.app.spotting import Spotted
    from img2music.library.exchange import LibraryImport
    from img2music.library.importing import ImportReport, SongAffect
    from img2music.library.ledger import ScanStatus
    from img2music.library.listing import LibraryInfo
    from img2music.library.lyrics import FetchReport, KnownLyrics
    from img2music.library.scanning import ScanReport
    from img2music.library.store import LibraryStore
    from img2music.library.tagging import TagReport
    from img2music.library.upkeep import Verification
    from img2music.matching.recommendation import Recommendations
    from img2music.media.picture_source import PictureSource
    from img2music.track import Track
    from img2music.vision.model import ImageAnalysis


class Library(Closing):
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
    ...         print(match.track.path, match.reason)
    """

    def __init__(self, store: "LibraryStore") -> None:
        self._open_store: LibraryStore | None = store
        self._location = store.location
        self._kept_recommender: Recommender | None = None
        self._lock = threading.Lock()

    @classmethod
    @checked
    def open(
        cls,
        location: AnyPath | None = None,
        *,
        create: bool = True,
        read_only: bool = False,
        replica: bool = False,
    ) -> "Library":
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
        replica : bool, default False
            Read from a replica, if the URL names several hosts, also where writing is meant: what others change, and
            what is done to songs, is then read a moment later. One that is opened to read only does so anyway.

        Returns
        -------
        Library

        Raises
        ------
        LibraryError
            If it can't be opened, is not a library, or is of a newer img2music.
        """
        from img2music.library.store import LibraryStore

        return cls(LibraryStore.open(location, create=create and not read_only, read_only=read_only, replica=replica))

    @property
    def _store(self) -> "LibraryStore":
        if self._open_store is None:
            raise LibraryError("it is closed;", self._location, remedy="open it again.")
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

    @checked
    def __getitem__(self, id: int) -> "Track":  # noqa: A002
        """The track with this id; a KeyError if there is none."""
        for track in self._store.tracks([int(id)] if 0 <= id < 2**63 else [], missing=True):
            return track
        raise KeyError(id)

    def tracks_by_id(self, ids: Sequence[int]) -> "dict[int, Track]":
        """Read tracks by their ids, missing ones too; ids that no track has are left out."""
        return {track.id: track for track in self._store.tracks(ids, missing=True)}

    @checked
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

    @checked
    def search(self, text: str = "", *, after: int = 0, limit: int = 100) -> "list[Track]":
        """Find tracks that are there by words, in order of id.

        Parameters
        ----------
        text : str
            Every word of it is in the title, the artist or the album.
        after : int, default 0
            Only tracks with a greater id, as the next page of a list.
        limit : int, default 100
            At most so many.

        Returns
        -------
        list of Track
        """
        return self._store.search(text, after=after, limit=limit)

    def genres(self) -> dict[str, int]:
        """Count the tracks of each genre, as their tags call it, those of most tracks first."""
        from collections import Counter

        found: Counter[str] = Counter()
        for tag, count in self._store.counts("genre").items():
            for genre in filter(None, tag.split("; ")):
                found[genre] += count
        return dict(found.most_common())

    def decades(self) -> dict[int, int]:
        """Count the tracks of each decade, by its first year, in order; those without a year are left out."""
        from collections import Counter

        found: Counter[int] = Counter()
        for year, count in self._store.counts("year").items():
            found[year // 10 * 10] += count
        return dict(sorted(found.items()))

    def duplicates(self) -> "list[list[Track]]":
        """Find recordings of which there are several files that sound the same, each with its tracks."""
        copies = self._store.copies()
        found = {track.id: track for track in self._store.tracks([id_ for _, id_, _, _ in copies])}
        groups: dict[str, list[Track]] = {}
        for sound, id_, _, _ in copies:
            groups.setdefault(sound, []).append(found[id_])
        return [group for group in groups.values() if len(group) > 1]

    @checked
    def read_song(self, path: AnyPath) -> "Track":
        """Read a song that may be asked for, by its file; `recommend` takes what this gives, any number of times.

        Parameters
        ----------
        path : str or path-like
            A sound file.

        Returns
        -------
        Track
            The library's, if it holds the same sound. Otherwise the file is listened to, and the track has the id 0.

        Raises
        ------
        InputError
            If it can't be read, or holds no music.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     song = library.read_song("Music/Blue.flac")
        ...     found = library.recommend(song, top=3)
        """
        from img2music.matching.query_reading import read_song

        read = read_song(os.fsdecode(path), self._store)
        if isinstance(read, InputError):
            raise read
        assert read.track is not None, "what was read is a song"
        return read.track

    def affects(self) -> "dict[str, NDArray[Any]]":
        """Read the ids, valences and arousals of all tracks that are there, each an array, in ascending order of id."""
        return self._store.columns(("id", "valence", "arousal"))

    def positions(self) -> "dict[str, NDArray[Any]]":
        """Read where the same tracks stand in the space of the relative match, as ``me`` hears them."""
        return self._recommender.positions()

    @checked
    def scan(self, *folders: AnyPath, progress: Progress = unwatched, **options: Unpack[ScanWishes]) -> "ScanReport":
        """Bring the library up to date with folders of music.

        Parameters
        ----------
        *folders : str or path-like
            At least one; ``~`` is the user's home. Also URLs of S3, SFTP or HTTP, with the extra ``remote``.
        progress : callable
            Called with each `Step`; the item is a file.
        **options
            `ScanOptions`.

        Returns
        -------
        ScanReport
            Files that could not be analysed are among its ``failed``.
        """
        from img2music.app.cluster import scan

        homed = [os.path.expanduser(os.fspath(folder)) for folder in folders]  # noqa: PTH111 - names may be any bytes
        return scan(self._store, homed, with_filter(ScanOptions, options), progress)

    @checked
    def scan_status(self) -> "ScanStatus":
        """Tell what scans of it have done, and have yet to do, on whatever machine they run.

        Returns
        -------
        ScanStatus
            Files that wait or are in hand, the newest scans, and failures by kind.
        """
        return self._store.scan_status()

    @checked
    def recommend(
        self,
        *queries: "PictureSource | Track | ImageAnalysis",
        affects: Affect | Sequence[Affect] = (),
        valence: float | None = None,
        arousal: float | None = None,
        emotion: str | None = None,
        progress: Progress = unwatched,
        **options: Unpack[RecommendWishes],
    ) -> "Recommendations":
        """Recommend tracks for pictures, songs, words and affects.

        Parameters
        ----------
        *queries : str, path-like, bytes, file object, PIL image, array, Track or ImageAnalysis
            Pictures; by path also songs, and folders, which stand for all pictures and songs in them and below, but for
            covers; albums and searches of a photo service that was connected (``"immich:album/Summer"``). Tracks, and
            pictures that were read already.
        affects : Affect or sequence of Affect
            What is asked for in points; they come after the files.
        valence, arousal : float, optional
            What is asked for in numbers, from 0 to 1.
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

        points = (affects,) if isinstance(affects, Affect) else affects
        asked = (*queries, *points, *asked_affects(valence, arousal, emotion))
        return self._recommender.recommend(asked, with_filter(RecommendOptions, options), progress)

    def prepare(self) -> None:
        """Get ready now for many questions to `recommend`: the first ones of a large library would wait for it."""
        self._recommender.prepare()

    @property
    def _recommender(self) -> "Recommender":
        from img2music.app.recommending import Recommender

        store = self._store  # none that is closed
        with self._lock:
            if self._kept_recommender is None:
                self._kept_recommender = Recommender(store)
            return self._kept_recommender

    @checked
    def spot(
        self,
        film: AnyPath,
        *,
        scoring: ScoreOptions | None = None,
        outputs: Sequence[AnyPath] = (),
        format: str | None = None,  # noqa: A002
        plot: AnyPath | None = None,
        replacing: Replacing = quietly,
        progress: Progress = unwatched,
        **options: Unpack[SpotWishes],
    ) -> "Spotted":
        """Choose music for a film: passages of songs that follow its scenes.

        Parameters
        ----------
        film : str or path-like
            A film.
        scoring : ScoreOptions, optional
            What becomes of the film's own sound, as the cue sheet says it.
        outputs : sequence of str or path-like
            Files for the cue sheet, a timeline or chapters, by their endings.
        format : str, optional
            The format of the one output, instead of its ending.
        plot : str or path-like, optional
            Draw the film's mood, scenes and songs there: ``.png`` or ``.svg``.
        replacing : callable, optional
            Called with the files that would be replaced, before long work; what it raises ends that. By default older
            files of the same kind are replaced.
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
        from img2music.app.cues import kinds_of, require, save_sheets, sheet_files
        from img2music.app.spotting import plotted, spot_from

        files = sheet_files(outputs, format)
        require([*kinds_of(files), *plotted(plot)], [("the film itself", film)], replacing)
        found = spot_from(self._store, film, with_filter(SpotOptions, options), scoring or ScoreOptions(), progress)
        save_sheets(found.sheet, files)
        return found if plot is None else replace(found, notes=(*found.notes, *found.plot(plot)))

    @checked
    def score(
        self,
        film: AnyPath,
        output: AnyPath | None = None,
        *,
        audio_only: AnyPath | None = None,
        stems: AnyPath | None = None,
        preview_seams: bool = False,
        sheet: "AnySheet | None" = None,
        sheets: Sequence[AnyPath] = (),
        plot: AnyPath | None = None,
        replacing: Replacing = quietly,
        told: Told = quietly,
        progress: Progress = unwatched,
        **options: Unpack[ScoreSpotWishes],
    ) -> "Scored":
        """Write a film with music that follows its mood, its sound alone, or both.

        Parameters
        ----------
        film : str or path-like
            A film.
        output : str or path-like, optional
            The film with its music: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``.
        audio_only : str or path-like, optional
            Its sound alone: ``.flac``, ``.wav``, ``.m4a``, ``.mp3``, ``.opus`` or ``.ogg``.
        stems : str or path-like, optional
            The music and the film's own sound apart, whose sum is the sound: ``STEMS-music.wav`` and
            ``STEMS-film.wav``, or in a folder that is there, named as the film.
        preview_seams : bool
            Write only the seconds around each change of song, in small pictures.
        sheet : CueSheet, Spotted, Scored, Slideshow, str or path-like, optional
            Music of this cue sheet, instead of choosing it.
        sheets : sequence of str or path-like
            Files for the cue sheet, a timeline or chapters, by their endings.
        plot, replacing
            As `spot` takes them.
        told : callable, optional
            Called with what a person should know at once.
        progress : callable
            Called with each `Step`, in seconds.
        **options
            `ScoreOptions` and, without a sheet, `SpotOptions`; filters may stand beside them.

        Returns
        -------
        Scored
            The cue sheet, and what a person should know.

        Raises
        ------
        InputError
            If the film or a song can't be read, the sheet is for another film, or an output can't be written; then
            nothing has changed.
        """
        from img2music.app.scoring import score_film

        sound, choosing = _parted(ScoreOptions, options)
        return score_film(
            self._store,
            film,
            sheet,
            output,
            audio_only,
            stems=stems,
            preview_seams=preview_seams,
            options=ScoreOptions(**sound),
            spotting=with_filter(SpotOptions, choosing) if choosing or sheet is None else None,
            sheets=sheets,
            plot=plot,
            replacing=replacing,
            told=told,
            progress=progress,
        )

    @checked
    def slideshow(
        self,
        *photos: AnyPath,
        output: AnyPath,
        sheet: "AnySheet | None" = None,
        sheets: Sequence[AnyPath] = (),
        plot: AnyPath | None = None,
        replacing: Replacing = quietly,
        told: Told = quietly,
        progress: Progress = unwatched,
        **options: Unpack[SlideshowSpotWishes],
    ) -> "Slideshow":
        """Make a film of photos and clips, with music that follows their mood.

        Parameters
        ----------
        *photos : str or path-like
            Photos, films, folders of them, and albums and searches of a photo service that was connected.
        output : str or path-like
            The film: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``.
        sheet, sheets, plot, replacing, told, progress
            As `score` takes them; a sheet says the photos, too.
        **options
            `SlideshowOptions` and `SpotOptions`; filters may stand beside them.

        Returns
        -------
        Slideshow
            The cue sheet, the photos and films that were left out, and what a person should know.

        Raises
        ------
        InputError
            If no photo can be read, or the film can't be written; then nothing has changed.
        """
        from img2music.app.slideshow import make_slideshow

        look, choosing = _parted(SlideshowOptions, options)
        return make_slideshow(
            self._store,
            photos,
            output,
            SlideshowOptions(**look),
            with_filter(SpotOptions, choosing),
            sheet=sheet,
            sheets=sheets,
            plot=plot,
            replacing=replacing,
            told=told,
            progress=progress,
        )

    @checked
    def tag(
        self,
        where: TrackFilter | None = None,
        *,
        progress: Progress = unwatched,
        **options: Unpack[TagWishes],
    ) -> "TagReport":
        """Write valence, arousal, mood, tempo and key of tracks into their files' tags, or take them out again.

        Parameters
        ----------
        where : TrackFilter, optional
            Only tracks that pass; all by default.
        progress : callable
            Called with each `Step`; the item is a file.
        **options
            `TagOptions`; filters may stand beside them.

        Returns
        -------
        TagReport
            Files that can't be written are among its ``errors``; the rest is done.
        """
        from img2music.library.tagging import tag

        own, conditions = _parted(TagOptions, options)
        return tag(self._store, _filter(where, conditions), TagOptions(**own), progress)

    @checked
    def import_table(
        self,
        path: AnyPath,
        mapping: Mapping[str, str] | None = None,
        affect: "SongAffect | None" = None,
        *,
        progress: Progress = unwatched,
    ) -> "ImportReport":
        """Put the songs of a table into the library, without sound files.

        Parameters
        ----------
        path : str or path-like
            CSV, TSV or Parquet with columns of titles, ``valence`` and ``energy``, from which the affect is taken.
        mapping : mapping of str to str, optional
            Columns, by what they hold, where their names are not usual ones: ``{"title": "my_songs"}``.
        affect : SongAffect, optional
            What reads affects instead, such as a model of song tables.
        progress : callable
            Called with each `Step`.

        Returns
        -------
        ImportReport

        Raises
        ------
        InputError
            If it is no such table, or no song of it has an affect; then nothing is stored.
        """
        from img2music.connectors.tables import read_songs
        from img2music.library.importing import import_table

        store, file = self._store, Path(path).expanduser()
        return import_table(store, file, read_songs(file, mapping, progress), affect, progress=progress)

    @checked
    def import_spotify(self, *urls: str, progress: Progress = unwatched) -> "ImportReport":
        """Put songs of Spotify into the library, without sound files; needs a key of yours.

        Parameters
        ----------
        *urls : str
            Playlists, albums and tracks: addresses, ``spotify:`` names or ids.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        ImportReport

        Raises
        ------
        SourceError
            If Spotify can't be asked.
        MissingExtraError
            If what it takes is not installed.
        """
        from img2music.library.streaming import SpotifyImport

        return SpotifyImport(urls).run(self._store, progress)

    @checked
    def import_file(self, path: AnyPath, *, progress: Progress = unwatched) -> "LibraryImport":
        """Read tracks that `export` has written; a track of the same path is replaced.

        Parameters
        ----------
        path : str or path-like
            JSON Lines.
        progress : callable
            Called with each `Step`.

        Returns
        -------
        LibraryImport
            Lines that can't be used are among its ``errors``.

        Raises
        ------
        InputError
            If it is no export; then nothing is stored.
        """
        from img2music.library.exchange import import_library

        return import_library(self._store, path, progress)

    @checked
    def export(self, path: AnyPath, *, progress: Progress = unwatched) -> int:
        """Write all that was analysed to a file, as JSON Lines.

        Parameters
        ----------
        path : str or path-like
            An older export is replaced.
        progress : callable
            Called with each `Step`.

        Returns
        -------
        int
            Number of tracks.

        Raises
        ------
        InputError
            If it can't be written.
        """
        from img2music.library.exchange import export_library

        return export_library(self._store, path, progress)

    @checked
    def copy(self, location: AnyPath, *, progress: Progress = unwatched) -> int:
        """Copy all that it holds into another library as it is, so that every track keeps its number.

        Either may be a file or on a PostgreSQL server. It is copied whole or, whatever stops that, not at all.
        Jobs stay behind.

        Parameters
        ----------
        location : str or path-like
            As for `open`; made if there is none. It must be empty.
        progress : callable
            Called with each `Step`.

        Returns
        -------
        int
            Number of tracks.
        """
        from img2music.library.store import LibraryStore

        with LibraryStore.open(location, create=True) as target:
            return self._store.copy(target, progress)

    @checked
    def fetch_lyrics(
        self,
        *sources: str,
        where: TrackFilter | None = None,
        limit: int | None = None,
        again: bool = False,
        progress: Progress = unwatched,
    ) -> "FetchReport":
        """Fetch the lyrics of the tracks whose lyrics are not known, and keep them in the library.

        Parameters
        ----------
        *sources : str
            Of ``"tags"``, ``"files"``, ``"lrclib"`` and ``"musixmatch"``, in the order in which they are asked; the
            first two by default. The others ask the internet.
        where : TrackFilter, optional
            Only tracks that pass.
        limit : int, optional
            At most so many tracks.
        again : bool, default False
            Ask sources again that knew none before.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        FetchReport
            Tracks that a service failed on are among its ``failed``.

        Raises
        ------
        UsageError
            If there is no such source, or one needs a key that is not set.
        MissingExtraError
            If one asks the internet, and what that takes is not installed.
        """
        from img2music.library.lyrics import fetch
        from img2music.library.record import LOCAL

        return fetch(self._store, sources or LOCAL, where=where, limit=limit, again=again, progress=progress)

    @checked
    def lyrics(self, track: "Track | int | str") -> str | None:
        """Read the lyrics of a track that are in the library.

        Parameters
        ----------
        track : Track, int or str
            A track, its id, or its file or identifier.

        Returns
        -------
        str or None
            Lines; None if they are not known, or there are none.
        """
        from img2music.library.record import best

        record = best(self.known_lyrics(track).lyrics)
        return None if record is None else record.text

    @checked
    def known_lyrics(self, track: "Track | int | str") -> "KnownLyrics":
        """Read what every source said of the words of a track.

        Parameters
        ----------
        track : Track, int or str
            As `lyrics` takes it.

        Returns
        -------
        KnownLyrics

        Raises
        ------
        UsageError
            If there is no such track.
        """
        from img2music.library.lyrics import known_lyrics

        return known_lyrics(self._store, str(getattr(track, "id", track)))

    @property
    def feedback(self) -> "LibraryFeedback":
        """What people say of its tracks and of pictures.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     library.feedback.like("Music/Blue.flac")
        ...     said = library.feedback.list().feedback
        """
        from img2music.app.feedback import LibraryFeedback

        return LibraryFeedback(self._store)

    @property
    def playlists(self) -> "LibraryPlaylists":
        """Playlists that are kept in it by name.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     library.playlists.save("Evening", library.recommend("photo.jpg", top=10).matches)
        ...     library.playlists.read("Evening").save("Evening.m3u8")
        """
        from img2music.app.playlists import LibraryPlaylists

        return LibraryPlaylists(self._store)

    @checked
    def failures(self, *, silent: bool = False) -> list[InputError]:
        """List the files that scans could not analyse, with the reasons, in order of path.

        Parameters
        ----------
        silent : bool, default False
            Also those that hold nothing to hear, which is no fault.
        """
        found = self._store.failures()
        return [InputError(each.reason, each.path) for each in found if silent or not each.silent]

    def info(self) -> "LibraryInfo":
        """Count what is in it."""
        return self._store.info()

    @checked
    def verify(self, *, content: bool = False, progress: Progress = unwatched) -> "Verification":
        """Check that the database is sound and that the tracks' files are there as they were analysed.

        Parameters
        ----------
        content : bool, default False
            Read every file and compare its bytes, too.
        progress : callable
            Called with each `Step`; the item is a file.

        Returns
        -------
        Verification
        """
        from img2music.library.upkeep import verify

        return verify(self._store, content=content, progress=progress)

    @checked
    def prune(self, *, without_file: bool = False, dry_run: bool = False) -> int:
        """Remove the tracks whose file was gone at the last scan, for good.

        Parameters
        ----------
        without_file : bool, default False
            Songs without a file, too.
        dry_run : bool, default False
            Only count them.

        Returns
        -------
        int
            Number of tracks.
        """
        from img2music.library.upkeep import prune

        return prune(self._store, without_file=without_file, dry_run=dry_run)

    @checked
    def forget(self, what: AnyPath) -> int:
        """Remove what it has of a folder, a file, a table or a playlist, for good; files are not touched.

        Parameters
        ----------
        what : str or path-like
            A table or a playlist as `info` lists it, or by the name of its file.

        Returns
        -------
        int
            Number of tracks.

        Raises
        ------
        InputError
            If there is nothing of it.
        """
        from img2music.library.upkeep import forget

        return forget(self._store, os.fspath(what))


def _filter(where: TrackFilter | None, conditions: Mapping[str, Any]) -> TrackFilter:
    """A filter, or its conditions as keywords."""
    return with_filter(_Where, {"where": where, **conditions}).where


@dataclass(frozen=True)
class _Where:
    where: TrackFilter = TrackFilter()


def _parted(kind: type, wishes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keywords of an option dataclass, and the others."""
    own = {field.name for field in fields(kind)}
    parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name, value in wishes.items():
        parts[name not in own][name] = value
    return parts


def store_of(library: Library) -> "LibraryStore":
    """What a library is stored in, for use cases that stand beside it."""
    return library._store
