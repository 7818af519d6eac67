# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF v1 in the PyTorch twin: SpEED of chroma, CAMBI as a constant, the chroma correction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from support.clips import Clip, make_frames  # noqa: E402
from torch import Tensor  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

import pyvmaf  # noqa: E402
from pyvmaf._ffi import lib  # noqa: E402
from pyvmaf.smooth.options import SpeedOptions  # noqa: E402
from pyvmaf.smooth.speed import resized  # noqa: E402
from pyvmaf.torch import VMAF, PerceptualLoss, VMAFLoss, functional, rgb_to_luma, rgb_to_planes  # noqa: E402

ROOT = Path(__file__).parents[1]
V1 = "vmaf_v1.0.16_3d0h"
MODELS = (V1, "vmaf_v1.0.16_5d0h", "vmaf_v1.0.16_1d5h_2160", "vmaf_v1.0.16_3d0h_2160")
#: What v1 models give the extractor.
OPTIONS = {"speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_weight_var_mode": 5, "speed_max_val": 45}

Planes = tuple[Tensor, Tensor, Tensor]


def tensors(clip: Clip) -> list[Planes]:
    """Planes [T, 1, h, w] of both sides in 0..255, binary64."""
    made = []
    for side in make_frames(clip):
        planes = (np.stack([frame[i] for frame in side])[:, None] for i in range(3))
        made.append(tuple(torch.from_numpy(x.astype(np.float64) * 2.0 ** (8 - clip.bpc)) for x in planes))
    return made


def engine(clip: Clip, model: str | Path = "", extractor: str = "", options: Any = None) -> dict[str, list[float]]:
    """Series by published name, the model's unclipped score as "vmaf"."""
    with pyvmaf.VmafContext() as context:
        if model:
            load = pyvmaf.VmafModel.from_path if isinstance(model, Path) else pyvmaf.VmafModel
            loaded = load(model, flags=pyvmaf.ModelFlags.DISABLE_CLIP)
            context.use_features_from_model(loaded)
        else:
            context.use_feature(extractor, options)
        for index, (r, d) in enumerate(zip(*make_frames(clip), strict=True)):
            context.read_pictures(r, d, index, bpc=clip.bpc)
        context.flush()
        series = {n: [context.feature_score_at_index(n, i) for i in range(clip.frames)] for n in context.feature_names}
        if model:
            series["vmaf"] = [context.score_at_index(loaded, i) for i in range(clip.frames)]
        return series


CLIPS = [
    Clip(352, 288, damage="blur", chroma="444"), Clip(401, 323, 10, damage="heavy", chroma="422", frames=6),
    Clip(605, 545, damage="light", frames=1), Clip(560, 536, 12, damage="gain", frames=1),
    Clip(352, 288, damage="none", chroma="444", frames=1),
]  # fmt: skip


@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_modes_against_the_engine(clip: Clip) -> None:
    ref, dist = tensors(clip)
    five = "hfr_" if clip.frames > 4 else ""
    for name in MODELS if clip.width > 600 or clip.chroma == "444" else MODELS[:1]:
        name = name.replace("16_", f"16_{five}")
        want = engine(clip, name)
        exact, quantised, smooth = (VMAF(name, mode=m, bit_depth=clip.bpc) for m in ("exact", "quantised", "smooth"))
        assert exact(ref, dist).tolist() == want["vmaf"]
        for key, values in exact.features(ref, dist).items():
            assert values.tolist() == want[key], key
        for key, values in quantised.features(ref, dist).items():
            assert values.tolist() == pytest.approx(want[key], rel=3e-7, abs=1e-12), key
        assert quantised(ref, dist).tolist() == pytest.approx(want["vmaf"], abs=1e-4)
        for key, values in smooth.features(ref, dist).items():
            # A flag of ADM's angle test is worth that much on so small a picture.
            assert values.tolist() == pytest.approx(want[key], abs=1e-4 if "speed" in key else 1e-2), key


