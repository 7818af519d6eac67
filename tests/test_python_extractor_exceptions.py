# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Exceptions of extractors in Python come out unchanged; results that are no scores are refused."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.common import FULL, Plane, least_growth, read_planes

import pyvmaf
from pyvmaf import FeatureExtractor, PixelFormat, VmafContext, VmafPicture

Register = Callable[[type[FeatureExtractor]], None]


class Trouble(Exception):
    pass


class Fails(FeatureExtractor):
    """Raises `error` in the method `where` at frame 2."""

    name = "fails"
    features = ("fails",)
    where = "extract"
    error: BaseException = Trouble("boom")

    def _at(self, where: str) -> None:
        if where == self.where:
            raise self.error

    def init(self, w: int, h: int, bpc: int, pix_fmt: PixelFormat) -> None:
        self._at("init")

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        if index == 2:
            self._at("extract")
        return {"fails": 1.0}

    def flush(self) -> None:
        self._at("flush")

    def close(self) -> None:
        self._at("close")


@pytest.mark.parametrize(
    "error", [Trouble("boom"), KeyboardInterrupt(), SystemExit(3), FileNotFoundError(2, "gone")], ids=repr
)
@pytest.mark.parametrize("where", ["init", "extract", "flush", "close"])
@pytest.mark.parametrize("n_threads", [0, 1, 4])
def test_an_exception_comes_out_unchanged(
    registered: Register, planes: list[Plane], where: str, error: BaseException, n_threads: int
) -> None:
    cls = type("Fails", (Fails,), {"where": where, "error": error})
    registered(cls)
    error.__traceback__ = None
    ctx = VmafContext(n_threads=n_threads, log_level="none")
    ctx.use_feature("fails")
    with pytest.raises(type(error)) as caught:
        read_planes(ctx, planes)
        ctx.close()
    assert caught.value is error
    assert error.__context__ is None and error.__cause__ is None
    names = [f.name for f in traceback.extract_tb(error.__traceback__)]
    assert names[-1] == "_at" and "test_an_exception_comes_out_unchanged" in names
    notes = getattr(error, "__notes__", [])
    if n_threads and where == "extract" and hasattr(error, "add_note"):
        assert any("'fails' on a worker thread at frame 2" in n for n in notes)
    if hasattr(error, "__notes__"):
        del error.__notes__
    ctx.close()


@pytest.mark.parametrize("n_threads", [0, 2])
def test_what_was_computed_stays(registered: Register, planes: list[Plane], n_threads: int, tmp_path: Path) -> None:
    registered(Fails)
    with VmafContext(n_threads=n_threads, log_level="none") as ctx:
        ctx.use_feature("vif")
        ctx.use_feature("fails")
        failed = []
        for i, plane in enumerate(planes):
            try:
                ctx.read_pictures(plane, planes[0], i, pix_fmt="gray")
            except Trouble:
                failed.append(i)
                assert i == 2 or n_threads
        try:
            ctx.flush()
        except Trouble:
            failed.append(-1)
        assert len(failed) == 1
        assert [ctx.feature_score_at_index("fails", i) for i in (0, 1)] == [1.0, 1.0]
        assert all(ctx.feature_score_at_index("integer_vif_scale0", i) > 0 for i in range(3))
        ctx.write_output(tmp_path / "log", "csv")
        assert len((tmp_path / "log").read_text().splitlines()) >= 4


@pytest.mark.parametrize("found,message", [
    (None, "must be a mapping"),
    ([1.0], "must be a mapping"),
    ({"x": "high"}, "feature 'x' is 'high', must be a number"),
    ({"x": None}, "feature 'x' is None, must be a number"),
    ({3: 1.0}, "named 3, must be str"),
])  # fmt: skip
def test_results_that_are_refused(registered: Register, planes: list[Plane], found: object, message: str) -> None:
    class Wrong(FeatureExtractor):
        name = "wrong"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Any:
            return found

    registered(Wrong)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("wrong")
        with pytest.raises(TypeError, match=message):
            ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")


@pytest.mark.parametrize("found,kind,message", [
    ([1.0], TypeError, "must be a mapping or None"),
    ({"x": 10**400}, ValueError, "feature 'x' is beyond the range of a double"),
    ({"x": {-1: 1.0}}, ValueError, "index of feature 'x' is -1, must be 0 to"),
    ({"x": {"0": 1.0}}, TypeError, "index of feature 'x' is '0', must be an integer"),
])  # fmt: skip
def test_results_of_the_flush_that_are_refused(
    registered: Register, planes: list[Plane], found: object, kind: type[Exception], message: str
) -> None:
    class Wrong(FeatureExtractor):
        name = "wrong"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {}

        def flush(self) -> Any:
            return found

    registered(Wrong)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("wrong")
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        with pytest.raises(kind, match=message):
            ctx.flush()


@pytest.mark.parametrize("n_threads", [0, 2])
def test_calling_the_context_from_an_extractor_is_refused(
    registered: Register, planes: list[Plane], n_threads: int
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: ctx.feature_names,
        lambda: ctx.close(),
        lambda: ctx.flush(),
        lambda: ctx.read_pictures(planes[0], planes[0], 9, pix_fmt="gray"),
    ]

    class Calls(FeatureExtractor):
        name = "calls"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            for call in calls:
                with pytest.raises(RuntimeError, match="extractor must not"):
                    call()
            with VmafContext() as other:
                other.use_feature("psnr")
                other.read_pictures(ref, dist, 0)
                other.flush()
                return {"nested": other.feature_score_at_index("psnr_y", 0)}

    registered(Calls)
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("calls")
        ctx.use_feature("psnr")
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        ctx.flush()
        assert ctx.feature_score_at_index("nested", 0) == ctx.feature_score_at_index("psnr_y", 0)


def test_repeats_leave_nothing(planes: list[Plane], resident: Callable[[], int]) -> None:
    """Registering, failing and forgetting: flat."""

    def cycle(n: int) -> None:
        for i in range(n):
            cls = type("Fails", (Fails,), {"error": Trouble("boom"), "name": "fails"})
            pyvmaf.register(cls)
            with VmafContext(n_threads=i % 2, log_level="none") as ctx:
                ctx.use_feature("fails")
                with pytest.raises(Trouble):
                    read_planes(ctx, planes[:4])
            pyvmaf.unregister(cls)

    assert least_growth(resident, cycle, 500 if FULL else 160) < 16 * 1024
