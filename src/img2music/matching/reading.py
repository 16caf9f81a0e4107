"""Files -> queries: which are pictures, which are songs, and what they feel like."""

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from img2music.errors import InputError
from img2music.library.store import LibraryStore
from img2music.library.track import Track
from img2music.library.workers import content_hash
from img2music.matching.query import Query, QueryKind
from img2music.media.images import is_image
from img2music.media.packets import sound_hash
from img2music.music.analysis import TrackAnalysis
from img2music.sources.folders import FileState, FolderWalk, is_image_name, why_no_sound
from img2music.sources.tags import read_tags


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read.

    Attributes
    ----------
    queries : tuple of Query
        In the order of the paths.
    errors : tuple of InputError
        Files that could not be read.
    """

    queries: tuple[Query, ...]
    errors: tuple[InputError, ...]


def read_queries(
    paths: Sequence[str | os.PathLike[str]], store: LibraryStore, image_model: str | os.PathLike[str] | None = None
) -> Readings:
    """Read pictures and songs.

    Parameters
    ----------
    paths : sequence of str or path-like
        Pictures, songs, and folders, which stand for all pictures in them and below, in order of name.
    store : LibraryStore
        The library; a song that it holds (told by content) is not analysed again.
    image_model : str or path-like, optional
        What reads pictures, as `ImageModel.load` takes it.

    Returns
    -------
    Readings
    """
    found = [item for path in paths for item in expand(os.fsdecode(path))]
    images = _read_images([item.path for item in found if isinstance(item, GivenFile) and item.picture], image_model)
    queries: list[Query] = []
    errors: list[InputError] = []
    for item in found:
        if isinstance(item, InputError):
            errors.append(item)
            continue
        read = next(images) if item.picture else _read_song(item.path, store)
        if isinstance(read, InputError):
            errors.append(read)
        else:
            queries.append(read)
    return Readings(tuple(queries), tuple(errors))


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that was given, or found in a folder that was.

    Attributes
    ----------
    path : str
    picture : bool
        Whether its name's ending or its first bytes are a picture's.
    """

    path: str
    picture: bool


def expand(path: str) -> list[GivenFile | InputError]:
    """List a file as it is, and a folder as the pictures in it and below.

    Parameters
    ----------
    path : str
        As ``os.fsdecode`` gives it.

    Returns
    -------
    list of GivenFile or InputError
        Pictures in order of name; an error for what can't be read, or a folder without pictures.
    """
    if not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
        return [GivenFile(path, is_image_name(path) or is_image(path))]
    walk = FolderWalk([path], is_image_name)
    pictures: list[GivenFile | InputError] = [GivenFile(file.path, True) for file in walk]
    pictures += [InputError(f"can't be read: {reason}.", unreadable) for unreadable, reason in walk.unreadable]
    return pictures or [InputError("there is no picture in this folder or below it.", path)]


def _read_images(paths: list[str], image_model: str | os.PathLike[str] | None) -> Iterator[Query | InputError]:
    if not paths:
        return
    from img2music.vision.model import ImageModel

    model = ImageModel.load(image_model)
    for analysis in model.analyze(paths):
        if isinstance(analysis, InputError):
            yield analysis
        else:
            yield Query(QueryKind.IMAGE, analysis.affect, analysis.path, among=model.reference, spread=analysis.spread)


def _read_song(path: str, store: LibraryStore) -> Query | InputError:
    from img2music.music.audio.analyzer import ANALYZER, analyze_track

    try:
        status = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(status.st_mode):
            return InputError("this is no regular file: give a picture, a song or a folder of pictures.", path)
        content = content_hash(FileState(path, status.st_size, status.st_mtime_ns))
        sound = content
        with contextlib.suppress(InputError):  # which listening says, too
            sound = sound_hash(path)
        alike = [*store.same_content(content), *store.same_sound(sound)]
        known = [number for number, record in alike if record.analysis.analyzer == ANALYZER]
        for track in store.tracks(known[:1]):
            return Query(QueryKind.SONG, track.affect, path, track=track)
        analysis = analyze_track(path)
    except InputError as error:
        return InputError(why_no_sound(path, error.reason), path)
    except OSError as error:
        return InputError(f"can't be read: {error.strerror}.", path)
    return Query(QueryKind.SONG, analysis.affect, path, track=_track(path, content, sound, analysis))


def _track(path: str, content: str, sound: str, analysis: TrackAnalysis) -> Track:
    """A song from outside, so that the library's copies of it are known; its id is 0, which no track has."""
    tags = read_tags(path)
    return Track(
        id=0,
        path=path,
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        album_artist=tags.album_artist,
        genre=tags.genre,
        year=tags.year,
        duration=analysis.duration,
        content=content,
        analyzer=analysis.analyzer,
        missing=False,
        affect=analysis.affect,
        features=analysis.features,
        sound=sound,
    )
