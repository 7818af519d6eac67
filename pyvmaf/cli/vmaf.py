# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `vmaf`: libvmaf's tool, flag for flag, log for log.

Where that one crashes, hangs or says nothing, this one ends with a message and
a status of the table in `arguments.EXIT_CODES`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from errno import EIO

from .._ffi import call
from ..engine.context import Model, VmafContext
from ..engine.model import VmafModelCollection
from ..enums import ModelFlags
from ..errors import VmafError
from ..results.result import count
from ..results.save import check_output, replacing
from ..scoring.interrupts import Hold
from ..scoring.measure import measure
from ..scoring.score import RawUnusedError, open_videos
from ..scoring.wanted import check_overload, load_model
from ..video import Pair, PairError, Video, VideoFormat
from .arguments import Arguments, full_help, parse, usage
from .display import Spinner
from .grammar import ModelSpec, UsageError
from .signals import EXIT_INTERRUPTED, as_interrupts
from .streams import guarded, say

EXIT_OK = 0
EXIT_USAGE = 1
EXIT_LOG = 2
EXIT_READING = 234
EXIT_SETUP = 255


class Failure(Exception):
    """Ends the command with this status, after one line on stderr."""

    def __init__(self, status: int, line: object) -> None:
        super().__init__(line)
        self.status = status


def open_sides(args: Arguments, stack: ExitStack) -> list[Video]:
    """Both videos, which the stack closes."""
    opened: list[Video] = []
    stack.callback(lambda: [video.close() for video in opened])
    try:
        raw = None
        if args.raw:
            raw = VideoFormat(args.width, args.height, args.pixel_format, args.bitdepth)
        open_videos((args.reference, args.distorted), raw, (None, None), opened)
    except RawUnusedError as error:
        raise Failure(EXIT_USAGE, error) from None
    except VmafError as error:
        side = "distorted" if opened else "reference"
        what = "could not open file" if isinstance(error, OSError) else f"problem with {side} file"
        raise Failure(EXIT_SETUP, f"{what}: {error}") from None
    return opened


def open_pair(args: Arguments, stack: ExitStack) -> Pair:
    """Both videos in step, as the command line has them skip and end."""
    ref, dist = open_sides(args, stack)
    try:
        return Pair(
            ref,
            dist,
            skip_ref=args.frame_skip_ref,
            skip_dist=args.frame_skip_dist,
            common_depth=args.common_depth,
        )
    except PairError as error:
        raise Failure(EXIT_SETUP, f"videos are incompatible: {error}") from None


def check_log(args: Arguments) -> None:
    """Better to fail now than after an hour's work."""
    try:
        if args.output:
            check_output(args.output, (args.reference, args.distorted, *(spec.path for spec in args.models)))
    except VmafError as error:
        raise Failure(EXIT_LOG, f"could not open file: {error}") from None


def note_format(args: Arguments) -> None:
    """Say so when the log's name promises another format; as in libvmaf the options alone decide."""
    ending = os.path.splitext(args.output)[1].lower().removeprefix(".")
    if ending in ("json", "xml", "csv", "sub") and ending != args.format:
        say(f"warning: {args.output} will hold {args.format.upper()}; --{ending} writes what its name says")


def open_context(args: Arguments) -> VmafContext:
    """A context of the threads, steps and instruction sets that are asked for."""
    try:
        return VmafContext(
            n_threads=args.threads,
            n_subsample=args.subsample or 1,
            cpumask=args.cpumask,
        )
    except VmafError as error:
        raise Failure(EXIT_SETUP, f"problem initializing VMAF: {error}") from None


def add_model(context: VmafContext, spec: ModelSpec) -> Model:
    """Load a model with its name, flags and overloads, and register it."""
    flags = ModelFlags.DEFAULT
    if spec.disable_clip:
        flags |= ModelFlags.DISABLE_CLIP
    if spec.enable_transform:
        flags |= ModelFlags.ENABLE_TRANSFORM
    try:
        path = None if spec.version else spec.path
        model = load_model(spec.version, path, name=spec.name, flags=flags)
    except VmafError as error:
        raise Failure(EXIT_SETUP, f"problem loading model: {spec.label}: {error}") from None
    try:
        for extractor, options in spec.overloads.items():
            try:
                check_overload(model, extractor)
            except VmafError as error:  # libvmaf's tool takes it too, and scripts append such overloads
                warnings.warn(f"{error}; the overload has no effect", stacklevel=1)
                continue
            model.feature_overload(extractor, options)
        context.use_features_from_model(model)
    except VmafError as error:
        line = f"problem loading feature extractors from model: {spec.label}: {error}"
        raise Failure(EXIT_SETUP, line) from None
    return model


