"""Movement and brightness of pictures whose movement is known."""

import numpy as np
import pytest
from PIL import Image

from img2music.soundtrack.movement import MovementMeter

RNG = np.random.default_rng(3)
PHOTO = Image.fromarray(RNG.integers(30, 256, (12, 20, 3), dtype=np.uint8)).resize((900, 540), Image.Resampling.BICUBIC)


def panned(share: float, size: tuple[int, int] = (128, 72)) -> np.ndarray:
    """What a camera sees that has gone by a share of the picture."""
    left = 100 + 480 * share
    seen = PHOTO.resize((size[0] * 2, size[1] * 2), Image.Resampling.BILINEAR, box=(left, 100, left + 480, 370))
    return np.asarray(seen.resize(size, Image.Resampling.BOX))


def movement(times: np.ndarray, speed: float, bars: int = 0, noise: float = 0.0) -> float:
    """Mean movement of a pan."""
    meter = MovementMeter()
    for time in times.tolist():
        picture = panned(speed * time).astype(np.float64) + RNG.normal(0.0, noise, (72, 128, 3))
        if bars:
            squeezed = Image.fromarray(picture.clip(0, 255).astype(np.uint8)).resize((128, 72 - 2 * bars))
            picture = np.pad(np.asarray(squeezed), ((bars, bars), (0, 0), (0, 0)))
        meter.add(time, picture.clip(0, 255).astype(np.uint8))
    return float(np.mean([moved for *_, moved in meter.movement]))


@pytest.mark.parametrize("rate", [8.0, 24.0, 30.0, 60.0])
@pytest.mark.parametrize("speed", [0.02, 0.1, 0.3])
def test_speed_is_told_at_every_rate(rate: float, speed: float) -> None:
    assert movement(np.arange(0.0, 2.0, 1.0 / rate), speed) == pytest.approx(speed, rel=0.2)


def test_a_rate_may_vary() -> None:
    times = np.cumsum(RNG.choice([1 / 60, 1 / 30, 1 / 15], 60))
    assert movement(times, 0.2) == pytest.approx(0.2, rel=0.2)


def test_a_still_does_not_move_and_grain_hardly_does() -> None:
    times = np.arange(0.0, 2.0, 0.04)
    assert movement(times, 0.0) == 0.0
    assert movement(times, 0.0, noise=3.0) < 0.01


@pytest.mark.parametrize("level", [12.0, 120.0])
def test_noise_where_there_is_nothing_to_see_does_not_move(level: float) -> None:
    meter = MovementMeter()
    for number in range(50):
        picture = np.linspace(level, 1.5 * level, 128)[None, :, None] + RNG.normal(0.0, 2.0, (72, 128, 3))
        meter.add(number / 25, picture.clip(0, 255).astype(np.uint8))
    assert max(moved for *_, moved in meter.movement) < 0.01


def test_black_bars_are_no_part_of_the_picture() -> None:
    times = np.arange(0.0, 2.0, 0.04)
    assert movement(times, 0.2, bars=10) == pytest.approx(0.2, rel=0.2)
    plain, barred = MovementMeter(), MovementMeter()
    plain.add(0.0, np.full((72, 128, 3), 200, np.uint8))
    barred.add(0.0, np.pad(np.full((52, 128, 3), 200, np.uint8), ((10, 10), (0, 0), (0, 0))))
    assert plain.brightness == barred.brightness


def test_too_few_pictures_do_not_tell_movement() -> None:
    meter = MovementMeter()
    for second in range(5):
        meter.add(float(second), panned(0.1 * second))
    assert meter.movement == []
    assert len(meter.brightness) == 5


def test_black_pictures() -> None:
    meter = MovementMeter()
    for number in range(20):
        meter.add(number / 25, np.zeros((72, 128, 3), np.uint8))
    assert {moved for *_, moved in meter.movement} == {0.0}
    assert {level for _, level in meter.brightness} == {0.0}
