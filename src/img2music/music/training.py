"""Training of the music affect model on people's ratings, and what it is worth on music it has not seen."""

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.music.affect_model import INPUTS, MODEL, OUTPUTS, AffectModel
from img2music.music.analyzer import measure

EMOTIFY_GENRES = ("classical", "rock", "electronic", "pop")
"""Folders of Emotify, in the order of its track ids, a hundred each."""
PENALTY = 100.0
"""Of ridge regression, on standardised inputs."""
PMEMO_SHARE = 0.25
"""Weight of the regression on PMEmo in the model."""
SPREAD = 0.2
"""Standard deviation of predictions for Emotify, near that of people's ratings in both sets (0.16 to 0.25)."""
FOLDS = 10
SEED = 0
SHARED = (*OUTPUTS, "loudness")
"""Inputs that PMEmo's table has too, measured by Spotify there and by us elsewhere."""


@dataclass(frozen=True)
class RatedMusic:
    """Inputs of the model and people's ratings.

    Attributes
    ----------
    inputs : ndarray of float64, shape (n, k)
        One row a song.
    ratings : ndarray of float64, shape (n, 2)
        Valence and arousal on the unit scale.
    groups : tuple of str, length n
        What must not be split between training and testing: the genre or the artist.
    """

    inputs: NDArray[np.float64]
    ratings: NDArray[np.float64]
    groups: tuple[str, ...]


