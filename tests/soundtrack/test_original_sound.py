from pathlib import Path

import numpy as np
import pytest
from img2music.soundtrack.original_sound import OriginalSound

from img2music.errors import InputError
from tests.support.soundtracks import RATE, Sound, Track, film

CLICK = 400


def clicking(seconds: float, every: float = 1.0, channels: int = 2) -> Sound:
    """A short burst at every second, the first at 0.5 s."""
    sound = np.zeros((channels, round(seconds * RATE)), dtype=np.float32)
    burst = 0.5 * np.sin(2 * np.pi * 4000 * np.arange(CLICK) / RATE) * np.hanning(CLICK)
    for start in np.arange(0.5, seconds - 0.1, every):
        sound[:, round(start * RATE) : round(start * RATE) + CLICK] = burst
    return sound


def heard(path: Path, seconds: float) -> Sound:
    return np.concatenate(list(OriginalSound(path).blocks(round(seconds * RATE))))


def clicks(sound: Sound) -> list[float]:
    """When bursts begin, in seconds."""
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 0.25)
    first = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 10)]
    burst = np.flatnonzero(np.abs(clicking(1.0)[0]) > 0.25)[0] - RATE // 2
    return [float(place - burst) / RATE for place in first]


@pytest.mark.parametrize("container", ["mov", "mkv"])
@pytest.mark.parametrize(("start", "first"), [(0.0, 0.0), (1.25, 0.0), (0.0, 0.4), (2.0, 1.0)])
def test_sound_lies_where_it_does_in_the_film(tmp_path: Path, container: str, start: float, first: float) -> None:
    path = film(tmp_path / f"a.{container}", 6.0, Track(clicking(5.0), start=start), first=first)
    sound = heard(path, 6.0)
    wanted = [start - first + time for time in (0.5, 1.5, 2.5, 3.5, 4.5) if 0 <= start - first + time < 6]
    assert sound.shape == (6 * RATE, 2)
    assert clicks(sound) == pytest.approx(wanted, abs=0.0006 if container == "mkv" else 1e-4)


def test_gaps_are_silent_and_what_follows_stays_in_its_place(tmp_path: Path) -> None:
    tone = np.tile(0.4 * np.cos(2 * np.pi * 300 * np.arange(8 * RATE) / RATE), (2, 1)).astype(np.float32)
    path = film(tmp_path / "a.mkv", 8.0, Track(clicking(8.0), gaps=((2.0, 4.0),)))
    assert clicks(heard(path, 8.0)) == pytest.approx([0.5, 1.5, 4.5, 5.5, 6.5, 7.5], abs=0.001)
    path = film(tmp_path / "b.mkv", 8.0, Track(tone[:, : 6 * RATE], gaps=((2.0, 4.0),)))
    sound = heard(path, 8.0)[:, 0]
    assert not sound[round(2.05 * RATE) : round(3.95 * RATE)].any()
    assert not sound[round(6.05 * RATE) :].any()
    assert np.abs(np.diff(sound)[100:]).max() < 0.4 * 2 * np.pi * 300 / RATE * 1.5  # no click at the gap's edges


def test_rounded_time_stamps_leave_the_sound_whole(tmp_path: Path) -> None:
    time = np.arange(5 * RATE) / RATE
    tone = np.tile(0.4 * np.sin(2 * np.pi * 300 * time), (2, 1)).astype(np.float32)
    sound = heard(film(tmp_path / "a.mkv", 5.0, Track(tone)), 5.0)
    assert np.abs(sound[: -RATE // 10] - tone.T[: -RATE // 10]).max() < 1e-3


def test_the_default_stream_is_heard(tmp_path: Path) -> None:
    silent = Track(clicking(5.0) * 0.0, default=False)
    path = film(tmp_path / "a.mkv", 5.0, silent, Track(clicking(5.0), default=True))
    assert len(clicks(heard(path, 5.0))) == 5


@pytest.mark.parametrize(
    ("layout", "kept", "channels"),
    [("mono", "stereo", 2), ("5.1", "5.1", 6), ("5.1(side)", "5.1", 6), ("7.1", "7.1", 8), ("quad", "stereo", 2)],
)
def test_layouts_that_encoders_know_are_kept(tmp_path: Path, layout: str, kept: str, channels: int) -> None:
    count = {"mono": 1, "quad": 4, "7.1": 8}.get(layout, 6)
    part = clicking(3.0, channels=count)
    part[1:] *= 0.0
    path = film(tmp_path / "a.mkv", 3.0, Track(part, layout))
    assert OriginalSound(path).layout == kept
    sound = heard(path, 3.0)
    assert sound.shape == (3 * RATE, channels)
    assert len(clicks(sound)) == 3
    assert not sound[:, 2:].any()  # what was in front is still in front


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    assert OriginalSound(film(tmp_path / "a.mp4", 1.0)).layout is None


def test_a_film_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4"):
        OriginalSound(tmp_path / "gone.mp4")


def test_a_film_that_is_cut_short_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 6.0, Track(clicking(6.0)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = clicks(heard(path, 6.0))
    assert found == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5][: len(found)], abs=0.001)
    assert found
