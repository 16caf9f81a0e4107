"""Projects: films and albums whose music is chosen, changed by hand, heard at once, and rendered at the end."""

import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from img2music.app.albums import (
    ALBUM,
    EditedAlbum,
    ReadAlbum,
    album_options,
    beside,
    changed,
    draw_preview,
    forget_previews,
    is_album,
    lay_out,
    photos_in,
    photos_of,
    preview_of,
    read_added,
    read_again,
    require_inside,
    require_photos,
    write_album,
    write_sound,
)
from img2music.app.film_cache import decoded, encoded, reading_of
from img2music.app.film_views import FilmViews
from img2music.app.films import Films, FilmUpload
from img2music.app.job_work import Rendering
from img2music.app.jobs import JobQueue
from img2music.app.mixes import GainCurves, Mixes, gains
from img2music.app.person import Listener
from img2music.app.project_files import project_file, read_project, settled
from img2music.app.proxies import make_proxy, proxy_of, remove_proxies
from img2music.app.scoring import STEMS, score_film
from img2music.app.slideshow import absent_note
from img2music.app.sounds import Peaks
from img2music.app.spotting import spot_from
from img2music.distribution import AffectDistribution
from img2music.errors import ConflictError, InputError, UsageError
from img2music.files import file_name
from img2music.filters import TrackFilter
from img2music.library.jobs import OPEN, Job, JobKind
from img2music.library.projects import Change, ProjectRow, digest_of
from img2music.library.record import require_name
from img2music.matching.passages import clock
from img2music.media.film_survey import Survey
from img2music.media.video import survey_of
from img2music.options import ScoreOptions, SpotOptions
from img2music.progress import Progress, quietly
from img2music.shapes import Result, dumps, to_dict
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue, CueSheet, CueTrack, FilmFile, parse
from img2music.soundtrack.editing import KINDS, Edit, Swap, edited
from img2music.soundtrack.film import Film
from img2music.soundtrack.formats import FORMATS
from img2music.soundtrack.rechoosing import respotted, swapped
from img2music.soundtrack.slideshow.rearranging import ALBUM_EDITS, MOST_PHOTOS, AlbumEdit, PhotoAdd
from img2music.soundtrack.spotting import candidates
from img2music.vision.model import ImageModel

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

RENDERED, RENDERED_ELSE = ("mp4", "mov", "mkv", "webm"), "mkv"
"""Endings of films that are rendered as what they are, and as what others are."""
MOST_TRIED = 20
"""Songs that were tried and are remembered."""
PROJECT = "project"
"""The format of a project's file."""
IMPORT = "import"
"""What a step is called in which a project was read from its file."""
ALL_EDITS = KINDS | {kind: name for name, kind in ALBUM_EDITS.items()}
"""What each edit is called in its step."""
SPOT = "spot"
"""What a step is called in which all music was chosen, as a film was read."""


class ProjectKind(StrEnum):
    """What a project shows."""

    FILM = "film"
    ALBUM = "album"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFilm:
    """The film of a project; of an album, what is made of it."""

    path: str  # the folder of an album
    name: str
    duration: float | None  # seconds; null until it was read
    fps: float | None


class FilmState(StrEnum):
    """What has become of a project's film."""

    AS_READ = "as read"
    CHANGED = "changed"  # it lasts longer or shorter than what its music was chosen for: it can't be rendered
    MISSING = "missing"  # it is not there, can't be read, or lies in no folder that is allowed


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Project(Result):
    """A film or an album with its music, as it is by now."""

    id: int
    kind: ProjectKind
    name: str
    revision: int  # that changes are made from
    created: str  # in UTC
    updated: str
    film: ProjectFilm
    sheet: CueSheet | None  # null until its music is chosen
    drafted: float | None  # seconds of the film for which it is chosen so far; null when it is for all
    undo: Change | None  # what would be undone
    redo: Change | None
    job: int | None  # that is under way for it; or the one that was to read its film, and has not
    ready: bool  # whether the film can be played
    film_state: FilmState
    banned: tuple[CueTrack, ...]

    def to_dict(self) -> dict[str, Any]:
        """The documented shape."""
        told = to_dict(replace(self, sheet=None))
        return told | {"sheet": None if self.sheet is None else self.sheet.to_dict()}


