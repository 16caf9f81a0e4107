"""What a film adds to its pictures: movement, cutting and its own sound, and how much livelier they make a scene.

The image model reads pictures one at a time. That movement, cuts and loud sound excite is known from experiments, how
much is not known for a film at hand: so each moves the arousal by little, in the direction that the literature gives.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.cue_sheet import Scene, SceneMeasures, TimeSpan
from img2music.soundtrack.curves import SHOT
from img2music.soundtrack.film import SAMPLE_EVERY, Film
from img2music.soundtrack.mastering import STEP_SAMPLES, loudness
from img2music.soundtrack.sound import Heard

EFFECT = 0.5
"""Standard deviations of natural pictures' arousal that movement, cutting and sound each span: what is called a medium
effect (Cohen 1988). Still and moving versions of the same pictures were rated by Detenber, Simons and Bennett (1998,
doi:10.1080/08838159809364437) and Simons et al. (1999, 2000): movement raises arousal, and says little about valence.
"""

BRISK = 0.1
"""Share of the picture by which it moves in a second where movement has half of its effect: a camera that is carried.
Much above a slow zoom over a photo (0.02), much below a camera that is swept around (1)."""

CUTS = 60.0 / SHOT
"""Cuts a minute which have half of their effect. More cuts raise arousal (Lang et al. 2000)."""

LOUDER = 10.0
"""Decibels above the film's mean at which a scene has three quarters of what sound raises it by, and below it the
opposite: what is heard as twice as loud. Recording levels say nothing, so only differences within a film count."""

FAINT = 30.0  # decibels below the loudest scene from which on it is as good as silent


def enlivened(
    film: Film, scenes: Sequence[Scene], heard: Heard, natural: AffectDistribution, *, moves: bool = True
) -> tuple[Film, list[Scene]]:
    """Measure scenes, and, if it ``moves`` them, raise or lower their arousal and that of the film's curve."""
    measures = [_measures(film, scene, heard) for scene in scenes]
    if moves:
        size = EFFECT * float(np.std(natural.arousal))
        lengths = np.array([scene.end - scene.start for scene in scenes])
        found = (size * liveliness(measures, lengths)).tolist()
        measures = [replace(each, arousal_shift=shift) for each, shift in zip(measures, found, strict=True)]
    lively = [_moved(scene, measure) for scene, measure in zip(scenes, measures, strict=True)]
    curve = film.curve.copy()
    owners = np.searchsorted([scene.start for scene in scenes], curve[:, 0] + 1e-6, side="right") - 1
    curve[:, 2] += np.array([each.arousal_shift for each in measures])[np.maximum(owners, 0)]
    np.clip(curve[:, 2], 0.0, 1.0, out=curve[:, 2])
    shots = tuple(shot for scene in lively for shot in scene.shots)
    return replace(film, shots=shots, curve=curve), lively


def liveliest(film: Film, heard: Heard, natural: AffectDistribution, seconds: float) -> float:
    """Find where the liveliest part of a film begins that lasts so long: the earliest, of several.

    It is the part of the greatest arousal, as `enlivened` would read it if it were a scene; to begin or end amidst
    speech costs as much as movement, cutting or sound can add.
    """
    starts = np.arange(0.0, max(0.0, film.duration - seconds) + 1e-6, SAMPLE_EVERY)
    if len(starts) == 1:
        return 0.0
    times, size = film.curve[:, 0], EFFECT * float(np.std(natural.arousal))
    measures, costs = [], []
    for start in starts.tolist():
        end = start + seconds
        shots = tuple(shot for shot in film.shots if start < shot.start < end)
        measures.append(_measures(film, Scene(start, end, Affect(0.5, 0.5), shots), heard))
        within = (times >= start - 1e-6) & (times < end)
        spoken = (any(part.start < edge < part.end for part in _speech(heard)) for edge in (start, end))
        felt = float(film.curve[within, 2].mean()) if within.any() else -np.inf  # where no picture is shown anew
        costs.append(size * sum(spoken) - felt)
    lively = liveliness(measures, np.full(len(starts), seconds))
    return float(starts[int(np.argmax((size * lively - costs).round(6)))])


def _speech(heard: Heard) -> Sequence[TimeSpan]:
    return () if heard.own is None else heard.own.speech or ()


def liveliness(measures: Sequence[SceneMeasures], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much livelier each scene of a film is than its pictures, in `EFFECT`s: from -0.5 to 2.5.

    The sum of movement, cutting and the level of sound, each bounded, after the model of Hanjalic and Xu (2005,
    doi:10.1109/TMM.2004.840618), in which arousal grows with the three, equally weighted.
    """
    movement = np.array([each.movement or 0.0 for each in measures])
    cuts = np.array([each.cuts for each in measures])
    levels = np.array([-np.inf if each.loudness is None else each.loudness for each in measures])
    sound = np.zeros(len(levels))
    if np.isfinite(levels).any():
        levels = np.maximum(levels, levels.max() - FAINT)
        sound = 0.5 * np.tanh((levels - np.average(levels, weights=lengths)) / LOUDER)
    return np.asarray(movement / (movement + BRISK) + cuts / (cuts + CUTS) + sound)


def _measures(film: Film, scene: Scene, heard: Heard) -> SceneMeasures:
    lasts = scene.end - scene.start
    first, last = (round(time * RATE / STEP_SAMPLES) for time in (scene.start, scene.end))
    speech = None if heard.own is None else heard.own.speech
    powers = heard.powers[first:last]
    begun = sum(shot.start > 0.0 for shot in scene.shots)
    return SceneMeasures(
        movement=_mean(film.movement, scene),
        cuts=60.0 * begun / lasts,
        brightness=_mean(film.brightness, scene),
        loudness=loudness(powers),
        speech=None if speech is None else sum(_shared(part, scene) for part in speech) / lasts,
    )


def _mean(points: NDArray[np.float64], scene: Scene) -> float | None:
    within = points[(points[:, 0] >= scene.start - 1e-6) & (points[:, 0] < scene.end - 1e-6), 1]
    return float(within.mean()) if len(within) else None


def _shared(one: TimeSpan, other: TimeSpan) -> float:
    return max(0.0, min(one.end, other.end) - max(one.start, other.start))


def _moved(scene: Scene, measures: SceneMeasures) -> Scene:
    def lively(affect: Affect) -> Affect:
        return Affect(affect.valence, float(np.clip(affect.arousal + measures.arousal_shift, 0.0, 1.0)))

    shots = tuple(replace(shot, affect=lively(shot.affect)) for shot in scene.shots)
    return replace(scene, affect=lively(scene.affect), shots=shots, measures=measures)
