"""Relative beside absolute matching on photos of OASIS and Emotion6 and Emotify clips, seen in training and not."""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import Report
from img2music.affect import SCALES
from img2music.distribution import AffectDistribution
from img2music.options import MatchMode
from img2music.research.audio.affect_training import emotify_clips, read_emotify, unheard_affects
from img2music.research.cli.evaluate_image import word_norms
from img2music.research.evaluation import Floats, Indices, predict_folds, random_folds
from img2music.research.images.datasets import load
from img2music.research.images.evaluation import FOLDS, theme_folds
from img2music.research.images.training import Learned, read_sets
from img2music.research.match.evaluating import Score, choose, evaluate_match, read_files, score


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        help="holds oasis/, emotion6/ratings.csv, music/emotify/ and lexicons/",
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
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_emotify_table(emotify, folder / "emotify.csv")
        images = read_files(oasis / "ratings.csv", SCALES["oasis"])
        found = evaluate_match(images, read_files(folder / "emotify.csv"), top=options.top)
    report = Report(
        "match",
        ["photos", "models", "matching", "gain", "Spearman valence", "Spearman arousal", "songs that came first"],
    )
    for (photos, models), scores in {("OASIS", "shipped"): found.scores, **held_out(options.data, options.top)}.items():
        for matching, judged in scores.items():
            figures = (judged.gain, judged.spearman_valence, judged.spearman_arousal, judged.distinct_first)
            report.add(photos, models, str(matching), *figures)
    report.note = "\n".join(
        (
            f"{found.images} photos, {found.tracks} clips, top {found.top}.",
            *found.notes,
            "Held out: models have not seen the photo, nor its theme of OASIS, nor a clip of the same genre.",
        )
    )
    return report


def held_out(data: Path, top: int) -> dict[tuple[str, str], dict[MatchMode, Score]]:
    """The same recipes, trained without the photo or its theme and without the genre of the clip."""
    oasis, emotion6 = load(data / "oasis"), load(data / "emotion6" / "ratings.csv")
    learned = read_sets([emotion6, oasis], word_norms(data / "lexicons" / "glasgow.csv"))
    other = Learned([oasis, emotion6], learned.features[::-1], learned.network)

    def as_users_read(train: Indices, test: Indices) -> Floats:
        head = other.fit(train)
        return np.clip(head.forms[1].of(head.codes(other.features[0][test])), 0, 1)

    def with_spread(train: Indices, test: Indices) -> Floats:
        head = learned.fit(train)
        spread = learned.fit_spread(head, train).predict(head.codes(learned.features[0][test]))
        return np.hstack([head.predict(learned.features[0][test]), spread])

    affect, spread = np.hsplit(
        predict_folds(random_folds(len(emotion6.paths), FOLDS, 0), np.tile(emotion6.affect, 2), with_spread), 2
    )
    read = {
        "Emotion6": (affect, spread),
        "OASIS": (predict_folds(theme_folds(oasis, FOLDS, 0), oasis.affect, as_users_read), None),
    }
    valence, arousal = np.sqrt(np.square(spread).mean(axis=0)).tolist()
    reference = AffectDistribution.of(affect[:, 0], affect[:, 1], (valence, arousal))
    clips = read_emotify(data / "music" / "emotify", jobs=2)
    heard = unheard_affects(clips, clips.groups)
    return {
        (name, "held out"): {
            matching: score(
                photos.affect,
                clips.ratings,
                choose(read[name][0], heard, reference, matching, top, spreads=read[name][1]),
            )
            for matching in MatchMode
        }
        for name, photos in (("Emotion6", emotion6), ("OASIS", oasis))
    }
