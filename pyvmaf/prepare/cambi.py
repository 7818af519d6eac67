# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where banding arose: CAMBI looks for it at the size and depth that the distorted video was encoded with."""

from __future__ import annotations

from .preparation import Preparation

EXTRACTOR = "cambi"
#: What the extractor's options take, and the side below which it refuses to work.
LEAST_WIDTH, LEAST_HEIGHT, LEAST_SIDE = 180, 150, 216


def cambi_overloads(preparation: Preparation | None) -> dict[str, int]:
    """Options of `cambi` for a distorted video that is scored at another size or depth than it has.

    For ``model.feature_overload("cambi", ...)`` of a model that uses it, as the v1 models do; empty where there
    is nothing to say. As in libvmaf, a size that exceeds the scored one says nothing, so only
    enlarged videos have one; one that is too small to look for banding in has none either.
    """
    if preparation is None:
        return {}
    side = preparation.dist
    width, height = side.picture
    out: dict[str, int] = {}
    larger = width <= side.output.width and height <= side.output.height
    if (width, height) != (side.output.width, side.output.height) and larger and _is_taken(width, height):
        out |= {"enc_width": width, "enc_height": height}
    if side.depth != side.output.bpc:
        out["enc_bitdepth"] = side.depth
    return out


def _is_taken(width: int, height: int) -> bool:
    return width >= LEAST_WIDTH and height >= LEAST_HEIGHT and max(width, height) >= LEAST_SIDE
