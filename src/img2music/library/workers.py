"""What is done with one file, in whatever process."""

import contextlib
import hashlib
import os
from dataclasses import dataclass

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
    try:
        with open(file.path, "rb") as stream:  # noqa: PTH123  # names may be any bytes
            digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
    _require_unchanged(file)
    return digest.hexdigest()


def content_of(path: str) -> str:
    """Hash the bytes of a file as it is now."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", path) from None
    return content_hash(FileState(path, status.st_size, status.st_mtime_ns))


def tags_of(file: FileState) -> tuple[Tags, str | None]:
    """Read the tags of a file whose sound is known."""
    from img2music.connectors.tags import read_tags

    tags = read_tags(file.path)
    _require_unchanged(file)
    return tags, None


def identify(file: FileState) -> tuple[Tags, str | None]:
    """Read the tags of a file, and hash its sound apart from them; None for a sound that can't be told."""
    from img2music.media.packets import sound_hash

    sound = None
    with contextlib.suppress(InputError):
        sound = sound_hash(file.path)
    return tags_of(file)[0], sound


def analyse(file: FileState) -> TrackAnalysis:
    """Listen to a file."""
    from img2music.music.audio.analyzer import analyze_track

    analysis = analyze_track(file.path)
    _require_unchanged(file)
    return analysis


def _require_unchanged(file: FileState) -> None:
    try:
        status = os.stat(file.path)  # noqa: PTH116
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}.", file.path) from None
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise InputError(STILL_CHANGING, file.path)
