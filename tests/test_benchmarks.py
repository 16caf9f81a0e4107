"""Benchmarks that take a person's own folder go on past what can't be heard in it."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from img2music.errors import InputError
from tests.support.sounds import encode, tone

pytest.importorskip("vibenet")


def test_silent_and_broken_files_are_left_out(tmp_path: Path) -> None:
    from benchmarks import audio

    encode(tmp_path / "a silent.wav", np.zeros((1, 22_050), np.float32))
    (tmp_path / "broken.flac").write_bytes(b"fLaC" + bytes(3000))
    with pytest.raises(InputError, match="silent"):
        audio.run(Namespace(folder=tmp_path, most=60, excerpts=""))
    encode(tmp_path / "one.wav", tone(440, 2))
    encode(tmp_path / "two.wav", tone(880, 2))
    report = audio.run(Namespace(folder=tmp_path, most=60, excerpts=""))
    assert report.note.startswith("2 tracks")
    assert "a silent.wav" in report.note
    assert "broken.flac" in report.note
