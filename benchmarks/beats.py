"""Where cues begin and photos change against the beats of songs whose beats are known."""

import argparse
import itertools
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.report import Report
from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueTrack
from img2music.soundtrack.cueing import align
from img2music.soundtrack.slideshow.plan import beats_under, lasting, on_beats

RATE = 44_100
SECONDS = 100.0
TOLERANCE = 0.040
ONSET_LAG = 0.010  # seconds by which the strength of an onset peaks after it

DEMO = {
    "calm_acoustic": 136.0, "calm_electronic": 140.0, "energetic_acoustic": 133.0, "energetic_electronic": 150.0,
    "happy_acoustic": 110.0, "happy_electronic": 123.0, "nostalgic_acoustic": 78.5, "nostalgic_electronic": 85.0,
    "tender_acoustic": 90.0, "tender_electronic": 100.0,
}  # fmt: skip
"""Tempos of the demo's pieces, on which the two or three of each mood and instruments agree."""

STARTS, PHOTOS = 6, 15
"""Cues that begin in each song, at random, and photos of 4 seconds that are shown to it."""

FPS = 25


@dataclass(frozen=True)
class Style:
    """How a made song sounds.

    ``swing`` is how late every other half beat comes, in beats; ``jitter`` the standard deviation of all onsets in
    seconds; ``drift`` how much the tempo sways; ``drums`` how loud the drums are against the chords (0: plucked chords
    alone); ``metre`` how many beats a bar has.
    """

    name: str
    tempo: float
    swing: float = 0.0
    jitter: float = 0.0
    drift: float = 0.0
    drums: float = 1.0
    metre: int = 4
    offbeats: bool = False
    hats: int = 2


STYLES = (
    Style("slow", 62.0),
    Style("ballad", 74.0, drums=0.3),
    Style("walking", 88.0),
    Style("pop", 104.0),
    Style("house", 124.0, offbeats=True),
    Style("rock", 138.0),
    Style("drum and bass", 174.0, hats=1),
    Style("punk", 176.0),
    Style("shuffle", 96.0, swing=1 / 6),
    Style("swing", 132.0, swing=1 / 6, jitter=0.006),
    Style("waltz", 150.0, metre=3),
    Style("by hand", 112.0, jitter=0.012),
    Style("swaying", 100.0, drift=0.03),
    Style("weak", 92.0, drums=0.12),
    Style("plucked", 80.0, drums=0.0),
)


def beats_of(style: Style, seconds: float) -> NDArray[np.float64]:
    """Seconds of every beat, the first at 0.37."""
    times = [0.37]
    while times[-1] < seconds - 1.0:
        sway = 1.0 + style.drift * np.sin(2 * np.pi * times[-1] / 20.0)
        times.append(times[-1] + 60.0 / style.tempo * sway)
    return np.array(times)


def made(style: Style, seconds: float = SECONDS) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A song of drums, bass and chords, and its beats."""
    chance = np.random.default_rng(sum(map(ord, style.name)))
    beats = beats_of(style, seconds)
    sound = chance.normal(0.0, 0.0005, round(seconds * RATE))
    time = np.arange(RATE // 3) / RATE
    kick = np.sin(2 * np.pi * (50 + 60 * np.exp(-time / 0.02)) * time) * np.exp(-time / 0.08)
    snare = chance.normal(size=len(time)) * np.exp(-time / 0.05) + np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.04)
    hat = np.diff(chance.normal(size=len(time) + 1)) * np.exp(-time / 0.015)

    def strike(at: float, drum: NDArray[np.float64], level: float) -> None:
        first = round((at + chance.normal(0.0, style.jitter)) * RATE)
        if 0 <= first < len(sound) - len(drum):
            sound[first : first + len(drum)] += level * drum

    for number, (beat, following) in enumerate(itertools.pairwise(beats)):
        place, length = number % style.metre, following - beat
        if style.drums:
            strike(beat, kick if place in (0, 2) or style.offbeats else snare, 0.4 * style.drums)
            if style.offbeats and place % 2:
                strike(beat, snare, 0.2 * style.drums)
            for half in range(style.hats):
                late = style.swing if half else 0.0
                level = 0.2 if half and style.offbeats else 0.08
                strike(beat + (half / style.hats + late) * length, hat, level * style.drums)
        if place == 0 or not style.drums:
            root = 110.0 * 2 ** ((0, 5, 7, 3)[number // style.metre % 4] / 12)
            last = style.metre * length if style.drums else length
            note = np.arange(round(min(last, 2.5) * RATE)) / RATE
            chord = sum(np.sin(2 * np.pi * root * factor * note) / factor for factor in (1, 1.26, 1.5, 2, 3))
            attack = np.minimum(1.0, note / (0.08 if style.drums else 0.01))
            strike(beat, 0.12 * chord * attack * np.exp(-note / (1.5 if style.drums else 0.4)), 1.0)
    return (0.7 * sound / np.abs(sound).max()).astype(np.float32), beats


def reference(path: Path, tempo: float) -> NDArray[np.float64]:
    """Beats of a real song of known tempo: librosa's, held to that tempo over the whole song, in steps of 6 ms."""
    from librosa import load
    from librosa.beat import beat_track
    from librosa.onset import onset_strength

    sound, rate = load(path, sr=22_050)
    strength = onset_strength(y=sound, sr=rate, hop_length=128, n_fft=1024, n_mels=64)
    found = beat_track(
        onset_envelope=strength, sr=rate, hop_length=128, bpm=tempo, tightness=400, trim=False, units="time"
    )
    return np.asarray(found[1] - ONSET_LAG)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", type=Path, help="folder for the made songs, to listen to them")


