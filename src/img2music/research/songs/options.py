"""What a person chooses when song stacks are trained: light, since help reads it."""

from dataclasses import dataclass
from enum import StrEnum

from img2music.options import AnyPath, Checked, option


class Predicted(StrEnum):
    """What is predicted."""

    VALENCE = "valence"
    AROUSAL = "arousal"
    BOTH = "both"

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of affect that are meant."""
        return ("valence", "arousal") if self is Predicted.BOTH else (str(self),)


class StackRecipe(StrEnum):
    """What is stacked."""

    ORIGINAL = "original"
    AUTO = "auto"


class SplitBy(StrEnum):
    """How songs are parted."""

    RANDOM = "random"
    ARTIST = "artist"


@dataclass(frozen=True)
class StackOptions(Checked):
    """How song stacks are trained on a table."""

    target: Predicted = option(Predicted.BOTH, "What to predict.")
    inputs: str = option(
        "music,lyric-affect,lyric-embedding",
        "music, lyric-affect, lyric-embedding, lyric-style, lyric-words, title-words, artist, other-songs; "
        "or, for ratings by people only, spotify: music without key, acousticness, energy and valence.",
        metavar="NAME,...",
    )
    lexicon: AnyPath | None = option(
        None, "NRC-VAD, Glasgow Norms or Warriner, for lyric-affect.", metavar="FILE", shown="the text model"
    )
    embedding: str | None = option(None, "Embedder of lyrics: word2vec or minilm.", metavar="NAME", shown="word2vec")
    vectors: AnyPath | None = option(None, "Word vectors in Google's format that word2vec starts from.", metavar="FILE")
    components: int | None = option(None, "Principal components of lyric embeddings.", least=1, shown="11")
    recipe: StackRecipe = option(
        StackRecipe.AUTO,
        "original: the stacks that the original's AutoML arrived at. auto: whatever of all regressors helps.",
    )
    split: SplitBy = option(SplitBy.RANDOM, "Hold out songs at random, or all songs of some artists, also when tuning.")
    folds: int | None = option(
        None, "Judge by so many folds and train on all songs.", least=2, shown="hold out a fifth"
    )
    trials: int = option(10, "Settings to try for each regressor that is tuned.", least=0)
    valence_column: str | None = option(None, "People's ratings of valence.", metavar="NAME", shown="Spotify's valence")
    arousal_column: str | None = option(None, "People's ratings of arousal.", metavar="NAME", shown="Spotify's energy")
    scale: str | None = option(None, "How these ratings run: 1-9, 1-7, 0-1, -1-1.", metavar="SCALE")
    seed: int = option(42, "Seed of everything in which chance has a part.", least=0)
    time_budget: float | None = option(
        None,
        "Stop tuning when fits have taken so long; three regressors are always fitted.",
        least=0,
        metavar="SECONDS",
    )

    @property
    def groups(self) -> list[str]:
        """The groups of inputs that are meant."""
        return [name.strip() for name in self.inputs.split(",")]