def register(context: VmafContext, args: Arguments) -> list[Model]:
    """All models and features; the models."""
    models = [add_model(context, spec) for spec in args.models]
    for feature in args.features:
        try:
            context.use_feature(feature.name, feature.options)
        except VmafError as error:
            line = f"problem loading feature extractor: {feature.name}: {error}"
            raise Failure(EXIT_SETUP, line) from None
    return models


def score_lines(context: VmafContext, args: Arguments, models: Sequence[Model], frames: int) -> list[str]:
    """`LABEL: SCORE` of each model, then of each collection."""
    lines = []
    labelled = [(spec.label, model) for spec, model in zip(args.models, models, strict=True)]
    for label, model in labelled:
        main = model.model if isinstance(model, VmafModelCollection) else model
        lines.append(f"{label}: {context.score_pooled(main, 'mean', 0, frames - 1):f}")
    for label, model in labelled:
        if isinstance(model, VmafModelCollection):
            s = context.score_pooled(model, "mean", 0, frames - 1)
            interval = f"[{s.ci_p95_lo:f}, {s.ci_p95_hi:f}]"
            lines.append(f"{label}: {s.bagging_score:f}, ci.p95: {interval}, stddev: {s.stddev:f}")
    return lines


def show_scores(lines: Sequence[str], args: Arguments, logged: bool) -> None:
    """On a terminal as libvmaf's tool does. Elsewhere that one prints none; here
    stdout takes them when there is no log that holds them."""
    if sys.stderr.isatty():
        if not args.quiet or not logged:
            say(*lines)
    elif not logged:
        for line in lines:
            print(line, flush=True)


def write_log(context: VmafContext, args: Arguments) -> int:
    """The status; the log appears whole or not at all."""
    try:
        with replacing(args.output) as name:
            context.write_output(name, args.format)
    except VmafError as error:
        say(f"could not write log: {args.output}: {os.strerror(error.errno or EIO)}")
        return EXIT_LOG
    return EXIT_OK


def finish(context: VmafContext, args: Arguments, models: Sequence[Model], frames: int) -> int:
    """Scores and log of the frames that there are, at least one; the status if that is all."""
    status, lines = EXIT_OK, []
    if not args.no_prediction:
        try:
            lines = score_lines(context, args, models, frames)
        except VmafError as error:
            say(f"problem generating pooled VMAF score: {error}")
            status = EXIT_SETUP
    written = write_log(context, args) if args.output else EXIT_OK
    show_scores(lines, args, bool(args.output) and written == EXIT_OK)
    return status or written


def run(args: Arguments, stack: ExitStack) -> int:
    """Score a pair and write the log; the status."""
    check_log(args)
    note_format(args)
    pair = open_pair(args, stack)
    chatty = sys.stderr.isatty() and not args.quiet
    if chatty:
        say(f"VMAF version {call.vmaf_version()}")
    context = stack.enter_context(open_context(args))
    models = register(context, args)
    spinner = Spinner(sys.stderr)
    progress = spinner if chatty else None
    with Hold() as hold:  # Ctrl-C waits for the log, once there is what it holds
        measured = measure(context, pair, limit=args.frame_cnt, progress=progress, hold=hold)
        spinner.end()
        if pair.note:
            say(pair.note)
        interrupted = isinstance(measured.error, KeyboardInterrupt)
        if interrupted:
            say(f"interrupted after {count(measured.frames, 'frame')}")
        elif measured.error:
            say(f"problem reading pictures: {measured.error}; stopped after {count(measured.frames, 'frame')}")
        status = finish(context, args, models, measured.frames) if measured.frames else EXIT_READING
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_READING if measured.error else status


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line."""
    say(f"warning: {message}")


def command(program: str, argv: Sequence[str] | None) -> int:
    """Parse, run, and turn what fails into a line and a status."""
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
    except UsageError as error:
        say(error, "", usage(program))
        return EXIT_USAGE
    if args.show == "help":
        print(full_help(program), end="")
        return EXIT_OK
    if args.show == "version":
        say(call.vmaf_version())
        return EXIT_OK
    with ExitStack() as stack, warnings.catch_warnings(), as_interrupts() as ending:
        warnings.showwarning = show_warning
        try:
            return ending.status(run(args, stack))
        except Failure as failure:
            say(*failure.args)
            return failure.status
        except KeyboardInterrupt:
            say("interrupted")
            return ending.status(EXIT_INTERRUPTED)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    program = os.path.basename(sys.argv[0]) or "vmaf"
    return guarded(program, lambda: command(program, argv), EXIT_LOG)


if __name__ == "__main__":
    sys.exit(main())
