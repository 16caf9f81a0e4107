"""Sounds made for tests, and files of every format that hold them."""

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

# Name of a file format to libav's encoder and container.
FORMATS = {
    "mp3": ("libmp3lame", "mp3"),
    "flac": ("flac", "flac"),
    "wav": ("pcm_s16le", "wav"),
    "wav-float": ("pcm_f32le", "wav"),
    "aiff": ("pcm_s16be", "aiff"),
    "m4a": ("aac", "ipod"),
    "aac": ("aac", "adts"),
    "alac": ("alac", "ipod"),
    "ogg": ("libsndfile's", "ogg"),  # PyAV's wheels don't carry libvorbis
    "opus": ("libopus", "ogg"),
    "wma": ("wmav2", "asf"),
    "webm": ("libopus", "webm"),
    "wv": ("wavpack", "wv"),
    "tta": ("tta", "tta"),
}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def tone(frequency: float, seconds: float, rate: int = 44_100, amplitude: float = 0.5) -> NDArray[np.float32]:
    """A sine in one channel, shape (1, n)."""
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)[np.newaxis]


def noise(seconds: float, rate: int = 44_100, amplitude: float = 0.1, seed: int = 0) -> NDArray[np.float32]:
    """White noise in one channel, shape (1, n)."""
    return np.random.default_rng(seed).normal(0, amplitude, (1, round(seconds * rate))).astype(np.float32)


def clicks(tempo: float, seconds: float, rate: int = 16_000) -> NDArray[np.float32]:
    """A click on every beat over faint noise, shape (1, n)."""
    sound = noise(seconds, rate, 0.001)
    click = np.exp(-np.arange(rate // 20) / (rate / 100)) * np.sin(2 * np.pi * 1500 * np.arange(rate // 20) / rate)
    for beat in np.arange(0.1, seconds - 0.1, 60.0 / tempo):
        start = round(beat * rate)
        sound[0, start : start + len(click)] += 0.5 * click
    return sound


def chords(roots: list[tuple[int, ...]], seconds: float = 1.0, rate: int = 16_000) -> NDArray[np.float32]:
    """One chord after another, each pitch (semitones above C4) with four overtones, shape (1, n)."""
    time = np.arange(round(seconds * rate)) / rate
    parts = []
    for chord in roots:
        frequencies = [261.6256 * 2 ** (pitch / 12) for pitch in chord]
        part = sum(np.sin(2 * np.pi * n * f * time) / n**2 for f in frequencies for n in range(1, 6))
        parts.append(0.1 * part * np.minimum(1.0, 20 * np.minimum(time, time[::-1])))
    return np.concatenate(parts).astype(np.float32)[np.newaxis]


def encode(path: Path, samples: NDArray[np.float32], kind: str = "wav", rate: int = 44_100, **tags: str) -> Path:
    """Write samples, shape (c, n), as a file of one of `FORMATS`."""
    encoder, container = FORMATS[kind]
    if kind == "ogg":
        with soundfile.SoundFile(path, "w", rate, len(samples), format="OGG", subtype="VORBIS") as file:
            file.title = tags.get("title", "Untitled")
            for first in range(0, samples.shape[1], rate):  # libsndfile overflows its stack on long writes
                file.write(samples[:, first : first + rate].T)
        return path
    layout = LAYOUTS[len(samples)]
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update(tags)
        stream: Any = out.add_stream(encoder, rate=rate, layout=layout)
        context = stream.codec_context
        context.bit_rate = 128_000
        context.open()
        resampler = av.AudioResampler(
            format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 4096
        )
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.rate = rate
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def wav_header(channels: int = 2, rate: int = 44_100, bits: int = 16, size: int = 0, form: int = 1) -> bytes:
    """A RIFF WAVE header that claims what it is told to claim."""
    block = min(channels * bits // 8, 65_535)
    layout = struct.pack("<HHIIHH", form, channels, rate, min(rate * block, 2**32 - 1), block, bits)
    return (
        b"RIFF"
        + struct.pack("<I", min(size + 36, 2**32 - 1))
        + b"WAVEfmt \x10\x00\x00\x00"
        + layout
        + b"data"
        + struct.pack("<I", size)
    )
