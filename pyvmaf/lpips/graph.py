# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The two-input LPIPS graph taken apart, so that each part runs where it is fast.

As exported, a model scales both inputs, runs the same backbone on each, and
compares the features ("taps") of the two sides in long passes over the largest
tensors. :func:`split` recognises that shape, whatever the backbone, and gives

- a table of the input scaling for the 256 values of a byte,
- the backbone for one side, cut after its first pooling where that is possible:
  the part before it can run on strips of a picture that stay in cache,
- the weights with which each tap is compared (src_c/lpips/lpips_distance.c).

A graph of another shape gives ``None`` and runs as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .convert import Floats, imagenet
from .onnx_wire import Message, encode

FOLDED = {"Mul": np.multiply, "Add": np.add, "Sub": np.subtract, "Div": np.divide}
REF, DIST = 1, 2


@dataclass(frozen=True)
class Window:
    """The kernel and stride, alike both ways, of a convolution or pooling."""

    kernel: int
    stride: int


@dataclass(frozen=True)
class Part:
    """A model of one input and the outputs wanted of it."""

    data: bytes
    input: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Stem:
    """Convolution, ReLU (the first tap) and pooling."""

    part: Part
    conv: Window
    pool: Window


@dataclass(frozen=True)
class Towers:
    """A graph taken apart. ``weights`` has one row of channels for each tap."""

    table: Floats
    stem: Stem | None
    body: Part
    weights: tuple[Floats, ...]


class _Unlike(Exception):
    """The graph is not of the expected shape."""


def split(model: Message) -> Towers | None:
    """The parts of a checked model, or ``None`` when it is built differently."""
    try:
        graph = _Graph(model)
        taps = graph.taps()
        entry, table = graph.entry()
        names = tuple(name for name, _ in taps)
        tower = graph.ancestors(names, entry)
        weights = tuple(weight for _, weight in taps)
        found = graph.stem(tower, entry, names[0])
        if not found:
            return Towers(table, None, graph.part(entry, names), weights)
        pooled, conv, pool = found
        stem = Stem(graph.part(entry, (names[0], pooled)), conv, pool)
        return Towers(table, stem, graph.part(pooled, names[1:]), weights)
    except (_Unlike, LookupError, TypeError, ValueError):
        # The latter where what the pattern has is missing, or of another kind: the runtime says what it thinks of it.
        return None


def _need(condition: object) -> None:
    if not condition:
        raise _Unlike


def _attributes(node: Message) -> dict[str, Message]:
    return {attribute.text("name"): attribute for attribute in node.messages("attribute")}


def _window(node: Message, kernel: Sequence[int]) -> Window:
    """Kernel and stride of an unpadded, undilated operator; anything else is unlike."""
    found = _attributes(node)
    integers = {name: set(attribute.integers("ints")) for name, attribute in found.items()}
    _need(integers.get("pads", {0}) == {0} and integers.get("dilations", {1}) == {1})
    _need("auto_pad" not in found or found["auto_pad"].data("s") == b"NOTSET")
    strides, kernels = integers.get("strides", {1}), set(kernel)
    _need(len(strides) == 1 and len(kernels) == 1 and len(kernel) == 2)
    return Window(kernels.pop(), strides.pop())


