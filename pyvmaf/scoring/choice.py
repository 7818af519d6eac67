# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which VMAF v1 model fits a video: by its size, its frame rate, and from how far it is seen.

The models and what they are for are published in Netflix/vmaf, resource/doc/models_v1.md; docs/models.md
has the table. A video between two of the models' conditions gets the nearer one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import VmafValueError

#: A picture is for a 2160p display when its longer or its shorter side is beyond these, half way
#: from 1920x1080 to 3840x2160. Both are asked, as wide films have few lines and phone videos stand upright.
UHD_LONG, UHD_SHORT = 2880, 1620
#: Frames per second from which on the models for high frame rates are meant: half way from 30 to 50.
HIGH_RATE = 40.0
#: For each display the models' viewing distances in picture heights, the usual one first.
DISTANCES = {1080: {3.0: "3d0h", 5.0: "5d0h"}, 2160: {1.5: "1d5h_2160", 3.0: "3d0h_2160"}}


@dataclass(frozen=True)
class ModelChoice:
    """The name of a built-in model, and why it was chosen."""

    model: str
    reason: str

    def __str__(self) -> str:
        return f"model {self.model}: {self.reason}"


def choose_model(
    width: int, height: int, frame_rate: float | None = None, viewing_distance: float | None = None
) -> ModelChoice:
    """The VMAF v1 model for a video as it is displayed.

    Args:
        width: of the luma, in samples; both sizes are those that are scored, after any scaling.
        height: likewise.
        frame_rate: frames per second; None: unknown, taken for 30 or fewer.
        viewing_distance: in picture heights; None: the usual one, 3 for 1080p displays and 1.5 for 2160p.

    Raises:
        VmafValueError: the viewing distance or the frame rate is not a number above 0.

    >>> print(choose_model(1920, 1080, 25))
    model vmaf_v1.0.16_3d0h: 1920x1080 is for a 1080p display; 25 frames per second; seen from 3 heights, as usual
    >>> choose_model(3840, 1600, 59.94, viewing_distance=3).model
    'vmaf_v1.0.16_hfr_3d0h_2160'
    """
    for name, value in (("frame_rate", frame_rate), ("viewing_distance", viewing_distance)):
        if value is not None and not 0 < value < math.inf:
            raise VmafValueError(f"{name} is {value!r}, must be a number above 0, or None")
    long, short = max(width, height), min(width, height)
    display = 2160 if long > UHD_LONG or short > UHD_SHORT else 1080
    known = DISTANCES[display]
    usual = next(iter(known))
    near = usual if viewing_distance is None else min(known, key=lambda d: abs(d - viewing_distance))
    high = frame_rate is not None and frame_rate >= HIGH_RATE
    if viewing_distance is None:
        seen = f"seen from {usual:g} heights, as usual"
    else:
        nearest = "" if viewing_distance == near else f", nearest to {near:g}"
        seen = f"seen from {viewing_distance:g} heights{nearest}"
    rate = "frame rate unknown" if frame_rate is None else f"{frame_rate:.5g} frames per second"
    return ModelChoice(
        f"vmaf_v1.0.16_{'hfr_' if high else ''}{known[near]}",
        f"{width}x{height} is for a {display}p display; {rate}; {seen}",
    )
