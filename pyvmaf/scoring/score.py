# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two videos in, one result out: a plan is carried out, and what was scored is never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial

from .._ffi import lib
from ..choices import FilmGrain
from ..engine.context import Model, VmafContext
from ..errors import VmafError, VmafValueError
from ..lpips.tags import contradictions
from ..parts.checkpoint import Checkpoint
from ..parts.extracted import Extracted, take_out
from ..parts.merge import assemble
from ..parts.origin import host
from ..parts.part import Part, file_state, identity_of
from ..prepare.hdr import check_hdr
from ..prepare.pair import decoder_for, prepare_videos
from ..prepare.settings import Prepare, Settings
from ..results.result import Result, collect, count
from ..results.run import Run
from ..told import Told, warn
from ..video import AvVideo, Pair, RawVideo, Source, Video, VideoFormat, Y4mVideo, open_video
from ..video.base import BeyondEndError, beyond_end
from ..video.url import is_remote, shown
from .aligned import Align, AlignmentError, inspected, matched, watcher
from .interrupts import Hold
from .measure import Course, Measured, Progress, measure
from .plan import AUTO, Feature, Frames, Path, Plan
from .wanted import choose, load_models, register


class IncompleteError(VmafError):
    """Scoring ended before the videos did; the cause is ``__cause__``.

    Attributes:
        result: what was scored until then.
    """

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[type[IncompleteError], tuple[str, Result]]:  # type: ignore[override]
        return type(self), (str(self), self.result)


class RawUnusedError(VmafValueError):
    """A raw format was given for files that name their own."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `score`; `result` is of the frames that were read until then, each with all its scores."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"interrupted after {count(len(result.frames), 'frame')}")
        self.result = result

    def __reduce__(self) -> tuple[type[Interrupted], tuple[Result]]:
        return type(self), (self.result,)


def _noted(result: Result, line: str) -> Result:
    return replace(result, note="\n".join(filter(None, (result.note, line))))


def _interrupted(result: Result) -> Interrupted:
    error = Interrupted(result)
    return Interrupted(_noted(result, str(error)))


def default_threads() -> int:
    """One for each processor that this process may use; none when that is one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 0 if usable in (None, 1) else int(usable or 0)


def open_videos(
    sides: Sequence[Source | Video],
    raw: VideoFormat | None,
    streams: Sequence[int | None],
    opened: list[Video],
    decoder: Callable[..., Video] = AvVideo,
) -> None:
    """Open both sides, or take them where they are open; `opened` is what there is, whatever fails.

    `decoder` reads what is neither y4m nor raw.

    Raises:
        RawUnusedError: `raw` was given, but both files name their own format.
        VmafError: a video cannot be used.
    """
    if sides[0] == sides[1] == "-":
        raise VmafValueError("standard input is given for both sides; it holds one video")
    if sides[0] is sides[1] and hasattr(sides[0], "read"):
        raise VmafValueError(f"{sides[0]!r} is given for both sides, which would take turns; open the file twice")
    for side, stream in zip(sides, streams, strict=True):
        opened.append(side if isinstance(side, Video) else open_video(side, raw, stream=stream, decoder=decoder))
    if raw is not None and not any(isinstance(video, RawVideo) for video in opened):
        formats = " and ".join(f"{video.path} is {video.format}" for video in opened)
        raise RawUnusedError(f"a raw format, {raw}, is given, but both files name their own: {formats}")


def _contradictions(plan: Plan, videos: Sequence[Video]) -> Iterator[str]:
    """Where a file says that its colours are not what `lpips` takes them for."""
    for one in plan.features:
        for video in videos if one.name == "lpips" else ():
            for problem in contradictions(dict(one.options), video.colour):
                yield f"{video.path}: {problem}"


@dataclass(frozen=True)
class Means:
    """How a plan is carried out, which does not change what is found.

    Attributes:
        n_threads: worker threads; None: one for each processor.
        cpumask: instruction sets not to use.
        progress: called after each frame.
        checkpoint: the file that the run is gone on with from.
    """

    n_threads: int | None = None
    cpumask: int = 0
    progress: Progress | None = None
    checkpoint: Path | None = None


