# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Model files: what is refused, with which error, before the runtime sees a byte."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import lpips_models as models
from support.lpips_models import attribute, node, subgraph, value

from pyvmaf.errors import VmafError
from pyvmaf.lpips import onnx_model
from pyvmaf.lpips.onnx_wire import (
    MAX_FIELDS,
    Message,
    WireError,
    _encode_varint,
    _varint,
    decode,
    encode,
)

EVIL = node("Evil", ["ref"], ["evil"])


def refusal(data: bytes) -> VmafError:
    with pytest.raises(VmafError) as raised:
        onnx_model.check(data, "test.onnx")
    assert "test.onnx" in str(raised.value)
    return raised.value


def changed(change: Callable[[Message], object]) -> bytes:
    model = models.tree()
    change(model)
    return encode(model)


def append(field: str, *values: Message) -> Callable[[Message], object]:
    return lambda model: model.fields.setdefault(field, []).extend(values)


def weight(**fields: object) -> Message:
    return Message("Tensor", dims=[1], data_type=1, name="w", **fields)  # type: ignore[arg-type]


def add_tensor(tensor: Message) -> bytes:
    return changed(lambda model: models.graph(model).fields["initializer"].append(tensor))


def nested(depth: int, innermost: Message) -> Message:
    for _ in range(depth):
        innermost = node("If", ["c"], ["o"], attribute=[attribute("then", g=subgraph(innermost))])
    return innermost


FUNCTION = Message("Function", name="mine", domain="", node=[node("Relu", ["x"], ["y"])])
OTHER_FILE = Message("Entry", key="location", value="/etc/passwd")
HIDDEN = weight(data_location=1)
FLOAT3 = ("ref", 1, 1, 3, "H", "W"), ("dist", 1, 1, 3, "H", "W")

