# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The input is an ONNX file: refused, or read, checked and taken apart."""

from __future__ import annotations

from pyvmaf import VmafError
from pyvmaf.lpips import onnx_model
from pyvmaf.lpips.graph import split
from pyvmaf.lpips.onnx_wire import WireError, decode, encode

WORDS = [
    b"\x08\x07", b"\x3a", b"\x0a\x03", b"\x12\x00", b"Conv", b"Loop", b"ReLU", b"ai.onnx", b"\xff" * 9 + b"\x01",
    b"\x80" * 11, b"\x22\x04Conv", b"\x42\x02\x10\x11", b"raw", b"\x4a\x04\x00\x00\xc0\x7f",
]  # fmt: skip


def check(data: bytes) -> None:
    """What can be read is written and read alike; what is accepted can be taken apart."""
    try:
        message = decode(data)
    except WireError:
        return
    again = encode(message)
    assert encode(decode(again)) == again
    try:
        checked = onnx_model.check(data, "input")
    except VmafError:
        return
    split(checked)
