# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C context behind a :class:`VmafContext`: calls in flight, waiting in slices, closing."""

from __future__ import annotations

import errno
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .._ffi import CData, Pinned, ffi, lib
from ..errors import VmafBusyError, VmafError, VmafValueError
from .rows import Session, is_inside, sessions

#: Milliseconds that a call waits in C before Python looks for Ctrl-C, and for close() in another thread.
_SLICE = 50


class _Engine:
    """The C context and what must live as long; shared with the finalizer."""

    def __init__(self, c: CData) -> None:
        self.c: CData | None = c
        self.key = int(ffi.cast("uintptr_t", c))
        self.session = Session()
        self.calls = 0  # in flight, all threads together
        self.closing = False  # no more calls
        self.changed = threading.Condition()
        self.process = os.getpid()
        sessions[self.key] = self.session

    def check_process(self) -> None:
        if self.process != os.getpid():
            raise VmafValueError(f"context was made in process {self.process}, before a fork; make one in this process")

    def enter(self) -> CData:
        with self.changed:
            if self.c is not None and not self.closing:
                self.calls += 1
                return self.c
        if threading.current_thread().daemon and not threading.main_thread().is_alive():
            # The end of the interpreter closed it. A daemon thread stays here, rather than print a traceback.
            threading.Event().wait()
        raise VmafValueError("context is closed")

    def leave(self) -> None:
        with self.changed:
            self.calls -= 1
            if not self.calls:
                self.changed.notify_all()

    def finish(self) -> None:
        """Refuse further calls, wait for those in flight and for the workers; in slices, so that Ctrl-C is heard."""
        with self.changed:
            self.closing = True
            self.changed.wait_for(lambda: not self.calls)
        while self._is_busy():
            pass

    def _is_busy(self) -> bool:
        """Whether workers are at work still after a slice."""
        with self.changed:
            if (c := self.c) is None:
                return False
            self.calls += 1
        try:
            return bool(lib.pyvmaf_wait_idle(c, _SLICE) == -errno.EAGAIN)
        finally:
            self.leave()

    def close(self) -> None:
        """Refuse further calls, wait for those in flight, and free everything."""
        if self.process != os.getpid():
            # Closing would wait for threads that a fork does not copy, and a lock may be held by another.
            self.c = None
            return
        with self.changed:
            c, self.c = self.c, None
            self.changed.wait_for(lambda: not self.calls)
        if c is not None:
            self.session.callers.add(threading.get_ident())
            lib.vmaf_close(c)
            # The address may be another context's by now.
            if sessions.get(self.key) is self.session:
                del sessions[self.key]


def _finalize(engine: _Engine) -> None:
    """Close what nobody closed. From within one of its own callbacks, by another thread: closing waits for them."""
    if is_inside(engine.session):
        threading.Thread(target=engine.close).start()
    else:
        engine.close()


class Handle(Pinned):
    """Owns a C context; methods of subclasses use it within :meth:`_entered`."""

    def __init__(self, c: CData) -> None:
        self._engine = _Engine(c)
        self._finalizer = weakref.finalize(self, _finalize, self._engine)

    @contextmanager
    def _entered(self) -> Iterator[CData]:
        """The C context, which is not closed meanwhile."""
        engine = self._engine
        engine.check_process()
        if is_inside(engine.session):
            raise VmafBusyError("an extractor must not call the context that it works for")
        c = engine.enter()
        try:
            yield c
        finally:
            engine.leave()

    def _patiently(self, function: Callable[..., int], *arguments: Any, timeout: float | None = None) -> int:
        """Call what waits in C, given milliseconds as its last argument, until it is done or the time is over.

        Returns its result, -EAGAIN for the latter. Between two slices Ctrl-C is heard and the context may be closed.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _SLICE if end is None else max(0, min(_SLICE, math.ceil(1000 * (end - time.monotonic()))))
            with self._entered() as c:
                code = function(c, *arguments, left)
            if code != -errno.EAGAIN or (end is not None and time.monotonic() >= end):
                return code

    def _abandon(self) -> None:
        """Have workers begin no more frames, so that closing waits for those at work only. When closed, nothing."""
        with suppress(VmafError), self._entered() as c:
            lib.pyvmaf_abandon(c)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._engine.c is None or self._engine.closing

    def close(self) -> None:
        """Wait for work in progress and free everything. Twice is fine; any other use afterwards is an error.

        Ctrl-C ends the waiting; what is left is freed by the next :meth:`close`, with the object or at exit.

        Raises what an extractor's ``close()`` raised, when everything is freed.
        """
        if is_inside(self._engine.session):
            raise VmafBusyError("an extractor must not close the context that it works for")
        if self._engine.process == os.getpid():
            self._engine.finish()
        self._finalizer()
        session = self._engine.session
        raised, session.closing = session.closing, None
        if raised is not None:
            raise raised
