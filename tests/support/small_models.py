"""Image models that read something simple, so that what they must read is known."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from img2music.vision.model import FORMAT

SIDE = 32
METADATA = {
    "format": FORMAT,
    "name": "colours",
    "version": "1",
    "data": "none",
    "licence": "CC0-1.0",
    "scale": "unit",
    "seed": "7",
    "command": "none",
    "metrics": json.dumps({"random": {"valence": {"r": 0.5}, "arousal": {"r": 0.25}}, "folds": 10}),
    "reference": json.dumps({"valence": [0.0, 0.5, 1.0], "arousal": [0.0, 0.5, 1.0]}),
}


def colour_model(*, side: int | str = SIDE, gain: float = 1.0, **metadata: str | None) -> bytes:
    """A model whose valence is the share of red in a picture and whose arousal is that of green, times a gain.

    Entries of the metadata are replaced, or left out where they are None.
    """
    shares = numpy_helper.from_array(np.eye(3, 2, dtype=np.float32) * np.float32(gain / 255), "shares")
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["colour", "shares"], ["affect"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", side, side, 3])
    affect = helper.make_tensor_value_info("affect", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "colours", [image], [affect], [shares])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    entries = METADATA | metadata
    helper.set_model_props(model, {key: value for key, value in entries.items() if value is not None})
    return bytes(model.SerializeToString())


def model_of_two_sets() -> bytes:
    """The same, whose second set of people felt the other way round."""
    model = onnx.load_from_string(colour_model())
    model.graph.initializer.append(numpy_helper.from_array(np.eye(3, 2, dtype=np.float32)[:, ::-1] / 255, "swapped"))
    model.graph.node.append(helper.make_node("MatMul", ["colour", "swapped"], ["affect_second"]))
    model.graph.output.append(helper.make_tensor_value_info("affect_second", TensorProto.FLOAT, ["n", 2]))
    return bytes(model.SerializeToString())


def without_output(content: bytes) -> bytes:
    """The same model with its output called otherwise."""
    model = onnx.load_from_string(content)
    model.graph.output[0].name = model.graph.node[-1].output[0] = "mood"
    return bytes(model.SerializeToString())


def written(folder: Path, content: bytes, name: str = "colours.onnx") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


BAD_MODELS = {
    "empty": (b"", "can't be loaded"),
    "text": (b"dear model", "can't be loaded"),
    "cut": (colour_model()[:-200], "can't be loaded|not an image model"),
    "no_format": (colour_model(format=None), "not an image model"),
    "other_format": (colour_model(format="img2music/image-model/99"), "not an image model"),
    "no_name": (colour_model(name=None), "lacks part of its description"),
    "no_reference": (colour_model(reference=None), "lacks part of its description"),
    "deep_reference": (colour_model(reference="[" * 100_000), "lacks part of its description"),
    "reference_of_words": (colour_model(reference='{"valence": ["low"], "arousal": [1]}'), "lacks part"),
    "any_side": (colour_model(side="side"), "lacks part of its description.*from 1 to"),
    "huge_side": (colour_model(side=1_000_000), "lacks part of its description.*from 1 to"),
    "no_output": (without_output(colour_model()), "no output 'affect'"),
    "beyond_the_scale": (colour_model(gain=9.0), "no affect on the unit scale"),
    "not_numbers": (colour_model(gain=float("nan")), "no affect on the unit scale"),
}
"""Files that are no model, or one that can't be used, and what must be said."""
