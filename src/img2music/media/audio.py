"""Sound files: telling whether a file is one, and opening it with whichever library reads it."""

import os
import re

from img2music.errors import InputError
from img2music.files import open_regular
from img2music.media.audio_file import OGG, AudioFile
from img2music.media.excerpts import AudioInfo
from img2music.media.sndfile import SndfileAudio

Audio = AudioFile | SndfileAudio

MAGIC_LENGTH = 64
"""Bytes of a file that `is_audio` looks at."""
MAGIC = re.compile(rb"ID3|fLaC|MAC |wvpk|MPCK|MP\+|TTA1|\.snd|caff|#!AMR|DSD |\x30\x26\xb2\x75\x8e\x66\xcf\x11")


def is_audio(path: str | os.PathLike[str]) -> bool:
    """Tell cheaply whether a file looks like sound, by its first bytes, whatever its name."""
    try:
        with open_regular(path, "a sound file") as file:
            head = file.read(MAGIC_LENGTH)
    except InputError:
        return False
    if head[4:8] == b"ftyp":
        return head[8:11] in (b"M4A", b"M4B", b"F4A")
    if head[:4] == b"RIFF":
        return head[8:12] == b"WAVE"
    if head[:4] == b"FORM":
        return head[8:12] in (b"AIFF", b"AIFC")
    if head[:4] == OGG:
        return not any(mark in head for mark in (b"\x80theora", b"fishead"))
    # Frames begin with eleven set bits. MPEG audio: layer II or III, a version that exists. AAC: layer 0.
    second = head[1] if len(head) > 1 and head[0] == 0xFF else 0
    mpeg = second & 0xE0 == 0xE0 and second & 0x18 != 0x08 and second & 0x06 in (0x02, 0x04)
    aac = second & 0xF6 == 0xF0
    return mpeg or aac or MAGIC.match(head) is not None


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
            head = file.read(MAGIC_LENGTH)
        if not (head.startswith(OGG) and (b"\x01vorbis" in head or b"OpusHead" in head)):
            raise  # libsndfile is asked for nothing but Ogg
        try:
            return SndfileAudio(os.fspath(path))
        except InputError:
            raise refusal from None
