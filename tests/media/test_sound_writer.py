"""Files of sound: nothing before the first sample, nothing after the last."""

import errno
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from img2music.errors import InputError, UsageError
from img2music.media.output_formats import SOUND
from img2music.media.sound_writer import opened, sound_file

RATE = 48_000
SAMPLES = 100_003


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("ending", [f".{name}" for name in SOUND])
def test_every_sample_lies_where_it_was(tmp_path: Path, ending: str, layout: str) -> None:
    channels = av.AudioLayout(layout).nb_channels
    sound = np.zeros((SAMPLES, channels), dtype=np.float32)
    ticks = np.array([0, 30_000, 90_000])
    for tick in ticks:
        sound[tick : tick + 24] = 0.7
    file = tmp_path / f"sound{ending}"
    with sound_file(file, RATE, layout) as write:
        for block in np.array_split(sound, 9):
            write(block)
    with av.open(str(file)) as container:
        stream: Any = container.streams.audio[0]
        assert stream.layout.nb_channels == (min(channels, 2) if ending == ".mp3" else channels)
        mono = av.AudioResampler("fltp", "mono", RATE)
        parts = [each.to_ndarray()[0] for frame in container.decode(stream) for each in mono.resample(frame)]
    heard = np.abs(np.concatenate(parts))
    assert 0 <= len(heard) - SAMPLES < 1024
    loud = np.flatnonzero(heard > heard.max() / 2)
    assert [loud[0], *loud[1:][np.diff(loud) > 1000]] == pytest.approx(ticks, abs=12)


def test_lossless_files_are_exact_to_24_bits(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).uniform(-0.9, 0.9, (SAMPLES, 2)).astype(np.float32)
    for ending in (".flac", ".wav"):
        with sound_file(tmp_path / f"sound{ending}", RATE, "stereo") as write:
            write(sound)
        with av.open(str(tmp_path / f"sound{ending}")) as container:
            parts = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
        assert np.abs(np.concatenate(parts) / 2.0**31 - sound).max() < 2.0**-22


@pytest.mark.parametrize("ending", [f".{name}" for name in SOUND])
def test_sound_takes_the_place_of_sound_and_of_nothing_else(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"sound{ending}"
    for _ in range(2):
        with sound_file(file, RATE, "mono") as write:
            write(np.zeros((4800, 1), np.float32))
    file.write_bytes(b"a note")
    with pytest.raises(InputError, match="nothing else is replaced"), sound_file(file, RATE, "mono"):
        pass
    assert file.read_bytes() == b"a note"


def test_unknown_endings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must end in"), sound_file(tmp_path / "sound.txt", RATE, "stereo"):
        pass


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def tell(self) -> int:
            return 0

    frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * RATE), dtype=np.int16), format="s16", layout="stereo")
    frame.sample_rate = RATE

    def write(file: Any) -> None:
        with opened(file, "flac", tmp_path / "sound.flac") as container:
            stream = container.add_stream("flac", rate=RATE)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

    with pytest.raises(OSError, match="No space left"):
        write(Full())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"), sound_file(tmp_path / "no" / "a.flac", RATE, "stereo"):
        pass
