"""Personal calibration on simulated people: the gain of the match before and after what they say."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from benchmarks.report import Report
from img2music.distribution import AffectDistribution
from img2music.matching.calibration import ranks_within, targets
from img2music.matching.correction import Correction, Items
from img2music.research.audio.affect_training import read_emotify, unheard_affects
from img2music.research.evaluation import predict_folds, random_folds
from img2music.research.images.datasets import load
from img2music.research.images.training import read_sets
from img2music.research.match.evaluating import score
from img2music.research.ratings import all_ratings

Floats = NDArray[np.float64]

CORRECTIONS = (0, 5, 10, 20, 50)

SPREAD = np.array([0.19, 0.28])
"""Standard deviation of people's ratings of one photo, valence and arousal, of OASIS's own (root mean square)."""

LEVEL, SLOPES, GROUP, OWN, NOISE = 0.15, 0.2, 0.3, 0.15, 0.2
"""Its parts, as shares of the variance: how pleasant and lively a person finds everything; how much each axis follows
what others find on the other, and arousal how far valence is from neutral (Kuppens et al. 2013, Psychological Bulletin
139); how they find each keyword of photos and each genre of music; how they find each single one; and how an answer
differs from the next. Own slopes vary by a fifth beside that. Nobody has measured these shares: they are our choice."""
OWN_SLOPE = 0.2


@dataclass(frozen=True)
class Side:
    """Pictures or songs."""

    rated: Floats  # by people, shape (n, 2)
    read: Floats  # by a model that was not trained on them
    groups: NDArray[np.str_]  # keyword or genre
    tags: list[frozenset[str]] | None = None  # what the program knows of that


@dataclass(frozen=True)
class Kind:
    """How people correct."""

    name: str
    seen: int  # items that they see for each that they correct, which is the one that is read most wrongly for them
    genres: bool = True  # whether the songs' tags tell their genre
    random: bool = False  # whether they answer anything at all


KINDS = (
    Kind("correct the worst of three", 3),
    Kind("correct whatever comes", 1),
    Kind("the same, without genres in tags", 1, genres=False),
    Kind("answer at random", 1, random=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds emotion6/ and music/emotify/")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder that what was read is kept in, for the next run")


def run(options: argparse.Namespace) -> Report:
    photos, songs = pictures(options.data / "emotion6", options.keep), music(options.data / "music", options.keep)
    report = Report("calibration", ["people", "corrections", "gain", "more than with none", "interval", "better for"])
    updates: list[float] = []
    for kind in KINDS:
        gains = np.array(
            [
                judged(photos, songs, kind, np.random.default_rng([options.seed, person]), options.top, updates=updates)
                for person in range(options.people)
            ]
        )
        for count, gain, more in zip(CORRECTIONS, gains.T, (gains - gains[:, :1]).T, strict=True):
            mean, half = float(more.mean()), 1.96 * float(more.std(ddof=1)) / options.people**0.5
            interval = f"{mean - half:+.3f} to {mean + half:+.3f}"
            report.add(kind.name, count, float(gain.mean()), mean, interval, f"{np.mean(more > 0):.0%}")
    report.note = (
        f"{options.people} people, seed {options.seed}; {len(photos.read)} photos of Emotion6 (each read by a model "
        f"that was trained without it, 10 random folds), {len(songs.read)} clips of Emotify (each by a model without "
        "its genre). Half of the corrections are of photos, half of songs. Judged by what each person feels, on photos "
        f"and songs that they have not seen, as ranks on each side, top {options.top}. Between people the ratings of "
        f"one item vary by {SPREAD[0]} (valence) and {SPREAD[1]} (arousal), as OASIS's; of that variance {LEVEL:.0%} "
        f"are level, {SLOPES:.0%} slopes, {GROUP:.0%} keywords or genres, {OWN:.0%} the single item, {NOISE:.0%} noise "
        f"of an answer. An update of both sides: median {1000 * float(np.median(updates)):.1f} ms, "
        f"99 % below {1000 * float(np.percentile(updates, 99)):.1f} ms."
    )
    return report


def judged(
    photos: Side, songs: Side, kind: Kind, chance: np.random.Generator, top: int, *, updates: list[float]
) -> list[float]:
    """Gain of the match for one person, after so many corrections as `CORRECTIONS` says."""
    felt = [feelings(side, chance) for side in (photos, songs)]
    said = [np.clip(each + chance.normal(size=each.shape) * NOISE**0.5 * SPREAD, 0.0, 1.0) for each in felt]
    if kind.random:
        said = [chance.uniform(size=each.shape) for each in felt]
    most = max(CORRECTIONS) // 2
    order = [chance.permutation(len(side.read)) for side in (photos, songs)]
    unseen = [np.sort(each[most * max(each.seen for each in KINDS) :]) for each in order]
    corrected = []
    for side, answers, each in zip((photos, songs), said, order, strict=True):
        shown = each[: most * kind.seen].reshape(most, kind.seen)
        off = np.linalg.norm(side.read[shown] - answers[shown], axis=2)
        corrected.append(shown[np.arange(most), off.argmax(axis=1)])
    valence, arousal = np.sqrt(((photos.read - photos.rated) ** 2).mean(axis=0)).tolist()
    reference = AffectDistribution.of(photos.read[:, 0], photos.read[:, 1], (valence, arousal))
    gains = []
    for count in CORRECTIONS:
        seen, heard = (each[: count // 2] for each in corrected)
        if count % 2:
            heard = corrected[1][: count - len(seen)]
        tags = songs.tags if kind.genres else None
        start = perf_counter()
        of_photos = Correction.fit(Items(photos.read[seen]), said[0][seen])
        of_songs = Correction.fit(Items(songs.read[heard], tags and [tags[each] for each in heard]), said[1][heard])
        updates.append(perf_counter() - start)
        positions = targets(of_photos.apply(Items(photos.read[unseen[0]])), of_photos.population(reference))
        library = ranks_within(of_songs.apply(Items(songs.read, tags)))[unseen[1]]
        chosen = np.argsort(cdist(positions, library), axis=1, kind="stable")[:, :top]
        gain = score(felt[0][unseen[0]], felt[1][unseen[1]], chosen).gain
        assert gain is not None
        gains.append(gain)
    return gains


def kept(folder: Path | None, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was read in an earlier run, or now."""
    file = None if folder is None else folder / f"{name}.npz"
    if file is not None and file.exists():
        return dict(np.load(file))
    found = make()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **found)
    return found


