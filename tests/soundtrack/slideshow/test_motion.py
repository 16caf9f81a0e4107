"""Windows that move through photos."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.soundtrack.slideshow.motion import (
    MOST_ZOOM,
    PAN_SPEED,
    PANORAMA_SPEED,
    STRIP,
    Motion,
    ease,
    plan_motion,
)

FRAMES = ((1920, 1080), (1080, 1920), (1080, 1080), (128, 72))
photos = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))
motions = st.builds(plan_motion, photos, st.sampled_from(FRAMES), st.floats(1.0, 61.0), st.integers(0, 20))
shares = st.floats(0.0, 1.0)


@given(photos, st.sampled_from(FRAMES), st.floats(1.0, 61.0), st.integers(0, 20), shares)
def test_the_window_never_leaves_the_photo(photo, frame, seconds: float, number: int, share: float) -> None:
    window = plan_motion(photo, frame, seconds, number).at(share)
    slack = 1e-9 * max(photo)
    assert -slack <= window.left < window.left + window.width <= photo[0] + slack
    assert -slack <= window.top < window.top + window.height <= photo[1] + slack


@given(photos, st.sampled_from(FRAMES), st.floats(1.0, 61.0), st.integers(0, 20))
def test_the_box_lies_in_the_middle_of_the_frame_on_even_pixels(photo, frame, seconds: float, number: int) -> None:
    box = plan_motion(photo, frame, seconds, number).box
    assert all(side % 2 == 0 for side in (box.left, box.top, box.width, box.height))
    assert 0 <= frame[0] - box.width - 2 * box.left <= 2
    assert 0 <= frame[1] - box.height - 2 * box.top <= 2
    assert box.width == frame[0] or box.height == frame[1]
    assert box.width >= frame[0] / STRIP - 2
    assert box.height >= frame[1] / STRIP - 2


@given(motions, shares)
def test_nothing_is_stretched(motion: Motion, share: float) -> None:
    window = motion.at(share)
    assert window.width / window.height == pytest.approx(motion.box.width / motion.box.height, rel=1e-6)


@given(photos, st.sampled_from(FRAMES), st.floats(1.0, 61.0), st.integers(0, 20))
def test_speed_is_bounded(photo, frame, seconds: float, number: int) -> None:
    motion = plan_motion(photo, frame, seconds, number)
    start, end = motion.start, motion.end
    width, height = min(start.width, end.width), min(start.height, end.height)
    across = (end.left + end.width / 2 - start.left - start.width / 2) / width
    down = (end.top + end.height / 2 - start.top - start.height / 2) / height
    zoomed = max(start.width, end.width) / width
    panorama = max(photo) / min(photo) >= 2.2
    assert math.hypot(across, down) <= (PANORAMA_SPEED if panorama else PAN_SPEED) * seconds + 0.05
    assert zoomed <= MOST_ZOOM * 1.001


@given(motions, st.floats(0.0, 0.98))
def test_movement_is_smooth(motion: Motion, share: float) -> None:
    before, at, after = (motion.at(share + step) for step in (0.0, 0.01, 0.02))
    whole = abs(motion.end.left - motion.start.left) + abs(motion.end.width - motion.start.width)
    first, second = at.left - before.left, after.left - at.left
    assert abs(second - first) <= 0.002 * whole + 1e-6  # one sixth of the even speed, at the ends of the ramps


@given(shares)
def test_easing_goes_from_0_to_1_and_is_the_same_backwards(share: float) -> None:
    assert ease(share) + ease(1.0 - share) == pytest.approx(1.0)
    assert -1e-12 <= ease(share) <= ease(min(1.0, share + 0.01)) <= 1.0


def test_the_ends_of_easing() -> None:
    assert (ease(0.0), ease(0.5), ease(1.0)) == (0.0, 0.5, 1.0)
    assert ease(0.01) < 0.0002  # starts gently


@pytest.mark.parametrize(
    ("photo", "frame", "fills"),
    [
        ((4000, 3000), (1920, 1080), True),
        ((6000, 4000), (1920, 1080), True),
        ((3840, 2160), (1920, 1080), True),
        ((3000, 4000), (1920, 1080), False),
        ((3000, 3000), (1920, 1080), False),
        ((4000, 3000), (1080, 1920), False),
        ((3000, 4000), (1080, 1920), True),
        ((4000, 3000), (1080, 1080), True),
        ((6000, 4000), (1080, 1080), False),
    ],
)
def test_what_fills_the_frame(photo: tuple[int, int], frame: tuple[int, int], fills: bool) -> None:
    box = plan_motion(photo, frame, 4.0, 0).box
    assert ((box.width, box.height) == frame) is fills


def test_an_upright_photo_is_seen_whole() -> None:
    motion = plan_motion((3000, 4000), (1920, 1080), 4.0, 0)
    assert (motion.box.width, motion.box.height) == (810, 1080)
    assert (motion.start.width, motion.start.height) == (3000, 4000)
    assert motion.end.height > 0.95 * 4000


def test_the_view_pans_through_a_panorama() -> None:
    motion = plan_motion((9000, 3000), (1920, 1080), 5.0, 0)
    assert motion.box.height == 1080  # 1.7 frames wide: all of it passes by
    assert motion.start.left == 0.0
    assert motion.end.left + motion.end.width == pytest.approx(9000, abs=1)
    endless = plan_motion((20_000, 500), (1920, 1080), 4.0, 0)
    assert (endless.box.width, endless.box.height) == (1920, 270)
    assert endless.end.left - endless.start.left == pytest.approx(0.6 * endless.start.width)


def test_neighbours_move_differently() -> None:
    kinds = [plan_motion((4000, 3000), (1920, 1080), 4.0, number) for number in range(7)]
    assert all(first != second for first, second in itertools.pairwise(kinds))
