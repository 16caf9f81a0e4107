"""Where the beats of a song are: librosa's tracker, on the stretches that are asked for."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain, pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.audio import open_audio
from img2music.media.excerpts import mono

RATE = 22_050  # samples a second that the tracker hears
HOP, WINDOW = 128, 1024
"""Samples from one value of the onset strength to the next (6 ms), and of the spectrum behind each."""

MELS, HIGHEST, LOW_MELS, DEEP_MELS = 64, 10_000.0, 4, 2
"""Mel bands, the highest frequency in hertz, how many of the lowest bands hold bass and kick drum (to 250 Hz), and how
many of these hold no snare (to 150 Hz)."""

LATENCY = 0.010
"""Seconds by which the strength's peak comes after the sound sets in: 8 to 18 ms for clicks, drums and soft notes."""

CHROMA_WINDOW, CHROMA_HOP = 4096, 512
"""Samples of a spectrum that tells semitones apart, from 90 Hz on, and from one to the next."""

CHORDS, BASS = 0.02, 2.0
"""By how much, as standard deviations, changes of chords (one less a cosine) and bass (decibels) must vary from beat to
beat to count fully for bars: drums alone change the first by 0.01, and a kick on every beat the second by 0.6."""

PEAK = 9  # values of the strength around a beat, within 25 ms, of which the greatest counts
LEAST_SECONDS = 6.0  # of sound, to tell beats from
CONTRAST = 2.2
"""Least strength of the onsets on beats, in means: it is 1.4 to 2.0 in noise, wind and pads, and 3 to 30 with drums."""

LEAST_RISE = 0.6
"""Decibels, over all mel bands, that the sound rises on a beat at least: it is 0.2 in a drone whose parts drift."""

REGULAR, BEATS = 0.12, 8
"""Correlation of the onset strength with itself one to so many beats later, on average, at least: it is 0.15 to 0.9
with a beat, the least where the tempo sways, and below 0.06 in speech, noise and notes at random."""

RATIOS = (1.0, 0.5, 0.75)
"""Tempos that are compared, by the first one found: of two equal ones, twos and threes of a beat are taken for it."""

USUAL, OCTAVES = 110.0, 1.2
"""Beats a minute of which a tempo is likely, and the octaves from there within which most are."""

TIGHTNESS = 300.0  # how evenly the tracker lays beats (librosa's default is 100): the tempo is known to half a percent
UNEVEN_BEAT = 0.1
"""A beat counts if it is, on one side at least, as far as usual from its neighbour, but for this share."""

HALVED = 110.0
"""Beats a minute from which on every second beat is left out where it is `WEAKER`: it lies between two beats."""

WEAKER = 6.0  # decibels
LED_IN, ON_GRID = 4, 0.04
"""Beats at most that the tracker leaves out where a song sets in, and seconds by which its first sound may be off."""

SIGNIFICANT = 3.0  # how many standard errors the first beats of bars must stand out
SILENCE = 45.0  # decibels below the loudest tenth of a second at which a song has not begun, or has ended
BLOCK = 0.02  # seconds in which loudness is measured to find silence
LEVELS, QUIET = 5, 20.0
"""Blocks in which the level of a song is kept, and decibels below its usual level at which it is too quiet to begin."""

COMPILING = 120.0
"""Seconds to wait while another process compiles the tracker, which takes a busy machine 30."""

STANDS_OUT, STEADY, SHORT = "no beat stands out in it", "its beat is not steady", "it is too short to tell its beat"
"""Why a sound has no beats."""


@dataclass(frozen=True)
class Beats:
    """The beats of parts of a song."""

    # Seconds of the song, ascending; empty where it has no beat
    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    # Whether each is the first of its bar; all False where bars can't be told
    first: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    # Seconds at which the song begins and ends to sound; None where that was not heard, or it breaks off
    begins: float | None = None
    ends: float | None = None
    without: tuple[tuple[float, float, str], ...] = ()  # start and end of the parts without a beat, and why
    # Seconds and decibels of what was heard
    levels: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))

    def why_not(self, time: float) -> str:
        """Say why there is no beat near a time."""
        return next((why for start, end, why in self.without if start <= time <= end), "no beat is near")

    def quiet(self, start: float, end: float) -> float:
        """Seconds between two times in which the song is far quieter than it usually is."""
        within = (self.levels[:, 0] >= start) & (self.levels[:, 0] < end)
        return float(self._is_quiet[within].sum() * LEVELS * BLOCK)

    def sounding(self, time: float) -> float:
        """Find the first time from another on at which the song is not that quiet; that time if it never is."""
        if self.quiet(time, time + 2 * LEVELS * BLOCK) == 0.0:
            return time
        return float(min(self.levels[~self._is_quiet & (self.levels[:, 0] >= time), 0], default=time))

    @property
    def _is_quiet(self) -> NDArray[np.bool_]:
        level = self.levels[:, 1]
        return level < np.percentile(level, 75) - QUIET if len(level) else np.zeros(0, dtype=np.bool_)

    def offset(self, time: float) -> float | None:
        """Find how far a time is from a beat."""
        if not len(self.times):
            return None
        nearest = float(time - self.times[np.abs(self.times - time).argmin()])
        length = self.length(time)
        return nearest if length is not None and abs(nearest) <= 0.75 * length else None

    def length(self, time: float) -> float | None:
        """Length of a beat around a time, in seconds; None if no beats are near."""
        near = self.times[np.abs(self.times - time) <= 6.0]
        return float(np.median(np.diff(near))) if len(near) >= 4 else None


