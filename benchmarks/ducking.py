"""Films of clips with and without speech, scored by the command: where speech is heard, and how loud the music is."""

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import immich_memories_music
import numpy as np
import soundfile
import soxr
from av.filter import Graph
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_dilation, uniform_filter1d
from scipy.signal import lfilter

from benchmarks.report import Report
from benchmarks.score import pulled
from tests.support.soundtracks import RATE, Track, film

Sound = NDArray[np.float64]

CLIP = 8.0
"""Seconds of a clip."""

LEVELS = (-44.0, -50.0, -56.0, -64.0, -70.0, -76.0)
"""dBFS of the hiss in a clip; speech is 20 to 38 dB below full scale."""

NEAR = 2.0
"""Seconds around speech in which the music is on its way; neither low nor as it is elsewhere."""

WINDOW = 0.25
"""Seconds for which the gain of the music is found."""

VOICES = ("en", "en-us+f3", "de+m3", "fr+f2", "es+m1", "it+f4", "en-gb+klatt2", "pt+f1")

TEXTS = {
    "en": "We went down to the lake this morning. The children were laughing, and the dog ran into the water at once.",
    "de": "Heute Morgen sind wir an den See gegangen. Die Kinder haben gelacht, und der Hund ist ins Wasser gelaufen.",
    "fr": "Ce matin nous sommes allés au bord du lac. Les enfants riaient et le chien a couru dans l'eau.",
    "es": "Esta mañana fuimos al lago. Los niños se reían y el perro corrió al agua. Mira ese barco tan grande.",
    "it": "Questa mattina siamo andati al lago. I bambini ridevano e il cane è corso in acqua. Guarda quella barca.",
    "pt": "Esta manhã fomos ao lago. As crianças riam e o cachorro correu para a água. Olha aquele barco grande.",
}

VOWELS = ((700, 1220, 2600), (390, 1990, 2550), (310, 870, 2250), (530, 1840, 2480), (570, 840, 2410))
"""Formants in hertz."""

MELODY = (0, 2, 4, 5, 7, 9, 7, 5, 4, 7, 12, 9, 5, 4, 2, 0)
"""Semitones."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--films", type=int, default=4)
    parser.add_argument("--duck", type=float, default=12.0)
    parser.add_argument("--singing", type=Path, help="folder with songs that are sung, of which excerpts are taken")


@dataclass(frozen=True)
class Clip:
    """A part of a film: what kind it is, its sound, and where someone speaks in it (both at `RATE`)."""

    kind: str
    sound: Sound
    spoken: NDArray[np.bool_]


def at(sound: Sound, level: float) -> Sound:
    """Bring to a level in dBFS."""
    return np.asarray(sound * 10 ** (level / 20) / (np.sqrt(np.mean(sound**2)) + 1e-12))


def fitted(sound: Sound) -> Sound:
    """Make it as long as a clip."""
    count = round(CLIP * RATE)
    return np.pad(sound[:count], (0, max(0, count - len(sound))))


def speak(voice: str, pitch: int) -> tuple[Sound, NDArray[np.bool_]]:
    words = ["espeak-ng", "--stdout", "-v", voice, "-p", str(pitch), "-s", "160", TEXTS[voice[:2]]]
    done = subprocess.run(words, capture_output=True, check=True)
    sound, rate = soundfile.read(io.BytesIO(done.stdout))
    spoken = fitted(np.concatenate([np.zeros(RATE), soxr.resample(sound, rate, RATE)])[: round((CLIP - 1.0) * RATE)])
    loud = uniform_filter1d(spoken**2, RATE // 20) > 1e-4 * np.mean(spoken[spoken != 0.0] ** 2)
    coarse = binary_closing(np.pad(loud[:: RATE // 100], 100), np.ones(50))[100:-100]  # pauses of half a second
    return spoken, np.repeat(coarse, RATE // 100)[: len(spoken)]


def sing(chance: np.random.Generator) -> Sound:
    """Vowels on the notes of a melody, with vibrato, each note held."""
    parts, phase, base = [], 0.0, float(chance.choice([147.0, 220.0, 294.0]))
    for number in range(24):
        count = round(float(chance.choice([0.35, 0.5, 0.7, 1.0])) * RATE)
        time = np.arange(count) / RATE
        pitch = base * 2 ** (MELODY[number % len(MELODY)] / 12) * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))
        turns = phase + np.cumsum(pitch) / RATE
        phase = float(turns[-1] % 1.0)
        tone = 2 * (turns % 1.0) - 1 + 0.02 * chance.normal(size=count)
        for formant in VOWELS[int(chance.integers(len(VOWELS)))]:
            radius, angle = np.exp(-np.pi * 80 / RATE), 2 * np.pi * formant / RATE
            tone = tone + 20 * lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], tone)
        parts.append(tone * np.minimum(1.0, 15 * np.minimum(time, time[::-1])))
    return np.concatenate(parts)


def decoded(path: Path, start: float = 0.0) -> Sound:
    """A clip's length of a file from a second on, in one channel."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    parts, found, wanted = [], 0, round((start + CLIP) * RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray().reshape(-1))
                found += len(parts[-1])
            if found >= wanted:
                break
    return fitted(np.concatenate(parts)[round(start * RATE) :].astype(np.float64))


