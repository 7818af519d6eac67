# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Features by the C engine itself, under the differentiable form of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..engine.context import VmafContext
from ..engine.extractor import OptionValue
from .models import Feature
from .options import MotionOptions, published

#: Extractor, options and published name of a raw column.
Request = tuple[str, dict[str, OptionValue], str]
Frame = tuple[tuple[Any, ...], tuple[Any, ...]]  # planes of either side


def request(feature: Feature) -> Request:
    """What to ask the engine for."""
    options = feature.options
    if isinstance(options, MotionOptions):
        # The raw difference is the per-frame score at default weight and limit.
        raw = "VMAF_integer_feature_motion_sad_score"
        if options.motion_five_frame_window:
            return "motion", {"motion_five_frame_window": True}, f"{raw}_mffw"
        return "motion", {}, raw
    return feature.extractor, options.given, published(feature.value, options)


def scores(frames: Iterable[Frame], requests: Sequence[Request], bpc: int, threads: int) -> list[list[float]]:
    """What was asked for of each frame of a clip, uint8 or uint16 planes [H, W], that is read as it is needed."""
    with VmafContext(n_threads=threads if threads > 1 else 0) as context:
        for extractor, options, _ in requests:
            context.use_feature(extractor, options)
        count = 0
        for ref, dist in frames:
            context.read_pictures(ref, dist, count, bpc=bpc, borrow=True)
            count += 1
        context.flush()
        return [[context.feature_score_at_index(name, index) for _, _, name in requests] for index in range(count)]