def read_emotify(folder: Path, jobs: int = 1, progress: Callable[[int, int], object] | None = None) -> RatedMusic:
    """Listen to Emotify (Aljanaki, Wiering & Veltkamp 2016, Information Processing & Management 52).

    Its listeners chose from the nine feelings of the Geneva Emotional Music Scale. Valence is read as joyful
    activation + (tenderness + amazement) / 2 - sadness - tension, arousal as power + joyful activation + tension -
    calmness - tenderness - sadness / 2, each scaled to [0, 1]: a stand-in, for nobody was asked for these two.

    Parameters
    ----------
    folder : Path
        Holds ``gems.csv`` (``track id`` and the share of listeners for each feeling) and a folder a genre with one
        sound file a track, named by its number within the genre.
    jobs : int
        Processes.
    progress : callable, optional
        Called with the number of tracks done and their total.

    Returns
    -------
    RatedMusic
        Inputs in the order of `INPUTS`; groups are genres.

    Raises
    ------
    InputError
        If a file is missing, or is not what it should be.
    """
    rows = _read_table(folder / "gems.csv")
    names = {"amazement", "tenderness", "calmness", "power", "joyful_activation", "tension", "sadness", "track id"}
    _require(rows, names, folder / "gems.csv")
    files, genres, points = [], [], []
    for row in rows:
        number = int(row["track id"]) - 1
        genre = EMOTIFY_GENRES[number // 100]
        matches = sorted((folder / genre).glob(f"{number % 100 + 1}.*"))
        if not matches:
            raise InputError(f"There is no track {number % 100 + 1}.", str(folder / genre))
        feeling = {name: float(row[name]) for name in names}
        files.append(matches[0])
        genres.append(genre)
        points.append(
            (
                feeling["joyful_activation"]
                + (feeling["tenderness"] + feeling["amazement"]) / 2
                - feeling["sadness"]
                - feeling["tension"],
                feeling["power"]
                + feeling["joyful_activation"]
                + feeling["tension"]
                - feeling["calmness"]
                - feeling["tenderness"]
                - feeling["sadness"] / 2,
            )
        )
    inputs = []
    with ProcessPoolExecutor(jobs) as pool:
        for row_inputs in pool.map(_inputs_of, files):
            inputs.append(row_inputs)
            if progress:
                progress(len(inputs), len(files))
    ratings = np.array(points)
    low, high = ratings.min(axis=0), ratings.max(axis=0)
    return RatedMusic(np.array(inputs), (ratings - low) / (high - low), tuple(genres))


def read_pmemo(table: Path) -> RatedMusic:
    """Read PMEmo's ratings (Zhang et al. 2018, ICMR) joined to Spotify's features of the same songs.

    Parameters
    ----------
    table : Path
        CSV with ``valence_mean`` and ``arousal_mean`` on 1-9, ``artist``, and Spotify's columns.

    Returns
    -------
    RatedMusic
        Inputs in the order of `SHARED`; groups are artists. Rows without one of the values are left out.

    Raises
    ------
    InputError
        If it can't be read, or lacks a column.
    """
    rows = _read_table(table)
    _require(rows, {*SHARED, "valence_mean", "arousal_mean", "artist"}, table)
    needed = (*SHARED, "valence_mean", "arousal_mean")
    values = np.array([[float(row[name]) for name in needed] for row in rows if all(row[n] for n in needed)])
    artists = tuple(row["artist"].casefold() for row in rows if all(row[n] for n in needed))
    return RatedMusic(values[:, : len(SHARED)], (values[:, len(SHARED) :] - 1.0) / 8.0, artists)


def train_affect_model(emotify: RatedMusic, pmemo: RatedMusic) -> AffectModel:
    """Fit the model: ridge regression on Emotify's sound, blended with one on PMEmo's table.

    Parameters
    ----------
    emotify, pmemo : RatedMusic
        From `read_emotify` and `read_pmemo`.

    Returns
    -------
    AffectModel
        Its predictions for Emotify average to 0.5 with a standard deviation of about `SPREAD`.
    """
    mean, scale = emotify.inputs.mean(axis=0), emotify.inputs.std(axis=0)
    scale[scale == 0] = 1.0
    standard = (emotify.inputs - mean) / scale
    shared = [INPUTS.index(name) for name in SHARED]
    rows = []
    for axis in range(2):
        heard = _ridge(standard, emotify.ratings[:, axis])
        from_table = np.zeros(len(INPUTS))
        table_scale = pmemo.inputs.std(axis=0)
        table = _ridge(pmemo.inputs / table_scale, pmemo.ratings[:, axis])
        from_table[shared] = table / table_scale * scale[shared]
        blend = (1 - PMEMO_SHARE) * heard / (standard @ heard).std()
        blend += PMEMO_SHARE * from_table / (standard @ from_table).std()
        blend *= SPREAD / (standard @ blend).std()
        rows.append((*blend.tolist(), 0.0))  # inputs are centred, so the mean prediction is neutral
    return AffectModel(MODEL, tuple(mean.tolist()), tuple(scale.tolist()), *rows)


def evaluate_affect_model(emotify: RatedMusic, pmemo: RatedMusic) -> list[tuple[str, float, float]]:
    """Correlate predictions with ratings of music that the regression has not seen.

    Parameters
    ----------
    emotify, pmemo : RatedMusic
        From `read_emotify` and `read_pmemo`.

    Returns
    -------
    list of (str, float, float)
        What was tried, Pearson's r of valence and of arousal.
    """
    from sklearn.model_selection import GroupKFold, KFold

    shared = [INPUTS.index(name) for name in SHARED]
    heard = emotify.inputs[:, shared]
    raw = [SHARED.index("valence"), SHARED.index("energy")]
    random = KFold(FOLDS, shuffle=True, random_state=SEED)

    def blended(train: NDArray[np.intp], test: NDArray[np.intp]) -> NDArray[np.float64]:
        part = RatedMusic(emotify.inputs[train], emotify.ratings[train], ())
        model = train_affect_model(part, pmemo)
        points = [model.affect(inputs) for inputs in emotify.inputs[test]]
        return np.array([(point.valence, point.arousal) for point in points])

    def ridge_on(data: RatedMusic) -> Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float64]]:
        return lambda train, test: _fit_predict(data.inputs[train], data.ratings[train], data.inputs[test])

    def folded(data: RatedMusic, predict: Any, folds: Any) -> NDArray[np.float64]:
        predictions = np.empty_like(data.ratings)
        for train, test in folds.split(data.inputs, groups=data.groups):
            predictions[test] = predict(train, test)
        return predictions

    genres, artists = GroupKFold(len(set(emotify.groups))), GroupKFold(FOLDS)
    tried = [
        ("Emotify: vibenet's valence and energy as they are", emotify, heard[:, raw]),
        (f"Emotify: the model, {FOLDS} random folds", emotify, folded(emotify, blended, random)),
        ("Emotify: the model, a genre at a time left out", emotify, folded(emotify, blended, genres)),
        ("Emotify: without PMEmo, random folds", emotify, folded(emotify, ridge_on(emotify), random)),
        ("Emotify: without PMEmo, a genre left out", emotify, folded(emotify, ridge_on(emotify), genres)),
        ("PMEmo: Spotify's valence and energy as they are", pmemo, pmemo.inputs[:, raw]),
        (f"PMEmo: ridge on {len(SHARED)} columns, {FOLDS} random folds", pmemo, folded(pmemo, ridge_on(pmemo), random)),
        (f"PMEmo: the same, {FOLDS} folds by artist", pmemo, folded(pmemo, ridge_on(pmemo), artists)),
        ("PMEmo to Emotify", emotify, _fit_predict(pmemo.inputs, pmemo.ratings, heard)),
        ("Emotify to PMEmo, the shared inputs only", pmemo, _fit_predict(heard, emotify.ratings, pmemo.inputs)),
    ]
    return [(name, *_correlations(predicted, data.ratings)) for name, data, predicted in tried]


def _fit_predict(
    train: NDArray[np.float64], ratings: NDArray[np.float64], test: NDArray[np.float64]
) -> NDArray[np.float64]:
    mean, scale = train.mean(axis=0), train.std(axis=0)
    standard = (train - mean) / scale
    return np.column_stack([(test - mean) / scale @ _ridge(standard, ratings[:, axis]) for axis in range(2)])


def _ridge(inputs: NDArray[np.float64], ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.linear_model import Ridge

    return np.asarray(Ridge(PENALTY).fit(inputs, ratings).coef_)


def _correlations(predicted: NDArray[np.float64], ratings: NDArray[np.float64]) -> tuple[float, float]:
    valence, arousal = (float(np.corrcoef(predicted[:, axis], ratings[:, axis])[0, 1]) for axis in range(2))
    return valence, arousal


def _inputs_of(path: Path) -> NDArray[np.float64]:
    return measure(path).inputs


def _read_table(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"Can't be read as a CSV table: {error}.", str(path)) from error


def _require(rows: Sequence[dict[str, str]], names: set[str], path: Path) -> None:
    missing = names - set(rows[0] if rows else ())
    if missing:
        raise InputError(f"Lacks the column {sorted(missing)[0]!r}.", str(path))
