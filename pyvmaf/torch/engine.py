# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C engine under the tensors of exact mode: no arithmetic of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..engine.context import VmafContext
from ..engine.model import VmafModelCollection
from ..smooth.engine import Frame, Request, request, scores
from ..smooth.models import Feature, flags, load_engine
from .model import Regression

Planes = Sequence[Tensor]


def _samples(x: Tensor, bit_depth: int) -> Any:
    """Frames [T, H, W] as the engine reads them; values are on the grid of `bit_depth`."""
    scaled = x.detach().to("cpu", torch.float64) * 2.0 ** (bit_depth - 8)
    # NumPy and not torch, which lacks most operations on uint16.
    return scaled.nan_to_num(0.0, 0.0, 0.0).numpy().astype("uint8" if bit_depth == 8 else "uint16")


def engine_columns(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature], bit_depth: int) -> Tensor:
    """Raw columns [B, T, K] of luma as `columns` has them, binary64 as the engine stored them."""
    requests = [request(feature) for feature in features]
    clips = []
    for r, d in zip(ref[:, :, 0], dist[:, :, 0], strict=True):
        frames = (((r[i],), (d[i - before] if i >= before else r[i],)) for i in range(len(r)))
        clips.append(_clip(frames, requests, bit_depth)[before:])
    return torch.tensor(clips, dtype=torch.float64, device=ref.device)


def engine_features(ref: Planes, dist: Planes, requests: Sequence[Request], bit_depth: int) -> Tensor:
    """Scores [N, K] of frames, planes [N, H, W] in 0..255 of either side."""
    frames = ((tuple(x[i] for x in ref), tuple(x[i] for x in dist)) for i in range(len(ref[0])))
    return torch.tensor(_clip(frames, requests, bit_depth), dtype=torch.float64, device=ref[0].device)


def _clip(frames: Iterable[Frame], requests: Sequence[Request], bit_depth: int) -> list[list[float]]:
    """Scores of each frame of a clip, planes [H, W] in 0..255."""

    def made(planes: Planes) -> tuple[Any, ...]:
        return tuple(_samples(plane, bit_depth) for plane in planes)

    return scores(((made(r), made(d)) for r, d in frames), requests, bit_depth, torch.get_num_threads())


def engine_scores(values: Tensor, regression: Regression) -> Tensor:
    """Scores [...] of features [..., K] by the engine's own prediction."""
    with VmafContext() as context:
        model = load_engine(regression.content.source, flags(regression.clip, regression.transform))
        main = model.model if isinstance(model, VmafModelCollection) else model
        names = main.features
        rows = values.reshape(-1, values.shape[-1]).tolist()
        made = []
        for index, row in enumerate(rows):
            if not all(map(math.isfinite, row)):
                made.append(math.nan)
                continue
            for name, value in zip(names, row, strict=True):
                context.import_feature_score(name, value, index)
            score = context.score_at_index(model, index)
            made.append(score if isinstance(score, float) else score.bagging_score)
    return torch.tensor(made, dtype=torch.float64, device=values.device).view(values.shape[:-1])
