# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Writes the two-input LPIPS network (squeeze, v0.1) as an ONNX file.

    python -m pyvmaf.lpips.export --out lpips_sq.onnx --sidecar lpips_sq.json

The graph is written node by node here, not traced from another framework, so
the same weights give the same bytes whatever is installed. Weights come from
their publishers' files (torchvision's SqueezeNet 1.1, the ``lpips`` package) or
out of an LPIPS file in ONNX form (``--from-onnx``), for which nothing beyond the
core is needed.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import VmafError, error_for
from . import onnx_model
from .convert import DEVIATION, MEAN, Floats
from .onnx_wire import Message, Value, encode

Weights = Mapping[str, Floats]

#: SqueezeNet 1.1 (torchvision's numbering of its layers), cut where LPIPS takes
#: its seven taps: the end of each row.
SLICES: tuple[tuple[str, ...], ...] = (
    ("conv 0",),
    ("pool", "fire 3", "fire 4"),
    ("pool", "fire 6", "fire 7"),
    ("pool", "fire 9"),
    ("fire 10",),
    ("fire 11",),
    ("fire 12",),
)
# The scaling that the published weights expect of RGB in -1 to 1.
SHIFT = np.array([-0.030, -0.088, -0.188], np.float32)
SCALE = np.array([0.458, 0.448, 0.450], np.float32)

BACKBONE_URL = "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth"
PARITY = 1e-4
IR_VERSION, OPSET = 10, 18
FLOAT, INT64 = 1, 7  # TensorProto.DataType
ATTRIBUTE = {"i": 2, "ints": 7}  # AttributeProto.AttributeType


class _Writer:
    """A graph under construction; values are named in the order they are made."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Value] = []
        self.tensors: dict[str, Message] = {}

    def node(self, operator: str, *inputs: str, **attributes: int | list[int]) -> str:
        """The name of the new node's output."""
        output = "score" if operator == "Reshape" else f"{operator.lower()}_{len(self.nodes)}"
        found: list[Value] = []
        for name, value in sorted(attributes.items()):
            field = "i" if isinstance(value, int) else "ints"
            content: dict[str, Any] = {"name": name, "type": ATTRIBUTE[field], field: value}
            found.append(Message("Attribute", **content))
        fields: dict[str, Any] = {"input": list(inputs), "output": [output], "attribute": found}
        self.nodes.append(Message("Node", op_type=operator, name=output, **fields))
        return output

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        kind = FLOAT if value.dtype == np.float32 else INT64
        data = value.astype("<f4" if kind == FLOAT else "<i8").tobytes()
        dims: list[Value] = [int(n) for n in value.shape]
        self.tensors[name] = Message("Tensor", dims=dims, data_type=kind, name=name, raw_data=data)
        return name

    def conv(self, value: str, name: str, stride: int = 1) -> str:
        """Convolution and ReLU; a 3x3 keeps the size, except for the strided first."""
        weight = self.weights[f"{name}.weight"]
        pad = weight.shape[2] // 2 if stride == 1 else 0
        inputs = [self.constant(f"{name}.{p}", self.weights[f"{name}.{p}"]) for p in ("weight", "bias")]
        size, pads = list(weight.shape[2:]), [pad] * 4
        conv = self.node("Conv", value, *inputs, kernel_shape=size, pads=pads, strides=[stride] * 2)
        return self.node("Relu", conv)

    def layer(self, value: str, layer: str) -> str:
        kind, _, number = layer.partition(" ")
        if kind == "pool":
            window = {"kernel_shape": [3, 3], "pads": [0] * 4, "strides": [2, 2]}
            return self.node("MaxPool", value, ceil_mode=1, **window)
        name = f"features.{number}"
        if kind == "conv":
            return self.conv(value, name, stride=2)
        narrow = self.conv(value, f"{name}.squeeze")
        wide = [self.conv(narrow, f"{name}.expand{k}x{k}") for k in (1, 3)]
        return self.node("Concat", *wide, axis=1)

    def tower(self, value: str) -> list[str]:
        """From ImageNet-normalised RGB to the seven taps."""
        steps = (
            ("Mul", "deviation", DEVIATION),
            ("Add", "mean", MEAN),
            ("Mul", "two", np.array([2], np.float32)),
            ("Sub", "one", np.array([1], np.float32)),
            ("Sub", "shift", SHIFT),
            ("Div", "scale", SCALE),
        )
        for operator, name, numbers in steps:
            shaped = numbers.reshape(1, -1, 1, 1)
            value = self.node(operator, value, self.constant(name, shaped))
        taps = []
        for layers in SLICES:
            for layer in layers:
                value = self.layer(value, layer)
            taps.append(value)
        return taps

    def unit(self, tap: str) -> str:
        total = self.node("ReduceSum", self.node("Mul", tap, tap), "channels", keepdims=1)
        return self.node("Div", tap, self.node("Sqrt", total))

    def score(self, ref: Sequence[str], dist: Sequence[str]) -> None:
        self.constant("channels", np.array([1], np.int64))
        self.constant("positions", np.array([2, 3], np.int64))
        total = ""
        for i, pair in enumerate(zip(ref, dist, strict=True)):
            difference = self.node("Sub", *map(self.unit, pair))
            name = f"lin{i}.model.1.weight"
            weight = self.constant(name, self.weights[name])
            kept = self.node("Conv", self.node("Mul", difference, difference), weight)
            mean = self.node("ReduceMean", kept, "positions", keepdims=1)
            total = self.node("Add", total, mean) if total else mean
        self.node("Reshape", total, self.constant("one_score", np.array([1], np.int64)))


