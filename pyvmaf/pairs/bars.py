# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Black bars, found in a few pictures of a video.

A bar is dark and even in every picture; where it ends, something is to be seen in
at least one of them, at once and not by and by. So noise and dark scenes make no bars, and
pictures that are dark altogether tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .facts import NO_EDGES, Edges

# In 8-bit luma. Bars of video are at 16 or 0; noise and ringing of codecs add a few.
DARKEST = 40.0
EVEN = 5.0
UNEVEN = 14.0
# A bar lies below this share of what the picture shows, and ends above that one.
BELOW, ABOVE = 0.2, 0.4
THINNEST = 0.01  # of the side, and two lines
LARGEST = 0.4


def find_bars(lumas: Sequence[NDArray[np.generic]], depth: int = 8) -> Edges | None:
    """Widths of the bars in lumas (height, width) of one size, from several times of a video.

    None where the pictures are too dark or too few to tell.

    >>> picture = np.full((90, 160), 16, np.uint8)
    >>> picture[10:80] = np.arange(160)
    >>> find_bars([picture])
    (0, 10, 0, 10)
    """
    scale = 1.0 / (1 << (depth - 8)) if depth > 8 else 1.0
    stack = [np.asarray(luma, np.float32) * np.float32(scale) for luma in lumas]
    if not stack:
        return None
    rows = _activity(stack, 1)
    if rows is None:
        return None
    top, bottom = _ends(rows)
    inner = [luma[top : luma.shape[0] - bottom] for luma in stack]
    columns = _activity(inner, 0)
    left, right = _ends(columns) if columns is not None else (0, 0)
    edges = (left, top, right, bottom)
    return edges if any(edges) else NO_EDGES


def _activity(stack: Sequence[NDArray[np.float32]], axis: int) -> NDArray[np.float32] | None:
    """The most that each line departs from an even dark in any picture; None if none shows anything."""
    means = np.array([luma.mean(axis=axis) for luma in stack])
    spreads = np.array([luma.std(axis=axis) for luma in stack])
    edge = float(np.median(np.concatenate([means[:, :2], means[:, -2:]], axis=1)))
    level = min(edge, DARKEST)
    activity: NDArray[np.float32] = (np.abs(means - level) + spreads).max(axis=0)
    return activity if activity.max() >= UNEVEN else None


def _ends(activity: NDArray[np.float32]) -> tuple[int, int]:
    shown = float(np.median(activity[activity > UNEVEN / 2]))
    return _end(activity, shown), _end(activity[::-1], shown)


def _end(activity: NDArray[np.float32], shown: float) -> int:
    """Lines of the bar at the start; 0 where there is none, or no clear end of it."""
    limit = max(EVEN, BELOW * shown, min(1.5 * float(activity[0]), UNEVEN / 2))
    busy = np.flatnonzero(activity > limit)
    width = int(busy[0]) if busy.size else 0
    if width < max(2, round(THINNEST * activity.size)) or width > LARGEST * activity.size:
        return 0
    after = float(activity[width : width + 3].max())
    return width if after >= max(UNEVEN / 2, ABOVE * shown) else 0