def listen(path: str | os.PathLike[str], spans: Sequence[tuple[float, float]]) -> Beats:
    """Find the beats in parts of a song.

    The onset strength of librosa (mean rise in decibels over mel bands) in steps of 6 ms, its tempo and its tracker by
    dynamic programming (Ellis 2007, Journal of New Music Research 36). Where onsets on the beats don't stand out, or
    don't come again beat by beat, there are none. First beats of bars are those on which the chord changes more and
    there is more bass than on the others, every fourth or every third. A song that sets in at once has a beat there
    where it is one, though nothing is before it that it could rise from.

    The spans are in seconds; they may overlap and reach beyond the song. Empty if the song can't be decoded.
    """
    import soxr

    found: list[Beats] = []
    try:
        with open_audio(path) as audio:
            duration = audio.info.duration
            for excerpt in audio.excerpts(merged(spans, duration)):
                samples = mono(excerpt.samples)
                if excerpt.rate != RATE:
                    samples = soxr.resample(samples, excerpt.rate, RATE)
                times, first, why = track(samples)
                begins, ends = _sounding(samples)
                if excerpt.start <= BLOCK and begins is not None:
                    times, first = _led_in(times, first, begins)
                begins, ends = (None if time is None else excerpt.start + time for time in (begins, ends))
                found.append(
                    Beats(
                        times + excerpt.start,
                        first,
                        begins if excerpt.start <= BLOCK else None,
                        ends if excerpt.end >= duration - 0.1 else None,
                        ((excerpt.start, excerpt.end, why),) if why else (),
                        _levels(samples, excerpt.start),
                    )
                )
    except InputError:  # the song was read when it was scanned; without its beats it still sounds
        found = []
    if not found:
        return Beats(without=((-np.inf, np.inf, "it can't be read"),))
    times, first, levels = (
        np.concatenate([getattr(part, name) for part in found]) for name in ("times", "first", "levels")
    )
    without = tuple(chain.from_iterable(part.without for part in found))
    return Beats(times, first, found[0].begins, found[-1].ends, without, levels)


def merged(spans: Sequence[tuple[float, float]], duration: float) -> list[tuple[float, float]]:
    """Join spans that overlap or nearly touch, within a song."""
    result: list[tuple[float, float]] = []
    for start, end in sorted((max(0.0, start), min(duration, end)) for start, end in spans):
        if end - start <= 0.0:
            continue
        if result and start <= result[-1][1] + 1.0:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def compiled() -> Path:
    """A file that is there if the tracker was compiled since the machine was started."""
    return Path(gettempdir()) / f"img2music-librosa-{version('librosa')}-numba-{version('numba')}"


def compile_tracker() -> None:
    """Import librosa's tracker, in one process at a time.

    As it is imported for the first time it is compiled and kept on disk by numba. Where two processes do so at once,
    what is kept may call functions that are not there, and every process that loads it from then on dies
    (https://github.com/numba/numba/issues/10128).
    """
    if "librosa.beat" in sys.modules:
        return
    from filelock import FileLock

    with ExitStack() as held:
        with suppress(OSError):  # held by another user, or for too long
            held.enter_context(FileLock(Path(gettempdir()) / "img2music-librosa.lock", timeout=COMPILING))
        import librosa.beat  # noqa: F401

        with suppress(OSError):
            compiled().touch()


