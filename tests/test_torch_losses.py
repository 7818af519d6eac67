# SPDX-License-Identifier: BSD-2-Clause-Patent
"""LPIPS and the ready-made loss of the twin."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from support.lpips_models import tiny  # noqa: E402

import pyvmaf  # noqa: E402
from pyvmaf.torch import LPIPS, VMAF, PerceptualLoss, VMAFLoss, color, loss, rgb_to_luma  # noqa: E402

FORMATS = {"420": (1, 1), "422": (1, 0), "444": (0, 0)}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lpips") / "tiny.onnx"
    path.write_bytes(tiny())
    return path


def pictures(bpc: int, subsampling: tuple[int, int], height: int = 39, width: int = 46) -> list[list[Any]]:
    g = np.random.default_rng(bpc)
    chroma = ((height + 1) // 2 if subsampling[1] else height, (width + 1) // 2 if subsampling[0] else width)
    kind, top = (np.uint8, 255) if bpc == 8 else (np.uint16, 2**bpc - 1)
    sides = [[g.integers(0, top + 1, size).astype(kind) for size in ((height, width), chroma, chroma)]]
    noise = [np.clip(p.astype(int) + g.integers(-top // 6, top // 6, p.shape), 0, top).astype(kind) for p in sides[0]]
    return [*sides, noise]


def planes(picture: list[Any], bpc: int, dtype: Any = torch.float32) -> Any:
    return tuple(torch.from_numpy(p.astype(np.float64) / 2 ** (bpc - 8)).to(dtype)[None, None] for p in picture)


@pytest.mark.parametrize("bpc", [8, 10])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"matrix": "bt709", "range": "full", "chroma": "bilinear", "siting": "center", "depth": "native"},
        {"matrix": "bt2020", "chroma": "bilinear", "siting": "topleft"},
        {"matrix": "bt601", "chroma": "bilinear", "depth": "native"},
    ],
)
def test_lpips_is_the_extractors(bpc: int, form: str, options: dict[str, str], network: Path) -> None:
    ref, dist = pictures(bpc, FORMATS[form])
    with pyvmaf.VmafContext() as context:
        context.use_feature("lpips", {"model_path": network, **options})
        context.read_pictures(tuple(ref), tuple(dist), 0, bpc=bpc)
        context.flush()
        want = context.feature_score_at_index(context.feature_names[0], 0)
    model = LPIPS(network, bit_depth=bpc, **options)
    assert model(planes(ref, bpc), planes(dist, bpc)).item() == pytest.approx(want, abs=1e-6) and want > 0.01


def test_gradients_of_lpips(network: Path) -> None:
    model = LPIPS(network, depth="native", chroma="bilinear")
    ref, dist = (planes([p[:20, :20] for p in side], 8, torch.float64) for side in pictures(8, (1, 1), 40, 40))
    u, v = (x[..., :10, :10] for x in dist[1:])
    inputs = [x.clamp(60, 190).requires_grad_() for x in (dist[0], u.contiguous(), v.contiguous())]
    ref = (ref[0], *(x[..., :10, :10] for x in ref[1:]))
    assert torch.autograd.gradcheck(lambda *d: model(ref, d), inputs, fast_mode=True)
    rgb = torch.rand(2, 3, 24, 24) * 255
    x = rgb.clone().requires_grad_()
    same = model(rgb, x)
    same.sum().backward()
    assert (same == 0).all() and torch.isfinite(x.grad).all()
    rounded = LPIPS(network)(rgb, y := (rgb * 0.9).requires_grad_())
    rounded.sum().backward()
    assert y.grad.abs().max() > 0  # bytes pass the gradient straight through


def test_lpips_keeps_out_of_autocast_and_refuses(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = torch.rand(1, 3, 24, 24) * 255
    model = LPIPS(network)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(model(rgb, rgb * 0.8), made := model(rgb, rgb * 0.8)) and made.dtype == torch.float32
    assert torch.equal(model(rgb, rgb * 0.8), made)
    with torch.device("meta"):
        other = LPIPS(network)
    assert torch.equal(other.to_empty(device="cpu")(rgb, rgb * 0.8), made)
    for bad, message in (
        (rgb / 255, "0..1"), (rgb[:, :2], "planes"), (rgb[..., :16], "at least 17x17"), (rgb.half(), "too coarse"),
        ((rgb[:, :1], rgb[:, :1, :9], rgb[:, :1]), "chroma .* for luma 24x24"), (rgb[..., :20], "must be equal"),
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=message):
            model(bad, rgb)
    with pytest.raises(ValueError, match="siting is 'up'; allowed"):
        LPIPS(network, siting="up")
    monkeypatch.delenv("VMAF_LPIPS_MODEL_PATH", raising=False)
    with pytest.raises(pyvmaf.VmafError, match="pyvmaf models fetch"):
        LPIPS()


def test_the_terms_of_the_ready_made_loss() -> None:
    g = torch.Generator().manual_seed(1)
    ref = torch.rand(2, 3, 40, 44, generator=g) * 200 + 20
    dist = (ref + 12 * torch.randn(ref.shape, generator=g)).requires_grad_()
    model = PerceptualLoss(pixel=30, chroma=20, motion=False)
    terms = model.terms(ref, dist)
    luma = [rgb_to_luma(x) for x in (ref, dist)]
    neg = VMAF("vmaf_v0.6.1neg", motion=False)(*(x.clamp(0, 255) for x in luma)).mean()
    torch.testing.assert_close(terms["vmaf"], 1 - neg / 100)
    torch.testing.assert_close(terms["pixel"], 30 * ((luma[1] - luma[0]) / 255).square().mean())
    # Chroma of BT.709 in limited range, by its definition: 112 / 127.5 of the distance to luma over 2 (1 - K).
    y = (
        0.2126 * ref[:, 0] + 0.7152 * ref[:, 1] + 0.0722 * ref[:, 2],
        0.2126 * dist[:, 0] + 0.7152 * dist[:, 1] + 0.0722 * dist[:, 2],
    )
    cb = [224 / 255 * (x[:, 2] - grey) / (2 * (1 - 0.0722)) for x, grey in zip((ref, dist), y, strict=True)]
    cr = [224 / 255 * (x[:, 0] - grey) / (2 * (1 - 0.2126)) for x, grey in zip((ref, dist), y, strict=True)]
    error = sum(((a[1] - a[0]) / 255).square().mean() for a in (cb, cr)) / 2
    torch.testing.assert_close(terms["chroma"], 20 * error)
    total = model(ref, dist)
    torch.testing.assert_close(total, sum(terms.values()))
    total.backward()
    assert dist.grad.abs().min() > 0
    tinted = ref.clone()  # red against green at equal luma, which VMAF does not see
    tinted[:, 0] += 30
    tinted[:, 1] -= 30 * 0.2126 / 0.7152
    seen = model.terms(ref, tinted)
    assert seen["chroma"] > 0.03 and seen["pixel"] < 1e-6
    with pytest.raises(ValueError, match="pixel is -1"):
        PerceptualLoss(pixel=-1)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        model(ref / 255, dist / 255)


def test_vmaf_alone_on_rgb_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(color, "trained", False)
    monkeypatch.setattr(loss, "_warned", False)
    rgb = torch.rand(1, 3, 40, 44) * 200 + 20
    model, luma = VMAFLoss(), rgb_to_luma(rgb)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(luma, luma.clone().requires_grad_())  # luma by itself
        model(luma, rgb_to_luma(rgb))  # nothing is trained
        PerceptualLoss()(rgb, rgb.clone().requires_grad_())
    dist = rgb_to_luma((rgb * 0.9).requires_grad_())
    with pytest.warns(UserWarning, match="does not see chroma"):
        model(luma, dist)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(luma, dist)
