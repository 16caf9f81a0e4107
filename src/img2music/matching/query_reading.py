"""What is asked -> queries: which files are pictures, which are songs, and what they feel like."""

import contextlib
import dataclasses
import filecmp
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard, cast

from img2music import locations
from img2music.affect import Affect
from img2music.connectors.folders import (
    FileState,
    FolderWalk,
    holds_only_sound,
    is_image_name,
    is_picture,
    why_no_sound,
)
from img2music.connectors.service_photos import READING, fetch_photos, names_photos
from img2music.connectors.tags import read_tags
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, printable
from img2music.library.workers import content_hash
from img2music.matching.query import Query, QueryKind
from img2music.media.packets import sound_hash
from img2music.media.picture_source import PictureSource
from img2music.media.sidecars import is_trashed, original_of
from img2music.options import AnyPath
from img2music.progress import Progress, Step, unwatched
from img2music.track import Track
from img2music.vision.model import ImageAnalysis, ImageModel

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

COVER = re.compile(
    r"(cover|folder|front|back|album|artwork|booklet|inlay|cd|disc|thumb)[ _.-]*[0-9]*\.|albumart", re.IGNORECASE
)
"""What the names of pictures begin with that players and rippers lay beside an album's songs."""

NUMBER = re.compile(r"#[0-9]+")
"""How a track of the library is called by its number."""

QuerySource = PictureSource | Affect | Track | ImageAnalysis
"""What songs can be looked for with: a picture, a song or a folder of them by its path, a point, a track, or a picture
that was read; a track of the library also by its number (``"#17"``) or identifier, where no file is called so."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read."""

    queries: tuple[Query, ...]  # in the order in which they were asked
    natural: AffectDistribution | None  # affects of natural images as the model reads them; None where no image is read
    errors: tuple[InputError, ...]  # files that could not be read
    notes: tuple[str, ...]  # what was left out of folders, and what is damaged


def read_queries(
    asked: Iterable[QuerySource],
    store: "LibraryStore",
    image_model: AnyPath | None = None,
    progress: Progress = unwatched,
) -> Readings:
    """Read pictures and songs; a song that the library holds is not listened to again."""
    found: list[Query | ImageAnalysis | GivenFile | GivenPicture | InputError] = []
    notes: list[str] = []
    for source in asked:
        if not isinstance(source, str | os.PathLike):
            found.append(_without_path(source))
        else:
            path = os.fsdecode(source)
            named = None if os.path.lexists(path) else _of_library(path, store)
            items = [] if named else expand(path, songs=True, progress=progress)
            kept = once(_without_covers(items))
            if len(kept) < len(items):
                left = f"{len(items) - len(kept)} pictures are covers or copies, or were edited or thrown away"
                notes.append(f"{printable(path)}: {left}; left out.")
            found += [named] if named else kept
    pictures = [item.path if isinstance(item, GivenFile) else item.source for item in found if _is_picture(item)]
    # Now: what is wrong with the model is known before a song is heard.
    needed = pictures or any(isinstance(item, ImageAnalysis) for item in found)
    model = ImageModel.load(image_model) if needed else None
    images = iter(()) if model is None else model.analyze(pictures)
    queries: list[Query] = []
    errors: list[InputError] = []
    for done, item in enumerate(found, start=1):
        if _is_picture(item):
            read = _image_query(_named(next(images), item), model)
        elif isinstance(item, ImageAnalysis):
            read = _image_query(item, model)
        elif isinstance(item, GivenFile):
            read = read_song(item.path, store)
        else:
            read = cast(Query | InputError, item)
        if isinstance(read, Query):
            queries.append(read)
        else:
            errors.append(read)
        progress(Step("Reading", done, len(found), read.path, "files"))
    shown = {item.path: item.shown for item in found if isinstance(item, GivenFile) and item.shown}
    notes += [
        f"{printable(shown.get(query.path or '') or query.path or '')}: {query.note}" for query in queries if query.note
    ]
    return Readings(tuple(queries), None if model is None else model.reference, tuple(errors), tuple(notes))


def _without_path(source: object) -> "Query | ImageAnalysis | GivenPicture":
    if isinstance(source, Affect):
        return Query(QueryKind.POINT, source)
    if isinstance(source, Track):
        return Query(QueryKind.SONG, source.affect, source.path, track=source)
    if isinstance(source, ImageAnalysis):
        return source
    return GivenPicture(cast(PictureSource, source))


