# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How the tests run `lpips`: small frames, through the context and through the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import pyvmaf
from pyvmaf import VmafContext
from pyvmaf.lpips.onnx_model import Model, check
from pyvmaf.lpips.onnx_wire import Message, encode
from support import lpips_models as models
from support.common import noise

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
Frame = tuple[Any, Any, Any]


def loaded(data: bytes) -> Model:
    return Model(Path("test.onnx"), data, check(data, "test.onnx"))


def frame(seed: int, w: int = 48, h: int = 40) -> Frame:
    return (
        noise(seed, h, w),
        noise(seed + 100, (h + 1) // 2, (w + 1) // 2),
        noise(seed + 200, (h + 1) // 2, (w + 1) // 2),
    )


PAIRS = [(frame(i), frame(i + 1)) for i in range(6)]


def scores(
    options: Mapping[str, object],
    pairs: list[tuple[Frame, Frame]] = PAIRS,
    *more: str,
    n_threads: int = 0,
    bpc: int | None = None,
) -> dict[str, list[float]]:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("lpips", options)
        for name in more:
            ctx.use_feature(name)
        for i, (ref, dist) in enumerate(pairs):
            ctx.read_pictures(ref, dist, i, bpc=bpc)
        ctx.flush()
        return {n: [ctx.feature_score_at_index(n, i) for i in range(len(pairs))] for n in ctx.feature_names}


def y4m(path: Path, frames: list[Frame]) -> Path:
    h, w = frames[0][0].shape
    body = b"".join(b"FRAME\n" + b"".join(p.tobytes() for p in f) for f in frames)
    path.write_bytes(f"YUV4MPEG2 W{w} H{h} F25:1 Ip C420jpeg\n".encode() + body)
    return path


def vmaf(videos: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    command = [sys.executable, "-m", "pyvmaf.cli.vmaf", "-r", videos[0], "-d", videos[1], "-q", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**ENVIRONMENT, **(environment or {})}, timeout=120
    )


def graph_of(*nodes: Message, **tensors: Any) -> bytes:
    """A model of these nodes over ref, dist and constants, not taken apart."""
    model = models.tree()
    graph = models.graph(model)
    graph.fields["node"] = list(nodes)
    graph.fields["initializer"] = [
        Message("Tensor", dims=list(np.shape(v)), data_type=7, name=k, raw_data=np.array(v, "<i8").tobytes())
        for k, v in tensors.items()
    ]
    return encode(model)


def root_of_mean() -> bytes:
    """A model that says the root of the mean of ref, which is NaN once that is below ImageNet's mean."""
    node = models.node
    return graph_of(
        node("ReduceMean", ["ref", "axes"], ["mean"]),
        node("Sqrt", ["mean"], ["root"]),
        node("Reshape", ["root", "one"], ["score"]),
        axes=[0, 1, 2, 3],
        one=[1],
    )
