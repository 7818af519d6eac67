# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The vif extractor: its table of logarithms, small pictures."""

from __future__ import annotations

import math
import struct
import zlib

import pytest
from support import capi, scoring
from support.clips import Clip, make_frames
from test_oracle import peer

from pyvmaf._vmaf import lib

# Entries that a table made from binary64 logarithms would have one too low.
ROUNDED_UP = """33108 33209 34457 34492 34844 35764 36399 37398 38620 39319 43418 44159 45494 45772 45834 46443
    48961 50887 51146 51633 53104 53266 53519 54765 55081 56230 56727 58087 58146 59985 60168 61340 61966 62134
    62408 64360 64469 64841"""
ENTRIES = {
    32768: 30720, 32773: 30720, 32774: 30721, 33000: 30741, 40000: 31309, 46340: 31744, 50000: 31969,
    60000: 32507, 65534: 32768, 65535: 32768, 33108: 30751, 62408: 32624,
}  # fmt: skip


def test_table_of_logarithms() -> None:
    table = lib.vif_log_table()
    values = [table[i] for i in range(32768)]
    assert {i: values[i - 32768] for i in ENTRIES} == ENTRIES
    assert sum(values) == 1_044_032_097
    assert zlib.crc32(struct.pack("<32768H", *values)) == 0x42AD4D4F
    for i in map(int, ROUNDED_UP.split()):
        assert values[i - 32768] == math.floor(2048 * math.log2(i) + 0.5) + 1


@pytest.mark.parametrize("height", [8, 9, 12, 15, 16, 17, 23, 24])
def test_small_pictures_equal_the_peers(height: int) -> None:
    library = peer()
    for width in (8, 9, 10, 13, 15, 16, 17, 24, 40):
        for bpc in (8, 10):
            clip = Clip(width, height, bpc, content="noise", damage="light", frames=1, seed=width)
            refs, dists = make_frames(clip)
            features = [("vif", {"debug": True}), ("vif", {"vif_enhn_gain_limit": 1})]
            want = capi.score(library, refs, dists, bpc=bpc, features=features)
            for mask in (0, capi.SCALAR):
                got = scoring.score(refs, dists, bpc=bpc, features=features, cpumask=mask)
                assert capi.differences(want, got) == [], (clip, mask)
