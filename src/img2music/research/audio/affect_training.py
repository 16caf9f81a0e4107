"""Training of the music affect model on people's ratings, and what it is worth on music it has not seen."""

import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from img2music.affect import Scale
from img2music.errors import InputError, MissingExtraError
from img2music.music.audio import musicnn, network
from img2music.music.audio.affect_model import MODEL, SIGNALS, AffectModel
from img2music.music.audio.analyzer import measure
from img2music.progress import Progress, Step, unwatched
from img2music.research.evaluation import Floats, Indices, predict_folds
from img2music.research.ratings import Columns, read_numbers, read_ratings

EMOTIFY_GENRES = ("classical", "rock", "electronic", "pop")
"""Folders of Emotify, in the order of its track ids, a hundred each."""
REGRESSIONS = (
    (((0.25, 0.0, 0.45), 0.7),),
    (((0.0, 1.0, 0.45), 0.7), ((1.0, 0.0, 0.45), 0.3)),
)
"""Regressions for valence and for arousal: the say of vibenet's embedding, MusiCNN's and the signals, and its share.

Each group's standardised inputs are scaled to have this variance in all, so that 200 inputs weigh no more than 10.
Shares are of predictions in standard deviations; what they leave is the share of `PRIOR`.
"""
CHANGE = (((1.0, 0.0, 0.45), 1.0),)
"""The same for how a window differs from its track."""
PENALTY = 1.0
"""Of ridge regression."""
COST = 1.0
"""Of an absolute error of one standard deviation of the ratings, beside half the squares of the coefficients."""
TABLE_PENALTY = 100.0
"""Of ridge regression on a table's standardised columns."""
SPREAD = 0.2
"""Standard deviation of predictions for Emotify, near that of people's ratings (0.16 to 0.25)."""
FOLDS = 10
SEED = 0
SHARED = ("danceability", "energy", "valence", "acousticness", "loudness")
"""Features that PMEmo's table has too, measured by Spotify there and by us elsewhere."""


_Predictor = Callable[[Indices, Indices], Floats]
_Parts = Sequence[tuple[Sequence[float], float]]


@dataclass(frozen=True)
class RatedMusic:
    """Inputs of the model and people's ratings."""

    inputs: Floats  # inputs of the model, one row a song; none where there is no sound
    shared: Floats  # the features in `SHARED`
    ratings: Floats  # valence and arousal on the unit scale
    groups: tuple[str, ...]  # what must not be split between training and testing: the genre or the artist

    def take(self, indices: Indices) -> "RatedMusic":
        """Give the songs with some indices, in that order."""
        groups = tuple(self.groups[index] for index in indices.tolist())
        return RatedMusic(self.inputs[indices], self.shared[indices], self.ratings[indices], groups)


def emotify_clips(folder: Path) -> tuple[list[Path], list[str], Floats]:
    """List the clips of Emotify (Aljanaki, Wiering & Veltkamp 2016, Information Processing & Management 52).

    Gives their files, their genres, and valence and arousal on the unit scale, shape (n, 2).

    Its listeners chose from the nine feelings of the Geneva Emotional Music Scale. Valence is read as joyful
    activation + (tenderness + amazement) / 2 - sadness - tension, arousal as power + joyful activation +
    tension - calmness - tenderness - sadness / 2, each scaled to [0, 1]: a stand-in, for nobody was asked for
    these two. Signs follow the scale's second-order factors (Zentner, Grandjean & Scherer 2008, Emotion 8):
    vitality (power, joyful activation), unease (tension, sadness), sublimity (the rest).

    The folder holds ``gems.csv`` (``track id`` and the share of listeners for each feeling) and a folder a genre with
    one sound file a track, named by its number within the genre.
    """
    table = folder / "gems.csv"
    feelings = ("amazement", "tenderness", "calmness", "power", "joyful_activation", "tension", "sadness")
    columns = read_numbers(table, ("track id", *feelings))
    tracks, *said = (np.array(list(column.values()), dtype=np.float64) for column in columns.values())
    known = np.isin(tracks, np.arange(1, 100 * len(EMOTIFY_GENRES) + 1))
    if not (known.size and known.all() and np.isfinite(said).all()):
        raise InputError("has no tracks, or a line that lacks a number or names no track.", str(table))
    files, genres = [], []
    for track in tracks.astype(int).tolist():
        place, index = divmod(track - 1, 100)
        genres.append(EMOTIFY_GENRES[place])
        matches = sorted((folder / genres[-1]).glob(f"{index + 1}.*"))
        if not matches:
            raise InputError(f"There is no track {index + 1}.", str(folder / genres[-1]))
        files.append(matches[0])
    amazement, tenderness, calmness, power, joy, tension, sadness = said
    valence = joy + (tenderness + amazement) / 2 - sadness - tension
    points = np.column_stack([valence, power + joy + tension - calmness - tenderness - sadness / 2])
    low, high = points.min(axis=0), points.max(axis=0)
    return files, genres, (points - low) / (high - low)


