# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Callable, Sequence

from reference import luma as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores


class Luma(Extractor):
    """One of the extractors without options."""

    refused_depths: Sequence[int] = (9, 11, 13, 15)

    def __init__(self, name: str, values: Callable[..., dict[str, float]]) -> None:
        self.name, self.values = name, values

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        frames = [self.values(ref[0], dist[0], clip.bpc) for ref, dist in zip(refs, dists, strict=True)]
        return {name: [frame[name] for frame in frames] for name in frames[0]}


class AnyDepth(Luma):
    depths = (8, 9, 10, 11, 12, 13, 16)
    refused_depths = ()


class Windowed(Luma):
    smallest = (3, 3)


EXTRACTORS = [
    Luma("float_psnr", reference.psnr),
    AnyDepth("float_moment", reference.moment),
    Windowed("float_ansnr", reference.ansnr),
]
