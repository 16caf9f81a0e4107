"""The seams of a film's music: only the seconds around each change of song, to be judged quickly."""

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from img2music.errors import UsageError
from img2music.matching.passages import clock
from img2music.media.film_writer import write_pictures
from img2music.media.sound_writer import Sound
from img2music.media.video import VideoFile
from img2music.progress import Progress
from img2music.soundtrack.cue_sheet import TOLERANCE, CueSheet, TimeSpan
from img2music.soundtrack.slideshow.captions import CaptionFont
from img2music.soundtrack.slideshow.drawing import Planes, from_rgb, write

AROUND = 4.0  # seconds that are heard before and after a change
SIDE = 360  # pixels of the shorter side of its pictures
SLOWEST, FASTEST = 10, 30  # pictures a second


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the music changes, begins or ends within a film."""

    time: float  # seconds
    label: str  # one line


def seams_of(sheet: CueSheet) -> list[Seam]:
    """Find where the music of a film changes; not where it begins with the film, and ends with it."""
    found = []
    cues = (None, *sheet.cues, None)
    for number, (before, after) in enumerate(itertools.pairwise(cues)):
        met = before is not None and after is not None and after.start - before.end <= TOLERANCE
        if before is not None and after is not None and met:
            names = f"{before.track.shown_title} - {after.track.shown_title}"
            found.append(Seam(after.start, f"{clock(after.start)}, cue {number} to {number + 1}: {names}"))
            continue
        if before is not None and before.end < sheet.film.duration - TOLERANCE:
            found.append(Seam(before.end, f"{clock(before.end)}, cue {number} ends: {before.track.shown_title}"))
        if after is not None and after.start > TOLERANCE:
            found.append(Seam(after.start, f"{clock(after.start)}, cue {number + 1} begins: {after.track.shown_title}"))
    return found


@dataclass(frozen=True)
class SeamPreview:
    """The parts of a film around its seams, joined."""

    film: str
    seams: Sequence[Seam]
    parts: Sequence[TimeSpan]  # of the film, in order and in whole pictures
    rate: int  # pictures a second

    @classmethod
    def of(cls, film: str, sheet: CueSheet, duration: float, fps: float) -> "SeamPreview":
        """Choose what is shown and heard: parts that meet are one."""
        seams, rate = seams_of(sheet), min(FASTEST, max(SLOWEST, round(fps)))
        if not seams:
            raise UsageError("There is no seam to preview: the music never changes.")
        found: list[tuple[int, int]] = []
        for seam in seams:
            start = max(0, math.floor((seam.time - AROUND) * rate))
            end = min(math.floor(duration * rate), math.ceil((seam.time + AROUND) * rate))
            if found and start <= found[-1][1]:
                start, _ = found.pop()
            found.append((start, end))
        return cls(film, seams, [TimeSpan(start / rate, end / rate) for start, end in found if end > start], rate)

    def write(self, file: Path, sound: Sound, progress: Progress) -> None:
        """Write the film of it, in small pictures that say which change is near."""
        with VideoFile(self.film) as video:
            first = video.first()
        scale = min(1.0, SIDE / (first.height * min(1.0, first.proportion)))
        sides = first.height * first.proportion * scale, first.height * scale
        size = max(2, 2 * round(sides[0] / 2)), max(2, 2 * round(sides[1] / 2))
        count = sum(round((part.end - part.start) * self.rate) for part in self.parts)
        write_pictures(
            self._pictures(size), file, rate=self.rate, size=size, count=count, sound=sound, progress=progress
        )

    def _pictures(self, size: tuple[int, int]) -> Iterator[Planes]:
        font = CaptionFont(size)
        labels = [font.overlay(seam.label) for seam in self.seams]
        middles = [(one.time + other.time) / 2 for one, other in itertools.pairwise(self.seams)]
        for part in self.parts:
            with VideoFile(self.film) as video:
                frames = video.since(part.start)
                following, shown = next(frames, None), Planes.black(*size)
                for number in range(round((part.end - part.start) * self.rate)):
                    time = part.start + number / self.rate
                    frame = None
                    while following is not None and following.time <= time + 1e-3:
                        frame, following = following, next(frames, None)
                    if frame is not None:
                        shown = from_rgb(frame.pixels(*size, quick=True))
                    picture = Planes(*(plane.copy() for plane in shown))
                    label = labels[bisect.bisect(middles, time)]
                    if label is not None:
                        write(label, picture)
                    yield picture