class _Run:
    """One plan with its videos open."""

    def __init__(self, plan: Plan, opened: Sequence[Video], means: Means, hold: Hold) -> None:
        self.hold = hold
        self.means, self.told = means, Told(plan.warnings)
        made = prepare_videos(opened, plan.prepare, plan.film_grain)
        for line in made.warnings:
            self.told.warn(line)
        plan = replace(plan, prepare=made.preparation)
        self.opened = (made.ref, made.dist)
        self.pair = Pair(*self.opened)
        self.notes = [f"{video.path}: {video.stream}" for video in opened if video.stream]
        self.notes += made.preparation.notes if made.preparation else []
        self.matched = matched(plan.align)
        self.notes += [str(plan.align)] if self.matched is not None else []
        if AUTO in plan.models:
            chosen, choice = choose(plan.models, self.pair, plan.viewing_distance)
            plan = replace(plan, models=tuple(chosen), viewing_distance=None)
            self.notes.append(str(choice))
        self.plan = plan
        self.models = load_models(plan)
        if note := check_hdr(self.opened, self.models, plan.allow_hdr):
            self.notes.append(note)
        self.identity = identity_of(plan, self.models, self.opened)
        decoding = any(not isinstance(video, (RawVideo, Y4mVideo)) for video in self.opened)
        self.host = host(means.cpumask, decoding=decoding, lpips=plan.uses("lpips"))
        self.states = [file_state(video.path) for video in opened]

    def score(self) -> Result:
        """See :func:`score` for what is raised."""
        means, plan = self.means, self.plan
        threads = default_threads() if means.n_threads is None else means.n_threads
        with ExitStack() as stack:
            checkpoint = stack.enter_context(closing(self._checkpoint())) if means.checkpoint is not None else None
            if checkpoint and checkpoint.is_complete and checkpoint.found:
                result = assemble(checkpoint.found)
                for line in checkpoint.found.run.warnings:
                    warn(line)
                return result
            context = stack.enter_context(
                VmafContext(n_threads=threads, n_subsample=plan.subsample, cpumask=means.cpumask)
            )
            register(context, self.models, plan.features)
            if checkpoint and checkpoint.found:
                self.told = Told(dict.fromkeys([*checkpoint.found.run.warnings, *self.told.lines]))
            for line in _contradictions(plan, self.opened):
                self.told.warn(line)
            course = Course(plan.frames, checkpoint.known if checkpoint else 0, context.halo)
            if checkpoint:
                checkpoint.put_in(context)
            try:
                return self._measure(context, course, checkpoint)
            except BeyondEndError:
                if checkpoint and not checkpoint.known:
                    checkpoint.discard()
                raise

    def _checkpoint(self) -> Checkpoint:
        first = self.plan.frames.first
        nothing = Extracted(self.pair.format, first, first, (0, 0), {}, {})
        assert self.means.checkpoint is not None
        return Checkpoint(self.means.checkpoint, self._part(nothing, 0.0, complete=False))

    def _measure(self, context: VmafContext, course: Course, checkpoint: Checkpoint | None) -> Result:
        self.pair = course.pair(self.opened, self.matched)
        watch = watcher(self.plan.align, self.pair, late=course.known > 0)
        begin = min(course.begin, course.span.first)

        def settled() -> None:
            if checkpoint:
                checkpoint.warned(self.told.lines)
                checkpoint.settled(context, begin)

        start = time.monotonic()
        measured = measure(
            context, self.pair, course,
            progress=self.means.progress, settled=settled, watch=watch, hold=self.hold, warn=self.told.warn,
        )  # fmt: skip
        seconds = time.monotonic() - start
        measured = replace(measured, error=measured.error or self._shortage(measured))
        made = partial(self._made, context, course, checkpoint, seconds)
        try:
            result = made(measured)
        except KeyboardInterrupt as caught:  # by another way than a signal, which is held: made after all
            measured = replace(measured, error=measured.error or caught)
            result = made(measured)
        return self._finished(result, measured)

    def _made(
        self, context: VmafContext, course: Course, checkpoint: Checkpoint | None, seconds: float, measured: Measured
    ) -> Result:
        """The result of what was measured, which goes into the checkpoint too."""
        self._look_for_changes()
        error, begin = measured.error, min(course.begin, course.span.first)
        if checkpoint and isinstance(error, AlignmentError):
            checkpoint.discard()
        elif checkpoint:
            checkpoint.write(context, begin)
        part = self._part(self._extracted(context, measured), seconds, complete=error is None)
        span, note = course.span, "\n".join(part.notes) or None
        # Ctrl-C may have come within an extractor, whose frame then has no scores.
        stop = part.extracted.stop if isinstance(error, KeyboardInterrupt) else span.first + measured.frames
        result = collect(context, self.models, range(span.first, stop), self.plan.subsample, note, part.run, part)
        if checkpoint and not error:
            checkpoint.end(part)
        return result

    def _look_for_changes(self) -> None:
        """Tell of files that changed while they were read, whose scores may be of either."""
        for video, state in zip(self.opened, self.states, strict=True):
            line = f"{video.path} changed while it was read"
            if file_state(video.path) != state and line not in self.told.lines:
                self.told.warn(line)

    def _finished(self, result: Result, measured: Measured) -> Result:
        error = measured.error
        if error is None:
            return result
        if isinstance(error, AlignmentError):
            raise error
        if isinstance(error, KeyboardInterrupt):
            raise _interrupted(result) from None
        message = f"{error}; {count(measured.frames, 'frame')} scored before"
        raise IncompleteError(message, _noted(result, message)) from error

    def _shortage(self, measured: Measured) -> VmafError | None:
        """Frames that were asked for by their numbers, and are not there."""
        span = self.plan.frames
        end = span.first + measured.frames
        if span.first and not measured.frames:
            raise self._beyond_end()
        if span.exact and span.stop is not None and end < span.stop:
            return VmafValueError(f"{span} are asked for, but the videos end after frame {end - 1}")
        return None

    def _beyond_end(self) -> BeyondEndError:
        """What to raise where none of the frames that were asked for is there."""
        said, known = f"{self.plan.frames} are beyond the end", [v for v in self.opened if v.frame_count is not None]
        if self.matched is not None or not known:
            matched = f"; {count(len(self.matched), 'pair')} of frames match" if self.matched is not None else ""
            return BeyondEndError(self.opened[1].path, said + matched)
        short = min(known, key=lambda video: video.frame_count or 0)
        return BeyondEndError(short.path, f"{self.plan.frames} are {beyond_end(short.frame_count or 0)}")

    def _extracted(self, context: VmafContext, measured: Measured) -> Extracted:
        """What extractors wrote, up to the first frame at which one failed."""
        span = self.plan.frames
        with context._entered() as c:
            failed = int(lib.pyvmaf_failed_frame(c))
        stop = max(span.first, min(span.first + measured.frames, failed))
        end = max(stop, min(measured.end, failed))
        return take_out(context, self.pair.format, measured.begin, end, (span.first - measured.begin, end - stop))

    def _part(self, extracted: Extracted, seconds: float, *, complete: bool) -> Part:
        plan, format = self.plan, self.pair.format
        names = (os.fsdecode(self.pair.ref.path), os.fsdecode(self.pair.dist.path))
        frames = extracted.stop - extracted.first
        run = Run(
            *names, format.width, format.height, format.chroma, format.bpc, plan.subsample, seconds, frames,
            tuple(model.source for model in self.models), plan.prepare.as_dict() if plan.prepare else None,
            None if isinstance(plan.align, str) else plan.align.as_dict(), tuple(self.told.lines),
        )  # fmt: skip
        notes = [*self.notes, self.pair.note] if self.pair.note else self.notes
        # What is kept names files as they may be shown: without passwords, and open ones too.
        shown = replace(plan, ref=_name(names[0]), dist=_name(names[1]))
        return Part(shown, self.identity, extracted, run, (self.host,), tuple(notes), complete)


