# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pictures of one content, over part of which something else was laid: a logo, subtitles, a clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .alignment import Alignment
from .signature import COLUMNS, ROWS, Signatures, coarse
from .verdict import Finding

#: A cell is alike when it differs by less than this share of the pictures' variance.
ALIKE = 0.1
#: So much of the picture has to be alike, and to show so much of its variance: black around two contents is none.
MOST, TELLING = 0.6, 0.3
SOME = 200


def overlay_findings(ref: Signatures, dist: Signatures, alignment: Alignment) -> Iterator[Finding]:
    """Which part of the picture shows something else, where the greater part shows the same."""
    pairs = np.array(list(alignment.pairs()), np.int64).reshape(-1, 2)
    i, j = pairs[:: max(1, len(pairs) // SOME)].T
    if not len(i):
        return
    a, b = coarse(ref.lumas[i]), coarse(dist.lumas[j])
    apart = b - a
    apart -= np.median(apart)
    alike = (apart**2).mean(axis=0) < ALIKE * a.var()
    if alike.mean() < MOST or a[:, alike].var() < TELLING * a.var():
        return
    rows, columns = np.nonzero(~alike.reshape(ROWS, COLUMNS))
    top, bottom, left, right = rows.min() / ROWS, (rows.max() + 1) / ROWS, columns.min(), columns.max() + 1
    box = [round(float(v), 2) for v in (left / COLUMNS, top, right / COLUMNS, bottom)]
    where = f"between {box[0]:.0%} and {box[2]:.0%} across, {box[1]:.0%} and {box[3]:.0%} down"
    yield Finding(
        "overlay", "warning", f"something is laid over the distorted pictures, {where}; it counts as distortion",
        {"box": box, "alike": round(float(alike.mean()), 3)},
    )  # fmt: skip
