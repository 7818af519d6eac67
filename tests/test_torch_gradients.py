# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Gradients of the PyTorch twin: against finite differences, against the C engine, and where they could break."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from support.clips import Clip, make_frames  # noqa: E402
from torch.autograd import gradcheck  # noqa: E402

from pyvmaf.torch import VMAF, VMAFLoss, functional  # noqa: E402
from pyvmaf.torch import filters as fl  # noqa: E402
from pyvmaf.torch.model import Regression  # noqa: E402

MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1")


def textured(height: int, width: int, frames: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Content away from the kinks: every sample active, no coefficient near zero for long."""
    g = torch.Generator().manual_seed(seed)
    ref = torch.rand(frames, 1, height, width, generator=g, dtype=torch.float64) * 180 + 30
    dist = 0.85 * ref + 20 + torch.rand(ref.shape, generator=g, dtype=torch.float64) * 12
    return ref, dist


def natural(height: int, width: int, frames: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    sides = make_frames(Clip(width, height, damage="blur", frames=frames))
    ref, dist = (torch.from_numpy(np.stack([f[0] for f in s])[:, None].astype(np.float64)) for s in sides)
    return ref, dist


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("size", "step"), [(17, 1), (9, 2), (5, 1), (3, 2)])
def test_adjoints_are_adjoint(size: int, step: int, dtype: torch.dtype) -> None:
    """<A x, g> = <x, A' g>, with the mirrored edges."""
    g = torch.Generator().manual_seed(size)
    taps = torch.rand(size, generator=g).tolist()
    x = torch.rand(2, 3, 26, 31, generator=g, dtype=torch.float64).to(dtype)
    y = fl.separable(fl.mirror(x, size // 2), taps, step)
    grad = torch.rand(y.shape, generator=g, dtype=torch.float64).to(dtype)
    spread = fl.separable_adjoint(grad, taps, step)
    full = torch.zeros_like(fl.mirror(x, size // 2))
    full[..., : spread.shape[-2], : spread.shape[-1]] = spread
    back = fl.fold(full, size // 2)
    assert (y * grad).sum().item() == pytest.approx(
        (x * back).sum().item(), rel=1e-5 if dtype == torch.float32 else 1e-12
    )


@pytest.mark.parametrize("limit", [100.0, 1.0, 1.3])
def test_gradcheck_of_vif(limit: float) -> None:
    ref, dist = (x.requires_grad_() for x in textured(19, 22, 2))
    for scale in range(4):

        def ratio(r: torch.Tensor, d: torch.Tensor, s: int = scale) -> torch.Tensor:
            return functional.vif(r, d, vif_enhn_gain_limit=limit)[f"vif_scale{s}"]

        assert gradcheck(ratio, (ref, dist), fast_mode=True)


@pytest.mark.parametrize("options", [{}, {"adm_enhn_gain_limit": 1}, {"adm_csf_mode": 2, "adm_dlm_weight": 0.7}])
def test_gradcheck_of_adm(options: dict[str, object]) -> None:
    ref, dist = (x.requires_grad_() for x in textured(33, 35, 1))
    for value in ("adm2", "adm3", "aim", "adm_scale0", "adm_scale1", "adm_scale2", "adm_scale3"):

        def one(r: torch.Tensor, d: torch.Tensor, v: str = value) -> torch.Tensor:
            return functional.adm(r, d, **options)[v]

        assert gradcheck(one, (ref, dist), fast_mode=True)
    ref, dist = (x.requires_grad_() for x in textured(240, 233, 1))  # bands wide enough for margins
    assert gradcheck(lambda r, d: functional.adm(r, d, **options)["adm3"], (ref, dist), fast_mode=True)


def test_gradcheck_of_motion() -> None:
    ref, _ = textured(12, 9, 4)
    for options in ({}, {"motion_blend_factor": 0.5, "motion_blend_offset": 20}):
        assert gradcheck(lambda r, o=options: tuple(functional.motion(r, **o).values()), (ref.requires_grad_(),))


@pytest.mark.parametrize("name", MODELS)
def test_gradcheck_of_the_regression_and_the_whole(name: str) -> None:
    features = torch.tensor([[0.9, 3.0, 0.4, 0.7, 0.8, 0.9]], dtype=torch.float64, requires_grad=True)
    assert gradcheck(Regression(name), (features,))
    ref, dist = (x.requires_grad_() for x in textured(34, 37, 3))
    assert gradcheck(VMAF(name), (ref, dist), fast_mode=True)


def test_the_border_has_no_gradient_in_adm_but_in_vif() -> None:
    ref, dist = natural(576, 560)
    dist.requires_grad_()
    (adm,) = torch.autograd.grad(functional.adm(ref, dist)["adm2"].sum(), dist)
    (vif,) = torch.autograd.grad(functional.vif(ref, dist)["vif_scale0"].sum(), dist)
    # The coarsest band is 36 x 35 and pooling leaves 3 at each end; masking reads one further, and
    # four wavelets before it reach from there to picture sample 17.
    assert adm[..., :17, :].abs().max() == 0 and adm[..., :17].abs().max() == 0
    assert adm[..., -16:, :].abs().max() == 0 and adm[..., -16:].abs().max() == 0
    assert adm[..., 60:-60, 60:-60].abs().max() > 0
    for edge in (vif[..., 0, :], vif[..., -1, :], vif[..., :, 0], vif[..., :, -1]):
        assert edge.abs().max() > 0


def filtered(frame: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    size = taps.shape[-1]
    padded = torch.nn.functional.pad(frame, (size // 2,) * 4, mode="reflect")
    return torch.nn.functional.conv2d(padded, taps[None, None])


def tap_slopes(
    frame: torch.Tensor, size: int, model: str, step: float, depth: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Score's derivative by each tap of a filter: by backpropagation, and by differences of the C engine."""
    g = torch.Generator().manual_seed(seed)
    noise = (torch.rand(size, size, generator=g, dtype=torch.float64) - 0.5) * 0.2
    taps = (1 + noise) / size**2
    taps = (taps / taps.sum()).requires_grad_()
    VMAF(model)(frame, filtered(frame, taps).clamp(0, 255)).sum().backward()
    engine = VMAF(model, mode="exact", bit_depth=depth)
    unit = 2.0 ** (depth - 8)

    def score(at: torch.Tensor) -> float:
        samples = (filtered(frame, at) * unit).round().clamp(0, 256 * unit - 1) / unit
        return float(engine(frame, samples))

    slopes = torch.zeros(size, size, dtype=torch.float64)
    for i in range(size):
        for j in range(size):
            shift = torch.zeros_like(slopes)
            shift[i, j] = step
            base = taps.detach()
            slopes[i, j] = (score(base + shift) - score(base - shift)) / (2 * step)
    assert taps.grad is not None
    return taps.grad, slopes


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize("size", [3, 5])
def test_gradient_against_the_engine(size: int, model: str) -> None:
    """The procedure of arXiv 2310.15578: a k x k filter near 1/k^2, outputs rounded to samples."""
    frame, _ = natural(180, 240)
    # 16-bit samples leave only the engine's own rounding, 8-bit ones that of the picture too.
    for depth, allowed in ((16, 0.08), (8, 0.15)):
        ours, engine = tap_slopes(frame, size, model, 2e-3, depth, size)
        assert (ours - engine).abs().mean() < allowed * engine.abs().mean()


@pytest.mark.parametrize("mode", ["quantised", "exact"])
def test_every_mode_has_the_smooth_gradient(mode: str) -> None:
    ref, dist = natural(64, 80, 3)
    grads = []
    for m in ("smooth", mode):
        x = dist.clone().requires_grad_()
        VMAF(mode=m)(ref, x).sum().backward()
        grads.append(x.grad)
    # The regression is linearised at each mode's own features.
    torch.testing.assert_close(grads[0], grads[1], rtol=0.05, atol=1e-3 * grads[0].abs().max().item())


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("mode", ["smooth", "quantised", "exact"])
def test_chunks_change_nothing(mode: str, batch: bool) -> None:
    ref, dist = natural(40, 48, 6)
    if batch:
        ref, dist = ref.view(2, 3, 1, 40, 48), dist.view(2, 3, 1, 40, 48)
    made = []
    for chunk in (None, 1, 2):
        r, d = ref.clone().requires_grad_(), dist.clone().requires_grad_()
        score = VMAF(mode=mode, chunk=chunk)(r, d)
        (score * torch.arange(1.0, 7.0).view(score.shape)).sum().backward()
        made.append((score.detach(), r.grad, d.grad))
    for other in made[1:]:
        for a, b in zip(made[0], other, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("mode", ["smooth", "exact"])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_stream_scores_like_the_whole(mode: str, length: int) -> None:
    ref, dist = natural(40, 48, 5)
    whole, parts = dist.clone().requires_grad_(), dist.clone().requires_grad_()
    loss = VMAFLoss(mode=mode)
    want = loss(ref, whole)
    want.backward()
    pairs = ((ref[i : i + length], parts[i : i + length]) for i in range(0, 5, length))
    assert loss.backward(pairs, frames=5).item() == pytest.approx(want.item(), abs=1e-12)
    torch.testing.assert_close(whole.grad, parts.grad, rtol=1e-9, atol=1e-12)


PLANES: dict[str, Callable[[torch.Generator], torch.Tensor]] = {
    "black": lambda g: torch.zeros(1, 1, 40, 44),
    "white": lambda g: torch.full((1, 1, 40, 44), 255.0),
    "grey": lambda g: torch.full((1, 1, 40, 44), 128.0),
    "nearly grey": lambda g: 128 + 1e-5 * torch.rand(1, 1, 40, 44, generator=g),
    "noise": lambda g: 255 * torch.rand(1, 1, 40, 44, generator=g),
    "binary": lambda g: 255.0 * torch.randint(0, 2, (1, 1, 40, 44), generator=g),
    "stripes": lambda g: 255.0 * (torch.arange(44) % 2).expand(1, 1, 40, 44),
    "point": lambda g: 255.0 * ((torch.arange(44) == 20) & (torch.arange(40)[:, None] == 20)).expand(1, 1, 40, 44),
    "step": lambda g: 255.0 * (torch.arange(44) > 21).expand(1, 1, 40, 44),
    "half flat": lambda g: torch.where(torch.arange(44) > 21, 255 * torch.rand(1, 1, 40, 44, generator=g), 60.0),
    "threshold": lambda g: 128 + 2**0.5 * (torch.randint(0, 2, (1, 1, 40, 44), generator=g) * 2.0 - 1),
}  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    ref=st.sampled_from(sorted(PLANES)), dist=st.sampled_from(sorted(PLANES)), model=st.sampled_from(MODELS),
    double=st.booleans(), clip=st.booleans(), blend=st.sampled_from([0.0, 1e-6, 0.5, 1.0]), seed=st.integers(0, 9),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:clip=True")
def test_gradients_are_finite(
    ref: str, dist: str, model: str, double: bool, clip: bool, blend: float, seed: int
) -> None:
    g = torch.Generator().manual_seed(seed)
    r = PLANES[ref](g).expand(2, -1, -1, -1)
    d = PLANES[dist](g).expand(2, -1, -1, -1) * (1 - blend) + r * blend
    dtype = torch.float64 if double else torch.float32
    r, d = (x.to(dtype).clone().requires_grad_() for x in (r, d))
    score = VMAF(model, clip=clip, validate=False)(r, d)
    everything = functional.adm(r, d, validate=False) | functional.vif(r, d, validate=False)
    (score.sum() + sum(x.sum() for x in everything.values())).backward()
    assert torch.isfinite(score).all() and all(torch.isfinite(x).all() for x in everything.values())
    assert torch.isfinite(r.grad).all() and torch.isfinite(d.grad).all()
