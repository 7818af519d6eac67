# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two videos in step: checked against each other, and read ahead of the caller."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import islice

import numpy as np

from .._ffi import unsigned
from ..errors import VmafValueError
from .ahead import ahead
from .base import Frame, Video, VideoFormat
from .file import STDIN
from .reader import FileVideo
from .tags import differences

FramePair = tuple[Frame, Frame]


REMEDY = 'prepare="auto" makes the pair comparable, see docs/preparing.md'
#: Of sizes that are each other's: whether a picture lies on its side, or has another shape, no tag says.
TRANSPOSED = (
    "one picture may lie on its side: `pyvmaf inspect` tells, "
    'and align="auto", prepare="auto" turns it if the pictures then match'
)


def are_transposed(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the width and height of one are the height and width of the other."""
    return one[0] != one[1] and tuple(one) == tuple(other)[::-1]


class PairError(VmafValueError):
    """The two videos cannot be compared; `problems` lists every reason, `paths` says which videos."""

    def __init__(self, paths: tuple[str, str], problems: list[str], remedy: str = REMEDY) -> None:
        super().__init__(f"{paths[0]} and {paths[1]}: {'; '.join([*problems, remedy])}")
        self.paths, self.problems, self.remedy = paths, problems, remedy

    def __reduce__(self) -> tuple[type[PairError], tuple[tuple[str, str], list[str], str]]:  # type: ignore[override]
        return type(self), (self.paths, self.problems, self.remedy)


def _starts_anywhere(video: Video) -> bool:
    """Whether a reader has a `start_at()`; others are read from their start."""
    return type(video).start_at is not Video.start_at


def deepen(frame: Frame, bits: int) -> Frame:
    """The same picture with `bits` more bits a sample."""
    if not bits:
        return frame
    return tuple(np.left_shift(plane.astype(np.uint16), np.uint16(bits)) for plane in frame)


class Pair:
    """Frames of a reference and of a distorted video, as far as both go.

    Args:
        common_depth: take the greater of two bit depths for both instead of
            refusing the pair.
        first: number of the pair to begin with, counted from 0 after what is skipped.
            Errors and notices of a video count from the start of its file.
        limit: end after so many pairs; 0: go on to the end. No frame beyond is read,
            so what is there (an end, damage) is not told.
        matched: frames (reference, distorted) that make a pair, both rising; None: the n-th and the n-th.

    Raises:
        PairError: size, chroma or depth differ.
        VideoError: a file says that it ends before `first`.
        VmafValueError: both sides are one open video.
    """

    def __init__(
        self,
        ref: Video,
        dist: Video,
        *,
        skip_ref: int = 0,
        skip_dist: int = 0,
        common_depth: bool = False,
        first: int = 0,
        limit: int = 0,
        matched: Sequence[tuple[int, int]] | None = None,
    ) -> None:
        if ref is dist or ref.path == dist.path == STDIN:
            what = "standard input" if ref.path == STDIN else repr(ref)
            raise VmafValueError(f"{what} is given for both sides, which would take turns; open the file twice")
        self.ref, self.dist = ref, dist
        self.format = self._common_format(common_depth)
        self.first, self.limit = unsigned("first", first, 64), unsigned("limit", limit, 64)
        self._skip = (skip_ref + self.first, skip_dist + self.first)
        self._matched = matched
        if matched is not None:
            self._matched = matched[self.first : self.first + self.limit if self.limit else None]
            self._skip = self._matched[0] if self._matched else (0, 0)
        if any(self._skip) and (self.first or matched):
            for video, skip in zip((ref, dist), self._skip, strict=True):
                if _starts_anywhere(video):
                    video.start_at(skip)
        self.ended: str | None = None
        """Which side ended before the other: "ref", "dist" or, so far or at all, neither."""

    def _common_format(self, common_depth: bool) -> VideoFormat:
        a, b = self.ref.format, self.dist.format
        problems = []
        if (a.width, a.height) != (b.width, b.height):
            problems.append(f"dimensions do not match: {a.width}x{a.height}, {b.width}x{b.height}")
        if a.chroma != b.chroma:
            problems.append(f"pixel formats do not match: {a.chroma}, {b.chroma}")
        if a.bpc != b.bpc and not common_depth:
            problems.append(f"bitdepths do not match: {a.bpc}, {b.bpc}")
        if problems:
            turned = are_transposed((a.width, a.height), (b.width, b.height))
            raise PairError((self.ref.path, self.dist.path), problems, TRANSPOSED if turned else REMEDY)
        return VideoFormat(a.width, a.height, a.chroma, max(a.bpc, b.bpc))

    @property
    def note(self) -> str | None:
        """What to tell when one side ended before the other."""
        sides = {"ref": (self.ref, self.dist), "dist": (self.dist, self.ref)}
        if self.ended is None:
            return None
        short, long = sides[self.ended]
        return f'"{short.path}" ended before "{long.path}".'

    @property
    def is_checked(self) -> bool:
        """Whether the readers have looked for samples beyond the depth, as those of files do."""
        return isinstance(self.ref, FileVideo) and isinstance(self.dist, FileVideo)

    @property
    def cautions(self) -> list[str]:
        """What the files say that makes the comparison doubtful."""
        return differences(self.ref, self.dist, matched=self._matched is not None)

    @property
    def notices(self) -> list[str]:
        """What the readers noticed on the way."""
        return [f"{video.path}: {line}" for video in (self.ref, self.dist) for line in video.notices]

    @property
    def frame_count(self) -> int | None:
        """How many pairs to expect, from `first` to the end or to `limit`; None when neither file says."""
        counts = [
            max(0, video.frame_count - skip)
            for video, skip in zip((self.ref, self.dist), self._skip, strict=True)
            if video.frame_count is not None
        ]
        if self._matched is not None:
            return len(self._matched)
        if self.limit and counts:
            counts.append(self.limit)
        return min(counts, default=None)

    def _read(self) -> Iterator[FramePair]:
        sides = iter(self.ref), iter(self.dist)
        for video, side, skip in zip((self.ref, self.dist), sides, self._skip, strict=True):
            for _ in islice(side, skip - video.first):
                pass
        # No name here holds a pair while the next one is read.
        if self._matched is not None:
            yield from self._read_matched(*sides)
            return
        yield from islice(iter(lambda: self._next_pair(*sides), None), self.limit or None)

    def _read_matched(self, refs: Iterator[Frame], dists: Iterator[Frame]) -> Iterator[FramePair]:
        assert self._matched is not None
        at = self._skip
        for wanted in self._matched:
            for side, here, there in zip((refs, dists), at, wanted, strict=True):
                for _ in islice(side, there - here):
                    pass
            pair = self._next_pair(refs, dists)
            if pair is None:
                return
            yield pair
            del pair
            at = (wanted[0] + 1, wanted[1] + 1)

    def _next_pair(self, refs: Iterator[Frame], dists: Iterator[Frame]) -> FramePair | None:
        ref, dist = next(refs, None), next(dists, None)
        if ref is None or dist is None:
            if ref is not dist:
                self.ended = "ref" if ref is None else "dist"
            return None
        bpc = self.format.bpc
        return deepen(ref, bpc - self.ref.format.bpc), deepen(dist, bpc - self.dist.format.bpc)

    def __iter__(self) -> Generator[FramePair, None, None]:
        """Pairs in order, while a thread reads and decodes the next ones.

        A video that is closed while that thread is in a read is closed by it.
        """
        return ahead(self._read())
