# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import psnr as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores


class Psnr(Extractor):
    name = "psnr"
    options = (
        {},
        {"enable_mse": True, "enable_apsnr": True},
        {"enable_mse": True, "reduced_hbd_peak": True},
        {"enable_chroma": False},
        *({"min_sse": least} for least in (0.5, 2.0, 1e6)),
    )
    refused_depths = (9, 11, 13, 14, 15)
    smallest = (2, 2)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        planes = ("y", "cb", "cr")[: len(refs[0]) if options.get("enable_chroma", True) else 1]
        reduced, least = options.get("reduced_hbd_peak", False), options.get("min_sse", 0.0)
        out: Scores = {}
        for i, plane in enumerate(planes):
            sides = [(ref[i], dist[i]) for ref, dist in zip(refs, dists, strict=True)]
            out[f"psnr_{plane}"] = [reference.psnr(r, d, clip.bpc, reduced, least) for r, d in sides]
            if options.get("enable_mse"):
                out[f"mse_{plane}"] = [reference.mse(r, d) for r, d in sides]
        return out


EXTRACTORS = [Psnr()]
