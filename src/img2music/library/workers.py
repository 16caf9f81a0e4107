"""What is done with one file, in whatever process."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from img2music import locations
from img2music.analysis import TrackAnalysis
from img2music.connectors.folders import FileState
from img2music.errors import InputError
from img2music.track import Tags

STILL_CHANGING = "it was being changed while it was read; scan again when it is done."


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file says and holds."""

    tags: Tags
    sound: str  # hash of its encoded sound, as `TrackRecord` has it
    analysis: TrackAnalysis


def content_hash(file: FileState) -> str:
    """Hash the bytes of a file."""
    with _kept(file) as path:
        try:
            with open(path, "rb") as stream:  # noqa: PTH123  # names may be any bytes
                digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32))
        except OSError as error:
            raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
    return digest.hexdigest()


def content_of(path: str) -> str:
    """Hash the bytes of a file as it is now."""
    try:
        return content_hash(FileState(path, *locations.state(path)))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", path) from None


def tags_of(file: FileState) -> tuple[Tags, str | None]:
    """Read the tags of a file whose sound is known."""
    from img2music.connectors.tags import read_tags

    tags = read_tags(file.path)
    _require_unchanged(file)
    return tags, None


def identify(file: FileState) -> tuple[Tags, str | None]:
    """Read the tags of a file, and hash its sound apart from them; None for a sound that can't be told."""
    from img2music.connectors.tags import read_tags
    from img2music.media.packets import sound_hash

    sound = None
    with _kept(file):
        with contextlib.suppress(InputError):
            sound = sound_hash(file.path)
        return read_tags(file.path), sound


def analyse(file: FileState) -> TrackAnalysis:
    """Listen to a file."""
    from img2music.music.audio.analyzer import analyze_track

    with _kept(file):
        analysis = analyze_track(file.path)
    locations.discard(file.path, (file.size, file.mtime_ns))
    return analysis


@contextlib.contextmanager
def _kept(file: FileState) -> Iterator[str]:
    """Give a file, or a copy of one that a URL names, that is as it was found, before and after."""
    with locations.local(file.path, (file.size, file.mtime_ns)) as path:
        yield path
    if not locations.is_url(file.path):  # whose copy was whole
        _require_unchanged(file)


def _require_unchanged(file: FileState) -> None:
    try:
        if locations.state(file.path) != (file.size, file.mtime_ns):
            raise InputError(STILL_CHANGING, file.path)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