SPEED: list[dict[str, Any]] = [
    *({**OPTIONS, "speed_weight_var_mode": mode, "speed_max_val": 1000} for mode in range(7)),
    {**OPTIONS, "speed_prescale": 0.6, "speed_prescale_method": "nearest"},
    {**OPTIONS, "speed_prescale": 0.7, "speed_prescale_method": "bilinear"},
    {"speed_prescale": 1.3, "speed_prescale_method": "bicubic", "speed_kernelscale": 1.5},
    {"speed_prescale": 0.8, "speed_prescale_method": "lanczos4", "speed_kernelscale": 0.5},
    {**OPTIONS, "speed_max_val": 3},
]


@pytest.mark.parametrize("options", SPEED, ids=lambda x: "-".join(str(v) for v in x.values()))
def test_speed_follows_its_options(options: dict[str, Any]) -> None:
    clip = Clip(352, 324, damage="heavy", chroma="444", frames=1)
    want = sorted(engine(clip, extractor="speed_chroma", options=options).items())  # u, uv, v
    ref, dist = tensors(clip)
    for mode, allowed in (("exact", 0.0), ("quantised", 0.0), ("smooth", 1e-4)):
        made = functional.speed_chroma(ref, dist, mode=mode, **options)
        assert [made[f"speed_chroma_{n}"].tolist() for n in ("u", "uv", "v")] == [
            pytest.approx(values, abs=allowed, rel=allowed) for _, values in want
        ]


def pair(height: int = 272, width: int = 320) -> tuple[Planes, Planes]:
    """4:4:4 of which no block is near a kink."""
    ref, dist = tensors(Clip(width, height, damage="blur", chroma="444"))
    return ref, tuple(0.9 * x + 9 for x in dist)


def test_resized_sizes_are_those_of_the_engine() -> None:
    for scale in (0.1, 0.3, 0.5, 0.6, 0.9995, 1.0, 1.0005, 1.3, 4.0):
        options = SpeedOptions({"speed_prescale": scale})
        for size in (80, 133, 135, 267, 540, 1081):
            assert resized(size, options) == lib.speed_plan_resized(size, options.speed_prescale)


@pytest.mark.parametrize("mode", range(7))
def test_gradcheck_of_speed(mode: int) -> None:
    """Each value by each plane, along a random direction that the low pass leaves."""
    (_, *ref), (_, *dist) = pair()
    rng = torch.Generator().manual_seed(mode)
    options = {**OPTIONS, "speed_weight_var_mode": mode, "speed_max_val": 1000, "speed_prescale": 0.9}
    options["speed_prescale_method"] = ("nearest", "bilinear", "bicubic", "lanczos4")[mode % 4]
    luma = torch.full_like(ref[0], 99.0)
    planes = [*ref, *dist]

    def values(given: list[Tensor]) -> Tensor:
        made = functional.speed_chroma((luma, *given[:2]), (luma, *given[2:]), **options)
        return torch.stack([x.sum() for x in made.values()])

    weights = torch.rand(3, generator=rng, dtype=torch.float64)
    leaves = [x.clone().requires_grad_() for x in planes]
    slopes = torch.autograd.grad((values(leaves) * weights).sum(), leaves)
    for position, slope in enumerate(slopes):
        coarse = torch.randn(2, 1, 9, 10, generator=rng, dtype=torch.float64)
        direction = torch.nn.functional.interpolate(coarse, size=slope.shape[-2:], mode="bilinear")
        ends = []
        for step in (1e-4, -1e-4):
            moved = list(planes)
            moved[position] = planes[position] + step * direction
            ends.append((values(moved) * weights).sum())
        assert (slope * direction).sum().item() == pytest.approx(((ends[0] - ends[1]) / 2e-4).item(), rel=1e-4)
        assert slope.abs().max() > 0


def test_gradient_against_the_engine() -> None:
    """Directional slopes of the score by chroma: central differences of the engine over 16-bit pictures."""
    ref, dist = (tuple(x[:1] for x in side) for side in pair())
    exact, smooth = VMAF(V1, mode="exact", bit_depth=16), VMAF(V1)
    ref = tuple((x * 256).round() / 256 for x in ref)
    leaves = tuple(x.clone().requires_grad_() for x in dist)
    slopes = torch.autograd.grad(smooth(ref, leaves).sum(), leaves[1:])
    for position, slope in enumerate(slopes, 1):
        direction = ref[position] - dist[position]

        def score(step: float, at: int = position, by: Tensor = direction) -> float:
            moved = tuple(x + step * by if i == at else x for i, x in enumerate(dist))
            return float(exact(ref, tuple(((x * 256).round() / 256).clamp(0, 255) for x in moved)))

        difference = (score(0.05) - score(-0.05)) / 0.1
        assert abs(difference) > 0.02
        assert (slope * direction).sum().item() == pytest.approx(difference, rel=0.01)


