# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Classes as rows of the engine's table of extractors, and what C calls of them.

A class becomes a PyvmafExtractor row whose `user` is a handle. The state of an
instance starts with its key in `_instances`; option values follow. An exception
is kept in the session of the context at work, C gets -ECANCELED, and the
context raises the original when the outer call returns.
"""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any, ClassVar

from .._ffi import CANCELED, CData, call, ffi, lib, nearest, number, text, unsigned
from ..enums import PixelFormat
from ..errors import VmafTypeError, VmafValueError
from ..pictures.picture import VmafPicture
from .extractor import Earlier, FeatureExtractor, Option, extractors

# How a state holds each type of option, and the place that one value takes.
_C_TYPE = {bool: "bool", int: "int", float: "double", str: "const char *"}
_C_ENUM = {
    bool: lib.PYVMAF_OPTION_BOOL,
    int: lib.PYVMAF_OPTION_INT,
    float: lib.PYVMAF_OPTION_DOUBLE,
    str: lib.PYVMAF_OPTION_STRING,
}
_SLOT = 8
#: Of frames before a range.
ALL = (1 << 32) - 1


class Session:
    """What the callbacks of one context share: who is inside, what was raised, what is made once."""

    #: Raised before a callback's first line: Ctrl-C that came while C was at work. The thread that gets it is the
    #: one whose call is under way, so that call's context takes it.
    strays: ClassVar[list[BaseException]] = []

    def __init__(self) -> None:
        self.callers: set[int] = set()  # threads within a call that runs extractors
        self._raised: list[tuple[int, BaseException]] = []
        self.closing: BaseException | None = None  # the first that an extractor's close() raised
        self._instances = 0
        self._shared: dict[object, Any] = {}
        self._sharing = threading.Lock()

    def share(self, key: object, make: Callable[[], Any]) -> Any:
        """The one thing of that key; others wait while it is being made."""
        with self._sharing:
            if key not in self._shared:
                self._shared[key] = make()
            return self._shared[key]

    def count(self, change: int) -> int:
        """Count instances at work; dropping to zero releases what was shared."""
        self._instances += change
        if not self._instances:
            self._shared.clear()
        return self._instances

    def stash(self, error: BaseException, name: str, index: int | None) -> None:
        """Keep an exception of a callback until the outer call can raise it."""
        if threading.get_ident() not in self.callers and index is not None and hasattr(error, "add_note"):
            error.add_note(f"raised by feature extractor {name!r} on a worker thread at frame {index}")
        self._raised.append((-1 if index is None else index, error))

    def take(self) -> BaseException | None:
        """The exception of the earliest frame that has not been raised yet."""
        if self.strays:
            return self.strays.pop()
        if not self._raised:
            return None
        earliest = min(self._raised, key=lambda entry: entry[0])
        self._raised.remove(earliest)
        return earliest[1]


#: Sessions by the address of their context. A context that was made in C gets
#: one when an extractor starts in it, for as long as there are instances.
sessions: dict[int, Session] = {}
_foreign: set[int] = set()
_sessions_lock = threading.Lock()


def _enter(address: int) -> Session:
    with _sessions_lock:
        if address not in sessions:
            sessions[address] = Session()
            _foreign.add(address)
        sessions[address].count(1)
        return sessions[address]


def _leave(session: Session) -> None:
    with _sessions_lock:
        if session.count(-1) == 0:
            for address in [a for a in _foreign if sessions[a] is session]:
                _foreign.remove(address)
                del sessions[address]


_active = threading.local()


def is_inside(session: Session) -> bool:
    """Is this thread within a callback of that session's context?"""
    return session in getattr(_active, "sessions", ())