@dataclass(frozen=True, slots=True)
class Strip:
    """What is drawn along a film."""

    affect: list[list[float]]  # seconds, valence and arousal
    cuts: list[float]  # seconds at which shots begin, but for the first
    speech: list[list[float]]  # seconds from which and until which someone speaks
    beats: dict[int, list[float]]  # by the track: seconds of the song; of those that were listened to by now
    listening: bool  # whether others are still being listened to, so that it is worth to ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSummary:
    """A project in a list."""

    id: int
    kind: ProjectKind
    name: str
    film: ProjectFilm
    cover: str | None  # the first photo of an album
    updated: str
    cues: int | None  # null until its music is chosen
    job: int | None  # that is under way for it


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProjectList(Result):
    """The projects of a library."""

    projects: list[ProjectSummary]
    """The last changed first."""


class _ListedFilm(msgspec.Struct):
    duration: float
    fps: float


class _ListedPhoto(msgspec.Struct):
    path: str


class _ListedAlbum(msgspec.Struct):
    photos: list[_ListedPhoto]


class _Listed(msgspec.Struct):
    """What a list tells of a sheet, of which the rest is not even looked at."""

    film: _ListedFilm
    cues: list[msgspec.Raw]
    slideshow: _ListedAlbum | None = None


class Projects:
    """The projects of a library that is served."""

    def __init__(self, store: "LibraryStore", films: Films, views: FilmViews, mixes: Mixes, queue: JobQueue) -> None:
        self._store, self.films, self._views, self._mixes, self._queue = store, films, views, mixes, queue
        self._tried: dict[tuple[int, int, Swap], CueSheet] = {}
        self._table = store.projects

    def list(self) -> ProjectList:
        """List them, the last changed first."""
        jobs = {job.project: job.id for job in self._queue.jobs.unended() if job.project is not None}
        found = []
        for row in self._table.all():
            told = None if row.sheet is None else msgspec.json.decode(row.sheet, type=_Listed)
            photos = None if told is None or told.slideshow is None else told.slideshow.photos
            summary = ProjectSummary(
                id=row.id,
                kind=_kind(row),
                name=row.name,
                cover=photos[0].path if photos else None,
                film=_film(row.film, *((None, None) if told is None else (told.film.duration, told.film.fps))),
                updated=row.updated,
                cues=None if told is None else len(told.cues),
                job=jobs.get(row.id),
            )
            found.append(summary)
        return ProjectList(projects=found)

    def read(self, id: int) -> Project:  # noqa: A002
        """Read one; a `KeyError` if there is none."""
        return self._told(self._table.find(id))

    def add(self, film: str, name: str, options: Mapping[str, Any]) -> Project:
        """Begin one, and have its film read and its music chosen."""
        self._views.plays(film)  # or it is no film at all
        _spotting(options)
        _ = self._store.folder  # no library in memory
        row = self._table.add(name, film, options)
        self._prepare(row)
        return self._told(row)

    def add_album(self, folder: str, name: str, options: Mapping[str, Any], album: Mapping[str, Any]) -> Project:
        """Begin one of the photos of a folder."""
        require_photos(folder)
        options = {**options, ALBUM: dict(album)}
        _spotting(options)
        album_options(options)
        _ = self._store.folder
        row = self._table.add(name, folder, options)
        self._prepare(row)
        return self._told(row)

    def take_up(self, film: str, found: object, name: str) -> Project:
        """Go on with a project that was exported, with its film as it is here, which is read again.

        Of an album, its folder is given.
        """
        project = read_project(found, name)
        require_name(project.name, "name")
        try:
            _spotting(project.options)
            album_options(project.options)
        except (TypeError, AttributeError):
            raise InputError("has options that this version does not know.", name) from None
        if (project.sheet.slideshow is None) is (ALBUM in project.options):
            raise InputError("has the options of an album, or the sheet of one, and not both.", name)
        sheet = settled(self._store, project, film)
        if sheet.slideshow is None:
            lasts, planned = survey_of(film).duration, sheet.film.duration
            if abs(lasts - planned) > TOLERANCE:
                raise UsageError(f"The film lasts {clock(lasts, 1)}, and that of the project {clock(planned, 1)}.")
        else:
            sheet = beside(sheet, film)
        text = _text(sheet)
        parse(text.encode("ascii"), name)  # as it is read from now on: what is rounded to nothing is refused
        row = self._table.add(project.name, film, project.options)
        row = self._table.put(row.id, row.revision, Change(IMPORT), text)
        self._prepare(row)
        return self._told(row)

    def _prepare(self, row: ProjectRow) -> None:
        """Have the film read, and copied if browsers don't play it; forget the project if that can't be."""
        reading = None
        try:
            reading = self._queue.read_film(row.id, row.name)
            with suppress(InputError):  # which the job tells
                if is_album(row) or self._playable(row) is None:
                    self._queue.make_proxy(row.id, row.name)
        except BaseException:
            if reading is not None:
                self._queue.cancel(reading.id)
            with suppress(KeyError, ConflictError):  # somebody has it by now
                self._table.remove(row.id, row.revision)
            raise

    def rename(self, id: int, revision: int, name: str) -> Project:  # noqa: A002
        """Give one another name."""
        return self._told(self._table.rename(id, revision, name))

    def remove(self, id: int, revision: int) -> None:  # noqa: A002
        """Forget one, and its film if that was sent."""
        row = self._table.find(id)
        self._table.remove(id, revision)
        for job in self._queue.jobs.unended():
            if job.project == id:
                with suppress(KeyError, UsageError):  # it has ended by now
                    self._queue.cancel(job.id)
        forget_previews(id, _films_folder(self._store))
        if row.film not in self._table.films():
            if is_album(row):
                self.films.forget_album(row.film)
                return
            remove_proxies(row.film, _films_folder(self._store))
            self.films.forget(row.film)

    def keep_photos(self, id: int, photos: Sequence[tuple[Path, str]]) -> Sequence[str]:  # noqa: A002
        """Keep photos and clips that were sent for an album of such, each a file and its name; their names there."""
        row = self._table.find(id)
        if not is_album(row):
            raise UsageError("This is a film, not an album: its pictures are as they are.")
        if len(photos_in(row.film)) + len(photos) > MOST_PHOTOS:
            raise UsageError(f"An album has {MOST_PHOTOS} photos at most.")
        return self.films.add_to_album(row.film, photos)

    def begin_upload(self, name: str, size: int) -> FilmUpload:
        """Have a film sent that has so many bytes."""
        return self.films.begin(name, size, self._table.films())

    def edit(self, id: int, revision: int, edit: Edit | AlbumEdit) -> Project:  # noqa: A002
        """Change its sheet."""
        row = self._table.find(id)
        sheet, music = self._require_sheet(row, revision), _Music(self._store, row)
        if isinstance(edit, AlbumEdit):
            reading = _require_reading(self._store, id)
            if isinstance(edit, PhotoAdd):
                self._film(id)
                # Beside what was read before: it holds after an undo, too.
                reading = read_added(self._store, row, sheet, edit, reading=reading, spotting=music.options)
                music.added = reading
            made = changed(sheet, edit, EditedAlbum(row, reading, music.options, music.chosen))
        else:
            made = edited(sheet, edit, music)
        change, text = Change(ALL_EDITS[type(edit)], getattr(edit, "cue", None)), _text(made)
        _parsed(text)  # what could not be read back is not kept
        return self._told(self._seen_soon(self._table.put(id, revision, change, text, reading=music.added)))

    def undo(self, id: int, revision: int) -> Project:  # noqa: A002
        """Take the last change back."""
        return self._told(self._seen_soon(self._table.undo(id, revision)))

    def redo(self, id: int, revision: int) -> Project:  # noqa: A002
        """Make the last change that was taken back again."""
        return self._told(self._seen_soon(self._table.redo(id, revision)))

    def preview(self, id: int) -> Project:  # noqa: A002
        """Have the preview of an album drawn, unless it is there."""
        return self._told(self._seen_soon(self._table.find(id)))

    def _seen_soon(self, row: ProjectRow) -> ProjectRow:
        """Have the preview of an album drawn that looks otherwise; one that is being drawn minds that itself."""
        if is_album(row) and row.sheet is not None and not self._is_ready(row):
            drawn = (job.kind is JobKind.PROXY and job.project == row.id for job in self._queue.jobs.unended())
            if not any(drawn):
                with suppress(UsageError):  # so much waits that the page has to ask again
                    self._queue.make_proxy(row.id, row.name)
        return row

    def sheet(self, id: int, revision: int | None = None) -> CueSheet:  # noqa: A002
        """The sheet that holds, or its draft, which is refused if it is not of this revision."""
        row = self._table.find(id)
        return self._require_sheet(row, row.revision if revision is None else revision, drafts=True)

    def _require_sheet(self, row: ProjectRow, revision: int, *, drafts: bool = False) -> CueSheet:
        if row.revision != revision:
            raise ConflictError(f"The project {row.name} was changed meanwhile: read it again, and go on there.")
        sheet = _sheet(row)
        if sheet is None or (row.is_draft and not drafts):
            raise ConflictError("The music of this film is not chosen yet.")
        return sheet

    def _told(self, row: ProjectRow) -> Project:
        sheet = _sheet(row)
        return Project(
            id=row.id,
            kind=_kind(row),
            name=row.name,
            revision=row.revision,
            created=row.created,
            updated=row.updated,
            film=_film(row.film, *((None, None) if sheet is None else (sheet.film.duration, sheet.film.fps))),
            sheet=sheet,
            drafted=sheet.scenes[-1].end if sheet is not None and row.is_draft else None,
            undo=row.undo,
            redo=row.redo,
            job=self._job(row.id, read=row.position > 0),
            ready=self._is_ready(row),
            film_state=self._state(row.film, sheet),
            banned=() if sheet is None else sheet.banned,
        )

    def _job(self, id_: int, *, read: bool) -> int | None:
        its = [job for job in self._queue.jobs.newest() if job.project == id_]
        under_way = (job.id for job in its if job.state in OPEN)
        begun = (job.id for job in its if job.kind is JobKind.FILM and not read)
        return next(under_way, next(begun, None))

    def _is_ready(self, row: ProjectRow) -> bool:
        with suppress(InputError):
            return self.films.allows(row.film) and self._playable(row) is not None
        return False

    def _state(self, path: str, sheet: CueSheet | None) -> FilmState:
        if sheet is not None and sheet.slideshow is not None:  # which is made only when it is rendered
            return FilmState.AS_READ
        try:
            if self.films.allows(path):
                fits = sheet is None or self._views.lasts(path, sheet.film.duration)
                return FilmState.AS_READ if fits else FilmState.CHANGED
        except InputError:
            pass
        return FilmState.MISSING

    # What is drawn and heard

    def strip(self, id: int) -> Strip:  # noqa: A002
        """What is drawn along the film; nothing until it was read."""
        row, reading = self._table.find(id), self._table.reading(id)
        sheet = _sheet(row)
        if sheet is None or reading is None:
            return Strip([], [], [], {}, listening=False)
        film = _seen(row, sheet, reading)
        cuts = [shot.start for shot in film.shots] if is_album(row) else [each.cut for each in film.transitions]
        speech = () if sheet.original is None else sheet.original.speech or ()
        songs = {cue.track.id: cue.track.path for cue in sheet.cues if cue.track.id is not None}
        beats = {number: self._views.beats(path) for number, path in songs.items()}
        return Strip(
            affect=film.curve.round(3).tolist(),
            cuts=[cut for cut in cuts if 0.0 < cut < film.duration],
            speech=[[span.start, span.end] for span in speech],
            beats={number: found for number, found in beats.items() if found},
            listening=None in beats.values(),
        )

    def row(self, id: int, start: float, end: float, count: int, height: int) -> Path:  # noqa: A002
        """A JPEG of pictures from a part of the film, side by side."""
        film = self._film(id)
        row = self._table.find(id)
        if is_album(row):
            found = self._playable(row)
            if found is None:
                raise ConflictError("The preview of this album is being drawn.")
            film = str(found[0])
        return self._views.row(film, start, end, count, height)

    def photo(self, id: int, path: str, side: int) -> Path:  # noqa: A002
        """A JPEG of a photo of an album, or of the first picture of a clip; an `IndexError` if it is none of it."""
        self._film(id)
        known = photos_of(_require_reading(self._store, id)) if is_album(self._table.find(id)) else {}
        photo = known.get(path)
        if photo is None or not self.films.allows(path):
            raise IndexError(path)
        return self._views.photo(path, side, clip=photo.clip is not None)

    def peaks(self, id: int) -> Path | Peaks:  # noqa: A002
        """The waveform of the film's own sound, in a file; of an album, that of its clips where they are heard."""
        film, row = self._film(id), self._table.find(id)
        if not is_album(row):
            return self._views.peaks(film)
        sheet = self._require_sheet(row, row.revision)
        assert sheet.slideshow is not None
        require_inside(row, sheet)
        return self._views.album_peaks(sheet.slideshow, sheet.film.duration)

    def playable(self, id: int) -> tuple[Path, str] | None:  # noqa: A002
        """A file of the film that browsers play, and its media type; None as long as it is being made."""
        self._film(id)
        return self._playable(self._table.find(id))

    def _playable(self, row: ProjectRow) -> tuple[Path, str] | None:
        if is_album(row):
            sheet = _sheet(row)
            preview = None if sheet is None else preview_of(row.id, sheet, _films_folder(self._store))
            return None if preview is None or not preview.is_file() else (preview, "video/mp4")
        path = row.film
        kind = self._views.plays(path)
        if kind is not None:
            return Path(path), kind
        proxy = self._proxy(path)
        return (proxy, "video/mp4") if proxy.is_file() else None

    def _proxy(self, path: str) -> Path:
        return proxy_of(path, _films_folder(self._store))

    def _film(self, id_: int) -> str:
        """The film of a project, if it may be used here."""
        path = self._table.find(id_).film
        if not self.films.allows(path):
            raise UsageError("The film of this project lies in no folder that is allowed (`films`).")
        return path

    def mix(
        self,
        id: int,  # noqa: A002
        revision: int,
        start: float,
        seconds: float,
        tried: Swap | None = None,
    ) -> tuple[bytes, bool]:
        """A part of what is heard, as a WAV file, and whether it is exactly what is rendered; also as it would be."""
        film, sheet, survey = self._film(id), self.sheet(id, revision), self._survey(id)
        if tried is not None:
            sheet = self._with(id, revision, sheet, tried)
        passing = tried is not None or self._table.find(id).is_draft
        return self._mixes.span(id, sheet, film, survey, (start, seconds), passing=passing)

    def _with(self, id_: int, revision: int, sheet: CueSheet, swap: Swap) -> CueSheet:
        """What a sheet would be with another song."""
        key = (id_, revision, swap)
        if key not in self._tried:
            while len(self._tried) >= MOST_TRIED:
                self._tried.pop(next(iter(self._tried)), None)
            self._tried[key] = edited(sheet, swap, _Music(self._store, self._table.find(id_)))
        return self._tried[key]

    def _survey(self, id_: int) -> Survey | None:
        """What the packets of a project's film say, without reading through it again; None for an album."""
        if is_album(self._table.find(id_)):
            return None
        reading = self._table.reading(id_)
        found = None if reading is None else unpacked(reading).survey
        return survey_of(self._film(id_)) if found is None else found

    def gains(self, id: int, revision: int) -> GainCurves:  # noqa: A002
        """How loud everything is along time."""
        return gains(self.sheet(id, revision), self._film(id), self._survey(id))

    # What is taken away

    def render(self, id: int, revision: int, what: Rendering) -> Job:  # noqa: A002
        """Have the film written with its music, or the music alone."""
        row, film = self._table.find(id), self._film(id)
        self._require_sheet(row, revision)
        assert row.sheet is not None
        ending = "mp4" if is_album(row) else PurePath(film).suffix[1:].lower()
        if what is Rendering.STEMS and is_album(row):
            sheet = _sheet(row)
            if sheet is None or sheet.slideshow is None or not sheet.slideshow.has_clips:
                raise UsageError("An album of photos has no sound of its own: render its music alone.")
        formats = {Rendering.MUSIC: "wav", Rendering.STEMS: "zip"}
        format_ = formats.get(what, ending if ending in RENDERED else RENDERED_ELSE)
        return self._queue.render(id, row.name, (row.position, digest_of(row.sheet)), what, format_)

    def exported(self, id: int, format_: str) -> tuple[bytes, str]:  # noqa: A002
        """The sheet in a format, and the name of a file for it."""
        row = self._table.find(id)
        sheet = self._require_sheet(row, row.revision)
        if format_ == PROJECT:
            return project_file(self._store, row, sheet).to_json().encode(
                "ascii"
            ), f"{file_name(row.name)}.{PROJECT}.json"
        chosen = FORMATS.named(format_)
        return chosen.write(sheet), f"{file_name(row.name)}.{chosen.name}"


