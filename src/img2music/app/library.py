"""img2music for Python: `analyze` files, `explain` a picture, open a `Library`, scan into it, recommend from it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from img2music.affect import Affect
from img2music.errors import InputError, UsageError

if TYPE_CHECKING:
    from img2music.analysis import TrackAnalysis
    from img2music.app.recommending import Recommender
    from img2music.app.spotting import Spotted
    from img2music.filters import TrackFilter
    from img2music.library.importing import ImportReport
    from img2music.library.lyrics import FetchReport
    from img2music.library.scanning import Progress, ScanReport
    from img2music.library.store import LibraryStore
    from img2music.library.tagging import TagReport
    from img2music.matching.recommendation import Recommendations
    from img2music.track import Track
    from img2music.vision.explain import Explanation
    from img2music.vision.model import ImageAnalysis

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """What was read in one image or audio file.

    Attributes
    ----------
    path : str
        The file, as ``os.fsdecode`` gives it.
    kind : {"image", "audio"}
    affect : Affect
        Affect of the image, or of the whole track.
    detail : ImageAnalysis or TrackAnalysis
        All that was measured.
    """

    path: str
    kind: Literal["image", "audio"]
    affect: Affect
    detail: "ImageAnalysis | TrackAnalysis"

    def to_json(self) -> dict[str, Any]:
        """The shape of an item of ``img2music/analyze/1`` (docs/json.md)."""
        from dataclasses import asdict

        from img2music.analysis import TrackAnalysis

        item: dict[str, Any] = {
            "path": self.path,
            "kind": self.kind,
            "affect": asdict(self.affect),
            "word": self.affect.word,
            "emotions": self.affect.emotions(),
        }
        if isinstance(self.detail, TrackAnalysis):
            item |= {
                "features": asdict(self.detail.features),
                "model": self.detail.analyzer,
                "duration": self.detail.duration,
                "listened": self.detail.listened,
                "curve": [asdict(point) for point in self.detail.curve],
            }
        else:
            item |= {
                "features": {"width": self.detail.width, "height": self.detail.height},
                "model": self.detail.model,
            }
            if self.detail.spread is not None:
                item["spread"] = dict(zip(("valence", "arousal"), self.detail.spread, strict=True))
        if self.detail.note is not None:
            item["note"] = self.detail.note
        return item


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What `analyze` read.

    Attributes
    ----------
    items : list of FileAnalysis
        In the order of the paths.
    errors : list of InputError
        Files that could not be read, in the order of the paths.
    """

    items: list[FileAnalysis] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)


def analyze(*paths: AnyPath, image_model: AnyPath | None = None) -> AnalysisReport:
    """Read the affect of images and audio files.

    Parameters
    ----------
    *paths : str or path-like
        Files, and folders, which stand for all images and audio files in them and below.
    image_model : str or path-like, optional
        What reads images: the name of a model, or a model file; the chosen one by default.

    Returns
    -------
    AnalysisReport

    Raises
    ------
    UsageError
        If there is no path.
    ModelError
        If there is no such model, or it can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> report = img2music.analyze("photo.jpg", "song.mp3")
    >>> [item.affect.word for item in report.items]
    """
    report = AnalysisReport()
    for result in iterate_analyses(paths, image_model):
        if isinstance(result, InputError):
            report.errors.append(result)
        else:
            report.items.append(result)
    return report


def explain(path: AnyPath, *, image_model: AnyPath | None = None) -> "Explanation":
    """Tell which regions of a picture raise or lower its affect.

    Parameters
    ----------
    path : str or path-like
        An image file.
    image_model : str or path-like, optional
        As `analyze` takes it.

    Returns
    -------
    Explanation
        A map of valence and one of arousal, which its method ``plot`` draws.

    Raises
    ------
    InputError
        If the picture can't be read.
    ModelError
        If there is no such model, or it can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> img2music.explain("photo.jpg").plot("why.png")
    """
    from img2music.vision.explain import explain as explain_image
    from img2music.vision.model import ImageModel

    return explain_image(ImageModel.load(image_model), path)


def require_explainable(paths: Sequence[AnyPath], file: AnyPath) -> None:
    """Refuse early what could not be explained and drawn.

    Parameters
    ----------
    paths : sequence of str or path-like
        What is to be explained: one picture. One that can't be read passes; `explain` says why.
    file : str or path-like
        What is to be drawn.

    Raises
    ------
    UsageError
        If there is not one path, it is a folder or a sound, the drawing would replace it, or its ending is neither
        ``.png`` nor ``.svg``.
    MissingExtraError
        If matplotlib is not installed.
    """
    from pathlib import Path

    from img2music.errors import printable
    from img2music.plots import require_plotting

    require_plotting(Path(file))
    if len(paths) != 1:
        raise UsageError(f"One picture can be explained at a time, not {len(paths)} files.")
    path = os.fsdecode(paths[0])
    if os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
        raise UsageError(f"One picture can be explained at a time; {printable(path)} is a folder.")
    if os.path.isfile(path) and not _is_image(path):  # noqa: PTH113 - as above
        raise UsageError(f"Only a picture can be explained, and {printable(path)} is none.")
    if os.path.exists(file) and os.path.exists(path) and os.path.samefile(file, path):  # noqa: PTH110, PTH121 - as above
        raise UsageError(f"The drawing would replace the picture {printable(path)}; give another file.")


