"""Judge matching against people's ratings of photos and songs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError
from img2music.library.executors import ProcessExecutor
from img2music.library.pipeline import Pipeline
from img2music.library.search import AffectIndex
from img2music.library.workers import content_hash
from img2music.matching.calibration import Calibration, ranks_within
from img2music.options import MatchMode
from img2music.parallel import processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.match.ratings import Ratings
from img2music.research.match.training_files import overlap

SCHEMA = "img2music/match/1"


@dataclass(frozen=True)
class Score:
    """How well the songs of the top follow people's ratings of the photos."""

    # (Random - ours) / (random - best): mean distance between a photo and its songs in the space of people's ratings,
    # each side as ranks. 0 is a random choice, 1 the best that is possible with the ratings known. None if even that is
    # no better than random
    gain: float | None
    # Rank correlation of the photos' ratings with the mean rating of their songs. None if either never varies
    spearman_valence: float | None
    # Rank correlation of the photos' ratings with the mean rating of their songs. None if either never varies
    spearman_arousal: float | None
    distinct_first: int  # how many different songs came first


@dataclass(frozen=True)
class Measured:
    """One side: what people said, and what the models say."""

    rated: NDArray[np.float64]  # on the unit scale
    predicted: NDArray[np.float64]  # on the unit scale
    contents: tuple[str, ...]  # BLAKE2b hash of each file
    errors: tuple[InputError, ...]  # files and lines that were left out


@dataclass(frozen=True)
class MatchReport:
    """What an evaluation found."""

    top: int  # songs of each photo that were judged
    images: int  # how many took part
    tracks: int  # how many took part
    scores: dict[MatchMode, Score]
    notes: tuple[str, ...]  # what a reader must know, such as that models were trained on these files
    errors: tuple[InputError, ...]  # files and lines that were left out

    def to_json(self) -> dict[str, Any]:
        """The documented shape ``img2music/match/1`` (docs/matching.md)."""
        return {
            "schema": SCHEMA,
            **{str(matching): asdict(score) for matching, score in self.scores.items()},
            "top": self.top,
            "images": self.images,
            "tracks": self.tracks,
            "notes": list(self.notes),
            "errors": [{"path": error.path, "error": error.reason} for error in self.errors],
        }


def score(photos: NDArray[np.float64], songs: NDArray[np.float64], chosen: NDArray[np.int64]) -> Score:
    """Judge a choice of songs by people's ratings."""
    from scipy.spatial.distance import cdist

    top = chosen.shape[1]
    distances = cdist(ranks_within(photos), ranks_within(songs))
    random = float(distances.mean())
    ours = float(np.take_along_axis(distances, chosen, axis=1).mean())
    best = float(np.sort(distances, axis=1)[:, :top].mean())
    means = songs[chosen].mean(axis=1)
    return Score(
        gain=(random - ours) / (random - best) if random - best > 1e-12 else None,
        spearman_valence=_spearman(photos[:, 0], means[:, 0]),
        spearman_arousal=_spearman(photos[:, 1], means[:, 1]),
        distinct_first=len(set(chosen[:, 0].tolist())),
    )


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation; None where either never varies."""
    from scipy.stats import spearmanr

    return None if np.ptp(a) == 0.0 or np.ptp(b) == 0.0 else float(spearmanr(a, b).statistic)


def choose(
    photos: NDArray[np.float64],
    songs: NDArray[np.float64],
    reference: AffectDistribution,
    matching: MatchMode,
    top: int,
) -> NDArray[np.int64]:
    """Choose songs for photos as `recommend` does, without limits per artist and filters."""
    calibration = Calibration(matching, AffectDistribution.of(songs[:, 0], songs[:, 1]))
    index = AffectIndex(calibration.place_library(songs))
    positions = [calibration.place(Affect(v, a), reference) for v, a in photos.tolist()]
    return np.array([index.nearest(position, top)[0] for position in positions], dtype=np.int64)


def evaluate_match(
    images: Ratings, tracks: Ratings, *, top: int = 5, jobs: int | None = None, progress: Progress = unwatched
) -> MatchReport:
    """Read photos and songs with the shipped models, match them both ways, and judge by people's ratings."""
    from img2music.music.audio.affect_model import MODEL
    from img2music.vision.model import ImageModel

    model = ImageModel.load()
    _require(len(images.files), len(tracks.files), top, (*images.errors, *tracks.errors))
    photos = _see(model, images, progress)
    songs = _listen(tracks, jobs or processors(), progress)
    errors = (*photos.errors, *songs.errors)
    _require(len(photos.rated), len(songs.rated), top, errors)
    scores = {
        matching: score(
            photos.rated, songs.rated, choose(photos.predicted, songs.predicted, model.reference, matching, top)
        )
        for matching in MatchMode
    }

    notes = (
        overlap("photos", "image", photos.contents, model.name),
        overlap("songs", "music", songs.contents, MODEL),
    )
    return MatchReport(top, len(photos.rated), len(songs.rated), scores, notes, errors)


