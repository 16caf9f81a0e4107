"""What a list as wide as a picture's reading is unsure (`recommend --widen`) costs and brings, on held-out models."""

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.report import Report
from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.library.search import AffectIndex
from img2music.matching.calibration import Calibration, ranks_within
from img2music.matching.widening import widened
from img2music.options import MatchMode
from img2music.research.audio.affect_training import read_emotify, unheard_affects
from img2music.research.cli.evaluate_image import word_norms
from img2music.research.evaluation import grouped_folds
from img2music.research.images.datasets import load
from img2music.research.images.training import read_sets

FACTORS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="holds oasis/, music/emotify/ and lexicons/"
    )
    parser.add_argument("--top", type=int, default=10)


def run(options: argparse.Namespace) -> Report:
    photos = load(options.data / "oasis")
    learned = read_sets([photos], word_norms(options.data / "lexicons" / "glasgow.csv"))
    features = learned.features[0]
    read, spread = np.empty(photos.affect.shape), np.empty(photos.affect.shape)
    for test in grouped_folds(photos.themes, 10, seed=0):
        train = np.setdiff1d(np.arange(len(features)), test)
        head = learned.fit(train)
        codes = head.codes(features[test])
        read[test], spread[test] = head.predict(features[test]), learned.fit_spread(head, train).predict(codes)
    clips = read_emotify(options.data / "music" / "emotify", jobs=2)
    heard = unheard_affects(clips, clips.groups)

    reference = AffectDistribution.of(read[:, 0], read[:, 1])
    calibration = Calibration(MatchMode.RELATIVE, AffectDistribution.of(heard[:, 0], heard[:, 1]))
    stand = calibration.place_library(heard)
    index = AffectIndex(stand)
    true = cdist(ranks_within(photos.affect), ranks_within(clips.ratings))
    usual = np.broadcast_to(np.exp(np.log(spread).mean(axis=0)), spread.shape)
    report = Report("widen", ["widen", "spread", "mean distance", "best of the list", "width of the list"])
    for factor in FACTORS:
        for name, deviations in (("of each photo", spread), ("the same for all", usual)):
            chosen = []
            for reading, deviation in zip(list(read), list(deviations), strict=True):
                (valence, arousal), (v, a) = reading.tolist(), (factor * deviation).tolist()
                songs: list[int] = []
                for point in widened(Affect(valence, arousal), (v, a), options.top):
                    near, _ = index.nearest(calibration.place(point, reference), len(songs) + 1)
                    songs.append(next(int(song) for song in near if song not in songs))
                chosen.append(songs)
            found = np.take_along_axis(true, np.array(chosen), axis=1)
            width = np.mean([np.linalg.norm(np.ptp(stand[songs], axis=0)) for songs in chosen])
            report.add(factor, name, float(found.mean()), float(found.min(axis=1).mean()), float(width))
    report.note = (
        f"{len(read)} photos, {len(heard)} clips, top {options.top}; themes and genres left out (10 folds, seed 0). "
        f"Distances are between people's ratings, as ranks on each side; a random song: {true.mean():.3f}. Width: "
        "diagonal of the box around the list by what the models hear."
    )
    return report
