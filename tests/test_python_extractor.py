# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Extractors in Python: equals of those in C; what they may hold, and for how long."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.common import Plane, noise, read_planes

import pyvmaf
from pyvmaf import FeatureExtractor, Option, PixelFormat, VmafContext, VmafError, VmafModel, VmafPicture

Register = Callable[[type[FeatureExtractor]], None]
FILTER = np.array([3571, 16004, 26386, 16004, 3571], np.int64)


def low_pass(rows: np.ndarray, shift: int) -> np.ndarray:
    """The five taps down the columns, edges mirrored, rounded to nearest, halves up."""
    padded = np.pad(rows, ((2, 2), (0, 0)), "reflect")
    total = sum(c * padded[k : k + len(rows)] for k, c in enumerate(FILTER))
    return (total + (1 << (shift - 1))) >> shift


class Motion(FeatureExtractor):
    """Motion of the reference, as the built-in extractor defines it."""

    name = "motion_py"
    features = ("motion_py_sad", "motion_py2")
    options = (Option("weight", float, 1.0, min=0, max=5, alias="w", feature_param=True),)
    every_frame, earlier_ref = True, 1
    weight: float

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        if not self.earlier:
            return {"motion_py_sad": 0.0}
        now, before = (p.planes[0].astype(np.int64) for p in (ref, self.earlier[0].ref))
        smooth = low_pass(low_pass(before - now, ref.bpc).T, 16)
        mean = float(np.abs(smooth).sum()) / 256.0 / (ref.width * ref.height)
        return {"motion_py_sad": mean * self.weight}

    def flush(self) -> Mapping[str, Mapping[int, float]]:
        series: list[float] = []
        while (value := self.score("motion_py_sad", len(series))) is not None:
            series.append(value)
        last = len(series) - 1
        smaller = [0.0 if i == 0 else s if i == last else min(s, series[i + 1]) for i, s in enumerate(series)]
        return {"motion_py2": dict(enumerate(smaller))}


@pytest.mark.parametrize("bpc", [8, 10, 16])
@pytest.mark.parametrize("n_subsample", [1, 5])
@pytest.mark.parametrize("n_threads", [0, 4])
def test_motion_in_python_equals_motion_in_c(registered: Register, n_threads: int, n_subsample: int, bpc: int) -> None:
    registered(Motion)
    rng = np.random.default_rng(5)
    frames = [rng.integers(0, 1 << bpc, (33, 47), np.uint8 if bpc == 8 else np.uint16) for _ in range(11)]
    with VmafContext(n_threads=n_threads, n_subsample=n_subsample) as ctx:
        ctx.use_feature("motion")
        ctx.use_feature("motion_py")
        for i, frame in enumerate(frames):
            ctx.read_pictures(frame, frame, i, bpc=bpc, pix_fmt="gray")
        ctx.flush()
        for python, c in (
            ("motion_py_sad", "VMAF_integer_feature_motion_sad_score"),
            ("motion_py2", "integer_motion2"),
        ):
            columns = [[ctx.feature_score_at_index(n, i) for i in range(11)] for n in (python, c)]
            assert columns[0] == columns[1]
            assert max(columns[0]) > 0
            assert ctx.feature_score_pooled(python, "harmonic_mean") == ctx.feature_score_pooled(c, "harmonic_mean")


class Every(FeatureExtractor):
    """Shows all that it is told."""

    name = "every"
    features = ("every_a", "every_b")
    options = (
        Option("flag", bool, False, help="a switch", feature_param=True),
        Option("count", int, 3, min=-5, max=7, alias="n", feature_param=True),
        Option("gain", float, 0.5, min=0, max=2, alias="g", feature_param=True),
        Option("text", str, None),
        Option("mode", str, "fast", alias="m", feature_param=True),
    )
    flag: bool
    count: int
    gain: float
    text: str | None
    mode: str
    seen: list[dict[str, Any]] = []  # noqa: RUF012
    calls: list[str] = []  # noqa: RUF012

    def init(self, w: int, h: int, bpc: int, pix_fmt: PixelFormat) -> None:
        assert self.score is not None
        self.calls.append("init")
        self.seen.append({o.name: getattr(self, o.name) for o in self.options} | {"format": (w, h, bpc, pix_fmt)})

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        self.calls.append(f"extract {index}")
        assert self.earlier == ()
        return {"every_a": index, "every_b": np.float32(0.5)} | ({"every_other": True} if self.flag else {})

    def flush(self) -> Mapping[str, float]:
        self.calls.append("flush")
        return {"every_total": 9}

    def close(self) -> None:
        self.calls.append("close")