def _require(photos: int, songs: int, top: int, errors: Sequence[InputError]) -> None:
    if photos < 2 or songs < max(2, top):
        reason = f" The first error: {errors[0]}" if errors else ""
        raise UsageError(
            f"{photos} photos and {songs} songs could be read; the top {top} need at least 2 and {max(2, top)}.{reason}"
        )


def _see(model: Any, ratings: Ratings, progress: Progress) -> Measured:
    rated, predicted, contents, errors = [], [], [], list(ratings.errors)
    analyses = model.analyze(file.path for file in ratings.files)
    for done, (file, point, analysis) in enumerate(zip(ratings.files, ratings.affects, analyses, strict=True), 1):
        if isinstance(analysis, InputError):
            errors.append(analysis)
        else:
            rated.append(point)
            predicted.append((analysis.affect.valence, analysis.affect.arousal))
            contents.append(content_hash(file))
        progress(Step("photos", done, len(ratings.files), file.path))
    return _measured(rated, predicted, contents, errors)


def _listen(ratings: Ratings, jobs: int, progress: Progress) -> Measured:
    outcomes = {}
    with ProcessExecutor(jobs) as executor:
        for outcome in Pipeline(executor).run(dict.fromkeys(ratings.files)):
            if outcome is not None:
                outcomes[outcome.file] = outcome
                progress(Step("songs", len(outcomes), len(ratings.files), outcome.file.path))
    rated, predicted, contents, errors = [], [], [], list(ratings.errors)
    for file, point in zip(ratings.files, ratings.affects, strict=True):
        outcome = outcomes[file]
        if isinstance(outcome.measured, str):
            errors.append(InputError(outcome.measured, file.path))
        else:
            affect = outcome.measured.analysis.affect
            rated.append(point)
            predicted.append((affect.valence, affect.arousal))
            contents.append(outcome.content or "")
    return _measured(rated, predicted, contents, errors)


def _measured(
    rated: list[NDArray[np.float64]],
    predicted: list[tuple[float, float]],
    contents: list[str],
    errors: list[InputError],
) -> Measured:
    return Measured(
        np.array(rated, dtype=np.float64).reshape(-1, 2),
        np.array(predicted, dtype=np.float64).reshape(-1, 2),
        tuple(contents),
        tuple(errors),
    )


def table(report: MatchReport) -> tuple[list[str], list[list[str]]]:
    """The report as a table: its heads and rows."""

    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    columns = ["matching", ">gain", ">valence (Spearman)", ">arousal (Spearman)", ">songs that came first"]
    rows = [
        [
            str(matching),
            cell(found.gain),
            cell(found.spearman_valence),
            cell(found.spearman_arousal),
            f"{found.distinct_first} of {report.tracks}",
        ]
        for matching, found in report.scores.items()
    ]
    return columns, rows
