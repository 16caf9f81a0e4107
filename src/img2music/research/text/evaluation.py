"""How well models of text read what people rated: EmoBank's sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.music.lyrics.affect_model import text_affect
from img2music.music.lyrics.lemmas import lemmatise
from img2music.music.lyrics.lexicon import Lexicon
from img2music.music.lyrics.text_model import TextModel, TextReader
from img2music.research.accuracy import Accuracy, accuracy_of, accuracy_of_means
from img2music.research.text.rated_texts import EMOBANK, SPLITS, RatedTexts
from img2music.research.text.training import fit_text_model

SCHEMA = "img2music/evaluate-text/1"

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Reading:
    """One way to read affect in texts, and how well it does."""

    name: str  # of the model, the lexicon or the baseline
    texts: str  # which texts it is judged on
    valence: Accuracy  # intervals are drawn by document: sentences of one document are alike
    arousal: Accuracy  # intervals are drawn by document: sentences of one document are alike


@dataclass(frozen=True)
class TextEvaluation:
    """What came out."""

    split: str  # of EmoBank: train, dev or test
    count: int  # sentences in it
    # Share of the sentences that `text_affect` gives an affect for: the others are short, or not known as English. The
    # readings are of all sentences
    answered: float
    readings: tuple[Reading, ...]  # the mean of the training split first

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON has it, in the shape of docs/schemas/evaluate-text.json."""
        return {
            "schema": SCHEMA,
            "data": "EmoBank",
            "split": self.split,
            "sentences": self.count,
            "answered": self.answered,
            "readings": [asdict(reading) for reading in self.readings],
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Give columns and rows to print."""
        columns = ["axis", "read by", "texts", ">r", ">95 % interval", ">R2", ">CCC", ">RMSE"]
        rows = [
            [axis, reading.name, reading.texts, *_cells(getattr(reading, axis))]
            for axis in ("valence", "arousal")
            for reading in self.readings
        ]
        return columns, rows


def _cells(found: Accuracy) -> list[str]:
    interval = (found.intervals or {}).get("r")
    return [
        "-" if found.r is None else f"{found.r:.3f}",
        "-" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}",
        f"{found.r2:.3f}",
        "-" if found.ccc is None else f"{found.ccc:.3f}",
        f"{found.rmse:.4f}",
    ]


def evaluate_text(
    rated: Mapping[str, RatedTexts],
    models: Sequence[TextReader],
    lexicons: Sequence[Lexicon] = (),
    *,
    split: str = "test",
    folds: int | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> TextEvaluation:
    """Compare what models and lexicons read in EmoBank's sentences with people's ratings."""
    judged = rated[split]
    steps = len(models) + len(lexicons) + (folds or 0) * sum(isinstance(model, TextModel) for model in models)
    tell = _teller(progress, steps)
    mean = np.broadcast_to(rated["train"].ratings.mean(axis=0), judged.ratings.shape)
    readings = [_against(judged, mean, "mean of the training split", split, seed, constant=True)]
    for lexicon in lexicons:
        readings.append(_against(judged, _by_lexicon(judged, lexicon), lexicon.name, split, seed))
        tell()
    for model in models:
        readings.append(_against(judged, model.predict(judged.texts), model.name, split, seed))
        tell()
    whole = _together(rated)
    for model in models:
        if folds is not None and isinstance(model, TextModel):
            predicted = _by_document(whole, model, folds, tell)
            name = f"recipe of {model.name}"
            readings.append(_against(whole, predicted, name, f"all, {folds} folds by document", seed))
    answered = sum(text_affect(text) is not None for text in judged.texts) / len(judged)
    return TextEvaluation(split, len(judged), answered, tuple(readings))


def _teller(progress: Progress | None, steps: int) -> Callable[[], None]:
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, steps)

    return tell


def _against(
    judged: RatedTexts, predicted: Floats, name: str, texts: str, seed: int, *, constant: bool = False
) -> Reading:
    axes = [
        accuracy_of_means(ours, theirs, EMOBANK)
        if constant
        else accuracy_of(np.ascontiguousarray(ours), theirs, EMOBANK, judged.groups, seed)
        for ours, theirs in zip(predicted.T, judged.ratings.T, strict=True)
    ]
    return Reading(name, texts, *axes)


def _by_lexicon(judged: RatedTexts, lexicon: Lexicon) -> Floats:
    found = [lexicon.affect(lemmatise(text)).affect for text in judged.texts]
    return np.array([(0.5, 0.5) if affect is None else (affect.valence, affect.arousal) for affect in found])


def _together(rated: Mapping[str, RatedTexts]) -> RatedTexts:
    parts = [rated[split] for split in SPLITS]
    return RatedTexts(
        tuple(text for part in parts for text in part.texts),
        np.concatenate([part.ratings for part in parts]),
        tuple(group for part in parts for group in part.groups),
    )


def _by_document(rated: RatedTexts, model: TextModel, folds: int, tell: Callable[[], None]) -> Floats:
    predicted = np.zeros_like(rated.ratings)
    for left_out in document_folds(rated.groups, folds):
        others = np.setdiff1d(np.arange(len(rated)), left_out)
        learned = fit_text_model(model.pieces, rated.take(others))
        predicted[left_out] = learned.predict(rated.take(left_out).texts)
        tell()
    return predicted


def document_folds(groups: Sequence[str], folds: int) -> Iterator[NDArray[np.intp]]:
    """Divide documents among folds of about the same number of sentences."""
    names, places = np.unique(np.array(groups), return_inverse=True)
    sizes = np.bincount(places)
    held = np.zeros(folds, dtype=np.int64)
    fold_of = np.zeros(len(names), dtype=np.intp)
    for document in np.argsort(-sizes, kind="stable"):  # the largest first, each to the emptiest fold
        fold_of[document] = held.argmin()
        held[fold_of[document]] += sizes[document]
    for fold in range(folds):
        yield np.flatnonzero(fold_of[places] == fold)