def _name(path: str) -> str:
    return "standard input" if path == "-" else path


def name_of(side: Source | Video) -> str | None:
    """What a result calls a video that is given by its path or URL; None: what is open here."""
    if not isinstance(side, (str, os.PathLike)):
        return None
    path = os.fspath(side)
    return shown(path) if is_remote(path) else _name(path)


def _open(plan: Plan, opened: list[Video]) -> None:
    decoder = decoder_for(plan.prepare, plan.film_grain)
    open_videos((plan.ref, plan.dist), plan.raw, plan.streams, opened, decoder)


def _close(plan: Plan, opened: Sequence[Video]) -> None:
    for video, given in zip(opened, (plan.ref, plan.dist), strict=False):
        if video is not given:
            video.close()


def with_preparation(plan: Plan) -> Plan:
    """The plan with its preparation made, so that the files are not looked into for each of its ranges.

    Raises:
        VmafError: a video cannot be used, or the two cannot be compared.
    """
    return _prepared(inspected(plan))


def check_pair(plan: Plan) -> None:
    """Raise where scoring would, as a video cannot be used or the two cannot be compared; no frame is read."""
    _prepared(plan)


def _prepared(plan: Plan) -> Plan:
    opened: list[Video] = []
    try:
        _open(plan, opened)
        made = prepare_videos(opened, plan.prepare, plan.film_grain)
        Course(plan.frames, 0, (0, 0)).pair((made.ref, made.dist), matched(plan.align))
        return replace(plan, prepare=made.preparation) if isinstance(plan.prepare, Settings) else plan
    finally:
        _close(plan, opened)


