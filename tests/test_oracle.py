# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The live oracle: generated pairs scored by the peer's scalar path and by us, no double may differ."""

from __future__ import annotations

import os
import random
from functools import cache
from pathlib import Path

import pytest
from support import capi, scoring
from support.clips import CONTENTS, DAMAGES, Clip, make_frames

CASES = 240
BATCHES = 24
CACHE = Path(os.environ.get("PYVMAF_TEST_CACHE", Path(__file__).parents[1] / ".cache"))

MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg")
OPTION_SETS = (
    ("vif", {"debug": True}),
    ("adm", {"debug": True}),
    ("vif", {"vif_enhn_gain_limit": 1.3, "debug": True}),
    ("adm", {"adm_csf_mode": 2, "adm_enhn_gain_limit": 1, "adm_noise_weight": 0.02, "adm_min_val": 0.5}),
    ("adm", {"adm_norm_view_dist": 4.5, "adm_dlm_weight": 0.7}),
    ("motion", {"motion_five_frame_window": True, "motion_moving_average": True}),
)


@cache
def peer() -> capi.Library:
    try:
        return capi.Library(capi.peer_path(CACHE))
    except RuntimeError as error:
        if "oracle" in os.environ.get("PYVMAF_REQUIRE", ""):
            raise
        pytest.skip(f"no peer to compare with: {error}")


def generated_clip(case: int) -> Clip:
    rng = random.Random(case)
    width, height = rng.randint(33, 700), rng.randint(33, 700)
    if case % 8:  # mostly smaller, to keep the run short
        width, height = 33 + width % 300, 33 + height % 200
    return Clip(
        width, height, rng.choice([8, 8, 10, 12, 16]), chroma=rng.choice(["420", "420", "422", "444", "400"]),
        content=rng.choice(CONTENTS + ("natural",) * 4), damage=rng.choice(DAMAGES), frames=rng.choice([1, 2, 3]),
        seed=case,
    )  # fmt: skip


@pytest.mark.parametrize("batch", range(BATCHES))
def test_generated_pairs(batch: int) -> None:
    library = peer()
    for case in range(batch, CASES, BATCHES):
        clip = generated_clip(case)
        refs, dists = make_frames(clip)
        what = {
            "chroma": clip.chroma, "bpc": clip.bpc, "models": MODELS[: 1 + case % 2],
            "features": [OPTION_SETS[case % len(OPTION_SETS)]],
        }  # fmt: skip
        want = capi.score(library, refs, dists, **what)  # type: ignore[arg-type]
        for mask, n_threads in ((0, case % 3), (16 | 32, 0), (capi.SCALAR, 0)):
            got = scoring.score(refs, dists, cpumask=mask, n_threads=n_threads, **what)  # type: ignore[arg-type]
            assert capi.differences(want, got) == [], f"case {case}: {clip}, cpumask {mask}, {n_threads} threads"
