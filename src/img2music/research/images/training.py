"""Trains the image model on rated images and writes it as one ONNX file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import UsageError
from img2music.inference import open_session
from img2music.parallel import in_order, processors
from img2music.progress import Progress, Step, unwatched
from img2music.research.evaluation import grouped_folds
from img2music.research.images import model_file
from img2music.research.images.datasets import RatedImages
from img2music.research.images.efficientnet import DEPTHS, FEATURES, LITE0, LITE2, SIDE, add_backbones
from img2music.research.images.evaluation import FOLDS, READING, Evaluation, fold_predictions, judge_recipe
from img2music.research.images.head import Head
from img2music.research.images.spread import Spread, coverage
from img2music.research.images.word_norms import WordNorms
from img2music.research.onnx_graph import GraphBuilder, require_onnx, tensor
from img2music.vision.model import read_pixels

if TYPE_CHECKING:
    from onnx import ModelProto

IR_VERSION = 8  # of ONNX 1.13, so that every onnxruntime since 1.14 reads the file


def pooled_features(
    images: RatedImages, progress: Progress = unwatched, *, norms: WordNorms | None = None
) -> NDArray[np.float32]:
    """Run the pretrained network over rated images."""
    session = open_session(_model(None, None, None).SerializeToString())

    def features_of(path: Path) -> NDArray[np.float32]:
        pixels, _ = read_pixels(path, SIDE)
        return np.asarray(session.run(["depths"], {"image": pixels[None]})[0][0], dtype=np.float32)

    rows = []
    for path, row in zip(images.paths, in_order(features_of, images.paths, processors()), strict=True):
        rows.append(row)
        progress(Step(READING, len(rows), len(images.paths), path.name, "images"))
    features = np.stack(rows)
    return features if norms is None else np.hstack([features, norms.of(features)])


def train(
    images: RatedImages,
    output: Path,
    *,
    seed: int = 0,
    name: str = "",
    norms: WordNorms | None = None,
    progress: Progress = unwatched,
) -> Evaluation:
    """Train a model on all the images and judge the recipe on folds of them."""
    themes = len(set(images.themes))
    if themes < FOLDS:
        raise UsageError(f"Training takes images of at least {FOLDS} themes; these are of {themes}.")
    features = pooled_features(images, progress, norms=norms)
    judged = judge_recipe(features, images, folds=FOLDS, seed=seed).evaluation
    # Themes that the model has not seen.
    parts = grouped_folds(images.themes, FOLDS, seed)
    head = Head.fit(features, images.affect, DEPTHS)
    spread = Spread.fit(head.codes(features), images.affect, images.themes)
    described = model_file.metadata(
        images,
        output,
        name,
        options={"seed": seed, "lexicon": norms.file if norms else None},
        learned=f", {len(images.paths)} images; ImageNet (ILSVRC 2012)"
        + (f"; {norms.lexicon}, {norms.found} words" if norms else ""),
        licence=f"GPL-3.0-or-later; ImageNet weights Apache-2.0 ({LITE2.package}, {LITE0.package})",
        metrics=asdict(judged),
        unseen=fold_predictions(features, images.affect, parts),
        seed=str(seed),
        coverage=json.dumps(coverage(features, images.affect, images.themes, parts)),
    )
    model_file.write(_model(head, spread, norms), described, output)
    return judged


def _model(head: Head | None, spread: Spread | None, norms: WordNorms | None) -> "ModelProto":
    """Build the ONNX model: with a head and a spread it gives these and features, without them all depths."""
    require_onnx("Training an image model")
    import onnx

    graph = GraphBuilder()
    features, depths = add_backbones(graph, "image")
    outputs = {depths: sum(DEPTHS)}
    if head is not None and spread is not None:
        words = norms.add_to(graph, features) if norms else None
        spread.add_to(graph, head.add_to(graph, depths, words, "affect"), "spread")
        outputs = {"affect": 2, "spread": 2, features: FEATURES}
    image = tensor("image", np.uint8, "n", SIDE, SIDE, 3)
    model = graph.model("image_to_affect", [image], outputs, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model
