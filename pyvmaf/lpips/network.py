# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A checked model on ONNX Runtime: two pictures in, one distance out.

One network serves all workers of a context. It runs one frame at a time with
all the threads it may use, so that memory does not grow with their number; the
sums are partitioned by the picture alone, so neither does the score change.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from .._vmaf import ffi, lib
from ..errors import error_for
from .convert import Floats, imagenet
from .graph import Part, Stem, split
from .onnx_model import Model

#: Rows of pooled output in a strip. At 1080p a strip's features take 8 MiB a
#: side; fewer rows compute more of the overlap twice.
STRIP_ROWS = 16
#: Positions of a tap that are compared in one piece.
PIECE = 1 << 14
#: Names of ONNX Runtime's providers where they differ from ours.
PROVIDERS = {"openvino": "OpenVINO", "tensorrt": "Tensorrt", "coreml": "CoreML"}

A = TypeVar("A")
B = TypeVar("B")


def runtime() -> Any:
    """The module ``onnxruntime``, imported when it is first needed."""
    try:
        import onnxruntime
    except ImportError as cause:
        reason = f"needs ONNX Runtime: pip install onnxruntime ({cause})"
        raise error_for(-errno.ENOSYS, "lpips", reason) from cause
    return onnxruntime


def provider_name(name: str) -> str:
    """ONNX Runtime's name of a provider, if this build of it has that provider."""
    wanted = f"{PROVIDERS.get(name.lower(), name.upper())}ExecutionProvider"
    available = runtime().get_available_providers()
    if wanted not in available:
        names = ", ".join(p.removesuffix("ExecutionProvider").lower() for p in available)
        reason = f"this ONNX Runtime has no provider {name!r}; it has: {names}"
        raise error_for(-errno.EINVAL, "lpips", reason)
    return wanted