def test_chroma_without_a_score_takes_it_from_luma() -> None:
    """Grey is no chroma: the model's target follows adm3, in the value and in the gradient."""
    ref, dist = pair()
    ref, dist = ((side[0], *(torch.full_like(x, 128.0) for x in side[1:])) for side in (ref, dist))
    dist = (dist[0].round(), *dist[1:])
    for mode in ("exact", "smooth"):
        model = VMAF(V1, mode=mode)
        luma = dist[0].clone().requires_grad_()
        score = model(ref, (luma, *dist[1:]))
        score.sum().backward()
        features = torch.stack(list(model.features(ref, dist).values()), -1)
        names = [f.value for f in model.inputs]
        assert features[:, names.index("speed_chroma_uv")].abs().max() == 0
        filled = features.clone()
        filled[:, names.index("speed_chroma_uv")] = 120 * (1 - features[:, names.index("adm3")])
        torch.testing.assert_close(model.regression(filled), score.double(), rtol=0, atol=1e-9)
        by = features.clone().requires_grad_()
        model.regression(by).sum().backward()
        step = torch.zeros_like(features)
        step[:, names.index("adm3")] = 1e-6
        difference = (model.regression(features + step) - model.regression(features - step)) / 2e-6
        torch.testing.assert_close(by.grad[:, names.index("adm3")], difference, rtol=1e-5, atol=1e-5)
        assert luma.grad.abs().max() > 0
    assert VMAF(V1, mode="quantised")(ref, dist).tolist() == pytest.approx(
        VMAF(V1, mode="exact")(ref, dist).tolist(), abs=1e-4
    )


def test_equal_chroma_is_not_chroma_without_a_score() -> None:
    """The engine's rounding tells them apart; here a constant does."""
    ref, dist = pair()
    smooth = VMAF(V1)
    dist = (dist[0], *ref[1:])
    values = smooth.features(ref, dist)
    uv = next(values[name] for name in values if "speed" in name)
    assert ((uv > 0) & (uv < 1e-5)).all()
    grid = tuple(x.round() for x in dist)
    assert smooth(ref, grid).tolist() == pytest.approx(VMAF(V1, mode="exact")(ref, grid).tolist(), abs=0.05)
    leaf = ref[1].clone().requires_grad_()
    smooth(ref, (dist[0], leaf, ref[2])).sum().backward()
    assert leaf.grad.abs().max() == 0  # a kink: the best chroma is left


def test_cambi_is_the_engines_and_has_no_gradient() -> None:
    ramp = (torch.arange(320.0) / 12).floor().expand(1, 1, 272, 320) + 90
    clip = {"cambi_high_res_speedup": 1080, "cambi_vis_lum_threshold": 0.06, "cambi_max_val": 17}
    with pyvmaf.VmafContext() as context:
        context.use_feature("cambi", clip)
        plane = ramp[0, 0].numpy().astype(np.uint8)
        context.read_pictures((plane,), (plane,), 0)
        context.flush()
        (name,) = context.feature_names
        want = context.feature_score_at_index(name, 0)
    assert want > 1
    for mode in ("smooth", "quantised", "exact"):
        leaf = ramp.clone().requires_grad_()
        made = functional.cambi(leaf, mode=mode, **clip)["cambi"]
        assert made.tolist() == [pytest.approx(want, rel=1e-7)] and not made.requires_grad
    chroma = tuple(torch.full_like(ramp, 128.0) for _ in range(2))
    leaf = ramp.clone().requires_grad_()
    VMAF(V1)((ramp, *chroma), (leaf, *chroma)).sum().backward()
    assert leaf.grad.abs().sum() > 0  # of adm3