def demo_songs() -> list[Path]:
    import immich_memories_music

    return sorted((Path(immich_memories_music.__file__).parent / "tracks").rglob("*.opus"))


def away(times: Sequence[float] | NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.asarray(times)[:, None] - beats).min(axis=1))


def laid(path: str, duration: float, start: float, end: float, begin: float) -> Cue:
    return Cue(start, end, CueTrack(path, duration=duration), Passage(begin, begin + end - start))


def starts(path: Path, duration: float) -> list[Cue]:
    """Cues that were moved from places at random, each between two other songs."""
    chance = np.random.default_rng(7)
    times = np.arange(0.0, 60.0, 1 / FPS)
    before, after = (laid("/no/such/song.flac", 100.0, *span, 0.0) for span in ((0.0, 20.0), (35.0, 50.0)))
    return [
        align([before, laid(str(path), duration, 20.0, 35.0, begin), after], times, lambda _, __: 1.0)[1]
        for begin in chance.uniform(2.0, duration - 20.0, STARTS).tolist()
    ]


def run(options: argparse.Namespace) -> Report:
    report = Report(
        "beats", ["song", "BPM", "starts on beats", "ms", "on bars", "changes on beats", "ms", "told not to be"]
    )
    totals = Counter[str]()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        songs: list[tuple[str, float, Path, NDArray[np.float64], int | None]] = []
        for style in STYLES:
            path = folder / f"{style.name}.flac"
            sound, beats = made(style)
            soundfile.write(path, sound, RATE)
            songs.append((style.name, style.tempo, path, beats, style.metre))
        for path in demo_songs():
            tempo = DEMO["_".join(path.stem.split("_")[:2])]
            songs.append((path.stem, tempo, path, reference(path, tempo), None))  # its bars are not known
        for name, tempo, path, beats, metre in songs:
            duration = float(soundfile.info(path).duration)
            placed = starts(path, duration)
            begun = away([each.passage.start for each in placed], beats)
            on_bars = ""
            if metre is not None:
                barred = away([each.passage.start for each in placed], beats[::metre]) <= TOLERANCE
                on_bars = f"{barred.sum()} of {len(barred)}"
                totals["bars"] += len(barred)
                totals["bars on beats"] += int(barred.sum())
            show = lasting([4.0] * min(PHOTOS, int((duration - 1.0) / 4.0)), FPS, 1.0)
            offset = min(7.3, duration - show.duration)
            passage = Passage(offset, offset + show.duration)
            heard = beats_under([Cue(0.0, show.duration, CueTrack(str(path)), passage)])
            times = on_beats(show, heard.times, np.zeros(0)).times[1:-1]
            changed = away(times + offset, beats)
            told = [each.beats is not None and each.beats.note is not None for each in placed]
            told += [not (np.abs(heard.times - time) <= TOLERANCE).any() for time in times]
            off = np.concatenate([begun, changed]) > TOLERANCE
            totals["off"] += int(off.sum())
            totals["told"] += int((off & told).sum())
            for what, offsets in (("starts", begun), ("changes", changed)):
                totals[what] += len(offsets)
                totals[f"{what} on beats"] += int((offsets <= TOLERANCE).sum())
            report.add(
                name, tempo,
                f"{(begun <= TOLERANCE).sum()} of {len(begun)}", 1000 * float(np.median(begun)), on_bars,
                f"{(changed <= TOLERANCE).sum()} of {len(changed)}", 1000 * float(np.median(changed)),
                f"{(off & told).sum()} of {off.sum()}",
            )  # fmt: skip
            print(*report.rows[-1], flush=True)
    for what in ("starts", "bars", "changes"):
        share = totals[f"{what} on beats"] / totals[what]
        report.add(what, "", f"{totals[f'{what} on beats']} of {totals[what]}", f"{100 * share:.0f} %", "", "", "", "")
    report.note = (
        f"Bar: 90 % within {1000 * TOLERANCE:g} ms of a known beat, and the rest told: {totals['told']} of "
        f"{totals['off']} are. Beats of made songs are known; those of the demo's pieces are tracked at a known tempo."
    )
    return report
