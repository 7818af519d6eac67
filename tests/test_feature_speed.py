# SPDX-License-Identifier: BSD-2-Clause-Patent
"""speed_chroma and speed_temporal: values, options, names, limits, and what they refuse."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from reference import speed
from support import capi, scoring
from support.clips import Clip, make_frames
from test_golden import shared_frames, shared_golden, shared_pairs
from test_oracle import peer

from pyvmaf import VmafContext, VmafError

MASKS = {"best": 0, "no-avx512": 16 | 32, "scalar": capi.SCALAR}
V1 = {"speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_weight_var_mode": 5, "speed_max_val": 45}
CHROMA = ["speed_chroma_u", "speed_chroma_v", "speed_chroma_uv"]

# The specification's check values of the recorded clips: (clip, frame, extractor, options, value of the last feature).
VECTORS: list[tuple[str, int, str, dict[str, object], list[float]]] = [
    ("src01_576x324_420_10b", 0, "speed_chroma", V1, [3.2478153705596924, 1.701123833656311, 2.4744696617126465]),
    ("src01_576x324_420_10b", 1, "speed_chroma", V1, [4.6298117637634277, 1.5617828369140625, 3.0957973003387451]),
    ("src01_576x324_420_10b", 2, "speed_chroma", V1, [6.1678595542907715, 1.3835119009017944, 3.7756857872009277]),
    ("src01_576x324_420_10b", 0, "speed_chroma", {}, [6.1211256980895996, 3.7963802814483643, 4.9587531089782715]),
    ("dark_1920x1080_420_8b", 0, "speed_chroma", V1, [3.3920159339904785, 2.690345287322998, 3.0411806106567383]),
    (
        "dark_1920x1080_420_8b", 0, "speed_chroma",
        {**V1, "speed_prescale": 0.5, "speed_prescale_method": "bilinear"}, [2.1868233680725098],
    ),
    (
        "dark_1920x1080_420_8b", 0, "speed_chroma",
        {**V1, "speed_prescale": 0.6, "speed_prescale_method": "bilinear"}, [3.1464738845825195],
    ),
    ("src01_576x324_420_10b", 1, "speed_temporal", {}, [24.802658081054688]),
    ("src01_576x324_420_10b", 2, "speed_temporal", {}, [23.856454849243164]),
    ("src01_576x324_420_10b", 1, "speed_temporal", {"speed_use_ref_diff": True}, [14.143038749694824]),
    ("sparks_480x270_420_10b", 0, "speed_chroma", V1, [0.0]),
    ("sparks_480x270_420_10b", 1, "speed_temporal", {}, [1.233349084854126]),
    ("sparks_480x270_420_10b", 2, "speed_temporal", {}, [1.7470849752426147]),
]  # fmt: skip


@pytest.mark.skipif(not shared_pairs(), reason="no recorded clips beside the project")
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("case", range(len(VECTORS)))
def test_check_values(case: int, mask: str) -> None:
    pair, frame, extractor, options, want = VECTORS[case]
    refs, dists, chroma, bpc = shared_frames(pair)
    end = frame + 1
    got = scoring.score(
        refs[:end], dists[:end], chroma=chroma, bpc=bpc, features=[(extractor, options)], cpumask=MASKS[mask]
    )
    assert [column[frame] for column in got.values()][-len(want) :] == want


GOLDEN = {
    "new": [("speed_chroma", {}), ("speed_temporal", {})],
    "v1_3d0h": [("speed_chroma", V1)],
    "v1_hfr_5d0h": [("speed_chroma", {**V1, "speed_prescale": 0.6, "speed_prescale_method": "bilinear"})],
}


@pytest.mark.skipif(not shared_pairs(), reason="no recorded clips beside the project")
@pytest.mark.parametrize("n_threads", [0, 2, 4])
@pytest.mark.parametrize("config", GOLDEN)
@pytest.mark.parametrize("pair", shared_pairs() or ["none"])
def test_recorded_clips(pair: str, config: str, n_threads: int) -> None:
    entry = shared_golden()[f"{pair}/{config}"]
    if "error" in entry:
        pytest.skip(f"the peer published nothing here: {entry['error']}")
    want = {name: values for name, values in entry["features"].items() if name.startswith("speed")}
    refs, dists, chroma, bpc = shared_frames(pair)
    got = scoring.score(refs, dists, chroma=chroma, bpc=bpc, features=GOLDEN[config], cpumask=0, n_threads=n_threads)  # type: ignore[arg-type]
    assert want
    assert capi.differences(want, got) == []


def reference_options(options: dict[str, object]) -> speed.Options:
    return speed.Options(**{name.removeprefix("speed_"): value for name, value in options.items()})  # type: ignore[arg-type]


def by_reference(
    extractor: str, refs: Sequence[Any], dists: Sequence[Any], bpc: int, options: dict[str, object]
) -> list[list[float]]:
    """The columns of an extractor."""
    settings = reference_options(options)
    if extractor == "speed_temporal":
        return [speed.temporal(refs, dists, bpc, settings)]
    rows = [speed.chroma(ref, dist, bpc, settings) for ref, dist in zip(refs, dists, strict=True)]
    return [list(column) for column in zip(*rows, strict=True)]


OPTIONS: list[tuple[str, dict[str, object], str]] = [
    (
        "speed_chroma",
        {"speed_prescale": 0.6, "speed_prescale_method": "bilinear", "speed_kernelscale": 1.5},
        "_ks_1.5_ps_0.6_psm_bilinear",
    ),
    (
        "speed_temporal",
        {"speed_prescale": 0.75, "speed_prescale_method": "lanczos4", "speed_sigma_nn": 2},
        "_ps_0.75_psm_lanczos4_snn_2",
    ),
    ("speed_temporal", {"speed_prescale": 1.0005, "speed_prescale_method": "bicubic"}, "_ps_1.0005_psm_bicubic"),
]


@pytest.mark.parametrize("extractor,options,suffix", OPTIONS)
def test_options(extractor: str, options: dict[str, object], suffix: str) -> None:
    refs, dists = make_frames(Clip(211, 179, 10, chroma="444", frames=3))
    got = scoring.score(refs, dists, chroma="444", bpc=10, features=[(extractor, options)], cpumask=0)
    names = CHROMA if extractor == "speed_chroma" else [extractor]
    assert list(got) == [name + suffix for name in names]
    assert list(got.values()) == by_reference(extractor, refs, dists, 10, options)


@pytest.mark.parametrize("mode", range(7))
def test_weights(mode: int) -> None:
    refs, dists = make_frames(Clip(200, 190, chroma="444", damage="heavy", frames=1))
    options: dict[str, object] = {"speed_weight_var_mode": mode}
    got = scoring.score(refs, dists, chroma="444", features=[("speed_chroma", options)], cpumask=0)
    assert list(got.values()) == by_reference("speed_chroma", refs, dists, 8, options)


def test_equal_pictures() -> None:
    """Exactly 0 but with the weights of modes 4, 5, 6, which round twice."""
    refs, _ = make_frames(Clip(320, 320, frames=2))
    for mode in range(7):
        got = scoring.score(refs, refs, features=[("speed_chroma", {"speed_weight_var_mode": mode})], cpumask=0)
        values = [value for column in got.values() for value in column]
        if mode < 4:
            assert set(values) == {0.0}
        else:
            assert 0 < max(v for v in values if v is not None) < 1e-5
    assert list(scoring.score(refs, refs, features=[("speed_temporal", {})]).values()) == [[0.0, 0.0]]


def test_a_flat_plane_does_not_speak_for_the_other() -> None:
    refs, dists = make_frames(Clip(320, 320, frames=1))
    for flat in (1, 2):
        ref, dist = (tuple(np.full_like(p, 90) if i == flat else p for i, p in enumerate(f[0])) for f in (refs, dists))
        got = scoring.score([ref], [dist], features=[("speed_chroma", {})], cpumask=0)
        u, v, uv = (column[0] for column in got.values())
        assert (u, v)[flat - 1] == 0
        assert uv == (v if flat == 1 else u)


@pytest.mark.parametrize(
    "extractor,options,shape,why",
    [
        ("speed_chroma", {}, (159, 200), "picture of 200x159, whose planes have 100x79"),
        ("speed_chroma", {}, (200, 159), "picture of 159x200, whose planes have 79x100"),
        ("speed_temporal", {}, (79, 100), "picture of 100x79.*80x80 or more"),
        (
            "speed_temporal",
            {"speed_prescale": 0.5},
            (100, 161),
            "picture of 161x100, whose planes have 81x50 .*speed_prescale 0.5",
        ),
        ("speed_temporal", {"speed_kernelscale": 0.9}, (100, 161), "speed_kernelscale 0.9"),
        (
            "speed_chroma",
            {"speed_prescale_method": "area"},
            (200, 200),
            '"area"; .*nearest, bilinear, bicubic.* lanczos4',
        ),
    ],
)
def test_what_is_refused(extractor: str, options: dict[str, object], shape: tuple[int, int], why: str) -> None:
    luma = np.zeros(shape, np.uint8)
    frame = (luma, luma[::2, ::2][: shape[0] // 2, : shape[1] // 2], luma[::2, ::2][: shape[0] // 2, : shape[1] // 2])
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match=f"{extractor}: .*{why}"):
        ctx.use_feature(extractor, options)
        ctx.read_pictures(frame, frame, 0, pix_fmt="yuv420p")


def test_a_picture_without_chroma() -> None:
    plane = np.zeros((200, 200), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("speed_chroma")
        with pytest.raises(VmafError, match="speed_chroma: 4:0:0 has no chroma"):
            ctx.read_pictures(plane, plane, 0, pix_fmt="gray")


@pytest.mark.parametrize("name,value", [("speed_sigma_nn", 0.05), ("speed_weight_var_mode", 7), ("speed_prescale", 5)])
def test_values_out_of_range(name: str, value: float) -> None:
    with VmafContext(log_level="none") as ctx, pytest.raises(VmafError, match=name):
        ctx.use_feature("speed_chroma", {name: value})


@pytest.mark.parametrize("n_threads", [0, 2])
def test_a_frame_without_the_one_before(n_threads: int) -> None:
    planes = [np.random.default_rng(i).integers(0, 256, (100, 100)).astype(np.uint8) for i in range(3)]
    with VmafContext(log_level="none", n_threads=n_threads) as ctx:
        ctx.use_feature("speed_temporal")
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        with pytest.raises(VmafError, match="speed_temporal: frame 2 has no frame 1 before it"):
            ctx.read_pictures(planes[1], planes[2], 2, pix_fmt="gray")
            ctx.flush()


def test_a_range_needs_one_frame_before_it() -> None:
    refs, dists = make_frames(Clip(100, 90, chroma="400", frames=6))
    want = scoring.score(refs, dists, chroma="400", features=[("speed_temporal", {})])["speed_temporal"]
    with VmafContext() as ctx:
        ctx.use_feature("speed_temporal")
        assert ctx.halo == (1, 0)
        for i in (2, 3, 4):
            (ctx.read_halo if i == 2 else ctx.read_pictures)(refs[i], dists[i], i)
        ctx.flush()
        assert [ctx.feature_score_at_index("speed_temporal", i) for i in (3, 4)] == want[3:5]


PRESCALES = [0.5, 0.6, 0.83, 1.2, 2.0]


def random_options(rng: random.Random) -> dict[str, object]:
    """Options of both extractors; the peer overruns its buffers with a temporal prescale above 1."""
    return {
        "speed_kernelscale": rng.choice([0.5, 1.0, 1.0, 1.5, 2.4]),
        "speed_prescale": rng.choice(PRESCALES),
        "speed_prescale_method": rng.choice(speed.METHODS),
        "speed_sigma_nn": rng.choice([0.1, 0.29, 1.5]),
        "speed_nn_floor": rng.choice([0.0, 0.1, 0.9]),
    }


@pytest.mark.parametrize("batch", range(4))
def test_generated_pairs_equal_the_peers(batch: int) -> None:
    library = peer()
    for case in range(batch, 20, 4):
        rng = random.Random(case)
        chroma, bpc = rng.choice(["420", "422", "444"]), rng.choice([8, 10, 12, 16])
        clip = Clip(
            rng.randint(320, 400), rng.randint(320, 360), bpc, chroma=chroma, frames=2, seed=case,
            content=rng.choice(["natural", "noise", "blocks", "dark", "ramp", "flat"]),
            damage=rng.choice(["light", "heavy", "blur", "flat"]),
        )  # fmt: skip
        refs, dists = make_frames(clip)
        options = random_options(rng)
        luma = {
            **options,
            "speed_prescale": min(1.0, float(str(options["speed_prescale"]))),
            "speed_use_ref_diff": case % 2 == 1,
        }
        features = [("speed_chroma", {**options, "speed_weight_var_mode": case % 7}), ("speed_temporal", luma)]
        what = {"chroma": chroma, "bpc": bpc, "features": features}
        want = capi.score(library, refs, dists, **what)  # type: ignore[arg-type]
        for mask in MASKS.values():
            got = scoring.score(refs, dists, cpumask=mask, n_threads=case % 3, **what)  # type: ignore[arg-type]
            assert capi.differences(want, got) == [], (case, str(clip), features, mask)
