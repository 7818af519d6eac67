# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What may surround a step: tensors of any layout, other defaults, threads, copies, frames that change later."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from torch import Tensor  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from pyvmaf.torch import VMAF, VMAFLoss  # noqa: E402


def pair(dtype: Any = torch.float32) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(2)
    ref = torch.rand(3, 1, 40, 48, generator=g) * 200 + 20
    return ref.to(dtype), (0.8 * ref + 15 + 9 * torch.rand(ref.shape, generator=g)).to(dtype)


def step(model: Any, ref: Tensor, dist: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and the gradient by `dist`, which keeps its layout."""
    leaf = dist.detach().requires_grad_()
    score = model(ref, leaf)
    score.sum().backward()
    assert leaf.grad is not None
    return score.detach(), leaf.grad


def strided(x: Tensor) -> Tensor:
    return torch.stack((x, 0 * x), -1).flatten(-2)[..., ::2]


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "channels last": lambda x: x.to(memory_format=torch.channels_last),
    "strided": strided,
    "transposed": lambda x: x.transpose(-1, -2).contiguous().transpose(-1, -2),
    "negated": lambda x: torch._neg_view(-x),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, dtype: Any) -> None:
    ref, dist = pair(dtype)
    want = step(VMAF(), ref, dist)
    made = step(VMAF(), LAYOUTS[layout](ref), LAYOUTS[layout](dist))
    for one, other in zip(made, want, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12 if dtype == torch.float64 else 0)
    with pytest.raises(TypeError, match=r"ref is torch\.sparse_coo; allowed: dense tensors, such as ref\.to_dense\(\)"):
        VMAF()(ref.to_sparse(), dist)


def test_frames_may_change_before_the_backward_pass() -> None:
    """As loaders' buffers do; but not a reference that has a gradient, which is looked at again."""
    ref, dist = pair()
    want = step(VMAF(), ref, dist)[1]
    leaf = dist.clone().requires_grad_()
    frames, given = ref.clone(), leaf * 1.0
    score = VMAF()(frames, given).sum()
    frames.zero_()
    given.zero_()
    score.backward(retain_graph=True)
    assert leaf.grad is not None and torch.equal(leaf.grad, want)
    leaf.grad = None
    score.backward()
    assert torch.equal(leaf.grad, want)
    frames = ref.clone().requires_grad_() * 1.0
    score = VMAF()(frames, dist).sum()
    frames.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        score.backward()


def test_inference_mode_leaves_nothing_behind() -> None:
    ref, dist = pair()
    want = step(VMAF(), ref, dist)
    with torch.inference_mode():
        model, frames = VMAF(), ref.clone()
        assert torch.equal(model(frames, dist), want[0])
    for made in (step(model, frames, dist), step(model.to("cpu"), frames, dist)):
        assert all(map(torch.equal, made, want))
    with torch.no_grad():
        assert not model(ref, dist.clone().requires_grad_()).requires_grad


@pytest.mark.parametrize("default", [torch.float64, torch.bfloat16])
def test_another_default_type_changes_nothing(default: Any) -> None:
    ref, dist = pair()
    want, exact = step(VMAF(), ref, dist), VMAF(mode="exact")(ref.round(), dist.round())
    torch.set_default_dtype(default)
    try:
        made = step(VMAF(), ref, dist)
        assert torch.equal(VMAF(mode="exact")(ref.round(), dist.round()), exact)
        assert VMAFLoss()(ref.double(), dist.double()).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    for one, other in zip(made, want, strict=True):
        assert one.dtype == torch.float32 and torch.equal(one, other)


def test_threads_and_copies_share_nothing() -> None:
    ref, dist = pair()
    model = VMAF()
    want = step(model, ref, dist)
    copies = [model, copy.deepcopy(model), pickle.loads(pickle.dumps(model)), copy.deepcopy(model).half()]
    copies.append(torch.nn.DataParallel(model))
    with ThreadPoolExecutor(4) as pool:
        for made in pool.map(lambda m: step(m, ref, dist), copies * 4):
            assert all(map(torch.equal, made, want))
    assert model.state_dict() == {} and list(model.parameters()) == []


def test_options_are_equal_after_a_journey() -> None:
    """A hash of text is another one in another process."""
    inputs = VMAF("vmaf_v1.0.16_3d0h").inputs
    shown = pickle.loads(pickle.dumps(inputs))
    assert shown == inputs and [hash(f.options) for f in shown] == [hash(f.options) for f in inputs]
    content = inputs[0].options.__reduce__()
    assert "_hash" not in str(content) and content[1] == (inputs[0].options.given,)


def test_ways_to_ask_for_a_gradient() -> None:
    ref, dist = pair()
    model = VMAF()
    want = step(model, ref, dist)[1]

    def total(d: Tensor, r: Tensor = ref) -> Tensor:
        return model(r, d).sum()

    leaf = dist.clone().requires_grad_()
    checkpoint(model, ref, leaf, use_reentrant=False).sum().backward()
    two = [torch.stack((x, x.flip(-1)), -1) for x in (dist, ref)]
    made = [
        leaf.grad,
        torch.func.grad(total)(dist),
        torch.func.vjp(total, dist)[1](torch.tensor(1.0))[0],
        torch.func.vmap(torch.func.grad(total), -1, -1)(*two)[..., 0],
        torch.func.grad(lambda x: torch.func.vmap(total, -1)(*x).sum())(two)[0][..., 0],
    ]
    for gradient in made:
        torch.testing.assert_close(gradient, want)
    by_ref = torch.func.grad(lambda x: torch.func.vmap(total, -1)(*x).sum())(two)[1][..., 0]
    torch.testing.assert_close(by_ref, torch.func.grad(total, 1)(dist, ref))


@pytest.mark.parametrize("dynamic", [None, True])
def test_graphs_for_more_frames(dynamic: bool | None) -> None:
    """The number of frames may be a symbol, both sides may have a gradient, autocast may be on."""
    torch._dynamo.reset()
    ref, dist = pair()
    loss = VMAFLoss(reduction="none")
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager", dynamic=dynamic)
    for count in (3, 2, 1):
        grads = []
        for run in (loss, compiled):
            r, d = (x[:count].clone().requires_grad_() for x in (ref, dist))
            value = run(r, d)
            value.sum().backward()
            grads.append((value.detach(), r.grad, d.grad))
        for one, other in zip(*grads, strict=True):
            torch.testing.assert_close(one, other)