def carry_out(plan: Plan, means: Means) -> Result:
    """Score what a plan says; see :func:`score`."""
    plan = inspected(plan)
    result: Result | None = None
    try:
        with Hold() as hold:  # until all is closed
            try:
                result = _scored(plan, means, hold)
            except IncompleteError as error:
                result = error.result
                raise
    except Interrupted:
        raise
    except KeyboardInterrupt:
        if result is None:
            raise
        raise _interrupted(result) from None
    return result


def _scored(plan: Plan, means: Means, hold: Hold) -> Result:
    opened: list[Video] = []
    try:
        _open(plan, opened)
        return _Run(plan, opened, means, hold).score()
    finally:
        _close(plan, opened)


def score(
    ref: Source | Video,
    dist: Source | Video,
    *,
    model: str | Path | Model | Sequence[str | Path | Model] | None = "vmaf_v0.6.1",
    features: Iterable[Feature] = (),
    raw: VideoFormat | None = None,
    n_threads: int | None = None,
    subsample: int = 1,
    frames: Frames = None,
    cpumask: int = 0,
    progress: Progress | None = None,
    viewing_distance: float | None = None,
    streams: tuple[int | None, int | None] = (None, None),
    checkpoint: Path | None = None,
    prepare: Prepare = "none",
    film_grain: FilmGrain = "apply",
    allow_hdr: bool = False,
    align: Align = "check",
) -> Result:
    """Score a distorted video against its reference.

    The part that both videos have is scored; `Result.note` says when one of
    them is longer.

    Args:
        ref: y4m, raw with `raw`, or anything that PyAV decodes: a path, a URL, "-"
            for standard input, a binary file object, or an open `Video`.
        dist: likewise; size, chroma and depth must be those of `ref`, or see `prepare`.
        model: names of built-in models, paths of model files, or models; None
            for features only. Columns are named after the models ("vmaf" is an
            alias of the first). "auto" is the VMAF v1 model that `choose_model`
            finds for the reference; `Result.note` says which, and why.
        features: extractors to run besides the models', each a name or
            ``(name, options)``.
        raw: what raw files hold; a file that names its own format keeps it.
        n_threads: worker threads; None: one for each processor.
        subsample: score each n-th frame.
        frames: score at most so many; a range: those, with the very numbers that they have
            in the whole run; a slice without a stop: from its start on; None or 0: all.
        cpumask: instruction sets not to use.
        progress: called after each frame with their number and the expected
            total, or None where no file tells.
        viewing_distance: for "auto", in picture heights; None: the usual one.
        streams: numbers of the video streams of `ref` and `dist`, as ffprobe counts;
            None: what FFmpeg thinks best, and `Result.note` says which.
        checkpoint: a file that frames are appended to as they settle. A run that was
            ended by anything goes on from there when it is started again, with the
            same numbers at the end; of a complete one the result is read.
        prepare: "auto": make the pair comparable by the rules of docs/preparing.md, in FFmpeg's
            filters; a mapping: with these steps otherwise, see `pyvmaf.prepare.Settings`; "none":
            compare what decoders give. `Result.run.preparation` has the graphs.
        film_grain: "apply" what AV1 and HEVC streams ask for, or "skip" it.
        allow_hdr: score PQ and HLG with models that are for standard range; `Result.note` says so.
        align: "check": look whether the first 120 frames are in step, and refuse the pair if they are
            not, and warn of later ones, 60 of every 600; "auto": look at all frames first, as `inspect` does,
            and score those that belong together, which `Result.run.alignment` lists; "off": the n-th with the
            n-th, whatever they show; or an `Alignment`.

    Where the files' tags differ (range, matrix, transfer, rotation, frame rate,
    interlacing), where pictures do not match, and where a decoder concealed damage, a
    warning says so, which `Result.run.warnings` keeps.

    Raises:
        VmafError: a video, model or feature cannot be used.
        AlignmentError: frames are out of step; the message says how and what mends it.
        PrepareError: no rule makes the pair comparable, or (`HdrError`) a model is not for it.
        IncompleteError: a frame cannot be read or scored; it carries the result so far.
        Interrupted: a KeyboardInterrupt that carries it too.
    """
    plan = Plan.make(
        ref, dist, model=model, features=features, raw=raw, streams=streams, subsample=subsample, frames=frames,
        viewing_distance=viewing_distance, prepare=prepare, film_grain=film_grain, allow_hdr=allow_hdr, align=align,
    )  # fmt: skip
    return carry_out(plan, Means(n_threads, cpumask, progress, checkpoint))
