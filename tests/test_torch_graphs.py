# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The twin as part of a graph: compiled, exported, mapped, faked; and what it refuses to differentiate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the twin is not tested")

from functorch.compile import make_boxed_func  # noqa: E402
from torch import Tensor  # noqa: E402
from torch._dynamo.backends.common import aot_autograd  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.autograd import forward_ad  # noqa: E402

from pyvmaf.torch import VMAF, VMAFLoss, functional, luma, operators  # noqa: E402
from pyvmaf.torch.model import Regression  # noqa: E402

DTYPES = [torch.float32, torch.float64]


def pair(frames: int = 2, dtype: Any = torch.float32, height: int = 40, width: int = 44) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(7)
    ref = torch.rand(frames, 1, height, width, generator=g, dtype=torch.float64) * 200 + 20
    dist = 0.8 * ref + 15 + 9 * torch.rand(ref.shape, generator=g, dtype=torch.float64)
    return ref.to(dtype), dist.to(dtype)


@pytest.mark.parametrize("arguments", [{}, {"model": "vmaf_v0.6.1neg", "motion": False, "chunk": 1}])
def test_one_graph(arguments: dict[str, Any]) -> None:
    """The whole graph is captured, forward and backward; sizes may change."""
    torch._dynamo.reset()
    model = VMAF(**arguments)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    for ref, dist in (pair(), pair(height=36, width=52)):
        x, y = dist.clone().requires_grad_(), dist.clone().requires_grad_()
        want = model(ref, x)
        want.sum().backward()
        made = compiled(ref, y)
        made.sum().backward()
        torch.testing.assert_close(made, want)
        torch.testing.assert_close(y.grad, x.grad)


def test_a_graph_keeps_the_kernels() -> None:
    """What a compiler has work with is little: the C kernels are one node, the regression is another."""
    torch._dynamo.reset()
    graphs: list[list[str]] = []

    def look(graph: Any, inputs: Any) -> Any:
        graphs.append([str(node.target) for node in graph.graph.nodes if node.op == "call_function"])
        return make_boxed_func(graph.forward)

    ref, dist = pair()
    loss = torch.compile(VMAFLoss(), backend=aot_autograd(fw_compiler=look, bw_compiler=look), fullgraph=True)
    loss(ref, dist.requires_grad_()).backward()
    forward, backward = graphs
    assert [n for n in forward if "pyvmaf" in n] == ["pyvmaf.luma.default", "pyvmaf.regression.default"]
    assert [n for n in backward if "pyvmaf" in n] == ["pyvmaf.luma_slopes.default"]
    assert len(forward) + len(backward) < 80


@pytest.mark.parametrize("name", ["vmaf_b_v0.6.3", "vmaf_v1.0.16_3d0h"])
def test_the_node_of_the_regression(name: str) -> None:
    """By NumPy, as part of a graph; members, correction of chroma and transform as by tensor operations."""
    torch._dynamo.reset()
    model = Regression(name, transform=True)
    g = torch.Generator().manual_seed(3)
    x = 0.5 + 0.4 * torch.rand(2, 3, len(model.inputs), generator=g)
    x[0, 0, -1] = 0.0  # no chroma
    made = []
    for run in (model, torch.compile(model, backend="aot_eager", fullgraph=True)):
        leaf = x.clone().requires_grad_()
        score = run(leaf)
        (score * torch.linspace(1, 2, 3)).sum().backward()
        made.append((score.detach(), leaf.grad))
    assert made[0][1].abs().max() > 0 and made[0][1].dtype == torch.float32
    for plain, node in zip(*made, strict=True):
        torch.testing.assert_close(node, plain)


def test_export() -> None:
    ref, dist = pair()
    model = VMAF()
    exported = torch.export.export(model, (ref, dist))
    torch.testing.assert_close(exported.module()(ref, dist), model(ref, dist))
    names = {str(node.target) for node in exported.graph.nodes}
    assert "pyvmaf.luma.default" in names and "pyvmaf.regression.default" in names


OPERATORS = [(operators, f"_{name}{part}") for name in ("vif", "adm", "motion") for part in ("", "_slopes")]
OPERATORS += [(luma, ""), (luma, "_slopes")]


