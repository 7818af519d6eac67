# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files that appear whole or not at all: an older one stays until its successor is on the disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, EIO, EISDIR, ENOENT

from .._ffi import encoded
from ..errors import VmafError, error_for

PathLike = str | os.PathLike[str]


def _error(path: PathLike, error: OSError) -> VmafError:
    return error_for(error.errno or EIO, os.fspath(path), error.strerror or str(error))


def _beside(path: str) -> tuple[str, str]:
    """The file that `path` leads to, links followed, and a name in its folder that nobody has."""
    target = os.path.realpath(path)
    return target, os.path.join(os.path.dirname(target), f".pyvmaf-{secrets.token_hex(8)}")


def _is_special(path: str) -> bool:
    """A device or a pipe, which is written to as it is."""
    return os.path.exists(path) and not os.path.isfile(path)


def _create(temporary: str, target: str) -> int:
    """Open a new file with the permissions of the one that it replaces."""
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with suppress(OSError):
        os.fchmod(handle, os.stat(target).st_mode & 0o777)
    return handle


def check_output(path: PathLike, inputs: Iterable[object] = ()) -> None:
    """Raise if `path` cannot be written, or is one of the files `inputs`; nothing is left behind.

    Raises:
        VmafOSError: there is no such folder, it takes no files, or `path` is a folder.
        VmafValueError: the output would replace an input.
    """
    encoded(path)
    name = os.fspath(path)
    folder = os.path.dirname(name) or "."
    if os.path.isdir(name):
        raise error_for(EISDIR, name)
    if not os.path.isdir(folder):
        raise error_for(ENOENT, name, f"there is no folder {folder}")
    files = [one for one in inputs if isinstance(one, (str, os.PathLike)) and os.path.exists(one)]
    if os.path.isfile(name) and any(os.path.samefile(name, one) for one in files):
        raise error_for(EINVAL, name, "is one of the files that are read; give the output another name")
    try:
        if os.path.exists(name) and not os.access(name, os.W_OK):
            os.close(os.open(name, os.O_WRONLY))  # which says why not
        if not _is_special(name):
            target, temporary = _beside(name)
            os.close(_create(temporary, target))
            os.unlink(temporary)
    except OSError as error:
        raise _error(name, error) from None


@contextmanager
def replacing(path: PathLike) -> Iterator[str]:
    """The name to write a file under that takes the place of `path` at the end of the block.

    Whatever goes wrong, what was at `path` stays as it was.

    Raises:
        VmafOSError: the file cannot be made, written or renamed.
    """
    encoded(path)
    name = os.fspath(path)
    if _is_special(name):
        try:
            yield name
        except VmafError:
            raise
        except OSError as error:
            raise _error(name, error) from None
        return
    target, temporary = _beside(name)
    try:
        os.close(_create(temporary, target))
        try:
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except VmafError as error:
        # It names the file that nobody asked for.
        raise type(error)(str(error).replace(temporary, name), error.errno or EIO) from None
    except OSError as error:
        raise _error(name, error) from None
