# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Mixed precision: under autocast the twin computes in binary32, whichever way it is entered; and NaN stays NaN."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from torch import Tensor  # noqa: E402

from pyvmaf.torch import VMAF, VMAFLoss, functional, luma, rgb_to_luma  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:pyvmaf.torch computes in float32")
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: this row of the matrix is not run")
DEVICES = ["cpu", pytest.param("cuda", marks=CUDA)]


def pair(device: str = "cpu", frames: int = 4) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(5)
    ref = torch.rand(frames, 1, 40, 48, generator=g) * 200 + 20
    dist = (0.8 * ref + 15 + 9 * torch.randn(ref.shape, generator=g)).clamp(0, 255)
    return ref.to(device), dist.to(device)


def stretches(ref: Tensor, dist: Tensor) -> list[tuple[Tensor, Tensor]]:
    return [(ref[i : i + 2], dist[i : i + 2]) for i in range(0, len(ref), 2)]


# Each gives a value with a gradient; the last differentiates by itself.
ENTRIES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "VMAF": lambda r, d: VMAF()(r, d).sum(),
    "features": lambda r, d: torch.stack(list(VMAF("vmaf_v0.6.1neg").features(r, d).values())).sum(),
    "chunk": lambda r, d: VMAF(chunk=2)(r, d).sum(),
    "VMAFLoss": lambda r, d: VMAFLoss()(r, d),
    "stream": lambda r, d: torch.cat(list(VMAF().stream(stretches(r, d)))).sum(),
    "vif": lambda r, d: torch.stack(list(functional.vif(r, d).values())).sum(),
    "adm": lambda r, d: torch.stack(list(functional.adm(r, d).values())).sum(),
    "motion": lambda r, d: torch.stack(list(functional.motion(d).values())).sum(),
    "quantised": lambda r, d: VMAF(mode="quantised")(r[:2], d[:2]).sum(),
}


def relative(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("path", ["kernels", "tensors"])
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry(
    name: str, inside: bool, path: str, dtype: Any, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Value and gradient with the backward pass inside of autocast and outside, by C kernels and by tensors."""
    if path == "tensors":
        monkeypatch.setattr(luma, "takes", lambda x: False)
    ref, dist = pair(device)

    def made(autocast: Any) -> tuple[Tensor, Tensor]:
        x = dist.clone().requires_grad_()
        with autocast:
            value = ENTRIES[name](ref, x)
            if inside:
                value.backward()
        if not inside:
            value.backward()
        assert x.grad is not None and value.dtype in (torch.float32, torch.float64)
        return value.detach(), x.grad

    want, got = made(nullcontext()), made(torch.autocast(device, dtype))
    assert relative(got[0], want[0]) < 1e-5
    assert relative(got[1], want[1]) < 1e-5


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("path", ["kernels", "tensors"])
def test_backward_of_a_clip(path: str, dtype: Any, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if path == "tensors":
        monkeypatch.setattr(luma, "takes", lambda x: False)
    ref, dist = pair(device)

    def made(autocast: Any) -> tuple[Tensor, Tensor]:
        x = dist.clone().requires_grad_()
        with autocast:
            loss = VMAFLoss().backward(((r, d) for r, d in stretches(ref, x)), frames=4)
        assert x.grad is not None
        return loss, x.grad

    want, got = made(nullcontext()), made(torch.autocast(device, dtype))
    assert relative(got[0], want[0]) < 1e-5 and relative(got[1], want[1]) < 1e-5


def test_a_network_in_half_precision_with_a_scaler() -> None:
    """The usual loop: a binary32 reference from the loader, the network's output half, the loss scaled."""
    torch.manual_seed(0)
    rgb = torch.rand(2, 3, 48, 64)
    network = torch.nn.Conv2d(3, 3, 3, padding=1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    for _ in range(2):
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            ref, dist = rgb_to_luma(255 * rgb), rgb_to_luma(255 * network(rgb)).clamp(0, 255)
            assert network(rgb).dtype == torch.bfloat16 and dist.dtype == torch.float32
            loss = VMAFLoss("vmaf_v0.6.1neg")(ref, dist)
        assert loss.dtype == torch.float32
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        assert all(torch.isfinite(p.grad).all() and p.grad.abs().max() > 0 for p in network.parameters())
    with torch.autocast("cpu", torch.bfloat16), pytest.warns(UserWarning, match="dist is torch.bfloat16, rounded"):
        half = VMAF()(ref, dist.detach().bfloat16())
    torch.testing.assert_close(half, VMAF()(ref, dist.detach().bfloat16().float()))


def test_luma_of_rgb_in_another_range_is_refused() -> None:
    rgb = torch.rand(2, 3, 8, 8)
    with pytest.raises(ValueError, match=r"seems to be in 0..1; allowed: 0 to 255, so give 255 \* rgb"):
        rgb_to_luma(rgb)
    with pytest.raises(ValueError, match=r"-1..1.*127.5 \* \(rgb \+ 1\)"):
        rgb_to_luma(2 * rgb - 1)
    assert rgb_to_luma(rgb, validate=False).shape == (2, 1, 8, 8)
    assert (rgb_to_luma(0 * rgb) == 16).all()  # black is no range
    assert rgb_to_luma(260 * rgb - 3).shape == (2, 1, 8, 8)  # a network that overshoots


@pytest.mark.parametrize("mode", ["smooth", "quantised", "exact"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_nan_in_nan_out(mode: str, bad: float) -> None:
    """Without a look at the values, the frames that such a sample reaches score NaN, and no other does."""
    ref, dist = (x.round() for x in pair(frames=5))
    model = VMAF(mode=mode, validate=False)
    want = model(ref, dist)
    spoilt = dist.clone()
    spoilt[1, 0, 20, 30] = bad
    score = model(ref, spoilt)
    assert score.isnan().tolist() == [False, True, False, False, False]
    assert torch.equal(score[~score.isnan()], want[~score.isnan()])
    spoilt = ref.clone()
    spoilt[3, 0, 20, 30] = bad  # motion looks at the frames before and after
    assert model(spoilt, dist).isnan().tolist() == [False, False, True, True, True]
    if mode == "smooth":
        x = dist.clone().requires_grad_()
        model(spoilt, x).sum().backward()
        assert x.grad is not None and x.grad[3].isnan().all()  # so that a scaler leaves the step out


def test_images_that_do_not_belong_together() -> None:
    ref, dist = pair()
    alone = VMAF()(ref[:, None], dist[:, None])[:, 0]
    torch.testing.assert_close(VMAF(motion=False)(ref, dist), alone)
    torch.testing.assert_close(VMAF(motion=False)(ref[None], dist[None])[0], alone)
    torch.testing.assert_close(torch.cat(list(VMAF(motion=False).stream(stretches(ref, dist)))), alone)
    torch.testing.assert_close(VMAFLoss(motion=False, chunk=2)(ref, dist), 1 - alone.mean() / 100)
    assert (VMAF()(ref, dist) - alone).abs().max() > 1
