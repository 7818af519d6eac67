# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The cambi extractor: every option against the definition, the peer and its recorded numbers; heat maps; refusals."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import cambi as reference
from support import capi, scoring
from support.clips import Frame
from test_golden import SHARED, shared_golden, shared_pairs
from test_oracle import peer

from pyvmaf import VmafContext, VmafError

Luma = NDArray[np.uint8] | NDArray[np.uint16]

V1 = {"cambi_high_res_speedup": 1080, "cambi_max_val": 17, "cambi_vis_lum_threshold": 0.06}
MASKS = (0, 16 | 32, capi.SCALAR)
CLIPS = SHARED / "clips"
recorded = pytest.mark.skipif(not CLIPS.exists(), reason="no recorded clips beside the project")


def luma(kind: str, w: int, h: int, bpc: int = 8, seed: int = 0) -> Luma:
    """Something with bands in it."""
    rng = np.random.default_rng(seed)
    top = (1 << bpc) - 1
    y, x = np.mgrid[:h, :w]
    soft = (x + 2 * y) * 60 // (w + 2 * h)
    out = {
        "bands": 40 + soft // 3,
        "dark": 17 + soft // 6,
        "bright": 200 + soft // 2,
        "blobs": 60 + (np.hypot(x - w / 2, y - h / 3) // 9).astype(int) % 6,
        "dither": 50 + soft // 4 + (rng.random((h, w)) < 0.02),
        "flat": 0 * x + 90,
        "noise": rng.integers(0, 256, (h, w)),
    }[kind]
    scaled = np.asarray(out) * 4 if bpc >= 10 else np.asarray(out)
    shifted = scaled << max(bpc - 10, 0)
    return np.clip(shifted, 0, top).astype(np.uint8 if bpc == 8 else np.uint16)


KINDS = ("bands", "dark", "bright", "blobs", "dither", "flat", "noise")


def ours(
    ref: Luma, dist: Luma, options: Mapping[str, Any], bpc: int, mask: int = 0, n_threads: int = 0
) -> dict[str, float | None]:
    got = scoring.score(
        [(ref,)], [(dist,)], chroma="400", bpc=bpc, features=[("cambi", options)], cpumask=mask, n_threads=n_threads
    )
    return {name: values[0] for name, values in got.items()}


def wanted(ref: Luma, dist: Luma, options: Mapping[str, Any], bpc: int) -> dict[str, float]:
    asked = reference.Options(**options)
    scores = reference.scores(asked, ref, dist, bpc)
    return {reference.published(asked): scores.pop("cambi"), **scores}


OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"cambi_max_val": 0.25},
    {"enc_width": 200, "enc_height": 260},
    {"enc_width": 9 * 25, "enc_height": 160, "full_ref": True},
    {"enc_bitdepth": 8},
    {"enc_bitdepth": 10},
    {"src_width": 400, "src_height": 300, "full_ref": True},
    {"src_width": 400, "src_height": 300, "full_ref": True, "cambi_max_val": 0.5, "enc_bitdepth": 12},
    {"window_size": 127},
    {"window_size": 15},
    {"topk": 0.01},
    {"cambi_topk": 0.05},
    {"topk": 0.3, "cambi_topk": 0.05},
    {"topk": 1.0},
    {"tvi_threshold": 0.002},
    {"tvi_threshold": 0.5},
    {"cambi_vis_lum_threshold": 0.06},
    {"cambi_vis_lum_threshold": 5.0},
    {"cambi_vis_lum_threshold": 300.0},
    {"max_log_contrast": 0},
    {"max_log_contrast": 1},
    {"max_log_contrast": 3},
    {"max_log_contrast": 5, "full_ref": True},
    {"eotf": "pq"},
    {"cambi_eotf": "pq"},
    {"eotf": "pq", "cambi_eotf": "pq", "cambi_vis_lum_threshold": 0.1},
    {"cambi_high_res_speedup": 1080},
    {"cambi_high_res_speedup": 17},
)  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options_equal_the_definition(options: dict[str, Any]) -> None:
    turn = OPTIONS.index(options)
    for bpc in (8, (10, 12, 16)[turn % 3]):
        kind = KINDS[(turn + bpc) % 5]
        dist, ref = luma(kind, 301, 233, bpc), luma("dither", 301, 233, bpc)
        want = wanted(ref, dist, options, bpc)
        for mask in MASKS:
            got = ours(ref, dist, options, bpc, mask)
            assert got == want and list(got) == list(want), (bpc, kind, mask)


def test_every_option_is_tried() -> None:
    tried = {key for options in OPTIONS for key in options}
    assert tried == {field.name for field in fields(reference.Options)}


