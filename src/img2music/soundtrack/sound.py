"""The sound of a scored film: its music, its own sound, and how loud they are."""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.film_survey import Survey
from img2music.media.sound_writer import Sound
from img2music.options import DUCKING, LOUDNESS, OriginalSound, SoundOptions
from img2music.progress import Progress, Step, unwatched
from img2music.soundtrack.blocks import RATE, Samples, lengths
from img2music.soundtrack.cue_sheet import CueSheet, OwnSound, TimeSpan
from img2music.soundtrack.mastering import CELL, STEP_SAMPLES, PowerMeter, gain_curve, in_lufs, mastered, measure
from img2music.soundtrack.mastering import loudness as loudness_of
from img2music.soundtrack.mixing import CHANNELS as MUSIC
from img2music.soundtrack.mixing import MOST_GAIN, Part, checked, music, plan
from img2music.soundtrack.own_sound import RAMP, SEAM, OwnTrack, Stretch, own_track
from img2music.soundtrack.speech import SpeechFinder, ducked

LONGEST = 24 * 3600.0  # seconds of the longest film; a cue sheet that says more was mistyped
PEAK = -1.0  # dBTP: the greatest true peak
BALANCE = 12.0
"""Decibels by which the film's own sound is raised or lowered at most, so that speech in it is as loud as the music.
Where nobody speaks, it is not raised: an empty room is no concert."""


@dataclass(frozen=True)
class ScoredSound(Sound):
    """The sound of a scored film, as long as that, decoded as its blocks are asked for."""

    own: OwnSound | None  # what becomes of the film's own sound, with the speech that was found; None if it has none


@dataclass(frozen=True)
class Heard:
    """What was heard in a film's own sound."""

    own: OwnSound | None  # what becomes of it, with the speech that was found; None for a film without sound
    # Weighted power every `STEP_SAMPLES`; none where it was not listened to
    powers: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)


Stems = Callable[[Samples, Samples | None], object]
"""Takes music and the film's own sound, block by block; their sum is the mix."""


@dataclass(frozen=True)
class Mix:
    """The music and the film's own sound of a sheet, before their loudness is set; decoded from any moment on."""

    parts: tuple[Part, ...]
    samples: int  # length
    own: OwnTrack | None = field(compare=False)  # None where it is dropped, or there is none
    use: OwnSound

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its channels, in order."""
        return ("FL", "FR") if self.own is None else self.own.channels

    @property
    def layout(self) -> str:
        """Libav's name of them."""
        return "stereo" if self.own is None else self.own.layout

    @classmethod
    def of(
        cls,
        sheet: CueSheet,
        options: SoundOptions,
        film: str | os.PathLike[str],
        duration: float,
        survey: Survey | None = None,
    ) -> "Mix":
        """Lay out what a sheet says for a film of so many seconds; no song is opened for it.

        With a survey, the film's packets are not read through for one.
        """
        use = asked(sheet, options)
        own = None if use.use is OriginalSound.DROP else own_track(sheet, film, duration, survey)
        return cls(tuple(plan(sheet.cues, duration)), round(duration * RATE), own, use)

    def checked(self, stretches: Sequence[Stretch] | None = None) -> "Mix":
        """The same of what sounds in some stretches, or all of it, if every song is there and has its passage."""
        near = [
            part
            for part in self.parts
            if stretches is None or any(part.start < end and start < part.end for start, end in stretches)
        ]
        return replace(self, parts=tuple(checked(near)))

    def apart(self, stretches: Sequence[Stretch] | None = None, *, faded: bool = True) -> Iterator[Samples]:
        """Decode music and the film's own sound once, side by side: the first two channels are the music's.

        They may fade within a moment where a stretch begins and ends amidst the film.
        """
        stretches = stretches or [(0, self.samples)]
        own_gain = np.float32(10.0 ** (own_decibels(self.use) / 20.0))
        film = None if self.own is None else self.own.blocks(stretches)
        for start, end in stretches:
            for (first, count), block in zip(lengths(end, start), music(self.parts, end, start), strict=True):
                if film is not None:
                    decibels = music_decibels(self.use, np.arange(first, first + count) / RATE)
                    block *= np.power(10.0, decibels / 20.0).astype(np.float32)[:, np.newaxis]  # noqa: PLW2901
                    block = np.concatenate([block, next(film) * own_gain], axis=1)  # noqa: PLW2901
                if faded and first == start > 0:
                    block[:SEAM] *= RAMP[: len(block)]
                if faded and first + count == end < self.samples:
                    block[-SEAM:] *= RAMP[::-1][-len(block) :]
                yield block

    def measured(self, loudness: float) -> NDArray[np.float32]:
        """Gain along time that brings it to a loudness, found by decoding all of it."""
        return gain_curve(measure(map(mixed, self.apart()), self.channels), loudness, PEAK)

    def span(self, curve: NDArray[np.float32], start: int, count: int) -> Samples:
        """What is heard for some samples, with a gain along all of it."""
        end = min(start + count, self.samples)
        cell = start // CELL
        first = cell * CELL  # the gain goes from one to the next of these
        if first >= end:
            return np.zeros((0, len(self.channels)), dtype=np.float32)
        stretches = [(first, end)]
        blocks = mastered(self.checked(stretches).apart(stretches, faded=False), curve[cell:])
        return np.concatenate([mixed(block) for block in blocks])[start - first :]


def own_decibels(use: OwnSound) -> float:
    """Gain of the film's own sound."""
    return min(use.gain_db or 0.0, MOST_GAIN)