class Row:
    """A class as a row of the engine's table."""

    def __init__(self, cls: type[FeatureExtractor]) -> None:
        self.cls = cls
        self.handle = ffi.new_handle(self)
        self._texts: list[CData] = []
        self.features = ffi.new("const char *[]", [*map(self._text, cls.features), ffi.NULL])
        self.options = ffi.new("PyvmafOption[]", len(cls.options) + 1)
        for i, option in enumerate(cls.options):
            self._fill(self.options[i], option, offset_of(i))
        self.c = ffi.new(
            "PyvmafExtractor *",
            {
                "name": self._text(cls.name),
                "help": self._text((cls.__doc__ or "").strip().partition("\n")[0]),
                "needs": _needs(cls),
                "features": self.features,
                "options": self.options,
                "state_size": offset_of(len(cls.options)),
                "user": self.handle,
                "init": lib.on_extractor_init,
                "extract": lib.on_extractor_extract,
                "settle": lib.on_extractor_settle if _settles(cls) else ffi.NULL,
                "close": lib.on_extractor_close,
            },
        )

    def _text(self, value: str | None) -> CData:
        if value is None:
            return ffi.NULL
        self._texts.append(ffi.new("char[]", value.encode()))
        return self._texts[-1]

    def _fill(self, c: CData, option: Option, offset: int) -> None:
        c.name, c.alias, c.help = map(self._text, (option.name, option.alias, option.help))
        c.type, c.offset = _C_ENUM[option.type], offset
        c.min, c.max = option.lowest, option.highest
        c.flags = lib.PYVMAF_OPTION_FEATURE_PARAM * option.feature_param
        if isinstance(option.default, (bool, int, float)):
            c.default_number = float(option.default)
        else:
            c.default_text = self._text(option.default)


def _needs(cls: type[FeatureExtractor]) -> dict[str, object]:
    back = (ALL if cls.temporal else 0) if cls.look_back is None else cls.look_back
    return {
        "every_frame": bool(cls.temporal or cls.every_frame),
        "in_order": bool(cls.temporal),
        "earlier_ref": cls.earlier_ref,
        "earlier_dist": cls.earlier_dist,
        "look_ahead": cls.look_ahead,
        "look_back": back,
    }


def _settles(cls: type[FeatureExtractor]) -> bool:
    return cls.settle is not FeatureExtractor.settle or cls.flush is not FeatureExtractor.flush


def offset_of(option: int) -> int:
    """Of an option's value in a state, behind the key."""
    return _SLOT * (option + 1)


# Registered rows by name, and those that were and that contexts, of C code too, may still use.
_rows: dict[str, Row] = {}
_leaving: list[Row] = []
_rows_lock = threading.Lock()


def check_class(cls: type[FeatureExtractor]) -> None:
    """Raise for a class that cannot be an extractor."""
    if not (inspect.isclass(cls) and issubclass(cls, FeatureExtractor)):
        raise VmafTypeError(f"{cls!r} is no subclass of FeatureExtractor")
    name = getattr(cls, "name", None)
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name, re.ASCII):
        raise VmafValueError(f"{cls.__name__}.name is {name!r}, must be letters, digits, '_', '-' and '.'")
    if cls.extract is FeatureExtractor.extract:
        raise VmafTypeError(f"{cls.__name__} must define extract()")
    if isinstance(cls.features, str) or not all(isinstance(f, str) and f and "\0" not in f for f in cls.features):
        raise VmafTypeError(f"{cls.__name__}.features is {cls.features!r}, must be names")
    for option in cls.options:
        if not isinstance(option, Option):
            raise VmafTypeError(f"{cls.__name__}.options has {option!r}, must be Option(...)")
        if not option.name.isidentifier() or hasattr(cls, option.name):
            raise VmafValueError(f"{cls.__name__} cannot have an option named {option.name!r}: it is an attribute")
    names = [o.name for o in cls.options]
    if len(set(names)) < len(names):
        raise VmafValueError(f"{cls.__name__}.options has two of one name: {', '.join(names)}")


