# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf score`: two videos in, a table, JSON or CSV out."""

from __future__ import annotations

import argparse
import os
import sys

from ...engine.extractor import extractors
from ...errors import VmafError
from ...results.result import Result
from ...results.result import count as number_of
from ...results.save import check_output
from ...scoring.interrupts import Hold
from ...scoring.score import IncompleteError, Interrupted, RawUnusedError, score
from ...scoring.wanted import provides
from ..display import Bar
from ..grammar import UsageError, parse_feature
from ..signals import EXIT_INTERRUPTED
from ..streams import say
from .parsers import add_command
from .planning import add_plan_arguments, count, plan_arguments
from .status import EXIT_INCOMPLETE, EXIT_OK
from .tables import print_numbers, print_wrapped, say_wrapped

EXAMPLES = """\
examples:
  pyvmaf score ref.y4m dist.mp4
  pyvmaf score ref.y4m dist.mp4 -m vmaf_v0.6.1neg -f psnr -o scores.json
  pyvmaf score ref.yuv dist.yuv --size 1920x1080 --pixel-format 420 --depth 10
  pyvmaf score ref.mp4 small.mp4 --prepare auto
  pyvmaf score ref.mkv dist.mkv --no-model -f vif=debug=true --csv > frames.csv
  pyvmaf score ref.mkv dist.mkv --resume run.pyvmaf
  pyvmaf plan ref.mkv dist.mkv --chunk 1000 > tasks.jsonl
  pyvmaf run tasks.jsonl:1 -o parts/ && pyvmaf merge parts/ -o scores.json
  pyvmaf models
  pyvmaf models fetch lpips_sq
  pyvmaf features adm

exit status:
  0    scored; also when one video ended before the other
  1    a video, model or feature cannot be used, or a file not written
  2    the command line makes no sense
  3    a frame could not be read or scored; the table shows the frames before
  130  interrupted; likewise 143 after SIGTERM and 129 after SIGHUP
"""

COLUMNS = ("mean", "harmonic_mean", "min", "p5", "p50", "max")


def add_score(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the subcommand."""
    parser = add_command(
        commands,
        "score",
        "score a distorted video against its reference",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("ref", metavar="REF", help="reference: y4m, raw yuv, or any video that PyAV decodes")
    add("dist", metavar="DIST", help="distorted video of the same size, or see --prepare")
    add_plan_arguments(parser)
    add("-t", "--threads", type=count, metavar="N", help="worker threads; default: one a processor")
    add("--resume", metavar="FILE", help="append frames to FILE as they settle; go on from those that it has")
    add("-o", "--output", metavar="FILE", help="write all frames to FILE, .json, .csv or .pyvmaf")
    add("--features", action="store_true", help="show the features of the models, too, in the table")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON instead of the table")
    shown.add_argument("--csv", action="store_true", help="print CSV instead of the table")
    add("-q", "--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run_score)


def heading(result: Result) -> str:
    """One line: model, size, depth, frames, time."""
    models = result.models[0] if len(result.models) == 1 else number_of(len(result.models), "model")
    parts = [models if result.models else "features", number_of(len(result.frames), "frame")]
    if run := result.run:
        parts.insert(1, f"{run.width}x{run.height} {run.depth}-bit")
        parts += [f"{run.seconds:.1f} s", f"{run.frames_read / max(run.seconds, 1e-9):.1f} frames/s"]
    return ", ".join(parts)


def shown(result: Result, args: argparse.Namespace) -> list[str]:
    """The rows of the table: models, what extractors that were asked for publish, or everything."""
    if args.features or not result.models:
        return [*result.models, *(name for name in result.pooled if name not in result.models)]
    asked = {parse_feature(text).name for text in args.feature}
    wanted = [e for e in extractors() if e.name in asked]
    found = [n for n in result.pooled if n not in result.models and any(provides(e, n) for e in wanted)]
    return [*result.models, *found]


def show(result: Result, args: argparse.Namespace) -> None:
    """The table on the terminal."""
    rows = [["", *(c.removesuffix("_mean") for c in COLUMNS)]]
    for name in shown(result, args):
        if name in result.pooled:
            values = result.pooled[name].as_dict()
            rows.append([name, *(f"{values[c]:.4f}" for c in COLUMNS)])
    print_wrapped(heading(result), rest="  ")
    print_numbers(rows)


def save(result: Result, path: str) -> None:
    """Write a result in the format of the path's ending."""
    if path.lower().endswith(".csv"):
        result.to_csv(path)
    elif path.lower().endswith(".pyvmaf"):
        result.save(path)
    else:
        result.to_json(path)


def report(result: Result, args: argparse.Namespace, *, tells: bool = True) -> None:
    """Save, then show: it is seen also where it could not be saved. Ctrl-C waits for the file.

    Args:
        result: what was found.
        args: of the command.
        tells: say its note; False: the caller does.
    """
    problem: VmafError | KeyboardInterrupt | None = None
    try:
        with Hold(at_once=True):
            if args.output:
                save(result, args.output)
    except (VmafError, KeyboardInterrupt) as error:
        problem = error
    if result.note and tells:
        say_wrapped(*result.note.splitlines())
    if args.json:
        result.to_json(sys.stdout)
    elif args.csv:
        result.to_csv(sys.stdout)
    else:
        show(result, args)
    if problem:
        raise problem


def run_score(args: argparse.Namespace) -> int:
    """Score a pair, show and save what was found; the status."""
    arguments = plan_arguments(args)
    if args.output and not args.output.lower().endswith((".json", ".csv", ".pyvmaf")):
        raise UsageError(f"--output {args.output!r} must end in .json, .csv or .pyvmaf")
    given = [value for _, options in arguments["features"] for value in options.values()]
    for path in filter(None, (args.output, args.resume)):
        check_output(path, (args.ref, args.dist, *(args.model or ()), *given))
    if args.output and args.resume and os.path.realpath(args.output) == os.path.realpath(args.resume):
        raise UsageError(f"--output and --resume are one file, {args.output}; give them two names")
    bar = Bar(sys.stderr)
    try:
        result = score(
            args.ref,
            args.dist,
            **arguments,
            n_threads=args.threads,
            progress=bar if sys.stderr.isatty() and not args.quiet else None,
            checkpoint=args.resume,
        )
    except RawUnusedError as error:
        raise UsageError(f"--size: {error}") from None
    except (IncompleteError, Interrupted) as error:
        bar.end()
        try:
            report(error.result, args, tells=False)
        finally:
            *notes, ending = (error.result.note or "").splitlines()
            say_wrapped(*notes)
            say(f"pyvmaf: {ending}")
            if args.resume:
                say(f"pyvmaf: the same command goes on from {args.resume}")
        return EXIT_INCOMPLETE if isinstance(error, IncompleteError) else EXIT_INTERRUPTED
    finally:
        bar.end()
    report(result, args)
    return EXIT_OK
