# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`inspect`: facts, matching, geometry, colours, and the verdict, in that order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..video import VideoError, VideoFormat
from ..video.url import is_remote, shown
from .align import align
from .alignment import Alignment
from .blends import blend_findings, mixed_frames
from .colours import Measured, measure_colours
from .facts import NO_EDGES, Facts
from .fields import Frames, first_field, is_pulldown, woven_findings, woven_frames
from .geometry import bars_agree, find_turn, geometry_findings, guesses, some_pairs, views_of
from .match import is_faint
from .overlay import overlay_findings
from .probe import facts_of
from .reading import Reading
from .register import Placing, is_placed, register, small
from .signature import Signatures, sign
from .tags import SIDES, tag_findings
from .timing import timing_findings
from .verdict import SEVERITIES, Finding, Inspection
from .view import View

#: Correlation of matched pictures below which they are not of one content, above which they are, without doubt.
UNLIKE, LIKE = 0.8, 0.95
#: So much of the distorted video has to match.
MATCHED = 0.3


def inspect(
    ref: str | os.PathLike[str],
    dist: str | os.PathLike[str],
    raw: VideoFormat | None = None,
    *,
    streams: tuple[int | None, int | None] = (None, None),
) -> Inspection:
    """Whether two files can be compared, after which steps, or why not.

    Both are decoded once; up to 300 frames twice or three times where pictures do not lie on
    each other. Memory: 672 bytes per frame.

    Args:
        ref: path or URL of the reference: y4m, raw with `raw`, or anything that PyAV decodes.
        dist: likewise.
        raw: what raw files hold.
        streams: numbers of the video streams, as ffprobe counts; None: what `open_video` takes.

    Raises:
        VideoError: a file is no video, or has no frame that can be decoded.
        VmafOSError: it cannot be opened.
    """
    facts = (facts_of(ref, raw, stream=streams[0]), facts_of(dist, raw, stream=streams[1]))
    look = _Look(facts, raw)
    look.match()
    a, b = (replace(one, path=shown(one.path)) if is_remote(one.path) else one for one in look.counted())
    return Inspection(a, b, look.alignment, tuple(sorted(look.findings(), key=_order)))


def _order(finding: Finding) -> int:
    return -SEVERITIES.index(finding.severity)


