# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_ssim and float_ms_ssim of generated pairs, by the live peer and by us: no double may differ."""

from __future__ import annotations

import random

import pytest
from support import capi, scoring
from support.clips import CONTENTS, DAMAGES, Clip, make_frames
from test_oracle import peer

CASES = 60
BATCHES = 6


def generated_clip(case: int) -> Clip:
    """Odd and even sizes from the smallest on; every content and damage."""
    rng = random.Random(900 + case)
    width, height = (176 + rng.choice([0, 1, rng.randint(0, 150), rng.randint(0, 520)]) for _ in range(2))
    return Clip(
        width, height, rng.choice([8, 8, 10, 12, 16]), chroma=rng.choice(["420", "420", "422", "444", "400"]),
        content=CONTENTS[case % len(CONTENTS)], damage=DAMAGES[case % len(DAMAGES)], frames=1, seed=case,
    )  # fmt: skip


def features(case: int) -> list[tuple[str, dict[str, object]]]:
    options: dict[str, object] = {"enable_lcs": bool(case % 4), "enable_db": case % 3 == 1, "clip_db": case % 2 == 1}
    return [("float_ssim", options | {"scale": case % 7}), ("float_ms_ssim", options)]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_generated_pairs(batch: int) -> None:
    library = peer()
    for case in range(batch, CASES, BATCHES):
        clip = generated_clip(case)
        refs, dists = make_frames(clip)
        asked = features(case)
        want = capi.score(library, refs, dists, chroma=clip.chroma, bpc=clip.bpc, features=asked)
        assert want
        for mask, n_threads in ((0, case % 3), (16 | 32, 0), (16, 2), (capi.SCALAR, 0))[case % 2 :: 2]:
            got = scoring.score(
                refs, dists, chroma=clip.chroma, bpc=clip.bpc, features=asked, cpumask=mask, n_threads=n_threads
            )  # fmt: skip
            assert capi.differences(want, got) == [], f"case {case}: {clip}, {asked}, cpumask {mask}"
