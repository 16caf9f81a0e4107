"""Shots, affect and music of films made of OASIS pictures, read by a model that has not seen them."""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report
from benchmarks.synthetic import affects
from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.library.record import CURVE_DTYPE
from img2music.library.store import LibraryStore
from img2music.media.images import read_image
from img2music.media.video import VideoFile
from img2music.options import CueCount, SpotOptions
from img2music.research.cli.evaluate_image import word_norms
from img2music.research.images.datasets import RatedImages, load
from img2music.research.images.training import train
from img2music.soundtrack.choosing import Prices, choose, ways
from img2music.soundtrack.curves import FilmCurve, Span, TrackCurves
from img2music.soundtrack.film import Film, group, read_film
from img2music.soundtrack.shots import EDGE, Change
from img2music.soundtrack.spotting import CELL, Candidates, candidates, cell_seconds, shortlists, spans, spot
from img2music.vision.model import ImageModel, read_pixels
from tests.support.films import Changed, Still, changes, pictures, write_film

SEED = 5
RATES = (25.0, 30000 / 1001, 24.0, 60.0)
STYLES = ((0.0, 0.0), (0.15, 0.0), (0.15, 3.0), (0.25, 5.0))
"""Zoom over a scene, and standard deviation of the noise."""

SIZE = (320, 180)

LEXICON = "glasgow.csv"

CUT_TOLERANCE = 2.0
"""Pictures."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds oasis/ and lexicons/")
    parser.add_argument("--library", help="scanned real music, for the fit; left out without it")
    parser.add_argument("--unseen", choices=("photos", "themes"), default="themes", help="what the model has not seen")
    parser.add_argument("--films", type=int, default=6)
    parser.add_argument("--tracks", type=int, default=10_000, help="for the speed of spotting")
    parser.add_argument("--keep", type=Path, help="folder for the films and the model, to use them again")


@dataclass(frozen=True)
class Made:
    """A film, what changes in it, its pictures, and how people rated them."""

    path: Path
    stills: tuple[Still, ...]
    sources: tuple[Path, ...]
    ratings: NDArray[np.float64]

    @property
    def changes(self) -> list[Changed]:
        return changes(self.stills)


def split(oasis: Path, unseen: str) -> tuple[RatedImages, RatedImages]:
    """OASIS without a fifth of its photos or themes, and that fifth."""
    images = load(oasis)
    names = list(images.themes) if unseen == "themes" else [path.name for path in images.paths]
    groups = sorted(set(names))
    held = set(random.Random(SEED).sample(groups, len(groups) // 5))
    inside = np.array([name in held for name in names])
    return images.take(np.flatnonzero(~inside)), images.take(np.flatnonzero(inside))


def held_out_model(images: RatedImages, file: Path, lexicon: Path) -> ImageModel:
    """The recipe of the shipped model, on fewer photos."""
    if not file.exists():
        train([images], file, name="held-out", norms=word_norms(lexicon))
    return ImageModel.load(file)


def make_films(images: RatedImages, folder: Path, count: int) -> list[Made]:
    """Films of 8 to 20 scenes of 5 to 30 seconds, with cuts, dissolves and fades."""
    films = []
    for number in range(count):
        chance = random.Random(SEED + number)
        chosen = chance.sample(range(len(images.paths)), chance.randint(8, 20))
        stills: list[Still] = []
        for row in chosen:
            change = chance.choice(("cut", "cut", "dissolve", "fade")) if stills else "cut"
            length = {"cut": 0.0, "dissolve": chance.uniform(0.4, 2.0), "fade": chance.uniform(0.8, 2.4)}[change]
            pixels = np.asarray(read_image(images.paths[row]))
            stills.append(Still(pixels, chance.uniform(5.0, 30.0), change, length))
        path = folder / f"film{number}.mp4"
        if not path.exists():
            motion, noise = STYLES[number % len(STYLES)]
            rate = RATES[number % len(RATES)]
            partial = path.with_suffix(".part.mp4")
            write_film(partial, pictures(stills, rate, SIZE, motion=motion, noise=noise), rate=rate)
            partial.rename(path)
        sources = tuple(images.paths[row] for row in chosen)
        films.append(Made(path, tuple(stills), sources, images.affect[chosen]))
    return films


@dataclass
class Count:
    right: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.missed + self.wrong)

    def __str__(self) -> str:
        return f"{self.right} right, {self.missed} missed, {self.wrong} wrong"


def watched(path: Path, model: ImageModel) -> Film:
    with VideoFile(path) as video:
        return read_film(video, model)


def compare(film: Film, truth: Sequence[Changed], cuts: Count, gradual: Count) -> None:
    """Count what was found: a cut within two pictures, a dissolve or fade with its middle within the true one."""
    inner = [each for each in film.transitions if each.start > EDGE and each.end < film.duration - EDGE]
    left = list(inner)
    for each in truth:
        hard = each.kind == "cut"
        reach = CUT_TOLERANCE / film.file.fps + 1e-6 if hard else max(0.25, (each.end - each.start) / 2)
        found = [
            other for other in left if (other.kind is Change.CUT) is hard and abs(other.cut - each.middle) <= reach
        ]
        count = cuts if hard else gradual
        if found:
            left.remove(found[0])
            count.right += 1
        else:
            count.missed += 1
    for other in left:
        (cuts if other.kind is Change.CUT else gradual).wrong += 1


def beside_ratings(film: Film, made: Made) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The film's curve outside of changes, and the rating of the picture that is shown."""
    starts = np.cumsum([0.0, *(still.seconds for still in made.stills)])
    times = film.curve[:, 0]
    scene = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(made.stills) - 1)
    clear = np.ones(len(times), dtype=np.bool_)
    for each in made.changes:
        clear &= (times < each.start) | (times > each.end)
    return film.curve[clear, 1:], made.ratings[scene[clear]]


