# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The engine: pictures in, features and scores out, with libvmaf's verbs."""

from __future__ import annotations

import errno
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from ._ffi import CData, Pinned, call, encoded, enum_value, ffi, lib, new_dictionary, number, text, unsigned
from ._rows import ALL, Row, Session, current_rows, is_inside, sessions
from .enums import LogLevel, OutputFormat, PixelFormat, PoolingMethod
from .errors import VmafBusyError, VmafTimeoutError, VmafTypeError, VmafValueError, error_for
from .extractor import check_options
from .model import VmafModel, VmafModelCollection, VmafModelCollectionScore
from .picture import VmafPicture, as_picture, reference

Model = VmafModel | VmafModelCollection
Pooling = PoolingMethod | int | str


#: Milliseconds that a call waits in C before Python looks for Ctrl-C, and for close() in another thread.
_SLICE = 50


class _Engine:
    """The C context and what must live as long; shared with the finalizer."""

    def __init__(self, c: CData) -> None:
        self.c: CData | None = c
        self.key = int(ffi.cast("uintptr_t", c))
        self.session = Session()
        self.rows: set[Row] = set()
        self.calls = 0  # in flight, all threads together
        self.changed = threading.Condition()
        self.process = os.getpid()
        sessions[self.key] = self.session

    def check_process(self) -> None:
        if self.process != os.getpid():
            raise VmafValueError(f"context was made in process {self.process}, before a fork; make one in this process")

    def enter(self) -> CData:
        with self.changed:
            if self.c is None:
                raise VmafValueError("context is closed")
            self.calls += 1
            return self.c

    def leave(self) -> None:
        with self.changed:
            self.calls -= 1
            if not self.calls:
                self.changed.notify_all()

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
            self.rows.clear()


def _finalize(engine: _Engine) -> None:
    """Close what nobody closed. From within one of its own callbacks, by another thread: closing waits for them."""
    if is_inside(engine.session):
        threading.Thread(target=engine.close).start()
    else:
        engine.close()


