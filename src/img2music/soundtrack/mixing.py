"""The music of a cue sheet: passages at their places, with gain and fades, mixed block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.audio import Audio, open_audio
from img2music.soundtrack.blocks import RATE, Reader, Samples, lengths
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue, CueSheet

LAYOUT, CHANNELS = "stereo", 2

LEAST_FADE = 0.01
"""Seconds of a fade where the sheet asks for none: a song cut off within a wave would click."""

LONGEST_FADE, MOST_GAIN = 3600.0, 40.0
"""Seconds and decibels beyond which a sheet was mistyped; no film gets so much."""

PROBED = 0.5
"""Seconds before the end of a passage that are decoded to see whether the song reaches so far."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is heard of one song, in samples of the film."""

    cue: int  # number of its cue, from 1
    path: str
    offset: float  # seconds of the song at start
    start: int  # first sample, and the one after the last
    end: int  # first sample, and the one after the last
    fade_in: int  # samples, at least those of `LEAST_FADE`; they may overlap in a short cue
    fade_out: int  # samples, at least those of `LEAST_FADE`; they may overlap in a short cue
    crossed: bool  # whether another song begins while this one fades out
    follows: bool  # whether it begins while another fades out
    gain: float  # amplitude factor
    passage_end: float  # seconds of the song which must be there

    def envelope(self, first: int, count: int) -> NDArray[np.float32]:
        """Gain along time, fades and all.

        Fades with another song keep the power of two that have nothing in common (sine and cosine: the squares add up
        to 1); those from and to silence are squares of these, which begin and end without an edge.
        """
        length = self.end - self.start
        if self.fade_in <= first - self.start and first + count - self.start <= length - self.fade_out:
            return np.full(count, self.gain, dtype=np.float32)
        at = np.arange(first - self.start, first - self.start + count, dtype=np.float64) + 0.5
        rise = np.sin(np.pi / 2 * np.clip(at / self.fade_in, 0.0, 1.0))
        fall = np.sin(np.pi / 2 * np.clip((length - at) / self.fade_out, 0.0, 1.0))
        gain = self.gain * rise ** (1 if self.follows else 2) * fall ** (1 if self.crossed else 2)
        return np.asarray(gain, dtype=np.float32)


def plan(sheet: CueSheet) -> list[Part]:
    """Lay the cues of a sheet on the film's time."""
    duration = sheet.film.duration
    parts: list[Part] = []
    for number, cue in enumerate(sheet.cues, start=1):
        if cue.start >= duration:
            break  # by a few milliseconds, or the sheet would not have been read
        following = sheet.cues[number].start if number < len(sheet.cues) else np.inf
        crossed = following - cue.end <= TOLERANCE and following < duration
        end = min(cue.end + max(cue.fade_out, LEAST_FADE), duration) if crossed else min(cue.end, duration)
        fade_out = end - cue.end if crossed else min(cue.fade_out, end - cue.start)
        before = parts[-1] if parts else None
        parts.append(_part(number, cue, end, fade_out, crossed=crossed, follows=before is not None and before.crossed))
    return parts


def _part(number: int, cue: Cue, end: float, fade_out: float, *, crossed: bool, follows: bool) -> Part:
    return Part(
        cue=number,
        path=cue.track.path,
        offset=cue.passage.start,
        start=round(cue.start * RATE),
        end=round(end * RATE),
        fade_in=_fade(cue.fade_in),
        fade_out=_fade(fade_out),
        crossed=crossed,
        follows=follows,
        gain=10.0 ** (min(cue.gain_db, MOST_GAIN) / 20.0),
        passage_end=cue.passage.start + min(cue.end, end) - cue.start,
    )


def _fade(seconds: float) -> int:
    return round(min(max(seconds, LEAST_FADE), LONGEST_FADE) * RATE)


def checked(parts: Sequence[Part]) -> list[Part]:
    """See that every song is there and has its passage, by decoding where it ends."""
    return [_checked(part) for part in parts]


def _checked(part: Part) -> Part:
    last = part.offset + (part.end - part.start) / RATE
    with open_audio(part.path) as audio:
        probed = list(audio.excerpts([(max(0.0, part.passage_end - PROBED), last)]))
        reached = probed[-1].end if probed else min(audio.info.duration, part.passage_end - PROBED)
    if reached < part.passage_end - TOLERANCE:
        raise InputError(
            f"ends at {max(0.0, reached):.1f} s, and the passage of cue {part.cue} at {part.passage_end:.1f} s: "
            "it has changed since the cue sheet was made, or is cut short; spot the film again.",
            part.path,
        )
    missing = round((last - reached) * RATE)
    if missing <= 0:
        return part
    return replace(part, end=part.end - missing, fade_out=max(part.fade_out - missing, _fade(0.0)))


def music(parts: Sequence[Part], samples: int) -> Iterator[Samples]:
    """Mix all parts."""
    sounding: list[tuple[Part, Reader, Audio]] = []
    waiting = sorted((part for part in parts if part.end > part.start), key=lambda part: part.start)
    try:
        for first, count in lengths(samples):
            mixed = np.zeros((count, CHANNELS), dtype=np.float32)
            while waiting and waiting[0].start < first + count:
                part = waiting.pop(0)
                audio = open_audio(part.path)
                pieces = audio.pieces(part.offset, rate=RATE, layout=LAYOUT)
                sounding.append((part, Reader(pieces, CHANNELS), audio))
            for part, reader, _ in sounding:
                begin, end = max(first, part.start), min(first + count, part.end)
                mixed[begin - first : end - first] += (
                    reader.read(end - begin) * part.envelope(begin, end - begin)[:, np.newaxis]
                )
            for ended in [each for each in sounding if each[0].end <= first + count]:
                ended[2].close()
                sounding.remove(ended)
            yield mixed
    finally:
        for _, _, audio in sounding:
            audio.close()
