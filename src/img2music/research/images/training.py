"""Trains the image model on rated images and writes it as one ONNX file."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, UsageError
from img2music.files import ONNX, write_atomically
from img2music.inference import open_session
from img2music.parallel import in_order, processors
from img2music.research.images.efficientnet import DEPTHS, FEATURES, LITE0, LITE2, SIDE, GraphBuilder, add_backbones
from img2music.research.images.evaluation import FOLDS, Evaluation, evaluate, fold_predictions, grouped_folds
from img2music.research.images.head import Head
from img2music.research.images.rated_images import RatedImages
from img2music.research.images.spread import Spread, coverage
from img2music.research.images.word_norms import WordNorms
from img2music.vision.model import FORMAT, read_pixels

Progress = Callable[[int, int], None]

QUANTILES = 101
OPSET = 18
IR_VERSION = 8  # of ONNX 1.13, so that every onnxruntime since 1.14 reads the file


def pooled_features(
    images: RatedImages, progress: Progress | None = None, *, norms: WordNorms | None = None
) -> NDArray[np.float32]:
    """Run the pretrained network over rated images."""
    session = open_session(_model(None, None, None, {}))

    def features_of(path: Path) -> NDArray[np.float32]:
        pixels, _ = read_pixels(path, SIDE)
        return np.asarray(session.run(["depths"], {"image": pixels[None]})[0][0], dtype=np.float32)

    rows = []
    for row in in_order(features_of, images.paths, processors()):
        rows.append(row)
        if progress is not None:
            progress(len(rows), len(images.paths))
    features = np.stack(rows)
    return features if norms is None else np.hstack([features, norms.of(features)])


def train(
    images: RatedImages,
    output: Path,
    *,
    seed: int = 0,
    name: str = "",
    norms: WordNorms | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Train a model on all the images and judge the recipe on folds of them."""
    themes = len(set(images.themes))
    if themes < FOLDS:
        raise UsageError(f"Training takes images of at least {FOLDS} themes; these are of {themes}.")
    features = pooled_features(images, progress, norms=norms)
    judged = evaluate(features, images, folds=FOLDS, seed=seed)
    # What the model reads in images of themes that it has not seen: the ranks of new photos are taken among these.
    parts = grouped_folds(images.themes, FOLDS, seed)
    unseen = fold_predictions(features, images.affect, parts)
    quantiles = np.quantile(unseen, np.linspace(0, 1, QUANTILES), axis=0)
    naming = ["--name", name] if name else []
    lexicon = ["--lexicon", norms.file] if norms else []
    metadata = {
        "format": FORMAT,
        "name": name or output.stem,
        "version": "1",
        "command": " ".join(
            ["img2music train image --data oasis --out", output.name, "--seed", str(seed), *naming, *lexicon]
        ),
        "seed": str(seed),
        "data": f"OASIS (Kurdi, Lozano & Banaji 2017), {len(images.paths)} images; ImageNet (ILSVRC 2012)"
        + (f"; {norms.lexicon}, {norms.found} words" if norms else ""),
        "licence": f"GPL-3.0-or-later; ImageNet weights Apache-2.0 ({LITE2.package}, {LITE0.package})",
        "scale": "unit: (x - 1) / 6 of the ratings from 1 to 7; valence, arousal",
        "metrics": json.dumps(asdict(judged)),
        "coverage": json.dumps(coverage(features, images.affect, images.themes, parts)),
        "reference": json.dumps(
            {axis: quantiles[:, column].round(5).tolist() for column, axis in enumerate(("valence", "arousal"))}
        ),
    }
    head = Head.fit(features, images.affect, DEPTHS)
    spread = Spread.fit(head.codes(features), images.affect, images.themes)
    write_atomically(_model(head, spread, norms, metadata), output, ONNX)
    return judged


def _model(head: Head | None, spread: Spread | None, norms: WordNorms | None, metadata: dict[str, str]) -> bytes:
    """Build the ONNX model: with a head and a spread it gives these and features, without them all depths."""
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise MissingExtraError("Training an image model", "train") from error
    graph = GraphBuilder()
    features, depths = add_backbones(graph, "image")
    outputs = {depths: sum(DEPTHS)}
    if head is not None and spread is not None:
        words = norms.add_to(graph, features) if norms else None
        spread.add_to(graph, head.add_to(graph, depths, words, "affect"), "spread")
        outputs = {"affect": 2, "spread": 2, features: FEATURES}

    def signature(name: str, kind: int, *shape: int) -> Any:
        return helper.make_tensor_value_info(name, kind, ["n", *shape])

    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "image_to_affect",
            [signature("image", TensorProto.UINT8, SIDE, SIDE, 3)],
            [signature(output, TensorProto.FLOAT, width) for output, width in outputs.items()],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="img2music",
    )
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
