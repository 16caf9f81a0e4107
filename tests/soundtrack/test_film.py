"""Affect of films along time, read by a model whose valence is red and whose arousal is green."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.media.video import VideoFile
from img2music.progress import Progress, Step, unwatched
from img2music.soundtrack.cue_sheet import Shot
from img2music.soundtrack.film import SAMPLE_EVERY, Film, frame_at, group, partition, read_film, smooth
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


def read(path: Path, model: ImageModel, progress: Progress = unwatched) -> Film:
    with VideoFile(path) as video:
        return read_film(video, model, progress)


@pytest.mark.slow
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
    told: list[Step] = []
    found = read(film, model, told.append)
    assert [shot.start for shot in found.shots] == pytest.approx([0.0, 6.0, 11.0], abs=0.1)
    assert found.shots[-1].end == found.duration == pytest.approx(16.0, abs=0.05)
    for shot, affect in zip(found.shots, [(0.8, 0.2), (0.2, 0.7), (0.6, 0.6)], strict=True):
        assert (shot.affect.valence, shot.affect.arousal) == pytest.approx(affect, abs=0.04)
    assert np.diff(found.curve[:, 0]) == pytest.approx(SAMPLE_EVERY, abs=0.05)
    assert len(found.times) == 400
    assert [frame_at(found.times, time) for time in (0.0, 6.0, found.duration)] == [0, 150, 400]
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert (told[-1].stage, told[-1].done, told[-1].total) == ("Watching", found.duration, found.duration)
    # Cuts and dissolves are no movement.
    assert len(found.movement) > 40
    assert found.movement[:, 1].mean() < 0.01
    assert not any(10.6 < time < 11.4 for time in found.movement[:, 0])
    # Hard changes stay hard, dissolves are passed through.
    times = found.curve[:, 0]
    assert found.curve[times < 5.9, 1].min() > 0.76
    assert found.curve[(times > 6.0) & (times < 10.4), 1].max() < 0.24
    halfway = np.interp(11.0, times, found.curve[:, 1])
    assert halfway == pytest.approx(0.4, abs=0.08)


@pytest.mark.slow
def test_its_beginning_is_told_while_it_is_read(
    tmp_path: Path, model: ImageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("img2music.soundtrack.film.FIRST_PART", 6.0)
    stills = [Still(grain(0.8, 0.2), 6.0), Still(grain(0.2, 0.7), 9.0), Still(grain(0.6, 0.6), 9.0)]
    make_film(tmp_path / "film.mp4", stills)
    parts: list[Film] = []
    with VideoFile(tmp_path / "film.mp4") as video:
        whole = read_film(video, model, part=parts.append)
    alone = read(tmp_path / "film.mp4", model)
    assert whole.shots == alone.shots
    assert np.array_equal(whole.curve, alone.curve)
    assert len(parts) == 2
    assert 6.0 <= parts[0].duration < 9.0 < parts[1].duration < 24.0 / 1.5
    for part in parts:
        starts = [shot.start for shot in whole.shots if shot.start < part.duration]
        assert [shot.start for shot in part.shots] == starts
        assert part.shots[0].affect == whole.shots[0].affect
        assert part.curve[-1, 0] < part.duration == part.shots[-1].end
        assert part.survey == whole.survey


def test_a_film_of_one_picture(tmp_path: Path, model: ImageModel) -> None:
    film = write_film(tmp_path / "film.mp4", iter([(0.0, grain(0.5, 0.5))]))
    found = read(film, model)
    assert len(found.shots) == len(found.curve) == len(found.times) == 1
    assert 0.0 < found.duration < 0.1


def test_no_film(tmp_path: Path, model: ImageModel) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(InputError, match="can't read this as a film"):
        read(tmp_path / "film.mp4", model)


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


def price_of(starts, lengths, points, price):
    total = 0.0
    for first, last in zip(starts, [*starts[1:], len(lengths)], strict=True):
        mean = np.average(points[first:last], axis=0, weights=lengths[first:last])
        total += (((points[first:last] - mean) ** 2).sum(axis=1) * lengths[first:last]).sum() + price
    return total


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.3, 20), st.floats(0, 1), st.floats(0, 1)),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([0.0, 0.05, 0.5, 3.0]),
    st.sampled_from([0.0, 5.0, 12.0, 100.0]),
)
def test_scenes_equal_an_exhaustive_search(shots, price, least):
    lengths = np.array([shot[0] for shot in shots])
    points = np.array([shot[1:] for shot in shots])
    found = partition(lengths, points, least, price)
    ways = [
        [0, *inner]
        for count in range(len(shots))
        for inner in itertools.combinations(range(1, len(shots)), count)
        if all(part.sum() >= least - 1e-9 for part in np.split(lengths, inner))
    ]
    if not ways:
        assert lengths.sum() < least
        assert found == [0]
        return
    assert found in ways
    best = min(price_of(way, lengths, points, price) for way in ways)
    assert price_of(found, lengths, points, price) == pytest.approx(best, abs=1e-6)


def shots_of(*parts):
    ends = np.cumsum([part[0] for part in parts]).tolist()
    return [Shot(end - part[0], end, Affect(*part[1:])) for part, end in zip(parts, ends, strict=True)]


def test_shots_of_one_mood_are_one_scene():
    scenes = group(shots_of((7, 0.8, 0.7), (6, 0.75, 0.7), (4, 0.2, 0.3), (9, 0.25, 0.3)))
    assert [(scene.start, scene.end, len(scene.shots)) for scene in scenes] == [(0, 13, 2), (13, 26, 2)]
    assert scenes[1].affect.valence == pytest.approx((4 * 0.2 + 9 * 0.25) / 13)


def test_a_short_film_is_one_scene():
    assert len(group(shots_of((2, 0.1, 0.1), (3, 0.9, 0.9)))) == 1
