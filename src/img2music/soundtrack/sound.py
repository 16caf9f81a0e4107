"""The sound of a scored film: its music, its own sound, and how loud they are."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.soundtrack.blocks import RATE, Samples, lengths
from img2music.soundtrack.cue_sheet import LOUDNESS, CueSheet
from img2music.soundtrack.ducking import active, ducking
from img2music.soundtrack.mastering import gain_curve, mastered, measure
from img2music.soundtrack.metering import STEP_SAMPLES, PowerMeter, in_lufs
from img2music.soundtrack.metering import loudness as loudness_of
from img2music.soundtrack.mixing import Part, checked, music, plan
from img2music.soundtrack.original_sound import OriginalSound

LONGEST = 24 * 3600.0
"""Seconds of the longest film; a cue sheet that says more was mistyped."""

BALANCE = 12.0
"""Decibels by which the film's own sound is raised or lowered at most, so that what stands out in it is as loud as the
music. Where nothing does, it is not raised: an empty room is no concert."""

Progress = Callable[[float, float], None]
"""Called with how many seconds are done, and with how many there are, all passes counted."""


class Original(StrEnum):
    """What becomes of the film's own sound.

    Attributes
    ----------
    KEEP
        It sounds along with the music, both as loud as each other.
    DUCK
        Likewise, but the music is lowered wherever it stands out.
    DROP
        Only the music is left.
    """

    KEEP = "keep"
    DUCK = "duck"
    DROP = "drop"


@dataclass(frozen=True)
class Sound:
    """The sound of a scored film.

    Attributes
    ----------
    rate : int
        Samples a second.
    layout : str
        libav's name of the layout: "stereo", or "5.1" or "7.1" where the film's own sound has it.
    samples : int
        How many there are, as many as the film is long.
    blocks : iterator of ndarray of float32, shape (n, channels)
        All of them in order, decoded as they are asked for; full scale is 1.0.
    """

    rate: int
    layout: str
    samples: int
    blocks: Iterator[Samples]


def compose(
    sheet: CueSheet,
    *,
    original: Original = Original.DUCK,
    loudness: float = LOUDNESS,
    peak: float = -1.0,
    film: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Sound:
    """Make the sound of a scored film; 0 s is its first picture.

    Everything is decoded to be measured before this returns, and again when the blocks are asked for; what is in memory
    does not grow with the film, but for 8 bytes for every two milliseconds.

    Parameters
    ----------
    sheet : CueSheet
        Where it has no cue, there is no music.
    original : Original
        What becomes of the film's own sound; nothing to do if it has none.
    loudness : float
        Integrated loudness of the result in LUFS.
    peak : float
        Greatest true peak of the result in dBTP.
    film : str or path-like, optional
        The film, if it is not where the sheet says.
    progress : callable, optional

    Returns
    -------
    Sound
        Its loudness is the target within 0.5 LU, unless it is (nearly) silent: nothing gets more than 20 dB louder.

    Raises
    ------
    InputError
        If a song or the film can't be read, a song is shorter than its passage, or the film lasts longer than a day.
        While blocks are taken: only if a file changes meanwhile.
    """
    path = sheet.film.path if film is None else os.fsdecode(film)
    if sheet.film.duration > LONGEST:
        raise InputError("The cue sheet says that this film lasts longer than a day.", path)
    samples = round(sheet.film.duration * RATE)
    parts = checked(plan(sheet))
    own = None if original is Original.DROP else OriginalSound(path)
    if own is None or own.layout is None:
        mix: _Mix = _Mix(parts, samples)
        passes = 2
    else:
        mix = _MixWithOriginal(parts, samples, own)
        passes = 3
    done = itertools.count()

    def counted(blocks: Iterator[Samples]) -> Iterator[Samples]:
        number = next(done)
        for (first, count), block in zip(lengths(samples), blocks, strict=True):
            yield block
            if progress is not None:
                progress((number * samples + first + count) / RATE, passes * samples / RATE)

    if isinstance(mix, _MixWithOriginal):
        mix.balance(counted, duck=original is Original.DUCK)
    curve = gain_curve(measure(counted(mix.blocks()), mix.places), loudness, peak)
    return Sound(RATE, mix.layout, samples, mastered(counted(mix.blocks()), curve))


class _Mix:
    """Music alone."""

    layout = "stereo"

    def __init__(self, parts: Sequence[Part], samples: int) -> None:
        self._parts, self._samples = parts, samples

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the channels."""
        import av

        return tuple(channel.name for channel in av.AudioLayout(self.layout).channels)

    def blocks(self) -> Iterator[Samples]:
        """Decode and mix it once."""
        return music(self._parts, self._samples)


class _MixWithOriginal(_Mix):
    """Music and the film's own sound."""

    def __init__(self, parts: Sequence[Part], samples: int, own: OriginalSound) -> None:
        super().__init__(parts, samples)
        assert own.layout is not None, "a film without sound"
        self.layout = own.layout
        self._own = own
        self._own_gain = np.float32(1.0)
        self._music_gain: NDArray[np.float64] = np.zeros(-(-samples // STEP_SAMPLES) + 1)  # decibels

    def balance(self, counted: Callable[[Iterator[Samples]], Iterator[Samples]], *, duck: bool) -> None:
        """Measure both, so that they can be as loud as each other, and the music low where it has to be."""
        of_own, of_music = PowerMeter(self.places), PowerMeter(("FL", "FR"))
        own_powers, music_powers = [np.zeros(0)], [np.zeros(0)]
        parts = self._parts if duck else ()
        for own, songs in zip(counted(self._own.blocks(self._samples)), music(parts, self._samples), strict=True):
            own_powers.append(of_own.add(own, STEP_SAMPLES))
            music_powers.append(of_music.add(songs, STEP_SAMPLES))
        powers = np.concatenate(own_powers)
        gain = _balance(powers)
        self._own_gain = np.float32(10.0 ** (gain / 20.0))
        if duck:
            self._music_gain = ducking(powers * 10.0 ** (gain / 10.0), np.concatenate(music_powers))

    def blocks(self) -> Iterator[Samples]:
        """Decode and mix it once."""
        factors = 10.0 ** (self._music_gain / 20.0)
        edges = np.arange(len(factors)) * STEP_SAMPLES
        both = zip(
            lengths(self._samples),
            self._own.blocks(self._samples),
            music(self._parts, self._samples),
            strict=True,
        )
        for (first, count), own, songs in both:
            mixed = own * self._own_gain
            gain = np.interp(np.arange(first, first + count), edges, factors).astype(np.float32)
            mixed[:, :2] += songs * gain[:, np.newaxis]  # front left and right come first in every layout
            yield mixed


def _balance(own: NDArray[np.float64]) -> float:
    """Decibels for the film's own sound, of its weighted power every tenth of a second."""
    heard = active(own)
    level = float(in_lufs(own[heard].mean())) if heard.any() else loudness_of(own)
    if level is None:
        return 0.0
    return min(max(LOUDNESS - level, -BALANCE), BALANCE if heard.any() else 0.0)
