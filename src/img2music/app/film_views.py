"""Films as a page shows and plays them: what is made of them is made once, and kept."""

import io
import json
import math
import multiprocessing
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from img2music import locations
from img2music.app.job_work import NICE
from img2music.app.pictures import preview
from img2music.app.sounds import JPEG, PEAKS, Peaks, Sounds
from img2music.errors import InputError, UsageError
from img2music.files import Closing, FileKind, write_atomically
from img2music.media.peaks import PER_SECOND, read_peaks, scaled
from img2music.media.stills import stills
from img2music.media.video import VideoFile, survey_of
from img2music.remote import State
from img2music.soundtrack.beats import compile_tracker, compiled, listen
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.cue_sheet import TOLERANCE, SheetSlideshow
from img2music.soundtrack.own_sound import AlbumTrack, ClipSound

MOST_STILLS = 60
"""Pictures of a row."""
HIGHEST = 240
"""Pixels of its height."""
JPEG_QUALITY = 75
BEATS = "-beats.json"
LONGEST_SONG = 1200.0
"""Seconds of a song in which its beats are found."""
_LIST = FileKind("a list of numbers", (".json",), rb"\[")

_CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "video/mp4", "matroska,webm": "video/webm"}
_PICTURES = {
    "video/mp4": {"h264", "av1", "vp9"},
    "video/webm": {"vp8", "vp9", "av1"},
}
_SOUND = {"video/mp4": {"aac", "mp3", "flac", "opus"}, "video/webm": {"opus", "vorbis"}}
_EIGHT_BITS = {"yuv420p", "yuvj420p"}
"""Formats of pixels; of others, browsers play few or none."""


