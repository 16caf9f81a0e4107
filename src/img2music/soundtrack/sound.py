"""The sound of a scored film: its music, its own sound, and how loud they are."""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.soundtrack.blocks import RATE, Samples, lengths
from img2music.soundtrack.cue_sheet import LOUDNESS, CueSheet, Original, OwnSound
from img2music.soundtrack.ducking import DEPTH, ducked
from img2music.soundtrack.mastering import gain_curve, mastered, measure
from img2music.soundtrack.metering import STEP_SAMPLES, PowerMeter, in_lufs
from img2music.soundtrack.metering import loudness as loudness_of
from img2music.soundtrack.mixing import MOST_GAIN, Part, checked, music, plan
from img2music.soundtrack.original_sound import OriginalSound
from img2music.soundtrack.speech import Spans, SpeechFinder

LONGEST = 24 * 3600.0
"""Seconds of the longest film; a cue sheet that says more was mistyped."""

BALANCE = 12.0
"""Decibels by which the film's own sound is raised or lowered at most, so that speech in it is as loud as the music.
Where nobody speaks, it is not raised: an empty room is no concert."""

Progress = Callable[[float, float], None]
"""Called with how many seconds are done, and with how many there are, all passes counted."""


@dataclass(frozen=True)
class Sound:
    """The sound of a scored film."""

    rate: int  # samples a second
    layout: str  # libav's name of the layout: "stereo", or "5.1" or "7.1" where the film's own sound has it
    samples: int  # how many there are, as many as the film is long
    blocks: Iterator[Samples]  # all of them in order, decoded as they are asked for; full scale is 1.0


def compose(
    sheet: CueSheet,
    *,
    original: Original | None = None,
    duck: float | None = None,
    loudness: float = LOUDNESS,
    peak: float = -1.0,
    film: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Sound:
    """Make the sound of a scored film; 0 s is its first picture.

    Everything is decoded to be measured before this returns, and again when the blocks are asked for; what is in memory
    does not grow with the film, but for 8 bytes for every two milliseconds.
    """
    path = sheet.film.path if film is None else os.fsdecode(film)
    if sheet.film.duration > LONGEST:
        raise InputError("The cue sheet says that this film lasts longer than a day.", path)
    samples = round(sheet.film.duration * RATE)
    parts = checked(plan(sheet))
    done, passes = itertools.count(), 2

    def counted(blocks: Iterator[Samples]) -> Iterator[Samples]:
        number = next(done)
        for (first, count), block in zip(lengths(samples), blocks, strict=True):
            yield block
            if progress is not None:
                progress((number * samples + first + count) / RATE, passes * samples / RATE)

    use = asked(sheet, original, duck)
    own = None if use.use is Original.DROP else OriginalSound(path)
    if own is None or own.layout is None:
        mix: _Mix = _Mix(parts, samples)
    else:
        if use.speech is None or use.gain_db is None:
            passes = 3
            use = _listened(use, own, counted(own.blocks(samples)))
        mix = _MixWithOriginal(parts, samples, own, use)
    curve = gain_curve(measure(counted(mix.blocks()), mix.places), loudness, peak)
    return Sound(RATE, mix.layout, samples, mastered(counted(mix.blocks()), curve))


def asked(sheet: CueSheet, original: Original | None, duck: float | None) -> OwnSound:
    """What is to become of the film's own sound: as it is asked for, else as the sheet says, else ducked.

    That of a slideshow is dropped: it is the music itself.
    """
    said = sheet.original or OwnSound(Original.DROP if sheet.slideshow else Original.DUCK, DEPTH)
    return replace(said, use=original or said.use, duck_db=said.duck_db if duck is None else duck)


def heard(
    sheet: CueSheet,
    *,
    original: Original | None = None,
    duck: float | None = None,
    film: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> CueSheet:
    """Say on a cue sheet what becomes of the film's own sound, and where someone speaks in it."""
    use = asked(sheet, original, duck)
    if use.use is not Original.DROP and (use.speech is None or use.gain_db is None):
        own = OriginalSound(sheet.film.path if film is None else film)
        if own.layout is None:
            return replace(sheet, original=None)
        samples = round(sheet.film.duration * RATE)

        def counted() -> Iterator[Samples]:
            for (first, count), block in zip(lengths(samples), own.blocks(samples), strict=True):
                yield block
                if progress is not None:
                    progress((first + count) / RATE, samples / RATE)

        use = _listened(use, own, counted())
    return replace(sheet, original=use)


def _listened(use: OwnSound, own: OriginalSound, blocks: Iterable[Samples]) -> OwnSound:
    """Find speech, and the gain that makes it as loud as the music."""
    finder, meter = SpeechFinder(), PowerMeter(own.places)
    powers = [np.zeros(0)]
    for block in blocks:
        finder.add(block)
        powers.append(meter.add(block, STEP_SAMPLES))
    found = finder.spans()
    speech = found if use.speech is None else use.speech
    gain = _balance(np.concatenate(powers), speech)
    return replace(use, speech=speech, gain_db=gain if use.gain_db is None else use.gain_db)


def _balance(powers: NDArray[np.float64], speech: Spans) -> float:
    """Decibels for the film's own sound, of its weighted power every step; it is raised for speech alone."""
    middles = (np.arange(len(powers)) + 0.5) * STEP_SAMPLES / RATE
    spoken = np.zeros(len(powers), dtype=np.bool_)
    for start, end in speech:
        spoken |= (middles >= start) & (middles < end)
    level = float(in_lufs(powers[spoken].mean())) if spoken.any() else loudness_of(powers)
    if level is None:
        return 0.0
    return min(max(LOUDNESS - level, -BALANCE), BALANCE if spoken.any() else 0.0)


class _Mix:
    """Music alone."""

    places: tuple[str, ...] = ("FL", "FR")
    layout = "stereo"

    def __init__(self, parts: Sequence[Part], samples: int) -> None:
        self._parts, self._samples = parts, samples

    def blocks(self) -> Iterator[Samples]:
        """Decode and mix it once."""
        return music(self._parts, self._samples)


class _MixWithOriginal(_Mix):
    """Music and the film's own sound."""

    def __init__(self, parts: Sequence[Part], samples: int, own: OriginalSound, use: OwnSound) -> None:
        super().__init__(parts, samples)
        assert own.layout is not None, "a film without sound"
        self.layout, self.places = own.layout, own.places
        self._own = own
        self._own_gain = np.float32(10.0 ** (min(use.gain_db or 0.0, MOST_GAIN) / 20.0))
        depth = use.duck_db if use.use is Original.DUCK else 0.0
        self._levels = np.array(ducked(use.speech or (), depth) or [(0.0, 0.0)])

    def blocks(self) -> Iterator[Samples]:
        """Decode and mix it once."""
        both = zip(
            lengths(self._samples),
            self._own.blocks(self._samples),
            music(self._parts, self._samples),
            strict=True,
        )
        for (first, count), own, songs in both:
            mixed = own * self._own_gain
            decibels = np.interp(np.arange(first, first + count) / RATE, *self._levels.T)
            gain = np.power(10.0, decibels / 20.0).astype(np.float32)
            mixed[:, :2] += songs * gain[:, np.newaxis]  # front left and right come first in every layout
            yield mixed