class _Music:
    """Chooses music for a project's film."""

    def __init__(self, store: "LibraryStore", row: ProjectRow) -> None:
        self._store, self._row = store, row
        self.options = _spotting(row.options)
        self.added: bytes | None = None  # what was read for an edit that is not stored yet

    def track(self, id: int) -> CueTrack:  # noqa: A002
        for track in self._store.tracks([id]):
            if track.path is not None:
                return CueTrack(track.path, track.shown_title, track.artist, track.album, track.duration, id=track.id)
        raise UsageError(f"The library has no song #{id} with a file.")

    def swapped(self, sheet: CueSheet, cue: int, track: CueTrack) -> Cue:
        listener, film, natural = self._read(sheet)
        return swapped(film, sheet, cue, track, self.options, store=listener.store, natural=natural)

    def chosen(self, sheet: CueSheet) -> tuple[Cue, ...]:
        listener, film, natural = self._read(sheet)
        known = self._store.tracks([track.id for track in sheet.banned if track.id is not None])
        options = replace(self.options, bans=tuple(f"#{track.id}" for track in known))
        tracks = candidates(listener.store, options, listener.person)
        return respotted(film, sheet, tracks, options, store=listener.store, natural=natural)

    def _read(self, sheet: CueSheet) -> tuple[Listener, Film, AffectDistribution]:
        reading = self.added or _require_reading(self._store, self._row.id)
        listener = Listener.of(self._store, self.options.person)
        natural = listener.person.natural(ImageModel.load(self.options.image_model).reference)
        return listener, _seen(self._row, sheet, reading), natural


