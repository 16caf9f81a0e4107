"""Judge matching against people's ratings of photos and songs."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect, Scale
from img2music.connectors.folders import FileState
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError, reason_of
from img2music.library.executors import ProcessExecutor
from img2music.library.pipeline import Pipeline
from img2music.library.record import Fault
from img2music.library.workers import content_hash
from img2music.matching.calibration import Calibration, ranks_within
from img2music.options import MatchMode
from img2music.parallel import processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import spearman
from img2music.research.match.training_files import overlap
from img2music.research.ratings import Rating, read_ratings
from img2music.research.report import Report, ReportKind, Table, figure
from img2music.shapes import Problem, problems
from img2music.vision.model import ImageModel

KIND = ReportKind("img2music/match/1", "Matching against people's ratings")


@dataclass(frozen=True)
class Score:
    """How well the songs of the top follow people's ratings of the photos."""

    # (Random - ours) / (random - best): mean distance between a photo and its songs in the space of people's ratings,
    # each side as ranks. 0 is a random choice, 1 the best that is possible with the ratings known. None if even that is
    # no better than random
    gain: float | None
    # Rank correlation of the photos' ratings with the mean rating of their songs. None if either never varies
    spearman_valence: float | None
    spearman_arousal: float | None
    distinct_first: int  # how many different songs came first


@dataclass(frozen=True)
class RatedFiles:
    """Files and how people rated them."""

    files: tuple[FileState, ...]  # regular files, at absolute paths
    affects: tuple[Affect, ...]  # the mean rating of each
    errors: tuple[InputError, ...]  # lines that can't be used


@dataclass(frozen=True)
class Measured:
    """One side: what people said, and what the models say."""

    rated: NDArray[np.float64]  # on the unit scale, shape (n, 2)
    predicted: NDArray[np.float64]  # likewise
    contents: tuple[str, ...]  # BLAKE2b hash of each file
    errors: tuple[InputError, ...]  # files and lines that were left out


@dataclass(frozen=True, kw_only=True)
class MatchEvaluation:
    """``img2music/match/1``."""

    schema: Literal["img2music/match/1"] = "img2music/match/1"
    relative: Score
    absolute: Score
    top: int  # songs of each photo that were judged
    images: int  # how many took part
    tracks: int
    notes: list[str]
    errors: list[Problem]  # files and lines that were left out


@dataclass(frozen=True)
class MatchReport:
    """What an evaluation found."""

    top: int  # songs of each photo that were judged
    images: int  # how many took part
    tracks: int
    scores: dict[MatchMode, Score]
    notes: tuple[str, ...]  # what a reader must know, such as that models were trained on these files
    errors: tuple[InputError, ...]  # files and lines that were left out

    def report(self) -> Report:
        """Give it as a table, and in the documented shape ``img2music/match/1`` (docs/matching.md)."""
        title = f"The top {self.top} of {self.tracks} songs for each of {self.images} photos"
        rows = [
            [
                str(matching),
                *(figure(value, 2) for value in (found.gain, found.spearman_valence, found.spearman_arousal)),
                f"{found.distinct_first} of {self.tracks}",
            ]
            for matching, found in self.scores.items()
        ]
        columns = ["matching", ">gain", ">valence (Spearman)", ">arousal (Spearman)", ">songs that came first"]
        scores = {str(matching): found for matching, found in self.scores.items()}
        known: dict[str, Any] = {**scores, "top": self.top, "images": self.images, "tracks": self.tracks}
        content = MatchEvaluation(**known, notes=list(self.notes), errors=problems(self.errors))
        return Report(KIND, title, self.notes, [Table(title, "", columns, rows)], content)


