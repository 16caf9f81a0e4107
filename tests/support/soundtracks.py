"""Cue sheets, films with sound, and libav's own meter, for tests of what a scored film sounds like."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueSheet, CueTrack, FilmFile

RATE = 48_000

Sound = NDArray[np.float32]


def cue(start: float, end: float, song: Path, offset: float = 0.0, **rest: Any) -> Cue:
    """A cue of a song from `offset` seconds on."""
    return Cue(start, end, CueTrack(str(song)), Passage(offset, offset + end - start), **rest)


def sheet(seconds: float, *cues: Cue, film: Path = Path("/no/such/film.mp4")) -> CueSheet:
    """A cue sheet of a film."""
    return CueSheet(FilmFile(str(film), seconds, 25.0), (), cues)


@dataclass(frozen=True)
class Track:
    """Sound of a film, shape (c, n), heard from ``start`` seconds on; samples ``gaps`` (from, to) are left out."""

    samples: Sound
    layout: str = "stereo"
    start: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    codec: str = "pcm_s16le"
    default: bool = True


def film(path: Path, seconds: float, *tracks: Track, first: float = 0.0, rate: int = 25) -> Path:
    """Write a grey film, its first picture at ``first`` seconds, with sound of 48 kHz."""
    with av.open(str(path), "w") as out:
        pictures: Any = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 36, "yuv420p"
        pictures.codec_context.max_b_frames = 0
        streams: list[Any] = []
        for track in tracks:
            stream: Any = out.add_stream(track.codec, rate=RATE, layout=track.layout)
            stream.disposition = av.stream.Disposition.default if track.default else av.stream.Disposition(0)
            streams.append(stream)
        for number in range(round(seconds * rate)):
            picture = av.VideoFrame.from_ndarray(np.full((36, 64, 3), 128, dtype=np.uint8), format="rgb24")
            picture.pts, picture.time_base = number + round(first * rate), Fraction(1, rate)
            out.mux(pictures.encode(picture))
        out.mux(pictures.encode(None))
        for track, stream in zip(tracks, streams, strict=True):
            context = stream.codec_context
            resampler = av.AudioResampler(format=context.format, layout=track.layout, rate=RATE)
            for place in range(0, track.samples.shape[1], 1024):
                time = place / RATE
                if any(begin <= time < end for begin, end in track.gaps):
                    continue
                part = np.ascontiguousarray(track.samples[:, place : place + 1024].T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(part, format="flt", layout=track.layout)
                frame.sample_rate = RATE
                for ready in resampler.resample(frame):
                    ready.pts, ready.time_base = place + round(track.start * RATE), Fraction(1, RATE)
                    out.mux(stream.encode(ready))
            out.mux(stream.encode(None))
    return path


def metered(blocks: Iterable[Sound], layout: str = "stereo") -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) as libav's ebur128 filter measures them."""
    graph = av.filter.Graph()
    source: Any = graph.add_abuffer(format="flt", sample_rate=RATE, layout=layout, time_base=Fraction(1, RATE))
    meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    told: dict[str, float] = {}

    def pull() -> None:
        while True:
            try:
                frame: Any = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            for key, value in frame.metadata.items():
                name = key.removeprefix("lavfi.r128.")
                told[name] = max(float(value), told.get(name, -np.inf)) if "peak" in name else float(value)

    place = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, place, Fraction(1, RATE)
        place += len(block)
        source.push(frame)
        pull()
    source.push(None)
    pull()
    peak = max(value for name, value in told.items() if name.startswith("true_peaks_ch"))
    return told["I"], float(20 * np.log10(max(peak, 1e-6)))


def encoded(blocks: Iterable[Sound], file: Path, layout: str = "stereo", codec: str = "aac") -> list[Sound]:
    """What is left of a sound when a lossy encoder has had it."""
    with av.open(str(file), "w") as out:
        stream: Any = out.add_stream(codec, rate=RATE, layout=layout)
        stream.bit_rate = 192_000
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate = RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with av.open(str(file)) as container:
        resampler = av.AudioResampler(format="flt", layout=layout, rate=RATE)
        channels = av.AudioLayout(layout).nb_channels
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        return [part.to_ndarray().reshape(-1, channels).astype(np.float32) for part in parts]


VOWELS = np.array([(730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480), (300, 870, 2240)])
"""Formants in hertz."""


def talk(seconds: float, spans: Iterable[tuple[float, float]], level: float = 0.2, noise: float = 0.001) -> Sound:
    """A made voice that babbles in the given spans, over an even hiss; shape (1, n)."""
    chance = np.random.default_rng(3)
    sound = noise * chance.normal(0, 1, round(seconds * RATE))
    for start, end in spans:
        voice = soxr.resample(_babble(end - start, 16_000, chance), 16_000, RATE)
        voice *= level / np.sqrt(np.mean(voice**2))
        sound[round(start * RATE) : round(start * RATE) + len(voice)] += voice
    return sound.astype(np.float32)[None]


def _babble(seconds: float, rate: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Phrases of hissed consonants and of vowels that glide into each other, with falling pitch."""
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * rate:
        pitch = chance.uniform(110, 150)
        for place in range(chance.integers(4, 8)):
            hiss = np.diff(chance.normal(size=round(chance.uniform(0.04, 0.09) * rate)), prepend=0)
            time = np.linspace(0, 1, round(chance.uniform(0.09, 0.2) * rate))
            turns = np.cumsum(pitch * (1.15 - 0.3 * (place + time) / 8) / rate)
            vowel = lfilter([1], [1, -0.95], np.diff(np.floor(turns), prepend=0))  # a pulse a turn
            first, last = VOWELS[chance.integers(len(VOWELS), size=2)]
            state = np.zeros((3, 2))
            for begin in range(0, len(vowel), rate // 200):
                part = vowel[begin : begin + rate // 200]
                for number, formant in enumerate(first + (last - first) * begin / len(vowel)):
                    radius, angle = np.exp(-np.pi * (60 + 30 * number) / rate), 2 * np.pi * formant / rate
                    poles = [1, -2 * radius * np.cos(angle), radius**2]
                    part, state[number] = lfilter([sum(poles)], poles, part, zi=state[number])
                vowel[begin : begin + rate // 200] = part
            vowel *= np.minimum(1, np.minimum(time, 1 - time) * 8) / (2 * np.abs(vowel).max())
            parts += [0.08 * hiss * np.hanning(len(hiss)), vowel]
        parts.append(np.zeros(round(chance.uniform(0.1, 0.2) * rate)))
    return np.concatenate(parts)[: round(seconds * rate)]