def iterate_analyses(
    paths: Sequence[AnyPath], image_model: AnyPath | None = None
) -> Iterator[FileAnalysis | InputError]:
    """Read the affect of images and audio files one after another, as `analyze` does.

    Parameters
    ----------
    paths : sequence of str or path-like
        As `analyze` takes them.
    image_model : str or path-like, optional
        As `analyze` takes it.

    Yields
    ------
    FileAnalysis or InputError
        One a file, in the order of the paths.

    Raises
    ------
    UsageError, ModelError
        As `analyze` does.
    """
    if not paths:
        raise UsageError("Give at least one image, audio file or folder.")
    return _iterate_analyses([(path, _is_image(path)) for path in _files(paths)], image_model)


def _iterate_analyses(
    files: Sequence[tuple[str | InputError, bool]], image_model: AnyPath | None
) -> Iterator[FileAnalysis | InputError]:
    images = _analyze_images([file for file, image in files if image and isinstance(file, str)], image_model)
    songs = _analyze_songs([file for file, image in files if not image and isinstance(file, str)])
    for file, image in files:
        if isinstance(file, InputError):
            yield file
        else:
            yield next(images if image else songs)


def _files(paths: Sequence[AnyPath]) -> Iterator[str | InputError]:
    from img2music.connectors.folders import FolderWalk, holds_only_sound, is_image_name

    for path in map(os.fsdecode, paths):
        if not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            yield path
            continue
        walk = FolderWalk([path], lambda name: is_image_name(name) or holds_only_sound(name))
        empty = True
        for file in walk:
            empty = False
            yield file.path
        for unreadable, reason in walk.unreadable:
            yield InputError(f"can't be read: {reason}.", unreadable)
        if empty and not walk.unreadable:
            yield InputError("there is no image or audio file in this folder or below it.", path)


def _is_image(file: str | InputError) -> bool:
    from img2music.connectors.folders import is_image_name
    from img2music.media.images import is_image

    return isinstance(file, str) and (is_image_name(file) or is_image(file))


def _analyze_images(paths: Sequence[str], model: AnyPath | None) -> Iterator[FileAnalysis | InputError]:
    if not paths:
        return iter(())
    from img2music.vision.model import ImageModel

    results = ImageModel.load(model).analyze(paths)  # now: what is wrong with it is known before a song is heard
    return (
        result if isinstance(result, InputError) else FileAnalysis(result.path, "image", result.affect, result)
        for result in results
    )


def _analyze_songs(paths: Sequence[str]) -> Iterator[FileAnalysis | InputError]:
    from img2music.connectors.folders import why_no_sound
    from img2music.music.audio.analyzer import analyze_track
    from img2music.parallel import in_order, processors

    def analyze_or_explain(path: str) -> FileAnalysis | InputError:
        try:
            result = analyze_track(path)
        except InputError as error:
            return InputError(why_no_sound(path, error.reason), path)
        return FileAnalysis(path, "audio", result.affect, result)

    return in_order(analyze_or_explain, paths, processors())


