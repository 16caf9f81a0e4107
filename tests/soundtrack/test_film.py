"""Affect of films along time, read by a model whose valence is red and whose arousal is green."""

from pathlib import Path

import numpy as np
import pytest

from img2music.errors import InputError
from img2music.soundtrack.film import SAMPLE_EVERY, read_film, smooth
from img2music.vision.model import ImageModel
from tests.support.films import Still, make_film, write_film
from tests.support.small_models import colour_model, written


def grain(red: float, green: float, seed: int = 0):
    """A picture with some detail that is as red and green as it is told."""
    colour = np.array([red, green, 0.3]) * 255
    return (colour + np.random.default_rng(seed).normal(0, 4, (90, 160, 1))).clip(0, 255).astype(np.uint8)


@pytest.fixture
def model(tmp_path: Path) -> ImageModel:
    return ImageModel.load(written(tmp_path, colour_model()))


def test_a_film_is_read_in_one_pass(tmp_path: Path, model: ImageModel) -> None:
    film = tmp_path / "film.mp4"
    make_film(
        film,
        [
            Still(grain(0.8, 0.2), 6.0),
            Still(grain(0.2, 0.7), 5.0),
            Still(grain(0.6, 0.6), 5.0, "dissolve", 1.0),
        ],
    )
    told: list[tuple[float, float]] = []
    read = read_film(film, model, lambda done, of: told.append((done, of)))
    assert [shot.start for shot in read.shots] == pytest.approx([0.0, 6.0, 11.0], abs=0.1)
    assert read.shots[-1].end == read.duration == pytest.approx(16.0, abs=0.05)
    for shot, affect in zip(read.shots, [(0.8, 0.2), (0.2, 0.7), (0.6, 0.6)], strict=True):
        assert (shot.affect.valence, shot.affect.arousal) == pytest.approx(affect, abs=0.04)
    assert np.diff(read.curve[:, 0]) == pytest.approx(SAMPLE_EVERY, abs=0.05)
    assert len(read.times) == 400
    assert (read.frame(0.0), read.frame(6.0), read.frame(read.duration)) == (0, 150, 400)
    assert told == sorted(told)
    assert told[-1] == (read.duration, read.duration)
    # Hard changes stay hard, dissolves are passed through.
    times = read.curve[:, 0]
    assert read.curve[times < 5.9, 1].min() > 0.76
    assert read.curve[(times > 6.0) & (times < 10.4), 1].max() < 0.24
    halfway = np.interp(11.0, times, read.curve[:, 1])
    assert halfway == pytest.approx(0.4, abs=0.08)


def test_a_film_of_one_picture(tmp_path: Path, model: ImageModel) -> None:
    film = write_film(tmp_path / "film.mp4", iter([(0.0, grain(0.5, 0.5))]))
    read = read_film(film, model)
    assert len(read.shots) == len(read.curve) == len(read.times) == 1
    assert 0.0 < read.duration < 0.1


def test_no_film(tmp_path: Path, model: ImageModel) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(InputError, match="can't read this as a film"):
        read_film(tmp_path / "film.mp4", model)


def test_smoothing_takes_out_what_flickers_and_keeps_changes() -> None:
    times = np.arange(0.0, 20.0, 0.5)
    flicker = np.where(np.arange(40) % 2, 0.05, -0.05)
    points = np.column_stack([times, np.where(times < 10, 0.2, 0.8) + flicker, np.full(40, 0.5)])
    smoothed = smooth(points, [(0.0, 10.0), (10.0, 20.0)], np.ones(40, dtype=np.bool_))
    assert np.abs(smoothed[:, 1] - np.where(times < 10, 0.2, 0.8)).max() < 0.025
    assert smoothed[:, 2] == pytest.approx(0.5)


def test_what_is_read_in_a_transition_gives_way() -> None:
    times = np.arange(0.0, 10.0, 0.5)
    points = np.column_stack([times, np.full(20, 0.4), np.full(20, 0.4)])
    points[9:12, 1:] = 0.0  # black
    clear = (times < 4.2) | (times > 5.8)
    assert smooth(points, [(0.0, 5.0), (5.0, 10.0)], clear)[:, 1:] == pytest.approx(0.4)
