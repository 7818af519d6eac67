# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two videos, one context: pairs are read and handed over from the first frame to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..engine.context import VmafContext
from ..errors import VmafError, VmafValueError
from ..pictures.picture import VmafPicture
from ..told import warn
from ..video import Pair, Video
from ..video.base import BeyondEndError
from ..video.pair import FramePair
from .aligned import AlignmentError
from .interrupts import Hold
from .plan import Span

if TYPE_CHECKING:
    from ..pairs.check import Watch

Progress: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Measured:
    """How far `measure` got, and what stopped it before the end, if anything.

    Attributes:
        frames: pairs taken, restored ones included, scored or left out by subsampling.
        begin: the first frame whose numbers the context has, of the halo or not.
        end: one past the last.
        error: what stopped it.
    """

    frames: int
    begin: int
    end: int
    error: Exception | KeyboardInterrupt | None = None


@dataclass(frozen=True)
class Course:
    """Which frames are handed over, and as what.

    Attributes:
        span: the frames to score.
        known: frames from `span.first` on whose scores were restored.
        halo: frames before and after that are needed, where there are so many; None: all.
    """

    span: Span
    known: int
    halo: tuple[int | None, int]

    @property
    def begin(self) -> int:
        """The first frame to read."""
        next_frame, before = self.span.first + self.known, self.halo[0]
        # Of those that are known one is read again at least: there may be no more, and no file begins behind its end.
        return 0 if before is None else max(0, next_frame - max(before, self.known > 0))

    @property
    def limit(self) -> int:
        """How many frames to read; 0: to the end."""
        return 0 if self.span.stop is None else self.span.stop + self.halo[1] - self.begin

    def pair(self, videos: Sequence[Video], matched: Sequence[tuple[int, int]] | None = None) -> Pair:
        """The two videos from the first frame to read on.

        Raises:
            BeyondEndError: a file says that it ends before.
        """
        try:
            return Pair(videos[0], videos[1], first=self.begin, limit=self.limit, matched=matched)
        except BeyondEndError as error:  # it names the frame to read first, which is before those of the span
            raise BeyondEndError(error.path, f"{self.span} are {error.problem}") from None

    def total(self, pair: Pair) -> int | None:
        """How many frames there are to score, as far as files tell."""
        if pair.frame_count is None:
            return None if self.span.stop is None else self.span.stop - self.span.first
        end = self.begin + pair.frame_count
        return max(0, (end if self.span.stop is None else min(end, self.span.stop)) - self.span.first)


def measure(
    context: VmafContext,
    pair: Pair,
    course: Course | None = None,
    *,
    limit: int = 0,
    progress: Progress | None = None,
    settled: Callable[[], None] | None = None,
    watch: Watch | None = None,
    hold: Hold | None = None,
    warn: Callable[[str], None] = warn,
) -> Measured:
    """Read every frame of `pair`, and flush.

    A failure, whatever it is, or Ctrl-C ends the reading; the frames before are
    flushed all the same, so that their scores can be asked for. Only what
    `progress` and `settled` raise comes out. Frames are counted by the context, not
    here: Ctrl-C may come after it took a pair and before anything is noted here.
    Without the flush the last frames have no score, so it is not left out for Ctrl-C either.

    Args:
        course: which frames; None: all, or the first `limit` if that is not 0.
        progress: called after each frame to score, with their number and the total.
        settled: called after each pair and the flush, as frames may have settled.
        watch: looks at the first pairs, and `AlignmentError` stops the run where it finds them out of step; of later
            ones that are, it warns.
        hold: begun when the reading has ended, so that Ctrl-C waits for the flush and what is made of it.
        warn: takes what the files, the watch and the readers give to warn of.
    """
    course = course or Course(Span(0, limit or None), 0, (0, 0))
    context.check_samples = context.check_samples and not pair.is_checked
    for line in pair.cautions:
        warn(f"{pair.dist.path}: {line}")
    walk = _Walk(context, pair, course, progress, settled, warn)
    with closing(iter(pair)) as pairs:
        error = walk.read(pairs, hold or Hold(), watch)
    if error is None and not (context.read_count or course.known or course.span.first):
        error = VmafValueError("there is no pair of frames to score")
    try:
        _flush(context)
        for line in pair.notices:
            warn(line)
    except (Exception, KeyboardInterrupt) as caught:
        error = error or caught
    if settled:
        try:
            settled()
        except KeyboardInterrupt as caught:
            error = error or caught
    first = course.span.first
    begin = first if course.known else min(course.begin, first)
    return Measured(context.read_count, begin, max(walk.index, first + course.known), error)


def _flush(context: VmafContext) -> None:
    """Flush, also where KeyboardInterrupt comes by another way than a signal that is held: it is raised after."""
    try:
        context.flush()
    except KeyboardInterrupt:
        with suppress(VmafError):  # it came when all was done
            context.flush()
        raise


class _Walk:
    """From pair to pair; `index` is that of the next one."""

    def __init__(
        self,
        context: VmafContext,
        pair: Pair,
        course: Course,
        progress: Progress | None,
        settled: Callable[[], None] | None,
        warn: Callable[[str], None],
    ) -> None:
        self.context, self.format, self.span = context, pair.format, course.span
        self.dist, self.warn = pair.dist.path, warn
        self.index = course.begin
        self.limit = course.begin + course.limit if course.limit else None
        self.known = course.span.first + course.known
        self.total = course.total(pair)
        self.progress, self.settled = progress, settled

    def read(self, pairs: Iterator[FramePair], hold: Hold, watch: Watch | None) -> Exception | KeyboardInterrupt | None:
        """Hand over what the iterator gives; what stopped it. Signals are held from there on."""
        error: Exception | None = None
        try:
            while self.limit is None or self.index < self.limit:
                try:
                    planes = next(pairs, None)
                    if planes is None:
                        break
                    watch = watch and self._look(watch, planes)
                    self._take(planes)
                    del planes  # the engine keeps what it needs
                except Exception as caught:
                    error = caught
                    break
                self.index += 1
                self._tell()
            if error is None and watch:
                self._look(watch, None)
            hold.begin()
        except (KeyboardInterrupt, AlignmentError) as caught:
            hold.begin()
            return caught
        return error

    def _look(self, watch: Watch, planes: FramePair | None) -> Watch | None:
        """Let the watch look at the lumas, or hear at the end what it says; the watch, until it has said something."""
        found = watch.add(self.index, planes[0][0], planes[1][0]) if planes is not None else watch.end()
        if found is None or not found.text:
            return watch
        if not (found.in_step or found.unlike or found.late):
            raise AlignmentError(f"{self.dist}: {found.text}")
        self.warn(f"{self.dist}: {found.text}")
        return None

    def _take(self, planes: FramePair) -> None:
        a, b = (VmafPicture.from_planes(p, self.format.pix_fmt, self.format.bpc) for p in planes)
        if self.index in self.span:
            self.context.read_pictures(a, b, self.index)
        else:
            self.context.read_halo(a, b, self.index)

    def _tell(self) -> None:
        if self.settled:
            self.settled()
        if self.progress and self.known < self.index and self.index - 1 in self.span:
            self.progress(self.index - self.span.first, self.total)
