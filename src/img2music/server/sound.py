"""The sound of songs as browsers play it, and what is drawn of it: made once, and kept in a cache of limited size."""

import hashlib
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from img2music.errors import InputError
from img2music.files import FileKind, write_atomically
from img2music.track import Track

MOST_CACHED = 2 << 30  # bytes
PEAKS_RATE = 20
"""Peaks a second."""
DECODED_RATE = 11_025  # samples a second that peaks are found in
OPUS_RATE = 48_000
COVER_SIDE = 512  # pixels
COVERS = tuple(f"{name}.{ending}" for name in ("cover", "folder", "front") for ending in ("jpg", "jpeg", "png", "webp"))

PLAYED = {
    ("mp3", "mp3"): "audio/mpeg",
    ("flac", "flac"): "audio/flac",
    ("ogg", "vorbis"): "audio/ogg",
    ("ogg", "opus"): "audio/ogg",
    ("ogg", "flac"): "audio/ogg",
    ("mov,mp4,m4a,3gp,3g2,mj2", "aac"): "audio/mp4",
    ("aac", "aac"): "audio/aac",
    ("wav", "pcm_s16le"): "audio/wav",
}
"""What browsers play, by container and codec as libav calls them; all else they are given as Opus."""

JPEG = FileKind("a JPEG picture", (".jpg",), rb"\xff\xd8")
PEAKS = FileKind("peaks", (".json",), rb"\{")


class SoundCache:
    """What is made of songs, in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        import platformdirs

        self._folder = folder or platformdirs.user_cache_path("img2music", ensure_exists=True) / "server"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._making: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()

    def playable(self, track: Track) -> tuple[Path, str]:
        """A file that browsers play, and its media type."""
        path = file_of(track)
        media_type = PLAYED.get(_form(path))
        if media_type is not None:
            return path, media_type
        return self._kept(path, ".opus", _write_opus), "audio/ogg"

    def peaks(self, track: Track) -> Path:
        """A file of JSON: the largest levels along a song, from 0 to 255."""
        return self._kept(file_of(track), ".json", _write_peaks)

    def cover(self, track: Track) -> Path | None:
        """A picture of its album, from its tags or beside it."""
        path = file_of(track)
        found = _embedded(path) or _beside(path)
        if found is None:
            return None
        try:
            return self._kept(path, ".jpg", lambda _, output: _write_cover(found, output))
        except InputError:
            return None  # a cover that can't be read is none

    def _kept(self, path: Path, ending: str, make: Callable[[Path, Path], None]) -> Path:
        status = path.stat()
        name = f"{path}\0{status.st_size}\0{status.st_mtime_ns}".encode("utf-8", "surrogateescape")
        output = self._folder / (hashlib.blake2b(name, digest_size=16).hexdigest() + ending)
        with self._lock:
            making = self._making.setdefault(output, threading.Lock())
        with making:
            if not output.exists():
                make(path, output)
                self._limit(output)
        with self._lock:
            self._making.pop(output, None)
        return output

    def _limit(self, newest: Path) -> None:
        """Remove what was made first, where there is too much."""
        files = sorted((each.stat().st_mtime_ns, each.stat().st_size, each) for each in self._folder.iterdir())
        total = sum(size for _, size, _ in files)
        for _, size, file in files:
            if total <= MOST_CACHED:
                return
            if file != newest:
                file.unlink(missing_ok=True)
                total -= size


def file_of(track: Track) -> Path:
    """Its file; an `InputError` if there is none."""
    if track.path is None or not Path(track.path).is_file():
        raise InputError("the file of this song is not there.", track.path)
    return Path(track.path)


def _form(path: Path) -> tuple[str, str]:
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return container.format.name, container.streams.audio[0].codec_context.codec.canonical_name
    except (av.error.FFmpegError, IndexError, OSError, ValueError) as error:
        raise InputError("its sound can't be read.", str(path)) from error


def _write_opus(path: Path, output: Path) -> None:
    from img2music.media.audio_file import AudioFile
    from img2music.media.sound_writer import sound_file

    with AudioFile(path, measured=False) as audio, sound_file(output, OPUS_RATE, "stereo") as write:
        for piece in audio.pieces(0.0, rate=OPUS_RATE, layout="stereo"):
            write(piece)


def _write_peaks(path: Path, output: Path) -> None:
    from img2music.media.audio_file import AudioFile

    with AudioFile(path, measured=False) as audio:
        pieces = [np.abs(piece).max(axis=1) for piece in audio.pieces(0.0, rate=DECODED_RATE, layout="mono")]
    level = np.concatenate([np.zeros(0, dtype=np.float32), *pieces])
    starts = (np.arange(len(level) * PEAKS_RATE // DECODED_RATE) * DECODED_RATE / PEAKS_RATE).astype(np.intp)
    peaks = np.maximum.reduceat(level, starts) if len(starts) else level
    scaled = np.rint(255 * peaks / max(float(peaks.max(initial=0.0)), 1e-9)).astype(int)
    content = {"peaks": scaled.tolist(), "per_second": PEAKS_RATE}
    write_atomically(json.dumps(content, separators=(",", ":")).encode(), output, PEAKS)


def _write_cover(found: Path | bytes, output: Path) -> None:
    from img2music.media.images import read_image

    picture = read_image(found, COVER_SIDE).convert("RGB")
    picture.thumbnail((COVER_SIDE, COVER_SIDE))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85)
    write_atomically(content.getvalue(), output, JPEG)


def _embedded(path: Path) -> bytes | None:
    import mutagen

    try:
        file: Any = mutagen.File(path)
        tags: Any = getattr(file, "tags", None)
        if getattr(file, "pictures", None):  # FLAC
            return bytes(file.pictures[0].data)
        if hasattr(tags, "getall"):  # ID3
            return next((bytes(each.data) for each in tags.getall("APIC")), None)
        if tags and "covr" in tags:  # MP4
            return bytes(tags["covr"][0])
        if tags and "metadata_block_picture" in tags:  # Ogg
            return _of_block(tags["metadata_block_picture"][0])
    except Exception:  # noqa: BLE001 - whatever damaged tags make mutagen raise, there is no cover
        return None
    return None


def _of_block(text: str) -> bytes:
    import base64

    from mutagen.flac import Picture

    return bytes(Picture(base64.b64decode(text)).data)


def _beside(path: Path) -> Path | None:
    names = {each.name.lower(): each for each in path.parent.iterdir()}
    return next((names[name] for name in COVERS if name in names), None)