def test_a_collection_of_v1(tmp_path: Path) -> None:
    """Members differ by their chroma correction, which the grey frame asks for."""
    content = json.loads((ROOT / "model" / f"{V1}.json").read_text("utf-8"))
    collection = {}
    for number, scale in enumerate((120.0, 120.0, 60.0, 0.5)):
        member = json.loads(json.dumps(content))
        member["model_dict"]["model_type"] = "BOOTSTRAP_LIBSVMNUSVR"
        member["model_dict"]["chroma_correction_parameter"] = scale
        collection[str(number)] = member
    path = tmp_path / "collection.json"
    path.write_text(json.dumps(collection))
    ref, dist = (tuple(x.round() for x in side) for side in pair())
    for x in (ref, dist):
        x[1][0] = x[2][0] = 128.0
    exact, quantised = (VMAF(path, mode=mode)(ref, dist) for mode in ("exact", "quantised"))
    torch.testing.assert_close(quantised, exact, rtol=0, atol=1e-6)
    with pyvmaf.VmafContext() as context:
        model = pyvmaf.VmafModelCollection.from_path(path, flags=pyvmaf.ModelFlags.DISABLE_CLIP)
        context.use_features_from_model(model)
        for i in range(2):
            context.read_pictures(*(tuple(x[i, 0].numpy().astype(np.uint8) for x in s) for s in (ref, dist)), i)
        context.flush()
        assert exact.tolist() == [context.score_at_index(model, i).bagging_score for i in range(2)]


def test_stretches_chunks_and_single_frames() -> None:
    ref, dist = tensors(Clip(320, 272, damage="heavy", chroma="444", frames=4))
    made = []
    for chunk in (None, 1):
        leaves = tuple(x.clone().requires_grad_() for x in dist)
        VMAF(V1, chunk=chunk)(ref, leaves).sum().backward()
        made.append([x.grad for x in leaves])
    leaves = tuple(x.clone().requires_grad_() for x in dist)
    parts = ((tuple(x[i : i + 3] for x in ref), tuple(x[i : i + 3] for x in leaves)) for i in (0, 3))
    loss = VMAFLoss(V1).backward(parts, frames=4)
    assert loss.item() == pytest.approx(1 - VMAF(V1)(ref, dist).mean().item() / 100, abs=1e-9)
    made.append([-400 * x.grad for x in leaves])
    for other in made[1:]:
        for a, b in zip(made[0], other, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-12)
    alone = VMAF(V1, motion=False)(ref, dist)
    single = [VMAF(V1)(*(tuple(x[i : i + 1] for x in side) for side in (ref, dist)))[0] for i in range(4)]
    torch.testing.assert_close(alone, torch.stack(single))


def test_graphs() -> None:
    """vmap, jacrev, fake tensors, and one graph for a compiler."""
    ref, dist = (tuple(x.float() for x in side) for side in pair())
    model = VMAF(V1)
    want = model(ref, dist)
    many = [tuple(torch.stack((x, x)) for x in side) for side in (ref, dist)]
    torch.testing.assert_close(torch.func.vmap(model)(*many)[1], want)
    by_u = torch.func.jacrev(lambda u: model(ref, (dist[0], u, dist[2])))(dist[1])
    leaf = dist[1].clone().requires_grad_()
    model(ref, (dist[0], leaf, dist[2]))[1].backward()
    torch.testing.assert_close(by_u[1], leaf.grad)
    with FakeTensorMode() as mode:
        fakes = [tuple(mode.from_tensor(x) for x in side) for side in (ref, dist)]
        assert VMAF(V1)(*fakes).shape == (2,)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    again = dist[1].clone().requires_grad_()
    made = compiled(ref, (dist[0], again, dist[2]))
    made[1].backward()
    torch.testing.assert_close(made, want)
    torch.testing.assert_close(again.grad, leaf.grad)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        torch.func.grad(lambda u: torch.func.grad(lambda v: model(ref, (dist[0], v, dist[2])).sum())(u).sum())(dist[1])


