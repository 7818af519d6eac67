# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A tiny LPIPS network with the layers of the real one, and ways to spoil it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pyvmaf.lpips.convert import Floats
from pyvmaf.lpips.export import build, names
from pyvmaf.lpips.onnx_wire import Message, decode, encode


@cache
def weights(seed: int = 0) -> dict[str, Floats]:
    """Random weights: 6 channels out of the first layer, fires of 3 to 4 + 4."""
    rng = np.random.default_rng(seed)
    found: dict[str, Floats] = {}
    channels = 3
    for name in names():
        layer, part = name.rsplit(".", 1)
        if name.startswith("lin"):
            tap = int(name[3])
            found[name] = rng.random((1, 6 if tap == 0 else 8, 1, 1), np.float32)
            continue
        out = 6 if layer == "features.0" else 3 if layer.endswith("squeeze") else 4
        if layer.endswith("squeeze") and part == "weight":
            channels = 6 if layer == "features.3.squeeze" else 8
        elif layer.endswith(("expand1x1", "expand3x3")):
            channels = 3
        size = 3 if layer.endswith(("features.0", "expand3x3")) else 1
        shape = (out,) if part == "bias" else (out, channels, size, size)
        value = rng.normal(0.1, 0.4, shape).astype(np.float32)
        # The first channel is never zero, whatever the picture: a zero vector
        # has no direction, and the distance from it is not a number.
        value[0] = np.abs(value[0]) * (0.02 if layer == "features.0" else 1)
        if part == "bias":
            value[0] = 1
        found[name] = value
    return found


@cache
def tiny(seed: int = 0) -> bytes:
    return build(weights(seed))


def tree(seed: int = 0) -> Message:
    """A fresh tree of the tiny model, to be changed."""
    return decode(tiny(seed))


def graph(model: Message) -> Message:
    return model.message("graph")


def node(operator: str, inputs: list[str], outputs: list[str], **fields: Any) -> Message:
    return Message("Node", op_type=operator, input=list(inputs), output=list(outputs), **fields)


def with_node(added: Message) -> bytes:
    """The tiny model with one more node at its start."""
    model = tree()
    graph(model).fields["node"].insert(0, added)
    return encode(model)


def subgraph(*nodes: Message) -> Message:
    return Message("Graph", name="inner", node=list(nodes))


def attribute(name: str, **value: Any) -> Message:
    return Message("Attribute", name=name, type=5, **value)


def value(name: str, kind: int, *axes: int | str | None) -> Message:
    """A tensor's declaration; None: an axis of unknown extent."""
    dims = [
        Message("Dimension", dim_value=axis)
        if isinstance(axis, int)
        else Message("Dimension", dim_param=axis)
        if axis
        else Message("Dimension")
        for axis in axes
    ]
    tensor = Message("TensorType", elem_type=kind, shape=Message("Shape", dim=list(dims)))
    return Message("ValueInfo", name=name, type=Message("Type", tensor_type=tensor))


def with_interface(field: str, *values: Message) -> bytes:
    """The tiny model with other declarations of its inputs or outputs."""
    model = tree()
    graph(model).fields[field] = list(values)
    return encode(model)