@pytest.mark.parametrize("size", [(216, 1), (1, 216), (216, 2), (3, 217), (216, 216), (400, 20), (231, 64)])
def test_narrow_pictures_equal_the_definition(size: tuple[int, int]) -> None:
    for kind in ("bands", "blobs"):
        dist = luma(kind, *size)
        for options in ({"window_size": 127}, {"max_log_contrast": 3, "topk": 0.2}):
            want = wanted(dist, dist, options, 8)
            for mask in MASKS:
                assert ours(dist, dist, options, 8, mask) == want, (kind, options, mask)


def test_speedup_equals_the_definition() -> None:
    """It goes by the area alone, and the reference follows the encode."""
    dist, ref = luma("blobs", 4100, 506), luma("dark", 4100, 506)
    options = {**V1, "window_size": 40, "full_ref": True, "src_width": 320, "src_height": 200}
    want = wanted(ref, dist, options, 8)
    for mask in (0, 16 | 32):
        assert ours(ref, dist, options, 8, mask) == want


@pytest.mark.parametrize(
    ("size", "speedup", "halved"),
    [
        ((1920, 1080), 1080, True), ((1080, 1920), 1080, True), ((1920, 1079), 1080, False),
        ((2560, 1440), 1440, True), ((2560, 1439), 1440, False), ((3840, 2160), 1440, True),
        ((3840, 2160), 2160, True), ((3840, 2159), 2160, False), ((1920, 1080), 1081, False),
    ],
)  # fmt: skip
def test_when_the_speedup_is_on(size: tuple[int, int], speedup: int, halved: bool) -> None:
    w, h = size
    dist = np.ascontiguousarray(np.tile(luma("blobs", 240, 216), (h // 216 + 1, w // 240 + 1))[:h, :w])
    (plain,) = ours(dist, dist, {}, 8).values()
    (fast,) = ours(dist, dist, {"cambi_high_res_speedup": speedup}, 8).values()
    assert (fast != plain) == halved


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_threads_change_nothing(n_threads: int) -> None:
    dist, ref = luma("blobs", 700, 600), luma("dither", 700, 600)
    for options in ({"full_ref": True}, {"topk": 0.02}):
        assert ours(ref, dist, options, 8, 0, n_threads) == ours(ref, dist, options, 8)


def random_options(rng: random.Random, w: int, h: int) -> dict[str, Any]:
    choices: dict[str, list[Any]] = {
        "cambi_max_val": [1.5], "enc_bitdepth": [6, 8, 10, 16], "window_size": [15, 40, 90, 127],
        "topk": [0.01, 0.2, 1], "cambi_topk": [0.1], "tvi_threshold": [0.001, 0.01, 0.1],
        "cambi_vis_lum_threshold": [0.01, 0.06, 1, 20], "max_log_contrast": [0, 1, 3, 4, 5], "full_ref": [True],
        "eotf": ["pq"], "cambi_eotf": ["pq"], "cambi_high_res_speedup": [1080],
    }  # fmt: skip
    out = {key: rng.choice(choices[key]) for key in rng.sample(sorted(choices), rng.choice([0, 1, 1, 2, 3]))}
    if rng.random() < 0.3 and w > 260 and h > 260:
        out |= {"enc_width": rng.randint(216, w), "enc_height": rng.randint(216, h)}
    return out


def generated(rng: random.Random, w: int, h: int, bpc: int) -> Luma:
    plain = luma(rng.choice(KINDS), w, h, bpc, rng.randint(0, 99)).astype(np.int64)
    if rng.random() < 0.3:
        plain = plain // 2 + luma(rng.choice(KINDS), w, h, bpc, rng.randint(0, 99)) // 2
    return plain.astype(np.uint8 if bpc == 8 else np.uint16)


@pytest.mark.parametrize("batch", range(6))
def test_generated_pairs_equal_the_peers(batch: int) -> None:
    library = peer()
    for case in range(batch, 60, 6):
        rng = random.Random(case)
        w, h, bpc = rng.randint(216, 640), rng.randint(100, 480), rng.choice([8, 8, 10, 12, 16])
        ref, dist = (generated(rng, w, h, bpc) for _ in range(2))
        frames: tuple[list[Frame], list[Frame]] = ([(ref,)], [(dist,)])
        what: dict[str, Any] = {
            "chroma": "400", "bpc": bpc, "features": [("cambi", random_options(rng, w, h)), ("cambi", V1)],
        }  # fmt: skip
        try:
            want = capi.score(library, *frames, **what)
        except capi.CApiError:  # a shape that both refuse
            with pytest.raises(VmafError):
                scoring.score(*frames, **what)
            continue
        for mask, n_threads in ((0, case % 3), (16 | 32, 0), (capi.SCALAR, 0)):
            got = scoring.score(*frames, cpumask=mask, n_threads=n_threads, **what)
            assert capi.differences(want, got) == [], (case, w, h, bpc, what, mask)
            assert list(want) == list(got), "the order of columns"


@cache
def clip(name: str, w: int, h: int, bpc: int) -> list[Luma]:
    data = np.fromfile(CLIPS / name, np.uint8 if bpc == 8 else np.dtype("<u2"))
    size = w * h * 3 // 2
    return [data[i : i + w * h].reshape(h, w) for i in range(0, len(data), size)]


SRC01 = ("src01_dis_576x324_420_10b.yuv", 576, 324, 10)
DARK = ("dark_dis_1920x1080_420_8b.yuv", 1920, 1080, 8)
KRISTEN = ("kristen_dis_1280x720_420_8b.yuv", 1280, 720, 8)


@recorded
@pytest.mark.parametrize(
    ("which", "frame", "options", "value"),
    [
        (SRC01, 0, V1, 0.92235833711277126),
        (SRC01, 1, V1, 0.95494610515119338),
        (SRC01, 2, V1, 0.97488206194227944),
        (SRC01, 0, {}, 0.93044083409407985),
        (SRC01, 0, {"max_log_contrast": 5}, 1.9630637574414891),
        (SRC01, 0, {"enc_bitdepth": 8}, 0.33917120188743033),
        (DARK, 0, V1, 3.7383121350504696),
        (DARK, 0, {}, 6.7994157447337251),
        (KRISTEN, 0, {}, 0.2316747707202588),
        (KRISTEN, 0, {"enc_width": 960, "enc_height": 540}, 0.77307761362050975),
        (("sparks_dis_480x270_420_10b.yuv", 480, 270, 10), 0, {}, 0.37343979497357471),
    ],
)
def test_values_of_the_specification(
    which: tuple[str, int, int, int], frame: int, options: dict[str, Any], value: float
) -> None:
    dist = clip(*which)[frame]
    for mask in MASKS:
        assert list(ours(dist, dist, options, which[3], mask).values()) == [value]


@recorded
def test_full_reference_of_the_specification() -> None:
    dist, ref = (clip(SRC01[0].replace("dis", side), *SRC01[1:])[0] for side in ("dis", "ref"))
    assert ours(ref, dist, {"full_ref": True}, 10) == {
        "cambi": 0.93044083409407985, "cambi_source": 0.001541398923114245, "cambi_full_reference": 0.92889943517096563,
    }  # fmt: skip


@recorded
@pytest.mark.parametrize("mask", MASKS[:2])
def test_sums_that_depend_on_their_order(mask: int) -> None:
    """The second frame knows what the first one found out."""
    half = np.concatenate([clip(*DARK)[0], clip(*DARK)[0][:, ::-1]], 1)
    dist = np.ascontiguousarray(np.concatenate([half, half[::-1]]))
    got = scoring.score([(dist,)] * 2, [(dist,)] * 2, chroma="400", features=[("cambi", {})], cpumask=mask)
    assert got == {"cambi": [5.295577743833447] * 2}


@pytest.mark.skipif(not shared_pairs(), reason="no recorded clips beside the project")
@pytest.mark.parametrize("pair", shared_pairs() or ["none"])
def test_recorded_numbers(pair: str) -> None:
    for config, options in (("new", {}), ("v1_3d0h", V1), ("v1_1d5h_2160", V1)):
        want = {k: v for k, v in shared_golden()[f"{pair}/{config}"].get("features", {}).items() if "cambi" in k}
        name, size, _, depth = pair.rsplit("_", 3)
        w, h, bpc = *map(int, size.split("x")), int(depth[:-1])
        if not want or "444" in pair:
            continue
        frames = [(y,) for y in clip(f"{name}_dis_{size}_420_{depth}.yuv", w, h, bpc)]
        got = scoring.score(frames, frames, chroma="400", bpc=bpc, features=[("cambi", options)], cpumask=0)
        assert capi.differences(want, got) == [] and len(got) == len(want)


@pytest.mark.parametrize("n_threads", [0, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_log_contrast": 0, "enc_width": 220, "enc_height": 150, "window_size": 50},
        {"max_log_contrast": 0, "window_size": 15},
    ],
    ids=str,
)
def test_heat_maps(tmp_path: Path, options: dict[str, Any], n_threads: int) -> None:
    """Frames that skip numbers leave holes, files of an earlier run are emptied."""
    folder = tmp_path / "some" / "folder"
    frames = [luma(kind, 240, 152) for kind in ("bands", "blobs", "dither")]
    work = reference.Working(reference.Options(**options), 240, 152, 8)
    maps = [work.maps(dist, work.enc) for dist in frames]
    for indices in ((0, 1, 2), (0, 2)):
        with VmafContext(n_threads=n_threads) as ctx:
            ctx.use_feature("cambi", {**options, "heatmaps_path": str(folder)})
            for i in indices:
                ctx.read_pictures((frames[i],), (frames[i],), i)
            ctx.flush()
        w, h = work.enc
        for scale in range(5):
            words = np.fromfile(folder / f"cambi_heatmap_scale_{scale}_{w}x{h}_16b.gray", np.uint16)
            got = words.reshape(3, h, w)
            for i in range(3):
                want = reference.heat(maps[i][scale], work.window(work.enc), len(work.steps.limits))
                assert (got[i] == (want if i in indices else 0)).all(), (scale, i)
            assert scale or got.any() == (work.window(work.enc) > 1)
            w, h = (w + 1) // 2, (h + 1) // 2
        assert len(list(folder.iterdir())) == 5


def test_heat_maps_do_not_change_scores(tmp_path: Path) -> None:
    dist = luma("blobs", 301, 233)
    assert ours(dist, dist, {"heatmaps_path": str(tmp_path)}, 8) == ours(dist, dist, {}, 8)


def test_heat_maps_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    dist = luma("bands", 301, 233)
    with VmafContext(log_level="none") as ctx:
        with pytest.raises(VmafError, match=r"heat maps to .*file: Not a directory"):
            ctx.use_feature("cambi", {"heatmaps_path": str(tmp_path / "file")})
        (tmp_path / "cambi_heatmap_scale_0_301x233_16b.gray").mkdir()
        ctx.use_feature("cambi", {"heatmaps_path": str(tmp_path)})
        with pytest.raises(VmafError, match=r"heat maps to .*scale_0_301x233.*: Is a directory"):
            ctx.read_pictures((dist,), (dist,), 0)


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        ((215, 215), {}, "encode of 215x215; one side must be 216"),
        ((300, 300), {"enc_width": 180, "enc_height": 150}, "encode of 180x150"),
        ((300, 300), {"enc_width": 220, "enc_height": 300, "src_width": 320, "src_height": 200}, "320x200.*220x300"),
        ((7680, 300), {"window_size": 127}, "window of 169, 65 is the most"),
        ((300, 300), {"src_width": 7680, "src_height": 4320}, "7680x4320 needs a window of 131"),
        ((300, 300), {"eotf": "hlg"}, 'eotf is "hlg", must be bt1886 or pq'),
        ((300, 300), {"cambi_eotf": ""}, 'cambi_eotf is "", must be bt1886 or pq'),
    ],
)
def test_refusals(size: tuple[int, int], options: dict[str, Any], message: str) -> None:
    dist = luma("bands", *size)
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match=message):
        ctx.use_feature("cambi", options)
        ctx.read_pictures((dist,), (dist,), 0)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("enc_width", 0), ("enc_width", 179), ("enc_height", 149), ("enc_bitdepth", 5), ("src_width", 319),
        ("src_height", 4321), ("window_size", 14), ("topk", 0), ("cambi_topk", 1.1), ("tvi_threshold", 0),
        ("cambi_vis_lum_threshold", 301), ("max_log_contrast", 6), ("cambi_high_res_speedup", 2161),
        ("cambi_max_val", -1), ("full_ref", "yes"),
    ],
)  # fmt: skip
def test_option_ranges(option: str, value: object) -> None:
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match=option):
        ctx.use_feature("cambi", {option: value})


@pytest.mark.parametrize("bpc", [9, 10, 12])
def test_samples_with_too_many_bits(bpc: int) -> None:
    dist = luma("bands", 301, 233, bpc)
    with VmafContext(log_level="none", check_samples=False) as ctx:
        ctx.use_feature("cambi", {"full_ref": True})
        ctx.read_pictures((dist,), (dist,), 0, bpc=bpc)
        for which in range(2):
            pair = [dist.copy(), dist.copy()]
            pair[which][-1, -1] = 1 << bpc
            side = ("reference", "distorted")[which]
            with pytest.raises(
                VmafError, match=f"{side} picture at index {1 + which}: sample {1 << bpc} .* {bpc} bits"
            ):
                ctx.read_pictures((pair[0],), (pair[1],), 1 + which, bpc=bpc)
