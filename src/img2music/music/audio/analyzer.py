"""The analyzer: one sound file in, everything img2music knows of its music out.

A pure function of the file's bytes: the same bits in any process, on any day.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.analysis import NO_MUSIC, CurvePoint, Features, TrackAnalysis
from img2music.errors import Img2MusicError, InputError, unexpected
from img2music.media.audio import Audio, open_audio
from img2music.media.audio_file import SHORTFALL
from img2music.media.excerpts import Excerpt, mono
from img2music.music.audio import harmony, loudness, musicnn, rhythm, tonality
from img2music.music.audio.affect_model import SIGNALS, AffectModel, shipped_model
from img2music.music.audio.mel import FRAME_RATE, HOP, SAMPLE_RATE, centroid_and_level, log_mel, register
from img2music.music.audio.network import hear

ANALYZER = "audio/5"
"""Name and version of this analyzer; a new version means that libraries are analysed again."""
EXCERPTS = 12
EXCERPT_SECONDS = 8.0
"""A track is heard in this many excerpts of this length, evenly spread; docs/analyzer.md says why."""
WINDOW_SECONDS = 8.0
"""Length of a window of the affect curve, about."""
LEVEL = 30.0
"""Decibels, summed over the mel bins, to which the loudest frame of each track is brought before it is judged.

