"""Trains the image model on sets of rated images and writes it as one ONNX file.

Users are given what people of the first set would say; the others are learned from beside it, as far as they agree.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from img2music.errors import UsageError
from img2music.inference import open_session
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.evaluation import Floats, Indices, predict_folds
from img2music.research.images import model_file
from img2music.research.images.datasets import RatedImages
from img2music.research.images.efficientnet import (
    CALIBRATION,
    DEPTHS,
    FEATURES,
    LITE2,
    SIDE,
    graph_model,
    integer_network,
)
from img2music.research.images.evaluation import (
    FOLDS,
    READING,
    Evaluation,
    Judged,
    Split,
    judge_recipe,
    split,
    theme_folds,
)
from img2music.research.images.head import Head, noise_of
from img2music.research.images.spread import HALF_WIDTH, Spread
from img2music.research.images.word_norms import WordNorms
from img2music.research.onnx_graph import GraphBuilder, require_onnx
from img2music.vision.model import read_pixels

if TYPE_CHECKING:
    from onnx import ModelProto

LEAST_THEMES = 5
"""Of each set: the spread is learned from errors on themes left out."""


@dataclass(frozen=True)
class Learned:
    """Sets of rated images with their features, the set that users read as first."""

    sets: Sequence[RatedImages]
    features: Sequence[NDArray[np.float32]]  # of the images of each set, and the word norms of what they show
    network: GraphBuilder  # that gave them

    def fit(self, train: Indices | None = None) -> Head:
        """Fit a head to some images of the first set, all by default, and to all of the others."""
        some = self._some(train)
        return Head.fit(some.features, some.affect, DEPTHS, sets=some.sets, noise=some.noise)

    def fit_spread(self, head: Head, train: Indices | None = None) -> Spread:
        """Fit the spread that goes with a head."""
        some = self._some(train)
        return Spread.fit(head.codes(some.features), some.affect, some.sets, some.noise, some.themes)

    def judge(self, folds: int, seed: int) -> Judged:
        """Judge the recipe on folds of the first set."""
        names = [images.name for images in self.sets[1:]]
        recipe = f"beside all of {' and '.join(names)}" if names else None
        judged = judge_recipe(self.features[0], self.sets[0], self.fit, folds=folds, seed=seed, recipe=recipe)
        enough = len(set(self.sets[0].themes)) >= LEAST_THEMES
        coverage = self.covered(seed) if enough else None
        others = self._by_others(seed) if names else None
        return replace(judged, evaluation=replace(judged.evaluation, others=others, coverage=coverage))

    def _by_others(self, seed: int) -> Split:
        """Judge on the first set what is learned from the others alone."""
        images = self.sets[0]
        read = Learned(self.sets[1:], self.features[1:], self.network).fit().predict(self.features[0])
        means = np.tile(self.sets[1].affect.mean(axis=0), (len(read), 1))
        return split(read, means, images, by_theme=images.has_themes, seed=seed)

    def covered(self, seed: int) -> dict[str, float]:
        """Tell what share of ratings falls into the 80 % interval of models that have not seen their themes."""
        images = self.sets[0]

        def held(train: Indices, test: Indices) -> Floats:
            head = self.fit(train)
            spread = self.fit_spread(head, train).predict(head.codes(self.features[0][test]))
            errors = np.abs(head.predict(self.features[0][test]) - images.affect[test])
            return (errors <= HALF_WIDTH * spread).astype(np.float64)

        shares = predict_folds(theme_folds(images, FOLDS, seed), images.affect, held).mean(axis=0)
        return dict(zip(("valence", "arousal"), shares.round(4).tolist(), strict=True))

    def _some(self, train: Indices | None) -> "_Sample":
        """Give some images of the first set and all of the others."""
        first = self.sets[0] if train is None else self.sets[0].take(train)
        sets = (first, *self.sets[1:])
        features = (self.features[0] if train is None else self.features[0][train], *self.features[1:])
        sizes = [len(images.paths) for images in sets]
        return _Sample(
            np.concatenate(features),
            np.concatenate([images.affect for images in sets]),
            np.repeat(np.arange(len(sets)), sizes),
            np.repeat([noise_of(images.raters) for images in sets], sizes),
            [f"{number} {theme}" for number, images in enumerate(sets) for theme in images.themes],
        )


class _Sample(NamedTuple):
    """Images of one or several sets in a row."""

    features: NDArray[np.float32]
    affect: Floats
    sets: Indices  # of which set each image is
    noise: Floats  # by how much the ridge of each is larger
    themes: list[str]


def read_sets(sets: Sequence[RatedImages], norms: WordNorms | None, progress: Progress = unwatched) -> Learned:
    """Run the pretrained network over sets of rated images."""
    require_onnx("Training an image model")
    paths = [path for images in sets for path in images.paths]
    some = np.unique(np.linspace(0, len(paths) - 1, CALIBRATION).round().astype(int))
    network = integer_network([read_pixels(paths[index], SIDE)[0] for index in some])
    session = open_session(graph_model(network, {"depths": sum(DEPTHS)}).SerializeToString())

    def features_of(path: Path) -> NDArray[np.float32]:
        pixels, _ = read_pixels(path, SIDE)
        return np.asarray(session.run(["depths"], {"image": pixels[None]})[0][0], dtype=np.float32)

    rows = []
    for path, row in zip(paths, in_order(features_of, paths, processors()), strict=True):
        rows.append(row)
        progress(Step(READING, len(rows), len(paths), path.name, "images"))
    features = np.stack(rows)
    features = features if norms is None else np.hstack([features, norms.of(features)])
    ends = np.cumsum([len(images.paths) for images in sets])
    return Learned(sets, np.split(features, ends[:-1]), network)


def train(
    sets: Sequence[RatedImages],
    output: Path,
    *,
    seed: int = 0,
    name: str = "",
    norms: WordNorms | None = None,
    progress: Progress = unwatched,
) -> Evaluation:
    """Train a model on all images of some sets, and judge the recipe on folds of the first."""
    names = [images.name for images in sets]
    if len(set(names)) < len(names):
        raise UsageError(f"Each set of `data` needs a name of its own; these are called {' and '.join(names)}.")
    for images in sets:
        if len(set(images.themes)) < LEAST_THEMES:
            raise UsageError(
                f"Training takes images of at least {LEAST_THEMES} themes; those of {images.source} are of "
                f"{len(set(images.themes))}."
            )
    learned = read_sets(sets, norms, progress)
    judged = learned.judge(FOLDS, seed)
    head = learned.fit()
    spread = learned.fit_spread(head)
    usual = np.sqrt(np.square(spread.predict(head.codes(learned.features[0]))).mean(axis=0))
    described = model_file.metadata(
        sets,
        output,
        name,
        options={"seed": seed, "lexicon": norms.file if norms else None},
        learned=f", {sum(len(images.paths) for images in sets)} images; ImageNet (ILSVRC 2012)"
        + (f"; {norms.lexicon}, {norms.found} words" if norms else ""),
        licence=f"GPL-3.0-or-later; ImageNet weights Apache-2.0 ({LITE2.package})",
        metrics=asdict(judged.evaluation),
        unseen=judged.predicted["random"],
        spread=usual,
        seed=str(seed),
        coverage=json.dumps(judged.evaluation.coverage),
    )
    model_file.write(_model(learned.network, head, spread, norms, names), described, output)
    return judged.evaluation


def _model(
    network: GraphBuilder, head: Head, spread: Spread, norms: WordNorms | None, names: Sequence[str]
) -> "ModelProto":
    """Build the ONNX model."""
    import onnx

    graph = GraphBuilder([*network.nodes], [*network.weights])
    words = norms.add_to(graph, "features") if norms else None
    affects = ["affect", *(f"affect_{name}" for name in names[1:])]
    spread.add_to(graph, head.add_to(graph, "depths", words, affects), "spread")
    model = graph_model(graph, {**dict.fromkeys(affects, 2), "spread": 2, "features": FEATURES})
    onnx.checker.check_model(model, full_check=True)
    return model
