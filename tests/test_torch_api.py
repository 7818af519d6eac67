# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the PyTorch twin takes, what it refuses and how, and where it runs."""

from __future__ import annotations

import copy
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from pyvmaf.torch import VMAF, VMAFLoss, functional, rgb_to_luma  # noqa: E402

ROOT = Path(__file__).parents[1]


def pair(*shape: int, dtype: Any = torch.float32) -> tuple[Any, Any]:
    g = torch.Generator().manual_seed(3)
    ref = torch.rand(shape or (2, 1, 40, 44), generator=g, dtype=torch.float64) * 200 + 20
    return ref.to(dtype), (ref * 0.9 + 8).to(dtype)


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, pyvmaf; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda r, d: (r[0], d[0]), ValueError, r"shape \(1, 40, 44\); allowed"),
    (lambda r, d: (r.expand(-1, 3, -1, -1), d.expand(-1, 3, -1, -1)), ValueError, "rgb_to_luma"),
    (lambda r, d: (r.tolist(), d), TypeError, "ref is a list"),
    (lambda r, d: (r.half(), d.half()), TypeError, r"ref.float\(\)"),
    (lambda r, d: (r.bfloat16(), d), TypeError, "too coarse"),
    (lambda r, d: (r.int(), d), TypeError, "int32; allowed: float32, float64 or uint8"),
    (lambda r, d: (r, d.double()), TypeError, "must be equal"),
    (lambda r, d: (r, d[:1]), ValueError, "must be equal"),
    (lambda r, d: (r, d.to("meta")), ValueError, "dist on meta"),
    (lambda r, d: (r[:0], d[:0]), ValueError, "at least one frame"),
    (lambda r, d: (r[..., :32], d[..., :32]), ValueError, "32x40; at least 33x33"),
    (lambda r, d: (r / 255, d / 255), ValueError, "multiply by 255"),
    (lambda r, d: (r, d / 255), ValueError, "dist spans .* 0..1"),
    (lambda r, d: (r, d - 100), ValueError, "dist spans -.*clamp"),
    (lambda r, d: (r * 1.5, d), ValueError, "0 to 255"),
    (lambda r, d: (r, d.index_fill(3, torch.tensor(5), float("nan"))), ValueError, "NaN or infinity"),
    (lambda r, d: (r.index_fill(3, torch.tensor(5), float("inf")), d), ValueError, "NaN or infinity"),
]


