from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.mixing import LEAST_FADE, Part, checked, music, plan
from tests.support.sounds import encode, noise, tone
from tests.support.soundtracks import RATE, Sound, cue, sheet

pytestmark = pytest.mark.slow

SONG = Path("/music/song.ogg")


def planned(made: CueSheet) -> list[Part]:
    return plan(made.cues, made.film.duration)


def mixed(*parts: Part, seconds: float) -> Sound:
    return np.concatenate(list(music(parts, round(seconds * RATE))))


def level(sound: NDArray[np.floating], window: int = 4800) -> NDArray[np.float64]:
    """Decibels along time."""
    whole = sound[: len(sound) // window * window].astype(np.float64).reshape(-1, window)
    return np.asarray(10 * np.log10((whole**2).mean(axis=1) + 1e-20))


def test_a_cue_fades_out_under_the_next_one_and_before_silence_or_the_end() -> None:
    parts = planned(
        sheet(
            30.0,
            cue(0.0, 10.0, SONG, 5.0, fade_in=1.0, fade_out=2.0),
            cue(10.0, 20.0, SONG, 50.0, fade_in=2.0, fade_out=3.0),
            cue(22.0, 30.0, SONG, fade_in=0.5, fade_out=4.0),
        )
    )
    assert [(part.start / RATE, part.end / RATE) for part in parts] == [(0.0, 12.0), (10.0, 20.0), (22.0, 30.0)]
    assert [(part.fade_in / RATE, part.fade_out / RATE) for part in parts] == [(1.0, 2.0), (2.0, 3.0), (0.5, 4.0)]
    assert [(part.follows, part.crossed) for part in parts] == [(False, True), (True, False), (False, False)]
    assert [part.passage_end for part in parts] == [15.0, 60.0, 8.0]


def test_nothing_sounds_after_the_film_whatever_the_fades() -> None:
    parts = planned(sheet(10.05, cue(0.0, 9.5, SONG, fade_out=3.0), cue(9.5, 10.1, SONG, fade_in=9.0, fade_out=9.0)))
    assert [part.end for part in parts] == [round(10.05 * RATE)] * 2
    assert all(abs(float(part.envelope(part.end - 1, 1)[0])) < 0.01 for part in parts)


def test_absurd_numbers_of_a_sheet_do_no_harm() -> None:
    absurd = {"fade_in": 1e300, "fade_out": 1e300, "gain_db": 1e300}
    for part in planned(sheet(20.0, cue(0.0, 10.0, SONG, **absurd), cue(10.0, 20.0, SONG, **absurd))):
        assert np.isfinite(part.envelope(part.start, part.end - part.start)).all()


@given(
    fade=st.floats(0.0, 8.0), length=st.floats(0.2, 30.0), gain=st.floats(-24.0, 12.0), first=st.integers(0, 100_000)
)
def test_crossing_fades_keep_the_power(fade: float, length: float, gain: float, first: int) -> None:
    one, other = planned(
        sheet(
            100.0,
            cue(1.0, 1.0 + length, SONG, fade_out=fade, gain_db=gain),
            cue(1.0 + length, 60.0, SONG, fade_in=fade, gain_db=gain),
        )
    )
    start = other.start + first % max(1, one.end - other.start)
    count = min(1000, one.end - start)
    power = one.envelope(start, count) ** 2 + other.envelope(start, count) ** 2
    assert power == pytest.approx(10 ** (gain / 10), rel=0.02)


@given(
    fade_in=st.floats(0.0, 20.0), fade_out=st.floats(0.0, 20.0), length=st.floats(0.02, 5.0), following=st.booleans()
)
def test_no_fade_has_an_edge(fade_in: float, fade_out: float, length: float, following: bool) -> None:
    cues = [cue(0.0, length, SONG, fade_in=fade_in, fade_out=fade_out)]
    if following:
        cues.append(cue(length, 40.0, SONG))
    part = planned(sheet(40.0, *cues))[0]
    gain = np.concatenate([[0.0], part.envelope(part.start, part.end - part.start), [0.0]])
    assert np.abs(np.diff(gain)).max() <= 2 * np.pi / 2 / (LEAST_FADE * RATE)
    assert gain.max() <= 1.0


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "opus", "m4a", "wma", "alac", "webm"])
def test_a_passage_lies_where_it_should_to_the_sample(tmp_path: Path, kind: str) -> None:
    song = noise(12.0, RATE, 0.02, seed=1)
    song[0, 7 * RATE : 7 * RATE + 400] += 0.8 * np.sin(2 * np.pi * 5000 * np.arange(400) / RATE) * np.hanning(400)
    encode(tmp_path / "song", song, kind, RATE)
    parts = checked(planned(sheet(6.0, cue(1.0, 5.0, tmp_path / "song", 5.5))))
    sound = mixed(*parts, seconds=6.0)
    wanted = np.zeros(6 * RATE, dtype=np.float32)
    wanted[RATE : 5 * RATE] = song[0, round(5.5 * RATE) : round(9.5 * RATE)]
    within = slice(2 * RATE, 3 * RATE)
    around = np.correlate(sound[2 * RATE - 2500 : 3 * RATE + 2500, 0], wanted[within], mode="valid")
    late = int(np.argmax(around)) - 2500
    # Where a file starts is known to a millisecond in WebM, and AAC and MP3 begin with their encoder's delay.
    assert abs(late) <= {"webm": 48, "wma": 2500, "m4a": 1100}.get(kind, 0)
    assert not sound[: RATE - 1].any()
    assert not sound[5 * RATE :].any()


