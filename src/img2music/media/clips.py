"""Passages of songs as small files, to be heard at once wherever they are put."""

import io
from pathlib import Path

from img2music.media.audio_file import AudioFile
from img2music.media.sound_writer import SoundEncoder, opened

RATE = 48_000
BIT_RATE = 48_000
"""Of one channel of Opus: 180 kB for half a minute."""


def read_clip(path: str, start: float, end: float) -> bytes:
    """Encode what a song plays between two moments as Ogg Opus, in mono; an `InputError` if it can't be read."""
    content, left = io.BytesIO(), round((end - start) * RATE)
    with AudioFile(path, measured=False) as audio, opened(content, "opus", Path(path)) as container:
        encoder = SoundEncoder(container, "libopus", RATE, "mono", bit_rate=BIT_RATE)
        for piece in audio.pieces(start, rate=RATE, layout="mono"):
            container.mux(encoder.encode(piece[:left]))
            left -= len(piece)
            if left <= 0:
                break
        container.mux(encoder.encode(None))
    return content.getvalue()
