# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CAMBI's smooth form: the engine's value on whole codes, and a gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from torch import Tensor  # noqa: E402

from pyvmaf.torch import VMAF, cambi_smooth, functional  # noqa: E402

V1 = "vmaf_v1.0.16_3d0h"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Many small operations: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def ramp(height: int = 60, width: int = 220) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (60 + 12 * x / width + 6 * y / height).double()[None, None]


def noise(shape: Any, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"cambi_high_res_speedup": 1080, "cambi_vis_lum_threshold": 0.06, "cambi_max_val": 17},
    {"cambi_vis_lum_threshold": 1, "window_size": 90, "max_log_contrast": 1, "topk": 0.2},
    {"tvi_threshold": 0.1, "eotf": "pq", "max_log_contrast": 3},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("depth", [8, 10])
def test_on_whole_codes_it_is_the_engines(options: dict[str, Any], depth: int) -> None:
    step = 2.0 ** (8 - depth)
    x = ramp(161, 219)
    blocks = torch.kron((4 * noise((9, 11))).round(), torch.ones(20, 20, dtype=torch.float64))[:161, :219]
    pictures = torch.cat([x, 20 + 4 * x - 200, x + 0.2 * noise(x.shape), 90 + blocks[None, None], 0 * x + 90])
    pictures = (pictures / step).round() * step
    want = functional.cambi(pictures, bit_depth=depth, **options)["cambi"]
    made = functional.cambi(pictures, form="smooth", bit_depth=depth, **options)["cambi"]
    torch.testing.assert_close(made, want, rtol=1e-6, atol=1e-6)  # the engine's reciprocals are binary32
    assert want.max() > 1 and want[-1] == 0


def test_half_of_the_size_for_high_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option's least area is far too much for a test."""
    from pyvmaf.smooth import cambi

    x = (ramp(120, 230) * 4).round() / 4
    options = cambi.CambiOptions(cambi_high_res_speedup=1080)
    plain = cambi_smooth.score(x, 10, options)
    monkeypatch.setattr(cambi, "_SPEEDUPS", {1080: 120 * 230})
    half = cambi_smooth.score(x, 10, options)
    plan = cambi.Plan.of(120, 230, 10, options)
    assert plan.halve and plan.window == 3 and half.item() != plain.item() > 0


@pytest.mark.parametrize("depth", [8, 10])
def test_derivatives_are_differences_of_its_own_value(depth: int) -> None:
    x = ramp() + 0.05 * noise((1, 1, 60, 220))
    leaf = x.clone().requires_grad_()

    def value(p: Tensor) -> Tensor:
        return functional.cambi(p, form="smooth", bit_depth=depth)["cambi"].sum()

    value(leaf).backward()
    assert leaf.grad is not None
    for seed in range(4):
        u = noise(x.shape, seed + 1)
        judge = (value(x + 1e-7 * u) - value(x - 1e-7 * u)) / 2e-7
        assert (leaf.grad * u).sum().item() == pytest.approx(judge.item(), rel=1e-4, abs=1e-4)


def test_it_falls_where_banding_is_taken_away() -> None:
    """On the way from a banded ramp to the smooth one with a little noise, the engine's value and this one's fall."""
    smooth = ramp(100, 220)
    banded = smooth.round()
    u = smooth + 0.3 * noise(smooth.shape) - banded
    values = {"engine": [], "smooth": []}
    for share in (0.0, 0.3, 0.6):
        leaf = (banded + share * u).requires_grad_()
        for form, row in values.items():
            made = functional.cambi(leaf, form=form, bit_depth=10)["cambi"]
            row.append(made.item())
        if share:
            (slope,) = torch.autograd.grad(made, leaf)
            assert (slope * u).sum() < -1
    for row in values.values():
        assert row == sorted(row, reverse=True) and row[-1] < 0.1 * row[0]


@pytest.mark.parametrize("mode", ["smooth", "quantised", "exact"])
def test_in_vmaf_v1(mode: str) -> None:
    """The gradient goes through the score; the value of the other two modes stays the engine's."""
    luma = ramp(160, 224).round()
    chroma = 128 + (10 * noise((1, 1, 80, 112))).round()
    sides = [(luma, chroma, chroma), ((luma + noise(luma.shape) / 3).round(), chroma.clone(), chroma)]
    grads = []
    for form in ("engine", "smooth"):
        leaf = sides[1][0].clone().requires_grad_()
        model = VMAF(V1, mode=mode, cambi=form)
        score = model(sides[0], (leaf, *sides[1][1:]))
        torch.testing.assert_close(score, VMAF(V1, mode=mode)(*sides), rtol=0, atol=1e-5)
        grads.append(torch.autograd.grad(score.sum(), leaf)[0])
    u = ramp(160, 224) - luma
    assert (grads[1] - grads[0]).abs().max() > 0 and (grads[1] * u).sum() != (grads[0] * u).sum()


def test_what_is_refused() -> None:
    x = ramp().requires_grad_()
    with pytest.raises(ValueError, match="cambi is 'soft'; allowed: engine, smooth"):
        VMAF(V1, cambi="soft")
    with pytest.raises(ValueError, match="option enc_width is 200; the smooth form of CAMBI has none"):
        functional.cambi(x, form="smooth", enc_width=200, enc_height=160)
    with pytest.raises(ValueError, match="needs a window of 81, 65 is the most"):
        functional.cambi(x.detach().repeat(1, 1, 60, 1), form="smooth", window_size=127, validate=False)
    with pytest.raises(RuntimeError, match=r"not for torch\.func\.vmap; cambi='engine' is"):
        torch.func.vmap(lambda p: functional.cambi(p, form="smooth")["cambi"])(x[None])
    (slope,) = torch.autograd.grad(functional.cambi(x, form="smooth")["cambi"].sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        slope.sum().backward()