def test_songs_of_any_rate_and_layout_come_as_loud_from_both_sides(tmp_path: Path) -> None:
    for rate, channels in ((44_100, 1), (22_050, 2), (96_000, 1), (48_000, 6)):
        silence = np.zeros((channels, 3 * rate), dtype=np.float32)
        silence[: min(channels, 2)] = tone(440.0, 3.0, rate, 0.5)
        encode(tmp_path / "song.wav", silence, "wav", rate)
        sound = mixed(*planned(sheet(2.0, cue(0.0, 2.0, tmp_path / "song.wav", 0.5))), seconds=2.0)
        loud = 0.5 if channels > 1 else 0.5 / np.sqrt(2)  # the power of one channel in two
        middle = sound[RATE // 2 : RATE]
        assert np.abs(middle).max(axis=0) == pytest.approx(loud, rel=0.01)
        spectrum = np.abs(np.fft.rfft(middle[:, 0] * np.hanning(len(middle))))
        assert np.argmax(spectrum) == pytest.approx(440 * len(middle) / RATE, abs=1)


def test_a_cross_fade_of_two_tones_has_neither_a_dip_nor_a_click(tmp_path: Path) -> None:
    first = encode(tmp_path / "a.wav", tone(1000.0, 12.0, RATE, 0.4), rate=RATE)
    second = encode(tmp_path / "b.wav", tone(1730.0, 12.0, RATE, 0.4), rate=RATE)
    parts = planned(sheet(12.0, cue(0.0, 6.0, first, 0.3, fade_out=2.0), cue(6.0, 12.0, second, 0.7, fade_in=2.0)))
    sound = mixed(*checked(parts), seconds=12.0)[:, 0]
    middle = level(sound)[5:-5]
    assert np.ptp(middle) < 0.1
    steps = np.abs(np.diff(sound)).max()
    assert steps <= 0.4 * 2 * np.pi * (1000 + 1730) / RATE / np.sqrt(2)


def test_a_hard_join_does_not_click(tmp_path: Path) -> None:
    song = encode(tmp_path / "a.wav", tone(200.0, 12.0, RATE, 0.4), rate=RATE)
    parts = checked(planned(sheet(8.0, cue(0.0, 4.0, song, 0.00125), cue(4.0, 8.0, song, 1.0025))))
    sound = mixed(*parts, seconds=8.0)[:, 0]
    assert np.abs(np.diff(sound, prepend=0.0, append=0.0)).max() < 0.4 * 2 * np.pi * 200 / RATE * 2.1


def test_a_song_that_ends_while_it_should_fade_out_fades_by_its_end(tmp_path: Path) -> None:
    song = encode(tmp_path / "a.wav", tone(200.0, 5.0, RATE, 0.4), rate=RATE)
    other = encode(tmp_path / "b.wav", tone(200.0, 9.0, RATE, 0.0), rate=RATE)
    parts = checked(planned(sheet(9.0, cue(0.0, 4.5, song, 0.0, fade_out=3.0), cue(4.5, 9.0, other, 0.0))))
    assert (parts[0].end, parts[0].fade_out) == (5 * RATE, RATE // 2)
    sound = mixed(*parts, seconds=9.0)[:, 0]
    assert level(sound)[44] == pytest.approx(level(sound)[20], abs=0.5)
    assert level(sound)[49] < level(sound)[20] - 10
    assert not sound[5 * RATE :].any()


@pytest.mark.parametrize("kind", ["wav", "mp3", "opus"])
def test_a_song_that_is_cut_short_is_named(tmp_path: Path, kind: str) -> None:
    song = encode(tmp_path / f"a.{kind}", noise(20.0, RATE), kind, RATE)
    parts = planned(sheet(10.0, cue(0.0, 2.0, song, 1.0), cue(2.0, 10.0, song, 9.0)))
    assert checked(parts) == parts
    content = song.read_bytes()
    song.write_bytes(content[: len(content) * 3 // 5])
    with pytest.raises(InputError, match=r"cue 2 at 17\.0 s.*spot the film again") as fault:
        checked(parts)
    assert fault.value.path == str(song)


def test_a_song_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.ogg"):
        checked(planned(sheet(10.0, cue(0.0, 2.0, tmp_path / "gone.ogg"))))


def test_what_is_heard_is_the_same_however_blocks_fall(tmp_path: Path) -> None:
    song = encode(tmp_path / "a.flac", noise(20.0, RATE, 0.2), "flac", RATE)
    whole = mixed(*planned(sheet(9.7, cue(0.3, 9.7, song, 4.0))), seconds=9.7)
    late = mixed(*planned(sheet(9.7, cue(5.0, 9.7, song, 8.7))), seconds=9.7)
    after = slice(round(5.1 * RATE), round(9.6 * RATE))
    assert whole.shape == (round(9.7 * RATE), 2)
    assert np.abs(whole[after] - late[after]).max() < 1e-4
