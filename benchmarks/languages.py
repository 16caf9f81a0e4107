"""What is read in translated sentences that were written for an affect, and in texts that must be refused."""

import argparse
import csv
from pathlib import Path

import numpy as np

from benchmarks.report import Report
from benchmarks.words import interval, pearson
from img2music.music.lyrics.affect_model import text_affect
from img2music.music.lyrics.text_model import shipped_multilingual_model

HERE = Path(__file__).parent
LANGUAGES = ("en", "de", "es", "ja", "ko", "ru")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sentences", type=Path, default=HERE / "sentences.csv")
    parser.add_argument("--refused", type=Path, default=HERE / "refused.csv")


def run(options: argparse.Namespace) -> Report:
    model = shipped_multilingual_model()
    rows = _rows(options.sentences)
    meant = np.array([[float(row["valence"]), float(row["arousal"])] for row in rows])
    columns = ["texts", "n", "read", "valence r", "its 95 %", "arousal r", "arousal's 95 %"]
    report = Report("languages", columns)
    for language in LANGUAGES:
        texts = [row[language] for row in rows]
        cells: list[object] = []
        for found, wanted in zip(model.predict(texts).T, meant.T, strict=True):
            cells += [pearson(found, wanted), interval(pearson, found, wanted)]
        report.add(language, len(texts), sum(text_affect(text, model) is not None for text in texts), *cells)
    refused = _rows(options.refused)
    for language in dict.fromkeys(row["language"] for row in refused):
        texts = [row["text"] for row in refused if row["language"] == language]
        report.add(language, len(texts), sum(text_affect(text) is not None for text in texts), *[""] * 4)
    report.note = "read: texts that get an affect. r is of all sentences; intervals are of resampled sentences."
    return report


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