class Network:
    """The sessions of one model and the arithmetic between them."""

    def __init__(self, model: Model, threads: int = 1, provider: str = "cpu", *, rewrite: bool = True) -> None:
        self.threads = max(threads, 1)
        self.provider = provider_name(provider)
        # Elsewhere than on the CPU the features would have to travel back.
        rewrite = rewrite and self.provider == "CPUExecutionProvider"
        self.towers = split(model.tree) if rewrite else None
        self._extents = _fixed_extents(model)
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(min(self.threads, 2))
        self._spare: list[tuple[Floats, Floats]] = []
        self._executor: ThreadPoolExecutor | None = None
        self._whole = self._body = self._stem = None
        if self.towers is None:
            self.table = imagenet(np.arange(256, dtype=np.float32))
            self._whole = self._session(model.data, self.threads)
            return
        self.table = self.towers.table
        # Both sides run at once, so each has half of the threads.
        self._body = self._session(self.towers.body.data, (self.threads + 1) // 2)
        if self.towers.stem:
            self._stem = self._session(self.towers.stem.part.data, 1)
        if self.threads > 1:
            self._executor = ThreadPoolExecutor(self.threads, "lpips")

    def _session(self, data: bytes, threads: int) -> Any:
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # The runtime's plan of all buffers ahead keeps them all: twice the memory.
        options.enable_mem_pattern = False
        # A worker that waits must not keep a core from the other features.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = ort.InferenceSession(data, options, providers=[self.provider])
        except Exception as cause:
            reason = f"ONNX Runtime refuses the model: {_line(cause)}"
            raise error_for(-errno.EIO, "lpips", reason) from cause
        if self.provider not in session.get_providers():
            used = ", ".join(session.get_providers())
            reason = f"the provider {self.provider} did not start; got {used}"
            raise error_for(-errno.EIO, "lpips", reason)
        return session

    def check_size(self, width: int, height: int) -> None:
        """Raise for pictures that a model of fixed input size does not take."""
        if self._extents and self._extents != (height, width):
            h, w = self._extents
            reason = f"the model takes {w}x{h}, pictures are {width}x{height}"
            raise error_for(-errno.EINVAL, "lpips", reason)

    @contextmanager
    def buffers(self, shape: tuple[int, ...]) -> Iterator[tuple[Floats, Floats]]:
        """Room for two converted pictures: one pair is in the network, one being filled."""
        with self._room:
            try:
                pair = self._spare.pop()
            except IndexError:
                pair = (np.empty(shape, np.float32), np.empty(shape, np.float32))
            try:
                yield pair
            finally:
                self._spare.append(pair)

    def distance(self, ref: Floats, dist: Floats) -> float:
        """The distance between two converted pictures, 1 x 3 x height x width."""
        with self._lock:
            try:
                if self.towers is None:
                    return self._run_whole(ref, dist)
                return self._run_towers((ref, dist))
            except _runtime_errors() as cause:
                reason = f"ONNX Runtime failed: {_line(cause)}"
                raise error_for(-errno.EIO, "lpips", reason) from cause

    def _run_whole(self, ref: Floats, dist: Floats) -> float:
        assert self._whole is not None, "closed"
        (score,) = self._whole.run(["score"], {"ref": ref, "dist": dist})
        if score.size != 1:
            code = errno.ENOSPC if score.size else errno.EIO
            raise error_for(-code, "lpips", f"the model gave {score.size} scores for one frame")
        return float(score.reshape(-1)[0])

    def _map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        return self._executor.map(function, items) if self._executor else map(function, items)

    def _run_towers(self, sides: tuple[Floats, Floats]) -> float:
        towers = self.towers
        assert towers is not None
        assert self._body is not None, "closed"
        score, weights = np.float32(0), towers.weights
        if towers.stem:
            first, sides = self._run_stem(towers.stem, sides, weights[0])
            score, weights = score + first, weights[1:]
        features = list(self._map(lambda x: _run(self._body, towers.body, x), sides))
        for ref, dist, weight in zip(*features, weights, strict=True):
            score = score + self._compare(ref, dist, weight)
        return float(score)

    def _run_stem(
        self, stem: Stem, sides: tuple[Floats, Floats], weight: Floats
    ) -> tuple[np.float32, tuple[Floats, Floats]]:
        """The first tap's distance and both sides' pooled features, strip by strip."""
        height, width = sides[0].shape[2:]
        rows = (height - stem.conv.kernel) // stem.conv.stride + 1
        columns = (width - stem.conv.kernel) // stem.conv.stride + 1
        # The pooling rounds up: a last window may hang over the edge.
        kernel, stride = stem.pool.kernel, stem.pool.stride
        size = [-(-(n - kernel) // stride) + 1 for n in (rows, columns)]
        pooled = tuple(np.empty((1, weight.size, *size), np.float32) for _ in sides)

        def strip(first: int) -> float:
            """Pooled rows from `first` on, and the distance over the rows they own."""
            last = size[0] - first < 2 * STRIP_ROWS
            end = size[0] if last else first + STRIP_ROWS
            top = first * stride
            bottom = rows if last else (end - 1) * stride + kernel
            own = ((rows if last else end * stride) - top) * columns
            taps = []
            for side, out in zip(sides, pooled, strict=True):
                step = stem.conv.stride
                window = side[:, :, top * step : (bottom - 1) * step + stem.conv.kernel]
                tap, pool = _run(self._stem, stem.part, np.ascontiguousarray(window))
                out[:, :, first:end] = pool.numpy()
                taps.append(tap)
            return _distance(taps[0], taps[1], weight, 0, own)

        starts = range(0, max(size[0] - STRIP_ROWS, 0) + 1, STRIP_ROWS)
        total = sum(self._map(strip, starts))
        return np.float32(total / (rows * columns)), (pooled[0], pooled[1])

    def _compare(self, ref: Any, dist: Any, weight: Floats) -> np.float32:
        """One tap's distance, averaged over its positions."""
        positions = int(np.prod(ref.shape()[2:]))

        def piece(first: int) -> float:
            return _distance(ref, dist, weight, first, min(first + PIECE, positions))

        mean: np.float32 = np.float32(sum(self._map(piece, range(0, positions, PIECE))) / positions)
        return mean


def _run(session: Any, part: Part, side: Floats) -> list[Any]:
    """Run one side; the outputs stay in the runtime's memory until dropped."""
    binding = session.io_binding()
    binding.bind_input(part.input, "cpu", 0, np.float32, side.shape, side.ctypes.data)
    for name in part.outputs:
        binding.bind_output(name, "cpu")
    session.run_with_iobinding(binding)
    outputs: list[Any] = binding.get_outputs()
    return outputs


def _distance(ref: Any, dist: Any, weight: Floats, first: int, last: int) -> float:
    shape = ref.shape()
    if list(shape) != list(dist.shape()) or shape[1] != weight.size:
        reason = f"the model's features are {shape} for {weight.size} weights"
        raise error_for(-errno.EINVAL, "lpips", reason)
    pointers = [ffi.cast("float *", p) for p in (ref.data_ptr(), dist.data_ptr())]
    weights = ffi.from_buffer("float[]", weight)
    positions = shape[2] * shape[3]
    return float(lib.lpips_distance(*pointers, weights, weight.size, positions, first, last))


def _fixed_extents(model: Model) -> tuple[int, int] | None:
    """Height and width, for a model that takes one size only."""
    for value in model.tree.message("graph").messages("input"):
        axes = value.message("type").message("tensor_type").message("shape").messages("dim")
        if value.text("name") == "ref" and "dim_value" in axes[2].fields | axes[3].fields:
            return axes[2].integer("dim_value"), axes[3].integer("dim_value")
    return None


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises; it has no common class of its own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "RuntimeException", "InvalidArgument", "InvalidGraph", "NotImplemented")
    return tuple(getattr(state, name) for name in names if hasattr(state, name))


def _line(cause: Exception) -> str:
    return " ".join(str(cause).split())