@pytest.mark.parametrize(("spoil", "error", "message"), BAD)
def test_bad_input_is_named(spoil: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        VMAF()(*spoil(*pair()))


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    for arguments, message in (
        ({"model": "vmaf_v9"}, "built in: .*vmaf_v0.6.1"),
        ({"model": "vmaf_float_v0.6.1"}, "VMAF_feature_adm2_score has no differentiable form.* cambi"),
        ({"mode": "hard"}, "smooth, quantised, exact"),
        ({"bit_depth": 7}, "8 to 16"),
        ({"chunk": 0}, "chunk is 0"),
    ):
        with pytest.raises(ValueError, match=message):
            VMAF(**arguments)
    with pytest.raises(ValueError, match="mean, sum, none"):
        VMAFLoss(reduction="median")
    ref, dist = pair()
    with pytest.raises(ValueError, match="adm_gain"):
        functional.adm(ref, dist, adm_gain=2)
    with pytest.raises(ValueError, match="1 to 100"):
        functional.vif(ref, dist, vif_enhn_gain_limit=0.5)
    with pytest.raises(ValueError, match="3240 or more"):
        functional.adm(ref, dist, adm_norm_view_dist=1)
    with pytest.raises(ValueError, match="1080 with 3 or 5"):
        functional.adm(ref, dist, adm_csf_mode=2, adm_norm_view_dist=4)
    with pytest.raises(ValueError, match="first must be below"):
        functional.adm(ref, dist, adm_csf_mode=1)
    good = (ROOT / "model" / "vmaf_v0.6.1.json").read_text("utf-8")
    bad = re.sub(r"(SV\\n\S+ )1:", r"\g<1>0:", good)  # LIBSVM counts from 1
    assert bad != good
    for content, message in (("{", "line 1 column 2"), ("{}", "model_dict"), (bad, "index 0 does not ascend")):
        (tmp_path / "m.json").write_text(content)
        with pytest.raises(ValueError, match=message):
            VMAF(tmp_path / "m.json")


def test_exact_mode_takes_samples_only() -> None:
    ref, dist = pair()
    with pytest.raises(ValueError, match=r"between the 8-bit samples.*quantised"):
        VMAF(mode="exact")(ref, dist.requires_grad_())
    quarters = (ref * 4).round() / 4
    with pytest.raises(ValueError, match="multiples of 1 only"):
        VMAF(mode="exact")(quarters, quarters)
    assert VMAF(mode="exact", bit_depth=10)(quarters, quarters).shape == (2,)


def test_a_model_file_with_adm3_and_motion3_works(tmp_path: Path) -> None:
    """Any model of integer features; the regression here is that of v0.6.1 in other clothes."""
    content = json.loads((ROOT / "model" / "vmaf_v0.6.1.json").read_text("utf-8"))
    model = content["model_dict"]
    model["feature_names"][:2] = ["VMAF_integer_feature_adm3_score", "VMAF_integer_feature_motion3_score"]
    model["feature_opts_dicts"] = [{"adm_csf_mode": 2, "adm_min_val": 0.5}, {"motion_max_val": 18.0}, {}, {}, {}, {}]
    path = tmp_path / "adm3.json"
    path.write_text(json.dumps(content))
    ref, dist = (x.round() for x in pair(4, 1, 64, 64))
    exact, quantised, smooth = (VMAF(path, mode=m) for m in ("exact", "quantised", "smooth"))
    assert list(exact.features(ref, dist))[:2] == ["integer_adm3_csf_2_min_0.5", "integer_motion3_mmxv_18"]
    assert quantised(ref, dist).tolist() == pytest.approx(exact(ref, dist).tolist(), abs=1e-4)
    assert smooth(ref, dist).tolist() == pytest.approx(exact(ref, dist).tolist(), abs=0.5)


def test_a_bootstrap_collection_is_the_mean_of_its_members(tmp_path: Path) -> None:
    """Members here are NEG's support vectors, some left out; the engine's bagging score is the judge."""
    content = json.loads((ROOT / "model" / "vmaf_v0.6.1.json").read_text("utf-8"))
    collection = {}
    for number in range(4):
        member = json.loads(json.dumps(content))
        model = member["model_dict"]
        model["model_type"] = "BOOTSTRAP_LIBSVMNUSVR"
        head, body = model["model"].split("\nSV\n")
        vectors = body.strip("\n").split("\n")
        kept = vectors[: len(vectors) - number]
        head = re.sub(r"total_sv \d+", f"total_sv {len(kept)}", head)
        model["model"] = head + "\nSV\n" + "\n".join(kept) + "\n"
        model["score_transform"] = {"enabled": True, "knots": [[0, 0], [60, 55], [90, 92]]}
        collection[str(number)] = member
    path = tmp_path / "collection.json"
    path.write_text(json.dumps(collection))
    ref, dist = (x.round() for x in pair(3, 1, 48, 64))
    exact, quantised = VMAF(path, mode="exact")(ref, dist), VMAF(path, mode="quantised")(ref, dist)
    torch.testing.assert_close(quantised, exact, rtol=0, atol=1e-6)
    assert (exact - VMAF(mode="exact")(ref, dist)).abs().min() > 1
    x = dist.double().requires_grad_()
    VMAF(path)(ref.double(), x).sum().backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().max() > 0


def test_modules_copy_and_pickle() -> None:
    ref, dist = pair()
    model = VMAF("vmaf_v0.6.1neg", chunk=1)
    want = model(ref, dist)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(other(ref, dist), want)


def test_clip_warns_of_zero_gradients() -> None:
    with pytest.warns(UserWarning, match="zero gradient"):
        clipped = VMAF(clip=True)
    ref, _ = pair()
    dist = (ref * 1.1 - 10).clamp(0, 255).requires_grad_()
    free = VMAF()(ref, dist)
    assert (clipped(ref, dist) == free.clamp(0, 100)).all()


def test_transform_is_the_models() -> None:
    ref, dist = (x.round() for x in pair())
    plain = VMAF()(ref.double(), dist.double())
    curved = 1.70674692 + 1.72643844 * plain - 0.00705305 * plain**2
    made = VMAF(transform=True)(ref.double(), dist.double())
    torch.testing.assert_close(made, torch.maximum(curved, plain))
    exact = VMAF(mode="exact", transform=True)(ref, dist)
    torch.testing.assert_close(exact, VMAF(mode="quantised", transform=True)(ref, dist), rtol=0, atol=1e-4)


def test_shapes_and_types() -> None:
    ref, dist = pair(2, 3, 1, 40, 44)
    clips = VMAF()(ref, dist)
    assert clips.shape == (2, 3) and clips.dtype == torch.float32
    for b in range(2):
        torch.testing.assert_close(VMAF()(ref[b], dist[b]), clips[b])
    assert VMAF()(ref.double(), dist.double()).dtype == torch.float64
    assert VMAF(mode="quantised")(ref, dist).dtype == torch.float64
    bytes_ = [x.round().byte() for x in (ref, dist)]
    torch.testing.assert_close(VMAF()(*bytes_), VMAF()(*(x.float() for x in bytes_)))
    # Memory in another order, odd sizes, a module moved to another type.
    swapped = [x.transpose(-1, -2).contiguous().transpose(-1, -2) for x in (ref, dist)]
    torch.testing.assert_close(VMAF()(*swapped), clips)
    odd = [x[..., :39, :43] for x in (ref, dist)]
    torch.testing.assert_close(VMAF()(*odd), VMAF()(*(x.clone() for x in odd)))
    torch.testing.assert_close(VMAF().half()(ref, dist), clips)


def test_losses_reduce() -> None:
    ref, dist = pair()
    each = VMAFLoss(reduction="none")(ref, dist)
    torch.testing.assert_close(each, 1 - VMAF()(ref, dist) / 100)
    torch.testing.assert_close(VMAFLoss()(ref, dist), each.mean())
    torch.testing.assert_close(VMAFLoss(reduction="sum")(ref, dist), each.sum())
    with pytest.raises(ValueError, match="pairs is empty"):
        VMAFLoss().backward([])


def test_autocast_does_not_reach_in() -> None:
    ref, dist = pair()
    want = VMAF()(ref, dist)
    with torch.autocast("cpu", torch.bfloat16), pytest.warns(UserWarning, match="computes in float32"):
        torch.testing.assert_close(VMAF()(ref, dist), want)
        assert VMAF()(ref.bfloat16(), dist.bfloat16()).dtype == torch.float32


def test_function_transforms() -> None:
    ref, dist = pair(2, 1, 40, 44, dtype=torch.float64)
    model = VMAF()
    x = dist.clone().requires_grad_()
    (want,) = torch.autograd.grad(model(ref, x).sum(), x)
    torch.testing.assert_close(torch.func.grad(lambda d: model(ref, d).sum())(dist), want)
    mapped = torch.func.vmap(lambda r, d: model(r[None], d[None])[0])(ref, dist)
    torch.testing.assert_close(mapped, torch.cat([model(ref[i : i + 1], dist[i : i + 1]) for i in range(2)]))
    each = torch.func.vmap(torch.func.grad(lambda d, r: model(r[None], d[None])[0]))(dist, ref)
    assert each.shape == dist.shape and torch.isfinite(each).all()


def test_compile_traces() -> None:
    """Without a compiler at hand: the graph is captured and run as it is, forward and backward."""
    ref, dist = pair()
    model = VMAF()
    x, y = dist.clone().requires_grad_(), dist.clone().requires_grad_()
    want = model(ref, x)
    want.sum().backward()
    made = torch.compile(model, backend="aot_eager")(ref, y)
    made.sum().backward()
    torch.testing.assert_close(made, want)
    torch.testing.assert_close(x.grad, y.grad)


@pytest.mark.parametrize(
    ("matrix", "rgb", "limited", "full"),
    [
        ("bt601", (255, 0, 0), 81.481, 76.245), ("bt601", (0, 255, 0), 144.553, 149.685),
        ("bt709", (255, 0, 0), 62.5594, 54.213), ("bt709", (0, 0, 255), 31.8118, 18.411),
        ("bt2020", (0, 255, 0), 164.482, 172.89), ("bt2020", (255, 255, 255), 235.0, 255.0),
        ("bt709", (0, 0, 0), 16.0, 0.0),
    ],
)  # fmt: skip
def test_luma_of_rgb(matrix: str, rgb: tuple[int, ...], limited: float, full: float) -> None:
    planes = torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1).expand(2, 3, 4, 5)
    for range_, want in (("limited", limited), ("full", full)):
        luma = rgb_to_luma(planes, matrix, range_)
        assert luma.shape == (2, 1, 4, 5)
        torch.testing.assert_close(luma, torch.full_like(luma, want), rtol=0, atol=1e-9)
    assert rgb_to_luma(planes[None]).shape == (1, 2, 1, 4, 5)
    for bad, error in (({"matrix": "jpeg"}, ValueError), ({"range": "tv"}, ValueError)):
        with pytest.raises(error, match="allowed"):
            rgb_to_luma(planes, **bad)
    with pytest.raises(ValueError, match="shape"):
        rgb_to_luma(planes[:, :2])
    with pytest.raises(TypeError, match="floating"):
        rgb_to_luma(planes.byte())
