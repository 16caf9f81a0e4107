"""Beats of a song around the moments where it begins and ends on a film."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.audio import open_audio
from img2music.media.excerpts import Excerpt

RATE = 22_050
"""Samples a second in which beats are looked for."""

HOP, WINDOW, BANDS, HIGHEST = 128, 1024, 64, 10_000.0
"""Samples from one onset strength to the next and under each, mel bands, hertz of the highest. These tell beats to 2 ms
(standard deviation on drums, chords and piano of known tempo); librosa's defaults to 9 ms."""

LATE = 0.013
"""Seconds by which the onset strength peaks after an attack: the median on the same sounds (0.011 to 0.019)."""

COARSE = 4
"""Onset strengths that are added up before the tempo is told: librosa's own resolution."""

REACH = 8.0
"""Seconds before and after a moment that are heard for its beats."""

FEWEST = 6
"""Beats that a stretch must have to be told at all."""

EVEN = 0.05
"""Greatest median change from one beat to the next, by their distance, of a steady beat: a tracker that is led by
noise, wind, speech or a pad mostly changes more."""

CLEAR = 2.2
"""Least onset strength at the beats, by its mean, of a steady beat. Made noise, drones, pads, wind, speech and random
notes that passed as even had up to 2.0; of 80 songs of games 53 pass both."""

AUDIBLE = 0.5
"""Least onset strength at the beats, in decibels of the mean band, of a steady beat; of a long note it is 0.06."""

AROUND = 0.015
"""Seconds around a beat in which the strength of its onset is looked for."""

METRES = (4, 3)
"""Beats of a bar."""

ACCENT, STRUCK = 1.15, 0.1
"""How much louder than the others first beats must be to be told, and the seconds after a beat that are compared."""


@dataclass(frozen=True)
class Beats:
    """Beats of a stretch of a song.

    Attributes
    ----------
    times : ndarray of float64, shape (n,)
        Seconds of the song, ascending.
    first : ndarray of bool, shape (n,)
        Whether each is the first of a bar; none where that can't be told.
    steady : bool
        Whether they are surely heard; else they are where a tracker guesses.
    """

    times: NDArray[np.float64]
    first: NDArray[np.bool_]
    steady: bool

    @property
    def period(self) -> float:
        """Seconds from one beat to the next, their median."""
        return float(np.median(np.diff(self.times)))

    def offset(self, time: float) -> float:
        """Tell how far a moment is from its nearest beat.

        Parameters
        ----------
        time : float
            Seconds of the song.

        Returns
        -------
        float
            Seconds from the beat to the moment; negative before it.
        """
        offsets = time - self.times
        return float(offsets[np.abs(offsets).argmin()])


def track_beats(excerpt: Excerpt) -> Beats | None:
    """Find the beats of a stretch of sound by librosa's dynamic programming (Ellis 2007, J. New Music Research 36).

    Parameters
    ----------
    excerpt : Excerpt

    Returns
    -------
    Beats or None
        None where there are hardly any sounds.
    """
    import soxr
    from librosa.beat import beat_track
    from librosa.feature import tempo
    from librosa.onset import onset_strength

    mono = soxr.resample(excerpt.samples.mean(axis=0), excerpt.rate, RATE)
    if len(mono) < WINDOW * COARSE or not np.abs(mono).max() > 1e-4:
        return None
    strength = onset_strength(y=mono, sr=RATE, hop_length=HOP, n_fft=WINDOW, n_mels=BANDS, fmax=HIGHEST)
    coarse = strength[: len(strength) // COARSE * COARSE].reshape(-1, COARSE).sum(axis=1)
    if not coarse.any():
        return None
    bpm = float(tempo(onset_envelope=coarse, sr=RATE, hop_length=COARSE * HOP)[0])
    frames = beat_track(onset_envelope=strength, sr=RATE, hop_length=HOP, bpm=bpm)[1]
    if len(frames) < FEWEST:
        return None
    apart = np.diff(frames)
    reach = round(AROUND * RATE / HOP)
    onsets = np.array([strength[max(0, frame - reach) : frame + reach + 1].max() for frame in frames])
    even = np.median(np.abs(np.diff(apart))) <= EVEN * np.median(apart)
    steady = bool(even and np.median(onsets) >= max(CLEAR * strength.mean(), AUDIBLE))
    times = frames * HOP / RATE - LATE
    return Beats(excerpt.start + times, first_of_bar(_loudness(mono, times)), steady)


def _loudness(mono: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float64]:
    starts = np.maximum(0, np.round(times * RATE).astype(np.int64))
    return np.array([np.sqrt(np.square(mono[at : at + round(STRUCK * RATE)]).mean()) for at in starts])


def first_of_bar(loudness: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which beats begin a bar: every fourth or third, if these are clearly the loudest.

    Parameters
    ----------
    loudness : ndarray of float, shape (n,)
        Amplitude after each beat.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    count = len(loudness)
    best, found = ACCENT, np.zeros(count, dtype=np.bool_)
    for metre in METRES:
        for phase in range(metre):
            first = np.arange(count) % metre == phase
            if first.sum() < 2:
                continue
            others = [
                float(loudness[np.arange(count) % metre == other].mean()) for other in range(metre) if other != phase
            ]
            accent = float(loudness[first].mean()) / max(*others, 1e-9)
            if accent > best:
                best, found = accent, first
    return found


def beats_around(path: str, moments: Sequence[float]) -> list[Beats | None]:
    """Find the beats around some moments of a song.

    Parameters
    ----------
    path : str
    moments : sequence of float
        Seconds, ascending.

    Returns
    -------
    list of (Beats or None)
        For each moment; None where there are none, or the song can't be decoded.
    """
    found: list[Beats | None] = []
    try:
        with open_audio(path) as audio:
            for moment in moments:
                span = (max(0.0, moment - REACH), min(audio.info.duration, moment + REACH))
                excerpt = next(iter(audio.excerpts([span])), None) if span[0] < span[1] else None
                found.append(None if excerpt is None else track_beats(excerpt))
    except InputError:  # what can't be read is said when it is rendered
        return [None] * len(moments)
    return found


SOUNDS = 0.01
"""Amplitude (root mean square of a frame, by the loudest frame's) below which a song has ended: -40 dB."""

FRAME = 0.05
"""Seconds."""

LAST = 20.0
"""Seconds before the end of a song in which its last sound is looked for."""


def last_sound(path: str) -> float | None:
    """Find where a song's sound ends, before the silence that many files end with.

    Parameters
    ----------
    path : str

    Returns
    -------
    float or None
        Seconds; None where it can't be decoded, or its end is silent for longer than `LAST`.
    """
    try:
        with open_audio(path) as audio:
            length = audio.info.duration
            excerpt = next(iter(audio.excerpts([(max(0.0, length - LAST), length)])), None)
    except InputError:
        return None
    if excerpt is None:
        return None
    size = round(FRAME * excerpt.rate)
    count = excerpt.samples.shape[1] // size
    if not count:
        return None
    frames = excerpt.samples[:, : count * size].reshape(len(excerpt.samples), count, size)
    level = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=(0, 2)))
    heard = np.flatnonzero(level > SOUNDS * level.max()) if level.max() > 1e-4 else np.zeros(0)
    return excerpt.start + float(heard[-1] + 1) * size / excerpt.rate if len(heard) else None
