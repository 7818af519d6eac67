# SPDX-License-Identifier: BSD-2-Clause-Patent
"""An iterator's items, made by a thread ahead of the caller."""

from __future__ import annotations

import errno
import time
from _thread import start_new_thread
from collections.abc import Generator, Iterator
from threading import Lock
from typing import Generic, TypeVar
from weakref import ref

from ..errors import VmafMemoryError, VmafOSError

T = TypeVar("T")

SLICE = 0.1  # seconds between two looks at whether the other thread is still there
PATIENCE = 1.0  # seconds that an end waits for the item that is being made; then the thread ends by itself
LIMIT = "the limit of memory or of processes is reached (ulimit -v, ulimit -u)"


class _Alive:
    """Held by the thread alone: gone when it is gone, however it ended."""


class _Place(Generic[T]):
    """Room for one item between two threads.

    All that it takes is allocated when it is made: a thread that runs out of memory can still say so.
    """

    def __init__(self) -> None:
        self.item: T | None = None
        self.error: BaseException | None = None
        self.over = self.unwanted = False
        self.room, self.ready, self.done = Lock(), Lock(), Lock()
        self.ready.acquire()
        self.done.acquire()

    def fill(self, items: Iterator[T], alive: _Alive) -> None:
        """Hand over each item and how they ended; the thread's whole work."""
        try:
            for item in items:
                if not self._wait_for_room():
                    return
                self.item = item
                del item
                self.ready.release()
        except BaseException as error:  # raised by `take` in the caller
            self.error = error
        finally:
            if self._wait_for_room():
                self.over = True
                self.ready.release()
            self.done.release()

    def _wait_for_room(self) -> bool:
        while not self.unwanted:
            if self.room.acquire(timeout=SLICE):
                return not self.unwanted
        return False

    def take(self, alive: ref[_Alive]) -> T | None:
        """The next item; None at the end."""
        while not self.ready.acquire(timeout=SLICE):
            # It may have handed something over before it went.
            if alive() is None and not self.ready.acquire(blocking=False):
                raise VmafMemoryError(f"the thread that reads ended without a word: {LIMIT}", errno.ENOMEM)
        if self.over:
            error, self.error = self.error, None
            if error is None:
                return None
            try:
                raise error
            finally:
                del error  # it knows this frame
        item, self.item = self.item, None
        self.room.release()
        return item

    def leave(self, alive: ref[_Alive]) -> None:
        """Want no more, and wait a little for the item that is being made."""
        self.unwanted = True
        end = time.monotonic() + PATIENCE
        while alive() is not None and (left := end - time.monotonic()) > 0:
            if self.done.acquire(timeout=min(left, SLICE)):
                return


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Items in order, while a thread makes the next ones: one waits, one is in the thread's hands.

    The thread is a daemon, as a read from a pipe that never ends must not keep the process.

    Raises:
        VmafOSError: it cannot be started.
        VmafMemoryError: it ended for want of memory.

    What `items` raises comes out when the items before have been taken.
    """
    place: _Place[T] = _Place()
    token = _Alive()
    alive = ref(token)
    # Not a threading.Thread: its start() waits for ever for a thread that has no memory to say that it runs.
    try:
        start_new_thread(place.fill, (items, token))
    except RuntimeError:
        raise VmafOSError(f"no thread can be started to read the videos: {LIMIT}", errno.EAGAIN) from None
    del items, token
    try:
        while (item := place.take(alive)) is not None:
            yield item
            del item
    finally:
        place.leave(alive)