def register(cls: type[FeatureExtractor]) -> None:
    """Make `cls` known to every context of the process. Thread-safe.

    Raises:
        VmafTypeError: no subclass of :class:`FeatureExtractor`, or malformed.
        VmafValueError: a name that is malformed or known already.
    """
    check_class(cls)
    row = Row(cls)
    with _rows_lock:
        if any(e.name == cls.name for e in extractors()):
            raise VmafValueError(f"there is a feature extractor {cls.name!r} already; unregister() it, or rename yours")
        call.pyvmaf_register_extractor(row.c)
        _rows[cls.name] = row


def unregister(extractor: type[FeatureExtractor] | str) -> None:
    """Forget a registered class; contexts that use it keep doing so.

    Raises:
        VmafValueError: it is not registered, or built in.
    """
    name = extractor if isinstance(extractor, str) else extractor.name
    with _rows_lock:
        if name not in _rows:
            raise VmafValueError(f"feature extractor {name!r} was not registered{nearest(name, _rows)}")
        _leaving[:] = [row for row in _leaving if lib.pyvmaf_extractor_users(row.c)]
        call.pyvmaf_unregister_extractor(name)
        _leaving.append(_rows.pop(name))


def check_row(name: str, options: Mapping[str, object]) -> None:
    """Have an extractor that is written in Python look at the options that are asked of it."""
    with _rows_lock:
        row = _rows.get(name)
    if row:
        row.cls.check(options)


class Instance:
    """An extractor at work in one context."""

    def __init__(self, row: Row, session: Session) -> None:
        self.row, self.session = row, session
        self.extractor: FeatureExtractor

    @contextmanager
    def active(self, scores: CData | None = None) -> Iterator[None]:
        """Mark this thread as working for the context, and lend the scores."""
        stack: list[Session] = _active.__dict__.setdefault("sessions", [])
        stack.append(self.session)
        try:
            if scores is not None:
                self.extractor._scores = scores
            yield
        finally:
            if scores is not None:
                self.extractor._scores = None
            stack.pop()

    def failed(self, error: BaseException, index: int | None = None) -> int:
        """Stash the exception and log it as the reason; returns the code for C."""
        self.session.stash(error, self.row.cls.name, index)
        reason = f'feature extractor "{self.row.cls.name}": {type(error).__name__}: {error}'
        lib.pyvmaf_extractor_log(lib.VMAF_LOG_LEVEL_ERROR, reason.encode("utf-8", "backslashreplace"))
        return CANCELED


_instances: dict[int, Instance] = {}
_keys = count(1)


def _key(state: CData) -> CData:
    return ffi.cast("uint64_t *", state)


def _read_option(state: CData, option: Option, offset: int) -> object:
    value = ffi.cast(_C_TYPE[option.type] + "*", ffi.cast("char *", state) + offset)[0]
    return text(value) if option.type is str else value


def _earlier(extractor: FeatureExtractor, frame: CData) -> tuple[Earlier, ...]:
    """The frames read before, as many as were asked for and are there."""
    found = []
    for k in range(max(extractor.earlier_ref, extractor.earlier_dist)):
        sides = [None if p == ffi.NULL else VmafPicture._lent(p) for p in (frame.earlier[k].ref, frame.earlier[k].dist)]
        if sides == [None, None]:
            break
        found.append(Earlier(frame.earlier[k].index, *sides))
    return tuple(found)


def _publish_all(scores: CData, values: Iterable[tuple[object, object, int | None]]) -> None:
    """Every (name, value, index); one that is refused does not keep the others from being written."""
    refused = None
    for name, value, index in values:
        try:
            _publish(scores, name, value, index)
        except VmafValueError as error:
            refused = refused or error
    if refused:
        raise refused


def _publish(scores: CData, name: object, value: object, index: int | None) -> None:
    if not isinstance(name, str):
        raise VmafTypeError(f"a feature is named {name!r}, must be str")
    score = number(f"feature {name!r}", value)
    if index is None:
        call.pyvmaf_scores_aggregate(scores, name, score)
    else:
        call.pyvmaf_scores_append(scores, name, score, unsigned(f"index of feature {name!r}", index))


