# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The network of `lpips` taken apart, so that each side of a pair runs once: it stays the same network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support import lpips_clips as clips
from support import lpips_models as models
from support.lpips_reference import distance
from support.lpips_runs import PAIRS, loaded, root_of_mean

from pyvmaf.lpips import network
from pyvmaf.lpips.convert import Converter
from pyvmaf.lpips.graph import split
from pyvmaf.lpips.network import Network
from pyvmaf.lpips.onnx_wire import Message

pytestmark = pytest.mark.usefixtures("lpips_by_itself")


@pytest.mark.parametrize("size", [(17, 17), (18, 17), (31, 63), (64, 48), (300, 500), (161, 391)])
def test_the_network_taken_apart_is_the_network(size: tuple[int, int]) -> None:
    """Against the graph run whole, and both against float64 arithmetic in NumPy."""
    w, h = size
    whole, parts = (Network(loaded(models.tiny()), rewrite=rewrite) for rewrite in (False, True))
    assert whole.towers is None
    assert parts.towers and parts.towers.stem
    rng = np.random.default_rng(w)
    rgb = rng.integers(0, 256, (2, 3, h, w))
    found = []
    for net in (whole, parts):
        sides = [np.stack([net.table[k][side[k]] for k in range(3)])[None] for side in rgb]
        found.append(net.distance(sides[0], sides[1]))
        assert net.distance(sides[0], sides[0]) == 0
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert found[1] == pytest.approx(distance(models.weights(), *(rgb / 255)), abs=1e-6)


def test_other_graphs_run_whole() -> None:
    assert split(loaded(root_of_mean()).tree) is None


def changed_node(operator: str, which: int, change: Callable[[Message], object]) -> Message:
    model = models.tree()
    change([n for n in models.graph(model).messages("node") if n.text("op_type") == operator][which])
    return model


@pytest.mark.parametrize(
    "model",
    [
        # The sides no longer do the same: another constant on one of them.
        changed_node("Mul", 0, lambda n: n.fields.update(input=["ref", "mean"])),
        # The norm is not that of the features it divides.
        changed_node("Div", 2, lambda n: n.fields["input"].reverse()),
        # A mean over other axes.
        changed_node("ReduceMean", 3, lambda n: n.fields.update(input=[n.texts("input")[0], "channels"])),
        changed_node("Sub", 4, lambda n: n.fields.update(op_type=["Add"])),
    ],
)
def test_a_graph_that_is_not_lpips_is_left_alone(model: Message) -> None:
    assert split(model) is None


def test_the_pooling_without_ceiling_is_not_cut_into_strips() -> None:
    def floor(node: Message) -> None:
        for attribute in node.messages("attribute"):
            if attribute.text("name") == "ceil_mode":
                attribute.fields["i"] = [0]

    model = models.tree()
    for node in models.graph(model).messages("node"):
        floor(node)
    towers = split(model)
    assert towers is not None
    assert towers.stem is None
    assert len(towers.weights) == 7


def test_published_model_is_taken_apart() -> None:
    if not clips.MODEL.exists():
        pytest.skip("the published model is not beside the repository")
    towers = split(loaded(clips.MODEL.read_bytes()).tree)
    assert towers is not None
    assert towers.stem is not None
    assert [w.size for w in towers.weights] == [64, 128, 256, 384, 384, 512, 512]


def test_converter_uses_the_table_of_the_network() -> None:
    net = Network(loaded(models.tiny()))
    ours = Converter((48, 40), 8, (1, 1), table=net.table)(PAIRS[0][0])
    assert net.distance(ours, ours) == 0
    assert network.STRIP_ROWS > 1
