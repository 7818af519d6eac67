# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a context is asked: scores by frame, as columns, pooled, of models, as a log."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .._ffi import CData, call, encoded, enum_value, ffi, lib, text, unsigned
from ..enums import OutputFormat, PoolingMethod
from ..errors import VmafTypeError, VmafValueError
from .handle import Handle
from .model import VmafModel, VmafModelCollection, VmafModelCollectionScore, named_model
from .rows import ALL

Model = VmafModel | VmafModelCollection
Pooling = PoolingMethod | int | str


class Queries(Handle):
    """The questions; they are answered while a frame is being read."""

    def __init__(self, c: CData) -> None:
        super().__init__(c)
        self._models: dict[str, VmafModel] = {}
        self._named: dict[str, Model] = {}

    def _checked(self, model: Any) -> VmafModel:
        if not isinstance(model, VmafModel):
            raise VmafTypeError(f"model is {model!r}, must be a VmafModel, a VmafModelCollection or a name")
        return model

    def _of_name(self, model: Model | str) -> Model:
        """A model, loaded here once if it is given by name or by its file."""
        if not isinstance(model, str):
            return model
        if model not in self._named:
            self._named[model] = named_model(model)
        return self._named[model]

    def _claim(self, model: Model) -> None:
        """Remember who stores scores under a name; libvmaf returns those of the first for both.

        A collection and its main model share one.
        """
        main = model.model if isinstance(model, VmafModelCollection) else model
        if self._models.setdefault(model.name, main) is not main:
            raise VmafValueError(f"another model named {model.name!r} is in use in this context; give one a name=")

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

    def scores_at(self, index: int) -> dict[str, float]:
        """Every score that a frame has (so far), by name, in the order of logs; a NaN is left out."""
        found: dict[str, float] = {}
        score, position = ffi.new("double *"), unsigned("index", index)
        with self._entered() as c:
            while name := lib.pyvmaf_feature_name_at(c, len(found)):
                lib.pyvmaf_feature_scores(c, name, position, position, 1, score)
                found[text(lib.pyvmaf_feature_alias(name)) or ""] = float(score[0])
        return {name: value for name, value in found.items() if not math.isnan(value)}

    def model_scores(self, model: VmafModel | str, indices: range) -> npt.NDArray[np.float64]:
        """What `model` says of many frames at once; NaN where a feature is missing (yet)."""
        model = self._checked(self._of_name(model))
        with self._entered() as c:
            self._claim(model)
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
    @overload
    def score_at_index(self, model: str, index: int) -> Any: ...
    def score_at_index(self, model: Model | str, index: int) -> Any:
        """What `model` says of a frame: a float, or for a collection a :class:`VmafModelCollectionScore`.

        Args:
            model: or the name or path that was given to :meth:`VmafContext.use_features_from_model`.
            index: of the frame.

        Raises:
            VmafValueError: a feature that the model needs is missing there (yet).
        """
        position = unsigned("index", index)
        model = self._of_name(model)
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
    @overload
    def score_pooled(
        self, model: str, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> Any: ...
    def score_pooled(
        self, model: Model | str, method: Pooling = "mean", lo: int | None = None, hi: int | None = None
    ) -> Any:
        """What `model` says of the frames `lo` to `hi`, both included; None: the first and last.

        A model is given as to :meth:`score_at_index`.

        Raises:
            VmafValueError: an empty or reversed interval, or a frame that cannot be scored (yet).
        """
        model = self._of_name(model)
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
    def aggregates(self) -> dict[str, float]:
        """Values of the whole sequence by name, as logs have them, such as psnr's `apsnr_y`; after the flush."""
        found: dict[str, float] = {}
        name, value, registration = ffi.new("const char **"), ffi.new("double *"), ffi.new("unsigned *")
        with self._entered() as c:
            while lib.pyvmaf_aggregate_at(c, len(found), name, value, registration) == 0:
                found[text(name[0]) or ""] = float(value[0])
        return found

    @property
    def frame_count(self) -> int:
        """One past the highest frame index with a score."""
        with self._entered() as c:
            return int(lib.pyvmaf_frame_count(c))

    @property
    def failed_frame(self) -> int | None:
        """The earliest frame at which an extractor failed (so far); None: none did."""
        with self._entered() as c:
            found = int(lib.pyvmaf_failed_frame(c))
        return None if found == ALL else found

    @property
    def read_count(self) -> int:
        """How many pairs :meth:`read_pictures` took, of which workers may still be at some."""
        with self._entered() as c:
            return int(lib.pyvmaf_read_count(c))


def _pooling(method: Pooling) -> int:
    return int(enum_value(PoolingMethod, "pooling method", method))


def _collection_score(result: CData) -> VmafModelCollectionScore:
    bootstrap = result.bootstrap
    return VmafModelCollectionScore(bootstrap.bagging_score, bootstrap.stddev, bootstrap.ci.p95.lo, bootstrap.ci.p95.hi)
