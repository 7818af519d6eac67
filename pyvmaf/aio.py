# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The same for asyncio: the loop is never held up, whatever waits, copies or scores.

>>> import asyncio
>>> import numpy as np
>>> from pyvmaf import aio
>>> ref, dist = np.random.default_rng(0).integers(0, 256, (2, 64, 96), np.uint8)
>>> async def main():
...     async with aio.Stream(n_threads=0) as stream:
...         for _ in range(3):
...             await stream.push(ref, dist, pix_fmt="gray")
...         result = await stream.finish()
...         return [frame.index async for frame in stream], len(result.frames)
>>> asyncio.run(main())
([0, 1, 2], 3)
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from _thread import start_new_thread
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial, wraps
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload
from weakref import finalize

from .enums import PixelFormat
from .errors import VmafOSError, VmafValueError
from .results.result import Result
from .scoring import score as scoring
from .streaming.stream import F, FrameScores, R, StreamOptions
from .streaming.stream import Stream as _Stream

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing from Python 3.11 on

__all__ = ["Stream", "score"]

T = TypeVar("T")
P = ParamSpec("P")
#: Seconds that a canceled `score` is waited for.
PATIENCE = 1.0
#: The loop, the future, and the call whose result it gets.
_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class _Caller:
    """A thread that makes calls, one after the other, for coroutines that await them.

    It is a daemon, unlike those of an executor: a call that waits for ever must not keep the process.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        try:
            start_new_thread(_make_calls, (self._jobs,))
        except RuntimeError:
            raise VmafOSError("no thread can be started", errno.EAGAIN) from None
        self.end = finalize(self, self._jobs.put, None)
        """Call it when there will be no more calls; else the thread ends with the object."""

    def call(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """A future of what `function` returns or raises; cancelling it does not end the call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may ask any more
        self._jobs.put((loop, future, function))
        return future


def _make_calls(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        loop, future, function = job
        result, error = None, None
        try:
            result = function()
        except BaseException as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(_settle, future, result, error)
        del job, future, function, result, error


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):  # which a future does not take
        error = RuntimeError("StopIteration was raised")
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Stream(Generic[F, R]):
    """:class:`pyvmaf.Stream` for coroutines; arguments, numbers, memory and errors are the same.

    ``async with`` opens it, which loads the models; at its end it finishes the stream and raises
    what went wrong; left by an exception, such as the cancellation of the task, it cancels the
    stream. Any tasks of one loop may push and take.

    What waits, copies pictures or looks at scores does so on two threads of the stream's own.
    """

    @overload
    def __init__(
        self: Stream[FrameScores, Result], *, streams: None = None, **options: Unpack[StreamOptions]
    ) -> None: ...
    @overload
    def __init__(
        self: Stream[tuple[FrameScores, ...], tuple[Result, ...]], *, streams: int, **options: Unpack[StreamOptions]
    ) -> None: ...
    def __init__(self, **options: Any) -> None:
        self._open: Callable[[], Any] = partial(_Stream, **options)
        self._opened: _Stream[F, R] | None = None
        self._coming: asyncio.Future[F | None] | None = None
        self._turn = asyncio.Lock()

    @property
    def _stream(self) -> _Stream[F, R]:
        if self._opened is None:
            raise VmafValueError("the stream is not open; use it within `async with`")
        return self._opened

    async def __aenter__(self) -> Stream[F, R]:
        if self._opened is not None:
            raise VmafValueError("the stream was opened before; make another one")
        self._in, self._out = _Caller(), _Caller()
        self._opened = await self._in.call(self._open)
        return self

    async def push(
        self,
        ref: Any,
        dist: Any,
        *,
        block: bool = True,
        timeout: float | None = None,
        bpc: int | None = None,
        pix_fmt: PixelFormat | int | str | None = None,
        borrow: bool = False,
        halo: bool = False,
    ) -> None:
        """See :meth:`pyvmaf.Stream.push`.

        Pictures must not change until it returns. A task that is canceled meanwhile cancels the
        stream, as nobody would know whether the frame was taken; to give up and try
        again, use `timeout`.
        """
        stream = self._stream
        options: dict[str, Any] = {"block": block, "timeout": timeout, "bpc": bpc, "pix_fmt": pix_fmt}
        await self._or_cancel(partial(stream.push, ref, dist, **options, borrow=borrow, halo=halo))

    async def _or_cancel(self, function: Callable[[], T]) -> T:
        """What a call returns; a task that does not wait for it cancels the stream."""
        try:
            return await self._in.call(function)
        except asyncio.CancelledError:
            self._stream._feed.cancel()
            raise

    async def finish(self) -> R:
        """See :meth:`pyvmaf.Stream.finish`. A task that is canceled may ask again."""
        return await self._in.call(self._stream.finish)

    async def cancel(self) -> None:
        """See :meth:`pyvmaf.Stream.cancel`."""
        self._stream._feed.cancel()
        await self._in.call(self._stream.cancel)

    def __aiter__(self) -> AsyncIterator[F]:
        return self

    async def __anext__(self) -> F:
        """The next frame that has settled; see iteration over a :class:`pyvmaf.Stream`.

        A task that is canceled meanwhile loses no frame: it is given to who asks next.
        """
        stream = self._stream
        async with self._turn:
            if self._coming is None:
                self._coming = self._out.call(partial(stream._take, None))
            try:
                frame = await asyncio.shield(self._coming)
            except asyncio.CancelledError:
                raise  # what comes, or has just come, is the next caller's
            except BaseException:
                self._coming = None
                raise
            self._coming = None
        if frame is None:
            raise StopAsyncIteration
        return frame

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._or_cancel(partial(self._stream.__exit__, None, None, None))
        else:
            await self.cancel()

    def __repr__(self) -> str:
        return repr(self._opened) if self._opened else "<Stream not open>"


class _Abandoned(Exception):
    """Nobody waits for the result any more."""


def _for_coroutines(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`function`, which takes a `progress`, on a thread of its own."""

    @wraps(function)
    async def awaited(*args: P.args, **options: P.kwargs) -> T:
        loop, abandoned = asyncio.get_running_loop(), False
        progress: Any = options.get("progress")

        def tell(frames: int, total: int | None) -> None:
            if abandoned:
                raise _Abandoned
            if progress:
                loop.call_soon_threadsafe(progress, frames, total)

        told: dict[str, Any] = {**options, "progress": tell}
        caller = _Caller()
        call = caller.call(partial(function, *args, **told))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            abandoned = True
            # It ends with the frame, unless the video is a pipe into which nobody writes.
            await asyncio.wait({call}, timeout=PATIENCE)
            raise
        finally:
            caller.end()

    awaited.__doc__ = f"""{(function.__doc__ or "").strip()}

    `progress` is called on the loop. When the task is canceled, scoring ends with the frame at hand.
    """
    return awaited


score = _for_coroutines(scoring.score)