class FilmViews(Closing):
    """Pictures and waveforms of films, beside those of songs."""

    def __init__(self, kept: Sounds) -> None:
        self._kept = kept
        self._listening = ThreadPoolExecutor(1, "beats")  # which takes seconds a song
        self._heard: dict[str, Future[None]] = {}  # songs that were, or are to be, listened to
        self._closing = threading.Event()
        self._compiling = multiprocessing.get_context("spawn").Process(target=_compile, daemon=True)

    def prepare(self) -> None:
        """Have the beat tracker compiled, which takes up to a minute, unless that was done."""
        with suppress(ModuleNotFoundError):  # without the extra, nothing can be read
            if not compiled().exists():
                self._compiling.start()

    def close(self) -> None:
        """Listen no more."""
        self._closing.set()
        self._listening.shutdown(cancel_futures=True)
        if self._compiling.pid is not None:
            self._compiling.kill()
            self._compiling.join()

    def beats(self, song: str) -> list[float] | None:
        """Seconds of the beats of a song, or of none that can't be heard; None while it is being listened to."""
        with suppress(OSError):
            state = locations.state(song)
            known = self._kept.known(song, state, BEATS)
            if known is not None:
                found: list[float] = json.loads(known.read_bytes())
                return found
            if song not in self._heard:
                self._heard[song] = self._listening.submit(self._listen, song, state)
            if not self._heard[song].done():
                return None
        return []

    def _listen(self, song: str, state: State) -> None:
        while self._compiling.is_alive():  # or it would be waited for, or done here, when the server is to end
            if self._closing.wait(0.2):
                return
        self._kept.made(song, state, BEATS, _write_beats)

    def plays(self, path: str) -> str | None:
        """The media type by which browsers play a film as it is; None if they don't."""
        return _plays(path, *_state(path))

    def lasts(self, path: str, seconds: float) -> bool:
        """Whether a film lasts so long; its packets are read through only if its header says otherwise."""
        if abs(_stated(path, *_state(path)) - seconds) <= TOLERANCE:
            return True
        return abs(survey_of(path).duration - seconds) <= TOLERANCE

    def row(self, path: str, start: float, end: float, count: int, height: int) -> Path:
        """A JPEG of pictures from a part of a film, side by side."""
        if not start < end:
            raise UsageError("`start` must be before `end`.")
        times = [start + number * (end - start) / count for number in range(count)]

        def write(film: str, output: Path) -> None:
            from PIL import Image

            content = io.BytesIO()
            Image.fromarray(stills(film, times, height)).save(content, "JPEG", quality=JPEG_QUALITY)
            write_atomically(content.getvalue(), output, JPEG)

        return self._kept.made(path, _state(path), f"-{start:.3f}-{end:.3f}-{count}-{height}.jpg", write)

    def photo(self, path: str, side: int, *, clip: bool) -> Path:
        """A JPEG of a photo, so many pixels wide or high at most; of a clip, its first picture."""

        def write(photo: str, output: Path) -> None:
            if not clip:
                write_atomically(preview(photo, side), output, JPEG)
                return
            from PIL import Image

            content = io.BytesIO()
            still = Image.fromarray(stills(photo, [0.0], side))
            still.thumbnail((side, side))
            still.save(content, "JPEG", quality=JPEG_QUALITY)
            write_atomically(content.getvalue(), output, JPEG)

        return self._kept.made(path, _state(path, "clip" if clip else "photo"), f"-{side}.jpg", write)

    def peaks(self, path: str) -> Path:
        """A file of JSON of the shape `Peaks`, of the film's own sound; without any, if it has none."""
        return self._kept.made(path, _state(path), ".json", _write_peaks)

    def album_peaks(self, show: SheetSlideshow, duration: float) -> Peaks:
        """What the waveform of an album is drawn from: of its clips, where they are heard; of silence without any."""
        made = np.zeros(math.ceil(duration * PER_SECOND), dtype=np.float32)
        track = AlbumTrack.of(show, duration)
        for clip in () if track is None else track.clips:
            levels = self._levels(clip)
            first = round(clip.start * PER_SECOND / RATE)
            part = made[first : first + len(levels)]
            np.maximum(part, levels[: len(part)], out=part)
        return Peaks(PER_SECOND, scaled(made).tolist())

    def _levels(self, clip: ClipSound) -> NDArray[np.float32]:
        """Levels of a clip, which are the same wherever it lies in the album."""

        def write(_: str, output: Path) -> None:
            write_atomically(msgspec.json.encode(clip.levels(PER_SECOND).tolist()), output, _LIST)

        path, part = clip.track.path, f"{clip.source}-{clip.end - clip.start}-{clip.fade_in}-{clip.fade_out}"
        kept = self._kept.made(path, _state(path), f"-{part}-levels.json", write)
        return np.array(msgspec.json.decode(kept.read_bytes()), dtype=np.float32)


def _compile() -> None:
    if hasattr(os, "nice"):
        os.nice(NICE)  # as jobs do, which wait for it
    compile_tracker()


def _write_beats(song: str, output: Path) -> None:
    found = listen(song, [(0.0, LONGEST_SONG)])
    write_atomically(msgspec.json.encode(found.times.round(3).tolist()), output, _LIST)


def _state(path: str, what: str = "film") -> tuple[int, int]:
    try:
        return locations.state(path)
    except OSError:
        raise InputError(f"the {what} is not there any more.", path) from None


@lru_cache(maxsize=1 << 10)
def _plays(path: str, _size: int, _mtime_ns: int) -> str | None:
    with VideoFile(path) as film:
        kind = _CONTAINERS.get(film.container.format.name)
        context, sound = film.stream.codec_context, film.container.streams.best("audio")
        fits = (
            kind is not None
            and film.codec in _PICTURES[kind]
            and context.pix_fmt in _EIGHT_BITS
            and (sound is None or sound.codec_context.codec.canonical_name in _SOUND[kind])
        )
        return kind if fits else None


@lru_cache(maxsize=1 << 10)
def _stated(path: str, _size: int, _mtime_ns: int) -> float:
    with VideoFile(path) as film:
        return film.stated_duration


def _write_peaks(path: str, output: Path) -> None:
    with VideoFile(path) as film:
        peaks = read_peaks(path) if film.has_sound else np.empty(0, dtype=np.uint8)
    write_atomically(msgspec.json.encode(Peaks(PER_SECOND, peaks.tolist())), output, PEAKS)
