import os
import subprocess
import sys
from pathlib import Path

import immich_memories_music
import numpy as np
import pytest
import soundfile
import soxr
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from img2music.media.audio import open_audio
from img2music.soundtrack.beats import RATE, Beats, listen, merged, track
from tests.support.sounds import noise, tone

pytestmark = pytest.mark.slow

FILE_RATE = 44_100


def drums(tempo: float, seconds: float, metre: int = 4, rate: int = RATE) -> np.ndarray:
    """A drum on every beat from 0.2 s on, the first of each bar the loudest, shape (n,)."""
    chance = np.random.default_rng(1)
    sound = chance.normal(0.0, 0.0005, round(seconds * rate))
    time = np.arange(rate // 5) / rate
    drum = np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.06)
    drum += 0.3 * chance.normal(size=len(time)) * np.exp(-time / 0.01)
    for number, beat in enumerate(np.arange(0.2, seconds - 0.5, 60.0 / tempo)):
        start = round(beat * rate)
        sound[start : start + len(drum)] += drum * (0.6 if number % metre == 0 else 0.25)
    return sound.astype(np.float32)


@pytest.mark.parametrize("tempo", [70, 84, 96, 105])
def test_beats_are_found_where_the_drum_is_struck(tempo: float) -> None:
    times, *_ = track(drums(tempo, 24.0))
    beats = np.arange(0.2, 23.5, 60.0 / tempo)
    assert np.mean([np.abs(beats - time).min() < 0.02 for time in times]) > 0.9
    assert np.mean([np.abs(times - beat).min() < 0.02 for beat in beats]) > 0.9


@pytest.mark.parametrize(
    ("piece", "tempo"),
    [("tender_acoustic_1", 90.0), ("nostalgic_electronic_s411", 84.7), ("energetic_electronic_s411", 150.0)],
)
def test_a_piece_has_one_tempo_throughout(piece: str, tempo: float) -> None:
    folder = Path(immich_memories_music.__file__).parent / "tracks"
    with open_audio(next(folder.rglob(f"{piece}.opus"))) as audio:
        parts = [
            soxr.resample(part.samples.mean(axis=0), part.rate, RATE) for part in audio.excerpts([(0, 27), (4, 31)])
        ]
    for part in parts:
        times, *_ = track(part)
        assert np.polyfit(np.arange(16), times[4:20], 1)[0] == pytest.approx(60 / tempo, rel=0.01)


@pytest.mark.parametrize("tempo", [100.0, 176.0])  # the second is taken at half of it
def test_a_loud_snare_is_on_no_first_beat(tempo: float) -> None:
    chance, time = np.random.default_rng(2), np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * 55 * time) * np.exp(-time / 0.08)
    snare = chance.normal(size=len(time)) * np.exp(-time / 0.05)
    sound = chance.normal(0.0, 0.0005, 24 * RATE)
    for number, beat in enumerate(np.arange(0.2, 23.0, 60 / tempo)):
        start, bar = round(beat * RATE), number // 4 % 4
        sound[start : start + len(time)] += 0.6 * snare if number % 2 else 0.4 * kick
        held = np.arange(round(60 / tempo * RATE)) / RATE
        root = 220.0 * 2 ** ((0, 5, 7, 3)[bar] / 12)
        sound[start : start + len(held)] += sum(0.05 * np.sin(2 * np.pi * root * part * held) for part in (1, 1.5, 2))
    times, first, _ = track(sound.astype(np.float32))
    bars = (times[first] - 0.2) / (240 / tempo)
    assert len(bars) > 6
    assert np.abs(bars - np.round(bars)).max() * 240 / tempo < 0.03


def test_a_song_that_sets_in_at_once_begins_on_a_beat(tmp_path: Path) -> None:
    file = tmp_path / "loop.flac"
    soundfile.write(file, drums(96, 30.0, rate=FILE_RATE)[round(0.2 * FILE_RATE) :], FILE_RATE)
    beats = listen(file, [(0.0, 20.0)])
    assert beats.begins == 0.0
    assert beats.times[0] == pytest.approx(0.0, abs=0.02)
    assert beats.first[0]
    assert beats.times[1] == pytest.approx(60 / 96, abs=0.02)


