"""Exact nearest neighbours beside the original's way (euclidean_distances, full sort)."""

import argparse

import numpy as np

from benchmarks.report import Report, seconds
from benchmarks.synthetic import affects
from img2music.library.search import AffectIndex


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1000, help="random queries that are checked by brute force")


def run(options: argparse.Namespace) -> Report:
    from sklearn.metrics.pairwise import euclidean_distances

    points = affects(options.tracks)
    rng = np.random.default_rng(1)
    queries = rng.random((options.queries, 2))
    kept = rng.random(options.tracks) < 0.01
    scan, grid = AffectIndex(points), AffectIndex(points)
    turn = iter(np.tile(queries, (1000, 1)))

    def original() -> object:
        distances = euclidean_distances(points, queries[:1])[:, 0]
        return sorted(range(len(distances)), key=distances.__getitem__)[:10]

    def original_numpy() -> object:
        return np.argsort(euclidean_distances(points, queries[:1])[:, 0])[:10]

    def filtered(mask: np.ndarray) -> object:
        return grid.nearest(next(turn), 10, mask)

    def scanning() -> object:
        scan._scanned = 0  # what a command meets: the first question to a new index
        return scan.nearest(next(turn), 10)

    report = Report("search", ["what", "milliseconds", "times faster than euclidean_distances + argsort"])
    peer = seconds(original_numpy)
    slow = seconds(original, repeat=1, warmup=0)
    built = seconds(lambda: AffectIndex(points).build(), repeat=1, warmup=0)
    grid.build()
    measured = {
        "top 10, grid": seconds(lambda: grid.nearest(next(turn), 10), repeat=1000),
        "top 10, first question (scan)": seconds(scanning),
        "top 10, filter keeping 1 %": seconds(lambda: filtered(kept)),
        "making the grid": built,
        "original: euclidean_distances + numpy argsort": peer,
        "original: euclidean_distances + sorted()": slow,
    }
    for name, value in measured.items():
        report.add(name, value * 1000.0, peer / value)

    wrong = 0
    for query in queries:
        dx, dy = points[:, 0] - query[0], points[:, 1] - query[1]
        squared = dx * dx + dy * dy
        near = np.argpartition(squared, 20)[:20]
        expected = near[np.lexsort((near, np.sqrt(squared[near])))][:10]
        wrong += int(grid.nearest(query, 10)[0].tolist() != expected.tolist())
    report.note = f"{options.tracks:,} tracks; {options.queries} random queries beside brute force: {wrong} differ."
    return report
