# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames pushed as they come into being, scores taken as they become final.

>>> import numpy as np
>>> import pyvmaf
>>> ref, dist = np.random.default_rng(0).integers(0, 256, (2, 64, 96), np.uint8)
>>> with pyvmaf.Stream(n_threads=0) as stream:
...     for _ in range(3):
...         stream.push(ref, dist, pix_fmt="gray")
...     result = stream.finish()
>>> [frame.index for frame in stream], len(result.frames)
([0, 1, 2], 3)
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, cast, overload

from .._ffi import Pinned, number, unsigned
from ..engine.context import Model, VmafContext
from ..enums import PixelFormat
from ..errors import VmafTimeoutError, VmafTypeError, VmafValueError
from ..pictures.picture import VmafPicture, as_picture, reference
from ..results.result import ALIAS, Named, Result, count, model_column, predict
from ..scoring.plan import AUTO, Feature, Path, Plan
from ..scoring.score import default_threads
from ..scoring.wanted import load_models, register
from .feed import PUSHED, Feed, State, StreamError, Task

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing from Python 3.11 on

__all__ = ["FrameScores", "Stream", "StreamError"]

#: Pairs that may wait to be scored.
QUEUE = 4
#: Distorted streams that one reference may serve.
MOST_STREAMS = 16


@dataclass(frozen=True)
class FrameScores:
    """What was found out about one frame; final.

    Attributes:
        index: of the frame.
        scores: of every feature and model by the name of its column in :class:`Result`, to
            the bit; a column without a value for this frame is left out. "vmaf" is an
            alias of the first model's.
        models: those of the models alone, in the order in which they were asked for.
    """

    index: int
    scores: Mapping[str, float]
    models: Mapping[str, float]

    @property
    def score(self) -> float:
        """What the first model says.

        Raises:
            VmafValueError: no model was used.
        """
        for value in self.models.values():
            return value
        raise VmafValueError("no model was used, so there is no score; see `scores`")


#: What iteration gives, and what `finish` does.
F = TypeVar("F")
R = TypeVar("R")


class StreamOptions(TypedDict, total=False):
    """What a stream of one distorted video and one of several take alike."""

    model: str | Path | Model | Sequence[str | Path | Model] | None
    features: Iterable[Feature]
    n_threads: int | None
    queue: int
    subsample: int
    cpumask: int
    first: int


