"""Fitted regressors as ONNX, which onnxruntime runs without scikit-learn and in which no code can hide."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError
from img2music.research.songs.regressors import EXTRA

ML = "ai.onnx.ml"
OPSET = {"": 17, ML: 3}
IR_VERSION = 8  # of ONNX 1.12, which these operator sets are of
INPUT = "inputs"


def to_onnx(regressor: Any, columns: int) -> bytes:
    """Write a fitted regressor as ONNX."""
    try:
        from lightgbm import LGBMRegressor
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
        from skl2onnx import convert_sklearn, update_registered_converter
        from skl2onnx.common.data_types import FloatTensorType
        from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes
    except ImportError:
        raise MissingExtraError("Training on tables", EXTRA) from None

    if hasattr(regressor, "_predictors"):
        return _histogram_boosting(regressor, columns)
    update_registered_converter(
        LGBMRegressor,
        "LightGbmLGBMRegressor",
        calculate_linear_regressor_output_shapes,
        convert_lightgbm,
        options={"split": None},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = convert_sklearn(
            regressor, "regressor", initial_types=[(INPUT, FloatTensorType([None, columns]))], target_opset=OPSET
        )
    return bytes(model.SerializeToString())


def as_single(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round inputs to what ONNX models take, so that a tree is taught the very numbers that it will be asked about."""
    return inputs.astype(np.float32).astype(np.float64)


def _histogram_boosting(regressor: Any, columns: int) -> bytes:
    """Write scikit-learn's histogram boosting, whose trees skl2onnx hands over in a form that onnx refuses."""
    from onnx import TensorProto, helper

    nodes: dict[str, list[Any]] = {
        name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")
    }
    targets: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, (tree,) in enumerate(regressor._predictors):
        for place, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            threshold = 0.0 if leaf else _below(float(node["num_threshold"]))
            mode = "LEAF" if leaf else "BRANCH_LEQ"
            left, right, feature = (0 if leaf else int(node[name]) for name in ("left", "right", "feature_idx"))
            for name, value in zip(nodes, (number, place, feature, mode, threshold, left, right), strict=True):
                nodes[name].append(value)
            if leaf:
                for name, value in zip(targets, (number, place, 0, float(node["value"])), strict=True):
                    targets[name].append(value)
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT],
        ["variable"],
        domain=ML,
        n_targets=1,
        base_values=[float(regressor._baseline_prediction.item())],
        **{f"nodes_{name}": values for name, values in nodes.items()},
        **{f"target_{name}": values for name, values in targets.items()},
    )
    graph = helper.make_graph(
        [trees],
        "regressor",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSET.items()]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString())


def _below(threshold: float) -> float:
    """Give the greatest float32 that is not above: inputs, which are float32 too, fall on the same side of it."""
    rounded = np.float32(threshold)
    return float(rounded if rounded <= threshold else np.nextafter(rounded, np.float32(-np.inf)))
