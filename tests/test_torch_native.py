# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C kernels under the twin, binary32 on the CPU, against its tensor operations in binary64."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from torch import Tensor  # noqa: E402

from pyvmaf.torch import VMAF, functional  # noqa: E402

SIZES = [(16, 17), (33, 33), (35, 34), (64, 96), (131, 75), (33, 300), (260, 40), (300, 333)]


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """What PyTorch was set to comes back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def pair(height: int, width: int, frames: int = 2) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(height * width)
    ref = torch.rand(frames, 1, height, width, generator=g) * 200 + 20
    return ref, (ref * 0.8 + 10 + torch.randn(ref.shape, generator=g) * 9).clamp(0, 255)


def sums_and_slopes(work: Callable[[Tensor, Tensor], Tensor], *planes: Tensor) -> list[Tensor]:
    leaves = [x.clone().requires_grad_() for x in planes]
    value = work(*leaves)
    weights = torch.linspace(0.5, 2.0, value.numel(), dtype=value.dtype).view_as(value)
    return [value.detach(), *torch.autograd.grad((value * weights).sum(), leaves)]


def near(made: list[Tensor], judge: list[Tensor], tolerance: float) -> None:
    for one, other in zip(made, judge, strict=True):
        assert one.dtype == torch.float32 and other.dtype == torch.float64
        assert float((one - other).abs().max() / other.abs().max()) < tolerance


def values(made: dict[str, Tensor]) -> Tensor:
    return torch.stack(list(made.values()))


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("limit", [100.0, 1.0])
def test_vif(height: int, width: int, limit: float) -> None:
    ref, dist = pair(height, width)
    ref[..., : height // 3, : width // 2] = 90.0  # inactive samples

    def work(ref: Tensor, dist: Tensor) -> Tensor:
        return values(functional.vif(ref, dist, vif_enhn_gain_limit=limit))

    near(sums_and_slopes(work, ref, dist), sums_and_slopes(work, ref.double(), dist.double()), 1e-4)


@pytest.mark.parametrize(("height", "width"), SIZES[1:])
@pytest.mark.parametrize(
    "options", [{}, {"adm_enhn_gain_limit": 1.0}, {"adm_skip_aim": True}, {"adm_skip_scale0": True}]
)
def test_adm(height: int, width: int, options: dict[str, Any]) -> None:
    def work(ref: Tensor, dist: Tensor) -> Tensor:
        return values(functional.adm(ref, dist, **options))

    ref, dist = pair(height, width)
    near(sums_and_slopes(work, ref, dist), sums_and_slopes(work, ref.double(), dist.double()), 1e-4)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (4, 5), *SIZES])
@pytest.mark.parametrize("options", [{}, {"motion_five_frame_window": True}, {"motion_moving_average": True}])
def test_motion(height: int, width: int, options: dict[str, Any]) -> None:
    clips = torch.stack(pair(height, width, 4))

    def work(ref: Tensor) -> Tensor:
        return values(functional.motion(ref, **options))

    made, judge = sums_and_slopes(work, clips), sums_and_slopes(work, clips.double())
    for one, other in zip(made, judge, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5 * float(other.abs().max()))


def test_only_the_gradient_that_is_wanted_is_made() -> None:
    ref, dist = pair(64, 96)
    both = sums_and_slopes(VMAF(), ref, dist)
    for i, planes in enumerate(((ref.clone().requires_grad_(), dist), (ref, dist.clone().requires_grad_()))):
        VMAF()(*planes).mul(torch.tensor([0.5, 2.0])).sum().backward()
        torch.testing.assert_close(planes[i].grad, both[1 + i])
        assert planes[1 - i].grad is None


def test_threads_change_no_bit() -> None:
    for frames in (1, 3):
        ref, dist = pair(300, 333, frames)
        made = []
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            made.append(sums_and_slopes(lambda r, d: values(functional.vif(r, d)), ref, dist))
            made[-1] += sums_and_slopes(lambda r: values(functional.motion(r)), ref)
            made[-1] += sums_and_slopes(lambda r, d: values(functional.adm(r, d)), ref, dist)
        for others in made[1:]:
            assert all(torch.equal(a, b) for a, b in zip(made[0], others, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_second_derivative_is_refused(dtype: torch.dtype) -> None:
    ref, dist = (x.to(dtype) for x in pair(40, 44, 1))
    x = dist.clone().requires_grad_()
    (want,) = torch.autograd.grad(VMAF()(ref, x).sum(), x)
    (slope,) = torch.autograd.grad(VMAF()(ref, x).sum(), x, create_graph=True)
    torch.testing.assert_close(slope, want)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        slope.sum().backward()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_measures() -> None:
    """The threads of the parent are not there; waiting for one would be for ever."""
    torch.set_num_threads(2)
    ref, dist = pair(150, 64, 1)
    want = functional.vif(ref, dist)["vif_scale1"]
    child = os.fork()
    if not child:
        torch.set_num_threads(1)  # PyTorch's own threads do not survive either
        native_threads = torch.get_num_threads
        torch.get_num_threads = lambda: 2
        same = torch.equal(functional.vif(ref, dist)["vif_scale1"], want)
        torch.get_num_threads = native_threads
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_nothing_breaks_on_what_is_no_number() -> None:
    ref, dist = pair(40, 44, 1)
    model = VMAF(validate=False)
    for bad in (float("nan"), float("inf"), -float("inf"), 3e38):
        x = dist.clone()
        x[..., 20, 20] = bad
        assert model(ref, x.requires_grad_()).shape == (1,)
        model(ref, x).sum().backward()
