"""Builds networks as ONNX graphs, node by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import require_extra

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

OPSET = 18
PRODUCER = "img2music"


@dataclass
class GraphBuilder:
    """Nodes and weights of an ONNX graph in the making."""

    nodes: list["NodeProto"] = field(default_factory=list)  # in topological order
    weights: list["TensorProto"] = field(default_factory=list)  # initializers

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def single(self, values: NDArray[Any]) -> str:
        """Add a constant as float32 and return its name."""
        return self.constant(values.astype(np.float32))

    def half(self, values: NDArray[Any]) -> str:
        """Add a float32 constant that is stored as float16 and return its name.

        The runtime folds the cast away when it loads the graph, so it halves the file and costs nothing else.
        """
        from onnx import TensorProto

        return self.add("Cast", self.constant(values.astype(np.float16)), to=TensorProto.FLOAT)

    def model(
        self, name: str, inputs: Sequence["ValueInfoProto"], outputs: Mapping[str, int], *, ir_version: int
    ) -> "ModelProto":
        """Make the model; outputs are float32, shape (n, width)."""
        from onnx import helper

        named = [tensor(output, np.float32, "n", width) for output, width in outputs.items()]
        return helper.make_model(
            helper.make_graph(self.nodes, name, list(inputs), named, self.weights),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=ir_version,
            producer_name=PRODUCER,
        )


def tensor(name: str, dtype: type[np.generic], *shape: int | str) -> "ValueInfoProto":
    """Describe an input or an output."""
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)


def require_onnx(purpose: str, extra: str = "train") -> None:
    """Refuse early what can't be built without the package onnx."""
    with require_extra(purpose, extra):
        import onnx  # noqa: F401
