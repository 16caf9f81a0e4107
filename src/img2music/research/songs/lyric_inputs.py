"""Inputs from the lyrics: their affect, document vectors that are made or given, and how they are written."""
# ruff: noqa: D102 - `groups.InputGroup` says what the methods do

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from img2music.errors import ModelError, printable
from img2music.music.song import Song
from img2music.research.songs.groups import Floats, InputGroup, Sources, TrainingPart
from img2music.research.songs.model_files import finite, inside
from img2music.research.songs.style import COLUMNS, style_of

if TYPE_CHECKING:
    from img2music.research.songs.embedding import Embedder
    from img2music.research.text.lexicon import Lexicon

EMBEDDING_FILE = "lyric-embedding.npz"


class LyricGroup(InputGroup):
    """Inputs of songs with lyrics."""

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"


class LyricAffect(LyricGroup):
    """Affect of the words: by a lexicon its mean and the share of words found, or what the shipped text model reads."""

    _fill: Floats  # what words without affect take: the mean of the training part

    def __init__(self, name: str = "lyric-affect", lexicon: Path | None = None) -> None:
        super().__init__(name)
        self._lexicon: Lexicon | None = None
        self._facts: dict[str, str] | None = None  # by which the lexicon is found again; most may not be passed on
        self._read = functools.cache(self._affect)
        if lexicon is not None:
            from img2music.research.text.lexicon import Lexicon as Reader

            self._lexicon = Reader.load(lexicon)
            digest = hashlib.sha256(lexicon.read_bytes()).hexdigest()
            self._facts = {"name": self._lexicon.name, "path": str(lexicon.resolve()), "sha256": digest}

    @classmethod
    def make(cls, name: str, sources: Sources) -> Self:
        return cls(name, None if sources.lyrics.lexicon is None else Path(sources.lyrics.lexicon))

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> Self:
        wanted, path = facts["lexicon"], None
        if wanted is not None:
            path = Path(wanted["path"])
            if not path.is_file():
                raise ModelError(
                    f"The model reads lyrics by the lexicon {wanted['name']}, which is not in {printable(str(path))} "
                    "any more: put it there."
                )
        group = cls(name, path)
        if group._facts is not None and group._facts["sha256"] != wanted["sha256"]:
            raise ModelError(f"{printable(str(path))} is not the lexicon that the model was trained with.")
        group._fill = finite(facts["fill"], len(group.columns()))
        return group

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        values = self._measure(songs)
        known = values[~np.isnan(values[:, 0])]
        self._fill = known.mean(axis=0) if len(known) else np.full(len(self.columns()), 0.5)
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        values = self._measure(songs)
        return np.where(np.isnan(values), self._fill, values)

    def columns(self) -> list[str]:
        names = ["lyric valence", "lyric arousal"]
        return names if self._lexicon is None else [*names, "share of words found"]

    def save(self, folder: Path) -> dict[str, Any]:
        return {"fill": self._fill.tolist(), "lexicon": self._facts}

    def _measure(self, songs: Sequence[Song]) -> Floats:
        return np.array([self._read(song.lyrics or "") for song in songs]).reshape(len(songs), -1)

    def _affect(self, text: str) -> tuple[float, ...]:
        from img2music.music.lyrics.cleaning import clean
        from img2music.music.lyrics.language import detect

        if self._lexicon is None:
            from img2music.music.lyrics.affect_model import ENGLISH, lyrics_affect

            # English only: a model of songs must read the same wherever it runs, with the extra languages and without.
            lyrics = clean(text)
            read = lyrics_affect(lyrics, ENGLISH) if detect(lyrics) == ENGLISH else None
            return (np.nan, np.nan) if read is None else (read.affect.valence, read.affect.arousal)
        from img2music.research.text.lemmas import lemmatise

        found = self._lexicon.affect(lemmatise(clean(text)))
        if found.affect is None:
            return (np.nan, np.nan, np.nan)
        return (found.affect.valence, found.affect.arousal, 1.0 - found.not_found)


class LyricEmbedding(LyricGroup):
    """Document vectors of the lyrics, by an embedder."""

    def __init__(self, embedder: "Embedder", name: str = "lyric-embedding") -> None:
        super().__init__(name)
        self._embedder = embedder
        self._width = 0

    @classmethod
    def make(cls, name: str, sources: Sources) -> InputGroup:
        from img2music.research.songs.embedding import embedder

        if sources.given is not None:
            return sources.given
        lyrics = sources.lyrics
        file = None if lyrics.vectors is None else Path(lyrics.vectors)
        return cls(embedder(lyrics.embedder, lyrics.components, file, seed=lyrics.seed), name)

    @classmethod
    def restore(cls, name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> InputGroup:
        from img2music.research.songs.embedding import Embedder

        if facts["embedder"] is not None:
            return cls(Embedder.load(inside(folder, facts["file"])), name)
        if given is None:
            raise ModelError(
                "The model was trained with lyric embeddings that were ready, which no other songs have; train it with "
                "an `embedding` to use it on other tables."
            )
        return given

    def fit(self, songs: Sequence[Song], learning: TrainingPart) -> Floats:
        self._embedder.fit([song.lyrics or "" for song in songs])
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        vectors = self._embedder.transform([song.lyrics or "" for song in songs])
        self._width = vectors.shape[1]
        return vectors.astype(np.float64)

    def columns(self) -> list[str]:
        return [f"{self._embedder.name} {index}" for index in range(self._width)]

    def save(self, folder: Path) -> dict[str, Any]:
        self._embedder.save(folder / EMBEDDING_FILE)
        return {"embedder": self._embedder.name, "file": EMBEDDING_FILE, "columns": self._width}


class GivenEmbedding(InputGroup):
    """Document vectors that are ready, a row for each song of one table."""

    def __init__(self, rows: Mapping[int, Floats]) -> None:
        super().__init__("lyric-embedding")
        self._rows = rows
        self._width = len(next(iter(rows.values())))

    def lacks(self, song: Song) -> str | None:
        return None if song.row in self._rows else "a row of the file of lyric embeddings"

    def transform(self, songs: Sequence[Song]) -> Floats:
        none = np.full(self._width, np.nan)
        return np.array([self._rows.get(song.row, none) for song in songs]).reshape(-1, self._width)

    def columns(self) -> list[str]:
        return [f"embedding {index}" for index in range(self._width)]

    def save(self, folder: Path) -> dict[str, Any]:
        return {"embedder": None, "columns": self._width}


class LyricStyle(LyricGroup):
    """How the lyrics are written."""

    def __init__(self, name: str = "lyric-style") -> None:
        super().__init__(name)
        self._style = functools.cache(style_of)

    def transform(self, songs: Sequence[Song]) -> Floats:
        return np.array([self._style(song.lyrics or "") for song in songs]).reshape(len(songs), -1)

    def columns(self) -> list[str]:
        return [f"lyric {name}" for name in COLUMNS]
