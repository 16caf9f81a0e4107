"""What a sheet sounds like before it is rendered: any part of it, as the renderer would write it.

The renderer measures a whole mix before it sets its loudness (`mastering.gain_curve`). That takes a while, so here a
process of its own does it once for what the sheet has become, and keeps what it finds. Until then the gain that was
found last holds for the film, or none, and whoever asks is told so.
"""

import hashlib
import os
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.files import Closing, FileKind, keep_below, make_folder, replacing
from img2music.library.executors import Context, interrupts_blocked
from img2music.locations import state
from img2music.media.film_survey import Survey
from img2music.media.video import survey_of
from img2music.options import ScoreOptions
from img2music.shapes import dumps, to_dict
from img2music.soundtrack.blocks import RATE, Samples
from img2music.soundtrack.cue_sheet import CueSheet, parse
from img2music.soundtrack.mastering import CELL
from img2music.soundtrack.sound import Mix, music_decibels, own_decibels

LONGEST = 60.0
"""Seconds of the longest part that is given at once."""
MOST_KEPT = 512 << 20
"""Bytes of all gains of sheets that are kept, of which two hours of film take 14 MB."""
NICE = 10
GRACE = 2.0
PER_SECOND = 10
"""Gains a second, as they are drawn."""
SILENT = -60.0
"""Decibels that are drawn as silence."""
MIXED_IN = 0.7071
"""Share of channels beside or between left and right that both get (ITU-R BS.775)."""
CURVE = FileKind("gains along time", (".npy",), rb"\x93NUMPY")


@dataclass(frozen=True, slots=True)
class GainCurve:
    """A gain along a part of a film."""

    start: float  # seconds of the film
    decibels: list[float]  # so many a second; the last holds on


@dataclass(frozen=True, slots=True)
class GainCurves:
    """How loud the cues of a sheet are along time, and the film's own sound; before loudness is set for the whole."""

    per_second: int
    cues: list[GainCurve]  # one for each cue, in order
    film: GainCurve | None  # null where its sound is dropped, or it has none