@pytest.mark.parametrize(("module", "name"), OPERATORS)
def test_operators_keep_their_word(module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's own check of an operator: schema, fake results, no inputs changed."""
    ref, dist = pair(dtype=torch.float32 if module is luma else torch.float64)
    calls = []
    real = getattr(module, f"{name}_operator")
    spy = lambda *inputs: (calls.append(inputs), real(*inputs))[1]  # noqa: E731
    monkeypatch.setattr(module, f"{name}_operator", spy)
    model = VMAF("vmaf_v0.6.1neg")
    model(ref.requires_grad_(), dist.requires_grad_()).sum().backward()
    assert calls
    for inputs in calls[:2]:
        torch.library.opcheck(real, inputs, test_utils=("test_schema", "test_faketensor"))


def test_fake_and_meta_tensors() -> None:
    ref, dist = pair()
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        fakes = [mode.from_tensor(x) for x in (ref, dist)]
        for made in (VMAF()(*fakes), functional.adm(*fakes)["adm2"], functional.vif(*fakes)["vif_scale0"]):
            assert made.shape == (2,) and made.dtype == torch.float32 and made.device.type == "cpu"
    x = dist.to("meta").requires_grad_()
    made = VMAF().to("meta")(ref.to("meta"), x)
    made.sum().backward()
    assert made.shape == (2,) and made.is_meta and x.grad is not None and x.grad.shape == dist.shape


def test_another_default_device_changes_nothing() -> None:
    ref, dist = pair()
    model = VMAF()
    x = dist.clone().requires_grad_()
    want = model(ref, x)
    want.sum().backward()
    for scope in (torch.device("meta"),):
        y = dist.clone().requires_grad_()
        with scope:
            made = model(ref, y)
            made.sum().backward()
        assert torch.equal(made, want) and torch.equal(x.grad, y.grad)
    torch.set_default_device("meta")
    try:
        assert torch.equal(model(ref, dist), want)
        assert torch.equal(VMAF().to_empty(device="cpu")(ref, dist), want)
    finally:
        torch.set_default_device("cpu")


def test_a_module_made_on_the_meta_device_is_filled() -> None:
    ref, dist = pair()
    want = VMAF()(ref, dist)
    with torch.device("meta"):
        model = VMAF()
    torch.testing.assert_close(model.to_empty(device="cpu")(ref, dist), want, rtol=0, atol=0)
    torch.testing.assert_close(VMAF().to("meta").to_empty(device="cpu")(ref, dist), want, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("chunk", [None, 1])
def test_batched_gradients(dtype: Any, chunk: int | None) -> None:
    """jacrev, jacobian(vectorize) and is_grads_batched against a loop over rows."""
    ref, dist = pair(dtype=dtype)
    model = VMAF(chunk=chunk)

    def f(d: Tensor) -> Tensor:
        return model(ref, d)

    x = dist.clone().requires_grad_()
    rows = torch.stack([torch.autograd.grad(f(x)[i], x)[0] for i in range(2)])
    made = [
        torch.func.jacrev(f)(dist),
        torch.autograd.functional.jacobian(f, dist, vectorize=True),
        torch.autograd.grad(f(x), x, torch.eye(2, dtype=dtype), is_grads_batched=True)[0],
    ]
    for jacobian in made:
        torch.testing.assert_close(jacobian, rows)


@pytest.mark.parametrize("chunk", [None, 1])
def test_mapped_over_clips(chunk: int | None) -> None:
    ref, dist = pair(6)
    clips = [x.unflatten(0, (3, 2)) for x in (ref, dist)]
    model = VMAF(chunk=chunk)
    want = model(*clips)
    torch.testing.assert_close(torch.func.vmap(model)(*clips), want)
    torch.testing.assert_close(
        torch.func.vmap(model, (None, 0))(clips[0][0], clips[1]), model(clips[0][:1].expand_as(clips[0]), clips[1])
    )
    torch.testing.assert_close(torch.func.vmap(VMAF(mode="quantised"))(*clips), VMAF(mode="quantised")(*clips))
    with pytest.raises(RuntimeError, match=r"outside torch\.func\.vmap"):
        torch.func.vmap(VMAF(mode="exact"))(*(x.round() for x in clips))


# Every way to ask for a second derivative, or for one in forward mode, of f at x.
SECOND: dict[str, Callable[[Callable[[Tensor], Tensor], Tensor], Any]] = {
    "create_graph": lambda f, x: torch.autograd.grad(
        torch.autograd.grad(f(x := x.clone().requires_grad_()), x, create_graph=True)[0].sum(), x
    ),
    "hvp": lambda f, x: torch.autograd.functional.hvp(f, x, torch.ones_like(x)),
    "vhp": lambda f, x: torch.autograd.functional.vhp(f, x, torch.ones_like(x)),
    "hessian": lambda f, x: torch.autograd.functional.hessian(f, x),
    "func.grad": lambda f, x: torch.func.grad(lambda y: torch.func.grad(f)(y).sum())(x),
    "func.jacrev": lambda f, x: torch.func.jacrev(torch.func.jacrev(f))(x),
    "func.hessian": lambda f, x: torch.func.hessian(f)(x),
    "func.jvp": lambda f, x: torch.func.jvp(f, (x,), (x,)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", SECOND)
def test_second_derivatives_are_refused(way: str, dtype: Any) -> None:
    ref, dist = pair(dtype=dtype)
    for model in (VMAF(), VMAF(chunk=1), VMAF(mode="quantised")):
        with pytest.raises(RuntimeError, match=r"pyvmaf\.torch has no (second|forward-mode) derivatives"):
            SECOND[way](lambda d, m=model: m(ref, d).sum(), dist)
    with pytest.raises(RuntimeError, match=r"pyvmaf\.torch has no"):
        SECOND[way](lambda d: functional.motion(d)["motion2"].sum(), dist)


def test_forward_mode_is_refused_by_dual_numbers_too() -> None:
    ref, dist = pair()
    with forward_ad.dual_level(), pytest.raises(RuntimeError, match="no forward-mode derivatives"):
        VMAF()(ref, forward_ad.make_dual(dist, dist))
    loss = VMAFLoss()(ref, x := dist.clone().requires_grad_())
    (slope,) = torch.autograd.grad(loss, x, create_graph=True)  # asking for a graph alone is no error
    assert slope.abs().max() > 0
