"""Films of every kind that cameras and programs write, made of photos."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from img2music.media.images import read_image
from tests.support.films import Picture, Still, pictures

TICKS = 90_000
"""Of the clock that every made film counts by."""


@dataclass(frozen=True)
class Kind:
    """How a film is written.

    ``picture`` and ``sound`` are libav's encoders, None for no sound; ``varies`` lets the rate vary; ``turned`` is a
    rotation flag in degrees.
    """

    name: str
    seconds: float = 40.0
    rate: Fraction = Fraction(25)
    size: tuple[int, int] = (640, 360)
    picture: str = "libx264"
    pixels: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    sound: str | None = "aac"
    layout: str = "stereo"
    sound_rate: int = 48_000
    varies: bool = False
    turned: int = 0
    transfer: str | None = None


HDR = "repeat-headers=1:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"

KINDS = (
    Kind("25.mp4", sound_rate=44_100),
    Kind("29.97.mov", rate=Fraction(30_000, 1001), sound="pcm_s16le"),
    Kind("60.mkv", rate=Fraction(60), sound="libopus"),
    Kind("23.976-b-frames.mp4", rate=Fraction(24_000, 1001), options={"preset": "fast", "bf": "3"}),
    Kind("varying-rate.mp4", rate=Fraction(30), varies=True),
    Kind("portrait-flag.mp4", rate=Fraction(30), turned=90),
    Kind("no-sound.webm", picture="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"}, sound=None),
    Kind("5.1.mkv", sound="ac3", layout="5.1"),
    Kind("hdr.mp4", picture="libx265", pixels="yuv420p10le", options={"x265-params": HDR}, transfer="smpte2084"),
    Kind("422.mov", pixels="yuv422p10le"),
    Kind("prores.mov", picture="prores_ks", pixels="yuv422p10le", sound="pcm_s24le"),
    Kind("broadcast.ts", rate=Fraction(25), sound="mp2"),
    Kind("av1.mkv", picture="libsvtav1", options={"preset": "12"}, sound="libopus"),
    Kind("old.avi", picture="mpeg4", sound="libmp3lame", sound_rate=44_100),
    Kind("10-seconds.mp4", seconds=10.0),
)


def photo_film(photos: Sequence[Path], kind: Kind) -> Iterator[tuple[float, Picture]]:
    """Pictures of a film that cuts every seven seconds, with their times."""
    count = max(1, round(kind.seconds / 7.0))
    stills = [
        Still(np.asarray(read_image(photos[number % len(photos)])), kind.seconds / count) for number in range(count)
    ]
    for number, (time, picture) in enumerate(pictures(stills, float(kind.rate), kind.size, motion=0.15)):
        if not kind.varies or number % 7 not in (2, 3, 5):
            yield time, picture


def talk(seconds: float, rate: int, channels: int) -> NDArray[np.float32]:
    """Noise in the rhythm and the range of speech, three seconds of every eight, shape (channels, n)."""
    chance = np.random.default_rng(3)
    time = np.arange(round(seconds * rate)) / rate
    syllables = np.maximum(0.0, np.sin(2 * np.pi * 3.7 * time)) * (time % 8.0 < 3.0)
    voice = sosfilt(butter(2, (150.0, 4000.0), "bandpass", fs=rate, output="sos"), chance.normal(0.0, 1.0, len(time)))
    sound = (0.2 * syllables * voice).astype(np.float32)
    return np.repeat(sound[np.newaxis], channels, axis=0)


class _Talk:
    """The sound of a film, encoded as far as its pictures are."""

    def __init__(self, out: Any, kind: Kind, sound: NDArray[np.float32]) -> None:
        self.out, self.kind = out, kind
        self.stream: Any = out.add_stream(kind.sound, rate=kind.sound_rate, layout=kind.layout)
        self.sound = sound
        context = self.stream.codec_context
        self.size = context.frame_size or 1024
        self.fit = av.AudioResampler(context.format, kind.layout, kind.sound_rate, context.frame_size or None)
        self.placed = 0

    def until(self, time: float) -> None:
        while self.placed < min(self.sound.shape[1], round(time * self.kind.sound_rate)):
            part = np.ascontiguousarray(self.sound[:, self.placed : self.placed + self.size])
            frame: Any = av.AudioFrame.from_ndarray(part, format="fltp", layout=self.kind.layout)
            frame.rate, frame.pts = self.kind.sound_rate, self.placed
            frame.time_base = Fraction(1, self.kind.sound_rate)
            self._encode(frame)
            self.placed += self.size

    def end(self) -> None:
        self.until(self.kind.seconds)
        self._encode(None)
        self.out.mux(self.stream.encode(None))

    def _encode(self, frame: Any) -> None:
        for converted in self.fit.resample(frame):
            self.out.mux(self.stream.encode(converted))


def write(
    path: Path, kind: Kind, shown: Iterator[tuple[float, Picture]], sound: NDArray[np.float32] | None = None
) -> Path:
    """Encode a film, with sound of the shape (channels, n) or made-up talk."""
    if sound is None and kind.sound:
        sound = talk(kind.seconds, kind.sound_rate, av.AudioLayout(kind.layout).nb_channels)
    with av.open(str(path), "w") as out:
        stream = _picture_stream(out, kind)
        heard = _Talk(out, kind, sound) if kind.sound and sound is not None else None
        base = stream.codec_context.time_base
        for time, picture in shown:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(Fraction(time).limit_denominator(TICKS) / base), base
            out.mux(stream.encode(frame))
            if heard is not None:
                heard.until(time)
        out.mux(stream.encode(None))
        if heard is not None:
            heard.end()
    return path


def _picture_stream(out: Any, kind: Kind) -> Any:
    stream = out.add_stream(kind.picture, rate=kind.rate)
    stream.width, stream.height, stream.pix_fmt = *kind.size, kind.pixels
    quick = {"preset": "ultrafast"} if kind.picture in ("libx264", "libx265") else {}
    stream.options = quick | kind.options
    context = stream.codec_context
    context.time_base = Fraction(1, TICKS) if kind.varies else 1 / kind.rate
    if kind.turned:
        stream.set_display_rotation(kind.turned)
    if kind.transfer:
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9  # BT.2020, SMPTE 2084
    return stream


def repeated(source: Path, path: Path, times: int) -> Path:
    """A long film: the packets of a short one without B-frames, over and over."""
    with av.open(str(source)) as inside, av.open(str(path), "w") as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in inside.streams}
        length = Fraction(inside.duration or 0, av.time_base)
        for turn in range(times):
            inside.seek(0)
            for packet in inside.demux():
                if packet.dts is None or packet.pts is None or packet.dts < 0:
                    continue
                stream = packet.stream
                assert stream.time_base is not None
                offset = round(turn * length / stream.time_base)
                packet.pts += offset
                packet.dts += offset
                packet.stream = streams[stream.index]
                out.mux(packet)
    return path


def made(folder: Path, photos: Sequence[Path], kinds: Sequence[Kind], told: Callable[[str], None]) -> list[Path]:
    """Write films of several kinds, each unless it is there."""
    found = []
    for kind in kinds:
        path = folder / kind.name
        if not path.exists():
            told(kind.name)
            partial = path.with_stem(path.stem + "-part")
            write(partial, kind, photo_film(photos, kind)).rename(path)
        found.append(path)
    return found