def read_emotify(folder: Path, jobs: int = 1, progress: Progress = unwatched) -> RatedMusic:
    """Listen to Emotify's clips; groups are genres."""
    files, genres, ratings = emotify_clips(folder)
    heard = []
    with ProcessPoolExecutor(jobs) as pool:
        for file, song in zip(files, pool.map(_heard, files), strict=True):
            heard.append(song)
            progress(Step("Listening", len(heard), len(files), file.name, "tracks"))
    inputs, shared = (np.array(part) for part in zip(*heard, strict=True))
    return RatedMusic(inputs, shared, ratings, tuple(genres))


def read_pmemo(table: Path) -> RatedMusic:
    """Read PMEmo's ratings (Zhang et al. 2018, ICMR) joined to Spotify's features of the same songs.

    The table has ``valence_mean`` and ``arousal_mean`` on 1-9, ``artist``, and Spotify's columns; rows that lack a
    value are left out. There is no sound, so no inputs; groups are artists.
    """
    columns = Columns("artist", "valence_mean", "arousal_mean", more=SHARED)
    shared, ratings, artists = [], [], []
    for row in read_ratings(table, columns, Scale("pmemo", 1.0, 9.0)):
        if isinstance(row, InputError) or not all(row.cells[name] for name in SHARED):
            continue
        shared.append([float(row.cells[name]) for name in SHARED])
        ratings.append((row.affect.valence, row.affect.arousal))
        artists.append(row.item.casefold())
    return RatedMusic(np.zeros((len(shared), 0)), np.array(shared), np.array(ratings), tuple(artists))


def train_affect_model(rated: RatedMusic) -> AffectModel:
    """Fit the model: regressions, blended, for valence also with what MusiCNN itself reads."""
    mean, scale = rated.inputs.mean(axis=0), rated.inputs.std(axis=0)
    scale[scale == 0] = 1.0
    standard = (rated.inputs - mean) / scale

    # As inputs are centred, there is no intercept: the average song is neutral.
    def row(axis: int, parts: _Parts, fit: Callable[[Floats, Floats], Floats]) -> tuple[float, ...]:
        learnt = standard[:, :-1]
        groups = (network.EMBEDDING, musicnn.EMBEDDING, len(SIGNALS))
        blended = np.zeros(learnt.shape[1])
        for says, share in parts:
            weight = np.sqrt(np.repeat(np.divide(says, groups), groups))
            coefficients = weight * fit(learnt * weight, rated.ratings[:, axis])
            blended += share / (learnt @ coefficients).std() * coefficients
        blended = np.append(blended, 1.0 - sum(share for _, share in parts))
        # Regression pulls predictions together; they are spread as people's ratings are.
        blended *= SPREAD / (standard @ blended).std()
        return tuple(blended.tolist())

    def ridge(inputs: Floats, ratings: Floats) -> Floats:
        return _ridge(inputs, ratings, PENALTY)

    valence, arousal = REGRESSIONS
    rows = row(0, valence, ridge), row(1, arousal, _least_deviations)
    changes = [row(axis, CHANGE, ridge) for axis in range(2)]
    return AffectModel(MODEL, tuple(mean.tolist()), tuple(scale.tolist()), *rows, *changes)


