"""Relative beside absolute matching on OASIS photos and Emotify clips, judged by people's ratings."""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import Report
from img2music.affect import SCALES
from img2music.matching.evaluating import evaluate_match
from img2music.matching.ratings import read_ratings

GENRES = ("classical", "rock", "electronic", "pop")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds oasis/ and music/emotify/")
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for the table of the clips, to use it with evaluate match")


def write_emotify_table(emotify: Path, table: Path) -> None:
    """A stand-in reading of GEMS as valence and arousal: Emotify asked for nine feelings, not for these two.

    valence = joyful activation + (tenderness + amazement) / 2 - sadness - tension;
    arousal = power + joyful activation + tension - calmness - tenderness - sadness / 2; each scaled to [0, 1].
    """
    with (emotify / "gems.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    share = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    joy, tension, sadness, tenderness = (
        share[name] for name in ("joyful_activation", "tension", "sadness", "tenderness")
    )
    valence = joy + (tenderness + share["amazement"]) / 2 - sadness - tension
    arousal = share["power"] + joy + tension - share["calmness"] - tenderness - sadness / 2
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "valence", "arousal", "scale"))
        for row, v, a in zip(rows, _unit(valence), _unit(arousal), strict=True):
            genre, number = divmod(int(row["track id"]) - 1, 100)
            writer.writerow(((emotify / GENRES[genre] / f"{number + 1}.opus").resolve(), v, a, "0-1"))


def _unit(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    scaled: list[float] = ((values - values.min()) / np.ptp(values)).tolist()
    return scaled


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_emotify_table(options.data / "music" / "emotify", folder / "emotify.csv")
        images = read_ratings(options.data / "oasis" / "ratings.csv", SCALES["oasis"])
        found = evaluate_match(images, read_ratings(folder / "emotify.csv"), top=options.top)
    report = Report("match", ["matching", "gain", "Spearman valence", "Spearman arousal", "songs that came first"])
    for matching, score in found.scores.items():
        report.add(str(matching), score.gain, score.spearman_valence, score.spearman_arousal, score.distinct_first)
    report.note = "\n".join((f"{found.images} photos, {found.tracks} clips, top {found.top}.", *found.notes))
    return report
