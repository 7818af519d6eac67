# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The known model files: what they are, where one is here, how to get one.

``model/registry.json`` pins the sha256 of each file. Built-in models are part
of the package; others are fetched or installed into a cache, where a file
appears only complete and verified.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import VmafError, error_for

SHARE = Path(__file__).resolve().parent / "share" / "model"
#: Where fetched models go instead of the user's cache folder.
CACHE = "PYVMAF_CACHE"
TIMEOUT = 30.0  # seconds without an answer
CHUNK = 1 << 16


@dataclass(frozen=True)
class Entry:
    """One registered file. ``exports``: digests of equal models made by our exporter."""

    name: str
    file: str
    kind: str
    builtin: bool
    bytes: int
    sha256: str
    licence: str
    origin: str
    url: str | None = None
    exports: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the file is, or would be after a fetch."""
        return (SHARE if self.builtin else cache_folder()) / self.file

    def status(self) -> str:
        """``here`` and verified, ``missing``, or ``differs`` from what is registered."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return "missing"
        return "here" if hashlib.sha256(data).hexdigest() == self.sha256 else "differs"


def cache_folder() -> Path:
    """The folder of fetched models.

    Raises:
        VmafFileNotFoundError: there is no home folder, and the environment names no other.
    """
    if chosen := os.environ.get(CACHE):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyvmaf"
    except RuntimeError:
        reason = f"there is no home folder to keep them in; set {CACHE} to a folder"
        raise error_for(-errno.ENOENT, "models", reason) from None


def _entry(file: str, fields: dict[str, Any]) -> Entry:
    known = {name: fields[name] for name in Entry.__dataclass_fields__ if name in fields}
    known["exports"] = tuple(fields.get("exports", ()))
    return Entry(name=file.rpartition(".")[0], file=file, **known)


@cache
def entries() -> dict[str, Entry]:
    """Every registered model by name, in the order of the registry."""
    registry = json.loads((SHARE / "registry.json").read_text("utf-8"))
    found = (_entry(file, fields) for file, fields in registry.items())
    return {entry.name: entry for entry in found}


def entry(name: str) -> Entry:
    """The entry called ``name``, with or without the file's suffix.

    >>> entry("lpips_sq").file
    'lpips_sq.onnx'
    """
    for known in entries().values():
        if name in (known.name, known.file):
            return known
    names = ", ".join(entries())
    raise error_for(-errno.ENOENT, "models", f"{name!r} is not registered; known: {names}")


def pinned(file: str, sha256: str) -> Entry | None:
    """The entry that a file is, by digest; ``None`` for a file nobody registered.

    Raises:
        VmafPermissionError: the name is registered, but for other content.
    """
    for known in entries().values():
        if sha256 in (known.sha256, *known.exports):
            return known
    for known in entries().values():
        if file == known.file:
            reason = f"sha256 {sha256} is not that of the registered {file} ({known.sha256})"
            raise error_for(-errno.EPERM, "models", reason)
    return None


def fetch(name: str, progress: Callable[[int, int], None] | None = None) -> Path:
    """Download a model into the cache, unless it is there, and return its path.

    Args:
        name: as in :func:`entries`.
        progress: called with the bytes so far and in all.
    """
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    wanted = entry(name)
    if wanted.status() == "here":
        return wanted.path
    if not wanted.url:
        raise error_for(-errno.EINVAL, "models", f"{name} has no address; install it from a file")
    try:
        # Not urlopen(): it keeps the proxies of its first call.
        with urllib.request.build_opener().open(wanted.url, timeout=TIMEOUT) as response:
            return _store(wanted, iter(lambda: response.read(CHUNK), b""), wanted.url, progress)
    except VmafError:
        raise
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as cause:
        detail = getattr(cause, "reason", cause)
        reason = f"cannot fetch {wanted.url}: {detail}; with the file at hand: --from FILE"
        code = errno.ETIMEDOUT if isinstance(detail, TimeoutError) else errno.ENETUNREACH
        raise error_for(-code, "models", reason) from cause
    except OSError as cause:
        reason = f"cannot write {cause.filename or wanted.path}: {cause.strerror}"
        raise error_for(-(cause.errno or errno.EIO), "models", reason) from cause


def install(name: str, file: str | os.PathLike[str]) -> Path:
    """Put a local copy of a model into the cache, verified like a fetched one."""
    wanted = entry(name)
    if wanted.builtin:
        raise error_for(-errno.EINVAL, "models", f"{name} is part of the package")
    try:
        with open(file, "rb") as source:
            return _store(wanted, iter(lambda: source.read(CHUNK), b""), os.fspath(file), None)
    except VmafError:
        raise
    except OSError as cause:
        reason = f"{cause.filename or os.fspath(file)}: {cause.strerror}"
        raise error_for(-(cause.errno or errno.EIO), "models", reason) from cause


def _store(
    wanted: Entry,
    chunks: Iterator[bytes],
    source: str,
    progress: Callable[[int, int], None] | None,
) -> Path:
    """Write the chunks beside the target and rename, so that it appears whole or not at all."""
    import tempfile

    target = wanted.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        reason = f"the cache {target.parent} is a file, or lies in one; set {CACHE} to a folder"
        raise error_for(-errno.ENOTDIR, "models", reason) from None
    handle, temporary = tempfile.mkstemp(prefix=f".{wanted.file}.", dir=target.parent)
    try:
        with open(handle, "wb") as out:
            _copy(wanted, chunks, source, progress, out.write)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    return target


def _copy(
    wanted: Entry,
    chunks: Iterable[bytes],
    source: str,
    progress: Callable[[int, int], None] | None,
    write: Callable[[bytes], object],
) -> None:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > wanted.bytes:
            break
        digest.update(chunk)
        write(chunk)
        if progress:
            progress(size, wanted.bytes)
    if size != wanted.bytes:
        more = "more than" if size > wanted.bytes else f"{size} bytes, not"
        reason = f"{source} has {more} the {wanted.bytes} bytes of {wanted.file}"
        raise error_for(-errno.EBADMSG, "models", reason)
    if digest.hexdigest() != wanted.sha256:
        reason = f"{source} has sha256 {digest.hexdigest()}, registered is {wanted.sha256}"
        raise error_for(-errno.EBADMSG, "models", reason)
