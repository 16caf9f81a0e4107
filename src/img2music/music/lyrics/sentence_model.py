"""The same reading from the sentence encoder MiniLM: closer to people, for those who install the extra ``lyrics``."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from img2music.music.lyrics.encoders import WIDTH, MiniLM
from img2music.music.lyrics.forms import Forms, unit_rows
from img2music.music.lyrics.vector_files import check_arrays, read_arrays, write_arrays

NAME = "text-affect-minilm/1"
"""Name and version of the shipped model; its card is docs/models/text-affect.md."""
KIND = "text-affect-minilm"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SentenceModel:
    """Kernel ridge regression on sentence vectors, folded."""

    name: str  # name and version
    forms: Forms  # of MiniLM's vectors, of length 1

    def predict(self, texts: Sequence[str]) -> Floats:
        """Read valence and arousal of sentences or lines."""
        encoder = MiniLM()
        vectors = np.zeros((len(texts), WIDTH))
        for row, text in enumerate(texts):
            vectors[row] = encoder.encode(text)
        return np.clip(self.forms.of(unit_rows(vectors)), 0.0, 1.0)

    def save(self, path: Path) -> None:
        """Write the model."""
        arrays = {name: getattr(self.forms, name) for name in SHAPES}
        write_arrays(path, KIND, {"name": self.name}, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model."""
        facts, arrays = read_arrays(path, KIND)
        check_arrays(path, KIND, arrays, SHAPES)
        return cls(str(facts.get("name")), Forms(*(arrays[name] for name in SHAPES)))


SHAPES: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
    "quadratic": ((2, WIDTH, WIDTH), np.float16),
    "linear": ((2, WIDTH), np.float32),
    "constant": ((2,), np.float32),
}
"""What a model file holds."""


@lru_cache(maxsize=1)
def shipped_sentence_model() -> SentenceModel:
    """The head that comes with img2music, for the encoder of the extra ``lyrics``."""
    return SentenceModel.load(Path(__file__).parent / "models" / "text_affect_minilm.npz")
