"""Sound files: opening one with whichever library reads it."""

import os

from img2music.errors import InputError
from img2music.files import open_regular
from img2music.media.audio_file import OGG, AudioFile
from img2music.media.excerpts import AudioInfo
from img2music.media.sndfile import SndfileAudio

Audio = AudioFile | SndfileAudio

HEAD = 64
"""Bytes of a file that tell whether it is Vorbis or Opus."""


def is_sound_alone(path: str) -> bool:
    """Tell whether a file in a container of films holds sound, and no moving pictures."""
    try:
        with AudioFile(path) as audio:
            return not audio.moving
    except InputError:
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
        with open_regular(path, "a sound file") as file:
            head = file.read(HEAD)
        if not (head.startswith(OGG) and (b"\x01vorbis" in head or b"OpusHead" in head)):
            raise  # libsndfile is asked for nothing but Ogg
        try:
            return SndfileAudio(os.fspath(path))
        except InputError:
            raise refusal from None
