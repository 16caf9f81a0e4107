"""Track analysis: what each stage costs, and how excerpts agree with vibenet's whole files."""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Report
from img2music.connectors.folders import is_audio_name
from img2music.errors import InputError
from img2music.music.audio import analyzer, harmony, loudness, mel, musicnn, network, rhythm, tonality

# Stages of an analysis: the module that looks the function up, and its name there.
STAGES: list[tuple[str, Any, str]] = [
    ("open and measure", analyzer, "open_audio"),
    ("log-mel", analyzer, "log_mel"),
    ("network", analyzer, "hear"),
    ("loudness", loudness, "block_powers"),
    ("spectrum", tonality, "spectrum"),
    ("pitches", tonality, "pitches"),
    ("key", tonality, "key"),
    ("mode and clarity", harmony, "harmony"),
    ("onset strength", rhythm, "onset_strength"),
    ("accents", rhythm, "accents"),
    ("tempo", rhythm, "tempo"),
    ("register and levels", analyzer, "centroid_and_level"),
    ("MusiCNN", musicnn, "listen"),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="real music, long tracks for choice")
    parser.add_argument("--most", type=int, default=60, help="files to hear, evenly picked")
    parser.add_argument(
        "--excerpts",
        default="",
        help="other plans to try, as NUMBERxSECONDS with commas between; only their agreement is measured",
    )


def run(options: argparse.Namespace) -> Report:
    """Analyse each file with each stage timed, then with vibenet, in one process, one file at a time."""
    files = sorted(path for path in options.folder.rglob("*") if is_audio_name(path.name) and path.is_file())
    files = files[:: max(1, len(files) // options.most)][: options.most]
    if not files:
        raise InputError("There is no music in this folder.", str(options.folder))
    plans = [tuple(map(float, plan.split("x"))) for plan in options.excerpts.split(",") if plan]
    network.hear(np.zeros((mel.N_MELS, 100), np.float32))  # loads the network
    musicnn.listen([np.zeros(musicnn.PATCH, np.float32)])
    spent: dict[str, float] = defaultdict(float)
    ours, theirs, durations, left_out = [], [], [], []
    others: dict[tuple[float, ...], list[tuple[float, float]]] = defaultdict(list)
    reference = _vibenet()
    for file in files:
        before = dict(spent)
        try:
            start = time.perf_counter()
            with _timed(spent):
                features = analyzer.measure(file).features
            spent["all"] += time.perf_counter() - start
            start = time.perf_counter()
            duration, whole = reference(file)
            spent["vibenet"] += time.perf_counter() - start
        except Exception as error:  # noqa: BLE001 - silent, broken, or of a format that vibenet does not read
            spent = defaultdict(float, before)
            left_out.append(f"{file} ({getattr(error, 'reason', error)})")
            continue
        ours.append((features.valence or 0.0, features.energy or 0.0))
        theirs.append(whole)
        durations.append(duration)
        for plan in plans:
            others[plan].append(_with_plan(file, *plan))
    if not ours:
        raise InputError(f"No file can be heard by both programs: {left_out[0]}.", str(options.folder))
    rest = spent["all"] - sum(spent[name] for name, *_ in STAGES)
    report = Report("audio", ["what", "ms a track", "share", "r valence", "r energy"])
    for name, *_ in STAGES:
        report.add(name, 1000 * spent[name] / len(ours), spent[name] / spent["all"], "", "")
    report.add("decoding, resampling and the rest", 1000 * rest / len(ours), rest / spent["all"], "", "")
    report.add("analysis", 1000 * spent["all"] / len(ours), 1.0, *_agreement(ours, theirs))
    report.add("vibenet, whole files", 1000 * spent["vibenet"] / len(ours), "", 1.0, 1.0)
    for plan, heard in others.items():
        number, length = plan
        report.add(f"{number:g} excerpts of {length:g} s", "", "", *_agreement(heard, theirs))
    report.note = (
        f"{len(ours)} tracks of {np.median(durations):.0f} s in the median, one at a time in one process: "
        f"{spent['vibenet'] / spent['all']:.1f} times vibenet's tracks a minute."
        + (f" Left out: {'; '.join(left_out)}." if left_out else "")
    )
    return report


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Time the stages by wrapping them where the analyzer looks them up."""
    originals = [getattr(module, name) for _, module, name in STAGES]

    def timed(stage: str, action: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            start = time.perf_counter()
            try:
                return action(*args)
            finally:
                spent[stage] += time.perf_counter() - start

        return call

    try:
        for (stage, module, name), original in zip(STAGES, originals, strict=True):
            setattr(module, name, timed(stage, original))
        yield
    finally:
        for (_, module, name), original in zip(STAGES, originals, strict=True):
            setattr(module, name, original)


def _vibenet() -> Callable[[Path], tuple[float, tuple[float, float]]]:
    """vibenet as its own command runs it: whole files."""
    import vibenet
    from vibenet.core import load_audio

    model = vibenet.load_model()
    model.predict([np.zeros(16_000, np.float32)], 16_000)

    def hear(file: Path) -> tuple[float, tuple[float, float]]:
        sound = load_audio(str(file), 16_000)
        result = model.predict([sound], 16_000)[0]
        return len(sound) / 16_000, (result.valence, result.energy)

    return hear


def _with_plan(file: Path, number: float, seconds: float) -> tuple[float, float]:
    before = analyzer.EXCERPTS, analyzer.EXCERPT_SECONDS
    analyzer.EXCERPTS, analyzer.EXCERPT_SECONDS = int(number), seconds
    try:
        features = analyzer.measure(file).features
    finally:
        analyzer.EXCERPTS, analyzer.EXCERPT_SECONDS = before
    return features.valence or 0.0, features.energy or 0.0


def _agreement(ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> tuple[float, float]:
    one, other = np.array(ours), np.array(theirs)
    valence, energy = (float(np.corrcoef(one[:, axis], other[:, axis])[0, 1]) for axis in range(2))
    return valence, energy
