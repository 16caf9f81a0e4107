"""Inputs from the lyrics: their affect, document vectors that are made or given, and how they are written."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.music.song import Song
from img2music.research.songs.groups import Learning
from img2music.research.songs.style import COLUMNS, style_of

if TYPE_CHECKING:
    from img2music.music.lyrics.lexicon import Lexicon
    from img2music.research.songs.embedding import Embedder, Vectors

Floats = NDArray[np.float64]

EMBEDDING_FILE = "lyric-embedding.bin"
LEARNING_EMBEDDERS = frozenset({"word2vec"})
"""Embedders whose vectors depend on the training part; those of the others are computed once."""


class LyricAffect:
    """Affect of the words: by a lexicon its mean and the share of words found, or what the shipped text model reads.

    Words without affect take the mean of the training part.
    """

    name = "lyric-affect"

    def __init__(self, lexicon: Path | None, fill: Floats | None = None, digest: str | None = None) -> None:
        self._path = lexicon
        self._fill = fill
        self._lexicon: Lexicon | None = None
        self._known: dict[str, tuple[float, ...]] = {}
        self._digest = digest
        if lexicon is not None:
            from img2music.music.lyrics.lexicon import Lexicon as Reader

            self._lexicon = Reader.load(lexicon)
            found = hashlib.sha256(lexicon.read_bytes()).hexdigest()
            if digest not in (None, found):
                raise ModelError(f"{printable(str(lexicon))} is not the lexicon that the model was trained with.")
            self._digest = found

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        values = self._measure(songs)
        known = values[~np.isnan(values[:, 0])]
        self._fill = known.mean(axis=0) if len(known) else np.full(len(self.columns()), 0.5)
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._fill is not None, "fit comes first"
        values = self._measure(songs)
        return np.where(np.isnan(values), self._fill, values)

    def columns(self) -> list[str]:
        names = ["lyric valence", "lyric arousal"]
        return names if self._lexicon is None else [*names, "share of words found"]

    def save(self, folder: Path) -> dict[str, Any]:
        assert self._fill is not None, "fit comes first"
        facts: dict[str, Any] = {"fill": self._fill.tolist(), "lexicon": None}
        if self._lexicon is not None and self._path is not None:
            facts["lexicon"] = {"name": self._lexicon.name, "path": str(self._path.resolve()), "sha256": self._digest}
        return facts

    def _measure(self, songs: Sequence[Song]) -> Floats:
        for song in songs:
            if song.lyrics and song.lyrics not in self._known:
                self._known[song.lyrics] = self._read(song.lyrics)
        nothing = (np.nan,) * len(self.columns())
        return np.array([self._known.get(song.lyrics or "", nothing) for song in songs]).reshape(len(songs), -1)

    def _read(self, text: str) -> tuple[float, ...]:
        if self._lexicon is None:
            from img2music.music.lyrics.affect_model import text_affect

            read = text_affect(text)
            return (np.nan, np.nan) if read is None else (read.affect.valence, read.affect.arousal)
        from img2music.music.lyrics.cleaning import clean
        from img2music.music.lyrics.lemmas import lemmatise

        found = self._lexicon.affect(lemmatise(clean(text)))
        if found.affect is None:
            return (np.nan, np.nan, np.nan)
        return (found.affect.valence, found.affect.arousal, 1.0 - found.not_found)


class LyricEmbedding:
    """Document vectors of the lyrics, by an embedder."""

    name = "lyric-embedding"

    def __init__(self, embedder: "Embedder") -> None:
        self._embedder = embedder
        self._width = 0
        if embedder.name not in LEARNING_EMBEDDERS:
            embedder.vectors = _Remembering(embedder.vectors)

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        self._embedder.fit([song.lyrics or "" for song in songs])
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        vectors = self._embedder.transform([song.lyrics or "" for song in songs])
        self._width = vectors.shape[1]
        return vectors.astype(np.float64)

    def columns(self) -> list[str]:
        return [f"{self._embedder.name} {number}" for number in range(self._width)]

    def save(self, folder: Path) -> dict[str, Any]:
        self._embedder.save(folder / EMBEDDING_FILE)
        return {"embedder": self._embedder.name, "file": EMBEDDING_FILE, "columns": self._width}


class _Remembering:
    """Vectors of texts that are computed once: fitting changes nothing in them."""

    def __init__(self, vectors: "Vectors") -> None:
        self._vectors = vectors
        self._known: dict[str, NDArray[np.float32]] = {}

    def fit(self, texts: Sequence[str]) -> None:
        self._vectors.fit(texts)

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._vectors.of(new), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32)

    def state(self) -> Any:
        return self._vectors.state()

    @classmethod
    def restore(cls, facts: Mapping[str, object], arrays: Any) -> Any:
        raise NotImplementedError  # what is saved is the vectors themselves


class GivenEmbedding:
    """Document vectors that are ready, a row for each song of one table."""

    name = "lyric-embedding"

    def __init__(self, rows: Mapping[int, Floats]) -> None:
        self._rows = rows

    def lacks(self, song: Song) -> str | None:
        return None if song.row in self._rows else "a row of the file of lyric embeddings"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        width = len(next(iter(self._rows.values())))
        return np.array([self._rows.get(song.row, np.full(width, np.nan)) for song in songs]).reshape(-1, width)

    def columns(self) -> list[str]:
        return [f"embedding {number}" for number in range(len(next(iter(self._rows.values()))))]

    def save(self, folder: Path) -> dict[str, Any]:
        return {"embedder": None, "columns": len(self.columns())}


class LyricStyle:
    """How the lyrics are written."""

    name = "lyric-style"

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, ...]] = {}

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        texts = [song.lyrics or "" for song in songs]
        self._known.update((text, style_of(text)) for text in texts if text not in self._known)
        return np.array([self._known[text] for text in texts]).reshape(len(songs), -1)

    def columns(self) -> list[str]:
        return [f"lyric {name}" for name in COLUMNS]

    def save(self, folder: Path) -> dict[str, Any]:
        return {}
