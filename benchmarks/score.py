"""Films of every kind scored through the command: length, copied pictures, loudness, joins, time and memory."""

import argparse
import hashlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from av.filter import Graph
from numpy.typing import NDArray

from benchmarks.film_material import KINDS, Kind, made, photo_film, repeated, write
from benchmarks.report import Report

OUTPUTS = {".ts": ".mp4", ".avi": ".mkv"}
"""Ending of the scored film, where it is not the film's own."""

LOUDNESS, PEAK = -16.0, -1.0
LOUDNESS_TOLERANCE = 0.5  # LU
JOIN_TOLERANCE = 0.035  # seconds from a beat

ONSET_LAG = 0.012
"""Seconds by which the strength of an onset peaks after it; 8 to 18 ms for clicks, drums and soft notes."""

MINUTES = 10
"""Length of the film whose scoring is timed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", required=True, help="scanned real music")
    parser.add_argument("--photos", type=Path, default=Path("../shared/data/oasis"), help="pictures to make films of")
    parser.add_argument("--films", type=Path, nargs="*", default=[], help="real films to score beside the made ones")
    parser.add_argument("--keep", type=Path, help="folder for the made films, to use them again")
    parser.add_argument("--hour", action="store_true", help="score an hour, too")
    parser.add_argument("--quick", action="store_true", help="leave out the timed films")


@dataclass(frozen=True)
class Heard:
    """The sound of a scored film, as it is decoded."""

    loudness: float
    peak: float
    end: float
    samples: NDArray[np.float32]  # (n, 2), from the first picture on
    rate: int


@dataclass(frozen=True)
class Seen:
    """The pictures of a film, without decoding them."""

    count: int
    digest: str
    start: float
    end: float


def seen(path: Path) -> Seen:
    digest, count, start, end = hashlib.sha256(), 0, np.inf, 0.0
    with av.open(str(path)) as container:
        stream = next(each for each in container.streams.video if not each.disposition & each.disposition.attached_pic)
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                digest.update(bytes(packet))
                base = float(packet.time_base)
                start = min(start, packet.pts * base)
                end = max(end, (packet.pts + (packet.duration or 0)) * base)
                count += 1
    return Seen(count, digest.hexdigest(), start, end)


def frames(path: Path) -> Iterator[Any]:
    with av.open(str(path)) as container:
        yield from container.decode(container.streams.audio[0])


def heard(path: Path, first_picture: float) -> Heard:
    graph, source, sink = Graph(), None, None
    parts: list[NDArray[np.float32]] = []
    said: dict[str, str] = {}
    start, end = 0.0, 0.0
    for frame in frames(path):
        if source is None:
            source = graph.add_abuffer(
                sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name,
                time_base=frame.time_base,
            )  # fmt: skip
            meter = graph.add("ebur128", "peak=true:metadata=1")
            sink = graph.add("abuffersink")
            source.link_to(meter)
            meter.link_to(sink)
            graph.configure()
            start, rate = float(frame.time), frame.sample_rate
            resampler = av.AudioResampler("fltp", "stereo", rate)
        end = float(frame.time) + frame.samples / frame.sample_rate
        parts += [np.ascontiguousarray(each.to_ndarray().T) for each in resampler.resample(frame)]
        graph.push(frame)
        for measured in pulled(graph):
            said = dict(measured.metadata) or said
    graph.push(None)
    for measured in pulled(graph):
        said = dict(measured.metadata) or said
    samples = np.concatenate(parts)
    skip = round((first_picture - start) * rate)
    peaks = [float(value) for name, value in said.items() if name.startswith("lavfi.r128.true_peaks_ch")]
    return Heard(
        float(said["lavfi.r128.I"]), 20 * float(np.log10(max(*peaks, 1e-9))), end, samples[max(0, skip) :], rate
    )


def pulled(graph: Graph) -> Iterator[Any]:
    """What a graph of filters gives by now."""
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


@dataclass(frozen=True)
class Scored:
    path: Path
    cues: list[dict[str, Any]]
    seconds: float
    worked: float
    memory: float  # MB, of all processes together


def score(film: Path, output: Path, library: str, *more: str) -> Scored:
    sheet = output.with_suffix(".json")
    command = [sys.executable, "-m", "img2music", "score", str(film), "--output", str(output), "--force"]
    command += ["--library", library, "--sheet-output", str(sheet), *more]
    begin, worked, most = time.perf_counter(), 0.0, 0.0
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            most = max(most, sum(each.memory_info().rss for each in family) / 1e6)
            worked = max(worked, sum(sum(each.cpu_times()[:2]) for each in family))
        except psutil.Error:  # one of them has just ended
            pass
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{film}: {process.stderr.read()}")
    return Scored(output, json.loads(sheet.read_text())["cues"], time.perf_counter() - begin, worked, most)


def from_beats(cues: Sequence[dict[str, Any]]) -> list[float]:
    """Seconds from each join to the nearest beat of the song that begins there, all of which is tracked anew.

    Songs in which img2music hears no steady beat are left out.
    """
    from librosa import load
    from librosa.beat import beat_track
    from librosa.onset import onset_strength

    found = []
    for cue in cues[1:]:
        if cue["beats"] is not None and cue["beats"]["start_offset"] is not None:
            sound, rate = load(cue["track"]["path"], sr=22_050)
            strength = onset_strength(y=sound, sr=rate, hop_length=128, n_fft=1024, n_mels=64, fmax=10_000.0)
            tempo = cue["beats"]["tempo"]
            beats = beat_track(onset_envelope=strength, sr=rate, hop_length=128, bpm=tempo, units="time")[1] - ONSET_LAG
            found.append(float(np.abs(beats - cue["passage"]["start"]).min()))
    return found


def jumps(sound: Heard, cues: Sequence[dict[str, Any]]) -> float:
    """Largest step from sample to sample within 50 ms of a join, by the largest elsewhere."""
    steps = np.abs(np.diff(sound.samples, axis=0)).max(axis=1)
    near = np.zeros(len(steps), dtype=np.bool_)
    for before, cue in itertools.pairwise(cues):
        for moment in (cue["start"], cue["start"] + cue["fade_in"], cue["start"] + before["fade_out"]):
            place, reach = round(moment * sound.rate), sound.rate // 20
            near[max(0, place - reach) : place + reach] = True
    return float(steps[near].max() / steps[~near].max()) if near.any() else 0.0


def run(options: argparse.Namespace) -> Report:
    report = Report(
        "score",
        [
            "film",
            "cues",
            "pictures",
            "end, frames",
            "LUFS",
            "dBTP",
            "joins: ms from a beat",
            "jump",
            "s",
            "CPU s",
            "MB",
        ],
    )
    photos = sorted(path for path in options.photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    random.Random(1).shuffle(photos)
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        films = [*made(folder, photos, KINDS, print), *options.films]
        if not options.quick:
            films.append(long_film(folder, photos, "minutes.mp4", (1920, 1080), MINUTES))
        if options.hour:
            films.append(long_film(folder, photos, "hour.mp4", (640, 360), 60))
        for film in films:
            output = Path(temporary) / ("scored-" + film.stem + OUTPUTS.get(film.suffix, film.suffix))
            report.add(*judged(film, score(film, output, options.library)))
            print(*report.rows[-1], flush=True)
            output.unlink()
    report.note = (
        f"Bars: pictures copied; the sound ends within one frame of the film; {LOUDNESS:g} LUFS within "
        f"{LOUDNESS_TOLERANCE:g}; at most {PEAK:g} dBTP; joins within {1000 * JOIN_TOLERANCE:g} ms of a beat (tracked "
        "over the whole songs); steps at joins no larger than elsewhere (1); less than 1000 MB; half the length."
    )
    return report


def judged(film: Path, scored: Scored) -> list[object]:
    before, after = seen(film), seen(scored.path)
    same = "copied" if before.digest == after.digest else f"{before.count} -> {after.count}"
    sound = heard(scored.path, after.start)
    rate = (before.count - 1) / max(before.end - before.start, 1e-3)
    late = max(sound.end - after.end, (after.end - after.start) - (before.end - before.start), key=abs)
    offsets = from_beats(scored.cues)
    beside = f"{1000 * statistics.median(offsets):.0f}, {1000 * max(offsets):.0f}" if offsets else ""
    beside = f"{len(offsets)} of {len(scored.cues) - 1}: {beside}"
    return [
        film.name, len(scored.cues), same, round(late * rate, 2), sound.loudness, round(sound.peak, 2), beside,
        round(jumps(sound, scored.cues), 2), round(scored.seconds, 1), round(scored.worked, 1), round(scored.memory),
    ]  # fmt: skip


def long_film(folder: Path, photos: Sequence[Path], name: str, size: tuple[int, int], minutes: int) -> Path:
    path = folder / name
    if not path.exists():
        kind = Kind(f"part-{name}", seconds=60.0, rate=Fraction(25), size=size)
        part = write(folder / kind.name, kind, photo_film(photos, kind))
        repeated(part, path, minutes)
        part.unlink()
    return path
