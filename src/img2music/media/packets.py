"""The encoded sound of a file, apart from its tags: to tell whether it is still the same."""

import hashlib
import os

import numpy as np

from img2music.errors import InputError
from img2music.media.audio import open_audio
from img2music.media.audio_file import SHORTFALL, AudioFile
from img2music.media.sndfile import SndfileAudio

SPAN = 10.0  # seconds that are decoded at a time


def same_sound(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Tell whether two files hold the same sound, whatever tags and pictures they hold.

    Their packets are compared, not decoded; their samples where libav does not read the first and libsndfile does.
    """
    with open_audio(path) as audio:
        hashed = _sample_hash if isinstance(audio, SndfileAudio) else _packet_hash
    expected = hashed(path)
    try:
        return hashed(other) == expected
    except InputError:
        return False


def sound_hash(path: str | os.PathLike[str]) -> str:
    """Hash the packets of a file's sound, and their times, without decoding them."""
    return _packet_hash(path, whole=True)


def _packet_hash(path: str | os.PathLike[str], *, whole: bool = False) -> str:
    digest = hashlib.blake2b(digest_size=16)
    packet, begin, length = None, None, 0
    with AudioFile(path, measured=False) as audio:
        digest.update(f"{audio.info.codec} {audio.info.rate} {audio.info.channels}\n".encode())
        for packet in audio.packets():
            digest.update(f"{packet.pts} {packet.duration} {packet.size}\n".encode())
            digest.update(packet)
            length += packet.duration or 0
            begin = packet.pts if begin is None else begin
        if packet is None:
            raise InputError("There is no sound in this file.", os.fspath(path))
        if packet.pts is not None and begin is not None:  # Vorbis: durations lack what lies between blocks of two sizes
            length = max(length, packet.pts + (packet.duration or 0) - begin)
        stated = audio.info.duration  # 0 where the file does not state any
        if whole and (length * packet.time_base < stated - SHORTFALL if stated else audio.broken):
            raise InputError("Its sound can't be read to the end: the file is damaged.", os.fspath(path))
    return digest.hexdigest()


def _sample_hash(path: str | os.PathLike[str]) -> str:
    digest = hashlib.blake2b(digest_size=32)
    spans = 0
    with SndfileAudio(os.fspath(path)) as audio:
        starts = np.arange(0.0, audio.info.duration, SPAN).tolist()
        for excerpt in audio.excerpts([(start, start + SPAN) for start in starts]):
            spans += 1
            digest.update(f"{excerpt.layout} {excerpt.rate} {excerpt.samples.shape}\n".encode())
            digest.update(np.ascontiguousarray(excerpt.samples).data)
    if not spans:
        raise InputError("There is no sound in this file.", os.fspath(path))
    return digest.hexdigest()