class Stream(Pinned, Generic[F, R]):
    """A measurement of frames that come one by one, from one thread to another or within one.

    Pairs are pushed, scored on threads of the stream's own, and handed out by iteration
    as soon as nothing can change their scores: a frame of v0.6.1 when the next one was
    scored, with the five-frame window of v1's high-frame-rate models two frames later,
    features of a single frame at once. Every number is that of :func:`pyvmaf.score`.

    ``with`` finishes the stream at its end and raises what went wrong; left by an
    exception, it cancels the stream.

    Memory: at most `queue` pairs wait, and the engine holds as many as it has threads,
    twice, and two references. Pictures are let go when they were scored, whether or not
    anybody takes the scores, so a slow consumer, or none, holds nothing up; what is kept
    for :meth:`finish` is 9 bytes a column and frame. For a stream without an end, begin a
    new one every hour.

    Args:
        model: as of :func:`pyvmaf.score`, but for "auto": see :func:`pyvmaf.choose_model`.
        features: likewise.
        n_threads: worker threads besides the stream's own; None: one for each processor.
        queue: how many pairs may wait to be scored.
        subsample: score each n-th frame.
        cpumask: instruction sets not to use.
        first: index of the first pair that is pushed.
        streams: how many distorted streams there are, 1 to 16, each scored as if alone;
            iteration then gives a tuple of :class:`FrameScores`, and :meth:`finish` one of results;
            what depends on the reference alone is computed once.
            None: one, without tuples.

    Raises:
        VmafError: a model or feature cannot be used, or an argument is out of range.

    Methods may be called from any thread at any time.

    Attributes:
        halo: how many frames before and after a range the models and features look at, where
            there are so many; None before: all. A stream of the middle of a video has the
            numbers of the whole one when so many are pushed with ``halo=True``.
    """

    @overload
    def __init__(
        self: Stream[FrameScores, Result], *, streams: None = None, **options: Unpack[StreamOptions]
    ) -> None: ...
    @overload
    def __init__(
        self: Stream[tuple[FrameScores, ...], tuple[Result, ...]], *, streams: int, **options: Unpack[StreamOptions]
    ) -> None: ...
    def __init__(
        self,
        *,
        model: str | Path | Model | Sequence[str | Path | Model] | None = "vmaf_v0.6.1",
        features: Iterable[Feature] = (),
        n_threads: int | None = None,
        queue: int = QUEUE,
        subsample: int = 1,
        cpumask: int = 0,
        first: int = 0,
        streams: int | None = None,
    ) -> None:
        plan = Plan.make(PUSHED, PUSHED, model=model, features=features, subsample=subsample)
        if AUTO in plan.models:
            raise VmafValueError(
                'model is "auto", but a stream has no file that tells its frame rate; '
                "use pyvmaf.choose_model(width, height, frame_rate).model"
            )
        self._many = streams is not None
        lanes = 1 if streams is None else unsigned("streams", streams, least=1)
        if lanes > MOST_STREAMS:
            raise VmafValueError(f"streams is {streams}, must be 1 to {MOST_STREAMS}")
        size, begin = unsigned("queue", queue, least=1), unsigned("first", first)
        models = load_models(plan)
        threads = default_threads() if n_threads is None else n_threads
        contexts: list[VmafContext] = []
        try:
            for i in range(lanes):  # the first one's threads work for all
                contexts.append(VmafContext(n_threads=0 if i else threads, n_subsample=plan.subsample, cpumask=cpumask))
                register(contexts[-1], models, plan.features)
            self.halo = contexts[0].halo
            self._feed = Feed(Task(contexts, models, begin, plan.subsample), size)
        except BaseException:
            for context in contexts:
                context.close()
            raise
        self._names = tuple(map(model_column, models))
        self._finalizer = weakref.finalize(self, Feed.leave, self._feed)
        self._taking = threading.Lock()
        self._taken = 0  # frames that were handed out
        self._settled = [begin] * lanes  # one past the last that is known to have settled, of each context

    # Frames in.

    def push(
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
        """Queue one frame, in the order of the calls.

        Pictures are what :meth:`VmafContext.read_pictures` takes. Arrays are copied, unless they
        are read-only or `borrow` is given; such memory, and that of a :class:`VmafPicture` or a
        frame, must not change until :meth:`finish` or :meth:`cancel` has returned.

        Args:
            ref: the reference.
            dist: the distorted picture; with `streams`, a sequence of as many.
            block: wait while the queue is full.
            timeout: seconds to wait; None: for ever.
            bpc: bits per component of arrays; needed for uint16.
            pix_fmt: of arrays; None: what the shapes say; likewise.
            borrow: promise that arrays do not change.
            halo: the frame is a neighbour of those that are scored, before the first or after the
                last; see `halo` of the class.

        Raises:
            VmafBusyError: the queue is full, and `block` is False.
            VmafTimeoutError: it still is, after the time.
            VmafValueError: the stream was finished, or the pictures differ from each other or
                from those before. Of the latter the stream takes no notice.
            VmafTypeError: not a picture.
            VmafCanceledError: the stream was canceled.
            StreamError: an earlier frame could not be scored.
        """
        self._feed.check()
        end = _end(block, timeout)
        self._feed.wait_for_room(end)
        dists = self._checked_dists(dist)
        pictures = [_owned("reference", ref, bpc, pix_fmt, borrow)]
        pictures += [_owned("distorted", one, bpc, pix_fmt, borrow) for one in dists]
        self._feed.put(tuple(pictures), end, halo=halo)

    def _checked_dists(self, dist: Any) -> Sequence[Any]:
        if not self._many:
            return (dist,)
        lanes = len(self._feed.task.contexts)
        if not isinstance(dist, Sequence) or isinstance(dist, (str, bytes)):
            raise VmafTypeError(f"distorted: a sequence of {lanes} pictures is needed, not {type(dist).__name__}")
        if len(dist) != lanes:
            raise VmafValueError(f"distorted: {len(dist)} pictures were given for {lanes} streams")
        return dist

    def finish(self) -> R:
        """No more frames: wait for those that were pushed. May be called again, for the same.

        Returns:
            The result, equal in every bit to that of :func:`pyvmaf.score` for the same
            frames; with `streams`, a tuple of them. It has no `part`: nothing tells whether two
            streams saw parts of the same videos, so they are not merged.

        Raises:
            VmafValueError: nothing was pushed.
            VmafCanceledError: the stream was canceled.
            StreamError: a frame could not be scored; it has the results of those before.
        """
        feed = self._feed
        feed.check()
        feed.end()
        feed.raise_failure()
        if not feed.scored:
            raise VmafValueError("the stream is finished, but nothing was pushed")
        assert feed.results is not None
        return cast(R, feed.results if self._many else feed.results[0])

    def cancel(self) -> None:
        """Drop what waits, and return when the frames that are being scored are done. Twice is fine.

        Afterwards pictures are let go, threads have ended, and every call raises
        :class:`VmafCanceledError`. A finished stream stays finished.
        """
        if not self._feed.is_of_a_parent:
            self._feed.check()
            self._feed.cancel()
            self._feed.wait()

    # Scores out.

    def __iter__(self) -> Iterator[F]:
        """Frames in order, each once, as they settle; ends when the stream is finished and no more come.

        Several consumers share the frames: each goes to one of them. One that stops early holds
        nothing up; the next loop goes on where it stopped.

        Raises:
            VmafCanceledError: the stream was canceled.
            StreamError: the next frame could not be scored.
        """
        while (frame := self._take(None)) is not None:
            yield frame

    def ready(self) -> Iterator[F]:
        """The frames that iteration would give without waiting: for a loop that pushes and looks.

        Raises what iteration raises.
        """
        try:
            while (frame := self._take(0.0)) is not None:
                yield frame
        except VmafTimeoutError:
            return

    def _take(self, timeout: float | None) -> F | None:
        """The next frame; None at the end. With a timeout of 0 it does not wait for another consumer either."""
        if not self._taking.acquire(blocking=timeout != 0):
            raise VmafTimeoutError("another consumer waits for the next frame")
        try:
            self._feed.check()
            scores = self._scores(timeout)
            if scores is None:
                return None
            frames = tuple(map(self._frame, scores))
            self._taken += 1
            return cast(F, frames if self._many else frames[0])
        finally:
            self._taking.release()

    def _index(self) -> int:
        """Of the next frame, as soon as any to score was pushed."""
        step, begin = self._feed.task.subsample, self._feed.begin
        return -1 if begin is None else (-(-begin // step) + self._taken) * step

    def _frame(self, scores: Mapping[str, float]) -> FrameScores:
        alias = {ALIAS: self._names[0]} if self._names else {}
        models = {name: scores[name] for name in self._names if name in scores}
        return FrameScores(self._index(), Named(scores, alias), Named(models, alias))

    def _scores(self, timeout: float | None) -> list[dict[str, float]] | None:
        """Of the next frame: from the contexts while they are at work, then from the results."""
        feed = self._feed
        while not feed.over:
            try:
                has_settled = self._has_settled(timeout)
                feed.check_canceled()
                if has_settled:
                    return [self._scores_now(context) for context in feed.task.contexts]
            except VmafValueError:
                if feed.settles:
                    raise
                # The context was closed, as it is over.
            if not feed.wait(timeout):
                raise VmafTimeoutError("the next frame is not settled")
        return self._scores_then()

    def _has_settled(self, timeout: float | None) -> bool:
        """Wait for the next frame to settle in every context; whether it did before the end came near."""
        for i, context in enumerate(self._feed.task.contexts):
            while self._settled[i] <= self._index() or self._index() < 0:
                index = context.next_settled(timeout)
                failed = context.failed_frame
                if index is None or not self._feed.settles or (failed is not None and failed <= index):
                    return False
                self._settled[i] = index + 1
        return self._feed.settles

    def _scores_now(self, context: VmafContext) -> dict[str, float]:
        index = self._index()
        for model in self._feed.task.models:
            predict(context, model, range(index, index + 1))
        return context.scores_at(index)

    def _scores_then(self) -> list[dict[str, float]] | None:
        feed, row = self._feed, self._taken
        feed.check_canceled()
        if feed.results and row < min(len(result.frames) for result in feed.results):
            rows = [{name: float(column[row]) for name, column in result.items()} for result in feed.results]
            return [{name: value for name, value in one.items() if not math.isnan(value)} for one in rows]
        feed.raise_failure()
        return None

    # The end.

    def __enter__(self) -> Stream[F, R]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        feed = self._feed
        if kind is not None or not feed.scored:
            self.cancel()
        elif feed.state is State.OPEN:
            self.finish()

    def __repr__(self) -> str:
        state = "over" if self._feed.over else self._feed.state.name.lower()
        return f"<Stream {state}, {count(self._feed.scored, 'frame')} pushed>"


def _end(block: bool, timeout: float | None) -> float | None:
    """When to give up waiting, of the monotonic clock; 0: at once; None: never."""
    if not block:
        return 0.0
    if timeout is None:
        return None
    return time.monotonic() + max(0.0, min(number("timeout", timeout), threading.TIMEOUT_MAX / 2))


def _owned(side: str, source: Any, bpc: int | None, pix_fmt: Any, borrow: bool) -> VmafPicture:
    """A picture that lasts, whatever becomes of the object that was given."""
    picture = as_picture(side, source, bpc, pix_fmt, borrow=borrow)
    return VmafPicture._of(reference(picture._open)) if picture is source else picture