def still_readings(model: ImageModel, made: Sequence[Made]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the model reads in the photos themselves, and their ratings, each counted as long as it is shown."""
    rows = []
    for film in made:
        for still, source, rating in zip(film.stills, film.sources, film.ratings, strict=True):
            read = model.predict(read_pixels(source, model.side)[0][None])[0]
            rows += [(*read, *rating)] * round(2 * still.seconds)
    table = np.array(rows, dtype=np.float64)
    return table[:, :2], table[:, 2:]


def random_fit(film: Film, tracks: Candidates, natural: AffectDistribution, draws: int = 100) -> float:
    """Mean distance of random passages of random tracks, one a scene."""
    chance = np.random.default_rng(SEED)
    music = TrackCurves(tracks.durations, tracks.curves, tracks.library, CELL, 0.0)
    positions = natural.ranks(film.curve[:, 1:])
    scenes = group(film.shots)
    found = []
    for _ in range(draws):
        distances = []
        for scene in scenes:
            within = (film.curve[:, 0] >= scene.start) & (film.curve[:, 0] < scene.end)
            fits = np.flatnonzero(tracks.durations >= scene.end - scene.start)
            track = int(chance.choice(fits))
            start = chance.uniform(0.0, tracks.durations[track] - (scene.end - scene.start))
            heard = music.positions(track, start + film.curve[within, 0] - scene.start)
            distances += np.hypot(*(heard - positions[within]).T).tolist()
        found.append(statistics.fmean(distances))
    return statistics.fmean(found)


def spotting_seconds(count: int, scenes: int = 60, songs: int | None = None) -> tuple[float, float]:
    """Wall and processor time of choosing cues for 15 minutes of film, from curves in memory, of 12 windows each."""
    rng = np.random.default_rng(SEED)
    durations = rng.uniform(120.0, 300.0, count)
    means = affects(count)
    curves = []
    for duration, mean in zip(durations, means, strict=True):
        curve = np.empty(12, dtype=CURVE_DTYPE)
        curve["start"] = np.linspace(0.0, duration - 8.0, 12)
        curve["end"] = curve["start"] + 8.0
        for name, value in (("valence", mean[0]), ("arousal", mean[1])):
            curve[name] = np.clip(value + rng.normal(0.0, 0.1, 12), 0.0, 1.0)
        curves.append(curve)
    cell = cell_seconds(count, 12.0)
    edges = np.concatenate([[0.0], np.cumsum(rng.uniform(12.0, 18.0, scenes))])
    cells = np.repeat(rng.random((scenes, 2)), np.diff(np.round(edges / cell).astype(int)), axis=0)
    film = FilmCurve(cells.astype(np.float32), edges, cell)
    library = AffectDistribution.of(means[:, 0], means[:, 1])
    artists = np.arange(count) // 20
    tracks = Candidates(
        np.arange(count),
        durations,
        artists,
        curves,
        np.ones(count, dtype=np.bool_),
        {},
        library,
        filtered=False,
        tempos=np.full(count, np.nan),
    )
    begin, worked = time.perf_counter(), time.process_time()
    music = TrackCurves(durations, curves, library, cell, Prices().inside)
    may = spans(film, tracks, np.arange(scenes), SpotOptions())
    numbers = ways({span: max(0.0, SpotOptions.least_song - film.seconds(span)) for span in may}, songs)
    found = shortlists(film, music, tracks, {span: may[span] for span in numbers})
    chosen = choose(found, artists, Prices(), numbers)
    assert chosen is not None
    assert chosen[-1].span == Span(chosen[-1].span.first, scenes)
    return time.perf_counter() - begin, time.process_time() - worked


def run(options: argparse.Namespace) -> Report:
    report = Report("soundtrack", ["what", "figure", "beside"])
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        without, fifth = split(options.data / "oasis", options.unseen)
        model = held_out_model(without, folder / "held-out.onnx", options.data / "lexicons" / LEXICON)
        made = make_films(fifth, folder, options.films)
        begin = time.perf_counter()
        films = [watched(each.path, model) for each in made]
        took = time.perf_counter() - begin
    cuts, gradual = Count(), Count()
    for film, each in zip(films, made, strict=True):
        compare(film, each.changes, cuts, gradual)
    report.add("cuts within 2 pictures, F1", cuts.f1, str(cuts))
    report.add("dissolves and fades, F1", gradual.f1, str(gradual))
    pairs = [beside_ratings(film, each) for film, each in zip(films, made, strict=True)]
    seen, rated = (np.concatenate([pair[side] for pair in pairs]) for side in range(2))
    alone, alone_rated = still_readings(model, made)
    for axis, name in enumerate(("valence", "arousal")):
        report.add(
            f"film curve and ratings, r, {name}",
            float(np.corrcoef(seen[:, axis], rated[:, axis])[0, 1]),
            f"{np.corrcoef(alone[:, axis], alone_rated[:, axis])[0, 1]:.3f} the photos themselves",
        )
    length = sum(film.duration for film in films)
    report.add(
        "reading a film, times its length", length / took, f"{len(films)} films, {length:.0f} s, {SIZE[0]} x {SIZE[1]}"
    )
    wall, worked = spotting_seconds(options.tracks)
    report.add(f"spotting, 60 scenes, {options.tracks} tracks, s", wall, f"{worked:.1f} s of processor time")
    if options.library is not None:
        fit(report, films, model.reference, options.library)
    report.note = f"The model has not seen the {options.unseen} that the films are made of."
    return report


def fit(report: Report, films: Sequence[Film], natural: AffectDistribution, location: str) -> None:
    """Add what the music's distance from the film is, beside one track and beside random passages."""
    found: dict[str, list[float]] = {"auto": [], "scene": [], "one": [], "random": []}
    with LibraryStore.open(location, read_only=True) as store:
        for film in films:
            scenes = group(film.shots)
            for cues in CueCount:
                wanted = SpotOptions(cues=cues, alternatives=0)
                tracks = candidates(store, wanted)
                try:
                    placed = spot(film, scenes, tracks, wanted, store=store, natural=natural)
                except UsageError:  # no track is as long as the film
                    found[cues].append(float("nan"))
                    continue
                seconds = [cue.end - cue.start for cue in placed]
                found[cues].append(float(np.average([cue.distance or 0.0 for cue in placed], weights=seconds)))
            found["random"].append(random_fit(film, tracks, natural))
        count = store.count()
    mean = {name: float(np.nanmean(values)) for name, values in found.items()}
    both = ~np.isnan(found["one"])
    below_one = 1.0 - np.array(found["auto"])[both].mean() / np.array(found["one"])[both].mean()
    report.add("distance, --cues auto", mean["auto"], f"{count} real tracks, {len(films)} films")
    report.add("distance, --cues scene", mean["scene"], "")
    report.add("distance, --cues one", mean["one"], f"auto is {100 * below_one:.0f} % below; {both.sum()} films")
    report.add("distance, random", mean["random"], f"auto is {100 * (1 - mean['auto'] / mean['random']):.0f} % below")
