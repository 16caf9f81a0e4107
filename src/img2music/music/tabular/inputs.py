"""What a stack is given of each song: groups of inputs by name, fitted on the training part."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, UsageError, printable
from img2music.music.song import Song
from img2music.music.tabular.features import EIGHT, SPOTIFY, ColumnScaling, columns_of
from img2music.music.tabular.style import COLUMNS as STYLE_COLUMNS
from img2music.music.tabular.style import WORD, style_of
from img2music.music.tabular.word_scores import WordScores, terms_of

if TYPE_CHECKING:
    from img2music.music.lyrics.embedding import Embedder, Vectors
    from img2music.music.lyrics.lexicon import Lexicon

Floats = NDArray[np.float64]

GROUPS: Mapping[str, str] = {
    "music": "the eight features of the original: " + ", ".join(EIGHT),
    "lyric-affect": "valence and arousal of the words, by a lexicon or the shipped text model",
    "lyric-embedding": "document vectors of the lyrics, by an embedder or as columns of a file",
    "lyric-style": "how the lyrics are written: lengths, repetition, punctuation, kinds of words",
    "lyric-words": "what the words of the lyrics say of the targets, by a ridge regression on their counts",
    "title-words": "the same of the words of title, artist and album",
    "spotify": "the eight, and Spotify's acousticness, energy and valence: for people's ratings only",
}
"""The names, and what is behind them."""

DEFAULT_GROUPS = ("music", "lyric-affect", "lyric-embedding")
EMBEDDING_FILE = "lyric-embedding.bin"
LEARNING_EMBEDDERS = frozenset({"word2vec"})
"""Embedders whose vectors depend on the training part; those of the others are computed once."""


@dataclass(frozen=True)
class Learning:
    """What a group may learn from besides the songs.

    Attributes
    ----------
    targets : ndarray of float64, shape (songs, targets)
    axes : tuple of str
        Names of the targets.
    parts : sequence of ndarray of int
        Folds of the songs: places that each leaves out.
    """

    targets: Floats
    axes: tuple[str, ...]
    parts: Sequence[NDArray[np.intp]]


class InputGroup(Protocol):
    """Some inputs that go together."""

    name: str

    def lacks(self, song: Song) -> str | None:
        """Name what the group needs and a song does not have; None where nothing is missing."""
        ...

    def fit(self, songs: Sequence[Song], learning: "Learning") -> Floats:
        """Learn from the training part, of which no song lacks anything; give its inputs, shape (songs, columns)."""
        ...

    def transform(self, songs: Sequence[Song]) -> Floats:
        """Give inputs of other songs, shape (songs, columns), without NaN for songs that lack nothing."""
        ...

    def columns(self) -> list[str]:
        """Name the columns."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Give what `restore` needs, as JSON has it; arrays go into files of the folder."""
        ...