def read_files(table: Path, scale: Scale | None = None, *, setting: str = "scale") -> RatedFiles:
    """Read a table of rated files; rows that can't be used are left out and told."""
    files, affects, errors = [], [], []
    for found in read_ratings(table, scale=scale, setting=setting):
        try:
            if isinstance(found, InputError):
                raise found
            files.append(_state(table, found))
            affects.append(found.affect)
        except InputError as error:
            errors.append(error)
    return RatedFiles(tuple(files), tuple(affects), tuple(errors))


def _state(table: Path, rating: Rating) -> FileState:
    path = table.parent.absolute() / rating.item
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(f"{rating.where}: {reason_of(error, 'no file can have this name')}.", str(table)) from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{rating.where}: this is no file.", str(table))
    return FileState(os.fspath(path), status.st_size, status.st_mtime_ns)


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
        spearman_valence=spearman(photos[:, 0], means[:, 0]),
        spearman_arousal=spearman(photos[:, 1], means[:, 1]),
        distinct_first=len(set(chosen[:, 0].tolist())),
    )


def choose(
    photos: NDArray[np.float64],
    songs: NDArray[np.float64],
    reference: AffectDistribution,
    matching: MatchMode,
    top: int,
    *,
    spreads: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Choose songs for photos, which are so unsure, as `recommend` does, without limits per artist and filters."""
    calibration = Calibration(matching, AffectDistribution.of(songs[:, 0], songs[:, 1]))
    index = calibration.index(songs)
    sure = [None] * len(photos) if spreads is None else [(v, a) for v, a in spreads.tolist()]
    positions = [
        calibration.place(Affect(v, a), reference, spread) for (v, a), spread in zip(photos.tolist(), sure, strict=True)
    ]
    return np.array([index.nearest(position, top)[0] for position in positions], dtype=np.int64)


def evaluate_match(
    images: RatedFiles, tracks: RatedFiles, *, top: int = 5, jobs: int | None = None, progress: Progress = unwatched
) -> MatchReport:
    """Read photos and songs with the shipped models, match them both ways, and judge by people's ratings."""
    from img2music.music.audio.affect_model import MODEL

    model = ImageModel.load()
    _require(len(images.files), len(tracks.files), top, (*images.errors, *tracks.errors))
    photos = _measured(images, _see(model, images.files, progress))
    songs = _measured(tracks, _listen(tracks.files, jobs or processors(), progress))
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


Read = tuple[Affect, str] | InputError
"""What was read in a file, with the hash of its bytes."""


def _see(model: ImageModel, files: Sequence[FileState], progress: Progress) -> dict[FileState, Read]:
    found: dict[FileState, Read] = {}
    for file, analysis in zip(files, model.analyze(file.path for file in files), strict=True):
        found[file] = analysis if isinstance(analysis, InputError) else (analysis.affect, content_hash(file))
        progress(Step("photos", len(found), len(files), file.path))
    return found


def _listen(files: Sequence[FileState], jobs: int, progress: Progress) -> dict[FileState, Read]:
    found: dict[FileState, Read] = {}
    with ProcessExecutor(jobs) as executor:
        for outcome in Pipeline(executor).run(dict.fromkeys(files)):
            if outcome is not None:
                file, measured = outcome.file, outcome.measured
                if isinstance(measured, Fault):
                    found[file] = InputError(measured.reason, file.path)
                else:
                    found[file] = (measured.analysis.affect, outcome.content or "")
                progress(Step("songs", len(found), len(files), file.path))
    return found


def _measured(ratings: RatedFiles, read: Mapping[FileState, Read]) -> Measured:
    rated, predicted, contents, errors = [], [], [], list(ratings.errors)
    for file, affect in zip(ratings.files, ratings.affects, strict=True):
        found = read[file]
        if isinstance(found, InputError):
            errors.append(found)
        else:
            rated.append((affect.valence, affect.arousal))
            predicted.append((found[0].valence, found[0].arousal))
            contents.append(found[1])
    ours, theirs = (np.array(points, dtype=np.float64).reshape(-1, 2) for points in (rated, predicted))
    return Measured(ours, theirs, tuple(contents), tuple(errors))
