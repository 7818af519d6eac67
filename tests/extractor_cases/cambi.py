# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import cambi as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores


class Cambi(Extractor):
    name = "cambi"
    options = ({}, {"full_ref": True, "topk": 0.02, "window_size": 127}, {"max_log_contrast": 3, "eotf": "pq"})
    depths = (8, 9, 10, 11, 12, 16)
    chroma = ("422", "400")
    smallest = (216, 1)
    lengths = (2, 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        asked = reference.Options(**options)
        frames = [reference.scores(asked, r[0], d[0], clip.bpc) for r, d in zip(refs, dists, strict=True)]
        names = [reference.published(asked), *list(frames[0])[1:]]
        return {name: [each[key] for each in frames] for name, key in zip(names, frames[0], strict=True)}


EXTRACTORS = [Cambi()]
