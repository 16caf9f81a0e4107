"""Small real sound files for tests."""

import wave
from pathlib import Path

import numpy as np

RATE = 8000


def write_sound(path: str | Path, pitch: float = 220.0, seconds: float = 1.0) -> None:
    """Write a WAV file with a chord on a pulse; another pitch makes other bytes, 0 makes silence."""
    time = np.arange(int(RATE * seconds)) / RATE
    sound = sum(np.sin(2 * np.pi * pitch * ratio * time) for ratio in (1.0, 1.25, 1.5)) * (
        0.5 + 0.5 * (time % 0.5 < 0.25)
    )
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes((6000 * sound).astype("<i2").tobytes())


def make_music(folder: Path, count: int) -> list[Path]:
    """Fill a folder with different sound files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        write_sound(path, pitch=200.0 + 7 * number)
    return paths