def _seen(row: ProjectRow, sheet: CueSheet, reading: bytes) -> Film:
    """What a project shows."""
    if is_album(row):
        return ReadAlbum(sheet, reading).film
    shots = tuple(shot for scene in sheet.scenes for shot in scene.shots)
    return replace(unpacked(reading), shots=shots)


def _require_reading(store: "LibraryStore", id_: int) -> bytes:
    reading = store.projects.reading(id_)
    if reading is None:
        raise ConflictError("The film of this project was not read yet.")
    return reading


def _kind(row: ProjectRow) -> ProjectKind:
    return ProjectKind.ALBUM if is_album(row) else ProjectKind.FILM


def _spotting(options: Mapping[str, Any]) -> SpotOptions:
    """How music is chosen, as it is stored."""
    own = {name: value for name, value in options.items() if name != ALBUM}
    return SpotOptions(**{**own, "where": TrackFilter(**own.get("where", {}))})


def _text(sheet: CueSheet) -> str:
    return dumps(sheet.to_dict(), None)


def _sheet(row: ProjectRow) -> CueSheet | None:
    """The sheet of a step: exactly what a file of it says, as commands read it."""
    return None if row.sheet is None else _parsed(row.sheet)


@lru_cache(maxsize=8)
def _parsed(text: str) -> CueSheet:
    sheet = parse(text.encode("ascii"), "the sheet of the project")
    return replace(sheet, cues=tuple(replace(cue, computed_for=None) for cue in sheet.cues))


