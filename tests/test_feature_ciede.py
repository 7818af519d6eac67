# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ciede extractor, beside what test_extractors.py proves of all: known scores, the held colours, the live peer."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from reference import ciede as reference
from reference.classic import specified_pair
from support import capi, scoring
from support.clips import Clip, Frame
from test_oracle import peer

from pyvmaf import VmafContext, VmafError


def score(refs: list[Frame], dists: list[Frame], chroma: str = "420", bpc: int = 8, **how: int) -> list[float]:
    got = scoring.score(refs, dists, chroma=chroma, bpc=bpc, features=[("ciede", {})], **how)
    assert list(got) == ["ciede2000"]
    return got["ciede2000"]  # type: ignore[return-value]


@pytest.mark.parametrize(("bpc", "want"), [(8, 34.709754453638794), (10, 34.65259888415192)])
def test_scores_of_the_specification(bpc: int, want: float) -> None:
    ref, dist = specified_pair(bpc)
    for mask in (0, capi.SCALAR):
        assert score([ref], [dist], bpc=bpc, cpumask=mask) == [want]


def test_identical_pictures_are_infinitely_good() -> None:
    ref, _ = specified_pair(8)
    assert score([ref], [ref]) == [math.inf]


def test_what_has_no_colour_is_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("ciede")
        with pytest.raises(VmafError, match="ciede: pixel format 4:0:0 has no colour"):
            ctx.read_pictures(plane, plane, 0, pix_fmt="gray")


def test_pictures_without_chroma_samples_are_refused() -> None:
    frame = (np.zeros((4, 1), np.uint8), *(np.zeros((2, 0), np.uint8) for _ in range(2)))
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("ciede")
        with pytest.raises(VmafError, match=r"ciede: picture of 1x4 has no chroma; .* needs 2x2"):
            ctx.read_pictures(frame, frame, 0, pix_fmt="yuv420p")


def test_last_column_and_row_of_odd_sizes_take_their_neighbours_chroma() -> None:
    rng = np.random.default_rng(5)
    ref, dist = ([rng.integers(0, 256, s).astype(np.uint8) for s in ((7, 9), (3, 4), (3, 4))] for _ in range(2))
    assert score([tuple(ref)], [tuple(dist)]) == [reference.score(ref, dist, 8)]


def test_horizontal_subsampling_alone_repeats_columns() -> None:
    """libvmaf takes a quarter of the rows' chroma here, and memory behind them."""
    rng = np.random.default_rng(6)
    ref, dist = ([rng.integers(0, 256, s).astype(np.uint8) for s in ((6, 8), (6, 4), (6, 4))] for _ in range(2))
    wide = [(side[0], *(np.repeat(p, 2, axis=1) for p in side[1:])) for side in (ref, dist)]
    assert score([tuple(ref)], [tuple(dist)], "422") == score([wide[0]], [wide[1]], "444")


def test_colours_held_from_other_frames_change_nothing() -> None:
    """Frames of few chroma pairs, of new ones each, of more than are held at once, and few again."""
    rng = np.random.default_rng(7)
    frames: list[tuple[Frame, Frame]] = []
    for i in range(36):
        cb, cr = 16 * (i % 16), 16 * ((i + i // 16) % 16)
        ranges = {20: ((0, 256),) * 2, 21: ((0, 256),) * 2}.get(i, ((cb, cb + 16), (cr, cr + 16)))
        sides = [
            (rng.integers(0, 256, (256, 256)), *(rng.integers(*each, (128, 128)) for each in ranges)) for _ in "rd"
        ]
        ref, dist = (tuple(p.astype(np.uint8) for p in side) for side in sides)
        frames.append((ref, dist))
    frames += frames[:3]
    refs, dists = ([frame[i] for frame in frames] for i in range(2))
    alone = [score([ref], [dist], cpumask=0)[0] for ref, dist in frames]
    for n_threads in (0, 2):
        assert score(refs, dists, n_threads=n_threads, cpumask=0) == alone


@pytest.mark.parametrize("batch", range(4))
def test_generated_pairs_against_the_peer(batch: int) -> None:
    """Even sizes, 4:2:0 and 4:4:4: elsewhere the peer reads outside planes."""

    def draw(rng: random.Random) -> Clip:
        return Clip(
            2 * rng.randint(1, 100), 2 * rng.randint(1, 50), rng.choice([8, 8, 10, 12, 16]),
            chroma=rng.choice(["420", "444"]),
        )  # fmt: skip

    scoring.check_like_peer(peer(), range(batch, 32, 4), draw, [("ciede", {})])