It is the median of tracks whose peak is at full scale, so they are heard much as they are.
"""
LEAST_ATTACK = 1e-3
"""Share of the amplitude by which it rises from frame to frame, of a sound that does not change."""
RANGE = 60.0
"""Decibels below the loudest frame of a track under which it is silent, as gaps of digital silence are, and those of
hiss; of 1,475 windows of 188 pieces of music none is 35 below throughout."""
GAP = 3.0
"""Seconds of silence from which on it is no rest in the music: two beats of the slowest tempo that is told."""
PATCHES = 4
"""Parts of a track that MusiCNN hears; docs/models/music-affect.md says why no more."""
SILENCE = Affect(valence=0.5, arousal=0.0)
"""Affect of a window that is silence for the most part: calm, and nothing more."""
DAMAGED = "A part of it is damaged; it was heard as far as it can be decoded."
CUT_SHORT = "It ends after {:.1f} of the {:.1f} seconds that it promises: it is cut short or damaged."


@dataclass(frozen=True)
class Measurement:
    """What is measured of a track, before its affect is read from it."""

    duration: float  # seconds
    listened: float  # seconds
    features: Features  # features of the whole track
    inputs: NDArray[np.float64]  # inputs of the affect model for the whole track
    # Start, end and inputs of the affect model for each window; None for silence
    windows: tuple[tuple[float, float, NDArray[np.float64] | None], ...]
    note: str | None  # what is wrong with the file


@dataclass(frozen=True)
class _Window:
    """Measures of a window from which those of the track are put together."""

    start: float
    end: float
    mel: NDArray[np.float32]
    sound: NDArray[np.float32]
    harmony: harmony.Harmony
    pitches: NDArray[np.float64]
    powers: NDArray[np.float64]
    peak: float
    squares: float


@dataclass(frozen=True)
class _Frames:
    """What is measured of each mel frame of a track, or of a part of it."""

    strength: NDArray[np.float64]
    rise: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    centroid: NDArray[np.float64]
    level: NDArray[np.float64]

    def part(self, chosen: NDArray[np.intp] | slice) -> "_Frames":
        return _Frames(*(getattr(self, field.name)[chosen] for field in fields(self)))


def analyze_track(path: str | os.PathLike[str], model: AffectModel | None = None) -> TrackAnalysis:
    """Listen to a sound file."""
    try:
        measured = measure(path)
    except Img2MusicError:
        raise
    except Exception as error:  # whatever a file does to a decoder or the network, it is that file's fault alone
        raise unexpected(error, os.fspath(path)) from error
    model = model or shipped_model()

    def affect(inputs: NDArray[np.float64] | None) -> Affect:
        return SILENCE if inputs is None else model.affect(measured.inputs, inputs)

    return TrackAnalysis(
        analyzer=ANALYZER,
        duration=measured.duration,
        listened=measured.listened,
        affect=model.affect(measured.inputs),
        features=measured.features,
        curve=tuple(CurvePoint(start, end, affect(inputs)) for start, end, inputs in measured.windows),
        note=measured.note,
    )


def measure(path: str | os.PathLike[str]) -> Measurement:
    """Listen to a sound file, without reading its affect."""
    with open_audio(path) as audio:
        promised = audio.info.duration
        excerpts = _listen(audio)
        duration = audio.info.duration
        note = DAMAGED if audio.damaged else None
        if duration < promised - SHORTFALL:
            note = CUT_SHORT.format(duration, promised)
    windows = [window for excerpt in excerpts for window in excerpt]
    powers = np.concatenate([window.powers for window in windows])
    integrated = loudness.integrated_loudness(powers)
    if integrated is None:
        raise InputError(NO_MUSIC, os.fspath(path))
    mel = np.concatenate([window.mel for window in windows], axis=1)
    loudest = float(mel.max())
    excerpt_mels = [np.concatenate([window.mel for window in excerpt], axis=1) for excerpt in excerpts]
    strengths = [rhythm.onset_strength(excerpt, loudest) for excerpt in excerpt_mels]
    rises, amplitudes = zip(*(rhythm.accents(excerpt, loudest) for excerpt in excerpt_mels), strict=True)
    strength, rise, amplitude = (np.concatenate(parts) for parts in (strengths, rises, amplitudes))
    frames = _Frames(strength, rise, amplitude, *centroid_and_level(mel))
    gain = LEVEL - float(frames.level.max())
    sounding = np.flatnonzero(frames.level > frames.level.max() - RANGE)
    music = _music(sounding, mel.shape[1])
    chosen = sounding[0] + np.flatnonzero(music[sounding[0] : sounding[-1] + 1])
    frames = frames.part(chosen)
    bounds = np.cumsum([0, *(window.mel.shape[1] for window in windows)])
    places = np.searchsorted(chosen, bounds).tolist()  # of the windows in what is chosen
    shares = np.diff(places) / np.diff(bounds)
    heard = shares >= min(0.5, shares.max())
    parts = [window for window, share in zip(windows, shares, strict=True) if share]
    pulses = [rhythm.pulse_clarity(strength[first:last]) for first, last in pairwise(bounds)]
    cuts = np.union1d(np.cumsum([0, *map(len, strengths)]), np.flatnonzero(np.diff(music)) + 1)
    runs = [slice(first, last) for first, last in pairwise(cuts) if music[first]]
    strengths = [strength[run] for run in runs]
    hearing = hear(mel[:, chosen], gain)
    key = tonality.key(np.concatenate([window.pitches for window in parts]))
    features = Features(
        **hearing.outputs,
        tempo=rhythm.tempo(strengths, [rise[run] for run in runs]),
        key=key.key if key else None,
        mode=key.mode if key else None,
        loudness=integrated,
        onset_rate=sum(map(rhythm.onset_count, strengths)) / len(chosen) * FRAME_RATE,
    )
    factor = 10 ** (gain / 20)
    sounds = [np.concatenate([window.sound for window in excerpt]) for excerpt in excerpts]
    tagging = musicnn.listen([patch * np.float32(factor) for patch in _patches(sounds, sounding)])
    points = []
    for number, (window, (first, last)) in enumerate(zip(windows, pairwise(places), strict=True)):
        inputs = None
        if heard[number]:
            part = frames.part(slice(first, last))
            inputs = _model_inputs(hearing.embedding(first, last), tagging, part, [window], [pulses[number]])
        points.append((window.start, window.end, inputs))
    pulses = [pulse for pulse, share in zip(pulses, shares, strict=True) if share]
    inputs = _model_inputs(hearing.embedding(0, len(chosen)), tagging, frames, parts, pulses)
    listened = sum(window.end - window.start for window in windows)
    return Measurement(duration, listened, features, inputs, tuple(points), note)


def plan(duration: float) -> list[tuple[float, float]]:
    """Choose what to hear of a track: all of a short one, else the middles of equal parts."""
    if duration <= EXCERPTS * EXCERPT_SECONDS:
        return [(0.0, duration)]
    part = duration / EXCERPTS
    starts = [part * (index + 0.5) - EXCERPT_SECONDS / 2 for index in range(EXCERPTS)]
    return [(start, start + EXCERPT_SECONDS) for start in starts]


def _listen(audio: Audio) -> list[list[_Window]]:
    """Hear the planned excerpts, each as its windows."""
    spans = plan(audio.info.duration)
    excerpts = [_windows(excerpt) for excerpt in audio.excerpts(spans)]
    heard = sum(excerpt[-1].end - excerpt[0].start for excerpt in excerpts)
    wanted = sum(end - start for start, end in spans)
    if heard < wanted - SHORTFALL and audio.remeasure():
        excerpts = [_windows(excerpt) for excerpt in audio.excerpts(plan(audio.info.duration))]
    if len(excerpts) > 1 and 2 * sum(map(_sounds, excerpts)) < len(excerpts):
        # Silence after the music, before a hidden track say, hides most of it from excerpts that are evenly spread.
        end = EXCERPTS * EXCERPT_SECONDS
        later = [each for each in excerpts if each[0].start >= end]
        excerpts = [*(_windows(excerpt) for excerpt in audio.excerpts([(0.0, end)])), *later]
    if not excerpts:
        raise InputError("There is no sound in this file: it is empty or damaged.", audio.path)
    return excerpts


def _sounds(excerpt: list[_Window]) -> bool:
    return any(loudness.integrated_loudness(window.powers) is not None for window in excerpt)


def _windows(excerpt: Excerpt) -> list[_Window]:
    import soxr

    samples = excerpt.samples
    samples -= samples.mean(axis=1, keepdims=True)  # an offset is heard by nobody
    sound = mono(samples)
    if excerpt.rate != SAMPLE_RATE:
        sound = soxr.resample(sound, excerpt.rate, SAMPLE_RATE)
    mel = log_mel(sound)
    powers = loudness.block_powers(samples, excerpt.rate, excerpt.layout)
    length = excerpt.end - excerpt.start
    count = max(1, round(length / WINDOW_SECONDS))
    frames = np.linspace(0, mel.shape[1], count + 1).round().astype(int)
    seconds = np.append(frames[:-1] / FRAME_RATE, length)
    blocks = np.append((seconds[:-1] / loudness.STEP).round().astype(int), len(powers))
    windows = []
    for index in range(count):
        part = sound[frames[index] * HOP : frames[index + 1] * HOP]
        magnitude = tonality.spectrum(part)
        windows.append(
            _Window(
                start=excerpt.start + float(seconds[index]),
                end=excerpt.start + float(seconds[index + 1]),
                mel=mel[:, frames[index] : frames[index + 1]],
                sound=part,
                harmony=harmony.harmony(magnitude),
                pitches=tonality.pitches(magnitude),
                powers=powers[blocks[index] : blocks[index + 1]],
                peak=float(np.abs(part).max(initial=0.0)),
                squares=float(np.einsum("i,i->", part, part, dtype=np.float64)),
            )
        )
    return windows


def _music(sounding: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """Tell which frames are music and its rests; long silence is no part of it, and left out of all that is told."""
    marks = np.array([-1, *sounding, count])
    music = np.ones(count, dtype=np.bool_)
    for index in np.flatnonzero(np.diff(marks) > GAP * FRAME_RATE):
        music[marks[index] + 1 : marks[index + 1]] = False
    return music


def _patches(sounds: list[NDArray[np.float32]], sounding: NDArray[np.intp]) -> list[NDArray[np.float32]]:
    """Choose what MusiCNN hears of the excerpts: around `PATCHES` frames, evenly spread over those that sound."""
    begins = np.cumsum([0, *map(len, sounds[:-1])])
    chosen = {}
    for frame in ((np.arange(PATCHES) + 0.5) * len(sounding) / PATCHES).astype(int):
        centre = int(sounding[frame]) * HOP
        index = int(np.searchsorted(begins, centre, side="right")) - 1
        start = min(centre - int(begins[index]) - musicnn.PATCH // 2, len(sounds[index]) - musicnn.PATCH)
        chosen[index, max(0, start)] = sounds[index][max(0, start) :][: musicnn.PATCH]
    return list(chosen.values())


def _model_inputs(
    embedding: NDArray[np.float64],
    tagging: musicnn.Tagging,
    frames: _Frames,
    windows: list[_Window],
    pulses: list[float],
) -> NDArray[np.float64]:
    """Inputs of the affect model, in the order of `INPUTS`, for one window or all."""
    peak, squares = max(window.peak for window in windows), sum(window.squares for window in windows)
    amplitude = frames.amplitude.mean()
    # What harmony and pulse say is measured in each window and averaged: a track that modulates is still in a key.
    weights = np.array([window.harmony.weight for window in windows])
    measures = [(w.harmony.mode, w.harmony.clarity, pulse) for w, pulse in zip(windows, pulses, strict=True)]
    signals: Sequence[float] = (
        math.log1p(rhythm.onset_count(frames.strength) / (len(frames.strength) / FRAME_RATE)),
        float(frames.strength.mean()),
        register(frames.centroid, frames.level),
        float(frames.level.std()),
        20.0 * math.log10(peak / math.sqrt(squares / (len(frames.level) * HOP))),
        math.log(max(LEAST_ATTACK, frames.rise.mean() / amplitude)),
        math.log(amplitude),
        *np.einsum("i,ij->j", weights / weights.sum(), measures).tolist(),
    )
    assert len(signals) == len(SIGNALS)
    return np.concatenate([embedding, tagging.embedding, signals, [tagging.happiness]])
