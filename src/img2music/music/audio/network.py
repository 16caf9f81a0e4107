"""vibenet's network: seven features of a track, and what it heard on the way to them."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError
from img2music.inference import open_session
from img2music.music.audio.mel import N_MELS

LABELS = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")
"""The network's outputs, in its order (``vibenet.labels``)."""
LIKELIHOODS = frozenset({"acousticness", "instrumentalness", "liveness"})
"""Outputs that are log-odds; the others are values to be clipped (``vibenet.LIKELIHOODS``)."""
DYNAMIC_RANGE = 80.0
"""Decibels below the loudest mel bin of a track at which the network's input is cut off."""
STRIDE = 32
"""Mel frames to one step of the network's last feature map."""
EMBEDDING = 256
"""Length of the layer from which the network's outputs are read."""

# Names inside vibenet 0.1's efficientnet_model.onnx.
FEATURE_MAP = "silu_48"  # shape (1, 1280, 4, steps)
TRUNK = ("trunk.0.weight", "trunk.0.bias", "trunk.1.weight", "trunk.1.bias")
LAYER_NORM_EPSILON = 1e-5
# Numbers of fields in onnx.proto.
MODEL_GRAPH, GRAPH_OUTPUT, VALUE_NAME = 7, 12, 1


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the network makes of a track."""

    outputs: dict[str, float]  # each of `LABELS`, in [0, 1]
    # The last feature map, averaged over frequency; one row every `STRIDE` mel frames (0.64 s)
    steps: NDArray[np.float32]

    def embedding(self, first: int, last: int) -> NDArray[np.float64]:
        """Embed a part of what was heard."""
        begin = min(round(first / STRIDE), len(self.steps) - 1)
        end = max(begin + 1, round(last / STRIDE))
        return _network().trunk(self.steps[begin:end].mean(axis=0, dtype=np.float64))


def hear(mel: NDArray[np.float32], gain: float = 0.0) -> Hearing:
    """Run the network."""
    clipped = np.maximum(mel, mel.max() - DYNAMIC_RANGE)
    clipped += np.float32(gain)
    outputs, feature_map = _network().session.run(["out", FEATURE_MAP], {"x": clipped[np.newaxis]})
    return Hearing(
        {name: _unit(name, float(value)) for name, value in zip(LABELS, outputs[0], strict=True)},
        feature_map[0].mean(axis=1).T,
    )


def _unit(name: str, value: float) -> float:
    if name in LIKELIHOODS:
        return 1.0 / (1.0 + math.exp(-value))
    return min(1.0, max(0.0, value))


class _Network:
    """The network with its last feature map as a second output, and its trunk in NumPy.

    The trunk runs in NumPy because the network itself averages over all that it is given; a window's
    embedding is the trunk of the window's average.
    """

    def __init__(self, model: bytes) -> None:
        # Protocol buffers merge a message that occurs twice, so outputs are added by appending bytes.
        added = [_field(GRAPH_OUTPUT, _field(VALUE_NAME, name.encode())) for name in (FEATURE_MAP, *TRUNK)]
        self.session = open_session(
            model + b"".join(_field(MODEL_GRAPH, value) for value in added), "vibenet's network", lengths_vary=True
        )
        weights = self.session.run(list(TRUNK), {"x": np.zeros((1, N_MELS, STRIDE), dtype=np.float32)})
        self._scale, self._shift, self._matrix, self._bias = (each.astype(np.float64) for each in weights)

    def trunk(self, pooled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Layer norm, linear layer, GELU."""
        from scipy.special import erf

        centred = pooled - pooled.mean()
        normed = centred / np.sqrt(np.square(centred).mean() + LAYER_NORM_EPSILON) * self._scale + self._shift
        # einsum adds in one fixed order; BLAS doesn't promise that.
        linear = np.einsum("ij,j->i", self._matrix, normed) + self._bias
        return np.asarray(0.5 * linear * (1.0 + erf(linear / math.sqrt(2.0))))


@lru_cache(maxsize=1)
def _network() -> _Network:
    from importlib.resources import files

    try:
        return _Network(files("vibenet.artifacts").joinpath("efficientnet_model.onnx").read_bytes())
    except Exception as error:  # onnxruntime's errors have no common base but Exception
        raise ModelError(f"vibenet's network can't be loaded ({error}); install vibenet 0.1 again.") from error


def _field(number: int, content: bytes) -> bytes:
    """Encode a length-delimited field of a protocol buffer (shorter than 128 bytes)."""
    return bytes([number << 3 | 2, len(content)]) + content