def track(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_], str]:
    """Find the beats of a sound."""
    compile_tracker()
    from librosa.beat import beat_track
    from librosa.feature import melspectrogram, tempo
    from librosa.onset import onset_strength_multi
    from scipy.ndimage import maximum_filter1d

    def nothing(why: str) -> tuple[NDArray[np.float64], NDArray[np.bool_], str]:
        return np.empty(0), np.empty(0, dtype=np.bool_), why

    if len(samples) < LEAST_SECONDS * RATE or not np.abs(samples).max() > 1e-5:
        return nothing(SHORT if len(samples) < LEAST_SECONDS * RATE else STANDS_OUT)
    power = melspectrogram(y=samples, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=MELS, fmax=HIGHEST)
    level = 10.0 * np.log10(np.maximum(power, max(1e-10, 1e-8 * float(power.max()))))
    low, high = onset_strength_multi(S=level, sr=RATE, n_fft=WINDOW, hop_length=HOP, channels=[0, LOW_MELS, MELS])
    strength = (LOW_MELS * low + (MELS - LOW_MELS) * high) / MELS
    coarse = strength[: len(strength) // 4 * 4].reshape(-1, 4).sum(axis=1)  # enough for a tempo
    if not coarse.any():
        return nothing(STANDS_OUT)
    speed, regularity = _tempo(strength, float(tempo(onset_envelope=coarse, sr=RATE, hop_length=4 * HOP)[0]))
    frames = beat_track(onset_envelope=strength, sr=RATE, hop_length=HOP, bpm=speed, tightness=TIGHTNESS)[1]
    if len(frames) < 8:
        return nothing(SHORT)
    stands_out = np.median(maximum_filter1d(strength, PEAK)[frames]) >= max(LEAST_RISE, CONTRAST * strength.mean())
    if not stands_out or regularity < REGULAR:
        return nothing(STEADY if stands_out else STANDS_OUT)
    loudness = 10.0 * np.log10(power.sum(axis=0) + 1e-10)
    if speed >= HALVED:
        frames = _halved(frames, loudness)
    frames = _with_kick(frames, 10.0 * np.log10(power[0] + 1e-10))
    # How loud beats are on the whole tells of snares, which are struck on every second one, and have bass themselves.
    bass = 10.0 * np.log10(power[:DEEP_MELS].sum(axis=0) + 1e-10)
    first = _bars(_standard(_chord_change(samples, frames), CHORDS) + _standard(_loud(bass, frames), BASS))
    lengths = np.diff(frames)
    even = np.abs(lengths / np.median(lengths) - 1.0) <= UNEVEN_BEAT
    kept = np.append(even, False) | np.insert(even, 0, False)
    times = np.maximum(0.0, frames * HOP / RATE - LATENCY)
    return times[kept], first[kept], ""


def _tempo(strength: NDArray[Any], rough: float) -> tuple[float, float]:
    """Beats a minute near a rough tempo or a simple part of it, and how regular the onsets are at it.

    Onsets that come again after each of the next beats make a tempo; over eight of them it is told to half a percent,
    where the lag of a single beat tells it to five.
    """
    clipped = np.minimum(strength, np.quantile(strength, 0.99))
    spectrum = np.fft.rfft(clipped - clipped.mean(), 2 * len(clipped))
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[: len(clipped)] / np.arange(len(clipped), 0, -1)
    alike /= alike[0]
    best = 0.0, rough, 0.0
    for ratio in RATIOS:
        beats = rough * ratio * np.linspace(0.95, 1.05, 101)
        lags = (60.0 * RATE / HOP / beats)[:, None] * np.arange(1, BEATS + 1)
        lags = np.where(lags < 0.7 * len(alike), lags, np.nan)
        regular = np.nanmean(np.interp(lags, np.arange(len(alike)), alike), axis=1)
        likely = regular * np.exp(-0.5 * (np.log2(beats / USUAL) / OCTAVES) ** 2)
        index = int(likely.argmax())
        best = max(best, (float(likely[index]), float(beats[index]), float(regular[index])))
    return best[1], best[2]


def _levels(samples: NDArray[np.float32], start: float) -> NDArray[np.float64]:
    """Seconds, every tenth, and decibels of the loudest tenth of a second within half a second around."""
    from scipy.ndimage import maximum_filter1d

    power = _powers(samples, LEVELS * round(BLOCK * RATE))
    times = start + np.arange(len(power)) * LEVELS * BLOCK
    return np.column_stack([times, 10.0 * np.log10(maximum_filter1d(power, 11) + 1e-12)])


def _powers(samples: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """Mean square of every so many samples."""
    count = len(samples) // size
    return np.asarray((samples[: count * size].reshape(count, size).astype(np.float64) ** 2).mean(axis=1))


def _loud(loudness: NDArray[np.float32], frames: NDArray[Any]) -> NDArray[np.float64]:
    """Greatest loudness within 60 ms after each beat."""
    return np.array([loudness[frame : frame + 10].max() for frame in frames], dtype=np.float64)


def _halved(frames: NDArray[Any], loudness: NDArray[np.float32]) -> NDArray[Any]:
    """Every second beat, where those between are much weaker."""
    loud = _loud(loudness, frames)
    means = [float(np.median(loud[side::2])) for side in range(2)]
    strong = int(np.argmax(means))
    return frames[strong::2] if means[1 - strong] < means[strong] - WEAKER else frames


def _with_kick(frames: NDArray[Any], lowest: NDArray[np.float32]) -> NDArray[Any]:
    """The beats, or the middles between them, where the bass drum is there: the snare, which is louder, led to them."""
    between = (frames + np.append(frames[1:], 2 * frames[-1] - frames[-2])) // 2
    between = between[between < len(lowest) - 1]
    kicked, struck = (float(np.median(_loud(lowest, each))) for each in (between, frames))
    return between if kicked > struck + WEAKER else frames


def _chord_change(samples: NDArray[np.float32], frames: NDArray[Any]) -> NDArray[np.float64]:
    """How much the chords of the two beats from each beat on differ from those of the two before.

    One less the cosine of their chroma vectors, each beat's being the median over it, which drums hardly change.
    """
    from librosa.feature import chroma_stft

    chroma = chroma_stft(y=samples, sr=RATE, n_fft=CHROMA_WINDOW, hop_length=CHROMA_HOP, tuning=0.0, norm=None)
    edges = np.append(frames, 2 * frames[-1] - frames[-2]) * HOP // CHROMA_HOP
    parts = [chroma[:, begin : max(begin + 1, end)] for begin, end in pairwise(edges.tolist())]
    beats = np.array([_unit(np.median(part, axis=1)) for part in parts if part.shape[1]])
    sums = np.array([_unit(each) for each in beats[1:] + beats[:-1]])
    change = np.zeros(len(frames))
    inner = 1.0 - (sums[2:] * sums[:-2]).sum(axis=1)
    change[2 : 2 + len(inner)] = inner
    change[:2] = change[2 + len(inner) :] = inner.mean()
    return change


def _unit(vector: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(vector / (np.linalg.norm(vector) + 1e-9), dtype=np.float64)


def _standard(values: NDArray[Any], least: float) -> NDArray[np.float64]:
    """Values by their standard deviation, or the least that says something; few that lie far off are brought nearer."""
    kept = np.clip(values.astype(np.float64), *np.quantile(values, (0.05, 0.95)))
    return np.asarray((kept - kept.mean()) / max(float(kept.std()), least))


def _bars(accents: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Every third or fourth beat, if those are accented more than the others."""
    best, found = SIGNIFICANT, np.zeros(len(accents), dtype=np.bool_)
    for beats in (4, 3):
        for phase in range(beats):
            inside = np.zeros(len(accents), dtype=np.bool_)
            inside[phase::beats] = True
            if inside.sum() < 3:
                continue
            error = accents.std() * np.sqrt(1.0 / inside.sum() + 1.0 / (~inside).sum()) + 1e-9
            stands_out = float(accents[inside].mean() - accents[~inside].mean()) / error
            if stands_out > best:
                best, found = stands_out, inside
    return found


def _led_in(
    times: NDArray[np.float64], first: NDArray[np.bool_], begins: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Beats, with those between the first sound of a song and the first beat that was found, if it sets in on one."""
    if len(times) < 8:
        return times, first
    length = float(np.median(np.diff(times[:8])))
    missing = round((times[0] - begins) / length)
    if not 0 < missing <= LED_IN or abs(times[0] - missing * length - begins) > ON_GRID:
        return times, first
    bars = np.flatnonzero(first)
    before = np.zeros(missing, dtype=np.bool_)
    if len(bars) > 1:
        bar = int(np.diff(bars).min())
        before = (np.arange(-missing, 0) - bars[0]) % bar == 0
    led = np.maximum(0.0, times[0] - length * np.arange(missing, 0, -1))
    return np.concatenate([led, times]), np.concatenate([before, first])


def _sounding(samples: NDArray[np.float32]) -> tuple[float | None, float | None]:
    """Seconds at which a sound rises from silence for the first time, and falls back into it for the last time."""
    power = _powers(samples, round(BLOCK * RATE))
    if len(power) < 10:
        return None, None
    loudest = np.convolve(power, np.full(5, 0.2), "valid").max()
    heard = np.flatnonzero(power > loudest * 10 ** (-SILENCE / 10))
    if not loudest > 1e-10 or not len(heard):
        return None, None
    # A song that is loud to its last sample breaks off, as music does that is made to be looped.
    settled = power[-5:].mean() < loudest * 10 ** (-25.0 / 10)
    return float(heard[0] * BLOCK), float((heard[-1] + 1) * BLOCK) if settled else None