def test_what_is_refused() -> None:
    ref, dist = pair(64, 80)
    full = pair()
    small = tuple(x[..., ::2, ::2] for x in ref[1:])
    for make, message in (
        (lambda: VMAF(V1)(full[0][0], full[1][0]), r"measures chroma: give planes \(y, cb, cr\)"),
        (lambda: VMAF(V1)(ref, dist), "CAMBI needs 216"),
        (lambda: functional.speed_chroma((ref[0], *small), (ref[0], *small)), "chroma is 40x32.*at least 80x80"),
        (lambda: VMAF()(ref[:2], dist[:2]), "ref has 2 planes"),
        (lambda: VMAF()(ref, dist[0]), "ref has 3 planes, dist 1"),
        (lambda: VMAF()((ref[0], ref[1][..., :50], ref[2]), dist), "ref's cb has shape .* 80x64 or 40x64 or 40x32"),
        (lambda: VMAF()(ref, (dist[0], dist[1] - 300, dist[2])), "dist's cb spans -"),
        (lambda: VMAF(V1, mode="exact")(*full), "between the 8-bit samples"),
        (lambda: rgb_to_planes(torch.rand(1, 3, 8, 8), chroma="411"), "420, 422, 444"),
        (lambda: rgb_to_planes(torch.rand(1, 3, 8, 8)), "seems to be in 0..1"),
        (lambda: functional.speed_chroma(*full, speed_prescale_method="box"), "nearest, bilinear"),
        (lambda: functional.speed_chroma(*full, speed_kernelscale=1.2), "speed_kernelscale is 1.2"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match=r"float32 on cpu, its luma torch\.float64 on cpu; they must"):
        VMAF()((ref[0], ref[1].float(), ref[2]), dist)
    assert torch.equal(VMAF()(ref, dist), VMAF()(ref[0], dist[0]))  # looks at luma only


def test_unchecked_values_make_nan_where_they_reach() -> None:
    ref, dist = pair()
    dist = tuple(x.clone() for x in dist)
    dist[2][1, 0, 3, 3] = float("nan")
    leaf = dist[2].requires_grad_()
    score = VMAF(V1, validate=False)(ref, (*dist[:2], leaf))
    assert score.isfinite().tolist() == [True, False]
    score[0].backward()
    assert leaf.grad[0].isfinite().all()


def test_planes_of_rgb() -> None:
    """Luma as `rgb_to_luma` has it; grey has no chroma; subsampled chroma is a mean."""
    rgb = torch.rand(2, 3, 7, 10, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 255
    whole = rgb_to_planes(rgb, "bt601", "full", "444")
    assert torch.equal(whole[0], rgb_to_luma(rgb, "bt601", "full"))
    blue = torch.tensor([0.0, 0.0, 255.0]).view(3, 1, 1).expand(3, 4, 4)
    assert [x.mean().item() for x in rgb_to_planes(blue, "bt709")] == pytest.approx(
        [16 + 219 * 0.0722, 240.0, 128 - 112 * 0.0722 / 0.7874], abs=1e-4
    )
    half = rgb_to_planes(rgb, "bt601", "full", "420")
    assert half[1].shape == (2, 1, 4, 5)
    torch.testing.assert_close(half[1][..., 0, 0], whole[1][..., :2, :2].mean((-2, -1)))
    torch.testing.assert_close(half[2][..., 3, 1], whole[2][..., 6:, 2:4].mean((-2, -1)))
    assert rgb_to_planes(rgb, chroma="422")[1].shape == (2, 1, 7, 5)
    assert [x.mean().item() for x in rgb_to_planes(torch.full((3, 4, 4), 99.0), range="full")] == pytest.approx(
        [99.0, 128.0, 128.0], abs=1e-4
    )


def test_perceptual_loss_takes_v1() -> None:
    rgb = torch.rand(1, 3, 200, 240, generator=torch.Generator().manual_seed(1)) * 200 + 20
    dist = (0.9 * rgb + 12).requires_grad_()
    loss = PerceptualLoss(V1, pixel=0.0, chroma=0.0)
    loss(rgb, dist).backward()
    planes = [rgb_to_planes(x) for x in (rgb, dist.detach())]
    assert loss(rgb, dist).item() == pytest.approx(1 - VMAF(V1)(*planes).item() / 100, abs=1e-6)
    assert torch.isfinite(dist.grad).all() and dist.grad.abs().max() > 0
