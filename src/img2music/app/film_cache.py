"""What was read and heard in films, kept in the user's cache folder: no film is decoded twice for the same answer."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, get_origin

import msgspec
import numpy as np

from img2music.errors import InputError, UsageError
from img2music.files import FileKind, keep_below, make_folder, open_regular, write_atomically
from img2music.media.video import VideoFile
from img2music.options import AnyPath
from img2music.progress import Progress, unwatched
from img2music.soundtrack.cue_sheet import CueSheet, FilmFile
from img2music.soundtrack.film import Film, read_film
from img2music.soundtrack.sound import Heard, heard
from img2music.vision.model import ImageModel

VERSION = 1
"""To be raised when a film is read or heard in another way: what was kept before is then not used."""

MOST_KEPT = 512 << 20
"""Bytes of all that is kept, of which two hours of film take 7 MB; beyond, what was wanted longest ago goes."""

WHOLE = 16 << 20
"""Bytes up to which all of a film tells it from others."""
PARTS, PART = 64, 64 << 10
"""Of a larger one so many parts of so many bytes, evenly from its first to its last, and its size."""

MAGIC = b"img2music film\n"
_KIND = FileKind("what was read in a film", (".film",), MAGIC)

Kept = TypeVar("Kept", Film, Heard)


def reading_of(
    film: AnyPath,
    model: ImageModel,
    progress: Progress = unwatched,
    *,
    require: Callable[[float], object] = lambda _: None,
    part: Callable[[Film], object] | None = None,
) -> Film:
    """Give what a film shows and feels like: as it is kept, or read now, and then ``part`` is told how it begins.

    ``require`` is called with the film's seconds before it is decoded; what it raises ends that.
    """

    def read() -> Film:
        with VideoFile(film) as video:
            require(video.survey.duration)
            return read_film(video, model, progress, part)

    found = _kept(film, f"{model.name} {model.digest}", Film, read)
    require(found.duration)
    path = os.path.abspath(os.fsdecode(film))  # noqa: PTH100 - names may be any bytes
    return replace(found, file=replace(found.file, path=path))  # it may lie elsewhere now


def sound_of(file: FilmFile, progress: Progress = unwatched) -> Heard:
    """Give what is heard in a film's own sound, which is ducked unless asked otherwise: as it is kept, or heard now."""
    return _kept(file.path, f"{file.duration}", Heard, lambda: heard(CueSheet(file, (), ()), progress=progress))


def _kept(film: AnyPath, how: str, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
    content = _content(film)
    name = hashlib.blake2b(f"{VERSION} {kind.__name__} {content} {how}".encode(), digest_size=16).hexdigest()
    file = _folder() / f"{name}.film"
    found = _load(file, kind)
    if found is None:
        found = make()
        if _content(film) == content:  # it was not written to meanwhile
            with suppress(InputError):  # a full disk: it is read again next time
                _store(found, file)
    return found


def _content(film: AnyPath) -> str:
    """Tell a film from others by what is in it, within a moment however large it is."""
    digest = hashlib.blake2b(digest_size=16)
    with open_regular(film, "a film") as stream:
        size = os.fstat(stream.fileno()).st_size
        digest.update(f"{size} ".encode())
        starts = [0] if size <= WHOLE else [(size - PART) * number // (PARTS - 1) for number in range(PARTS)]
        try:
            for start in starts:
                stream.seek(start)
                digest.update(stream.read(WHOLE if size <= WHOLE else PART))
        except OSError as error:
            raise InputError(f"can't be read: {error.strerror}.", os.fsdecode(film)) from None
    return digest.hexdigest()


def _folder() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("img2music") / "films"


def _load(file: Path, kind: type[Kept]) -> Kept | None:
    """Read what is kept; what is damaged or cut short counts as nothing, and goes."""
    try:
        content = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    body = content[len(MAGIC) + 16 :]
    if content[: len(content) - len(body)] == MAGIC + _checksum(body):
        with suppress(msgspec.MsgspecError, UsageError, ValueError):
            return decoded(body, kind)
    with suppress(OSError):
        file.unlink()
    return None


def _store(found: Film | Heard, file: Path) -> None:
    make_folder(file.parent)
    body = encoded(found)
    write_atomically(MAGIC + _checksum(body) + body, file, _KIND)
    keep_below(file.parent.glob("*.film"), MOST_KEPT, file)


def encoded(found: Film | Heard) -> bytes:
    """What was read or heard, as bytes."""
    return msgspec.msgpack.encode(found, enc_hook=to_builtins)


def decoded(content: bytes, kind: type[Kept]) -> Kept:
    """The same again."""
    return msgspec.msgpack.decode(content, type=kind, dec_hook=from_builtins)


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


def to_builtins(value: object) -> Any:
    """What msgspec does not know, of what it does."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Fraction):
        return value.numerator, value.denominator
    raise NotImplementedError


def from_builtins(kind: type, value: Any) -> Any:
    """The same again."""
    if (get_origin(kind) or kind) is np.ndarray:
        dtype, shape, content = value
        return np.frombuffer(content, dtype).reshape(shape).copy()
    if kind is Fraction:
        return Fraction(*value)
    raise NotImplementedError