def _settled(found: Mapping[object, object]) -> Iterator[tuple[object, object, int | None]]:
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from ((name, number, index) for index, number in value.items())
        else:
            yield name, value, None


def _interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
    """For cffi: the callback did not get to its own handling of exceptions."""
    Session.strays.append(error)


def _closing_interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
    """Likewise; the instance is closed all the same."""
    state = trace.tb_frame.f_locals["state"]
    session = _instances[_key(state)[0]].session
    session.closing = session.closing or error
    on_extractor_close(state)


@ffi.def_extern(error=CANCELED, onerror=_interrupted)  # type: ignore[untyped-decorator,unused-ignore]
def on_extractor_init(state: CData, init: CData) -> int:
    """Make an instance of the class for a context."""
    row: Row = ffi.from_handle(init.user)
    instance = Instance(row, _enter(int(ffi.cast("uintptr_t", init.context))))
    try:
        with instance.active():
            extractor = row.cls()
            extractor._session, extractor.n_threads = instance.session, init.n_threads
            for i, option in enumerate(row.cls.options):
                setattr(extractor, option.name, _read_option(state, option, offset_of(i)))
            extractor.init(init.w, init.h, init.bpc, PixelFormat(init.pix_fmt))
        instance.extractor = extractor
        key = next(_keys)
        _instances[key] = instance
        _key(state)[0] = key
        return 0
    except BaseException as error:
        _leave(instance.session)
        return instance.failed(error)


@ffi.def_extern(error=CANCELED, onerror=_interrupted)  # type: ignore[untyped-decorator,unused-ignore]
def on_extractor_extract(state: CData, frame: CData, scores: CData) -> int:
    """Score a frame, and publish what the class returned."""
    instance = _instances[_key(state)[0]]
    index: int = frame.index
    try:
        with instance.active(scores):
            extractor = instance.extractor
            extractor.earlier, extractor.halo = _earlier(extractor, frame), bool(frame.halo)
            try:
                found: Any = extractor.extract(VmafPicture._lent(frame.ref), VmafPicture._lent(frame.dist), index)
            finally:
                extractor.earlier = ()
            if not isinstance(found, Mapping):
                raise VmafTypeError(f"{type(extractor).__name__}.extract() returned {found!r}, must be a mapping")
            _publish_all(scores, ((name, value, index) for name, value in found.items()))
        return 0
    except BaseException as error:
        return instance.failed(error, index)


@ffi.def_extern(error=CANCELED, onerror=_interrupted)  # type: ignore[untyped-decorator,unused-ignore]
def on_extractor_settle(state: CData, span: CData, scores: CData) -> int:
    """Hand over frames that have completed, and publish what the class returned."""
    instance = _instances[_key(state)[0]]
    try:
        with instance.active(scores):
            extractor = instance.extractor
            method = "settle" if type(extractor).settle is not FeatureExtractor.settle else "flush"
            found: Any = extractor.settle(range(span.begin, span.end), bool(span.last))
            if found is not None and not isinstance(found, Mapping):
                raise VmafTypeError(
                    f"{type(extractor).__name__}.{method}() returned {found!r}, must be a mapping or None"
                )
            _publish_all(scores, _settled(found or {}))
        return 0
    except BaseException as error:
        return instance.failed(error)


@ffi.def_extern(error=CANCELED, onerror=_closing_interrupted)  # type: ignore[untyped-decorator,unused-ignore]
def on_extractor_close(state: CData) -> int:
    """End an instance; what it raises is kept for the context to raise."""
    instance = _instances.pop(_key(state)[0])
    try:
        with instance.active():
            instance.extractor.close()
        return 0
    except BaseException as error:
        instance.session.closing = instance.session.closing or error
        return CANCELED
    finally:
        _leave(instance.session)