def test_options_names_and_calls(registered: Register, planes: list[Plane], tmp_path: Path) -> None:
    registered(Every)
    Every.seen.clear()
    Every.calls.clear()
    with VmafContext() as ctx:
        ctx.use_feature("every", {"count": -2, "gain": 1.25, "text": "ü", "mode": "slow", "flag": True})
        ctx.use_feature("every")
        for i in range(2):
            ctx.read_pictures(planes[0], planes[1], i, pix_fmt="gray")
        ctx.flush()
        suffix = "_n_-2_flag_g_1.25_m_slow"  # by the options' full names: count, flag, gain, mode
        assert ctx.feature_names == [
            f"every_a{suffix}", f"every_b{suffix}", "every_other", "every_a", "every_b",
        ]  # fmt: skip
        assert ctx.feature_score_at_index(f"every_a{suffix}", 1) == 1.0
        assert ctx.feature_score_at_index("every_b", 0) == 0.5
        ctx.write_output(tmp_path / "log", "json")
        assert json.loads((tmp_path / "log").read_text())["aggregate_metrics"] == {"every_total": 9.0}
    assert Every.seen[0] == {
        "flag": True, "count": -2, "gain": 1.25, "text": "ü", "mode": "slow",
        "format": (64, 48, 8, PixelFormat.YUV400P),
    }  # fmt: skip
    assert Every.seen[1] == Every.seen[0] | {"flag": False, "count": 3, "gain": 0.5, "text": None, "mode": "fast"}
    assert Every.calls.count("flush") == 2 and Every.calls.count("close") == Every.calls.count("init") == 2
    assert Every.calls[-2:] == ["close", "close"]


def test_the_table_lists_it(registered: Register) -> None:
    assert "every" not in [e.name for e in pyvmaf.extractors()]
    registered(Every)
    info = pyvmaf.extractors()[-1]
    assert (info.name, info.help, info.features) == ("every", "Shows all that it is told.", ("every_a", "every_b"))
    assert info.options == tuple(
        Option(o.name, o.type, o.default, o.lowest if o.type in (int, float) else None,
               o.highest if o.type in (int, float) else None, o.help, o.alias, o.feature_param)
        for o in Every.options
    )  # fmt: skip


@pytest.mark.parametrize("options,message", [
    ({"count": 8}, r"\"count\" is \"8\", must be an integer from -5 to 7"),
    ({"gain": "x"}, r"\"gain\" is \"x\", must be a number from 0 to 2"),
    ({"flag": "yes"}, "must be true or false"),
    ({"cout": 1}, r"no option 'cout'; did you mean \"count\""),
])  # fmt: skip
def test_bad_options(registered: Register, options: dict[str, object], message: str) -> None:
    registered(Every)
    with VmafContext(log_level="none") as ctx, pytest.raises(ValueError, match=message):
        ctx.use_feature("every", options)


def test_a_model_may_use_it(registered: Register, planes: list[Plane], tmp_path: Path) -> None:
    registered(Every)
    svm = "svm_type nu_svr\nkernel_type rbf\ngamma 1\nnr_class 2\ntotal_sv 1\nrho -5\nSV\n1 1:0\n"
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"model_dict": {
        "model_type": "LIBSVMNUSVR", "norm_type": "linear_rescale", "feature_names": ["every_a"],
        "slopes": [1.0, 0.0], "intercepts": [0.0, 0.0], "model": svm,
        "feature_opts_dicts": [{"gain": 2}],
    }}))  # fmt: skip
    model = VmafModel.from_path(path, name="own")
    assert model.features == ["every_a_g_2"]
    with VmafContext(n_threads=1) as ctx:
        ctx.use_features_from_model(model)
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        ctx.flush()
        assert ctx.score_at_index(model, 0) == 6.0  # exp(0) * 1 - rho


