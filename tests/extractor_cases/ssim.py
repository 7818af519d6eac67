# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference import ssim as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

LCS: dict[str, Any] = {"enable_lcs": True}
DB: dict[str, Any] = {"enable_db": True}


class Similarity(Extractor):
    depths = (8, 9, 10, 12, 16)
    chroma = ("420", "400")
    lengths = (2,)

    def parts(self, frame: Frame, other: Frame, clip: Clip, options: Options) -> dict[str, float]:
        """The score, then its parts."""
        raise NotImplementedError

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        out: Scores = {}
        for ref, dist in zip(refs, dists, strict=True):
            values = self.parts(ref, dist, clip, options)
            if options.get("enable_db"):
                capped = options.get("clip_db", False)
                values[self.name] = reference.decibels(values[self.name], clip.width, clip.height, clip.bpc, capped)
            for name in values if options.get("enable_lcs") else [self.name]:
                out.setdefault(name, []).append(values[name])
        return out


class Ssim(Similarity):
    name = "float_ssim"
    options = ({}, LCS, DB | {"scale": 1}, DB | LCS | {"clip_db": True})
    smallest = (11, 11)

    def parts(self, frame: Frame, other: Frame, clip: Clip, options: Options) -> dict[str, float]:
        return reference.ssim(frame[0], other[0], clip.bpc, options.get("scale", 0))


class MsSsim(Similarity):
    name = "float_ms_ssim"
    options = ({}, LCS, DB, DB | LCS | {"clip_db": True})
    smallest = (176, 176)

    def parts(self, frame: Frame, other: Frame, clip: Clip, options: Options) -> dict[str, float]:
        return reference.ms_ssim(frame[0], other[0], clip.bpc)


EXTRACTORS = [Ssim(), MsSsim()]