class ColumnGroup:
    """Columns of the table, scaled: ``music`` and ``spotify``.

    Parameters
    ----------
    name : str
    fields : sequence of str
        Fields of `Song`.
    scaling : ColumnScaling, optional
        Where it is fitted already.
    """

    def __init__(self, name: str, fields: Sequence[str], scaling: ColumnScaling | None = None) -> None:
        self.name = name
        self._fields = tuple(fields)
        self._scaling = scaling

    def lacks(self, song: Song) -> str | None:
        return next((field for field in self._fields if getattr(song, field) is None), None)

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:  # noqa: ARG002
        self._scaling = ColumnScaling.fit(columns_of(songs, self._fields), self._fields)
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._scaling is not None, "fit comes first"
        return self._scaling.transform(columns_of(songs, self._fields))

    def columns(self) -> list[str]:
        return list(self._fields)

    def save(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002 - there are no arrays
        assert self._scaling is not None, "fit comes first"
        return asdict(self._scaling)


class LyricAffect:
    """Affect of the words: by a lexicon its mean and the share of words found, or what the shipped text model reads.

    Words without affect take the mean of the training part.

    Parameters
    ----------
    lexicon : Path, optional
        A lexicon's file, which is never copied: its terms forbid it. Without it the shipped text model reads.
    fill : ndarray of float64, optional
        Where it is fitted already: what a text without affect gets.
    digest : str, optional
        SHA-256 that the lexicon must have.

    Raises
    ------
    InputError
        If the lexicon can't be read.
    ModelError
        If it is not the one that the digest is of.
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

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:  # noqa: ARG002
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

    def save(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002 - there are no arrays
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
    """Document vectors of the lyrics, by an embedder.

    Parameters
    ----------
    embedder : Embedder
        Fitted or not.
    """

    name = "lyric-embedding"

    def __init__(self, embedder: "Embedder") -> None:
        self._embedder = embedder
        self._width = 0
        if embedder.name not in LEARNING_EMBEDDERS:
            embedder.vectors = _Remembering(embedder.vectors)

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:  # noqa: ARG002
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
    """Document vectors that are ready, a row for each song of one table.

    Parameters
    ----------
    rows : mapping of int to ndarray of float64, shape (columns,)
        By `Song.row`.
    """

    name = "lyric-embedding"

    def __init__(self, rows: Mapping[int, Floats]) -> None:
        self._rows = rows

    def lacks(self, song: Song) -> str | None:
        return None if song.row in self._rows else "a row of the file of lyric embeddings"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:  # noqa: ARG002
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        width = len(next(iter(self._rows.values())))
        return np.array([self._rows.get(song.row, np.full(width, np.nan)) for song in songs]).reshape(-1, width)

    def columns(self) -> list[str]:
        return [f"embedding {number}" for number in range(len(next(iter(self._rows.values()))))]

    def save(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002 - the rows are the user's
        return {"embedder": None, "columns": len(self.columns())}


class LyricStyle:
    """How the lyrics are written."""

    name = "lyric-style"

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, ...]] = {}

    def lacks(self, song: Song) -> str | None:
        return None if song.lyrics else "lyrics"

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:  # noqa: ARG002
        return self.transform(songs)

    def transform(self, songs: Sequence[Song]) -> Floats:
        texts = [song.lyrics or "" for song in songs]
        self._known.update((text, style_of(text)) for text in texts if text not in self._known)
        return np.array([self._known[text] for text in texts]).reshape(len(songs), -1)

    def columns(self) -> list[str]:
        return [f"lyric {name}" for name in STYLE_COLUMNS]

    def save(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002 - nothing is learned
        return {}


class Words:
    """What words say of the targets: ``lyric-words`` and ``title-words``.

    The training part's own scores are those of regressions that have not seen the song, or every regressor that is
    trained on them would trust them too much.

    Parameters
    ----------
    name : str
    scores : WordScores, optional
        Where they are fitted already.
    axes : sequence of str
        Names of the targets that they are of.
    """

    def __init__(self, name: str, scores: WordScores | None = None, axes: Sequence[str] = ()) -> None:
        self.name = name
        self._scores = scores
        self._axes = tuple(axes)
        self._known: dict[str, Counter[str]] = {}

    def lacks(self, song: Song) -> str | None:
        return None if self._text(song) else self.name.replace("-words", "")

    def fit(self, songs: Sequence[Song], learning: Learning) -> Floats:
        self._axes = learning.axes
        self._scores, left_out = WordScores.fit(self._terms(songs), learning.targets, learning.parts)
        return left_out

    def transform(self, songs: Sequence[Song]) -> Floats:
        assert self._scores is not None, "fit comes first"
        return self._scores.of(self._terms(songs))

    def columns(self) -> list[str]:
        return [f"{self.name}: {axis}" for axis in self._axes]

    def save(self, folder: Path) -> dict[str, Any]:
        assert self._scores is not None, "fit comes first"
        file = f"{self.name}.json"
        self._scores.save(folder / file)
        return {"file": file, "axes": list(self._axes)}

    def _text(self, song: Song) -> str:
        if self.name == "lyric-words":
            return song.lyrics or ""
        return " ".join(part for part in (song.title, song.artist, song.album) if part)

    def _terms(self, songs: Sequence[Song]) -> list[Counter[str]]:
        texts = [self._text(song) for song in songs]
        for text in texts:
            if text not in self._known:
                self._known[text] = terms_of(WORD.findall(text.lower().replace("\u2019", "'")))
        return [self._known[text] for text in texts]


@dataclass(frozen=True)
class Sources:
    """Where lyric inputs come from.

    Attributes
    ----------
    lexicon : Path, optional
        What reads the affect of words; the shipped text model by default.
    embedder : str
        In `music.lyrics.embedding.EMBEDDERS`.
    vectors : Path, optional
        Word vectors that ``word2vec`` starts from.
    components : int
        Principal components of the document vectors.
    given : InputGroup, optional
        Document vectors that are ready, instead of an embedder's.
    seed : int
    """

    lexicon: Path | None = None
    embedder: str = "word2vec"
    vectors: Path | None = None
    components: int = 11
    given: InputGroup | None = None
    seed: int = 42

    def facts(self) -> dict[str, Any]:
        """Give what `restore` needs, as JSON has it."""
        return {
            "lexicon": None if self.lexicon is None else str(self.lexicon.resolve()),
            "embedder": self.embedder,
            "vectors": None if self.vectors is None else str(self.vectors.resolve()),
            "components": self.components,
            "given": self.given is not None,
            "seed": self.seed,
        }

    @classmethod
    def restore(cls, facts: Mapping[str, Any], given: InputGroup | None) -> Self:
        """Make it of what `facts` gave.

        Raises
        ------
        UsageError
            If lyric embeddings that are ready are needed and not there, or the other way round.
        """
        if facts["given"] != (given is not None):
            raise UsageError(
                "The model was trained with lyric embeddings that were ready: give theirs with --lyric-embedding."
                if facts["given"]
                else "The model was not trained with lyric embeddings that were ready: leave --lyric-embedding out."
            )
        lexicon, vectors = (None if facts[name] is None else Path(facts[name]) for name in ("lexicon", "vectors"))
        return cls(lexicon, str(facts["embedder"]), vectors, int(facts["components"]), given, int(facts["seed"]))


def make_groups(names: Sequence[str], sources: Sources) -> list[InputGroup]:
    """Make groups of inputs, to be fitted.

    Parameters
    ----------
    names : sequence of str
        In `GROUPS`.
    sources : Sources

    Returns
    -------
    list of InputGroup

    Raises
    ------
    UsageError
        If a name is not known, comes twice, or goes with another that holds the same columns.
    InputError
        If the lexicon or the word vectors can't be read.
    MissingExtraError
        If an embedder needs what is not installed.
    """
    for name in names:
        if name in {"valence", "energy"}:
            raise UsageError(
                f"Spotify's {name} is no input here: it is a target itself, and predicting it from itself says nothing."
            )
        if name not in GROUPS:
            raise UsageError(f"There are no inputs {name!r}; there are: {', '.join(GROUPS)}.")
    if not names or len(set(names)) < len(names):
        raise UsageError("Give each group of inputs once, and one at least.")
    if {"music", "spotify"} <= set(names):
        raise UsageError("The inputs 'spotify' hold the eight of 'music' already: give one of them.")
    return [_make(name, sources) for name in names]


def _make(name: str, sources: Sources) -> InputGroup:
    if name == "music":
        return ColumnGroup(name, EIGHT)
    if name == "spotify":
        return ColumnGroup(name, SPOTIFY)
    if name == "lyric-affect":
        return LyricAffect(sources.lexicon)
    if name == "lyric-style":
        return LyricStyle()
    if name.endswith("-words"):
        return Words(name)
    if sources.given is not None:
        return sources.given
    from img2music.music.lyrics.embedding import embedder

    return LyricEmbedding(embedder(sources.embedder, sources.components, sources.vectors, seed=sources.seed))
