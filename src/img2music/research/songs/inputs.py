"""What a stack is given of each song: groups of inputs, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from img2music.errors import ModelError, UsageError, printable
from img2music.research.songs.artist_inputs import Artist
from img2music.research.songs.column_inputs import ColumnGroup
from img2music.research.songs.features import EIGHT, SPOTIFY, ColumnScaling
from img2music.research.songs.groups import InputGroup, plain_name
from img2music.research.songs.lyric_inputs import LyricAffect, LyricEmbedding, LyricStyle
from img2music.research.songs.other_songs import Others, OtherSongs
from img2music.research.songs.word_inputs import Words

GROUPS: Mapping[str, str] = {
    "music": "the eight features of the original: " + ", ".join(EIGHT),
    "lyric-affect": "valence and arousal of the words, by a lexicon or the shipped text model",
    "lyric-embedding": "document vectors of the lyrics, by an embedder or as columns of a file",
    "lyric-style": "how the lyrics are written: lengths, repetition, punctuation, kinds of words",
    "lyric-words": "what the words of the lyrics say of the targets, by a ridge regression on their counts",
    "title-words": "the same of the words of title, artist and album",
    "artist": "what the artist's other songs are like, and how many are known",
    "other-songs": "what the eight say by another table, and how the artist's songs there depart from it",
    "spotify": "the eight without key, and Spotify's acousticness, energy and valence: for people's ratings only",
}
"""The names, and what is behind them."""

COLUMNS = {"music": EIGHT, "spotify": tuple(name for name in SPOTIFY if name != "key")}
"""Of few songs nothing can be learned from the key: its twelve numbers have no order."""
WORDS = ("lyric-words", "title-words")
ALONE: Mapping[str, Callable[[], InputGroup]] = {"lyric-style": LyricStyle, "artist": Artist}
"""Groups that need nothing to be made."""


@dataclass(frozen=True)
class Sources:
    """Where lyric inputs come from."""

    lexicon: Path | None = None  # what reads the affect of words; the shipped text model by default
    embedder: str = "word2vec"  # in `music.lyrics.embedding.EMBEDDERS`
    vectors: Path | None = None  # word vectors that word2vec starts from
    components: int = 11  # principal components of the document vectors
    given: InputGroup | None = None  # document vectors that are ready, instead of an embedder's
    others: Others | None = None  # what other-songs learn from
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
    def restore(cls, facts: Mapping[str, Any], given: InputGroup | None, others: Others | None) -> Self:
        """Make it of what `facts` gave."""
        if facts["given"] != (given is not None):
            raise UsageError(
                "The model was trained with lyric embeddings that were ready: give theirs with --lyric-embedding."
                if facts["given"]
                else "The model was not trained with lyric embeddings that were ready: leave --lyric-embedding out."
            )
        lexicon, vectors = (None if facts[name] is None else Path(facts[name]) for name in ("lexicon", "vectors"))
        seed = int(facts["seed"])
        return cls(lexicon, str(facts["embedder"]), vectors, int(facts["components"]), given, others, seed)


def make_groups(names: Sequence[str], sources: Sources) -> list[InputGroup]:
    """Make groups of inputs, to be fitted."""
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
    if ("other-songs" in names) != (sources.others is not None):
        raise UsageError("The inputs 'other-songs' and the table that they learn from, --more-songs, go together.")
    return [_make(name, sources) for name in names]


def _make(name: str, sources: Sources) -> InputGroup:
    if name in COLUMNS:
        return ColumnGroup(name, COLUMNS[name])
    if name in WORDS:
        return Words(name)
    if name == "lyric-embedding":
        return sources.given or _embedding(sources)
    if name == "other-songs":
        return OtherSongs(sources.others)
    return LyricAffect(sources.lexicon) if name == "lyric-affect" else ALONE[name]()


def _embedding(sources: Sources) -> InputGroup:
    from img2music.research.songs.embedding import embedder

    return LyricEmbedding(embedder(sources.embedder, sources.components, sources.vectors, seed=sources.seed))


def restore_group(
    name: str, facts: Mapping[str, Any], folder: Path, given: InputGroup | None, lexicon: Path | None
) -> InputGroup:
    """Make a fitted group of what its ``save`` gave."""
    if name in COLUMNS:
        scaling = ColumnScaling.restore(facts)
        return ColumnGroup(name, scaling.names, scaling)
    if name in WORDS:
        return Words.restore(name, facts, folder)
    if name == "artist":
        return Artist.restore(facts, folder)
    if name == "lyric-style":
        return LyricStyle()
    if name == "other-songs":
        return OtherSongs.restore(facts, folder)
    if name not in GROUPS:
        raise ModelError(f"The model takes inputs that are not known: {name!r} (known are {', '.join(GROUPS)}).")
    return _restore_affect(facts, lexicon) if name == "lyric-affect" else _restore_embedding(facts, folder, given)


def _restore_affect(facts: Mapping[str, Any], lexicon: Path | None) -> LyricAffect:
    fill = np.array([float(value) for value in facts["fill"]])
    wanted = facts["lexicon"]
    if wanted is None:
        return LyricAffect(None, fill)
    path = lexicon or Path(wanted["path"])
    if not path.is_file():
        raise ModelError(
            f"The model reads lyrics by the lexicon {wanted['name']}, which is not in {printable(str(path))} any more: "
            "put it there."
        )
    return LyricAffect(path, fill, wanted["sha256"])


def _restore_embedding(facts: Mapping[str, Any], folder: Path, given: InputGroup | None) -> InputGroup:
    if facts["embedder"] is not None:
        from img2music.research.songs.embedding import Embedder

        return LyricEmbedding(Embedder.load(folder / plain_name(facts["file"])))
    if given is None:
        raise ModelError(
            "The model was trained with lyric embeddings that were ready, which no other songs have; train it with "
            "--embedding to use it on other tables."
        )
    return given
