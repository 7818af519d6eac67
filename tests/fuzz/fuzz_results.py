# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The input is a file of scores, JSON or a checkpoint: refused, or as good as one that was never saved."""

from __future__ import annotations

import tempfile
import zlib

from pyvmaf import VmafError
from pyvmaf.parts.merge import merge
from pyvmaf.parts.read import read_result
from pyvmaf.parts.records import HEAD, MAGIC
from pyvmaf.parts.store import load_part, save_part

WORDS = [
    MAGIC, b"H{", b"C{", b"E{", b"F", b'"plan"', b'"identity"', b'"run"', b'"format"', b'"frames"', b'"name"', b"null",
    b"NaN", b"Infinity", b"[", b"]", b"{", b"}", b",", b":", b"1e999", b"-1", b"4294967295", b'"registration"', b"true",
    b"\0\0\0\0",
]  # fmt: skip

_folder = tempfile.TemporaryDirectory(prefix="pyvmaf-fuzz-")


def sealed(data: bytes) -> bytes:
    """With right lengths and sums, which chance does not find: a record ends where there is an empty line."""
    records = data.removeprefix(MAGIC).split(b"\n\n")
    return MAGIC + b"".join(HEAD.pack(len(one), zlib.crc32(one)) + one for one in records)


def check(data: bytes) -> None:
    path, copy = f"{_folder.name}/input", f"{_folder.name}/copy"
    for content in (data, sealed(data)):
        with open(path, "wb") as file:
            file.write(content)
        for use in (read_result, lambda name: merge([name])):
            try:
                use(path)
            except VmafError as error:
                assert str(error)
        try:
            part = load_part(path)
        except VmafError:
            continue
        save_part(part, copy)
        assert load_part(copy).extracted.stop == part.extracted.stop