class Library:
    """A library of music that is open; use it as a context manager.

    Examples
    --------
    >>> import img2music
    >>> with img2music.Library.open("music.db") as library:
    ...     library.scan("Music")
    ...     for match in library.recommend("photo.jpg", top=3).queries[0].matches:
    ...         print(match.track.path, match.why)
    """

    def __init__(self, store: "LibraryStore") -> None:
        self._store = store

    @classmethod
    def open(cls, location: AnyPath | None = None, *, create: bool = True, read_only: bool = False) -> "Library":
        """Open a library.

        Parameters
        ----------
        location : str or path-like, optional
            A file or an SQLAlchemy URL; without one ``IMG2MUSIC_LIBRARY``, or else ``library.db`` in the user's
            data folder.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._store.close()

    def __len__(self) -> int:
        """Count the tracks that are not missing."""
        return self._store.count()

    def scan(
        self,
        *folders: AnyPath,
        jobs: int | None = None,
        full: bool = False,
        retry_failed: bool = False,
        dry_run: bool = False,
        progress: "Progress | None" = None,
    ) -> "ScanReport":
        """Bring the library up to date with folders of music.

        Parameters
        ----------
        *folders : str or path-like
            At least one; ``~`` is the user's home.
        jobs : int, optional
            Number of processes; one a processor by default.
        full : bool
            Analyse every file again, unchanged ones too.
        retry_failed : bool
            Try the files again that could not be analysed and have not changed since.
        dry_run : bool
            Only tell what would be done; write nothing.
        progress : callable, optional
            Called with the number of files that are done, and of all that are to do.

        Returns
        -------
        ScanReport

        Raises
        ------
        UsageError
            If there is no folder or no process.
        LibraryError
            If the library can't be written, or another scan of it is running.
        """
        from img2music.library.scanning import scan

        homed = [os.path.expanduser(os.fspath(folder)) for folder in folders]  # noqa: PTH111 - names may be any bytes
        return scan(
            self._store,
            homed,
            jobs=jobs,
            full=full,
            retry_failed=retry_failed,
            dry_run=dry_run,
            progress=progress,
        )

    def failures(self) -> list[InputError]:
        """List the files that scans could not analyse, with the reasons, in order of path."""
        return [InputError(each.reason, each.file.path) for each in self._store.failures() if not each.silent]

    def import_table(self, path: AnyPath, mapping: Mapping[str, str] | None = None) -> "ImportReport":
        """Put the songs of a table into the library, without sound files.

        Parameters
        ----------
        path : str or path-like
            CSV, TSV or Parquet with columns of titles, ``valence`` and ``energy``, from which the affect is taken.
        mapping : mapping of str to str, optional
            Columns, by what they hold, where their names are not usual ones: ``{"title": "my_songs"}``.

        Returns
        -------
        ImportReport

        Raises
        ------
        InputError
            If it is no such table, or no song of it has an affect; then nothing is stored.
        LibraryError
            If the library can't be written; then nothing is stored.
        """
        from pathlib import Path

        from img2music.connectors.tables import read_songs
        from img2music.library.importing import import_table

        file = Path(path).expanduser()
        return import_table(self._store, file, read_songs(file, mapping))

    def fetch_lyrics(
        self, *sources: str, where: "TrackFilter | None" = None, limit: int | None = None, again: bool = False
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

        return fetch(self._store, sources or LOCAL, where=where, limit=limit, again=again)

    def lyrics(self, track: "Track | int") -> str | None:
        """Read the lyrics of a track that are in the library.

        Parameters
        ----------
        track : Track or int
            Or its id.

        Returns
        -------
        str or None
            Lines; None if they are not known, or there are none.
        """
        from img2music.library.record import best

        number = track if isinstance(track, int) else track.id
        record = best(self._store.lyrics([number]).get(number, []))
        return None if record is None else record.text

    def tag(
        self,
        where: "TrackFilter | None" = None,
        *,
        remove: bool = False,
        overwrite: bool = False,
        keep_times: bool = False,
        dry_run: bool = False,
    ) -> "TagReport":
        """Write valence, arousal, mood, tempo and key of tracks into their files' tags, or take them out again.

        Parameters
        ----------
        where : TrackFilter, optional
            Only tracks that pass; all by default.
        remove : bool, default False
            Take out what an earlier call wrote, and bring back what it replaced.
        overwrite : bool, default False
            Also replace what a person or another program has written.
        keep_times : bool, default False
            Leave the files' times of modification as they were.
        dry_run : bool, default False
            Only tell what would be done; write nothing.

        Returns
        -------
        TagReport
            Files that can't be written are among its ``failed``; the rest is done.

        Raises
        ------
        UsageError
            If ``remove`` and ``overwrite`` are both asked for.
        LibraryError
            If the library can't be written, or is being scanned.
        """
        from img2music.filters import TrackFilter
        from img2music.library.tagging import tag

        where = where or TrackFilter()
        return tag(
            self._store,
            where,
            everything=where == TrackFilter(),
            remove=remove,
            overwrite=overwrite,
            keep_times=keep_times,
            dry_run=dry_run,
        )

    def tracks(self, where: "TrackFilter | None" = None) -> "Iterator[Track]":
        """Read the tracks that are not missing, in order of path.

        Parameters
        ----------
        where : TrackFilter, optional
            Only those that pass.

        Yields
        ------
        Track
        """
        return iter(self._store.tracks(where=where))

    def recommend(
        self,
        *paths: AnyPath,
        affects: Sequence[Affect] = (),
        top: int = 10,
        match: Literal["relative", "absolute"] = "relative",
        per_artist: int | None = None,
        together: bool = False,
        where: "TrackFilter | None" = None,
        image_model: AnyPath | None = None,
        widen: float = 0.0,
    ) -> "Recommendations":
        """Recommend tracks for pictures, songs and affects.

        Parameters
        ----------
        *paths : str or path-like
            Pictures, songs, and folders, which stand for all pictures and songs in them and below, but for covers.
        affects : sequence of Affect
            What is asked for in numbers; they come after the files.
        top : int
            Tracks for each query; of one playlist, the least length.
        match : {"relative", "absolute"}
            Compare ranks within pictures and within songs, or the affects as they are.
        per_artist : int, optional
            At most so many tracks of one artist in a list; 0 for any number. By default any number where artists or
            albums are asked for, else 2, and more where a list would be short.
        together : bool
            One playlist in the order of the queries instead of a list for each.
        where : TrackFilter, optional
            Conditions that every track must meet. Speech, noise and very short sounds are left out unless it says
            ``speech=True``.
        image_model : str or path-like, optional
            What reads pictures, as `analyze` takes it.
        widen : float
            How far around a picture's point its songs may stand, in standard deviations of its reading (0 to 2); 0 for
            the nearest songs.

        Returns
        -------
        Recommendations
            Files that can't be read are among its errors; the rest is done.

        Raises
        ------
        UsageError
            If there is nothing to recommend for, an option makes no sense, or no track meets the conditions.
        LibraryError
            If the library has no tracks.
        """
        from img2music.filters import TrackFilter
        from img2music.options import MatchMode, RecommendOptions

        options = RecommendOptions(
            match=MatchMode(match),
            top=top,
            per_artist=per_artist,
            together=together,
            where=where or TrackFilter(),
            image_model=image_model,
            widen=widen,
        )
        return self._recommender.recommend((*paths, *affects), options)

    @cached_property
    def _recommender(self) -> "Recommender":
        from img2music.app.recommending import Recommender

        return Recommender(self._store)

    def spot(
        self,
        film: AnyPath,
        *,
        cues: Literal["auto", "scene", "one"] = "auto",
        least_scene: float = 12.0,
        alternatives: int = 3,
        match_tempo: bool = False,
        pins: "Mapping[int, str | int] | None" = None,
        bans: "Sequence[str | int]" = (),
        match: Literal["relative", "absolute"] = "relative",
        where: "TrackFilter | None" = None,
        image_model: AnyPath | None = None,
        progress: "Callable[[float, float], None] | None" = None,
    ) -> "Spotted":
        """Choose music for a film: passages of songs that follow its scenes.

        Parameters
        ----------
        film : str or path-like
            A film.
        cues : {"auto", "scene", "one"}
            As many changes as are worth it, one passage a scene, or one song for the whole film.
        least_scene : float
            Least length of a scene in seconds (1 to 3600).
        alternatives : int
            Runners-up to list with each passage.
        match_tempo : bool
            Prefer quick music where the film cuts quickly, and slow where slowly.
        pins : mapping of int to str or int, optional
            Songs by the number of the scene that they must lie under: number ("#17"), path, title or part of it.
        bans : sequence of str or int
            Songs that are left out, likewise.
        match : {"relative", "absolute"}
            As `recommend` takes it.
        where : TrackFilter, optional
            Conditions that every song must meet; of what is no music as in `recommend`.
        image_model : str or path-like, optional
            What reads pictures, as `analyze` takes it.
        progress : callable, optional
            Called with how many seconds of the film are read, and with its stated length.

        Returns
        -------
        Spotted
            Its ``sheet`` is the cue sheet; ``save("film.otio")`` writes it, as a timeline or chapters too, by the
            file's ending.

        Raises
        ------
        LibraryError
            If the library has no tracks with sound.
        InputError
            If the film can't be read.
        UsageError
            If an option makes no sense, no song meets the conditions or is long enough, or a pin or a ban can't be met.
        ModelError
            If the image model can't be loaded, or fails.
        """
        from img2music.app.spotting import spot_from
        from img2music.filters import TrackFilter
        from img2music.options import MatchMode
        from img2music.soundtrack.spotting import Cues, Options

        if match not in set(MatchMode):
            raise UsageError(f"match must be 'relative' or 'absolute', not {match!r}.")
        if cues not in set(Cues):
            raise UsageError(f"cues must be 'auto', 'scene' or 'one', not {cues!r}.")
        if not 1.0 <= least_scene <= 3600.0 or alternatives < 0:
            raise UsageError("least_scene is from 1 to 3600 seconds, and alternatives at least 0.")
        options = Options(
            cues=Cues(cues),
            matching=MatchMode(match),
            alternatives=alternatives,
            match_tempo=match_tempo,
            least_scene=least_scene,
            pins=tuple((scene, str(song)) for scene, song in (pins or {}).items()),
            bans=tuple(str(song) for song in bans),
            where=where or TrackFilter(),
        )
        return spot_from(self._store, film, options, image_model, progress)
