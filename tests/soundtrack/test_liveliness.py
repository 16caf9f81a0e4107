"""What movement, cuts and sound do to the arousal of scenes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.options import OriginalSound
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.cue_sheet import FilmFile, OwnSound, SceneMeasures, Shot, TimeSpan
from img2music.soundtrack.film import Film, scene_of
from img2music.soundtrack.liveliness import EFFECT, enlivened, liveliness
from img2music.soundtrack.mastering import STEP_SAMPLES
from img2music.soundtrack.sound import Heard

NATURAL = AffectDistribution.of(np.linspace(0.2, 0.8, 50), np.linspace(0.3, 0.7, 50))
MOST = EFFECT * float(np.std(NATURAL.arousal))

speeds = st.none() | st.floats(0.0, 5.0)
levels = st.none() | st.floats(-70.0, 0.0)
scenes_measured = st.lists(
    st.builds(SceneMeasures, movement=speeds, cuts=st.floats(0.0, 200.0), loudness=levels), min_size=1, max_size=8
)


def made(movement: tuple[float, ...] = (0.0, 0.0), arousal: float = 0.5) -> Film:
    """A film of scenes of 12 seconds, each one shot."""
    shots = tuple(Shot(12.0 * n, 12.0 * n + 12.0, Affect(0.5, arousal)) for n in range(len(movement)))
    times = np.arange(0.0, 12.0 * len(movement), 0.5)
    return Film(
        FilmFile("/films/a.mp4", shots[-1].end, 25.0),
        times,
        shots,
        (),
        np.column_stack([times, np.full((len(times), 2), (0.5, arousal))]),
        movement=np.column_stack([times, np.repeat(movement, 24)]),
        brightness=np.column_stack([times, np.full(len(times), 0.25)]),
    )


def lively(film: Film, sound: Heard | None = None, *, moves: bool = True):
    return enlivened(film, [scene_of([shot]) for shot in film.shots], sound or Heard(None), NATURAL, moves=moves)


def loud(*decibels: float) -> Heard:
    """Sound of scenes of 12 seconds, the first half of each spoken."""
    speech = tuple(TimeSpan(12.0 * n, 12.0 * n + 6.0) for n in range(len(decibels)))
    steps = round(12.0 * RATE / STEP_SAMPLES)
    return Heard(OwnSound(OriginalSound.DUCK, 12.0, 0.0, speech), np.repeat(10.0 ** (np.array(decibels) / 10), steps))


@given(scenes_measured)
def test_the_shift_is_bounded(measures: list[SceneMeasures]) -> None:
    found = liveliness(measures, np.ones(len(measures)))
    assert (found >= -0.5).all()
    assert (found <= 2.5).all()


@given(scenes_measured, st.data())
def test_more_movement_cuts_or_sound_never_calm_a_scene(measures: list[SceneMeasures], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(measures) - 1))
    more = data.draw(st.floats(0.0, 20.0))
    one = measures[which]
    raised = SceneMeasures(
        movement=(one.movement or 0.0) + more / 10,
        cuts=one.cuts + more,
        loudness=None if one.loudness is None else one.loudness + more,
    )
    others = [*measures[:which], raised, *measures[which + 1 :]]
    lengths = np.ones(len(measures))
    assert liveliness(others, lengths)[which] >= liveliness(measures, lengths)[which] - 1e-9


@given(st.lists(levels, min_size=1, max_size=6), st.floats(-20.0, 20.0))
def test_the_level_of_a_recording_says_nothing(found: list[float | None], gain: float) -> None:
    plain = [SceneMeasures(loudness=level) for level in found]
    gained = [SceneMeasures(loudness=None if level is None else level + gain) for level in found]
    lengths = np.arange(1.0, len(found) + 1)
    assert liveliness(gained, lengths) == pytest.approx(liveliness(plain, lengths), abs=1e-9)


def test_a_still_film_is_read_as_its_pictures() -> None:
    film = made((0.0,))
    changed, scenes = lively(film, loud(-20.0))
    assert scenes[0].measures is not None
    assert scenes[0].measures.arousal_shift == 0.0
    assert changed.shots == film.shots
    assert np.array_equal(changed.curve, film.curve)


def test_what_moves_is_livelier_and_no_more_or_less_pleasant() -> None:
    changed, scenes = lively(made((0.0, 0.3)))
    still, moving = (scene.affect for scene in scenes)
    assert moving.arousal > still.arousal
    assert moving.valence == still.valence == 0.5
    later = changed.curve[:, 0] >= 12.0
    assert changed.curve[later, 2] == pytest.approx(moving.arousal)
    assert changed.curve[~later, 2] == pytest.approx(still.arousal)
    assert changed.shots == tuple(shot for scene in scenes for shot in scene.shots)


def test_what_is_measured() -> None:
    _, scenes = lively(made((0.1, 0.0)), loud(-20.0, -40.0))
    first, second = (scene.measures for scene in scenes)
    assert first is not None
    assert second is not None
    assert (first.movement, first.cuts, first.brightness, first.speech) == pytest.approx((0.1, 0.0, 0.25, 0.5))
    assert (second.movement, second.cuts, second.speech) == pytest.approx((0.0, 5.0, 0.5))
    assert first.loudness is not None
    assert second.loudness is not None
    assert first.loudness - second.loudness == pytest.approx(20.0)
    assert first.arousal_shift == pytest.approx(MOST * (0.5 + np.tanh(1.0) / 2))
    assert second.arousal_shift == pytest.approx(MOST * (0.25 - np.tanh(1.0) / 2))


def test_pictures_alone() -> None:
    film = made((0.3, 0.0))
    changed, scenes = lively(film, loud(-20.0, -40.0), moves=False)
    assert np.array_equal(changed.curve, film.curve)
    assert [scene.affect for scene in scenes] == [shot.affect for shot in film.shots]
    assert scenes[0].measures is not None
    assert scenes[0].measures.movement == pytest.approx(0.3)


def test_affects_stay_on_their_scale() -> None:
    changed, scenes = lively(made((5.0, 0.0), arousal=1.0))
    assert scenes[0].affect.arousal == changed.curve[:, 2].max() == 1.0


def test_silence_and_a_film_without_movement_or_sound() -> None:
    film = made((0.0,))
    _, scenes = lively(film, Heard(None, np.zeros(0)))
    assert scenes[0].measures == SceneMeasures(movement=0.0, brightness=0.25)
    silent = loud(-20.0)
    silent.powers[:] = 0.0
    assert lively(film, silent)[1][0].measures == SceneMeasures(movement=0.0, brightness=0.25, speech=0.5)