@pytest.mark.parametrize(("tempo", "metre"), [(96, 4), (100, 3)])
def test_the_first_beat_of_a_bar_is_told(tempo: float, metre: int) -> None:
    times, first, _ = track(drums(tempo, 24.0, metre))
    bars = (times[first] - 0.2) / (metre * 60.0 / tempo)
    assert len(bars) >= 6
    assert np.abs(bars - np.round(bars)).max() < 0.02


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(24 * RATE, np.float32),
        np.zeros(0, np.float32),
        tone(440.0, 0.05, RATE)[0],
        tone(110.0, 24.0, RATE)[0],
        noise(24.0, RATE)[0],
    ],
    ids=["silence", "nothing", "hardly a sound", "one long note", "noise"],
)
def test_what_has_no_beat_has_none(sound: np.ndarray) -> None:
    times, first, why = track(sound)
    assert len(times) == len(first) == 0
    assert why


def test_parts_of_a_file_are_heard_at_their_times(tmp_path: Path) -> None:
    song = tmp_path / "song.flac"
    sound = np.concatenate([np.zeros(FILE_RATE), drums(100, 60.0, rate=FILE_RATE), np.zeros(3 * FILE_RATE)]).astype(
        np.float32
    )
    soundfile.write(song, sound, FILE_RATE)
    found = listen(song, [(-5.0, 12.0), (30.0, 100.0)])
    assert len(found.times) == len(found.first)
    assert not ((found.times > 12.0) & (found.times < 30.0)).any()
    beat = 1.2 + 0.6 * 60
    assert found.offset(beat) == pytest.approx(0.0, abs=0.02)
    assert found.offset(beat + 0.1) == pytest.approx(0.1, abs=0.02)
    assert found.offset(21.0) is None  # nobody has listened there
    assert found.length(beat) == pytest.approx(0.6, abs=0.02)
    assert found.begins == pytest.approx(1.2, abs=0.3)
    assert found.ends == pytest.approx(60.7, abs=0.5)


def test_a_song_that_cannot_be_decoded_has_no_beats(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"\0" * 1000)
    found = listen(song, [(0.0, 10.0)])
    assert (len(found.times), found.begins, found.ends) == (0, None, None)
    assert listen(tmp_path / "missing.mp3", [(0.0, 10.0)]).offset(1.0) is None


@given(st.lists(st.tuples(st.floats(-20.0, 120.0), st.floats(0.0, 30.0)), max_size=8))
def test_spans_are_joined_within_the_song(spans: list[tuple[float, float]]) -> None:
    joined = merged([(start, start + length) for start, length in spans], 100.0)
    edges = [edge for span in joined for edge in span]
    assert edges == sorted(edges)
    assert all(0.0 <= edge <= 100.0 for edge in edges)
    for start, length in spans:
        if max(0.0, start) < min(100.0, start + length):
            assert any(one <= max(0.0, start) and min(100.0, start + length) <= other for one, other in joined)


def test_few_beats_have_no_length() -> None:
    assert Beats(np.array([1.0, 2.0]), np.zeros(2, dtype=np.bool_)).length(1.0) is None


@pytest.mark.usefixtures("librosa")  # compiled by now, which takes half a minute
def test_the_tracker_is_compiled_by_one_process_at_a_time(tmp_path: Path) -> None:
    """Two that do so at once leave what kills whoever loads it, about every second time."""
    code = """
import sys, threading
import numpy as np
from img2music.soundtrack.beats import track
sound = np.random.default_rng(0).normal(0, 0.001, 220_500).astype(np.float32)
sound[::11_025] = 0.5
tracking = threading.Thread(target=lambda: print(len(track(sound)[0])))
tracking.start()
tracking.join(1.0)
print("librosa" in sys.modules, flush=True)
tracking.join()
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with FileLock(tmp_path / "img2music-librosa.lock"):  # as another process does
        begun = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        assert begun.stdout is not None
        assert begun.stdout.readline() == b"False\n"
    assert int(begun.communicate()[0]) > 10
