"""Sound files: opening one with whichever library reads it."""

import os

from img2music.errors import InputError
from img2music.files import open_regular
from img2music.locations import by_ranges, is_url, local
from img2music.media.audio_file import FORMATS, OGG, AudioFile, moving
from img2music.media.excerpts import AudioInfo
from img2music.media.sndfile import SndfileAudio

Audio = AudioFile | SndfileAudio

HEAD = 64
"""Bytes of a file that tell whether it is Vorbis or Opus."""


def is_sound_alone(path: str) -> bool:
    """Tell whether a file in a container of films holds sound, and no moving pictures."""
    if is_url(path):
        return _is_remote_sound(path)
    try:
        with AudioFile(path) as audio:
            return not audio.moving
    except InputError:
        return False


def _is_remote_sound(url: str) -> bool:
    """The same of a film in a store, without fetching more of it than its streams' headers."""
    import av

    av.logging.set_level(None)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": ""}
    try:
        with by_ranges(url) as file, av.open(file, options=options, metadata_errors="replace") as container:
            return bool(container.streams.audio) and not moving(container)
    except (av.error.FFmpegError, ValueError, OSError):
        return False


def probe(path: str | os.PathLike[str]) -> AudioInfo:
    """Read what a sound file says of itself, without decoding it."""
    with open_audio(path) as audio:
        return audio.info


def open_audio(path: str | os.PathLike[str]) -> Audio:
    """Open a sound file for decoding, with libav, or with libsndfile where that is the one that reads it."""
    try:
        return AudioFile(path)
    except InputError as refusal:
        with local(path) as here, open_regular(here, "a sound file", os.fspath(path)) as file:
            head = file.read(HEAD)
        if not (head.startswith(OGG) and (b"\x01vorbis" in head or b"OpusHead" in head)):
            raise  # libsndfile is asked for nothing but Ogg
        try:
            return SndfileAudio(os.fspath(path))
        except InputError:
            raise refusal from None
