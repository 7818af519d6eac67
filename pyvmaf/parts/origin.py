# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where numbers come from: digests of files, versions, the machine's instruction set."""

from __future__ import annotations

import hashlib
import os
import platform
from bisect import bisect_right
from collections.abc import Sequence
from errno import EIO
from itertools import accumulate
from typing import Any

from .._ffi import call
from ..errors import error_for

#: Larger files are told by pieces: a film would take minutes to read whole, for each of its ranges.
WHOLE = 4 << 20
PIECES, PIECE = 64, 64 << 10


def file_digest(path: str | os.PathLike[str], *, whole: bool = False) -> dict[str, Any]:
    """The SHA-256 of a file, or of what tells it from others.

    Args:
        path: a regular file.
        whole: read all of it, however large it is.

    Returns:
        ``bytes`` (of the file), ``sha256`` and ``of``: "whole", or, beyond 4 MiB, "pieces":
        64 of 64 KiB, the first at the start, the last at the end, evenly between.

    Raises:
        VmafOSError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return _digest(file, 0, os.fstat(file.fileno()).st_size, whole)
    except OSError as error:
        raise error_for(error.errno or EIO, os.fsdecode(path), error.strerror or str(error)) from None


def files_digest(paths: Sequence[str]) -> dict[str, Any]:
    """The digest of many files that are one video, as of one file that has them one behind the other.

    Raises:
        VmafOSError: one cannot be read.
    """
    path = paths[0]
    digest = hashlib.sha256()
    try:
        ends = list(accumulate(os.stat(path := one).st_size for one in paths))
        digest.update(repr(ends).encode())
        whole = ends[-1] <= WHOLE
        starts = [0, *ends[:-1]] if whole else [i * (ends[-1] - PIECE) // (PIECES - 1) for i in range(PIECES)]
        for start in starts:
            which = bisect_right(ends, start)
            if which == len(paths):
                break  # the last ones are empty
            with open(path := paths[which], "rb") as file:
                file.seek(start - (ends[which - 1] if which else 0))
                digest.update(file.read(-1 if whole else PIECE))
    except OSError as error:
        raise error_for(error.errno or EIO, os.fsdecode(path), error.strerror or str(error)) from None
    of = "whole" if whole else "pieces"
    return {"files": len(paths), "bytes": ends[-1], "sha256": digest.hexdigest(), "of": of}


def object_digest(file: Any, start: int, size: int) -> dict[str, Any]:
    """The digest of `size` bytes of an open file from `start` on, as if they were a file; it stays where it stands."""
    here = file.tell()
    try:
        return _digest(file, start, size, whole=False)
    finally:
        file.seek(here)


def _digest(file: Any, start: int, size: int, whole: bool) -> dict[str, Any]:
    digest = hashlib.sha256()
    if whole or size <= WHOLE:
        file.seek(start)
        while data := file.read(1 << 20):
            digest.update(data)
        return {"bytes": size, "sha256": digest.hexdigest(), "of": "whole"}
    for i in range(PIECES):
        file.seek(start + i * (size - PIECE) // (PIECES - 1))
        digest.update(file.read(PIECE))
    return {"bytes": size, "sha256": digest.hexdigest(), "of": "pieces"}


def digest_or_nothing(path: str) -> dict[str, Any]:
    """The digest of a file; nothing of what is no regular file, such as a pipe or a URL."""
    return file_digest(path) if os.path.isfile(path) else {}


def versions(*, decoding: bool = True, lpips: bool = False) -> dict[str, str]:
    """Versions of what takes part in a score: pyvmaf and NumPy.

    Args:
        decoding: those of PyAV, FFmpeg and the libraries that PyAV is linked with, too.
        lpips: that of ONNX Runtime, too.
    """
    import numpy

    out = {"pyvmaf": str(call.vmaf_version()), "numpy": numpy.__version__}
    if decoding:
        import av

        out["pyav"] = av.__version__
        out["ffmpeg"] = str(getattr(av, "ffmpeg_version_info", "unknown"))
        out |= {name: ".".join(map(str, number)) for name, number in sorted(av.library_versions.items())}
    if lpips:
        import onnxruntime

        out["onnxruntime"] = onnxruntime.__version__
    return out


def host(cpumask: int = 0, *, decoding: bool = True, lpips: bool = False) -> dict[str, Any]:
    """Versions, and the instruction set whose kernels are used with this mask."""
    return {
        "versions": versions(decoding=decoding, lpips=lpips),
        "instruction_set": str(call.pyvmaf_cpu_name(cpumask)),
        "machine": f"{platform.system()} {platform.machine()}",
    }
