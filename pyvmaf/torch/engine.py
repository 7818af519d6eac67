# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C engine under the tensors of exact mode: no arithmetic of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..context import VmafContext
from ..extractor import OptionValue
from ..model import VmafModelCollection
from ..smooth.models import Feature, flags, load_engine
from ..smooth.options import MotionOptions, published
from .model import Regression


def _samples(x: Tensor, bit_depth: int) -> Any:
    """Frames [T, H, W] as the engine reads them; values are on the grid of `bit_depth`."""
    scaled = x.detach().to("cpu", torch.float64) * 2.0 ** (bit_depth - 8)
    # NumPy and not torch, which lacks most operations on uint16.
    return scaled.nan_to_num(0.0, 0.0, 0.0).numpy().astype("uint8" if bit_depth == 8 else "uint16")


def _request(feature: Feature) -> tuple[str, dict[str, OptionValue], str]:
    """Extractor, options and published name of a raw column."""
    options = feature.options
    if isinstance(options, MotionOptions):
        # The raw difference is the per-frame score at default weight and limit.
        raw = "VMAF_integer_feature_motion_sad_score"
        if options.motion_five_frame_window:
            return "motion", {"motion_five_frame_window": True}, f"{raw}_mffw"
        return "motion", {}, raw
    return feature.extractor, options.given, published(feature.value, options)


def engine_columns(ref: Tensor, dist: Tensor, before: int, features: Sequence[Feature], bit_depth: int) -> Tensor:
    """Raw columns [B, T, K] as `columns` has them, binary64 as the engine stored them."""
    requests = [_request(feature) for feature in features]
    clips = [_clip(r, d, before, requests, bit_depth) for r, d in zip(ref, dist, strict=True)]
    return torch.tensor(clips, dtype=torch.float64, device=ref.device)


def _clip(
    ref: Tensor,
    dist: Tensor,
    before: int,
    requests: list[tuple[str, dict[str, OptionValue], str]],
    bit_depth: int,
) -> list[list[float]]:
    threads = torch.get_num_threads()
    with VmafContext(n_threads=threads if threads > 1 else 0) as context:
        for extractor, options, _ in requests:
            context.use_feature(extractor, options)
        for index in range(len(ref)):
            r = _samples(ref[index, 0], bit_depth)
            d = r if index < before else _samples(dist[index - before, 0], bit_depth)
            context.read_pictures((r,), (d,), index, bpc=bit_depth, borrow=True)
        context.flush()
        return [
            [context.feature_score_at_index(name, index) for _, _, name in requests]
            for index in range(before, len(ref))
        ]


def engine_scores(values: Tensor, regression: Regression) -> Tensor:
    """Scores [...] of features [..., K] by the engine's own prediction."""
    with VmafContext() as context:
        model = load_engine(regression.content.source, flags(regression.clip, regression.transform))
        main = model.model if isinstance(model, VmafModelCollection) else model
        names = main.features
        rows = values.reshape(-1, values.shape[-1]).tolist()
        scores = []
        for index, row in enumerate(rows):
            if not all(map(math.isfinite, row)):
                scores.append(math.nan)
                continue
            for name, value in zip(names, row, strict=True):
                context.import_feature_score(name, value, index)
            score = context.score_at_index(model, index)
            scores.append(score if isinstance(score, float) else score.bagging_score)
    made = torch.tensor(scores, dtype=torch.float64, device=values.device)
    return made.view(values.shape[:-1])