def test_views_are_read_only_and_never_dangle(registered: Register) -> None:
    kept: list[Any] = []

    class Keeps(FeatureExtractor):
        name = "keeps"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            kept.extend((ref, dist.planes[0]))
            with pytest.raises(ValueError, match="read-only"):
                ref.planes[0][0, 0] = 1
            return {}

    registered(Keeps)
    with VmafContext(n_threads=2) as ctx:
        ctx.use_feature("keeps")
        for i in range(4):
            ctx.read_pictures(noise(i), noise(i + 10), i, pix_fmt="gray")
        ctx.flush()
    gc.collect()
    shown = sorted(int(k.planes[0].sum() if isinstance(k, VmafPicture) else k.sum()) for k in kept)
    assert shown == sorted(int(noise(i).sum()) for i in (0, 1, 2, 3, 10, 11, 12, 13))


def test_temporal_extractors_see_frames_in_order_on_one_instance(registered: Register, planes: list[Plane]) -> None:
    seen: list[tuple[int, int]] = []

    class Temporal(FeatureExtractor):
        name = "temporal"
        temporal = True

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            seen.append((id(self), index))
            return {}

    registered(Temporal)
    with VmafContext(n_threads=4) as ctx:
        ctx.use_feature("temporal")
        read_planes(ctx, planes)
    assert len({i for i, _ in seen}) == 1 and [i for _, i in seen] == list(range(len(planes)))


def test_workers_run_at_once_with_instances_of_their_own(registered: Register, planes: list[Plane]) -> None:
    barrier = threading.Barrier(2)
    instances: set[FeatureExtractor] = set()

    class Meets(FeatureExtractor):
        name = "meets"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            instances.add(self)
            barrier.wait(20)
            return {}

    registered(Meets)
    with VmafContext(n_threads=2) as ctx:
        ctx.use_feature("meets")
        read_planes(ctx, planes)
    assert len(instances) == 2


def test_a_context_keeps_what_was_unregistered(planes: list[Plane]) -> None:
    class Gone(FeatureExtractor):
        name = "gone"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"gone": 1.0}

    pyvmaf.register(Gone)
    with VmafContext(n_threads=1) as ctx:
        ctx.use_feature("gone")
        pyvmaf.unregister("gone")
        del Gone
        gc.collect()
        read_planes(ctx, planes)
        assert ctx.feature_score_pooled("gone") == 1.0
        with pytest.raises(ValueError, match="no feature extractor 'gone'"):
            ctx.use_feature("gone")


def test_registrations_that_are_refused(registered: Register) -> None:
    def extract(self: Any, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        return {}

    def cls(**members: Any) -> type[FeatureExtractor]:
        return type("Bad", (FeatureExtractor,), {"name": "bad", "extract": extract} | members)

    for bad, message in (
        (cls(name="vif"), "'vif' already"),
        (cls(name="a=b"), "name is 'a=b'"),
        (cls(name=None), "name is None"),
        (type("Bad", (FeatureExtractor,), {"name": "bad"}), r"must define extract\(\)"),
        (cls(features="bad"), "must be names"),
        (cls(options=["x"]), "must be Option"),
        (cls(options=[Option("init", bool, False)]), "option named 'init'"),
        (cls(options=[Option("a", bool, False)] * 2), "two of one name"),
        (int, "no subclass"),
        (cls(), ""),
    ):
        if message:
            with pytest.raises(VmafError, match=message):
                pyvmaf.register(bad)  # type: ignore[arg-type]
        else:
            registered(bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'vif' was not registered"):
        pyvmaf.unregister("vif")
    for arguments in (("a", bytes, b""), ("a", int, 1.5), ("a", float, "1"), ("a", bool, 0), ("a", int, True)):
        with pytest.raises(TypeError):
            Option(*arguments)  # type: ignore[arg-type]


def test_other_threads_run_during_work(registered: Register) -> None:
    """The interpreter's lock is released: Python goes on while C works."""
    frame = noise(1, 720, 1280)
    counted, stop = [0], threading.Event()

    def count() -> None:
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0)

    with VmafContext() as ctx:
        ctx.use_feature("vif")
        thread = threading.Thread(target=count)
        thread.start()
        before = counted[0]
        for i in range(1000):  # until the thread has gone on; a few frames are enough
            ctx.read_pictures(frame, frame, i, borrow=True, pix_fmt="gray")
            during = counted[0] - before
            if during > 10:
                break
        stop.set()
        thread.join()
    assert during > 10
