# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What an errno value of the engine is in Python.

Every error is a :class:`VmafError` and, where there is one, the builtin that it
means: ``except ValueError`` and ``except VmafError`` both catch a wrong value.
"""

from __future__ import annotations

import errno as _errno
import os


class VmafError(Exception):
    """Something that pyvmaf refused or failed to do.

    Attributes:
        errno: the positive errno value that stands for the cause.
    """

    errno: int | None

    def __init__(self, message: str, errno: int = _errno.EINVAL) -> None:
        super().__init__(message)
        self.errno = errno

    def __reduce__(self) -> tuple[type[VmafError], tuple[str, int | None]]:
        return type(self), (str(self), self.errno)


class VmafValueError(VmafError, ValueError):
    """A name, number, shape or order that is not allowed; the message says what is."""


class VmafKeyError(VmafError, KeyError):
    """A name that a mapping does not have; the message lists those that it has."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError's would be in quotes


class VmafTypeError(VmafError, TypeError):
    """An object of a kind that the call does not take."""


class VmafMemoryError(VmafError, MemoryError):
    """The engine could not allocate memory."""


class VmafBusyError(VmafError, RuntimeError):
    """A context, or a picture of its pool, is in use where the call needs it free."""


class VmafCanceledError(VmafError, RuntimeError):
    """What was asked for will not come: it was canceled."""


class VmafNotSupportedError(VmafError, NotImplementedError):
    """This build or machine cannot do it."""


class VmafOSError(VmafError, OSError):
    """The operating system refused."""


class VmafFileNotFoundError(VmafOSError, FileNotFoundError):
    """A file or folder that does not exist."""


class VmafFileExistsError(VmafOSError, FileExistsError):
    """Something of that name exists already."""


class VmafPermissionError(VmafOSError, PermissionError):
    """A file that may not be read or written."""


class VmafIsADirectoryError(VmafOSError, IsADirectoryError):
    """A folder where a file is needed."""


class VmafNotADirectoryError(VmafOSError, NotADirectoryError):
    """A file where a folder is needed."""


class VmafTimeoutError(VmafOSError, TimeoutError):
    """Nothing happened in the time allowed."""


# The one table. What is not in it is a VmafOSError.
ERRORS: dict[int, type[VmafError]] = {
    _errno.EINVAL: VmafValueError,
    _errno.EDOM: VmafValueError,
    _errno.ERANGE: VmafValueError,
    _errno.EILSEQ: VmafValueError,
    _errno.EBADMSG: VmafValueError,
    _errno.EOVERFLOW: VmafValueError,
    _errno.ENOMEM: VmafMemoryError,
    _errno.EBUSY: VmafBusyError,
    _errno.EDEADLK: VmafBusyError,
    _errno.ECANCELED: VmafBusyError,
    _errno.ENOSYS: VmafNotSupportedError,
    _errno.ENOTSUP: VmafNotSupportedError,
    _errno.ENOENT: VmafFileNotFoundError,
    _errno.EEXIST: VmafFileExistsError,
    _errno.EACCES: VmafPermissionError,
    _errno.EPERM: VmafPermissionError,
    _errno.EISDIR: VmafIsADirectoryError,
    _errno.ENOTDIR: VmafNotADirectoryError,
    _errno.ETIMEDOUT: VmafTimeoutError,
}


def error_for(code: int, what: str, reason: str = "") -> VmafError:
    """The exception for a non-zero result about `what`: a file, a part, or the C function that has it.

    A function's name means nothing to people; it stands only where the engine gives no reason.

    >>> error_for(-2, "vmaf_model_load_from_path", "could not read model from path")
    VmafFileNotFoundError('could not read model from path')
    >>> error_for(-2, "model.json")
    VmafFileNotFoundError('model.json: No such file or directory')
    """
    number = abs(code)
    kind = ERRORS.get(number, VmafOSError)
    if reason and what.startswith(("vmaf_", "pyvmaf_")) and what.isidentifier():
        return kind(reason, number)
    return kind(f"{what}: {reason or os.strerror(number)}", number)
