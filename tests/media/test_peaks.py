"""Levels along a sound file."""

from pathlib import Path

import numpy as np
import pytest

from img2music.media.peaks import PER_SECOND, read_peaks
from tests.support.sounds import encode

RATE = 44_100


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus"])
def test_they_follow_the_loudness(kind: str, tmp_path: Path) -> None:
    rate = 48_000 if kind == "opus" else RATE
    time = np.arange(2 * rate) / rate
    sound = (np.where(time < 1.0, 0.1, 0.8) * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[np.newaxis]
    peaks = read_peaks(encode(tmp_path / f"a.{kind}", sound, kind, rate))
    assert len(peaks) == pytest.approx(2 * PER_SECOND, abs=3)
    assert peaks.max() == 255
    assert peaks[3 : PER_SECOND - 3].mean() == pytest.approx(255 / 8, abs=6)
    assert peaks[PER_SECOND + 3 : 2 * PER_SECOND - 3].min() > 200


def test_silence_is_flat(tmp_path: Path) -> None:
    peaks = read_peaks(encode(tmp_path / "a.flac", np.zeros((1, RATE // 2), np.float32), "flac", RATE))
    assert peaks.tolist() == [0] * 10
