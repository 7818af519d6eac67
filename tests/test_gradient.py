# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf.gradient`: against the twin, against differences of its own score and of the engine's; what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames

import pyvmaf

ROOT = Path(__file__).parents[1]
MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1")


def pair(*shape: int, seed: int = 0) -> tuple[Any, Any]:
    g = np.random.default_rng(seed)
    ref = g.random(shape) * 200 + 20
    return ref, ref * 0.8 + 15 + g.random(shape) * 20


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("shape", "motion"), [((5, 48, 64), True), ((2, 3, 35, 50), True), ((3, 75, 51), False)])
def test_it_is_the_twins(model: str, shape: tuple[int, ...], motion: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is no judge")
    from pyvmaf.torch import VMAF

    ref, dist = (x.astype(np.float32) for x in pair(*shape))
    weights = np.linspace(0.5, 2.0, int(np.prod(shape[:-2]))).reshape(shape[:-2])
    made = pyvmaf.gradient(ref, dist, model=model, wrt="both", weights=weights, motion=motion, n_threads=2)
    twin = VMAF(model, motion=motion)
    same = twin(*(torch.from_numpy(x).unsqueeze(-3) for x in (ref, dist)))
    np.testing.assert_allclose(made.score, same.numpy(), atol=1e-4)
    # In binary64 the twin has tensor operations of its own; in binary32 it calls the same kernels.
    r, d = (torch.from_numpy(x).double().unsqueeze(-3).requires_grad_() for x in (ref, dist))
    score = twin(r, d)
    (score * torch.from_numpy(weights)).sum().backward()
    # Values of binary32 are that far from binary64's (docs/training.md); slopes are near.
    np.testing.assert_allclose(made.score, score.detach().numpy(), atol=3e-3)
    for own, other in ((made.ref, r.grad), (made.dist, d.grad)):
        judge = other.squeeze(-3).numpy()
        assert np.abs(own - judge).max() <= 1e-5 * np.abs(judge).max()


@pytest.mark.parametrize("depth", [8, 10])
def test_vmaf_v1_takes_planes(depth: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is no judge")
    from pyvmaf.torch import VMAF

    model = "vmaf_v1.0.16_hfr_3d0h"
    sides = make_frames(Clip(352, 323, depth, "422", damage="heavy", frames=3))
    ref, dist = (tuple(np.stack([frame[i] for frame in side]) for i in range(3)) for side in sides)
    made = pyvmaf.gradient(ref, dist, model=model, wrt="both", bpc=depth)
    r, d = (
        [torch.from_numpy(x[:, None].astype(np.float32) * 2.0 ** (8 - depth)).requires_grad_() for x in side]
        for side in (ref, dist)
    )
    score = VMAF(model, bit_depth=depth)(tuple(r), tuple(d))
    score.sum().backward()
    np.testing.assert_allclose(made.score, score.detach().numpy(), atol=1e-4)
    for own, other in zip((*made.ref, *made.dist), (*r, *d), strict=True):
        judge = other.grad.squeeze(1).numpy() * 2.0 ** (8 - depth)
        assert own.shape == judge.shape and np.abs(judge).max() > 0
        assert np.abs(own - judge).max() <= 1e-5 * np.abs(judge).max()
    one = pyvmaf.gradient(*(tuple(x[0] for x in side) for side in (ref, dist)), model=model, bpc=depth)
    assert isinstance(one.score, float) and [x.shape for x in one.dist] == [(323, 352), (323, 176), (323, 176)]
    grey = tuple(np.full_like(x, 2 ** (depth - 1)) for x in dist[1:])
    made = pyvmaf.gradient((ref[0], *grey), (dist[0], *grey), model=model, bpc=depth)  # chroma from luma
    r, d = (
        tuple(torch.from_numpy(x[:, None].astype(np.float32) * 2.0 ** (8 - depth)) for x in (luma, *grey))
        for luma in (ref[0], dist[0])
    )
    leaf = d[0].requires_grad_()
    VMAF(model, bit_depth=depth)(r, (leaf, *d[1:])).sum().backward()
    judge = leaf.grad.squeeze(1).numpy() * 2.0 ** (8 - depth)
    assert np.abs(made.dist[0] - judge).max() <= 1e-5 * np.abs(judge).max()


@pytest.mark.parametrize("skips_vif", [False, True])
def test_options_of_a_model_file(tmp_path: Path, skips_vif: bool) -> None:
    """adm3, aim, single scales, some left out, a moving average over five frames, a transform with knots."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is no judge")
    from pyvmaf.torch import VMAF

    content = json.loads((ROOT / "model" / "vmaf_v0.6.1.json").read_text("utf-8"))
    model = content["model_dict"]
    model["feature_names"] = ["VMAF_integer_feature_adm3_score", "VMAF_integer_feature_motion3_score"]
    model["feature_names"] += ["VMAF_integer_feature_vif_scale0_score" if skips_vif else "integer_adm_scale1"]
    model["feature_names"] += ["VMAF_integer_feature_aim_score", "integer_adm_scale0"]
    model["feature_names"] += ["VMAF_integer_feature_vif_scale2_score"]
    motion = {"motion_five_frame_window": True, "motion_moving_average": True, "motion_blend_factor": 0.5}
    adm = {"adm_csf_mode": 2, "adm_enhn_gain_limit": 1.2}
    third, last = ({"vif_skip_scale0": True},) * 2 if skips_vif else (adm, {})
    model["feature_opts_dicts"] = [adm, {**motion, "motion_blend_offset": 4.0}, third, {}, {"adm_skip_scale0": True}]
    model["feature_opts_dicts"] += [last]
    model["score_transform"] = {
        "enabled": True,
        "p1": 1.1,
        "knots": [[0, 5], [40, 50], [100, 90]],
        "out_lte_in": "true",
    }
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(content))
    ref, dist = (x.astype(np.float32) for x in pair(6, 48, 64))
    made = pyvmaf.gradient(ref, dist, model=path, wrt="both")
    twin = VMAF(path)
    same = twin(*(torch.from_numpy(x).unsqueeze(-3) for x in (ref, dist)))
    np.testing.assert_allclose(made.score, same.numpy(), atol=1e-3)
    r, d = (torch.from_numpy(x).double().unsqueeze(-3).requires_grad_() for x in (ref, dist))
    score = twin(r, d)
    score.sum().backward()
    np.testing.assert_allclose(made.score, score.detach().numpy(), atol=3e-3)  # as far as binary32 is from binary64
    for own, other in ((made.ref, r.grad), (made.dist, d.grad)):
        judge = other.squeeze(-3).numpy()
        assert np.abs(own - judge).max() <= 2e-5 * np.abs(judge).max()


@pytest.mark.parametrize("wrt", ["ref", "dist"])
def test_differences_of_its_own_score(wrt: str) -> None:
    ref, dist = pair(3, 64, 64)
    slope = getattr(pyvmaf.gradient(ref, dist, wrt=wrt), wrt)
    direction = slope * (0.5 / np.abs(slope).max())
    moved = [
        pyvmaf.gradient(ref + k * direction * (wrt == "ref"), dist + k * direction * (wrt == "dist")).score.sum()
        for k in (1.0, -1.0)
    ]
    assert (moved[0] - moved[1]) / 2 == pytest.approx((slope.astype(float) * direction).sum(), rel=0.01)


def test_differences_of_the_engines_score() -> None:
    """Along a blend with a blurred frame, on 16-bit pictures."""
    sides = make_frames(Clip(160, 96, damage="blur", frames=1))
    ref, dist = (side[0][0].astype(float) for side in sides)
    direction = (np.roll(dist, 1, 1) + np.roll(dist, -1, 1)) / 2 - dist
    slope = float((pyvmaf.gradient(ref, dist).dist.astype(float) * direction).sum())

    def engine(x: Any) -> float:
        with pyvmaf.VmafContext() as context:
            model = pyvmaf.VmafModel("vmaf_v0.6.1", flags=pyvmaf.ModelFlags.DISABLE_CLIP)
            context.use_features_from_model(model)
            samples = [np.round(plane * 256).astype(np.uint16) for plane in (ref, x)]
            context.read_pictures(*samples, 0, bpc=16, pix_fmt="gray")
            context.flush()
            return context.score_at_index(model, 0)

    step = 0.1
    difference = (engine(dist + step * direction) - engine(dist - step * direction)) / (2 * step)
    assert slope == pytest.approx(difference, rel=0.05) and abs(slope) > 1


def test_units_are_those_of_the_samples() -> None:
    ref, dist = (x.round() for x in pair(48, 64))
    want = pyvmaf.gradient(ref, dist)
    assert isinstance(want.score, float) and want.ref is None and want.dist is not None
    bytes_ = pyvmaf.gradient(ref.astype(np.uint8), dist.astype(np.uint8))
    assert bytes_.score == want.score and np.array_equal(bytes_.dist, want.dist)
    deep = pyvmaf.gradient((ref * 4).astype(np.uint16), (dist * 4).astype(np.uint16), bpc=10)
    assert deep.score == pytest.approx(want.score, abs=1e-4)
    np.testing.assert_allclose(deep.dist, want.dist / 4, atol=1e-7)
    strided = pyvmaf.gradient(np.asfortranarray(ref), dist[:, ::-1][:, ::-1])
    assert strided.score == want.score


@pytest.mark.parametrize("wrt", ["both", "dist"])
def test_threads_change_no_bit(wrt: str) -> None:
    ref, dist = pair(5, 140, 64)
    made = [pyvmaf.gradient(ref, dist, wrt=wrt, n_threads=n) for n in (1, 3)]
    assert np.array_equal(made[0].score, made[1].score)
    assert np.array_equal(made[0].dist, made[1].dist)
    assert wrt == "dist" or np.array_equal(made[0].ref, made[1].ref)


@pytest.mark.parametrize("size", [(48, 64), (35, 50), (75, 51)])
@pytest.mark.parametrize("model", MODELS)
def test_the_distorted_side_alone_is_made_in_one_pass(model: str, size: tuple[int, int]) -> None:
    """Sums and slopes together; the same but for the last bits."""
    ref, dist = pair(2, *size)
    both, alone = (pyvmaf.gradient(ref, dist, model=model, wrt=wrt) for wrt in ("both", "dist"))
    assert np.array_equal(both.score, alone.score) and alone.ref is None
    assert np.abs(both.dist - alone.dist).max() <= 5e-6 * np.abs(both.dist).max()


def test_a_flat_frame_has_no_gradient_of_noise() -> None:
    for level in (16.0, 77.3, 128.0, 200.1):
        flat = np.full((64, 64), level)
        assert np.abs(pyvmaf.gradient(flat, flat, wrt="both").dist).sum() < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wrt": "all"}, "wrt is 'all'; allowed: dist, ref, both"),
        ({"n_threads": 0}, "n_threads is 0"),
        ({"ref": np.zeros((40, 40), np.int32)}, "ref is int32"),
        ({"ref": [[0]]}, "ref is a list"),
        ({"ref": np.zeros((32, 40))}, "at least 33x33"),
        ({"dist": np.zeros((41, 40))}, "they must be equal"),
        ({"dist": np.full((40, 40), np.nan)}, "dist spans nan"),
        ({"dist": np.full((40, 40), 0.5)}, "multiply by 255"),
        ({"dist": np.full((40, 40), 256.0)}, "0 to 255"),
        ({"dist": np.zeros((40, 40), np.uint16)}, "bpc is None; allowed: 8 to 16"),
        ({"dist": np.full((40, 40), 1024, np.uint16), "bpc": 10}, "more than 10 bits"),
        ({"weights": [1.0, 2.0]}, r"weights has shape \(2,\)"),
        ({"model": "vmaf_v1.0.16_3d0h"}, "CAMBI needs 216 in width or height"),
        ({"ref": (np.zeros((40, 40)),) * 2}, "ref has 2 planes"),
        ({"ref": (np.zeros((40, 40)), np.zeros((19, 20)), np.zeros((20, 20)))}, "ref's cb has shape .* 20x40 or 20x20"),
        ({"model": "vmaf_v9"}, "built in: .*vmaf_v0.6.1"),
    ],
)  # fmt: skip
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"ref": np.full((40, 40), 9.0), "dist": np.full((40, 40), 9.0)} | change
    with pytest.raises((ValueError, TypeError), match=message):
        pyvmaf.gradient(**arguments)


def test_torch_is_not_needed() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np, pyvmaf\n"
        "x = np.random.default_rng(0).random((40, 40)) * 255\n"
        "assert pyvmaf.gradient(x, x / 2).dist.any()"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_jax() -> None:
    """The recipe of docs/training.md: a custom_vjp over a callback."""
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    jnp = jax.numpy

    def call(ref: Any, dist: Any) -> Any:
        shape = (jax.ShapeDtypeStruct((), "float32"), jax.ShapeDtypeStruct(dist.shape, "float32"))

        def host(r: Any, d: Any) -> Any:
            made = pyvmaf.gradient(np.asarray(r), np.asarray(d))
            return np.float32(made.score), made.dist

        return jax.pure_callback(host, shape, ref, dist)

    vmaf = jax.custom_vjp(lambda ref, dist: call(ref, dist)[0])
    vmaf.defvjp(lambda r, d: call(r, d), lambda slope, g: (jnp.zeros_like(slope), g * slope))
    ref, dist = (x.astype(np.float32) for x in pair(48, 64))
    value, slope = jax.value_and_grad(vmaf, argnums=1)(ref, dist)
    want = pyvmaf.gradient(ref, dist)
    assert float(value) == pytest.approx(want.score, rel=1e-6)
    np.testing.assert_allclose(np.asarray(slope), want.dist, rtol=1e-6)