BAD: dict[str, tuple[bytes, int, str]] = {
    "random bytes": (random.Random(0).randbytes(4096), errno.EBADMSG, "well-formed"),
    "truncated": (models.tiny()[:-100], errno.EBADMSG, "runs past the end"),
    "no graph": (encode(Message("Model", ir_version=8)), errno.ENOENT, "no graph"),
    "operator": (models.with_node(EVIL), errno.EPERM, "'Evil'"),
    "operator in If": (models.with_node(nested(1, EVIL)), errno.EPERM, "'Evil'"),
    "operator in the eighth subgraph": (models.with_node(nested(8, EVIL)), errno.EPERM, "'Evil'"),
    "nine subgraphs deep": (models.with_node(nested(9, EVIL)), errno.EBADMSG, "deeper than 8"),
    "operator in Loop": (
        models.with_node(node("Loop", ["n"], ["o"], attribute=[attribute("b", g=subgraph(EVIL))])),
        errno.EPERM,
        "'Evil'",
    ),
    "operator in a list of graphs": (
        models.with_node(node("If", ["c"], ["o"], attribute=[attribute("b", graphs=[subgraph(EVIL)])])),
        errno.EPERM,
        "'Evil'",
    ),
    "operator in a function": (
        changed(append("functions", Message("Function", name="f", node=[EVIL]))),
        errno.EPERM,
        "'Evil'",
    ),
    "function": (changed(append("functions", FUNCTION)), errno.EPERM, "function of its own"),
    "no operator name": (models.with_node(node("", ["ref"], ["o"])), errno.EPERM, "operator ''"),
    "long operator name": (models.with_node(node("A" * 128, [], ["o"])), errno.EPERM, "'AAAA"),
    "17 loops": (
        changed(lambda m: models.graph(m).fields["node"].extend([node("Loop", ["n"], ["o"])] * 17)),
        errno.EPERM,
        "more than 16 loops",
    ),
    "domain of a node": (
        models.with_node(node("Conv", ["ref"], ["o"], domain="com.microsoft")),
        errno.EPERM,
        "'com.microsoft'",
    ),
    "domain of the model": (
        changed(append("opset_import", Message("OperatorSet", domain="my.ops", version=1))),
        errno.EPERM,
        "'my.ops'",
    ),
    "training": (
        changed(lambda m: m.fields.update(training_info=[b""])),
        errno.EPERM,
        "training",
    ),
    "external initializer": (add_tensor(HIDDEN), errno.EPERM, "'w' in another file"),
    "external by entry": (add_tensor(weight(external_data=[OTHER_FILE])), errno.EPERM, "'w'"),
    "external attribute": (
        models.with_node(node("Constant", [], ["o"], attribute=[attribute("value", t=HIDDEN)])),
        errno.EPERM,
        "'w'",
    ),
    "external sparse": (
        changed(lambda m: models.graph(m).fields.update(sparse_initializer=[Message("SparseTensor", values=HIDDEN)])),
        errno.EPERM,
        "'w'",
    ),
    "NaN weight": (add_tensor(weight(raw_data=b"\0\0\xc0\x7f")), errno.EINVAL, "NaN"),
    "NaN weight, typed": (add_tensor(weight(float_data=b"\0\0\xc0\x7f")), errno.EINVAL, "NaN"),
    "half a weight": (add_tensor(weight(raw_data=b"\0\0\0")), errno.EINVAL, "half a number"),
    "one input": (
        models.with_interface("input", value(*FLOAT3[0])),
        errno.EINVAL,
        "has the inputs ref; wanted: dist, ref",
    ),
    "three inputs": (
        models.with_interface("input", *(value(*v) for v in FLOAT3), value("x", 1, 1)),
        errno.EINVAL,
        "dist, ref, x",
    ),
    "input names": (
        models.with_interface("input", value("a", *FLOAT3[0][1:]), value(*FLOAT3[1])),
        errno.EINVAL,
        "has the inputs a, dist",
    ),
    "no output": (models.with_interface("output"), errno.EINVAL, "has the outputs none"),
    "two outputs": (
        models.with_interface("output", value("score", 1, 1), value("more", 1, 1)),
        errno.EINVAL,
        "more, score",
    ),
    "input rank": (
        models.with_interface("input", value("ref", 1, 3, "H", "W"), value(*FLOAT3[1])),
        errno.EINVAL,
        "'ref' is 3xHxW; wanted: 1x3xanyxany",
    ),
    "input channels": (
        models.with_interface("input", value("ref", 1, 1, 4, "H", "W"), value(*FLOAT3[1])),
        errno.EINVAL,
        "'ref' is 1x4xHxW",
    ),
    "input type": (
        models.with_interface("input", value("ref", 10, 1, 3, "H", "W"), value(*FLOAT3[1])),
        errno.EINVAL,
        "32-bit floats",
    ),
    "output rank": (
        models.with_interface("output", value("score", 1, 1, 1)),
        errno.EINVAL,
        "'score' is 1x1; wanted: 1",
    ),
    "dynamic output": (
        models.with_interface("output", value("score", 1, "N")),
        errno.EINVAL,
        "'score' is N; wanted: 1",
    ),
    "output of unknown extent": (
        models.with_interface("output", value("score", 1, None)),
        errno.EINVAL,
        r"'score' is \?",
    ),
    "output of unknown shape": (
        models.with_interface("output", Message("ValueInfo", name="score")),
        errno.EINVAL,
        "32-bit floats",
    ),
    # What a lenient reader would skip, merge or let the last one win.
    "two graphs": (models.tiny() + b"\x3a\x00", errno.EBADMSG, "twice"),
    "unknown field": (models.tiny() + b"\xa0\x1f\x01", errno.EBADMSG, "no field 500"),
    "graph as a number": (b"\x38\x01", errno.EBADMSG, "wire type 0"),
    "group": (b"\x3b\x3c", errno.EBADMSG, "wire type 3"),
    "endless varint": (b"\xff" * 11, errno.EBADMSG, "ten bytes"),
    "name that is no text": (b"\x12\x01\xff", errno.EBADMSG, "UTF-8"),
    "field count": (b"\x42\x00" * (MAX_FIELDS + 1), errno.EBADMSG, "more than 200000 fields"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(case: str) -> None:
    data, code, words = BAD[case]
    error = refusal(data)
    assert error.errno == code
    assert re.search(words, str(error))


def test_the_tiny_model_is_accepted_and_is_onnx() -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx, of the extra test, is not here")
    data = models.tiny()
    onnx_model.check(data, "tiny")
    theirs = onnx.load_from_string(data)
    onnx.checker.check_model(theirs, full_check=True)
    assert [n.op_type for n in theirs.graph.node] == [
        n.text("op_type") for n in models.graph(decode(data)).messages("node")
    ]


def test_reading_and_writing_keep_every_byte() -> None:
    data = models.tiny()
    assert encode(decode(data)) == data


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**63 - 1, -1, -(2**63)])
def test_numbers_survive(number: int) -> None:
    data = _encode_varint(number)
    assert _varint(memoryview(data), 0) == (number, len(data))