class Mixes(Closing):
    """Mixes of the sheets of projects, and the gains that were found for them."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._process: tuple[int, str, Any] | None = None  # project, what it measures
        self._failed: str | None = None
        self._last: dict[int, str] = {}  # of a project

    def close(self) -> None:
        """End what is being measured."""
        with self._lock:
            self._end()

    def span(
        self,
        project: int,
        sheet: CueSheet,
        film: str,
        survey: Survey | None,
        wanted: tuple[float, float],
        *,
        passing: bool = False,
    ) -> tuple[bytes, bool]:
        """A part of a mix, its start and its length in seconds, as a WAV file; and whether it is what is rendered.

        Of a sheet that is only tried, ``passing``, nothing is measured. An album has no survey.
        """
        start, seconds = wanted
        mix = Mix.of(sheet, ScoreOptions(), film, lasts(sheet, survey), survey)
        name = _name(sheet, film)
        curve = self._known(name)
        if curve is None and not passing:
            self._measure(project, name, sheet, film)
        exact = curve is not None
        if curve is None:
            curve = self._known(self._last.get(project, ""))
        elif not passing:
            self._last[project] = name
        cells = -(-mix.samples // CELL) + 2
        if curve is None or len(curve) < cells - 1:
            curve, exact = np.ones(cells, dtype=np.float32), False
        first = min(round(start * RATE), mix.samples)
        samples = mix.span(curve, first, round(min(seconds, LONGEST) * RATE))
        return wav(stereo(samples, mix.channels)), exact

    def _known(self, name: str) -> NDArray[np.float32] | None:
        file = self._folder / f"{name}.npy"
        try:
            found: NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
            os.utime(file)
        except (OSError, ValueError):
            return None
        return found

    def _measure(self, project: int, name: str, sheet: CueSheet, film: str) -> None:
        """Have it measured, instead of what the same project was before; one at a time."""
        with self._lock:
            if self._process is not None:
                running, measured, process = self._process
                if process.is_alive() and (measured == name or running != project):
                    return
                self._end()
                self._failed = measured if self._known(measured) is None else None
            if name == self._failed:  # what is wrong with a file is told where that is heard
                return
            text = dumps(sheet.to_dict(), None).encode("ascii")
            process = Context().Process(
                target=_measured, args=(text, film, self._folder / f"{name}.npy"), name="measuring", daemon=True
            )
            with interrupts_blocked():
                process.start()
            self._process = project, name, process

    def _end(self) -> None:
        if self._process is not None:
            _, _, process = self._process
            process.terminate()
            process.join(GRACE)
            process.kill()
            process.join()
            process.close()
            self._process = None


def lasts(sheet: CueSheet, survey: Survey | None) -> float:
    """How long what is heard lasts: exactly, where the sheet tells milliseconds."""
    if survey is not None:
        return survey.duration
    film = sheet.film
    return film.duration if film.frames is None else film.frames / film.fps


def gains(sheet: CueSheet, film: str, survey: Survey | None) -> GainCurves:
    """How loud everything is along time, from the functions that mix it."""
    mix = Mix.of(sheet, ScoreOptions(), film, lasts(sheet, survey), survey)
    cues = []
    for part in mix.parts:
        times = np.arange(part.start, part.end, RATE / PER_SECOND)
        decibels = 20.0 * np.log10(np.maximum(part.gain(times), 1e-9))
        if mix.own is not None:
            decibels = decibels + music_decibels(mix.use, times / RATE)
        cues.append(GainCurve(part.start / RATE, np.maximum(decibels, SILENT).round(1).tolist()))
    own = None if mix.own is None else GainCurve(0.0, [round(own_decibels(mix.use), 1)])
    return GainCurves(PER_SECOND, cues, own)


def stereo(samples: Samples, channels: Sequence[str]) -> Samples:
    """Left and right of a sound, with what lies beside them; without the channel of low effects."""
    if tuple(channels) == ("FL", "FR"):
        return samples
    weights = np.zeros((len(channels), 2), dtype=np.float32)
    for number, name in enumerate(channels):
        if name in ("FL", "FR"):
            weights[number, name == "FR"] = 1.0
        elif name.endswith(("L", "R")):
            weights[number, int(name.endswith("R"))] = MIXED_IN
        elif name != "LFE":
            weights[number] = MIXED_IN
    return samples @ weights


def wav(samples: Samples) -> bytes:
    """A WAV file of 16 bits and two channels (Microsoft and IBM, Multimedia Programming Interface, 1991)."""
    content: bytes = np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 2, RATE, 4 * RATE, 4, 16)
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(content), b"WAVE", b"fmt ", len(form)) + form
    head += struct.pack("<4sI", b"data", len(content))
    return head + content


def _name(sheet: CueSheet, film: str) -> str:
    """What is told from all that is heard: the sheet, and the files as they are now."""
    clips = [] if sheet.slideshow is None else [each for each in sheet.slideshow.photos if each.clip_start is not None]
    shown = [film] if sheet.slideshow is None else [each.path for each in clips]
    try:
        files = {path: state(path) for path in (*shown, *(cue.track.path for cue in sheet.cues))}
    except OSError as error:
        raise InputError("a song of this film is not there any more.", error.filename) from None
    heard = [
        (cue.start, cue.end, cue.track.path, cue.passage.start, cue.fade_in, cue.fade_out, cue.gain_db)
        for cue in sheet.cues
    ]
    own = None if sheet.original is None else to_dict(sheet.original)
    seen = [clips and to_dict(sheet.slideshow), sheet.slideshow and sheet.film.duration]
    told = dumps([film, sorted(files.items()), heard, own, seen], None)
    return hashlib.blake2b(told.encode("ascii"), digest_size=16).hexdigest()


def _measured(text: bytes, film: str, output: Path) -> None:
    """Measure a mix; the main function of a process."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    sheet = parse(text, film)
    mix = Mix.of(sheet, ScoreOptions(), film, lasts(sheet, None if sheet.slideshow else survey_of(film)))
    curve = mix.checked().measured(ScoreOptions().loudness)
    with replacing(output, CURVE) as stream:
        np.save(stream, curve)
    keep_below(output.parent.glob("*.npy"), MOST_KEPT, output)
