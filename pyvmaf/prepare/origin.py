# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a number was made of: digests of files and models, versions, the machine's instruction set."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from .._ffi import call
from ..errors import error_for
from ..model_files import entries

#: Larger files are told by their size, head and tail: a film would take minutes to read whole.
WHOLE = 64 << 20
END = 8 << 20
PIECE = 1 << 20


def file_digest(path: str | os.PathLike[str], *, whole: bool = False) -> dict[str, Any]:
    """The SHA-256 of a file, read piece by piece.

    Args:
        path: a regular file.
        whole: read all of it, however large it is.

    Returns:
        ``sha256``, ``bytes`` (of the file) and ``of``: "whole", or, beyond 64 MiB,
        "head-tail": its size in decimal digits, its first and its last 8 MiB.

    Raises:
        VmafOSError: it cannot be read.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.sha256()
            if whole or size <= WHOLE:
                while data := file.read(PIECE):
                    digest.update(data)
                return {"sha256": digest.hexdigest(), "bytes": size, "of": "whole"}
            digest.update(str(size).encode())
            for start in (0, size - END):
                file.seek(start)
                for _ in range(END // PIECE):
                    digest.update(file.read(PIECE))
            return {"sha256": digest.hexdigest(), "bytes": size, "of": "head-tail"}
    except OSError as error:
        raise error_for(error.errno or 5, name, error.strerror or str(error)) from None


def versions() -> dict[str, str]:
    """Versions of what takes part in a score: pyvmaf, PyAV, FFmpeg and its libraries, NumPy.

    The libraries of FFmpeg are those that PyAV is linked with; none without PyAV.
    """
    import numpy

    from .. import __version__

    out = {"pyvmaf": __version__, "libvmaf": str(call.vmaf_version()), "numpy": numpy.__version__}
    with suppress(ImportError):
        import av

        out["pyav"] = av.__version__
        out["ffmpeg"] = str(getattr(av, "ffmpeg_version_info", "unknown"))
        out |= {name: ".".join(map(str, number)) for name, number in sorted(av.library_versions.items())}
    return out


def model_digest(source: str) -> dict[str, str]:
    """Source and SHA-256 of a model: a built-in name, or a file's path."""
    known = entries().get(source)
    if known is not None:
        return {"source": source, "sha256": known.sha256}
    return {"source": source, "sha256": str(file_digest(source, whole=True)["sha256"])}


def provenance(
    paths: Sequence[str], model_sources: Sequence[str] = (), *, cpumask: int = 0, whole: bool = False
) -> dict[str, Any]:
    """What was compared, with what, and where, as JSON takes it.

    Args:
        paths: of reference and distorted video; what is no regular file (a pipe, a URL) has no digest.
        model_sources: built-in names or paths, as in `Run.model_sources`.
        cpumask: instruction sets that were not used.
        whole: digest files whole, however large they are.

    Raises:
        VmafOSError: a file cannot be read.
    """
    return {
        "files": [_file(path, whole) for path in paths],
        "models": [model_digest(source) for source in model_sources],
        "versions": versions(),
        "instruction_set": str(call.pyvmaf_cpu_name(cpumask)),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _file(path: str, whole: bool) -> Mapping[str, Any]:
    # A name of bytes that are no UTF-8 is written with replacements.
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    if not os.path.isfile(path):
        return {"path": shown}
    return {"path": shown, **file_digest(path, whole=whole)}