def _tensor(name: str, *axes: int | str) -> Message:
    dims: list[Value] = [
        Message("Dimension", dim_value=n) if isinstance(n, int) else Message("Dimension", dim_param=n) for n in axes
    ]
    tensor = Message("TensorType", elem_type=FLOAT, shape=Message("Shape", dim=dims))
    return Message("ValueInfo", name=name, type=Message("Type", tensor_type=tensor))


def build(weights: Weights) -> bytes:
    """The ONNX file of the network with these weights."""
    writer = _Writer(weights)
    writer.score(writer.tower("ref"), writer.tower("dist"))
    graph = Message(
        "Graph",
        name="lpips",
        node=writer.nodes,
        initializer=list(writer.tensors.values()),
        input=[_tensor(side, 1, 3, "H", "W") for side in ("ref", "dist")],
        output=[_tensor("score", 1)],
    )
    opset = Message("OperatorSet", version=OPSET)
    return encode(Message("Model", ir_version=IR_VERSION, opset_import=opset, graph=graph))


def names() -> list[str]:
    """The names of the weights that the network needs."""
    found = []
    for layer in (layer for layers in SLICES for layer in layers if layer != "pool"):
        kind, number = layer.split()
        parts = ("",) if kind == "conv" else (".squeeze", ".expand1x1", ".expand3x3")
        found += [f"features.{number}{part}.{p}" for part in parts for p in ("weight", "bias")]
    return found + [f"lin{i}.model.1.weight" for i in range(len(SLICES))]


def from_onnx(path: str) -> dict[str, Floats]:
    """The weights in an LPIPS file in ONNX form, of ours or of the published export."""
    found = {}
    for tensor in onnx_model.load(path).tree.message("graph").messages("initializer"):
        name = tensor.text("name").replace("core.lins.", "lin")
        if name.startswith("core.net.slice"):
            name = "features." + name.split(".", 3)[3]
        if tensor.integer("data_type") == FLOAT:
            data = tensor.data("raw_data") or tensor.data("float_data")
            found[name] = np.frombuffer(data, "<f4").reshape(tensor.integers("dims"))
    return found


def _torch_file(path: str) -> dict[str, Floats]:
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: np.asarray(value.numpy(), np.float32) for name, value in state.items()}


def from_torch(backbone: str | None, linear: str | None) -> dict[str, Floats]:
    """The published weights: files given, or found and downloaded."""
    if linear is None:
        spec = importlib.util.find_spec("lpips")
        if spec is None or spec.origin is None:
            raise error_for(-errno.ENOENT, "export", "needs the package lpips, or --linear FILE")
        linear = str(Path(spec.origin).parent / "weights" / "v0.1" / "squeeze.pth")
    if backbone is None:
        import torch

        try:
            state = torch.hub.load_state_dict_from_url(
                BACKBONE_URL, map_location="cpu", check_hash=True, progress=False
            )
        except OSError as cause:
            reason = f"cannot download {BACKBONE_URL}: {cause}; give --backbone or --from-onnx FILE"
            raise error_for(-errno.ENETUNREACH, "export", reason) from cause
        found = {name: np.asarray(value.numpy(), np.float32) for name, value in state.items()}
    else:
        found = _torch_file(backbone)
    return {**found, **_torch_file(linear)}


