"""Whether lyrics tell of people's ratings of songs what the sound does not: PMEmo's, with lyrics of another table."""

import argparse
import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.report import Report
from img2music.affect import Affect
from img2music.music.lyrics.affect_model import ENGLISH, shipped_readers, text_affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.fusion import WEIGHT
from img2music.music.lyrics.language import detect
from img2music.research.text.lemmas import lemmatise
from img2music.research.text.lexicon import Lexicon

FEATURES = (
    "danceability",
    "energy",
    "valence",
    "acousticness",
    "loudness",
    "mode",
    "speechiness",
    "tempo",
    "instrumentalness",
    "liveness",
)
RESAMPLES = 2000
SEEDS = 20

Floats = NDArray[np.float64]
Read = Callable[[str], Affect | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ratings", type=Path, default=Path("../shared/data/songs/pmemo_x_spotify.csv"))
    parser.add_argument("--songs", type=Path, default=Path("../shared/data/songs/song_lyric.csv"))
    parser.add_argument("--lexicon", type=Path, action="append", default=[])


def run(options: argparse.Namespace) -> Report:
    rated, lyrics = _records(options.ratings), _lyrics(options.songs)
    rated = [row for row in rated if all(row[name] for name in (*FEATURES, "valence_mean", "arousal_mean"))]
    found = [lyrics.get(_key(row["artist"], row["title"])) for row in rated]
    judged = [place for place, text in enumerate(found) if text is not None and _is_english(text)]
    texts = [text for place in judged if (text := found[place]) is not None]
    others = [place for place, text in enumerate(found) if text is None]
    features = np.array([[float(row[name]) for name in FEATURES] for row in rated])
    ratings = np.array([[float(row["valence_mean"]), float(row["arousal_mean"])] for row in rated])

    columns = ["axis", "read by", "r", "partial r", "its 95 %", f"r with {WEIGHT:.0%} of words", "gain's 95 %", "R2"]
    report = Report("words", columns)
    readers = _readers(options.lexicon)
    for axis, name in enumerate(("valence", "arousal")):
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 3, 9)))
        heard = model.fit(features[others], ratings[others, axis]).predict(features[judged])
        people = ratings[judged, axis]
        report.add(name, "sound only", pearson(heard, people), *[""] * 4, _explained(heard[:, None], people))
        for title, read in readers.items():
            affects = [read(text) or Affect(0.5, 0.5) for text in texts]
            words = np.array([(affect.valence, affect.arousal)[axis] for affect in affects])
            beyond_words, beyond_people = _residual(words, heard), _residual(people, heard)
            together = (1 - WEIGHT) * _standard(heard) + WEIGHT * _standard(words)
            report.add(
                name,
                title,
                pearson(words, people),
                pearson(beyond_words, beyond_people),
                interval(pearson, beyond_words, beyond_people),
                pearson(together, people),
                interval(_gain, together, heard, people),
                _explained(np.stack([heard, words], axis=1), people),
            )
    report.note = (
        f"{len(judged)} songs with lyrics; the sound is read by ridge regression on {len(FEATURES)} of Spotify's "
        f"features, trained on {len(others)} other songs. R2: linear regression on what is read, 10 folds, mean of "
        f"{SEEDS} seeds."
    )
    return report


def _is_english(text: str) -> bool:
    return detect(clean(text)) == ENGLISH and text_affect(text) is not None


def _readers(lexicons: list[Path]) -> dict[str, Read]:
    def by_model(model: object) -> Read:
        def read(text: str) -> Affect | None:
            found = text_affect(text, model)  # type: ignore[arg-type]
            return None if found is None else found.affect

        return read

    def by_lexicon(lexicon: Lexicon) -> Read:
        return lambda text: lexicon.affect(lemmatise(clean(text))).affect

    models = {model.name: by_model(model) for model in shipped_readers()}
    loaded = map(Lexicon.load, lexicons)
    return {**models, **{lexicon.name: by_lexicon(lexicon) for lexicon in loaded}}


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _lyrics(path: Path) -> dict[tuple[str, str], str]:
    return {_key(row["artist"], row["track"]): row["lyrics_body"] for row in _records(path)}


def _key(artist: str, title: str) -> tuple[str, str]:
    """Names as both tables have them: without what is in brackets, after a dash, or names a guest."""
    first, second = (
        re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)|\[.*?\]| - .*|feat.*|ft\..*", "", name.lower()))
        for name in (artist, title)
    )
    return first, second


def pearson(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / values.std())


def _residual(values: Floats, known: Floats) -> Floats:
    return np.asarray(values - np.polyval(np.polyfit(known, values, 1), known))


def _gain(together: Floats, heard: Floats, people: Floats) -> float:
    return pearson(together, people) - pearson(heard, people)


def interval(figure: Callable[..., float], *values: Floats) -> str:
    """Percentiles of resampled songs (Efron & Tibshirani 1993, chapter 13)."""
    rng = np.random.default_rng(0)
    count = len(values[0])
    drawn = (rng.integers(0, count, count) for _ in range(RESAMPLES))
    found = [figure(*(column[places] for column in values)) for places in drawn]
    low, high = np.percentile(found, [2.5, 97.5])
    return f"{low:.3f} to {high:.3f}"


def _explained(inputs: Floats, people: Floats) -> float:
    found = []
    for seed in range(SEEDS):
        folds = KFold(10, shuffle=True, random_state=seed)
        predicted = cross_val_predict(LinearRegression(), inputs, people, cv=folds)
        found.append(1 - float(np.mean((predicted - people) ** 2) / people.var()))
    return float(np.mean(found))
