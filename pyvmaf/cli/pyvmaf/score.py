# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf score`: two videos in, a table, JSON or CSV out."""

from __future__ import annotations

import argparse
import re
import sys

from ..._save import check_output
from ...errors import VmafError
from ...extractor import extractors
from ...result import Result
from ...result import count as number_of
from ...scoring import IncompleteError, Interrupted, RawUnusedError, score
from ...video import VideoFormat
from ...wanted import provides
from ..display import Bar
from ..grammar import UsageError, parse_feature
from ..signals import EXIT_INTERRUPTED
from ..streams import say
from .parsers import add_command
from .status import EXIT_INCOMPLETE, EXIT_OK
from .tables import print_table

EXAMPLES = """\
examples:
  pyvmaf score ref.y4m dist.mp4
  pyvmaf score ref.y4m dist.mp4 -m vmaf_v0.6.1neg -f psnr -o scores.json
  pyvmaf score ref.yuv dist.yuv --size 1920x1080 --pixel-format 420 --depth 10
  pyvmaf score ref.mkv dist.mkv --no-model -f vif=debug=true --csv > frames.csv
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


def size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", text.lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT")
    return int(match[1]), int(match[2])


def count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return int(text)


def stream_numbers(text: str) -> tuple[int, int]:
    ref, _, dist = text.partition(",")
    return count(ref), count(dist or ref)


def raw_format(args: argparse.Namespace) -> VideoFormat | None:
    """What raw video holds, if the command line says so."""
    if args.size:
        width, height = args.size
        return VideoFormat(width, height, args.pixel_format or "420", 8 if args.depth is None else args.depth)
    for flag, value in (("--pixel-format", args.pixel_format), ("--depth", args.depth)):
        if value is not None:
            raise UsageError(f"{flag} {value} describes raw video, which needs --size too")
    return None


def add_score(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "score",
        "score a distorted video against its reference",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("ref", metavar="REF", help="reference: y4m, raw yuv, or any video that PyAV decodes")
    add("dist", metavar="DIST", help="distorted video of the same size")
    add("-m", "--model", action="append", metavar="MODEL",
        help="name or path, again for more; auto: the VMAF v1 model for this size and frame rate")  # fmt: skip
    add("--viewing-distance", type=float, metavar="HEIGHTS", help="for auto, in picture heights")
    add("--no-model", action="store_true", help="features only")
    add("-f", "--feature", action="append", default=[], metavar="NAME[=OPTION=VALUE:...]",
        help="extractor to run besides the models', again for more")  # fmt: skip
    add("-t", "--threads", type=count, metavar="N", help="worker threads; default: one a processor")
    add("--subsample", type=count, default=1, metavar="N", help="score each N-th frame")
    add("--frames", type=count, default=0, metavar="N", help="score at most N frames")
    add("--size", type=size, metavar="WxH", help="size of raw video; files that name their format keep it")
    add("--pixel-format", metavar="FMT", help="chroma of raw video: 420 (default), 422, 444 or 400")
    add("--depth", type=count, metavar="BITS", help="bit depth of raw video; default 8")
    add("--stream", type=stream_numbers, default=(None, None), metavar="N[,N]",
        help="video stream of both files, or of REF and DIST, as ffprobe counts; default: the best")  # fmt: skip
    add("-o", "--output", metavar="FILE", help="write all frames to FILE, .json or .csv")
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
    rows = [["", *(c.removesuffix("_mean") for c in COLUMNS)]]
    for name in shown(result, args):
        if name in result.pooled:
            values = result.pooled[name].as_dict()
            rows.append([name, *(f"{values[c]:.4f}" for c in COLUMNS)])
    print(heading(result))
    print_table(rows, right=True)


def save(result: Result, path: str) -> None:
    if path.lower().endswith(".csv"):
        result.to_csv(path)
    else:
        result.to_json(path)


def report(result: Result, args: argparse.Namespace) -> None:
    """Save, then show: it is seen also where it could not be saved."""
    problem = None
    if args.output:
        try:
            save(result, args.output)
        except VmafError as error:
            problem = error
    if result.note:
        say(result.note)
    if args.json:
        result.to_json(sys.stdout)
    elif args.csv:
        result.to_csv(sys.stdout)
    else:
        show(result, args)
    if problem:
        raise problem


def run_score(args: argparse.Namespace) -> int:
    specs = [parse_feature(text) for text in args.feature]
    if args.output and not args.output.lower().endswith((".json", ".csv")):
        raise UsageError(f"--output {args.output!r} must end in .json or .csv")
    if args.output:
        check_output(args.output, (args.ref, args.dist))
    raw = raw_format(args)
    bar = Bar(sys.stderr)
    try:
        result = score(
            args.ref,
            args.dist,
            model=None if args.no_model else args.model or "vmaf_v0.6.1",
            features=[(spec.name, spec.options) for spec in specs],
            raw=raw,
            n_threads=args.threads,
            subsample=args.subsample,
            frames=args.frames,
            progress=bar if sys.stderr.isatty() and not args.quiet else None,
            viewing_distance=args.viewing_distance,
            streams=args.stream,
        )
    except RawUnusedError as error:
        raise UsageError(f"--size: {error}") from None
    except (IncompleteError, Interrupted) as error:
        bar.end()
        try:
            report(error.result, args)
        finally:
            say(f"pyvmaf: {str(error) or 'interrupted'}")
        return EXIT_INCOMPLETE if isinstance(error, IncompleteError) else EXIT_INTERRUPTED
    finally:
        bar.end()
    report(result, args)
    return EXIT_OK
