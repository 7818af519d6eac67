# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What an ONNX file must be before the runtime sees a byte of it.

:func:`read` takes a path to bytes: one regular file of bounded size, inside the
permitted folder, read once. :func:`check` takes bytes to a parsed model: known
operators of the standard domain everywhere, nothing outside the file, and two
inputs and an output as the ``lpips`` extractor feeds and reads them. The caller
loads the very bytes that were checked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import VmafError, error_for
from .onnx_wire import Message, WireError, decode

#: Bytes; the published LPIPS networks are 3 to 56 MiB, squeeze the smallest.
MAX_BYTES = 50 << 20
MAX_SUBGRAPH_DEPTH = 8
MAX_LOOPS = 16
MAX_OPERATOR_NAME = 127
JAIL = "VMAF_TINY_MODEL_DIR"
DOMAINS = ("", "ai.onnx")

#: What image networks are made of. Nothing here opens a file or calls out.
OPERATORS = frozenset(
    (  # noqa: SIM905
        "Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Slice Gather Cast Shape Expand "
        "Add Sub Mul Div Neg Abs Sqrt Pow Exp Log Clip Min Max Sum Mean Reciprocal BitShift "
        "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd GlobalAveragePool GlobalMaxPool "
        "Gemm MatMul Conv ConvTranspose MaxPool AveragePool Resize Pad "
        "BatchNormalization LayerNormalization InstanceNormalization Dropout "
        "Relu LeakyRelu Sigmoid Tanh Softmax Elu Selu Softplus Softsign Gelu Erf HardSigmoid "
        "HardSwish PRelu QuantizeLinear DequantizeLinear "
        "Constant ConstantOfShape GatherND ScatterND Loop If"
    ).split()
)

FLOAT = 1  # TensorProto.FLOAT
EXTERNAL = 1  # TensorProto.EXTERNAL
#: Name, and extent of each axis; None where any extent will do.
INPUTS = (("ref", (1, 3, None, None)), ("dist", (1, 3, None, None)))
OUTPUT = ("score", (1,))