def pictures(folder: Path, keep: Path | None) -> Side:
    def read() -> dict[str, Any]:
        found = load(folder / "ratings.csv")
        parts = random_folds(len(found.paths), 10, seed=0)
        learned = read_sets([found], None)
        read = predict_folds(
            parts, found.affect, lambda train, test: learned.fit(train).predict(learned.features[0][test])
        )
        return {"rated": found.affect, "read": read}

    keywords = [row.cells["keyword"] for row in all_ratings(folder / "ratings.csv")]
    return Side(**kept(keep, "photos", read), groups=np.array(keywords))


def music(folder: Path, keep: Path | None) -> Side:
    def read() -> dict[str, Any]:
        clips = read_emotify(folder / "emotify", jobs=2)
        read = unheard_affects(clips, clips.groups)
        return {"rated": clips.ratings, "read": read, "groups": np.array(clips.groups)}

    found = kept(keep, "songs", read)
    return Side(**found, tags=[frozenset((name,)) for name in found["groups"].tolist()])


def feelings(side: Side, chance: np.random.Generator) -> Floats:
    """What one person feels."""
    about = side.rated - side.rated.mean(axis=0)
    standard = about / about.std(axis=0)
    bent = np.abs(standard[:, 0])
    across = np.column_stack([standard[:, 1], standard[:, 0]]) * chance.normal(size=2)
    across[:, 1] += (bent - bent.mean()) / bent.std() * chance.normal()
    _, group = np.unique(side.groups, return_inverse=True)
    parts = (
        (LEVEL, chance.normal(size=2)),
        (SLOPES, across * np.sqrt([1.0, 0.5])),  # arousal has two
        (GROUP, chance.normal(size=(group.max() + 1, 2))[group]),
        (OWN, chance.normal(size=about.shape)),
    )
    felt = 0.5 + np.exp(chance.normal(0.0, OWN_SLOPE, 2)) * (side.rated - 0.5)
    for share, part in parts:
        felt = felt + np.sqrt(share) * SPREAD * part
    return np.asarray(np.clip(felt, 0.0, 1.0))