def _of_library(name: str, store: "LibraryStore") -> Query | InputError | None:
    """Find a song by its number or identifier; None where it may be a file's name."""
    track = store.find_any(name)
    if track is not None:
        return Query(QueryKind.SONG, track.affect, track.path, track=track)
    return InputError("the library has no song of this number.", name) if NUMBER.fullmatch(name) else None


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that was given, or found in a folder that was."""

    path: str
    picture: bool  # whether its name's ending or its first bytes are a picture's
    shown: str | None = None  # what to call it where it is the copy of a service's photo


@dataclass(frozen=True, slots=True)
class GivenPicture:
    """A picture that is no file."""

    source: PictureSource


def _is_picture(item: object) -> TypeGuard["GivenFile | GivenPicture"]:
    return isinstance(item, GivenPicture) or (isinstance(item, GivenFile) and item.picture)


def _named(read: ImageAnalysis | InputError, item: "GivenFile | GivenPicture") -> ImageAnalysis | InputError:
    shown = item.shown if isinstance(item, GivenFile) else None
    return InputError(read.reason, shown) if shown and isinstance(read, InputError) else read


def expand(
    path: str, *, songs: bool = False, least: int = READING, progress: Progress = unwatched
) -> list[GivenFile | InputError]:
    """List a file as it is, and a folder as the pictures, or pictures and songs, in it and below.

    Photos of a service are fetched, so large that the longer side has ``least`` pixels if they have as many.
    """
    if names_photos(path):
        return [
            each if isinstance(each, InputError) else GivenFile(each.path, picture=True, shown=each.shown)
            for each in fetch_photos(path, least, progress)
        ]
    if not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
        return [GivenFile(path, is_picture(path))]
    walk = FolderWalk([path], lambda name: is_image_name(name) or (songs and holds_only_sound(name)))
    found: list[GivenFile | InputError] = [GivenFile(file.path, is_image_name(file.path)) for file in walk]
    found += [InputError(f"can't be read: {reason}.", unreadable) for unreadable, reason in walk.unreadable]
    wanted = "picture and no song" if songs else "picture"
    return found or [InputError(f"there is no {wanted} in this folder or below it.", path)]


def _without_covers(items: list[GivenFile | InputError]) -> list[GivenFile | InputError]:
    """Leave out the pictures that are called like a cover and lie in a folder of songs, or above one."""
    songs = [item.path for item in items if isinstance(item, GivenFile) and not item.picture]

    def is_cover(item: GivenFile) -> bool:
        folder, name = os.path.split(item.path)
        return (
            item.picture
            and COVER.match(name) is not None
            and any(song.startswith(os.path.join(folder, "")) for song in songs)  # noqa: PTH118
        )

    return [item for item in items if isinstance(item, InputError) or not is_cover(item)]


def once(items: list[GivenFile | InputError]) -> list[GivenFile | InputError]:
    """The same without pictures that `shown_once` leaves out."""
    pictures = {item.path: item for item in items if isinstance(item, GivenFile) and item.picture}
    shown = shown_once(list(pictures))
    return [
        item if isinstance(item, InputError) or not item.picture else pictures[shown[item.path]]
        for item in items
        if isinstance(item, InputError) or not item.picture or item.path in shown
    ]


def shown_once(pictures: Sequence[str]) -> dict[str, str]:
    """Which pictures of a folder are to be shown where, in order: each by itself, or an edited copy in its place.

    Left out are those that are shown in the place of another, those that are, byte for byte, an earlier one, and those
    that were thrown away before they were given out, if there are others.
    """
    pictures = [path for path in pictures if not is_trashed(path)] or pictures
    edited: dict[str, str] = {}
    for path in pictures:
        if (name := original_of(path)) is not None:
            edited[os.path.join(os.path.dirname(path), name)] = path  # noqa: PTH118, PTH120 - names may be any bytes
    there = set(pictures)
    edited = {original: path for original, path in edited.items() if original in there}
    moved = set(edited.values())
    shown: dict[str, str] = {}
    sizes: dict[int, list[str]] = {}
    for place in pictures:
        path = edited.get(place, place)
        if place in moved:
            continue
        try:
            size = Path(path).stat().st_size
            alike = sizes.setdefault(size, [])
            if size and len(pictures) > 1 and any(filecmp.cmp(path, other, shallow=False) for other in alike):
                continue
            alike.append(path)
        except OSError:
            pass  # whoever reads it says why not
        shown[place] = path
    return shown


def _image_query(read: ImageAnalysis | InputError, model: ImageModel | None) -> Query | InputError:
    if isinstance(read, InputError):
        return read
    if model is None or read.model != model.name:  # whose readings are ranked among those of natural images
        return InputError("was read by another model than is chosen now; read it again.", read.path)
    spread = None if read.spread is None else Affect(*read.spread)
    return Query(QueryKind.IMAGE, read.affect, read.path, spread, read.note)


def read_song(path: str, store: "LibraryStore") -> Query | InputError:
    """Read a song: the library's, if it holds the same, or else the file is listened to."""
    from img2music.music.audio.analyzer import ANALYZER, analyze_track

    try:
        if not locations.is_url(path) and not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return InputError("this is no regular file: give a picture, a song or a folder of pictures.", path)
        content = content_hash(FileState(path, *locations.state(path)))
        sound = content
        with contextlib.suppress(InputError):  # which listening says, too
            sound = sound_hash(path)
        alike = [*store.same_content(content), *store.same_sound(sound)]
        known = [id_ for id_, record in alike if record.analysis.analyzer == ANALYZER]
        for track in store.tracks(known[:1]):
            return Query(QueryKind.SONG, track.affect, path, track=track)
        analysis = analyze_track(path)
    except InputError as error:
        return InputError(why_no_sound(path, error.reason), path)
    except OSError as error:
        return InputError(f"can't be read: {error.strerror}.", path)
    track = Track(
        id=0,  # which no track of the library has; the rest tells its copies there
        path=path,
        **dataclasses.asdict(read_tags(path)),
        duration=analysis.duration,
        content=content,
        analyzer=analysis.analyzer,
        affect=analysis.affect,
        features=analysis.features,
        sound=sound,
    )
    return Query(QueryKind.SONG, analysis.affect, path, track=track, note=analysis.note)