@dataclass(frozen=True)
class Model:
    """A file that passed: where it was, what it holds, and the tree of it."""

    path: Path
    data: bytes
    tree: Message

    @property
    def sha256(self) -> str:
        """The digest of the file in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


def refusal(code: int, path: object, reason: str) -> VmafError:
    """The exception for a model file that is not accepted."""
    return error_for(-code, f"model {path}", reason)


def load(path: str | os.PathLike[str]) -> Model:
    """Read and check the model file at ``path``."""
    real, data = read(path)
    return Model(real, data, check(data, real))


def read(path: str | os.PathLike[str]) -> tuple[Path, bytes]:
    """The canonical path of a model file, and its bytes, read once."""
    try:
        real = Path(os.path.realpath(path, strict=True))
        _check_jail(real)
        # Not following a last-moment link, and not waiting for a pipe's writer.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as cause:
        if isinstance(cause, VmafError):
            raise
        code = getattr(cause, "errno", None) or errno.EINVAL
        raise refusal(code, path, f"cannot be opened: {os.strerror(code)}") from cause
    try:
        return real, _read_regular(handle, path)
    finally:
        os.close(handle)


def _read_regular(handle: int, path: object) -> bytes:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise refusal(errno.ENOENT, path, "is not a regular file")
    if status.st_size > MAX_BYTES:
        raise refusal(errno.E2BIG, path, f"has {status.st_size} bytes; at most {MAX_BYTES}")
    if not status.st_size:
        raise refusal(errno.EBADMSG, path, "is empty")
    with open(handle, "rb", closefd=False) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) != status.st_size:
        raise refusal(errno.EBADMSG, path, "changed while it was read")
    return data


def _check_jail(real: Path) -> None:
    jail = os.environ.get(JAIL)
    if jail is None:
        return
    if not jail:  # else it would be the current folder, or none
        raise refusal(errno.EACCES, real, f"{JAIL} is empty; it must name a folder, or not be set")
    try:
        inside = real.is_relative_to(os.path.realpath(jail, strict=True)) and os.path.isdir(jail)
    except OSError:
        inside = False
    if not inside:
        raise refusal(errno.EACCES, real, f"lies outside {JAIL}={jail}")


def check(data: bytes, path: object) -> Message:
    """The parsed model, if it is one that the runtime may be given."""
    try:
        tree = decode(data)
        _Scan(path).model(tree)
        _check_interface(tree.message("graph"), path)
    except WireError as cause:
        raise refusal(errno.EBADMSG, path, f"is not a well-formed ONNX file: {cause}") from cause
    return tree


class _Scan:
    """A walk over all that the runtime would execute or load."""

    def __init__(self, path: object) -> None:
        self.path = path
        self.loops = 0

    def refuse(self, code: int, reason: str) -> VmafError:
        return refusal(code, self.path, reason)

    def model(self, model: Message) -> None:
        if not model.messages("graph"):
            raise self.refuse(errno.ENOENT, "has no graph")
        self.domains(model)
        self.graph(model.message("graph"), 0)
        for function in model.messages("functions"):
            self.domains(function)
            self.nodes(function, 0)
            self.attributes(function.messages("attribute_proto"), 0)
        if model.messages("functions"):
            name = model.messages("functions")[0].text("name")
            raise self.refuse(errno.EPERM, f"defines a function of its own, {name!r}: inline it")
        if "training_info" in model.fields:
            raise self.refuse(errno.EPERM, "carries training graphs: export it for inference")

    def domains(self, owner: Message) -> None:
        for opset in owner.messages("opset_import"):
            if opset.text("domain") not in DOMAINS:
                reason = f"imports the operator domain {opset.text('domain')!r}"
                raise self.refuse(errno.EPERM, f"{reason}; only the standard one is accepted")

    def graph(self, graph: Message, depth: int) -> None:
        if depth > MAX_SUBGRAPH_DEPTH:
            raise self.refuse(errno.EBADMSG, f"nests graphs deeper than {MAX_SUBGRAPH_DEPTH}")
        self.nodes(graph, depth)
        for tensor in graph.messages("initializer"):
            self.tensor(tensor)
        for sparse in graph.messages("sparse_initializer"):
            self.sparse(sparse)

    def nodes(self, owner: Message, depth: int) -> None:
        for node in owner.messages("node"):
            name, domain = node.text("op_type"), node.text("domain")
            if domain not in DOMAINS:
                raise self.refuse(errno.EPERM, f"uses {name[:64]!r} of the domain {domain!r}")
            if not 0 < len(name) <= MAX_OPERATOR_NAME or name not in OPERATORS:
                name = name[:MAX_OPERATOR_NAME]
                raise self.refuse(errno.EPERM, f"uses the operator {name!r}, which is not allowed")
            self.loops += name == "Loop"
            if self.loops > MAX_LOOPS:
                raise self.refuse(errno.EPERM, f"has more than {MAX_LOOPS} loops")
            self.attributes(node.messages("attribute"), depth)

    def attributes(self, attributes: list[Message], depth: int) -> None:
        for attribute in attributes:
            for graph in attribute.messages("g") + attribute.messages("graphs"):
                self.graph(graph, depth + 1)
            for tensor in attribute.messages("t") + attribute.messages("tensors"):
                self.tensor(tensor)
            for name in ("sparse_tensor", "sparse_tensors"):
                for sparse in attribute.messages(name):
                    self.sparse(sparse)

    def sparse(self, sparse: Message) -> None:
        for name in ("values", "indices"):
            self.tensor(sparse.message(name))

    def tensor(self, tensor: Message) -> None:
        name = tensor.text("name")
        if tensor.integer("data_location") == EXTERNAL or "external_data" in tensor.fields:
            reason = f"keeps the tensor {name!r} in another file: export it in one file"
            raise self.refuse(errno.EPERM, reason)
        if tensor.integer("data_type") == FLOAT:
            data = tensor.data("raw_data") or tensor.data("float_data")
            if len(data) % 4 or np.isnan(np.frombuffer(data, "<f4")).any():
                raise self.refuse(errno.EINVAL, f"has NaN or half a number in the tensor {name!r}")


def _check_interface(graph: Message, path: object) -> None:
    constants = {tensor.text("name") for tensor in graph.messages("initializer")}
    inputs = [v for v in graph.messages("input") if v.text("name") not in constants]
    outputs = graph.messages("output")
    for what, found, wanted in (("inputs", inputs, INPUTS), ("outputs", outputs, (OUTPUT,))):
        names = sorted(value.text("name") for value in found)
        expected = sorted(name for name, _ in wanted)
        if names != expected:
            reason = f"has the {what} {', '.join(names) or 'none'}"
            raise refusal(errno.EINVAL, path, f"{reason}; wanted: {', '.join(expected)}")
        for value in found:
            _check_type(value, dict(wanted)[value.text("name")], path)


def _check_type(value: Message, wanted: tuple[int | None, ...], path: object) -> None:
    name, tensor = value.text("name"), value.message("type").message("tensor_type")
    if tensor.integer("elem_type") != FLOAT:
        raise refusal(errno.EINVAL, path, f"{name!r} is not a tensor of 32-bit floats")
    axes = [
        axis.integer("dim_value") if "dim_value" in axis.fields else axis.text("dim_param") or "?"
        for axis in tensor.message("shape").messages("dim")
    ]
    fits = len(axes) == len(wanted) and all(extent in (None, axis) for axis, extent in zip(axes, wanted, strict=True))
    if not fits:
        shape = "x".join("any" if extent is None else str(extent) for extent in wanted)
        found = "x".join(map(str, axes)) or "no known shape"
        raise refusal(errno.EINVAL, path, f"{name!r} is {found}; wanted: {shape}")
