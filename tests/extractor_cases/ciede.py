# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import ciede as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores


class Ciede(Extractor):
    name = "ciede"
    refused_depths = (9, 11, 13, 14, 15)
    chroma = ("420", "422", "444")
    smallest = (2, 2)
    lengths = (3, 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        return {"ciede2000": [reference.score(r, d, clip.bpc) for r, d in zip(refs, dists, strict=True)]}


EXTRACTORS = [Ciede()]
