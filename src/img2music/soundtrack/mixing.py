"""The music of a cue sheet: passages at their places, with gain and fades, mixed block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.media.audio import Audio, open_audio
from img2music.soundtrack.blocks import RATE, Reader, Samples, lengths
from img2music.soundtrack.cue_sheet import TOLERANCE, Cue

LAYOUT, CHANNELS = "stereo", 2

LEAST_FADE = 0.01  # seconds of a fade where the sheet asks for none: a song cut off within a wave would click
LONGEST_FADE, MOST_GAIN = 3600.0, 40.0  # seconds and decibels beyond which a sheet was mistyped; no film gets so much
PROBED = 0.5  # seconds before the end of a passage that are decoded to see whether the song reaches so far


@dataclass(frozen=True, slots=True)
class Part:
    """What is heard of a cue, in samples of the film."""

    number: int  # of its cue, from 1
    cue: Cue
    start: int
    end: int  # the sample after its last
    fade_in: int  # at least as long as `LEAST_FADE`; the fades may overlap in a short cue
    fade_out: int
    crossed: bool  # whether another song begins while this one fades out
    follows: bool  # whether it begins while another fades out
    passage_end: float  # seconds of the song which must be there

    def envelope(self, first: int, count: int) -> NDArray[np.float32]:
        """Gain along time, fades and all.

        Fades with another song keep the power of two that have nothing in common (sine and cosine: the squares add up
        to 1); those from and to silence are squares of these, which begin and end without an edge.
        """
        length, level = self.end - self.start, 10.0 ** (min(self.cue.gain_db, MOST_GAIN) / 20.0)
        if self.fade_in <= first - self.start and first + count - self.start <= length - self.fade_out:
            return np.full(count, level, dtype=np.float32)
        return np.asarray(self.gain(np.arange(first, first + count, dtype=np.float64) + 0.5), dtype=np.float32)

    def gain(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gain at some moments within it, in samples of the film."""
        length, level = self.end - self.start, 10.0 ** (min(self.cue.gain_db, MOST_GAIN) / 20.0)
        at = samples - self.start
        rise = np.sin(np.pi / 2 * np.clip(at / self.fade_in, 0.0, 1.0))
        fall = np.sin(np.pi / 2 * np.clip((length - at) / self.fade_out, 0.0, 1.0))
        return np.asarray(level * rise ** (1 if self.follows else 2) * fall ** (1 if self.crossed else 2))


def plan(cues: Sequence[Cue], duration: float) -> list[Part]:
    """Lay cues on the time of a film that lasts so many seconds."""
    parts: list[Part] = []
    for number, cue in enumerate(cues, start=1):
        if cue.start >= duration:
            break  # by a few milliseconds, or the sheet would not have been made
        following = cues[number].start if number < len(cues) else np.inf
        crossed = following - cue.end <= TOLERANCE and following < duration
        end = min(cue.end + max(cue.fade_out, LEAST_FADE), duration) if crossed else min(cue.end, duration)
        part = Part(
            number=number,
            cue=cue,
            start=round(cue.start * RATE),
            end=round(end * RATE),
            fade_in=_fade(cue.fade_in),
            fade_out=_fade(end - cue.end if crossed else min(cue.fade_out, end - cue.start)),
            crossed=crossed,
            follows=bool(parts) and parts[-1].crossed,
            passage_end=cue.passage.start + min(cue.end, end) - cue.start,
        )
        parts.append(part)
    return parts


def _fade(seconds: float) -> int:
    return round(min(max(seconds, LEAST_FADE), LONGEST_FADE) * RATE)


def checked(parts: Sequence[Part]) -> list[Part]:
    """See that every song is there and has its passage, by decoding where it ends."""
    found = []
    for part in parts:
        last = part.cue.passage.start + (part.end - part.start) / RATE
        path = part.cue.track.path
        with open_audio(path) as audio:
            probed = list(audio.excerpts([(max(0.0, part.passage_end - PROBED), last)]))
            reached = probed[-1].end if probed else min(audio.info.duration, part.passage_end - PROBED)
        if reached < part.passage_end - TOLERANCE:
            raise InputError(
                f"ends at {max(0.0, reached):.1f} s, and the passage of cue {part.number} at {part.passage_end:.1f} s: "
                "it has changed since the cue sheet was made, or is cut short; spot the film again.",
                path,
            )
        missing = max(0, round((last - reached) * RATE))
        fade_out = max(part.fade_out - missing, _fade(0.0)) if missing else part.fade_out
        found.append(replace(part, end=part.end - missing, fade_out=fade_out))
    return found


def music(parts: Sequence[Part], end: int, start: int = 0) -> Iterator[Samples]:
    """Mix all parts, from one sample of the film to another."""
    sounding: list[tuple[Part, Reader, Audio]] = []
    waiting = sorted((part for part in parts if part.end > max(part.start, start)), key=lambda part: part.start)
    try:
        for first, count in lengths(end, start):
            mixed = np.zeros((count, CHANNELS), dtype=np.float32)
            while waiting and waiting[0].start < first + count:
                part = waiting.pop(0)
                audio = open_audio(part.cue.track.path)
                begun = max(0, start - part.start) / RATE
                pieces = audio.pieces(part.cue.passage.start + begun, rate=RATE, layout=LAYOUT)
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