def music_decibels(use: OwnSound, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of the music along time beside the film's own sound."""
    levels = np.array(ducked(use.speech or (), use.depth) or [(0.0, 0.0)])
    return np.asarray(np.interp(seconds, *levels.T) + use.music_db)


def mixed(block: Samples) -> Samples:
    """Music and the film's own sound, if there is any, together."""
    if block.shape[1] == MUSIC:
        return block
    together = block[:, MUSIC:].copy()
    together[:, :MUSIC] += block[:, :MUSIC]  # front left and right come first in every layout
    return together


def compose(
    sheet: CueSheet,
    options: SoundOptions | None = None,
    progress: Progress = unwatched,
    *,
    film: str | os.PathLike[str] | None = None,
    duration: float | None = None,
    parts: Sequence[TimeSpan] | None = None,
    stems: Stems | None = None,
) -> ScoredSound:
    """Make the sound of a scored film; 0 s is its first picture.

    Everything is decoded to be measured before this returns, and again when the blocks are asked for; what is in memory
    does not grow with the film, but for 8 bytes for every two milliseconds.

    ``film`` and ``duration`` (in seconds) hold instead of the sheet's. Of ``parts`` of the film alone, in order, the
    sound is joined. ``stems`` gets what is mixed apart, as the blocks are asked for.
    """
    options = options or SoundOptions()
    path = sheet.film.path if film is None else os.fsdecode(film)
    duration = sheet.film.duration if duration is None else duration
    if duration > LONGEST:
        raise InputError("The cue sheet says that this film lasts longer than a day.", path)
    mix = Mix.of(sheet, options, path, duration)
    stretches = [(0, mix.samples)]
    if parts is not None:
        stretches = [(round(part.start * RATE), min(mix.samples, round(part.end * RATE))) for part in parts]
    heard_samples = sum(end - start for start, end in stretches)
    mix = mix.checked(stretches)
    own, use, passes = mix.own, mix.use, 2
    done = itertools.count()

    def counted(blocks: Iterator[Samples]) -> Iterator[Samples]:
        return _counted(blocks, heard_samples, progress, next(done), passes)

    if own is not None and (use.speech is None or use.gain_db is None):
        passes = 3
        use, _ = _listened(use, own, counted(own.blocks([(0, mix.samples)])))
        mix = replace(mix, use=use)

    def apart() -> Iterator[Samples]:
        return counted(mix.apart(stretches))

    curve = gain_curve(measure(map(mixed, apart()), mix.channels), options.loudness, PEAK)

    def blocks() -> Iterator[Samples]:
        for block in mastered(apart(), curve):
            if stems is not None:
                stems(block[:, :MUSIC], None if own is None else block[:, MUSIC:])
            yield mixed(block)

    told = None if own is None and use.use is not OriginalSound.DROP else use
    return ScoredSound(RATE, mix.layout, heard_samples, blocks(), told)


def asked(sheet: CueSheet, options: SoundOptions) -> OwnSound:
    """What is to become of the film's own sound: as it is asked for, else as the sheet says, else ducked.

    That of a slideshow without clips is dropped: it is the music itself.
    """
    silent = sheet.slideshow is not None and not sheet.slideshow.has_clips
    said = sheet.original or OwnSound(OriginalSound.DROP if silent else OriginalSound.DUCK, DUCKING)
    duck_db = said.duck_db if options.duck is None else options.duck
    music_db = said.music_db if options.music_db is None else options.music_db
    use = OriginalSound.DROP if silent else options.original or said.use
    return replace(said, use=use, duck_db=duck_db, music_db=music_db)


def heard(sheet: CueSheet, options: SoundOptions | None = None, progress: Progress = unwatched) -> Heard:
    """Listen to a film's own sound, unless its sheet says all or it is dropped."""
    use = asked(sheet, options or SoundOptions())
    if use.use is not OriginalSound.DROP and (use.speech is None or use.gain_db is None):
        own = own_track(sheet, sheet.film.path, sheet.film.duration)
        if own is None:
            return Heard(None)
        samples = round(sheet.film.duration * RATE)
        return Heard(*_listened(use, own, _counted(own.blocks([(0, samples)]), samples, progress)))
    return Heard(use)


def _counted(
    blocks: Iterator[Samples], samples: int, progress: Progress, done: int = 0, passes: int = 1
) -> Iterator[Samples]:
    """Tell how far a sound is in which every pass counts, of which so many are done."""
    stage = "Listening" if passes == 1 else "Mixing"
    count = done * samples
    for block in blocks:
        yield block
        count += len(block)
        progress(Step(stage, count / RATE, passes * samples / RATE, unit="seconds"))


def _listened(use: OwnSound, own: OwnTrack, blocks: Iterable[Samples]) -> tuple[OwnSound, NDArray[np.float64]]:
    """Find speech, and the gain that makes it as loud as the music; with the power along time."""
    finder, meter = SpeechFinder(), PowerMeter(own.channels)
    parts = [np.zeros(0)]
    for block in blocks:
        finder.add(block)
        parts.append(meter.add(block, STEP_SAMPLES))
    found, powers = finder.spans(), np.concatenate(parts)
    speech = found if use.speech is None else use.speech
    gain = _balance(powers, speech)
    return replace(use, speech=speech, gain_db=gain if use.gain_db is None else use.gain_db), powers


def _balance(powers: NDArray[np.float64], speech: Iterable[TimeSpan]) -> float:
    """Decibels for the film's own sound, of its weighted power every step; it is raised for speech alone."""
    middles = (np.arange(len(powers)) + 0.5) * STEP_SAMPLES / RATE
    spoken = np.zeros(len(powers), dtype=np.bool_)
    for part in speech:
        spoken |= (middles >= part.start) & (middles < part.end)
    level = float(in_lufs(powers[spoken].mean())) if spoken.any() else loudness_of(powers)
    if level is None:
        return 0.0
    return min(max(LOUDNESS - level, -BALANCE), BALANCE if spoken.any() else 0.0)
