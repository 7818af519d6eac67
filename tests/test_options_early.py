# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What options alone make impossible is refused when they are given, not at the first frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest
from support.common import noise

from pyvmaf import ExtractorInfo, Option, VmafContext, VmafError, extractors

W, H = 576, 324
FRAME = noise(0, H, W), noise(1, H // 2, W // 2), noise(2, H // 2, W // 2)
BUILT_IN = [e for e in extractors() if e.name != "lpips"]  # which has its own, as its model is a file


def extremes(option: Option) -> list[object]:
    """The ends of what the table allows; words that some extractor knows."""
    if option.type is bool:
        return [not option.default]
    return ["bilinear", "pq"] if option.type is str else [option.lowest, option.highest]


def settings(extractor: ExtractorInfo) -> Iterator[dict[str, object]]:
    """Every option by itself at its ends, and every two of them."""
    options = [o for o in extractor.options if o.name != "heatmaps_path"]
    for count in (1, 2):
        for some in combinations(options, count):
            for values in product(*map(extremes, some)):
                yield {o.name: value for o, value in zip(some, values, strict=True)}


@pytest.mark.parametrize("extractor", BUILT_IN, ids=lambda e: e.name)
def test_what_use_feature_accepts_scores_at_the_first_frame(extractor: ExtractorInfo) -> None:
    accepted = 0
    for options in settings(extractor):
        with VmafContext(log_level="none") as ctx:
            try:
                ctx.use_feature(extractor.name, options)
            except ValueError:
                continue
            try:
                ctx.read_pictures(FRAME, FRAME, 0)
            except VmafError as error:
                # It is the picture that does not fit, and the message says so.
                assert f"{W}x{H}" in str(error) or "encode of 180x150; one side" in str(error), options
            accepted += 1
    assert accepted or not extractor.options


@pytest.mark.parametrize(
    ("extractor", "options", "message"),
    [
        ("adm", {"adm_csf_mode": 2, "adm_norm_view_dist": 4}, "has no factors for"),
        ("adm", {"adm_norm_view_dist": 1.5}, "it must be 3240 or more"),
        ("adm", {"adm_csf_mode": 1, "adm_csf_scale": 50}, "exceeds the fixed-point factors"),
        ("float_vif", {"vif_kernelscale": 0.9}, "it must be 1/2.25, 1/2"),
        ("float_vif", {"vif_prescale_method": "area"}, "it must be nearest, bilinear"),
        ("speed_chroma", {"speed_kernelscale": 0.6}, "taps are defined for"),
        ("speed_temporal", {"speed_prescale_method": "area"}, "there are nearest, bilinear"),
        ("cambi", {"eotf": "hlg"}, "must be bt1886 or pq"),
        ("cambi", {"src_width": 7680, "src_height": 4320}, "needs a window of 131, 65 is the most"),
        ("psnr", {"min_sse": -1}, "must be a number from 0"),
        ("float_ssim", {"scale": 11}, "must be an integer from 0 to 10"),
    ],
)
def test_a_refusal_before_any_picture(extractor: str, options: dict[str, object], message: str) -> None:
    with VmafContext(log_level="none") as ctx, pytest.raises(ValueError, match=message):
        ctx.use_feature(extractor, options)