def _film(path: str, duration: float | None, fps: float | None) -> ProjectFilm:
    return ProjectFilm(path=path, name=PurePath(path).name, duration=duration, fps=fps)


def read_project_film(store: "LibraryStore", id_: int, progress: Progress) -> tuple[dict[str, int], list[str]]:
    """Read the film of a project and choose its music: the work of a job, with counts and notes."""
    row = _row(store, id_)
    if row.position:  # it came from a file, or was chosen in a run before
        return _read_again(store, row, progress), []
    if is_album(row):
        sheet, reading, notes = lay_out(store, row, _spotting(row.options), progress)
        try:
            store.projects.put(id_, None, Change(SPOT), _text(sheet), reading=reading)
        except KeyError:
            raise _forgotten() from None
        assert sheet.slideshow is not None
        photos = len(sheet.slideshow.photos)
        return {"photos": photos, "scenes": len(sheet.scenes), "cues": len(sheet.cues)}, list(notes)

    before = _sheet(row)  # of a run that was ended
    drafted = 0.0 if before is None else before.scenes[-1].end

    def draft(sheet: CueSheet, film: Film) -> None:
        if sheet.scenes[-1].end <= drafted:
            return
        whole = replace(sheet, film=_whole(film))
        with suppress(KeyError):  # forgotten meanwhile: the job is told when it is done
            store.projects.draft(id_, _text(whole), packed(film))

    found = spot_from(store, row.film, _spotting(row.options), ScoreOptions(), progress, draft=draft)
    try:
        store.projects.put(id_, None, Change(SPOT), _text(found.sheet), reading=packed(found.film))
    except KeyError:
        raise _forgotten() from None
    counts = {"scenes": len(found.sheet.scenes), "cues": len(found.sheet.cues)}
    return counts | {"shots": len(found.film.shots)}, list(found.notes)


