"""Relative beside absolute matching on OASIS photos and Emotify clips, seen in training and not."""

import argparse
import csv
import tempfile
from pathlib import Path

from benchmarks.report import Report
from img2music.affect import SCALES
from img2music.distribution import AffectDistribution
from img2music.options import MatchMode
from img2music.research.audio.affect_training import emotify_clips, read_emotify, unheard_affects
from img2music.research.cli.evaluate_image import word_norms
from img2music.research.evaluation import grouped_folds
from img2music.research.images.datasets import load
from img2music.research.images.evaluation import fold_predictions
from img2music.research.images.training import pooled_features
from img2music.research.match.evaluating import Score, choose, evaluate_match, read_files, score


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="holds oasis/, music/emotify/ and lexicons/"
    )
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for the table of the clips, to use it with evaluate match")


def write_emotify_table(emotify: Path, table: Path) -> None:
    files, _, ratings = emotify_clips(emotify)
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "valence", "arousal", "scale"))
        writer.writerows((path.resolve(), *rated, "0-1") for path, rated in zip(files, ratings.tolist(), strict=True))


def run(options: argparse.Namespace) -> Report:
    oasis, emotify = options.data / "oasis", options.data / "music" / "emotify"
    lexicon = options.data / "lexicons" / "glasgow.csv"
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_emotify_table(emotify, folder / "emotify.csv")
        images = read_files(oasis / "ratings.csv", SCALES["oasis"])
        found = evaluate_match(images, read_files(folder / "emotify.csv"), top=options.top)
    report = Report(
        "match", ["models", "matching", "gain", "Spearman valence", "Spearman arousal", "songs that came first"]
    )
    for models, scores in (("shipped", found.scores), ("held out", held_out(oasis, emotify, lexicon, options.top))):
        for matching, judged in scores.items():
            figures = (judged.gain, judged.spearman_valence, judged.spearman_arousal, judged.distinct_first)
            report.add(models, str(matching), *figures)
    report.note = "\n".join(
        (
            f"{found.images} photos, {found.tracks} clips, top {found.top}.",
            *found.notes,
            "Held out: each photo is read by a model that has not seen its theme, each clip by one without its genre.",
        )
    )
    return report


def held_out(oasis: Path, emotify: Path, lexicon: Path, top: int) -> dict[MatchMode, Score]:
    """The same recipes, trained without the theme of the photo and without the genre of the clip."""
    photos = load(oasis)
    parts = grouped_folds(photos.themes, 10, seed=0)
    features = pooled_features(photos, norms=word_norms(lexicon))
    read = fold_predictions(features, photos.affect, parts)
    reference = AffectDistribution.of(read[:, 0], read[:, 1])
    clips = read_emotify(emotify, jobs=2)
    heard = unheard_affects(clips, clips.groups)
    return {
        matching: score(photos.affect, clips.ratings, choose(read, heard, reference, matching, top))
        for matching in MatchMode
    }
