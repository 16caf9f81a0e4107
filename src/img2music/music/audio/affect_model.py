"""From hearing to an affect: a linear model trained on people's ratings."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import ModelError
from img2music.music.audio import musicnn, network

MODEL = "music-affect/5"
"""Name and version of the shipped model; its card is docs/models/music-affect.md."""
SIGNALS = (
    *("onset_rate", "flux", "register", "level_spread", "crest", "attack", "fullness"),
    *("mode", "clarity", "pulse"),
)
"""What is measured of the sound itself. None of it changes with the gain of a file."""
PRIOR = "musicnn_happy"
"""What MusiCNN reads as valence without any rating: its log-odds of the tag "happy" less those of "sad"."""
INPUTS = (
    *(f"vibenet_{number}" for number in range(network.EMBEDDING)),
    *(f"musicnn_{number}" for number in range(musicnn.EMBEDDING)),
    *SIGNALS,
    PRIOR,
)
"""What the model reads, in order."""


FARTHEST = 4.0  # standard deviations; silence and noise lie far outside of music


@dataclass(frozen=True)
class AffectModel:
    """Linear functions of standardised inputs, squashed onto the unit scale."""

    name: str  # name and version
    mean: tuple[float, ...]  # inputs are standardised with it
    scale: tuple[float, ...]  # and with it
    # Coefficients. What they give is the logit of the affect, over 4: near the middle of the unit scale it reads as the
    # affect less 0.5
    valence: tuple[float, ...]
    arousal: tuple[float, ...]
    # Coefficients of how a window differs from its track, in the same unit. MusiCNN hears a few moments of a track
    # only, so these do without it
    valence_change: tuple[float, ...]
    arousal_change: tuple[float, ...]

    def affect(self, track: NDArray[np.float64], window: NDArray[np.float64] | None = None) -> Affect:
        """Predict the affect of a track, or of a window of it."""
        # einsum adds in one fixed order; BLAS doesn't promise that.
        values = np.einsum("ij,j->i", np.array([self.valence, self.arousal]), self._standard(track))
        if window is not None:
            change = self._standard(window) - self._standard(track)
            values += np.einsum("ij,j->i", np.array([self.valence_change, self.arousal_change]), change)
        return Affect(*(1.0 / (1.0 + np.exp(-4.0 * values))).tolist())

    def _standard(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((inputs - self.mean) / self.scale, -FARTHEST, FARTHEST)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model."""
        try:
            model = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise ModelError(f"{path} is not a readable music affect model ({error}); train it again.") from error
        parts = [part for part in vars(model).values() if isinstance(part, tuple)]
        if model.name != MODEL or any(len(part) != len(INPUTS) for part in parts):
            raise ModelError(f"{path} is not a {MODEL} model; train it again.")
        return model


@lru_cache(maxsize=1)
def shipped_model() -> AffectModel:
    """The model that comes with img2music."""
    return AffectModel.load(Path(__file__).parent / "models" / "affect.json")
