"""How well models of text read what people rated: EmoBank's sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from img2music.music.lyrics.affect_model import text_affect
from img2music.music.lyrics.text_model import TextModel, TextReader
from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import Accuracy
from img2music.research.evaluation import Floats, Indices, accuracies, baseline, grouped_folds, predict_folds
from img2music.research.report import AXES, INTERVAL, Report, ReportKind, Table, accuracy_cells, accuracy_columns
from img2music.research.text.lemmas import lemmatise
from img2music.research.text.lexicon import Lexicon
from img2music.research.text.rated_texts import EMOBANK, SPLITS, RatedTexts
from img2music.research.text.text_training import fit_text_model

KIND = ReportKind("img2music/evaluate-text/1", "Affect of texts against people's ratings")
SHOWN = ("r", "r" + INTERVAL, "r2", "ccc", "rmse")


@dataclass(frozen=True)
class Reading:
    """One way to read affect in texts, and how well it does."""

    name: str  # of the model, the lexicon or the baseline
    texts: str  # which texts it is judged on
    valence: Accuracy  # intervals are drawn by document: sentences of one document are alike
    arousal: Accuracy


@dataclass(frozen=True, kw_only=True)
class TextEvaluation:
    """``img2music/evaluate-text/1``."""

    schema: Literal["img2music/evaluate-text/1"] = "img2music/evaluate-text/1"
    data: Literal["EmoBank"] = "EmoBank"
    split: Literal["train", "dev", "test"]
    sentences: int
    answered: float  # share of them that `text_affect` gives an affect for
    readings: list[Reading]  # the mean of the training split first


def evaluate_text(
    rated: Mapping[str, RatedTexts],
    models: Sequence[TextReader],
    lexicons: Sequence[Lexicon] = (),
    *,
    split: Literal["train", "dev", "test"] = "test",
    folds: int | None = None,
    progress: Progress = unwatched,
    seed: int = 0,
) -> Report:
    """Compare what models and lexicons read in EmoBank's sentences with people's ratings.

    The JSON is ``img2music/evaluate-text/1`` (docs/schemas/evaluate-text.json); its readings begin with the mean of the
    training split. ``answered`` is the share of sentences that `text_affect` gives an affect for: the others are short,
    or not known as English. The readings are of all sentences.
    """
    judged = rated[split]
    recipes = [model for model in models if folds is not None and isinstance(model, TextModel)]
    done, total = 0, len(models) + len(lexicons) + (folds or 0) * len(recipes)

    def tell(name: str) -> None:
        nonlocal done
        done += 1
        progress(Step("Reading", done, total, name))

    mean = np.broadcast_to(rated["train"].ratings.mean(axis=0), judged.ratings.shape)
    readings = [Reading("mean of the training split", split, *baseline(mean, judged.ratings, EMOBANK))]
    for lexicon in lexicons:
        readings.append(_against(judged, _by_lexicon(judged, lexicon), lexicon.name, split, seed))
        tell(lexicon.name)
    for model in models:
        readings.append(_against(judged, model.predict(judged.texts), model.name, split, seed))
        tell(model.name)
    whole = _together(rated)
    for model in recipes:
        assert folds is not None

        def read_part(train: Indices, test: Indices, model: TextModel = model) -> Floats:
            tell(model.name)
            return fit_text_model(model.pieces, whole.take(train)).predict(whole.take(test).texts)

        predicted = predict_folds(grouped_folds(whole.groups, folds), whole.ratings, read_part)
        texts = f"all, {folds} folds by document"
        readings.append(_against(whole, predicted, f"recipe of {model.name}", texts, seed))
    answered = sum(text_affect(text) is not None for text in judged.texts) / len(judged)
    content = TextEvaluation(split=split, sentences=len(judged), answered=answered, readings=readings)
    rows = [
        [axis, reading.name, reading.texts, *accuracy_cells(getattr(reading, axis), SHOWN)]
        for axis in AXES
        for reading in readings
    ]
    title = f"EmoBank, {split} split: {len(judged)} sentences"
    table = Table(title, "", ["axis", "read by", "texts", *accuracy_columns(SHOWN)], rows)
    return Report(KIND, title, (), [table], content)


def _against(judged: RatedTexts, predicted: Floats, name: str, texts: str, seed: int) -> Reading:
    return Reading(name, texts, *accuracies(predicted, judged.ratings, EMOBANK, judged.groups, seed))


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