def clips(number: int, songs: list[Path], sung: list[Path]) -> list[Clip]:
    """The clips of a film, every kind of them, in an order of its own."""
    chance = np.random.default_rng(number)
    silent = np.zeros(round(CLIP * RATE), dtype=np.bool_)
    made: list[Clip] = []

    def add(kind: str, sound: Sound, spoken: NDArray[np.bool_] = silent) -> None:
        hiss = at(chance.normal(size=len(sound)), LEVELS[len(made) % len(LEVELS)])
        made.append(Clip(kind, sound + hiss, spoken))

    for voice in chance.choice(VOICES, 6, replace=False):
        sound, spoken = speak(str(voice), int(chance.integers(30, 70)))
        add("speech", at(sound, float(chance.uniform(-38, -20))), spoken)
    for song in chance.choice(np.array(songs, dtype=object), 2, replace=False):
        sound, spoken = speak(str(chance.choice(VOICES)), 50)
        add("speech and music", at(sound, -24) + at(decoded(song, 10.0), -34), spoken)
        add("music", at(decoded(song, 20.0), float(chance.uniform(-38, -20))))
    for _ in range(6):
        add("noise", np.zeros(len(silent)))
    add("singing", at(fitted(sing(chance)), -24))
    for song in sung[2 * number : 2 * number + 2]:
        add("singing", at(decoded(song, 20.0), -24))
        sound, spoken = speak(str(chance.choice(VOICES)), 50)
        add("speech and singing", at(sound, -24) + at(decoded(song, 30.0), -34), spoken)
    return [made[place] for place in chance.permutation(len(made))]


@dataclass(frozen=True)
class Heard:
    """A film second by second, and how loud its music is every `WINDOW`."""

    kinds: list[str]
    spoken: NDArray[np.bool_]
    found: NDArray[np.bool_]
    while_spoken: NDArray[np.float64]  # decibels, against the music elsewhere
    elsewhere: NDArray[np.float64]
    ranges: tuple[float, float]  # loudness range of the result, and of its music alone