def test_packed_and_plain_lists_are_the_same() -> None:
    packed = Message("Tensor", dims=[b"".join(map(_encode_varint, (1, 300, 7)))])
    assert packed.integers("dims") == Message("Tensor", dims=[1, 300, 7]).integers("dims")


def test_every_cut_and_many_changes_are_refused_or_read() -> None:
    """No input may raise anything but the one exception, nor hang."""
    rng, data = random.Random(1), models.tiny()
    for _ in range(100):
        broken = bytearray(data)
        if rng.random() < 0.5:
            del broken[rng.randrange(len(broken)) :]
        for _ in range(rng.randrange(1, 4)):
            if broken:
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            onnx_model.check(bytes(broken), "broken")
        except VmafError as error:
            assert "broken" in str(error)


def test_nesting_is_bounded() -> None:
    message = Message("Graph", name="leaf")
    for _ in range(40):
        deeper = Message("Attribute", name="g", g=message)
        message = Message("Graph", node=[Message("Node", attribute=[deeper])])
    with pytest.raises(WireError, match="nested deeper"):
        decode(encode(Message("Model", graph=message)))


def load_error(path: Path | str) -> VmafError:
    with pytest.raises(VmafError) as raised:
        onnx_model.load(path)
    assert str(path) in str(raised.value)
    return raised.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(models.tiny())
    return path


def test_a_file_is_read_once(file: Path) -> None:
    model = onnx_model.load(file)
    assert (model.path, model.data) == (file.resolve(), models.tiny())
    assert models.graph(model.tree).text("name") == "lpips"


def test_files_that_are_none(tmp_path: Path) -> None:
    missing = load_error(tmp_path / "none.onnx")
    assert isinstance(missing, FileNotFoundError)
    assert missing.errno == errno.ENOENT
    assert load_error(tmp_path).errno == errno.ENOENT
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "regular file" in str(load_error(pipe))
    assert "regular file" in str(load_error("/dev/zero"))
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert load_error(loop).errno == errno.ELOOP
    assert load_error("nul\0byte").errno == errno.EINVAL


def test_sizes(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.touch()
    error = load_error(path)
    assert (error.errno, "empty" in str(error)) == (errno.EBADMSG, True)
    os.truncate(path, 60 << 20)
    error = load_error(path)
    assert error.errno == errno.E2BIG
    assert "62914560 bytes; at most 52428800" in str(error)


def test_an_unreadable_file(file: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    file.chmod(0)
    assert load_error(file).errno == errno.EACCES


def test_the_permitted_folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.onnx").symlink_to(file)
    (inside / "m.onnx").write_bytes(models.tiny())
    monkeypatch.setenv(onnx_model.JAIL, str(inside))
    assert onnx_model.load(inside / "m.onnx").path == (inside / "m.onnx").resolve()
    for outside in (file, inside / "link.onnx", inside / ".." / "tiny.onnx"):
        with pytest.raises(VmafError, match=onnx_model.JAIL) as raised:
            onnx_model.load(outside)
        assert raised.value.errno == errno.EACCES
    # A folder whose name merely starts alike, and one that is not there.
    beside = tmp_path / "inside2"
    beside.mkdir()
    (beside / "m.onnx").write_bytes(models.tiny())
    assert load_error(beside / "m.onnx").errno == errno.EACCES
    monkeypatch.setenv(onnx_model.JAIL, str(tmp_path / "gone"))
    assert load_error(inside / "m.onnx").errno == errno.EACCES
    monkeypatch.setenv(onnx_model.JAIL, "")
    assert load_error(file).errno == errno.EACCES
    monkeypatch.delenv(onnx_model.JAIL)
    onnx_model.load(file)


def test_refusals_leave_nothing(resident: Callable[[], int]) -> None:
    """500 refusals of every kind: memory is flat."""
    cheap = [data for data, _, _ in BAD.values() if len(data) < 1 << 17]

    def refuse(times: int) -> None:
        for i in range(times):
            with contextlib.suppress(VmafError):
                onnx_model.check(cheap[i % len(cheap)], "test.onnx")

    refuse(100)
    before = resident()
    refuse(500)
    assert resident() - before < 1 << 20