class VmafContext(Pinned):
    """One measurement from the first frame to the scores.

    A context may be used from several threads. Frames are read one after the
    other; questions are answered while one is being read, and :meth:`close` waits
    for the calls in flight. The interpreter's lock is released during work.
    Extractors must not call the context that they work for; that raises
    :class:`VmafBusyError`.

    After ``os.fork()`` the child cannot use the parent's contexts, whose worker
    threads it does not have, and closes them without effect; new ones work there.

    Args:
        n_threads: worker threads; 0: all work is done within :meth:`read_pictures`.
        n_subsample: score every n-th frame; every frame must still be passed in.
        cpumask: instruction sets to switch off, libvmaf's bits; results are the same with any.
        log_level: what is printed to stderr, by the whole process; a :class:`LogLevel`, its number or name.

    Raises:
        VmafValueError: an argument out of range.

    >>> import numpy as np
    >>> ref = np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8)
    >>> with VmafContext(n_threads=2) as ctx:
    ...     ctx.use_feature("vif")
    ...     for i in range(3):
    ...         ctx.read_pictures(ref, ref, i)
    ...     ctx.flush()
    ...     ctx.feature_score_pooled("integer_vif_scale0", "mean"), ctx.frame_count
    (1.0, 3)
    """

    def __init__(
        self,
        n_threads: int = 0,
        n_subsample: int = 1,
        cpumask: int = 0,
        log_level: LogLevel | int | str = LogLevel.WARNING,
    ) -> None:
        self._n_threads = unsigned("n_threads", n_threads)
        self._cpumask = unsigned("cpumask", cpumask, 64)
        configuration = {
            "log_level": int(enum_value(LogLevel, "log level", log_level)),
            "n_threads": self._n_threads,
            "n_subsample": unsigned("n_subsample", n_subsample, least=1),
            "cpumask": self._cpumask,
        }
        pointer = ffi.new("VmafContext **")
        call.vmaf_init(pointer, ffi.new("VmafConfiguration *", configuration)[0])
        self._engine = _Engine(pointer[0])
        self._finalizer = weakref.finalize(self, _finalize, self._engine)
        self._models: dict[str, VmafModel] = {}
        self._pool_size = 0

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

    # Before the first frame.

    def use_feature(self, name: str, options: Mapping[str, object] | None = None) -> None:
        """Run the extractor `name` on every frame.

        Args:
            name: an extractor, such as ``"vif"``; ``pyvmaf features`` lists them.
            options: values by option name: bool, int, float or text.

        Raises:
            VmafValueError: no such extractor or option, or a value out of range; the message says what there is.
        """
        with self._entered() as c:
            check_options(name, options)
            self._engine.rows |= current_rows()
            dictionary = new_dictionary(options)
            try:
                call.vmaf_use_feature(c, name, dictionary[0])
            except BaseException:
                lib.vmaf_feature_dictionary_free(dictionary)
                raise

    def use_features_from_model(self, model: Model) -> None:
        """Run the extractors that `model`, or the members of a collection, need.

        Raises:
            VmafValueError: no extractor provides a feature, an option is refused,
                or another model of that name is in use here: scores are stored by name.
        """
        with self._entered() as c:
            self._engine.rows |= current_rows()
            if isinstance(model, VmafModelCollection):
                call.vmaf_use_features_from_model(c, model.model._open)
                call.vmaf_use_features_from_model_collection(c, model._open)
            else:
                call.vmaf_use_features_from_model(c, self._checked(model)._open)
            self._claim(model)

    def _checked(self, model: Any) -> VmafModel:
        if not isinstance(model, VmafModel):
            raise VmafTypeError(f"model is {model!r}, must be a VmafModel or a VmafModelCollection")
        return model

    def _claim(self, model: Model) -> None:
        """Remember who stores scores under a name; libvmaf returns those of the first for both.

        A collection and its main model share one.
        """
        main = model.model if isinstance(model, VmafModelCollection) else model
        if self._models.setdefault(model.name, main) is not main:
            raise VmafValueError(f"another model named {model.name!r} is in use in this context; give one a name=")

    def import_feature_score(self, name: str, value: float, index: int) -> None:
        """Store a score that was computed elsewhere, under the very name given.

        Raises:
            VmafValueError: there is one at that index.
        """
        with self._entered() as c:
            call.vmaf_import_feature_score(c, name, number("value", value), unsigned("index", index))

    def preallocate_pictures(self, pix_fmt: PixelFormat | int | str, bpc: int, w: int, h: int, count: int) -> None:
        """Make a pool of `count` pictures for :meth:`fetch_preallocated_picture`.

        Raises:
            VmafBusyError: pictures of an earlier pool are still in use.
            VmafValueError: a size, depth, format or count that is not allowed.
        """
        with self._entered() as c:
            configuration = ffi.new("VmafPictureConfiguration *")
            parameters = configuration.pic_params
            parameters.w, parameters.h = unsigned("w", w), unsigned("h", h)
            parameters.bpc = unsigned("bpc", bpc)
            parameters.pix_fmt = int(enum_value(PixelFormat, "pixel format", pix_fmt))
            configuration.pic_cnt = unsigned("count", count)
            call.vmaf_preallocate_pictures(c, configuration[0])
            self._pool_size = count

    def fetch_preallocated_picture(self, timeout: float | None = 30.0) -> VmafPicture:
        """A picture of the pool, with whatever it held before.

        :meth:`read_pictures` takes it over: afterwards the object is closed, and
        the memory returns to the pool once the engine, and every view of its
        planes, is done with it.

        Args:
            timeout: seconds to wait for one to come back; None: for ever.

        Raises:
            VmafTimeoutError: all are held by this process' own objects.
            VmafValueError: there is no pool.
        """
        if not self._pool_size:
            raise VmafValueError("there is no picture pool: call preallocate_pictures() first")
        made = ffi.gc(ffi.new("VmafPicture *"), lib.drop_picture)
        lib.pyvmaf_clear_last_message()
        code = self._patiently(lib.pyvmaf_fetch_picture, made, timeout=timeout)
        if code == -errno.EAGAIN:
            raise VmafTimeoutError(
                f"all {self._pool_size} pictures of the pool are held after {timeout} s: hand them to "
                "read_pictures(), close() them, and drop the views of their planes"
            )
        if code:
            raise error_for(code, "pyvmaf_fetch_picture", text(lib.pyvmaf_last_message()) or "")
        return VmafPicture._of(made, from_pool=True)

    # Frames.

    def read_pictures(
        self,
        ref: Any,
        dist: Any,
        index: int,
        *,
        bpc: int | None = None,
        pix_fmt: PixelFormat | int | str | None = None,
        borrow: bool = False,
    ) -> None:
        """Measure one frame pair.

        A picture is a :class:`VmafPicture`, an ``av.VideoFrame``, (y, u, v)
        arrays, or one 2-D array (4:0:0); arrays have shape (height, width) and
        uint8 or uint16 samples. A :class:`VmafPicture` and a frame are used
        without a copy, and so are arrays of a layout that the engine can read
        (see :meth:`VmafPicture.from_planes`) where they cannot change under it:

        - read-only arrays, and all arrays with ``borrow=True``;
        - the distorted side when ``n_threads`` is 0, as work is done on return.

        Others are copied. Memory used without a copy must not change until
        :meth:`flush`; with ``n_threads=0``, until two further frames were read.

        Args:
            ref: the reference.
            dist: the distorted picture, of the same size, format and depth.
            index: of the frame, from 0 without gaps.
            bpc: bits per component of arrays; needed for uint16.
            pix_fmt: of arrays; None: what the shapes say.
            borrow: promise that arrays do not change.

        Raises:
            VmafValueError: pictures that differ from each other or the first, an index that was read
                before, or anything else that the message names.
            VmafTypeError: not a picture.

        What an extractor raised comes out as it is. With worker threads it may
        come out of a later call or the flush, and the pair passed then is not read.
        """
        self._take_pair(lib.vmaf_read_pictures, ref, dist, index, bpc=bpc, pix_fmt=pix_fmt, borrow=borrow)

    def read_halo(
        self,
        ref: Any,
        dist: Any,
        index: int,
        *,
        bpc: int | None = None,
        pix_fmt: PixelFormat | int | str | None = None,
        borrow: bool = False,
    ) -> None:
        """Hand over a pair that neighbours need but that is not scored itself.

        Before the first and after the last frame of a range, in order and
        without gaps; with as many as :attr:`halo` says, the scores of a range
        are, to the bit, those of the whole run. Arguments and errors are those
        of :meth:`read_pictures`.
        """
        self._take_pair(lib.pyvmaf_read_halo, ref, dist, index, bpc=bpc, pix_fmt=pix_fmt, borrow=borrow)

    @property
    def halo(self) -> tuple[int | None, int]:
        """How many frames before and after a range what is registered needs, where there are so many.

        None before: all of them.
        """
        counts = ffi.new("unsigned[2]")
        with self._entered() as c:
            call.pyvmaf_halo(c, counts, counts + 1)
        return (None if counts[0] == ALL else counts[0]), counts[1]

    def _take_pair(
        self,
        function: Callable[..., int],
        ref: Any,
        dist: Any,
        index: int,
        *,
        bpc: int | None,
        pix_fmt: PixelFormat | int | str | None,
        borrow: bool,
    ) -> None:
        position = unsigned("index", index)
        borrow_dist = borrow or self._n_threads == 0
        pictures = [
            as_picture("reference", ref, bpc, pix_fmt, borrow=borrow),
            as_picture("distorted", dist, bpc, pix_fmt, borrow=borrow_dist),
        ]
        if self._n_threads:
            self._patiently(lib.pyvmaf_wait_room)
        with self._entered() as c:
            self._read(function, c, reference(pictures[0]._open), reference(pictures[1]._open), position)
        for picture in pictures:
            if picture._from_pool:
                picture.close()

    def flush(self) -> None:
        """No more frames: finish all work and publish what needs the end.

        Raises:
            VmafValueError: no frame was read, or it was done before.
        """
        if self._n_threads:
            self._patiently(lib.pyvmaf_wait_idle)
        with self._entered() as c:
            self._read(lib.vmaf_read_pictures, c, ffi.NULL, ffi.NULL, 0)

    def _read(self, function: Callable[..., int], c: CData, ref: CData, dist: CData, index: int) -> None:
        session, thread = self._engine.session, threading.get_ident()
        session.callers.add(thread)
        try:
            lib.pyvmaf_clear_last_message()
            code = function(c, ref, dist, index)
            message = text(lib.pyvmaf_last_message()) or ""
        finally:
            session.callers.discard(thread)
        if code:
            raise session.take() or error_for(code, "vmaf_read_pictures", message)

    # Settled frames.

    def next_settled(self, timeout: float | None = 0.0) -> int | None:
        """The next frame whose every score is final, in the order of indices, each once.

        Frames settle while others are being read; features that look ahead delay
        them, those of v0.6.1 by one frame, a five-frame window by two. Frames
        after a gap in the numbering settle at the flush.

        Args:
            timeout: seconds to wait for it; None: for ever.

        Returns:
            Its index; None when the run was flushed and there are no more.

        Raises:
            VmafTimeoutError: it is not there yet.
        """
        index = ffi.new("unsigned *")
        code = self._patiently(lib.pyvmaf_wait_settled, index, timeout=timeout)
        if code == -errno.EAGAIN:
            raise VmafTimeoutError(f"the next frame is not settled after {timeout} s")
        return None if code else int(index[0])

    def settled(self) -> Iterator[int]:
        """Frames as they settle, until the run is flushed; for a thread besides the one that reads."""
        while (index := self.next_settled(None)) is not None:
            yield index

    # Scores.

    def feature_score_at_index(self, name: str, index: int) -> float:
        """The score that a frame has, by the feature's published name or its alias.

        Raises:
            VmafValueError: none of that name at that index (yet).
        """
        score = ffi.new("double *")
        with self._entered() as c:
            call.vmaf_feature_score_at_index(c, name, score, unsigned("index", index))
        return float(score[0])

    def feature_scores(self, name: str, indices: Iterable[int]) -> npt.NDArray[np.float64]:
        """The scores of many frames at once, of shape (number of indices,); NaN where there is none.

        A range is read in one call, without a step in Python per frame.
        """
        key = encoded(name)
        frames = indices if isinstance(indices, range) else [unsigned("index", i) for i in indices]
        with self._entered() as c:
            return self._column(lambda *where: lib.pyvmaf_feature_scores(c, key, *where), frames)

    def _column(self, read: Callable[..., int], frames: Sequence[int]) -> npt.NDArray[np.float64]:
        """What `read(low, high, step, out)` gives for these frames."""
        if not len(frames):
            return np.empty(0)
        rising = isinstance(frames, range) and frames.step > 0
        low, high = (frames[0], frames[-1]) if rising else (min(frames), max(frames))
        step = frames.step if isinstance(frames, range) and rising else 1
        unsigned("index", low), unsigned("index", high)
        found = np.empty((high - low) // step + 1)
        read(low, high, step, ffi.cast("double *", found.ctypes.data))
        return found if rising else found[np.asarray(frames) - low]

    def model_scores(self, model: VmafModel, indices: range) -> npt.NDArray[np.float64]:
        """What `model` says of many frames at once; NaN where a feature is missing (yet)."""
        with self._entered() as c:
            self._claim(self._checked(model))
            pointer = model._open
            return self._column(lambda *where: lib.pyvmaf_model_scores(c, pointer, *where), indices)

    def feature_score_pooled(
        self, name: str, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> float:
        """One number for the frames `lo` to `hi`, both included; None: the first and last.

        Raises:
            VmafValueError: an empty or reversed interval, or a frame without a score.
        """
        score = ffi.new("double *")
        with self._entered() as c:
            low, high = self._interval(c, lo, hi)
            call.vmaf_feature_score_pooled(c, name, _pooling(method), score, low, high)
        return float(score[0])

    @overload
    def score_at_index(self, model: VmafModel, index: int) -> float: ...
    @overload
    def score_at_index(self, model: VmafModelCollection, index: int) -> VmafModelCollectionScore: ...
    def score_at_index(self, model: Model, index: int) -> float | VmafModelCollectionScore:
        """What `model` says of a frame: a float, or for a collection a :class:`VmafModelCollectionScore`.

        Raises:
            VmafValueError: a feature that the model needs is missing there (yet).
        """
        position = unsigned("index", index)
        with self._entered() as c:
            if isinstance(model, VmafModelCollection):
                self._claim(model)
                result = ffi.new("VmafModelCollectionScore *")
                call.vmaf_score_at_index_model_collection(c, model._open, result, position)
                return _collection_score(result)
            self._claim(self._checked(model))
            score = ffi.new("double *")
            call.vmaf_score_at_index(c, model._open, score, position)
            return float(score[0])

    @overload
    def score_pooled(
        self, model: VmafModel, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> float: ...
    @overload
    def score_pooled(
        self, model: VmafModelCollection, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> VmafModelCollectionScore: ...
    def score_pooled(
        self, model: Model, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> float | VmafModelCollectionScore:
        """What `model` says of the frames `lo` to `hi`, both included; None: the first and last.

        Raises:
            VmafValueError: an empty or reversed interval, or a frame that cannot be scored (yet).
        """
        with self._entered() as c:
            low, high = self._interval(c, lo, hi)
            if isinstance(model, VmafModelCollection):
                self._claim(model)
                result = ffi.new("VmafModelCollectionScore *")
                call.vmaf_score_pooled_model_collection(c, model._open, _pooling(method), result, low, high)
                return _collection_score(result)
            self._claim(self._checked(model))
            score = ffi.new("double *")
            call.vmaf_score_pooled(c, model._open, _pooling(method), score, low, high)
            return float(score[0])

    def _interval(self, c: CData, lo: int | None, hi: int | None) -> tuple[int, int]:
        frames = lib.pyvmaf_frame_count(c)
        if hi is None and not frames:
            raise VmafValueError("there are no scores yet to pool")
        return unsigned("lo", 0 if lo is None else lo), unsigned("hi", frames - 1 if hi is None else hi)

    def write_output(self, path: str | os.PathLike[str], fmt: OutputFormat | int | str) -> None:
        """Write the log of all frames to a file.

        Raises:
            VmafOSError: the file cannot be written.
        """
        with self._entered() as c:
            call.vmaf_write_output(c, path, int(enum_value(OutputFormat, "output format", fmt)))

    @property
    def feature_names(self) -> list[str]:
        """What has scores, by the names and in the order of logs."""
        names: list[str] = []
        with self._entered() as c:
            while name := lib.pyvmaf_feature_name_at(c, len(names)):
                names.append(text(lib.pyvmaf_feature_alias(name)) or "")
        return names

    @property
    def frame_count(self) -> int:
        """One past the highest frame index with a score."""
        with self._entered() as c:
            return int(lib.pyvmaf_frame_count(c))

    @property
    def read_count(self) -> int:
        """How many pairs :meth:`read_pictures` took, of which workers may still be at some."""
        with self._entered() as c:
            return int(lib.pyvmaf_read_count(c))

    @property
    def cpu(self) -> str:
        """The instruction set whose kernels are used, such as ``"avx2"``."""
        return str(call.pyvmaf_cpu_name(self._cpumask))

    # The end.

    @property
    def closed(self) -> bool:
        return self._engine.c is None

    def close(self) -> None:
        """Wait for work in progress and free everything. Twice is fine; any other use afterwards is an error.

        Raises what an extractor's ``close()`` raised, when everything is freed.
        """
        if is_inside(self._engine.session):
            raise VmafBusyError("an extractor must not close the context that it works for")
        self._finalizer()
        session = self._engine.session
        raised, session.closing = session.closing, None
        if raised is not None:
            raise raised

    def __enter__(self) -> VmafContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VmafContext({'closed' if self.closed else self.cpu}, n_threads={self._n_threads})"


def _pooling(method: Pooling) -> int:
    return int(enum_value(PoolingMethod, "pooling method", method))


def _collection_score(result: CData) -> VmafModelCollectionScore:
    bootstrap = result.bootstrap
    return VmafModelCollectionScore(bootstrap.bagging_score, bootstrap.stddev, bootstrap.ci.p95.lo, bootstrap.ci.p95.hi)
