"""Shots of films whose changes are known; the real measure is `python -m benchmarks soundtrack`."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from img2music.media.video import VideoFile
from img2music.soundtrack.shots import HEIGHT, WIDTH, Change, ShotFinder, Transition, boundaries
from tests.support.films import Still, changes, make_film, pictures

pytestmark = pytest.mark.slow

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


def lights(mean: float, seed: int) -> np.ndarray:
    """A city at night: small lights, nothing else, of a mean brightness."""
    chance = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), 2.0)
    picture[chance.random((HEIGHT, WIDTH)) < 0.05] = (250.0, 220.0, 160.0)
    return np.clip(picture * (mean / picture.mean()), 0, 255)


def colour(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), float(level))


def shown_as(*parts, rate=12.5):
    """Pictures of shots (picture, seconds), and of what turns evenly into another picture (first, last, seconds)."""
    shades = np.random.default_rng(1).normal(0.0, 1.0, (8, HEIGHT, WIDTH, 3))
    number = 0
    for first, *last, seconds in parts:
        count = round(seconds * rate)
        for place in range(count):
            share = (place + 0.5) / count if last else 0.0
            picture = first * (1 - share) + (last[0] if last else first) * share
            yield number / rate, np.clip(picture + shades[number % 8], 0, 255).round().astype(np.uint8)
            number += 1


BRIGHT, OTHER = (photo[: 4 * HEIGHT : 4, : 3 * WIDTH : 3].astype(float) for photo in (data.coffee(), data.astronaut()))
NIGHT, CITY, BLACK, WHITE = lights(12, 1), lights(10, 2), colour(0), colour(255)
CARD = colour(0)
CARD[30:40, 30:98:2] = 255
SNOW = 215 + 0.15 * OTHER

SHOTS = {
    "a dark shot": (NIGHT,),
    "two dark shots": (NIGHT, CITY),
    "a dark photo": (0.1 * OTHER,),
    "a black card with a title": (CARD,),
    "a bright shot": (SNOW,),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_shot_that_is_dark_or_bright_is_a_shot(name):
    shots = SHOTS[name]
    transitions = found(shown_as((BRIGHT, 2.0), *((shot, 2.0) for shot in shots), (BRIGHT, 2.0)), 12.5)
    assert [each.kind for each in transitions] == [Change.CUT] * (1 + len(shots))
    assert [each.cut for each in transitions] == pytest.approx(2.0 * np.arange(1, 2 + len(shots)), abs=0.01)


FADES = {
    "to white": (BRIGHT, WHITE),
    "to white, slowly": (BRIGHT, WHITE, 3.2),
    "of a dark shot": (NIGHT, BLACK),
    "to black, slowly": (BRIGHT, BLACK, 3.2),
}


@pytest.mark.parametrize("name", FADES)
def test_a_shot_that_fades_to_one_colour_gives_way_there(name):
    shot, end, seconds = (*FADES[name], 1.2)[:3]
    (fade,) = found(shown_as((shot, 3.0), (shot, end, seconds), (end, 0.32), (end, OTHER, seconds), (OTHER, 3.0)), 12.5)
    assert fade.kind is Change.FADE
    assert fade.cut == pytest.approx(3.16 + seconds, abs=0.3)
    assert (fade.start, fade.end) == pytest.approx((3.0, 3.32 + 2 * seconds), abs=0.5)


def test_black_that_is_held_is_a_shot_between_two_fades():
    parts = (BRIGHT, 2.0), (BRIGHT, BLACK, 0.8), (BLACK, 5.2), (BLACK, OTHER, 0.8), (OTHER, 2.0)
    out, into = found(shown_as(*parts), 12.5)
    assert (out.kind, into.kind) == (Change.FADE, Change.FADE)
    assert (out.cut, into.cut) == pytest.approx((2.8, 8.0), abs=0.17)


def test_boundaries_leave_out_the_ends():
    inside = Transition(Change.CUT, 5.0, 5.0, 5.0)
    ends = (Transition(Change.FADE, 0.0, 1.0, 0.5), Transition(Change.FADE, 9.0, 10.0, 9.5))
    assert boundaries([ends[0], inside, ends[1]], 10.0) == [0.0, 5.0]


def test_nothing_is_found_in_nothing():
    assert ShotFinder(25.0).transitions() == []
    assert found([(0.0, np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8))]) == []
