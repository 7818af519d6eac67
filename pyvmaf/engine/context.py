# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The engine: pictures in, features and scores out, with libvmaf's verbs."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from .._ffi import CData, call, enum_value, ffi, lib, new_dictionary, number, text, unsigned
from ..enums import LogLevel, PixelFormat, pixel_format
from ..errors import VmafTimeoutError, VmafValueError, error_for
from ..pictures.picture import VmafPicture, as_picture, reference
from ..told import warn
from .extractor import check_options
from .model import VmafModelCollection
from .queries import Model, Pooling, Queries
from .rows import ALL, check_row

__all__ = ["Model", "Pooling", "VmafContext"]


class VmafContext(Queries):
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
            Failures raise at any level, and what is said of a feature that is used all the same is a
            Python warning below "warning".
        check_samples: refuse pictures with samples beyond their 9 to 15 bits, at one pass over
            the planes that an extractor reads; False: they were checked, and beyond them a score means nothing.

    Raises:
        VmafValueError: an argument out of range.

    >>> import numpy as np
    >>> ref = np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8)
    >>> with VmafContext(n_threads=2) as ctx:
    ...     ctx.use_feature("vif")
    ...     for i in range(3):
    ...         ctx.read_pictures(ref, ref, i, pix_fmt="gray")
    ...     ctx.flush()
    ...     ctx.feature_score_pooled("integer_vif_scale0", "mean"), ctx.frame_count
    (1.0, 3)
    """

    def __init__(
        self,
        n_threads: int = 0,
        n_subsample: int = 1,
        cpumask: int = 0,
        log_level: LogLevel | int | str = LogLevel.NONE,
        check_samples: bool = True,
    ) -> None:
        self._n_threads = unsigned("n_threads", n_threads)
        self._cpumask = unsigned("cpumask", cpumask, 64)
        self._log_level = enum_value(LogLevel, "log level", log_level)
        configuration = {
            "log_level": int(self._log_level),
            "n_threads": self._n_threads,
            "n_subsample": unsigned("n_subsample", n_subsample, least=1),
            "cpumask": self._cpumask,
        }
        pointer = ffi.new("VmafContext **")
        call.vmaf_init(pointer, ffi.new("VmafConfiguration *", configuration)[0])
        super().__init__(pointer[0])
        self._pool_size = 0
        self._ahead = 0  # how far indices are ahead of the number of pairs
        self._checks_samples = True
        self.check_samples = check_samples

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
            check_row(name, options or {})
            dictionary = new_dictionary(options)
            try:
                call.vmaf_use_feature(c, name, dictionary[0])
            except BaseException:
                lib.vmaf_feature_dictionary_free(dictionary)
                raise
            self._remark()

    def _remark(self) -> None:
        """What the engine said of a call that succeeded, where nobody would read it otherwise."""
        message = text(lib.pyvmaf_last_message())
        if message and self._log_level < LogLevel.WARNING:
            warn(message)

    def use_features_from_model(self, model: Model | str) -> None:
        """Run the extractors that `model`, or the members of a collection, need.

        Args:
            model: or the name of a built-in one, or the path of a file (ending in .json), which
                is loaded here; its scores are called as it is, and it is asked by that name.

        Raises:
            VmafValueError: no extractor provides a feature, an option is refused,
                or another model of that name is in use here: scores are stored by name.
        """
        model = self._of_name(model)
        with self._entered() as c:
            if isinstance(model, VmafModelCollection):
                call.vmaf_use_features_from_model(c, model.model._open)
                call.vmaf_use_features_from_model_collection(c, model._open)
            else:
                call.vmaf_use_features_from_model(c, self._checked(model)._open)
            self._remark()
            self._claim(model)

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
            parameters.pix_fmt = int(pixel_format(pix_fmt))
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
        index: int | None = None,
        *,
        bpc: int | None = None,
        pix_fmt: PixelFormat | int | str | None = None,
        borrow: bool = False,
    ) -> None:
        """Measure one frame pair.

        A picture is a :class:`VmafPicture`, a frame of PyAV or VapourSynth, (y, u, v)
        arrays, (y,), or one 2-D array with `pix_fmt`; arrays have shape (height, width)
        and uint8 or uint16 samples, and tensors on the CPU are arrays too. A
        :class:`VmafPicture` and a frame are used
        without a copy, and so are arrays of a layout that the engine can read
        (see :meth:`VmafPicture.from_planes`) where they cannot change under it:

        - read-only arrays, and all arrays with ``borrow=True``;
        - the distorted side when ``n_threads`` is 0, as work is done on return.

        Others are copied. Memory used without a copy must not change until
        :meth:`flush`; with ``n_threads=0``, until two further frames were read.

        Args:
            ref: the reference.
            dist: the distorted picture, of the same size, format and depth.
            index: of the frame, from 0 without gaps; None: the one after the last.
            bpc: bits per component of arrays; needed for uint16.
            pix_fmt: of arrays; None: what the shapes say. A 2-D array needs it:
                "gray", or "yuv420p" where it holds all planes (3/2 height, width). Memory that is
                laid out in another way is named as FFmpeg does: "nv12", "p010", "yuyv422".
            borrow: promise that arrays do not change.

        Raises:
            VmafValueError: pictures that differ from each other or the first, an index that was read
                before, or anything else that the message names.
            VmafTypeError: not a picture.

        What an extractor raised comes out as it is. With worker threads it may
        come out of a later call or the flush, and the pair passed then is not read.
        """
        if index is None:
            index = self.read_count + self._ahead
        else:
            # It is the engine that counts: Ctrl-C may come after it took a pair.
            self._ahead = unsigned("index", index) - self.read_count
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
    def check_samples(self) -> bool:
        """Whether pictures are searched for samples beyond their depth; may be changed at any time."""
        return self._checks_samples

    @check_samples.setter
    def check_samples(self, value: bool) -> None:
        with self._entered() as c:
            call.pyvmaf_check_samples(c, int(bool(value)))
        self._checks_samples = bool(value)

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
        after a gap in the numbering settle at the flush. A frame at which an
        extractor failed settles without its score; see :attr:`failed_frame`.

        Args:
            timeout: seconds to wait for it; None: for ever.

        Returns:
            Its index; None when there are no more, as the run was flushed or given up.

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

    @property
    def cpu(self) -> str:
        """The instruction set whose kernels are used, such as ``"avx2"``."""
        return str(call.pyvmaf_cpu_name(self._cpumask))

    def __enter__(self) -> VmafContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VmafContext({'closed' if self.closed else self.cpu}, n_threads={self._n_threads})"
