"""Decoded sound in one form, whatever form it was decoded in."""

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.excerpts import tame

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

SLOWEST_RATE, FASTEST_RATE = 4_000, 768_000  # hertz; beyond it a header lies
MOST_CHANNELS = 8
UNNAMED = "NONE"  # a channel that the file gives no place
USUAL_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")  # of 1, 2... channels without places
PIECE = 8192  # samples resampled and given at once; frames of 128 samples and more are costly one by one


def check_frame(frame: "AudioFrame", path: str) -> None:
    """Refuse sound that no film and no song has."""
    if not SLOWEST_RATE <= frame.sample_rate <= FASTEST_RATE:
        raise InputError(f"It has a sample rate of {frame.sample_rate} Hz: it is damaged or not music.", path)
    if not 1 <= frame.layout.nb_channels <= MOST_CHANNELS:
        raise InputError(f"It has {frame.layout.nb_channels} channels, and at most {MOST_CHANNELS} are read.", path)


def layout_of(frame: "AudioFrame") -> str:
    """Name a frame's layout as libav does, by the usual one where channels have no places."""
    if any(channel.name == UNNAMED for channel in frame.layout.channels):
        return USUAL_LAYOUTS[frame.layout.nb_channels - 1]
    return frame.layout.name


def channels_of(layout: str) -> tuple[str, ...]:
    """Name the channels of a layout in order, as libav does (FL, FR, LFE...)."""
    import av

    return tuple(channel.name for channel in av.AudioLayout(layout).channels)


class Resampler:
    """Brings frames to one sample rate and layout (libav's name); channels are mixed as libav does it (ITU-R BS.775).

    The path is that of the file that faults are told of.
    """

    def __init__(self, rate: int, layout: str, path: str, *, piece: float = PIECE) -> None:
        self.channels = len(channels_of(layout))
        self._rate, self._layout, self._path, self._piece = rate, layout, path, piece
        self._nothing = np.zeros((0, self.channels), dtype=np.float32)
        self._resampler: Any = None
        self._waiting: Any = None  # frames of one kind
        self._kind: tuple[object, ...] = ()

    def add(self, frame: "AudioFrame | None") -> NDArray[np.float32]:
        """Take a frame, and give what is ready; all there is, of None."""
        import av

        kind = () if frame is None else (frame.format.name, frame.layout.name, frame.sample_rate)
        parts: list[AudioFrame] = []
        if kind != self._kind:  # links of a chained file, and programmes of a broadcast, may differ
            if self._resampler is not None:
                parts += self._resampled_waiting() + self._resampler.resample(None)
                self._resampler = None
            self._kind = kind
        if frame is not None:
            if self._resampler is None:
                check_frame(frame, self._path)
                # PyAV fails on frames with eight planes.
                sample_format = "fltp" if self.channels < MOST_CHANNELS else "flt"
                self._resampler = av.AudioResampler(format=sample_format, layout=self._layout, rate=self._rate)
                self._waiting = av.AudioFifo()
            frame.pts = None  # a time would be compared with what libav expects
            self._waiting.write(frame)
            if self._waiting.samples >= self._piece:
                parts += self._resampled_waiting()
        if not parts:
            return self._nothing
        arrays: Any = [self._array(part) for part in parts]
        samples: NDArray[np.float32] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        tame(samples)
        return samples

    def _array(self, frame: "AudioFrame") -> NDArray[np.float32]:
        samples: NDArray[Any] = frame.to_ndarray()
        return samples.T if frame.format.is_planar else samples.reshape(-1, self.channels)

    def _resampled_waiting(self) -> "list[AudioFrame]":
        joined = self._waiting.read()
        return self._resampler.resample(_placed(joined)) if joined else []

    def resampled(self, frames: Iterable["AudioFrame"], skipped: int = 0) -> Iterator[NDArray[np.float32]]:
        """Take frames that follow each other, and give all there is in them."""
        for frame in itertools.chain(frames, [None]):
            samples = self.add(frame)
            if skipped < 0:
                samples = np.concatenate([np.zeros((-skipped, samples.shape[1]), dtype=np.float32), samples])
                skipped = 0
            left_out = min(skipped, len(samples))
            skipped -= left_out
            if len(samples) > left_out:
                yield samples[left_out:]


def _placed(frame: "AudioFrame") -> "AudioFrame":
    """Give channels without places the usual ones; and no time, which libav would compare with what it expects."""
    import av

    name = layout_of(frame)
    if name != frame.layout.name:
        (packed,) = av.AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate).resample(frame)
        placed = av.AudioFrame.from_ndarray(packed.to_ndarray(), format="flt", layout=name)
        placed.sample_rate = frame.sample_rate
        frame = placed
    frame.pts = None
    return frame