def seconds(spoken: NDArray[np.bool_], per_second: int) -> NDArray[np.bool_]:
    """Seconds of which at least half is speech."""
    return np.asarray(spoken[: len(spoken) // per_second * per_second].reshape(-1, per_second).mean(axis=1) >= 0.5)


def score(parts: list[Clip], song: Path, duck: float, folder: Path) -> Heard:
    own = np.concatenate([part.sound for part in parts]).astype(np.float32)
    spoken = np.concatenate([part.spoken for part in parts])
    length = len(own) / RATE
    film(folder / "film.mkv", length, Track(own[np.newaxis], "mono"), rate=5)
    music = np.tile(soundfile.read(song, dtype="float32")[0], (10, 1))[: len(own)]
    soundfile.write(folder / "song.wav", music, RATE)
    cue = {
        "start": 0.0, "end": length, "track": {"path": str(folder / "song.wav")},
        "passage": {"start": 0.0, "end": length},
    }  # fmt: skip
    sheet = {
        "schema": "img2music/cues/1", "film": {"path": str(folder / "film.mkv"), "duration": length, "fps": 5.0},
        "scenes": [], "cues": [cue],
    }  # fmt: skip
    (folder / "sheet.json").write_text(json.dumps(sheet))
    command = [sys.executable, "-m", "img2music", "score", str(folder / "film.mkv")]
    command += ["--sheet", str(folder / "sheet.json"), "--duck", str(duck), "--audio-only", str(folder / "mix.flac")]
    command += ["--loudness", "-23"]  # so that the limiter has nothing to do
    command += ["--sheet-output", str(folder / "heard.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    mix = soundfile.read(folder / "mix.flac", dtype="float32")[0]
    told = json.loads((folder / "heard.json").read_text())["original"]["speech"]
    found = np.zeros(len(own), dtype=np.bool_)
    for each in told:
        found[round(each["start"] * RATE) : round(each["end"] * RATE)] = True
    gain = gains(mix, own, music)
    step = round(WINDOW * RATE)
    whole = spoken[: len(gain) * step].reshape(-1, step)
    near = binary_dilation(whole.any(axis=1), np.ones(2 * round(NEAR / WINDOW) + 1))
    reference = float(np.median(gain[~near]))
    kinds = [part.kind for part in parts for _ in range(round(CLIP))]
    return Heard(
        kinds, seconds(spoken, RATE), seconds(found, RATE),
        gain[whole.all(axis=1)] - reference, gain[~near] - reference, (loudness_range(mix), loudness_range(music)),
    )  # fmt: skip


def gains(mix: NDArray[np.float32], own: NDArray[np.float32], music: NDArray[np.float32]) -> NDArray[np.float64]:
    """Decibels by which the music is in the mix, window by window: both sounds are known, so least squares tell."""
    step, found = round(WINDOW * RATE), []
    for first in range(0, len(mix) - step + 1, step):
        here = slice(first, first + step)
        # One gain for the film's own sound, and one for the music, of both channels together.
        known = np.column_stack([np.tile(own[here], 2), music[here].T.reshape(-1)])
        (_, gain), *_ = np.linalg.lstsq(known, mix[here].T.reshape(-1), rcond=None)
        found.append(20 * np.log10(max(float(gain), 1e-6)))
    return np.array(found)


def loudness_range(samples: NDArray[np.float32]) -> float:
    """LU, as libav's ebur128 filter measures it."""
    graph, told = Graph(), 0.0
    source: Any = graph.add_abuffer(format="flt", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    for first in range(0, len(samples), RATE):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[first : first + RATE]).reshape(1, -1), "flt", "stereo"
        )
        frame.sample_rate, frame.pts = RATE, first
        source.push(frame)
        for measured in pulled(graph):
            told = float(measured.metadata.get("lavfi.r128.LRA", told))
    return told


def run(options: argparse.Namespace) -> Report:
    if shutil.which("espeak-ng") is None:
        sys.exit("This benchmark lets eSpeak NG speak: install espeak-ng.")
    songs = sorted(Path(immich_memories_music.__file__).parent.glob("tracks/*/*.opus"))
    sung = sorted(options.singing.rglob("*.opus"))[:: max(1, 50 // options.films)] if options.singing else []
    films = []
    for number in range(options.films):
        with tempfile.TemporaryDirectory() as folder:
            song = Path(folder) / "song-whole.wav"
            _as_wav(songs[number], song)
            films.append(score(clips(number, songs[options.films :], sung), song, options.duck, Path(folder)))
    return _report(films, options.duck)


def _as_wav(source: Path, target: Path) -> None:
    resampler = av.AudioResampler("flt", "stereo", RATE)
    with av.open(str(source)) as container:
        parts = [part.to_ndarray().reshape(-1, 2) for f in container.decode(audio=0) for part in resampler.resample(f)]
    soundfile.write(target, np.concatenate(parts), RATE)


def _report(films: list[Heard], duck: float) -> Report:
    report = Report("ducking", ["what", "value", "bar"])

    def joined(get: Callable[[Heard], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([get(each) for each in films])

    spoken, found = joined(lambda each: each.spoken), joined(lambda each: each.found)
    kinds = joined(lambda each: np.array(each.kinds))
    right = int((spoken & found).sum())
    report.add("speech by the second, precision", right / max(1, int(found.sum())), "0.9")
    report.add("speech by the second, recall", right / max(1, int(spoken.sum())), "0.9")
    for kind in ("speech", "speech and music", "speech and singing"):
        here = (kinds == kind) & spoken
        if here.any():
            report.add(f"recall in clips of {kind}", float(found[here].mean()), "")
    for kind in ("noise", "music", "singing"):
        here = kinds == kind
        report.add(f"seconds of {kind} taken for speech", f"{int(found[here].sum())} of {int(here.sum())}", "")
    low, level = joined(lambda each: each.while_spoken), joined(lambda each: each.elsewhere)
    report.add("music while someone speaks, median dB", float(np.median(low)), f"{-duck:g} within 1")
    report.add("windows of it within 1 dB of that", float((np.abs(low + duck) <= 1.0).mean()), "1")
    report.add("music elsewhere, greatest change in dB", float(np.abs(level).max()), "1")
    report.add("windows of it within 1 dB", float((np.abs(level) <= 1.0).mean()), "1")
    report.add("loudness range of result and of music, LU (mean)", "{:.1f}, {:.1f}".format(
        *np.mean([each.ranges for each in films], axis=0)), "")  # fmt: skip
    report.note = (
        f"{len(films)} films, {len(spoken)} s, {int(spoken.sum())} of them with speech by eSpeak NG; hiss of -44 to "
        f"-76 dBFS in every clip. Elsewhere: {NEAR:g} s and more from any speech."
    )
    return report
