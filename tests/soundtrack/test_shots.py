"""Shots of films whose changes are known; the real measure is `python -m benchmarks soundtrack`."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from img2music.media.video import VideoFile
from img2music.soundtrack.shots import HEIGHT, WIDTH, Change, ShotFinder, Transition, boundaries
from tests.films import Still, changes, make_film, pictures

PHOTOS = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), np.stack([data.camera()] * 3, axis=2)]


def stills(*parts):
    return [Still(PHOTOS[n % len(PHOTOS)], *part) for n, part in enumerate(parts)]


def found(shown, rate=25.0):
    finder = ShotFinder(rate)
    for time, picture in shown:
        finder.add(time, picture)
    return finder.transitions()


def of(film, rate=25.0, **more):
    return found(pictures(film, rate, (WIDTH, HEIGHT), **more), rate)


@pytest.mark.parametrize("rate", [24.0, 25.0, 60.0])
@pytest.mark.parametrize("moving", [{}, {"motion": 0.2, "noise": 4.0}], ids=["still", "moving"])
def test_hard_cuts_are_found_to_the_picture(rate, moving):
    film = stills((2.0,), (1.5,), (2.2,), (1.0,))
    transitions = of(film, rate, **moving)
    assert [each.kind for each in transitions] == [Change.CUT] * 3
    assert [each.cut for each in transitions] == pytest.approx([each.middle for each in changes(film)], abs=1.01 / rate)


@pytest.mark.parametrize("kind", ["dissolve", "fade"])
@pytest.mark.parametrize("length", [0.5, 1.0, 1.8])
@pytest.mark.parametrize("moving", [{}, {"motion": 0.15, "noise": 3.0}], ids=["still", "moving"])
def test_dissolves_and_fades_are_found_with_their_length(kind, length, moving):
    film = stills((3.5,), (4.0, kind, length), (3.5, kind, length))
    transitions = of(film, **moving)
    assert [each.kind for each in transitions] == [Change(kind)] * 2
    for each, truth in zip(transitions, changes(film), strict=True):
        assert each.cut == pytest.approx(truth.middle, abs=0.2)
        assert (each.start, each.end) == pytest.approx((truth.start, truth.end), abs=0.3)


def test_slow_movement_and_a_new_key_frame_are_no_change(tmp_path: Path):
    film = tmp_path / "film.mp4"
    make_film(film, stills((12.0,)), motion=0.3, noise=6.0, size=(320, 180))
    finder = ShotFinder(25.0)
    with VideoFile(film) as video:
        for frame in video.frames():
            finder.add(frame.time, frame.pixels(WIDTH, HEIGHT, quick=True))
    assert finder.transitions() == []


def test_another_light_is_no_change():
    shown = [
        (time, (picture * (0.75 + 0.2 * np.sin(5.0 * time))).astype(np.uint8))
        for time, picture in pictures(stills((6.0,)), 25.0, (WIDTH, HEIGHT), motion=0.1, noise=2.0)
    ]
    assert found(shown) == []


def test_a_flash_is_no_shot():
    shown = list(pictures(stills((3.0,)), 25.0, (WIDTH, HEIGHT)))
    shown[40] = (shown[40][0], np.full((HEIGHT, WIDTH, 3), 255, dtype=np.uint8))
    assert len(boundaries(found(shown), 3.0)) <= 2


def test_cuts_at_a_varying_rate():
    film = list(pictures(stills((2.0,), (2.0,)), 50.0, (WIDTH, HEIGHT)))
    uneven = [shown for number, shown in enumerate(film) if number % 7 not in (1, 2, 5)]
    (cut,) = found(uneven, 28.0)
    assert cut.cut == pytest.approx(2.0, abs=0.045)


def test_a_fade_in_and_a_fade_out_part_no_shots():
    black = np.zeros_like(PHOTOS[0])
    film = [Still(black, 0.5), Still(PHOTOS[0], 5.0, "dissolve", 1.0), Still(black, 0.5, "dissolve", 1.0)]
    assert boundaries(of(film), 6.0) == [0.0]


def test_boundaries_leave_out_the_ends():
    inside = Transition(Change.CUT, 5.0, 5.0, 5.0)
    ends = (Transition(Change.FADE, 0.0, 1.0, 0.5), Transition(Change.FADE, 9.0, 10.0, 9.5))
    assert boundaries([ends[0], inside, ends[1]], 10.0) == [0.0, 5.0]


def test_nothing_is_found_in_nothing():
    assert ShotFinder(25.0).transitions() == []
    assert found([(0.0, np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8))]) == []
