# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Calls into C: every result is checked, text is converted, objects are lent to C by handle.

``call.vmaf_x(...)`` is ``lib.vmaf_x(...)`` with an int result turned into an
exception when it is not 0, and a ``const char *`` result into ``str`` or None.
"""

from __future__ import annotations

import errno
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeAlias

try:
    from ._vmaf import ffi, lib
except ModuleNotFoundError:
    raise ImportError(
        f"{os.path.dirname(os.path.abspath(__file__))} is pyvmaf's source, which is not built: after 'pip install .' "
        "run Python in another folder, or build it here by 'python setup.py build_ext --inplace'"
    ) from None
from ._paths import get_library
from .errors import VmafTypeError, VmafValueError, error_for

__all__ = [
    "CData",
    "Pinned",
    "call",
    "encoded",
    "enum_value",
    "ffi",
    "lend",
    "lib",
    "nearest",
    "new_dictionary",
    "number",
]
__all__ += ["text", "unsigned"]

CData: TypeAlias = Any


def text(pointer: CData) -> str | None:
    """The ``str`` of a C string; None for NULL."""
    return None if pointer == ffi.NULL else ffi.string(pointer).decode("utf-8", "surrogateescape")


def encoded(value: object) -> bytes:
    """Text or a path as C takes it.

    >>> encoded(None)
    Traceback (most recent call last):
        ...
    pyvmaf.errors.VmafTypeError: None was given, must be text or a path
    """
    try:
        data: str | bytes = os.fspath(value)  # type: ignore[call-overload]
    except TypeError:
        raise VmafTypeError(f"{value!r} was given, must be text or a path") from None
    if isinstance(data, str):
        try:
            data = data.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise VmafValueError(f"text has half of a surrogate pair: {value!r}") from None
    if b"\0" in data:
        raise VmafValueError(f"text must not contain a NUL character: {value!r}")
    return data


# The engine of this package and no other, whatever libvmaf the process has besides.
if reason := text(lib.engine_open(encoded(get_library()))):
    raise ImportError(f"the library of pyvmaf cannot be loaded; install it again: {reason}")


class Pinned:
    """Owns a C resource: it cannot be copied or pickled."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        name = type(self).__name__
        raise VmafTypeError(f"a {name} cannot be copied or pickled; make one where it is needed")


class _Calls:
    """The functions of the library by name, made on first use."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(lib, name)
        result = ffi.typeof(function).result.cname
        is_text = [kind.cname == "char *" for kind in ffi.typeof(function).args]

        def convert(arguments: tuple[object, ...]) -> list[object]:
            pairs = zip(is_text, arguments, strict=True)
            return [encoded(a) if t and not isinstance(a, ffi.CData) else a for t, a in pairs]

        def checked(*arguments: object) -> None:
            lib.pyvmaf_clear_last_message()
            code = function(*convert(arguments))
            if code:
                raise error_for(code, name, text(lib.pyvmaf_last_message()) or "")

        def plain(*arguments: object) -> Any:
            values = convert(arguments)  # the result may point into one of them
            value = function(*values)
            return text(value) if result == "char *" else value

        made = checked if result == "int" else plain
        setattr(self, name, made)
        return made


call = _Calls()


def unsigned(what: str, value: object, bits: int = 32, *, least: int = 0) -> int:
    """`value` as an int that fits an unsigned C integer.

    >>> unsigned("index", -1)
    Traceback (most recent call last):
        ...
    pyvmaf.errors.VmafValueError: index is -1, must be 0 to 4294967295
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise VmafTypeError(f"{what} is {value!r}, must be an integer") from None
    if not least <= number < 1 << bits:
        raise VmafValueError(f"{what} is {number}, must be {least} to {(1 << bits) - 1}")
    return number


def number(what: str, value: object) -> float:
    """`value` as a C double."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise VmafTypeError(f"{what} is {value!r}, must be a number") from None
    except OverflowError:
        raise VmafValueError(f"{what} is beyond the range of a double") from None


def nearest(name: str, names: Iterable[str], *, listed: bool = True) -> str:
    """What to say behind "there is no NAME".

    >>> nearest("vift", ["vif", "adm"])
    '; did you mean "vif"?'
    >>> nearest("x", ["vif", "adm"])
    '; there are: vif, adm'
    >>> nearest("x", ["vif", "adm"], listed=False)
    ''
    """
    from difflib import get_close_matches  # takes a while to load

    known = list(names)
    if close := get_close_matches(name, known, n=3 if listed else 1):
        return "; did you mean " + " or ".join(f'"{n}"' for n in close) + "?"
    return "; there are: " + (", ".join(known) or "none") if listed else ""


def enum_value(kind: Any, what: str, value: object) -> Any:
    """A member of the enum `kind` by itself, its number or its name in any case."""
    if isinstance(value, str):
        member = kind.__members__.get(value.upper().replace("-", "_").replace(" ", "_"))
        if member is not None:
            return member
        raise VmafValueError(f"no {what} {value!r}{nearest(value.lower(), [n.lower() for n in kind.__members__])}")
    try:
        return kind(value)
    except ValueError:
        members = ", ".join(f"{n.lower()} ({m.value})" for n, m in kind.__members__.items())
        raise VmafValueError(f"no {what} {value!r}; there are: {members}") from None


def option_text(name: str, value: object) -> str:
    """An option's value as the engine reads it.

    >>> option_text("debug", True), option_text("gain", 1.5), option_text("model_path", "a.onnx")
    ('true', '1.5', 'a.onnx')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    try:
        if isinstance(value, float) or not hasattr(value, "__index__"):
            return repr(float(value))  # type: ignore[arg-type]
        return str(operator.index(value))
    except (TypeError, ValueError):
        raise VmafTypeError(f"option {name!r} is {value!r}, must be a bool, a number or text") from None


def new_dictionary(options: Mapping[str, object] | None) -> CData:
    """A pointer to a VmafFeatureDictionary pointer, which the caller passes on or frees."""
    pointer = ffi.new("VmafFeatureDictionary **")
    try:
        for key, value in (options or {}).items():
            call.vmaf_feature_dictionary_set(pointer, str(key), option_text(key, value))
    except BaseException:
        lib.vmaf_feature_dictionary_free(pointer)
        raise
    return pointer


# Handles of objects that C holds; a handle keeps its object alive.
_lent: set[CData] = set()


def lend(thing: object) -> CData:
    """A cookie for `on_picture_release`, which keeps `thing` alive until then."""
    cookie = ffi.new_handle(thing)
    _lent.add(cookie)
    return cookie


def take_back(cookie: CData) -> None:
    """Forget a cookie that C does not hold."""
    _lent.discard(cookie)


# The last reference to a wrapped picture went, on any thread. A signal that came
# while C was at work is handled by the first Python code that runs, and cffi can
# only print what a callback raises. A method of a set is no Python code: Ctrl-C
# waits until C has returned, and the cookie goes.
ffi.def_extern(name="on_picture_release")(_lent.remove)


CANCELED = -errno.ECANCELED
