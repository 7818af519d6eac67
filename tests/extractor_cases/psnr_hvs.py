# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import psnr_hvs as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores


class PsnrHvs(Extractor):
    name = "psnr_hvs"
    depths = (8, 9, 10, 11, 12)
    refused_depths = (13, 14, 16)
    chroma = ("420", "422", "444")
    smallest = (16, 16)
    lengths = (3, 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        rows = [reference.scores(r, d, clip.bpc) for r, d in zip(refs, dists, strict=True)]
        names = ("psnr_hvs_y", "psnr_hvs_cb", "psnr_hvs_cr", "psnr_hvs")
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}


EXTRACTORS = [PsnrHvs()]