def make_project_proxy(store: "LibraryStore", id_: int, progress: Progress) -> tuple[dict[str, int], list[str]]:
    """Make a copy of the film of a project that browsers play: the work of a job, with counts and notes."""
    row = _row(store, id_)
    if is_album(row):

        def current() -> tuple[CueSheet, bytes]:
            now = _row(store, id_)
            sheet = _sheet(now)
            if sheet is None:
                raise UsageError("The photos of this album could not be read, so there is nothing to draw.")
            require_inside(now, sheet)
            return sheet, _require_reading(store, id_)

        drawn = draw_preview(id_, _films_folder(store), current, progress)
        return {"bytes": drawn.stat().st_size}, []
    made = make_proxy(row.film, _films_folder(store), progress)
    return {"bytes": made.stat().st_size}, []


def render_project(
    store: "LibraryStore", id_: int, step: tuple[int, str], what: Rendering, output: Path, *, progress: Progress
) -> tuple[dict[str, int], list[str]]:
    """Write what a step of a project says to a file: the work of a job, with counts and notes."""
    row = _row(store, id_)
    try:
        row = replace(row, sheet=store.projects.sheet(id_, *step))
    except KeyError:
        raise UsageError("This step of the project is gone: render the project as it is now.") from None
    film = what is Rendering.FILM
    base = output.with_suffix("")
    parts = [base.with_name(f"{base.name}-{stem}.wav") for stem in STEMS]
    stems: Sequence[Path] = ()
    notes: tuple[str, ...] = ()
    absent = ""
    try:
        if is_album(row):
            sheet = _sheet(row)
            assert sheet is not None
            require_inside(row, sheet)
            if film:
                absent = write_album(sheet, _require_reading(store, id_), output, progress)
                notes = absent_note(absent, "install one that has them")
            else:
                stems = write_sound(sheet, base, progress)
        else:
            scored = score_film(
                store,
                row.film,
                _sheet(row),
                output if film else None,
                None,
                stems=None if film else base,
                preview_seams=False,
                options=ScoreOptions(),
                spotting=None,
                sheets=(),
                plot=None,
                replacing=quietly,
                told=quietly,
                progress=progress,
            )
            stems, notes = scored.stems, scored.notes
        if what is Rendering.MUSIC:
            parts[0].replace(output)
        elif what is Rendering.STEMS:
            with zipfile.ZipFile(output, "w") as archive:
                for stem in stems:
                    archive.write(stem, f"{file_name(row.name)}{stem.name.removeprefix(base.name)}")
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    counts = {"bytes": output.stat().st_size} | ({"absent_letters": len(absent)} if absent else {})
    return counts, list(notes)


