from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import EARLY, LATE, Cue, CueBeats, CueTrack
from img2music.soundtrack.cueing import LONGEST_CROSS_FADE, ON_BEAT, OPENING_FADE, RING, SHORTEST_CROSS_FADE, align
from tests.soundtrack.test_beats import FILE_RATE, drums
from tests.support.sounds import noise

pytestmark = pytest.mark.slow

TIMES = np.arange(0.0, 200.0, 0.04)
SOUNDING, DURATION = 90.0, 93.0


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """Songs of ninety seconds with a beat from 0.2 s on, and three seconds of silence after them, by tempo."""
    folder = tmp_path_factory.mktemp("songs")

    def made(tempo: float) -> Path:
        path = folder / f"{tempo}.flac"
        if not path.exists():
            sound = drums(tempo, SOUNDING, rate=FILE_RATE)
            silence = np.zeros(round((DURATION - SOUNDING) * FILE_RATE), np.float32)
            soundfile.write(path, np.concatenate([sound, silence]), FILE_RATE)
        return path

    return made


def put(path: str, duration: float, start: float, end: float, begin: float) -> Cue:
    return Cue(start, end, CueTrack(path, duration=duration), Passage(begin, begin + end - start))


def flat(_: int, __: float) -> float:
    return 1.0


def off_beat(time: float, tempo: float) -> float:
    beats = (time - 0.2) * tempo / 60.0
    return abs(beats - round(beats)) * 60.0 / tempo


def test_both_songs_are_on_the_beat_where_they_meet(song: Callable[[float], Path]) -> None:
    placed = [
        put(str(song(100)), DURATION, 0.0, 20.33, 21.3),
        put(str(song(84)), DURATION, 20.33, 50.0, 5.7),
    ]
    one, other = align(placed, TIMES, flat)
    assert one.start == 0.0
    assert one.end == other.start
    assert -EARLY <= other.start - 20.33 <= LATE
    assert off_beat(one.passage.start, 100) < 0.025
    assert off_beat(other.passage.start, 84) < 0.025
    assert one.end == pytest.approx(34 * 0.6, abs=0.03)  # a picture later, the song that goes is on the beat
    assert off_beat(one.passage.start + one.end - one.start, 100) < ON_BEAT + 0.01
    assert other.beats is not None
    assert other.beats.tempo == pytest.approx(84, abs=2)
    assert other.beats.start_offset == pytest.approx(0.0, abs=ON_BEAT)
    beats = other.fade_in * 84 / 60
    assert beats == pytest.approx(round(beats), abs=0.05)
    assert other.fade_in == one.fade_out <= LONGEST_CROSS_FADE


def test_a_passage_begins_on_the_first_beat_of_a_bar(song: Callable[[float], Path]) -> None:
    path = str(song(96))
    places = [(0.0, 20.0, 2.0), (20.0, 50.0, 33.1), (50.0, 70.0, 3.0)]
    bars = (align([put(path, DURATION, *place) for place in places], TIMES, flat)[1].passage.start - 0.2) / 2.5
    assert bars == pytest.approx(round(bars), abs=0.03)


def test_it_goes_where_the_music_fits(song: Callable[[float], Path]) -> None:
    def later(number: int, begin: float) -> float:
        return 5.0 * abs(begin - 24.5) if number else 0.0

    placed = [
        put(str(song(100)), DURATION, 0.0, 20.0, 2.0),
        put(str(song(100)), DURATION, 20.0, 50.0, 23.0),
    ]
    assert align(placed, TIMES, later)[1].passage.start == pytest.approx(24.2, abs=0.05)


def test_a_film_begins_as_its_first_song_does_and_ends_as_the_last_one(song: Callable[[float], Path]) -> None:
    placed = [
        put(str(song(100)), DURATION, 0.0, 20.0, 0.0),
        put(str(song(96)), DURATION, 20.0, 60.0, 30.0),
    ]
    first, last = align(placed, TIMES, flat)
    assert first.passage.start == pytest.approx(0.2, abs=0.02)  # with its first beat
    last_drum = 0.2 + 142 * 60 / 96
    assert last_drum - RING < last.passage.start + 40.0 < SOUNDING + RING
    assert off_beat(last.passage.start, 96) < 0.025