class _Look:
    """A look at two files, which goes on until their pictures lie on each other."""

    views: tuple[View, View]
    signatures: tuple[Signatures, Signatures]
    alignment: Alignment
    woven: dict[str, Frames]

    def __init__(self, facts: tuple[Facts, Facts], raw: VideoFormat | None) -> None:
        self.facts, self.raw = facts, raw
        self.problems: list[VideoError | None] = [None, None]
        self.turned = 0
        self.faint = False
        self.placing: Placing | None = None

    def match(self) -> None:
        """Find views of both files, and an alignment, in which the pictures are alike."""
        self._look()
        if not bars_agree(*self.facts):
            self._try_without_bars()
        if self.alignment.similarity < LIKE:
            self._turn()
        a, b = self.signatures
        doubtful = self.alignment.similarity < LIKE or self.alignment.ambiguous
        if doubtful and is_faint(a) and is_faint(b):
            self.alignment, self.faint = Alignment.in_order(len(a), len(b), self.alignment.similarity), True
        else:
            self._place()
        self._unweave()

    def _try_without_bars(self) -> None:
        """Bars of one side alone, or other ones, may be but dark pictures: then they match better as they are."""
        before = self.facts, self.alignment, self.signatures, self.views
        self.facts = (replace(self.facts[0], bars=NO_EDGES), replace(self.facts[1], bars=NO_EDGES))
        self._look()
        if self.alignment.similarity < before[1].similarity:
            self.facts, self.alignment, self.signatures, self.views = before

    def _look(self) -> None:
        self.views = views_of(*self.facts)
        self.signatures = (self._sign(0), self._sign(1))
        self._align()

    def _sign(self, side: int) -> Signatures:
        view = self.views[side]
        reading = Reading(self.facts[side], self.raw)
        found = sign(reading, view)
        self.problems[side] = reading.problem
        if not len(found):
            raise VideoError(self.facts[side].path, "no frame of it can be decoded")
        return found

    def _align(self) -> None:
        self.alignment = align(*self.signatures, self.facts[0].rate, self.facts[1].rate)

    def _turn(self) -> None:
        degrees, mirrored, similarity = find_turn(*self.signatures)
        if (degrees or mirrored) and similarity > max(UNLIKE, self.alignment.similarity + 0.1):
            self.turned = degrees
            view = self.views[1]
            view = replace(view, rotation=(view.rotation + degrees) % 360, mirrored=mirrored)
            self.views = (self.views[0], view)
            self.signatures = (self.signatures[0], self._sign(1))
            self._align()

    def _place(self) -> None:
        """Look for a crop where frames that match, or may, do not lie on each other."""
        best: Placing | None = None
        for pairs in guesses(*self.signatures, self.alignment):
            some = some_pairs(self.signatures[0], pairs)
            if not some:
                continue
            placing = register(self._small(0, [i for i, _ in some]), self._small(1, [j for _, j in some]))
            if best is None or placing.similarity > best.similarity:
                best = placing
            if placing.similarity > LIKE or self.alignment.similarity > LIKE:
                break
        if best is None or not is_placed(best):
            return
        self.placing = best
        sizes = [view.size(facts) for view, facts in zip(self.views, self.facts, strict=True)]
        edges = best.edges(sizes[0], sizes[1])
        self.views = (self.views[0].without(edges[0]), self.views[1].without(edges[1]))
        self.signatures = (self._sign(0), self._sign(1))
        self._align()

    def _unweave(self) -> None:
        """Match interlaced frames by the field that deinterlacing keeps: woven ones match two frames alike."""
        lines = [view.size(facts)[1] for view, facts in zip(self.views, self.facts, strict=True)]
        self.woven = woven_frames(*self.signatures, self.alignment, scaled=lines[0] != lines[1])
        a, b = (
            first_field(facts, frames, pulldown=is_pulldown(*self.facts, frames))
            for facts, frames in zip(self.facts, (self.woven["ref"], self.woven["dist"]), strict=True)
        )
        if a is None and b is None:
            return
        self.views = (replace(self.views[0], field=a), replace(self.views[1], field=b))
        self.signatures = (self._sign(0), self._sign(1))
        self._align()

    def _small(self, side: int, frames: list[int]) -> list[NDArray[Any]]:
        """Small pictures of the frames of these numbers."""
        view, wanted, out = self.views[side], set(frames), {}
        for k, (planes, _) in enumerate(Reading(self.facts[side], self.raw)):
            if k in wanted:
                out[k] = small(view.of(planes[0]))
            if k >= max(wanted):
                break
        return [out[k] for k in frames if k in out]

    def counted(self) -> tuple[Facts, Facts]:
        """The facts, with frames counted where nothing else told."""
        a, b = (
            f if f.frame_count else replace(f, frame_count=len(s))
            for f, s in zip(self.facts, self.signatures, strict=True)
        )
        return a, b

    def findings(self) -> Iterator[Finding]:
        """All findings, in no order."""
        for side, signatures, problem in zip(("ref", "dist"), self.signatures, self.problems, strict=True):
            if problem:
                text = f"{SIDES[side]} can be read as far as frame {len(signatures) - 1}: {problem.problem}"
                yield Finding("unreadable", "warning", text, {"side": side, "frames": len(signatures)})
        pairs = list(self.alignment.pairs())
        matched = self.alignment.matched
        few = matched < MATCHED * min(self.alignment.dist_count, self.alignment.ref_count)
        unlike = self.alignment.similarity < UNLIKE and not self.faint
        overlaid = list(overlay_findings(*self.signatures, self.alignment)) if unlike and not few else []
        if few or (unlike and not overlaid):
            yield Finding(
                "content", "refusal", "the two show different things: no part of one matches the other",
                {"similarity": self.alignment.similarity, "matched": matched},
            )  # fmt: skip
            yield from tag_findings(*self.facts, None)
            return
        yield from overlaid
        a, b = self.signatures
        matrices = self.facts[1].matrix, self.facts[0].matrix
        measured = None if overlaid or self.faint else measure_colours(a, b, pairs, matrices)
        yield from tag_findings(*self.facts, measured, ("dist",) if self.turned else ())
        yield from geometry_findings(*self.facts, self.views, self.placing, self.turned)
        yield from blend_findings(*self.counted(), mixed_frames(a, b, self.alignment), self.woven)
        yield from timing_findings(*self.facts, self.alignment, self.woven["dist"].tolist())
        yield from woven_findings(*self.facts, self.woven)
        yield from _swapped(*self.facts, a, b, pairs, measured)


#: The distorted video has so many times the bits per sample and so much more detail: it is the original.
MORE_BITS, MORE_DETAIL = 2.0, 1.02


def _swapped(
    ref: Facts, dist: Facts, a: Signatures, b: Signatures, pairs: list[tuple[int, int]], measured: Measured | None
) -> Iterator[Finding]:
    if not ref.bits_per_sample or not dist.bits_per_sample or (ref.width, ref.height) != (dist.width, dist.height):
        return
    some = np.array(pairs, np.int64).reshape(-1, 2)
    gain = measured.gain if measured else 1.0
    detail = gain * float(b.details[some[:, 1]].mean()) / max(float(a.details[some[:, 0]].mean()), 1e-3)
    bits = dist.bits_per_sample / ref.bits_per_sample
    if bits > MORE_BITS and detail > MORE_DETAIL:
        yield Finding(
            "swapped", "step",
            f"the distorted video has {bits:.3g} times the bits and {detail:.3g} times the detail of the reference: "
            "they seem to be swapped",
            {"bits": round(bits, 3), "detail": round(detail, 3)}, {"do": "swap"},
        )  # fmt: skip