def complete(weights: Weights, source: str) -> dict[str, Floats]:
    """Just the weights that are needed, or an exception that names a missing one."""
    missing = [name for name in names() if name not in weights]
    if missing:
        reason = f"{source} has no tensor {missing[0]!r} ({len(missing)} missing)"
        raise error_for(-errno.EINVAL, "export", reason)
    return {name: np.asarray(weights[name], np.float32) for name in names()}


def parity(data: bytes, weights: Weights) -> float:
    """The largest difference from the torch model with the same weights, on noise."""
    import lpips
    import torch

    from .network import runtime

    net = lpips.LPIPS(net="squeeze", pretrained=False, pnet_rand=True, verbose=False).eval()
    state = {}
    for name in net.state_dict():
        if name.startswith("scaling_layer"):
            continue
        key = f"features.{name.split('.', 2)[2]}" if name.startswith("net.slice") else name.replace("lins.", "lin")
        state[name] = torch.from_numpy(np.array(weights[key]))
    net.load_state_dict(state, strict=False)
    noise = np.random.default_rng(0).random((2, 1, 3, 96, 128), np.float32)
    mean, deviation = MEAN.reshape(1, 3, 1, 1), DEVIATION.reshape(1, 3, 1, 1)
    with torch.no_grad():
        wanted = net(*(torch.from_numpy(side * 2 - 1) for side in noise)).item()
    session = runtime().InferenceSession(data, providers=["CPUExecutionProvider"])
    ref, dist = ((side - mean) / deviation for side in noise)
    (score,) = session.run(["score"], {"ref": ref, "dist": dist})
    return abs(float(score[0]) - float(wanted))


def sidecar(name: str) -> str:
    """What other programs that read such models want to know, as JSON."""
    fields = {
        "name": name,
        "kind": "fr",
        "input_name": "ref",
        "output_name": "score",
        "onnx_opset": OPSET,
        "notes": "LPIPS (squeeze, v0.1). Inputs ref and dist: ImageNet-normalised RGB,"
        " 1x3xHxW; output: the distance, 0 for equal inputs.",
    }
    return json.dumps(fields, indent=2, sort_keys=True) + "\n"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pyvmaf.lpips.export", description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, metavar="FILE", help="ONNX file to write")
    parser.add_argument("--sidecar", metavar="FILE", help="description to write beside it")
    parser.add_argument("--backbone", metavar="FILE", help="torchvision's squeezenet1_1 weights (.pth)")
    parser.add_argument("--linear", metavar="FILE", help="LPIPS' squeeze weights (.pth)")
    parser.add_argument("--from-onnx", metavar="FILE", help="take all weights from this LPIPS file")
    parser.add_argument("--skip-parity", action="store_true", help="do not compare with torch")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files that the arguments ask for and report what they are."""
    options = _arguments().parse_args(arguments)
    try:
        if options.from_onnx:
            source = options.from_onnx
            weights = complete(from_onnx(source), source)
        else:
            source = options.backbone or BACKBONE_URL
            weights = complete(from_torch(options.backbone, options.linear), source)
        data = build(weights)
        print(f"weights: {source}")
        if not options.skip_parity:
            worst = parity(data, weights)
            print(f"parity with torch: {worst:.2g}, at most {PARITY:g}")
            if not worst <= PARITY:
                raise error_for(-errno.EDOM, "export", "the model differs from torch's; not written")
        Path(options.out).write_bytes(data)
        if options.sidecar:
            Path(options.sidecar).write_text(sidecar(Path(options.out).stem), "utf-8")
        print(f"{options.out}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
    except (VmafError, OSError, ImportError) as cause:
        hint = "; pip install torch torchvision lpips, or --skip-parity" if isinstance(cause, ImportError) else ""
        print(f"lpips_export: {cause}{hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