def evaluate_affect_model(emotify: RatedMusic, pmemo: RatedMusic) -> list[tuple[str, float, float]]:
    """Correlate predictions with ratings of music that was not trained on."""

    def table(data: RatedMusic, groups: tuple[str, ...] | None = None) -> Floats:
        return _folded(data, lambda train, test: _carried(data.take(train), data.shared[test]), groups)

    raw = [SHARED.index("valence"), SHARED.index("energy")]
    unheard_genres = unheard_affects(emotify, emotify.groups)
    features = f"{len(SHARED)} features"
    tried = [
        ("Emotify: vibenet's valence and energy as they are", emotify, emotify.shared[:, raw]),
        ("Emotify: the same, and MusiCNN's happy less sad", emotify, _untrained(emotify)),
        (f"Emotify: the model, {FOLDS} random folds", emotify, unheard_affects(emotify)),
        ("Emotify: the model, a genre at a time left out", emotify, unheard_genres),
        (f"Emotify: {features}, {FOLDS} random folds", emotify, table(emotify)),
        (f"Emotify: {features}, trained on PMEmo", emotify, _carried(pmemo, emotify.shared)),
        ("PMEmo: Spotify's valence and energy as they are", pmemo, pmemo.shared[:, raw]),
        (f"PMEmo: {features}, {FOLDS} random folds", pmemo, table(pmemo)),
        (f"PMEmo: {features}, {FOLDS} folds by artist", pmemo, table(pmemo, pmemo.groups)),
        (f"PMEmo: {features}, trained on Emotify", pmemo, _carried(emotify, pmemo.shared)),
    ]
    within = [
        ("vibenet's as they are", emotify.shared[:, raw]),
        ("untrained with MusiCNN", _untrained(emotify)),
        ("the genre left out", unheard_genres),
    ]
    return [
        *((name, *_correlations(predicted, data.ratings)) for name, data, predicted in tried),
        *((f"Emotify, mean of its genres: {name}", *_within_groups(found, emotify)) for name, found in within),
    ]


def unheard_affects(rated: RatedMusic, groups: tuple[str, ...] | None = None) -> Floats:
    """Read each song by a model that has not been trained on it."""

    def model(train: Indices, test: Indices) -> Floats:
        trained = train_affect_model(rated.take(train))
        points = [trained.affect(inputs) for inputs in rated.inputs[test]]
        return np.array([(point.valence, point.arousal) for point in points])

    return _folded(rated, model, groups)


def _untrained(rated: RatedMusic) -> Floats:
    """What the networks read, without any rating: vibenet's output plus `PRIOR`, both standardised."""
    read = np.column_stack([rated.shared[:, [SHARED.index("valence"), SHARED.index("energy")]], rated.inputs[:, -1]])
    standard = (read - read.mean(axis=0)) / read.std(axis=0)
    return np.asarray(standard[:, :2] + standard[:, 2:])


def _within_groups(predicted: Floats, data: RatedMusic) -> tuple[float, float]:
    """Average the correlations within each group."""
    groups = np.array(data.groups)
    parts = [_correlations(predicted[groups == name], data.ratings[groups == name]) for name in sorted(set(groups))]
    valence, arousal = np.mean(parts, axis=0).tolist()
    return valence, arousal


def require_training() -> None:
    """Refuse, before any song is heard, what scikit-learn is needed for."""
    if importlib.util.find_spec("sklearn") is None:
        raise MissingExtraError("Training", "train")


def _folded(data: RatedMusic, predict: _Predictor, groups: tuple[str, ...] | None) -> Floats:
    from sklearn.model_selection import GroupKFold, KFold

    if groups:
        folds = GroupKFold(min(FOLDS, len(set(groups)))).split(data.ratings, groups=groups)
    else:
        folds = KFold(FOLDS, shuffle=True, random_state=SEED).split(data.ratings)
    return predict_folds([test for _, test in folds], data.ratings, predict)


def _carried(learned: RatedMusic, features: Floats) -> Floats:
    """Predict from features by a ridge regression on other songs."""
    mean, scale = learned.shared.mean(axis=0), learned.shared.std(axis=0)
    standard = (learned.shared - mean) / scale
    coefficients = [_ridge(standard, learned.ratings[:, axis], TABLE_PENALTY) for axis in range(2)]
    return np.column_stack([(features - mean) / scale @ row for row in coefficients])


def _ridge(inputs: Floats, ratings: Floats, penalty: float) -> Floats:
    from sklearn.linear_model import Ridge

    return np.asarray(Ridge(penalty).fit(inputs, ratings).coef_)


def _least_deviations(inputs: Floats, ratings: Floats) -> Floats:
    """Fit by least absolute deviations: a few oddly rated clips move it less than they move least squares."""
    from sklearn.svm import SVR

    standard = (ratings - ratings.mean()) / ratings.std()
    return np.asarray(SVR(kernel="linear", C=COST, epsilon=0.0).fit(inputs, standard).coef_[0])


def _correlations(predicted: Floats, ratings: Floats) -> tuple[float, float]:
    valence, arousal = (float(np.corrcoef(predicted[:, axis], ratings[:, axis])[0, 1]) for axis in range(2))
    return valence, arousal


def _heard(path: Path) -> tuple[Floats, list[float]]:
    measured = measure(path)
    return measured.inputs, [getattr(measured.features, name) or 0.0 for name in SHARED]