class _Graph:
    def __init__(self, model: Message) -> None:
        self.model = model
        self.graph = model.message("graph")
        self.nodes = self.graph.messages("node")
        self.tensors = {t.text("name"): t for t in self.graph.messages("initializer")}
        self.made_by: dict[str, Message] = {}
        #: What each value is, with the two inputs taken for one, and on which
        #: of them it depends: equal in the first means the same computation.
        self.identity: dict[str, tuple[object, int]] = {"ref": (0, REF), "dist": (0, DIST)}
        known: dict[object, int] = {}
        for name in self.tensors:
            self.identity[name] = (("constant", name), 0)
        for node in self.nodes:
            inputs, attributes = node.texts("input"), node.messages("attribute")
            # A subgraph may use values of this one without naming them here.
            _need(all(name in self.identity for name in inputs))
            _need(not any(a.messages("g") or a.messages("graphs") for a in attributes))
            key: tuple[object, ...] = tuple(self.identity[name][0] for name in inputs)
            key += (node.text("op_type"), tuple(sorted(encode(a) for a in attributes)))
            sides = 0
            for name in inputs:
                sides |= self.identity[name][1]
            for i, name in enumerate(node.texts("output")):
                self.identity[name] = (known.setdefault((key, i), len(known) + 1), sides)
                self.made_by[name] = node

    def constant(self, name: str) -> npt.NDArray[np.generic]:
        _need(name in self.tensors)
        tensor = self.tensors[name]
        kinds = {1: ("<f4", "float_data"), 7: ("<i8", "int64_data")}
        _need(tensor.integer("data_type") in kinds)
        kind, field = kinds[tensor.integer("data_type")]
        if kind == "<i8" and not tensor.data("raw_data"):
            values: npt.NDArray[np.generic] = np.array(tensor.integers(field), np.int64)
        else:
            values = np.frombuffer(tensor.data("raw_data") or tensor.data(field), kind)
        _need(values.size == np.prod(tensor.integers("dims"), dtype=np.int64))
        return values.reshape(tensor.integers("dims"))

    def maker(self, value: str, *operators: str) -> Message:
        _need(value in self.made_by and self.made_by[value].text("op_type") in operators)
        return self.made_by[value]

    def consumers(self, value: str, among: Iterable[Message] | None = None) -> list[Message]:
        nodes = self.nodes if among is None else among
        return [node for node in nodes if value in node.texts("input")]

    def over(self, value: str, operator: str, axes: list[int]) -> str:
        """The input of a reduction over just these axes that keeps them."""
        node = self.maker(value, operator)
        inputs, attributes = node.texts("input"), _attributes(node)
        if len(inputs) > 1:
            _need(self.constant(inputs[1]).tolist() == axes)
        else:
            _need("axes" in attributes and attributes["axes"].integers("ints") == axes)
        _need("keepdims" not in attributes or attributes["keepdims"].integer("i") == 1)
        return inputs[0]

    def squared(self, value: str) -> str:
        node = self.maker(value, "Pow", "Mul")
        base, other = node.texts("input")
        if node.text("op_type") == "Pow":
            _need(self.constant(other).tolist() in (2, [2]))
        else:
            _need(base == other)
        return base

    def unit(self, value: str) -> str:
        """The features of which ``value`` is the unit vector over channels."""
        features, norm = self.maker(value, "Div").texts("input")
        (total,) = self.maker(norm, "Sqrt").texts("input")
        _need(self.squared(self.over(total, "ReduceSum", [1])) == features)
        return features

    def tap(self, mean: str) -> tuple[str, Floats]:
        """The reference side's features behind one term of the score, and its weights."""
        conv = self.maker(self.over(mean, "ReduceMean", [2, 3]), "Conv")
        _need(len(conv.texts("input")) == 2)
        difference, weights = conv.texts("input")
        weight = self.constant(weights)
        _need(weight.ndim == 4 and weight.shape == (1, weight.size, 1, 1))
        _need(_window(conv, weight.shape[2:]) == Window(1, 1))
        _need("group" not in _attributes(conv) or _attributes(conv)["group"].integer("i") == 1)
        sides = self.maker(self.squared(difference), "Sub").texts("input")
        features = [self.unit(side) for side in sides]
        (one, of_one), (other, of_other) = (self.identity[name] for name in features)
        _need(one == other and {of_one, of_other} == {REF, DIST})
        _need(weight.dtype == np.float32)
        return features[of_one == DIST], weight.ravel().astype(np.float32)

    def taps(self) -> list[tuple[str, Floats]]:
        """The terms of the score in the order in which they are added."""
        node = self.maker("score", "Reshape", "Flatten", "Squeeze", "Identity")
        total, terms = node.texts("input")[0], []
        while self.made_by[total].text("op_type") == "Add":
            total, term = self.made_by[total].texts("input")
            _need(total in self.made_by)
            terms.append(term)
        return [self.tap(term) for term in [total, *reversed(terms)]]

    def entry(self) -> tuple[str, Floats]:
        """The value where the scaling of ``ref`` ends, and that scaling of each byte."""
        table, value = imagenet(np.arange(256, dtype=np.float32)), "ref"
        while True:
            users = self.consumers(value)
            if len(users) != 1 or users[0].text("op_type") not in FOLDED:
                return value, table
            first, other = users[0].texts("input")
            if first != value or other not in self.tensors:
                return value, table
            constant = self.constant(other)
            if constant.ndim > 4 or (constant.size != 1 and constant.shape[-3:] != (3, 1, 1)):
                return value, table
            operator = FOLDED[users[0].text("op_type")]
            table = operator(table, constant.reshape(-1, 1).astype(np.float32), dtype=np.float32)
            value = users[0].texts("output")[0]

    def ancestors(self, wanted: Sequence[str], start: str) -> list[Message]:
        """The nodes between the value ``start`` and those wanted, in order."""
        needed, nodes = set(wanted), []
        for node in reversed(self.nodes):
            outputs = set(node.texts("output"))
            if outputs & needed and start not in outputs:
                nodes.append(node)
                needed.update(node.texts("input"))
        return nodes[::-1]

    def stem(self, tower: list[Message], entry: str, tap: str) -> tuple[str, Window, Window] | None:
        """The pooled first tap, if strips of the input can make it."""
        try:
            relu = self.maker(tap, "Relu")
            conv = self.maker(relu.texts("input")[0], "Conv")
            pools = self.consumers(tap, tower)
            _need(conv.texts("input")[0] == entry and self.consumers(entry, tower) == [conv])
            _need(self.consumers(conv.texts("output")[0], tower) == [relu])
            _need(len(pools) == 1 and pools[0].text("op_type") == "MaxPool")
            conv_window = _window(conv, self.constant(conv.texts("input")[1]).shape[2:])
            attributes = _attributes(pools[0])
            pool_window = _window(pools[0], attributes["kernel_shape"].integers("ints"))
            _need(attributes["ceil_mode"].integer("i") == 1)
            _need(conv_window.kernel >= conv_window.stride)
            _need(pool_window.kernel >= pool_window.stride)
            (pooled,) = pools[0].texts("output")
            return pooled, conv_window, pool_window
        except (_Unlike, KeyError):
            return None

    def part(self, start: str, wanted: tuple[str, ...]) -> Part:
        """A model that computes the wanted values from ``start``."""
        nodes = self.ancestors(wanted, start)
        used = {name for node in nodes for name in node.texts("input")}
        made = {name for node in nodes for name in node.texts("output")}
        _need(used - made - set(self.tensors) == {start} and made.issuperset(wanted))
        graph = Message(
            "Graph",
            name="part",
            node=list(nodes),
            initializer=[t for name, t in self.tensors.items() if name in used],
            input=[_value(start)],
            output=[_value(name) for name in wanted],
        )
        opsets = list(self.model.fields["opset_import"])
        version = self.model.integer("ir_version")
        model = Message("Model", ir_version=version, opset_import=opsets, graph=graph)
        return Part(encode(model), start, wanted)


def _value(name: str) -> Message:
    """A tensor of floats of rank four whose extents the runtime works out."""
    axes: list[int | bytes | str | Message] = [Message("Dimension", dim_param=f"{name}.{axis}") for axis in range(4)]
    tensor = Message("TensorType", elem_type=1, shape=Message("Shape", dim=axes))
    return Message("ValueInfo", name=name, type=Message("Type", tensor_type=tensor))