def _films_folder(store: "LibraryStore") -> Path:
    assert store.films_folder is not None, "a library in memory"  # which has no jobs, so nobody asks
    return store.films_folder


def _read_again(store: "LibraryStore", row: ProjectRow, progress: Progress) -> dict[str, int]:
    """Read a film whose music is chosen, so that it can be chosen again."""
    options = _spotting(row.options)
    sheet = _sheet(row)
    if is_album(row):
        assert sheet is not None
        require_inside(row, sheet)
        reading = read_again(store, row, sheet, options, progress)
        store.projects.keep(row.id, reading)
        return {"photos": len(photos_of(reading))}
    listener = Listener.of(store, options.person)
    film = listener.film(reading_of(row.film, ImageModel.load(options.image_model), progress))
    curve = film.curve.copy()  # as livelier scenes have moved it when their music was chosen
    for scene in () if sheet is None else sheet.scenes:
        within = (curve[:, 0] >= scene.start - 1e-6) & (curve[:, 0] < scene.end - 1e-6)
        curve[within, 2] += 0.0 if scene.measures is None else scene.measures.arousal_shift
    film = replace(film, curve=np.clip(curve, [0.0, 0.0, 0.0], [np.inf, 1.0, 1.0]))
    store.projects.keep(row.id, packed(film))
    return {"shots": len(film.shots)}


def _row(store: "LibraryStore", id_: int) -> ProjectRow:
    try:
        row = store.projects.find(id_)
    except KeyError:
        raise _forgotten() from None
    if os.path.realpath(row.film) != row.film:
        raise InputError("is reached by a link by now, which may lead out of the folders that are allowed.", row.film)
    return row


def _whole(part: Film) -> FilmFile:
    """All of a film of which a part was read."""
    assert part.survey is not None
    return replace(part.file, duration=part.survey.duration)


def _forgotten() -> UsageError:
    return UsageError("The project was forgotten meanwhile.")


def packed(film: Film) -> bytes:
    """What was read in a film, as a project keeps it: what music is chosen by again, and what is drawn of it."""
    nothing = np.zeros((0, 2))
    return zlib.compress(encoded(replace(film, shots=(), movement=nothing, brightness=nothing)))


@lru_cache(maxsize=4)
def unpacked(reading: bytes) -> Film:
    """The film again, but for its shots, which its sheet has."""
    return decoded(zlib.decompress(reading), Film)
