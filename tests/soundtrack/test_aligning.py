from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from img2music.soundtrack.aligning import CROSS_FADES, EARLY, ON_BEAT, WITHOUT_BEAT, Laid, align, cross_fade
from tests.soundtrack.test_beats import RATE, drums

SILENT_END = 3.0


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seventy seconds at 100 beats a minute, from 0.2 s on, and silence after them."""
    path = tmp_path_factory.mktemp("songs") / "song.flac"
    sound = np.concatenate([drums(100, 70.0)[0], np.zeros(round(SILENT_END * RATE), np.float32)])
    soundfile.write(path, sound, RATE)
    return path


def laid(song: Path, start: float, length: float, *, opens: bool = False, closes: bool = False) -> Laid:
    return Laid(str(song), 73.0, start, length, opens, closes)


def flat(_: float) -> float:
    return 1.0


def test_a_passage_begins_on_the_first_beat_of_a_bar(song: Path) -> None:
    found = align(laid(song, 21.3, 15.0), flat)
    bars = (found.start - 0.2) / 2.4
    assert bars == pytest.approx(round(bars), abs=0.02)
    assert abs(found.start - 21.3) <= 1.3
    assert found.period == pytest.approx(0.6, rel=0.03)
    assert found.start_offset == pytest.approx(0.0, abs=ON_BEAT)
    assert found.end_offset == pytest.approx(0.0, abs=ON_BEAT)  # 15 s are 25 beats


def test_it_goes_where_the_music_fits(song: Path) -> None:
    def later(start: float) -> float:
        return 5.0 * abs(start - 24.0)

    assert align(laid(song, 21.3, 15.0), later).start == pytest.approx(24.2, abs=0.05)


def test_it_stays_within_the_song(song: Path) -> None:
    found = align(laid(song, 0.3, 72.5), flat)
    assert 0.0 <= found.start <= 0.55


def test_a_film_begins_with_its_first_song(song: Path) -> None:
    assert align(laid(song, 0.0, 15.0, opens=True), flat).start == 0.0


def test_a_film_ends_with_its_last_song(song: Path) -> None:
    found = align(laid(song, 30.0, 20.0, closes=True), flat)
    assert 69.0 < found.start + 20.0 < 71.5
    assert found.fade_out == EARLY
    assert found.start_offset == pytest.approx(0.0, abs=ON_BEAT)


def cost_of_moving(start: float) -> float:
    return 10.0 * abs(start - 30.0)


def test_it_fades_on_a_phrase_where_its_end_does_not_fit(song: Path) -> None:
    found = align(laid(song, 30.0, 20.0, closes=True), cost_of_moving)
    assert found.fade_out is not None
    begins = (found.start + 20.0 - found.fade_out - 0.2) / 0.6
    assert begins == pytest.approx(round(begins), abs=0.06)
    assert found.fade_out == pytest.approx(8 * 0.6, abs=0.6)


@pytest.mark.parametrize("cost", [flat, cost_of_moving])
def test_what_cannot_be_decoded_stays(tmp_path: Path, cost: Callable[[float], float]) -> None:
    found = align(laid(tmp_path / "missing.mp3", 30.0, 20.0, closes=True), cost)
    assert (found.start, found.period, found.start_offset, found.end_offset) == (30.0, None, None, None)


@given(st.floats(0.2, 2.5))
def test_cross_fades_are_whole_beats(period: float) -> None:
    seconds = cross_fade(period)
    beats = seconds / period
    assert beats == pytest.approx(round(beats)) or period > CROSS_FADES[1]
    assert seconds <= CROSS_FADES[1]


def test_a_cross_fade_without_beats() -> None:
    assert cross_fade(None) == WITHOUT_BEAT
