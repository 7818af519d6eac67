# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Contexts: what goes in, what comes out, threads, closing, memory."""

from __future__ import annotations

import gc
import json
import locale
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from support.common import Plane, least_growth, noise

import pyvmaf
from pyvmaf import FeatureExtractor, PoolingMethod, VmafContext, VmafError, VmafPicture
from pyvmaf._ffi import _lent

FEATURES = ("vif", "motion", "psnr")


def run(
    pairs: Sequence[tuple[object, object]], features: Sequence[str] = FEATURES, n_threads: int = 0, **how: object
) -> dict[str, list[float]]:
    with VmafContext(n_threads=n_threads) as ctx:
        for name in features:
            ctx.use_feature(name)
        for i, (ref, dist) in enumerate(pairs):
            bare = {"pix_fmt": "gray"} if isinstance(ref, np.ndarray) and ref.ndim == 2 else {}
            ctx.read_pictures(ref, dist, i, **bare, **how)  # type: ignore[arg-type]
        ctx.flush()
        return {n: [ctx.feature_score_at_index(n, i) for i in range(len(pairs))] for n in ctx.feature_names}


def pairs_of(planes: Sequence[Plane]) -> list[tuple[Plane, Plane]]:
    return [(p, p // 2 + 40) for p in planes]


# What goes in.


def test_known_values(planes: list[Plane]) -> None:
    flat = [np.full((48, 64), 100 + i, np.uint8) for i in range(3)]
    found = run([(f, f + 5) for f in flat])
    assert found["psnr_y"] == [10 * np.log10(255**2 / 25)] * 3
    assert found["VMAF_integer_feature_motion_sad_score"] == [0.0, 1.0, 1.0]
    assert found["integer_motion2"] == [0.0, 1.0, 1.0]
    assert run([(planes[0], planes[0])])["integer_vif_scale0"] == [1.0]


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_threads_change_nothing(planes: list[Plane], n_threads: int) -> None:
    pairs = pairs_of(planes * 4)
    want, got = run(pairs), run(pairs, n_threads=n_threads)
    assert list(want) == list(got)
    assert want == got


@pytest.mark.parametrize("n_threads", [0, 2])
def test_every_kind_of_picture(planes: list[Plane], n_threads: int) -> None:
    chroma = [noise(i + 50, 24, 32) for i in range(len(planes))]
    frames = list(zip(planes, chroma, chroma, strict=True))
    want = run([(f, f[::1]) for f in frames], n_threads=n_threads)
    assert len(want["psnr_cb"]) == len(planes)

    def filled(frame: tuple[Plane, Plane, Plane]) -> VmafPicture:
        picture = VmafPicture("yuv420p", 8, 64, 48)
        for view, plane in zip(picture.planes, frame, strict=True):
            view[:] = plane
        return picture

    kinds: dict[str, Callable[..., object]] = {
        "picture": filled,
        "wrapped": VmafPicture.from_planes,
        "list": list,
        "rows apart": lambda f: tuple(np.repeat(p, 2, axis=1)[:, : p.shape[1] * 2 : 2] for p in f),
    }
    for kind in kinds.values():
        assert run([(kind(f), kind(f)) for f in frames], n_threads=n_threads) == want
    assert run([(filled(f),) * 2 for f in frames], n_threads=n_threads) == want


@pytest.mark.parametrize("n_threads", [0, 2])
def test_frames_of_pyav(planes: list[Plane], n_threads: int) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    pairs = pairs_of(planes)
    frames = [tuple(av.VideoFrame.from_ndarray(p, "gray") for p in pair) for pair in pairs]
    assert run(frames, n_threads=n_threads) == run(pairs, n_threads=n_threads)


@pytest.mark.parametrize("bpc", [10, 12, 16])
def test_deep_arrays(planes: list[Plane], bpc: int) -> None:
    pairs = [tuple(p.astype(np.uint16) << (bpc - 8) for p in pair) for pair in pairs_of(planes)]
    got = run(pairs, bpc=bpc)  # type: ignore[arg-type]
    assert got["integer_motion2"] == run(pairs_of(planes))["integer_motion2"]
    with pytest.raises(ValueError, match=r"^reference: .*bpc=10"):
        run(pairs)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_one_buffer_may_serve_every_frame(planes: list[Plane], n_threads: int) -> None:
    ref, dist = np.empty_like(planes[0]), np.empty_like(planes[0])
    with VmafContext(n_threads=n_threads) as ctx:
        for name in FEATURES:
            ctx.use_feature(name)
        for i, pair in enumerate(pairs_of(planes)):
            ref[:], dist[:] = pair
            ctx.read_pictures(ref, dist, i, pix_fmt="gray")
        ref[:] = dist[:] = 0
        ctx.flush()
        got = {n: [ctx.feature_score_at_index(n, i) for i in range(len(planes))] for n in ctx.feature_names}
    assert got == run(pairs_of(planes))


def test_what_is_borrowed(planes: list[Plane], registered: Callable[..., None]) -> None:
    seen: list[list[bool]] = []

    class Look(FeatureExtractor):
        name = "look"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            seen.append([np.shares_memory(p.planes[0], a) for p, a in ((ref, pair[0]), (dist, pair[1]))])
            return {}

    registered(Look)
    frozen = planes[2].copy()
    frozen.flags.writeable = False
    cases = [
        (0, (planes[0], planes[1]), False, [False, True]),
        (0, (planes[0], planes[1]), True, [True, True]),
        (0, (frozen, planes[1]), False, [True, True]),
        (2, (planes[0], planes[1]), False, [False, False]),
        (2, (planes[0], planes[1]), True, [True, True]),
        (2, (frozen, frozen), False, [True, True]),
    ]
    for n_threads, pair, borrow, want in cases:
        seen.clear()
        with VmafContext(n_threads=n_threads) as ctx:
            ctx.use_feature("look")
            ctx.read_pictures(*pair, 0, borrow=borrow, pix_fmt="gray")
            ctx.flush()
        assert seen == [want]


def test_borrowed_arrays_are_let_go(planes: list[Plane]) -> None:
    gc.collect()
    before = len(_lent)
    for n_threads in (0, 2):
        run(pairs_of(planes), n_threads=n_threads)
    with VmafContext() as ctx, pytest.raises(ValueError, match="all must be equal"):
        ctx.read_pictures(planes[0], planes[0][:40], 0, pix_fmt="gray")
    gc.collect()
    assert len(_lent) == before


# What is refused.


@pytest.mark.parametrize("ref,dist,message", [
    ((noise(1),), (noise(1, 48, 62),), "distorted picture at index 0 is 62x48"),
    ((noise(1),), (noise(1).astype(np.uint16),), "distorted: samples are uint16"),
    ((noise(1),), (noise(1), noise(2, 24, 32), noise(3, 24, 32)), "all must be equal"),
    ((noise(1).astype(float),), (noise(1),), "reference: plane y has samples of type float64"),
    ((noise(1),), None, "distorted: "),
    (noise(1), noise(1), "reference: an array of shape .* may be grey"),
    ("ref.y4m", "dist.y4m", "reference: .*score"),
    (VmafPicture("yuv400p", 10, 64, 48), VmafPicture("yuv400p", 8, 64, 48), "8 bits"),
])  # fmt: skip
def test_pairs_that_are_refused(ref: object, dist: object, message: str) -> None:
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("vif")
        with pytest.raises(VmafError, match=message):
            ctx.read_pictures(ref, dist, 0)


@pytest.mark.parametrize("index", [-1, 2**32, 1.5, "0"])
def test_indices_that_are_refused(index: object) -> None:
    with VmafContext() as ctx, pytest.raises(VmafError, match="index is"):
        ctx.read_pictures(noise(1), noise(1), index)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments,message", [
    ({"n_threads": -1}, "n_threads is -1"),
    ({"n_threads": 10**6}, "n_threads is 1000000"),
    ({"n_threads": 1.5}, "n_threads is 1.5"),
    ({"n_subsample": -2}, "n_subsample is -2"),
    ({"n_subsample": 0}, "n_subsample is 0, must be 1 to 4294967295"),
    ({"cpumask": 2**64}, "cpumask is"),
    ({"log_level": "loud"}, "no log level 'loud'; there are: none, error"),
    ({"log_level": 9}, r"no log level 9; there are: none \(0\)"),
])  # fmt: skip
def test_arguments_that_are_refused(arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(VmafError, match=message):
        VmafContext(**arguments)


@pytest.mark.parametrize("name,options,message", [
    ("viff", None, r"no feature extractor 'viff'; did you mean \"vif\""),
    ("camby", None, "no feature extractor 'camby'"),
    ("vif", {"vif_enhn_gain_limt": 1}, r"no option 'vif_enhn_gain_limt'; did you mean \"vif_enhn_gain_limit\""),
    ("vif", {"vif_enhn_gain_limit": 101}, r"\"vif_enhn_gain_limit\" is \"101\", must be a number from 1 to 100"),
    ("vif", {"vif_enhn_gain_limit": float("nan")}, "vif_enhn_gain_limit"),
    ("vif", {"debug": 1}, r"\"debug\" is \"1\", must be true or false"),
    ("vif", {"debug": None}, "option 'debug' is None"),
    ("vif", {"debug": [1]}, "option 'debug'"),
])  # fmt: skip
def test_features_that_are_refused(name: str, options: dict, message: str) -> None:  # type: ignore[type-arg]
    with VmafContext(log_level="none") as ctx:
        with pytest.raises(VmafError, match=message):
            ctx.use_feature(name, options)
        ctx.use_feature("vif", {"debug": True, "vif_enhn_gain_limit": np.float32(1.5)})
        ctx.read_pictures(noise(1), noise(2), 0, pix_fmt="gray")
        ctx.flush()
        assert ctx.feature_names[0] == "integer_vif_scale0_egl_1.5"


def test_order_of_calls(planes: list[Plane]) -> None:
    with VmafContext(log_level="none") as ctx:
        with pytest.raises(ValueError, match="no scores yet"):
            ctx.feature_score_pooled("integer_vif_scale0")
        ctx.use_feature("vif")
        with pytest.raises(ValueError, match="has seen no frame"):
            ctx.flush()
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        with pytest.raises(ValueError, match="index 0"):
            ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        with pytest.raises(ValueError, match="index 1"):
            ctx.feature_score_at_index("integer_vif_scale0", 1)
        ctx.flush()
        with pytest.raises(ValueError, match="flushed already"):
            ctx.flush()
        with pytest.raises(ValueError, match="flushed already"):
            ctx.read_pictures(planes[0], planes[1], 1, pix_fmt="gray")
        assert 0 < ctx.feature_score_at_index("integer_vif_scale0", 0) < 1


def test_pooling(planes: list[Plane]) -> None:
    values = [3.0, 1.0, 2.0, 5.0]
    with VmafContext(log_level="none") as ctx:
        for i, value in enumerate(values):
            ctx.import_feature_score("mine", value, i)
        assert ctx.frame_count == 4
        assert ctx.feature_score_pooled("mine") == 11 / 4
        assert ctx.feature_score_pooled("mine", "min", 0, 3) == 1.0
        assert ctx.feature_score_pooled("mine", PoolingMethod.MAX, hi=2) == 3.0
        assert ctx.feature_score_pooled("mine", "harmonic-mean", lo=2) == pytest.approx(2 / (1 / 3 + 1 / 6) - 1)
        for lo, hi, message in ((3, 2, "must not be above"), (0, 4, "index 4"), (-1, 2, "lo is -1")):
            with pytest.raises(ValueError, match=message):
                ctx.feature_score_pooled("mine", "mean", lo, hi)
        with pytest.raises(ValueError, match=r"no pooling method 'median'; did you mean \"mean\""):
            ctx.feature_score_pooled("mine", "median")
        with pytest.raises(ValueError, match="mine"):
            ctx.import_feature_score("mine", 1.0, 0)


def test_logs(tmp_path: Path, planes: list[Plane]) -> None:
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("psnr")
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        ctx.flush()
        for fmt in ("xml", "json", "csv", "sub"):
            ctx.write_output(tmp_path / fmt, fmt)
            assert (tmp_path / fmt).stat().st_size > 20
        metrics = json.loads((tmp_path / "json").read_text())["frames"][0]["metrics"]
        assert metrics["psnr_y"] == pytest.approx(ctx.feature_score_at_index("psnr_y", 0), abs=1e-6)
        with pytest.raises(FileNotFoundError):
            ctx.write_output(tmp_path / "no" / "log", "json")
        with pytest.raises(IsADirectoryError):
            ctx.write_output(tmp_path, "json")
        with pytest.raises(ValueError, match="no output format 'yaml'"):
            ctx.write_output(tmp_path / "log", "yaml")


# Pools.


def test_a_pool_goes_round(planes: list[Plane]) -> None:
    for count, n_threads in ((4, 0), (2, 0), (6, 2)):
        with VmafContext(n_threads=n_threads) as ctx:
            for name in FEATURES:
                ctx.use_feature(name)
            ctx.preallocate_pictures("yuv400p", 8, 64, 48, count)
            for i, pair in enumerate(pairs_of(planes * 3)):
                pictures = [ctx.fetch_preallocated_picture() for _ in pair]
                for picture, plane in zip(pictures, pair, strict=True):
                    picture.planes[0][:] = plane
                ctx.read_pictures(*pictures, i)
                assert all(p.closed for p in pictures)
            ctx.flush()
            got = {n: [ctx.feature_score_at_index(n, i) for i in range(18)] for n in ctx.feature_names}
        assert got == run(pairs_of(planes * 3))


@pytest.mark.parametrize("count,size", [(2**32 - 1, (64, 48)), (2**20, (7680, 4320)), (1, (2**31 - 64, 2**31 - 64))])
def test_a_pool_beyond_memory(count: int, size: tuple[int, int]) -> None:
    """Refused before any of it is taken."""
    w, h = size
    with VmafContext(log_level="none") as ctx:
        words = rf"pool of {count} pictures \(pic_cnt\) of {w}x{h}, \d{{5,}} MiB in all: ask for fewer or smaller"
        with pytest.raises(MemoryError, match=words):
            ctx.preallocate_pictures("yuv400p", 8, w, h, count)
        ctx.preallocate_pictures("yuv400p", 8, 64, 48, 2)


def test_an_empty_pool_does_not_hang() -> None:
    with VmafContext(log_level="none") as ctx:
        with pytest.raises(ValueError, match="no picture pool"):
            ctx.fetch_preallocated_picture()
        ctx.preallocate_pictures("yuv400p", 8, 64, 48, 2)
        held = [ctx.fetch_preallocated_picture() for _ in range(2)]
        with pytest.raises(TimeoutError, match="all 2 pictures"):
            ctx.fetch_preallocated_picture(timeout=0.05)
        with pytest.raises(RuntimeError, match="still in use"):
            ctx.preallocate_pictures("yuv400p", 8, 32, 32, 2)
        view = held[0].planes[0]
        held.clear()
        ctx.fetch_preallocated_picture(timeout=0.05).close()
        view[:] = 7
        kept = [view]
        del view
        threading.Timer(0.05, kept.clear).start()
        both = [ctx.fetch_preallocated_picture(timeout=20) for _ in range(2)]
    view = both[0].planes[0]
    view[:] = 9
    assert int(view.sum()) == 9 * 64 * 48, "memory outlives the context"


# Threads and closing.


def test_closing(planes: list[Plane]) -> None:
    ctx = VmafContext(n_threads=2)
    ctx.use_feature("vif")
    ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
    ctx.close()
    ctx.close()
    assert ctx.closed and repr(ctx) == "VmafContext(closed, n_threads=2)"
    for call in (
        lambda: ctx.flush(),
        lambda: ctx.use_feature("vif"),
        lambda: ctx.read_pictures(planes[0], planes[1], 1, pix_fmt="gray"),
        lambda: ctx.feature_names,
        lambda: ctx.write_output("x", "json"),
    ):
        with pytest.raises(ValueError, match="context is closed"):
            call()


def test_many_threads_may_share_a_context(planes: list[Plane]) -> None:
    pairs = pairs_of(planes * 4)
    with VmafContext(n_threads=1) as ctx:
        ctx.use_feature("vif")
        indices = iter(range(len(pairs)))
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    i = next(indices, None)
                if i is None:
                    return
                ctx.read_pictures(*pairs[i], i, pix_fmt="gray")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        ctx.flush()
        got = [ctx.feature_score_at_index("integer_vif_scale0", i) for i in range(len(pairs))]
    assert got == run(pairs, ["vif"])["integer_vif_scale0"]


def test_close_waits_for_the_call_in_progress(planes: list[Plane], registered: Callable[..., None]) -> None:
    inside, go_on, order = threading.Event(), threading.Event(), []

    class Wait(FeatureExtractor):
        name = "wait"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            inside.set()
            assert go_on.wait(20)
            order.append("extract")
            return {}

    registered(Wait)
    ctx = VmafContext()
    ctx.use_feature("wait")
    reader = threading.Thread(target=lambda: ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray"))
    reader.start()
    assert inside.wait(20)
    closer = threading.Thread(target=lambda: (ctx.close(), order.append("close")))
    closer.start()
    assert order == []
    go_on.set()
    reader.join(20)
    closer.join(20)
    assert order == ["extract", "close"]


def test_a_context_that_nobody_closes(planes: list[Plane]) -> None:
    ctx = VmafContext(n_threads=2)
    ctx.use_feature("vif")
    ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
    del ctx
    gc.collect()
    code = (
        "import numpy as np, pyvmaf\n"
        "ctx = pyvmaf.VmafContext(n_threads=2); ctx.use_feature('vif')\n"
        "p = np.zeros((480, 640), np.uint8)\n"
        "for i in range(8): ctx.read_pictures((p,), (p,), i)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_process_state_is_left_alone(planes: list[Plane]) -> None:
    numbers = [s for s in signal.valid_signals() if s not in (signal.SIGKILL, signal.SIGSTOP)]
    before = [signal.getsignal(s) for s in numbers], locale.setlocale(locale.LC_ALL)
    run(pairs_of(planes), n_threads=2)
    assert ([signal.getsignal(s) for s in numbers], locale.setlocale(locale.LC_ALL)) == before


def test_cpu() -> None:
    with VmafContext(cpumask=0xFFFF) as ctx:
        assert ctx.cpu == "scalar"
    with VmafContext() as ctx:
        assert ctx.cpu in ("scalar", "avx2", "avx512", "avx512vnni", "neon")


# Memory.


def test_contexts_leave_nothing(planes: list[Plane], resident: Callable[[], int]) -> None:
    """Contexts opened and closed: flat."""
    pairs = pairs_of(planes[:2])

    def cycle(n: int) -> None:
        for _ in range(n):
            run(pairs)

    assert least_growth(resident, cycle, 2000) < 16 * 1024


def test_frames_cost_their_scores(resident: Callable[[], int]) -> None:
    """A score takes 16 bytes; a column that grows by doubling takes up to twice that."""
    frames, warm_up = 20_000, 1000
    ring = [noise(i, 64, 64) for i in range(4)]
    with VmafContext() as ctx:
        for name in FEATURES:
            ctx.use_feature(name)
        for i in range(warm_up):
            ctx.read_pictures(ring[i % 4], ring[(i + 1) % 4], i, pix_fmt="gray")
        features = len(ctx.feature_names)
        before = resident()
        for i in range(warm_up, warm_up + frames):
            ctx.read_pictures(ring[i % 4], ring[(i + 1) % 4], i, pix_fmt="gray")
        grown = resident() - before
        ctx.flush()
    print(f"{grown / frames / features:.1f} bytes a frame a feature")
    assert grown < 2 * 16 * frames * features + 128 * 1024


def test_an_import_is_light() -> None:
    code = "import sys, pyvmaf; print([m for m in ('onnxruntime', 'torch', 'av', 'onnx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert pyvmaf.__version__


@pytest.mark.parametrize("n_threads", [0, 2])
def test_frames_are_counted_when_no_index_is_given(planes: list[Plane], n_threads: int) -> None:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("psnr")
        for plane in planes[:3]:
            ctx.read_pictures((plane,), (plane,))
        with pytest.raises(VmafError):
            ctx.read_pictures((planes[0],), (planes[0][:8],))
        ctx.read_pictures((planes[3],), (planes[3],))
        ctx.read_pictures((planes[4],), (planes[4],), 7)
        ctx.read_pictures((planes[5],), (planes[5],))
        ctx.flush()
        found = ctx.feature_scores("psnr_y", range(9))
    assert list(np.flatnonzero(~np.isnan(found))) == [0, 1, 2, 3, 7, 8]
