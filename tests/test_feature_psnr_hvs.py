# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The psnr_hvs extractor, beside what test_extractors.py proves of all: known scores, refusals, the live peer."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from reference.classic import specified_pair
from support import capi, scoring
from support.clips import Clip, make_frames
from test_oracle import peer

from pyvmaf import VmafContext, VmafError

NAMES = ("psnr_hvs_y", "psnr_hvs_cb", "psnr_hvs_cr", "psnr_hvs")
FEATURES = [("psnr_hvs", {})]


@pytest.mark.parametrize(
    ("bpc", "want"),
    [
        (8, (55.35227503533274, 56.346506622833424, 51.8170724026175, 54.91773845404105)),
        (10, (57.21264531015425, 59.98040250217144, 55.70024224097038, 57.236468341844855)),
    ],
)
def test_scores_of_the_specification(bpc: int, want: tuple[float, ...]) -> None:
    ref, dist = specified_pair(bpc)
    for mask in (0, capi.SCALAR):
        got = scoring.score([ref], [dist], bpc=bpc, features=FEATURES, cpumask=mask)
        assert list(got) == list(NAMES)
        assert [got[name][0] for name in NAMES] == list(want)


def test_identical_planes_are_infinitely_good() -> None:
    ref, dist = specified_pair(8)
    got = scoring.score([ref], [(dist[0], *ref[1:])], features=FEATURES)
    assert got["psnr_hvs_cb"] == got["psnr_hvs_cr"] == [math.inf]
    assert got["psnr_hvs"][0] < math.inf
    got = scoring.score([ref], [ref], features=FEATURES)
    assert got == {name: [math.inf] for name in NAMES}


def test_pictures_without_chroma_are_refused() -> None:
    plane = np.zeros((16, 16), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("psnr_hvs")
        with pytest.raises(VmafError, match="psnr_hvs: pixel format 4:0:0 has no chroma"):
            ctx.read_pictures(plane, plane, 0, pix_fmt="gray")


@pytest.mark.parametrize(
    ("chroma", "size", "least"),
    [("420", (15, 16), "16x16"), ("420", (16, 15), "16x16"), ("422", (7, 16), "16x8"), ("444", (8, 7), "8x8")],
)
def test_planes_smaller_than_a_block_are_refused(chroma: str, size: tuple[int, int], least: str) -> None:
    refs, dists = make_frames(Clip(size[1], size[0], 8, chroma, frames=1))
    message = f"psnr_hvs: picture of {size[1]}x{size[0]}; .* need {least} or more"
    with pytest.raises(VmafError, match=message):
        scoring.score(refs, dists, chroma=chroma, features=FEATURES)


@pytest.mark.parametrize("batch", range(4))
def test_generated_pairs_against_the_peer(batch: int) -> None:
    def draw(rng: random.Random) -> Clip:
        return Clip(
            rng.randint(16, 300), rng.randint(16, 120), rng.choice([8, 8, 9, 10, 11, 12]),
            chroma=rng.choice(["420", "422", "444"]),
        )  # fmt: skip

    scoring.check_like_peer(peer(), range(batch, 32, 4), draw, FEATURES)
