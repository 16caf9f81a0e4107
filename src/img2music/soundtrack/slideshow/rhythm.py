"""Beats of the music under a slideshow."""

import itertools
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from img2music.media.audio import open_audio
from img2music.soundtrack.cue_sheet import Cue

RATE = 22_050
"""Samples a second in which beats are looked for."""

HOP = 128
"""Samples from one value of the onset strength to the next: 6 ms."""

COARSE = 4
"""Values that are taken together to find the tempo: librosa's usual 512 samples."""

LEAST_CONTRAST = 1.8
"""Onset strength on a beat (median) by its mean: in noise and slow pads it is below."""

LEAST_STRENGTH = 0.2
"""Onset strength on a beat (median), in decibels on average over the bands: what a steady tone has is far below."""

MOST_UNREST = 0.05
"""How much one beat's length differs from the next one's (median), as a share: beats that are made up jump about."""

LATE = 0.010
"""Seconds by which the tracker places beats after the attack of what makes them (8 to 9 ms of clicks, 9 to 18 of drums
and chords)."""

PART = 120.0
"""Seconds of music that are in memory at once."""

FEWEST = 4
"""Beats below which there is no telling."""


def beats_under(cues: Iterable[Cue]) -> NDArray[np.float64]:
    """Find the beats of the passages under a film.

    Parameters
    ----------
    cues : iterable of Cue
        In order.

    Returns
    -------
    ndarray of float64, shape (n,)
        Seconds of the film, ascending. None where a passage has no clear beat.

    Raises
    ------
    InputError
        If a song can't be read.
    """
    found: list[NDArray[np.float64]] = []
    for cue in cues:
        length = cue.passage.end - cue.passage.start
        edges = np.linspace(cue.passage.start, cue.passage.end, math.ceil(length / PART) + 1).tolist()
        with open_audio(cue.track.path) as audio:
            found += [
                cue.start + part.start - cue.passage.start + beats(part.samples.mean(axis=0), part.rate)
                for part in audio.excerpts(list(itertools.pairwise(edges)))
            ]
    return np.concatenate(found) if found else np.zeros(0)


def beats(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Find the beats of a piece of music, by librosa's tracker (Ellis 2007).

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
    rate : int
        Samples a second.

    Returns
    -------
    ndarray of float64, shape (m,)
        Seconds; none where no clear beat is heard.

    References
    ----------
    Ellis, D. P. W. (2007). Beat tracking by dynamic programming. Journal of New Music Research 36(1).
    """
    import soxr
    from librosa.beat import beat_track
    from librosa.feature import tempo
    from librosa.onset import onset_strength

    heard = soxr.resample(samples, rate, RATE)
    if len(heard) < RATE:
        return np.zeros(0)
    strength = onset_strength(y=heard, sr=RATE, hop_length=HOP, n_fft=1024, n_mels=64, fmax=10_000)
    if not strength.max() > 0.0:
        return np.zeros(0)
    whole = len(strength) // COARSE * COARSE
    coarse = strength[:whole].reshape(-1, COARSE).sum(axis=1)
    pace = float(tempo(onset_envelope=coarse, sr=RATE, hop_length=COARSE * HOP)[0])
    places = beat_track(onset_envelope=strength, sr=RATE, hop_length=HOP, bpm=pace, trim=True)[1]
    if len(places) < FEWEST:
        return np.zeros(0)
    near = np.array([strength[max(0, place - 3) : place + 4].max() for place in places])
    strong = float(np.median(near))
    unrest = float(np.median(np.abs(np.diff(places, 2))) / np.median(np.diff(places)))
    if strong < max(LEAST_STRENGTH, LEAST_CONTRAST * strength.mean()) or unrest > MOST_UNREST:
        return np.zeros(0)
    times: NDArray[np.float64] = places * (HOP / RATE) - LATE
    return times.clip(min=0.0)
