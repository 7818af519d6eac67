# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One harness for all built-in extractors.

To add an extractor's tests, write tests/extractor_cases/NAME.py with a subclass of
`Extractor` and a list `EXTRACTORS` of its instances:

    class Psnr(Extractor):
        name = "psnr"
        options = ({}, {"reduced_hbd_peak": True})     # each is tried
        depths = (8, 10, 12, 16)
        refused_depths = (9,)
        smallest = 16, 16                              # width and height

        def want(self, refs, dists, clip, options):    # tests/reference/psnr.py
            values = [reference.psnr(r[0], d[0], clip.bpc) for r, d in zip(refs, dists)]
            return {"psnr_y": values}

    EXTRACTORS = [Psnr()]

`refs` and `dists` are the frames of a `clips.Clip`, each a tuple of planes; `want`
returns a value per frame for each published name, in the order of publication. The
harness makes a clip for every depth and chroma format, contents and sizes in turn.
tests/test_extractors.py then proves that

- with the plain kernels and without threads, scores are the definition's doubles;
- they are the same on every instruction set, with 1 and 4 threads, with subsampling;
- so are those of a range of frames that is read with its halo;
- registrations with other options in the same context change nothing;
- smaller pictures and other depths are refused by an error that names them.

What an extractor has besides belongs in test_feature_NAME.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from pyvmaf import VmafContext
from pyvmaf._vmaf import lib
from support import scoring
from support.capi import SCALAR
from support.clips import CHROMA, Clip, Frame, make_frames
from support.kernels import KERNEL_SETS

__all__ = ["Clip", "Extractor", "Frame", "Scores", "differing", "discovered", "score", "score_range", "together"]

Options = Mapping[str, Any]
Scores = dict[str, list[float | None]]

LOOKS = (
    ("natural", "light"), ("noise", "heavy"), ("natural", "blur"), ("binary", "light"), ("blocks", "gain"),
    ("natural", "none"), ("ramp", "heavy"), ("dark", "light"), ("dots", "inverse"),
)  # fmt: skip


class Extractor:
    """What the harness must know of an extractor; see the top of this module."""

    name = ""
    options: Sequence[Options] = ({},)
    depths: Sequence[int] = (8, 10, 12, 16)
    refused_depths: Sequence[int] = ()
    chroma: Sequence[str] = tuple(CHROMA)
    smallest = (1, 1)
    #: Frames of the clips, in turn.
    lengths: Sequence[int] = (4,)
    #: Does `want()` know? Else stored numbers and the live peer judge.
    judged = True

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        """By the definition."""
        raise NotImplementedError

    def clips(self) -> Iterator[Clip]:
        """One of each depth and chroma format; the first has a usual look."""
        w, h = self.smallest
        larger = ((13, 8), (0, 0), (39, 22), (1, 5))
        for i, (bpc, chroma) in enumerate(product(self.depths, self.chroma)):
            more_w, more_h = larger[(i + i // 4) % 4]
            look, damage = LOOKS[i % len(LOOKS)]
            frames = self.lengths[i % len(self.lengths)]
            yield Clip(w + more_w, h + more_h, bpc, chroma, look, damage, frames, seed=i)


def masks() -> dict[str, int]:
    """Of each instruction set of this processor: the cpumask with which it is the best one."""
    sets = [*KERNEL_SETS, "scalar"]
    found: dict[str, int] = {}
    for mask in range(64):
        found.setdefault(sets[lib.kernel_set(lib.cpu_flags(mask))], mask)
    return found | {"scalar": SCALAR}


def score(extractor: Extractor, clip: Clip, options: Sequence[Options], **how: int) -> Scores:
    """All columns of one context, in the order of publication: plain and without threads unless `how` says so."""
    refs, dists = make_frames(clip)
    features = [(extractor.name, each) for each in options]
    return scoring.score(refs, dists, chroma=clip.chroma, bpc=clip.bpc, features=features, **how)


def score_range(extractor: Extractor, clip: Clip, options: Sequence[Options], frames: range, n_threads: int) -> Scores:
    """The same of `frames` only, read with as much halo as the context asks for."""
    refs, dists = make_frames(clip)
    with VmafContext(n_threads=n_threads, cpumask=SCALAR) as ctx:
        for each in options:
            ctx.use_feature(extractor.name, each)
        before, after = ctx.halo
        first = 0 if before is None else max(0, frames.start - before)
        for i in range(first, min(clip.frames, frames.stop + after)):
            read = ctx.read_pictures if i in frames else ctx.read_halo
            read(refs[i], dists[i], i, bpc=clip.bpc, pix_fmt=scoring.PIX_FMT[clip.chroma])
        ctx.flush()
        return {name: ctx.feature_scores(name, frames).tolist() for name in ctx.feature_names}


def together(extractor: Extractor, clip: Clip) -> list[list[Options]]:
    """Options in groups that fit into one context: those of a group publish different names."""
    groups: list[tuple[list[Options], set[str]]] = []
    for options in extractor.options:
        names = set(score(extractor, clip, [options]))
        for group, taken in groups:
            if not taken & names:
                group.append(options)
                taken |= names
                break
        else:
            groups.append(([options], names))
    return [group for group, _ in groups]


def differing(got: Scores, want: Scores) -> list[str]:
    """What differs, in words: names and their order, then values; a NaN equals a NaN."""
    if list(got) != list(want):
        return [f"columns {list(got)}, not {list(want)}"]
    same = {
        name: np.array_equal(np.array(got[name], float), np.array(want[name], float), equal_nan=True) for name in got
    }
    return [f"{name}: {got[name]}, not {want[name]}" for name in got if not same[name]]


def discovered() -> list[Extractor]:
    """The extractors of all files of tests/extractor_cases."""
    folder = Path(__file__).resolve().parents[1] / "extractor_cases"
    modules = [importlib.import_module(f"extractor_cases.{p.stem}") for p in sorted(folder.glob("[a-z]*.py"))]
    return [extractor for module in modules for extractor in module.EXTRACTORS]