def test_a_song_that_opens_at_its_own_beginning_comes_in_at_once(song: Callable[[float], Path]) -> None:
    opening, within = 0.0, 20.0
    for first, second in ((opening, within), (within, opening)):
        placed = [
            put(str(song(100)), DURATION, 0.0, 20.0, first),
            put(str(song(84)), DURATION, 20.0, 60.0, second),
        ]
        one, other = align(placed, TIMES, flat)
        fades = [one.fade_in, other.fade_in]
        starts = [one.passage.start, other.passage.start]
        opens = [start == pytest.approx(0.2, abs=0.03) for start in starts]
        assert opens == [first == opening, second == opening]
        assert all((fade == OPENING_FADE) == opened for fade, opened in zip(fades, opens, strict=True))
        assert min(fade for fade, opened in zip(fades, opens, strict=True) if not opened) >= SHORTEST_CROSS_FADE
        assert one.fade_out >= SHORTEST_CROSS_FADE  # what goes still gives way slowly


def test_it_fades_on_a_phrase_where_the_end_of_the_song_does_not_fit(song: Callable[[float], Path]) -> None:
    def stay(_: int, begin: float) -> float:
        return 10.0 * abs(begin - 30.0)

    (only,) = align([put(str(song(100)), DURATION, 0.0, 40.0, 30.0)], TIMES, stay)
    assert off_beat(only.passage.start + 40.0 - only.fade_out, 100) < 0.03
    assert only.fade_out == pytest.approx(8 * 0.6, abs=0.61)


def test_what_cannot_be_decoded_stays(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.mp3")
    placed = [put(missing, 90.0, 0.0, 20.0, 30.0), put(missing, 90.0, 20.0, 40.0, 10.0)]
    found = align(placed, TIMES, flat)
    assert [(each.start, each.end, each.passage.start) for each in found] == [(0.0, 20.0, 30.0), (20.0, 40.0, 10.0)]
    assert [each.beats for each in found] == [CueBeats(note="it can't be read")] * 2


def test_what_is_not_on_a_beat_says_why(song: Callable[[float], Path], tmp_path: Path) -> None:
    hiss = tmp_path / "hiss.flac"
    soundfile.write(hiss, noise(40.0)[0], FILE_RATE)
    placed = [
        put(str(hiss), 40.0, 0.0, 12.0, 3.0),
        put(str(song(100)), DURATION, 12.0, DURATION + 12.0, 0.0),
    ]
    still, whole = align(placed, TIMES, flat)
    assert still.beats == CueBeats(note="no beat stands out in it")
    assert whole.passage.start == 0.0
    assert whole.beats is not None
    assert whole.beats.note is not None


def test_a_quiet_beginning_is_left_out_after_a_seam(tmp_path: Path) -> None:
    path = tmp_path / "intro.flac"
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(40 * FILE_RATE) / FILE_RATE)
    tone[: 3 * FILE_RATE] *= 0.03  # 30 dB down
    soundfile.write(path, tone.astype(np.float32), FILE_RATE)
    placed = [put(str(path), 40.0, 0.0, 15.0, 10.0), put(str(path), 40.0, 15.0, 30.0, 0.0)]
    assert align(placed, TIMES, flat)[1].passage.start == pytest.approx(2.8, abs=0.35)


@pytest.mark.parametrize("silence", [0.0, 2.5])
def test_a_song_that_opens_begins_with_its_first_beat(tmp_path: Path, silence: float) -> None:
    path = tmp_path / "song.flac"
    sound = drums(100, 60.0, rate=FILE_RATE)[round(0.2 * FILE_RATE) :]
    soundfile.write(path, np.concatenate([np.zeros(round(silence * FILE_RATE), np.float32), sound]), FILE_RATE)
    placed = [put(str(path), 60.0, 15.0 * n, 15.0 * (n + 1), 0.0) for n in range(2)]
    for cue in align(placed, TIMES, flat):  # also the last one, though the song's own end could close the film
        assert cue.passage.start == pytest.approx(silence, abs=0.03)
        assert cue.beats is not None
        assert cue.beats.start_offset == pytest.approx(0.0, abs=ON_BEAT)


def test_no_cue() -> None:
    assert align([], TIMES, flat) == []
