"""Songs as a page plays and draws them: what is made of their files is made once, and kept."""

import functools
import hashlib
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from img2music import locations
from img2music.app.pictures import preview
from img2music.connectors.covers import find_cover
from img2music.errors import InputError
from img2music.files import FileKind, keep_below, make_folder, write_atomically
from img2music.media.audio_file import AudioFile
from img2music.media.peaks import PER_SECOND, read_peaks
from img2music.media.sound_writer import sound_file
from img2music.remote import State
from img2music.track import Track

MOST_KEPT = 2 << 30
"""Bytes of all that is kept."""
EMPTIED = 0.9
"""Share of them that stays where there was too much."""
OPUS_RATE = 48_000
COVER_SIDE = 512
"""Pixels of the longer side of a cover."""

_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
_WEBM = "matroska,webm"
MEDIA_TYPES = {
    ("mp3", "mp3"): "audio/mpeg",
    ("flac", "flac"): "audio/flac",
    ("ogg", "vorbis"): "audio/ogg",
    ("ogg", "opus"): "audio/ogg",
    ("ogg", "flac"): "audio/ogg",
    (_MP4, "aac"): "audio/mp4",
    (_MP4, "mp3"): "audio/mp4",
    (_MP4, "flac"): "audio/mp4",
    (_WEBM, "vorbis"): "audio/webm",
    (_WEBM, "opus"): "audio/webm",
    ("aac", "aac"): "audio/aac",
    ("wav", "pcm_u8"): "audio/wav",
    ("wav", "pcm_s16le"): "audio/wav",
    ("wav", "pcm_s24le"): "audio/wav",
}
"""What browsers play, by container and codec as libav calls them; all else they are given as Opus."""

JPEG = FileKind("a JPEG picture", (".jpg",), rb"\xff\xd8")
PEAKS = FileKind("peaks", (".json",), rb"\{")


@dataclass(frozen=True, slots=True)
class Peaks:
    """What the waveform of a song is drawn from."""

    per_second: int
    """Peaks a second."""
    peaks: list[int]
    """The largest levels along it, from 0 to 255."""


class Sounds:
    """The sound and the covers of songs, in a folder that is kept below a size; threads may share it."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder
        self._making: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()
        self._kept = sum(each.stat().st_size for each in self._files())

    def own(self, track: Track) -> tuple[Path, str] | None:
        """The song's own file and its media type, where browsers play that."""
        path, state = _file(track)
        with locations.local(path, state) as file:
            media_type = MEDIA_TYPES.get(_form(path, *state))
        if media_type is None:
            return None
        return Path(locations.copy(path, state) if locations.is_url(path) else file), media_type

    def opus(self, track: Track) -> Path:
        """The same sound in a file of Opus, which all browsers play; making it takes seconds."""
        return self.made(*_file(track), ".opus", _write_opus)

    def peaks(self, track: Track) -> Path:
        """A file of JSON of the shape `Peaks`."""
        return self.made(*_file(track), ".json", _write_peaks)

    def cover(self, track: Track) -> Path | None:
        """A JPEG of its cover, from the file or beside it; None if it has none that can be read."""
        path, _ = _file(track)
        # Again when something is laid beside it.
        found = _file(track)[1] if locations.is_url(path) else locations.state(locations.folder_of(path))
        made = self.made(path, found, ".jpg", _write_cover)
        return made if made.stat().st_size else None

    def known(self, path: str, state: State, ending: str) -> Path | None:
        """What was made of a file, as it is now, if it is kept."""
        output = self._output(path, state, ending)
        return output if output.is_file() else None

    def _output(self, path: str, state: State, ending: str) -> Path:
        name = f"{path}\0{state[0]}\0{state[1]}".encode("utf-8", "surrogateescape")
        return self._folder / (hashlib.blake2b(name, digest_size=16).hexdigest() + ending)

    def made(self, path: str, state: State, ending: str, make: Callable[[str, Path], None]) -> Path:
        """What is made of a file, as it is now; made if it is not kept."""
        output = self._output(path, state, ending)
        with self._lock:
            making = self._making.setdefault(output, threading.Lock())
        try:
            with making:
                try:
                    # What was wanted last goes last; when it was made stays, by which clients know it.
                    os.utime(output, ns=(time.time_ns(), output.stat().st_mtime_ns))
                except FileNotFoundError:
                    make(path, output)
                    self._count(output)
        finally:  # also where it can't be made
            with self._lock:
                self._making.pop(output, None)
        return output

    def _files(self) -> list[Path]:
        return [each for each in self._folder.iterdir() if each.is_file()]

    def _count(self, newest: Path) -> None:
        """Remove what was wanted longest ago, where there is too much."""
        with self._lock:
            self._kept += newest.stat().st_size
            if self._kept > MOST_KEPT:
                self._kept = keep_below(self._files(), EMPTIED * MOST_KEPT, newest)


def _file(track: Track) -> tuple[str, State]:
    if track.path is not None:
        with suppress(OSError):
            return track.path, locations.state(track.path)
    raise InputError("the file of this song is not there.", track.path)


@functools.lru_cache(maxsize=1 << 12)
def _form(path: str, _size: int, _mtime_ns: int) -> tuple[str, str]:
    with AudioFile(path, measured=False) as audio:
        return audio.container, audio.info.codec


def _write_opus(path: str, output: Path) -> None:
    with AudioFile(path, measured=False) as audio, sound_file(output, OPUS_RATE, "stereo") as write:
        for piece in audio.pieces(0.0, rate=OPUS_RATE, layout="stereo"):
            write(piece)


def _write_peaks(path: str, output: Path) -> None:
    write_atomically(msgspec.json.encode(Peaks(PER_SECOND, read_peaks(path).tolist())), output, PEAKS)


def _write_cover(path: str, output: Path) -> None:
    content = b""  # which stands for none
    if (found := find_cover(path)) is not None:
        with suppress(InputError):
            content = preview(found, COVER_SIDE, name=path)
    write_atomically(content, output, JPEG)
