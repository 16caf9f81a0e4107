"""MusiCNN: what the network that was taught to tag a million songs hears.

Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR late-breaking;
its weights for the tags of the Million Song Dataset are those of the package ``musicnn`` 0.1.0 (ISC licence). The
network's file is made by tools/musicnn_export.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.inference import open_session
from img2music.music.audio.mel import mel_power

N_FFT = 512
HOP = 256
N_MELS = 96
FRAMES = 187
"""Of a patch, the length that the network was trained on: 3 seconds."""
PATCH = (FRAMES - 1) * HOP + N_FFT
"""Samples of a patch, at 16 kHz."""
EMBEDDING = 200
"""Length of the layer from which the network reads its tags."""
TAGS = 50
HAPPY, SAD = 49, 47
"""Places of two of the tags (``musicnn.configuration.MSD_LABELS``)."""
COMPRESSION = 10_000.0  # of power, before the logarithm


@dataclass(frozen=True, slots=True)
class Tagging:
    """What the network makes of a few patches, averaged over them."""

    embedding: NDArray[np.float64]  # the layer from which the network reads its tags
    tags: NDArray[np.float64]  # log-odds of the tags

    @property
    def happiness(self) -> float:
        """Log-odds of the tag "happy" less those of "sad"."""
        return float(self.tags[HAPPY] - self.tags[SAD])


def listen(patches: Sequence[NDArray[np.float32]]) -> Tagging:
    """Run the network."""
    session = _session()
    embedding, tags = np.zeros(EMBEDDING), np.zeros(TAGS)
    for patch in patches:
        outputs = session.run(["embedding", "tags"], {"mel": log_mel(np.resize(patch, PATCH))[np.newaxis]})
        embedding += outputs[0][0]
        tags += outputs[1][0]
    return Tagging(embedding / len(patches), tags / len(patches))


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mel spectrogram that the network was trained on, of whole windows only."""
    return np.asarray(np.log10(1.0 + COMPRESSION * mel_power(samples, N_FFT, HOP, N_FFT, N_MELS)), dtype=np.float32)


@lru_cache(maxsize=1)
def _session() -> Any:
    path = Path(__file__).parent / "models" / "musicnn.onnx"
    return open_session(path.read_bytes(), str(path))
