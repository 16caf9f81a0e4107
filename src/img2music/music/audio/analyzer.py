"""The analyzer: one sound file in, everything img2music knows of its music out.

A pure function of the file's bytes: the same bits in any process, on any day.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import Img2MusicError, InputError, unexpected
from img2music.media.audio import SHORTFALL, AudioFile, open_audio
from img2music.media.excerpts import Excerpt
from img2music.music.analysis import NO_MUSIC, CurvePoint, Features, TrackAnalysis
from img2music.music.audio import loudness, musicnn, rhythm, spectrum, tonality
from img2music.music.audio.affect_model import PRIORS, SIGNALS, AffectModel, shipped_model
from img2music.music.audio.mel import FRAME_RATE, HOP, SAMPLE_RATE, log_mel
from img2music.music.audio.network import head, hear

if TYPE_CHECKING:
    from img2music.media.sndfile import SndfileAudio

ANALYZER = "audio/2"
"""Name and version of this analyzer; a new version means that libraries are analysed again."""
EXCERPTS = 12
EXCERPT_SECONDS = 8.0
"""A track is heard in this many excerpts of this length, evenly spread; docs/analyzer.md says why."""
WINDOW_SECONDS = 8.0
"""Length of a window of the affect curve, about."""
PATCHES = 4
"""Windows of a track of which MusiCNN hears the middle; docs/models/music-affect.md says why no more."""
SILENCE = Affect(valence=0.5, arousal=0.0)
"""Affect of a window that holds nothing above -70 LUFS, the absolute gate of BS.1770: calm, and nothing more."""


@dataclass(frozen=True)
class Measurement:
    """What is measured of a track, before its affect is read from it.

    Attributes
    ----------
    duration, listened : float
        Seconds.
    features : Features
        Features of the whole track.
    inputs : ndarray of float64, shape (464,)
        Inputs of the affect model for the whole track.
    windows : tuple of (float, float, ndarray of float64 or None)
        Start, end and inputs of the affect model for each window; None for silence.
    """

    duration: float
    listened: float
    features: Features
    inputs: NDArray[np.float64]
    windows: tuple[tuple[float, float, NDArray[np.float64] | None], ...]


@dataclass(frozen=True)
class _Window:
    """Measures of a window from which those of the track are put together."""

    start: float
    end: float
    mel: NDArray[np.float32]
    middle: NDArray[np.float32]
    pitch_classes: NDArray[np.float64]
    powers: NDArray[np.float64]


@dataclass(frozen=True)
class _Frames:
    """What is measured of each mel frame of a track, or of a part of it."""

    strength: NDArray[np.float64]
    centroid: NDArray[np.float64]
    level: NDArray[np.float64]

    def part(self, first: int, last: int) -> "_Frames":
        return _Frames(self.strength[first:last], self.centroid[first:last], self.level[first:last])


def analyze_track(path: str | os.PathLike[str], model: AffectModel | None = None) -> TrackAnalysis:
    """Listen to a sound file.

    Parameters
    ----------
    path : path-like
        Any file that libav reads, also a film with sound.
    model : AffectModel, optional
        Reads the affect; the shipped one unless given.

    Returns
    -------
    TrackAnalysis

    Raises
    ------
    InputError
        If it is not a regular, readable file with sound in it, or all of it is silent.
    ModelError
        If a model is missing or damaged.
    """
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
    )


def measure(path: str | os.PathLike[str]) -> Measurement:
    """Listen to a sound file, without reading its affect.

    Parameters
    ----------
    path : path-like
        Any file that libav reads, also a film with sound.

    Returns
    -------
    Measurement

    Raises
    ------
    InputError
        If it is not a regular, readable file with sound in it, or all of it is silent.
    ModelError
        If vibenet's network is missing or damaged.
    """
    with open_audio(path) as audio:
        excerpts = _listen(audio)
        duration = audio.info.duration
    windows = [window for excerpt in excerpts for window in excerpt]
    mel = np.concatenate([window.mel for window in windows], axis=1)
    loudest = float(mel.max())
    strengths = [
        rhythm.onset_strength(np.concatenate([window.mel for window in excerpt], axis=1), loudest)
        for excerpt in excerpts
    ]
    hearing = hear(mel)
    listened = sum(window.end - window.start for window in windows)
    powers = np.concatenate([window.powers for window in windows])
    pitch_classes = np.sum([window.pitch_classes for window in windows], axis=0)
    key = tonality.tonality(pitch_classes)
    onset_rate = sum(map(rhythm.onset_count, strengths)) / listened
    features = Features(
        **hearing.outputs,
        tempo=rhythm.tempo(strengths),
        key=key.key if key else None,
        mode=key.mode if key else None,
        loudness=loudness.integrated_loudness(powers),
        onset_rate=onset_rate,
    )
    if features.loudness is None:
        raise InputError(NO_MUSIC, os.fspath(path))
    frames = _Frames(np.concatenate(strengths), *spectrum.centroid_and_level(mel))
    tagging = musicnn.listen([window.middle for window in _for_musicnn(windows)])
    points = []
    first = 0
    for window in windows:
        last = first + window.mel.shape[1]
        embedding = hearing.embedding(first, last)
        inputs = _model_inputs(embedding, tagging, frames.part(first, last), window.pitch_classes, window.powers)
        points.append((window.start, window.end, inputs))
        first = last
    inputs = _model_inputs(hearing.embedding(0, first), tagging, frames, pitch_classes, powers)
    assert inputs is not None
    return Measurement(duration, listened, features, inputs, tuple(points))


def plan(duration: float) -> list[tuple[float, float]]:
    """Choose what to hear of a track: all of a short one, else the middles of equal parts.

    Parameters
    ----------
    duration : float
        Seconds.

    Returns
    -------
    list of (float, float)
        Start and end of each excerpt in seconds, ascending.
    """
    if duration <= EXCERPTS * EXCERPT_SECONDS:
        return [(0.0, duration)]
    part = duration / EXCERPTS
    starts = [part * (number + 0.5) - EXCERPT_SECONDS / 2 for number in range(EXCERPTS)]
    return [(start, start + EXCERPT_SECONDS) for start in starts]


def _listen(audio: "AudioFile | SndfileAudio") -> list[list[_Window]]:
    """Hear the planned excerpts, each as its windows."""
    spans = plan(audio.info.duration)
    excerpts = [_windows(excerpt) for excerpt in audio.excerpts(spans)]
    heard = sum(excerpt[-1].end - excerpt[0].start for excerpt in excerpts)
    wanted = sum(end - start for start, end in spans)
    if heard < wanted - SHORTFALL and audio.remeasure():
        excerpts = [_windows(excerpt) for excerpt in audio.excerpts(plan(audio.info.duration))]
    if not excerpts:
        raise InputError("There is no sound in this file: it is empty or damaged.", audio.path)
    return excerpts


def _windows(excerpt: Excerpt) -> list[_Window]:
    import soxr

    mono = excerpt.samples.mean(axis=0)
    if excerpt.rate != SAMPLE_RATE:
        mono = soxr.resample(mono, excerpt.rate, SAMPLE_RATE)
    mel = log_mel(mono)
    powers = loudness.block_powers(excerpt.samples, excerpt.rate, excerpt.layout)
    length = excerpt.end - excerpt.start
    count = max(1, round(length / WINDOW_SECONDS))
    frames = np.linspace(0, mel.shape[1], count + 1).round().astype(int)
    seconds = np.append(frames[:-1] / FRAME_RATE, length)
    blocks = np.append((seconds[:-1] / loudness.STEP).round().astype(int), len(powers))
    windows = []
    for number in range(count):
        part = mono[frames[number] * HOP : frames[number + 1] * HOP]
        before = max(0, len(part) - musicnn.PATCH) // 2
        windows.append(
            _Window(
                start=excerpt.start + float(seconds[number]),
                end=excerpt.start + float(seconds[number + 1]),
                mel=mel[:, frames[number] : frames[number + 1]],
                middle=part[before : before + musicnn.PATCH].copy(),  # so that the rest can go
                pitch_classes=tonality.chroma(part),
                powers=powers[blocks[number] : blocks[number + 1]],
            )
        )
    return windows


def _for_musicnn(windows: list[_Window]) -> list[_Window]:
    """Choose windows, evenly spread, from those that are not silent."""
    heard = [window for window in windows if loudness.integrated_loudness(window.powers) is not None]
    places = (np.arange(PATCHES) + 0.5) * len(heard) / PATCHES
    return [heard[place] for place in sorted(set(places.astype(int).tolist()))]


def _model_inputs(
    embedding: NDArray[np.float64],
    tagging: musicnn.Tagging,
    frames: _Frames,
    pitch_classes: NDArray[np.float64],
    powers: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Inputs of the affect model, in the order of `INPUTS`; None for silence."""
    level = loudness.integrated_loudness(powers)
    if level is None:
        return None
    key = tonality.tonality(pitch_classes)
    signals: Sequence[float] = (
        level,
        math.log1p(rhythm.onset_count(frames.strength) / (len(frames.strength) / FRAME_RATE)),
        float(frames.strength.mean()),
        key.majorness if key else 0.0,
        spectrum.register(frames.centroid, frames.level),
        float(frames.level.std()),
    )
    assert len(signals) == len(SIGNALS)
    # einsum adds in one fixed order; BLAS doesn't promise that.
    priors = (float(np.einsum("i,i->", head("valence"), embedding)), tagging.happiness)
    assert len(priors) == len(PRIORS)
    return np.concatenate([embedding, tagging.embedding, signals, priors])
