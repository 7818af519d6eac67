# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The arguments that say what is scored, for every subcommand that makes a plan."""

from __future__ import annotations

import argparse
import re
from typing import Any

from ...scoring.plan import Frames
from ...video import VideoFormat
from ..grammar import UsageError, parse_feature
from .preparing import add_preparing, preparing_of


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as two numbers."""
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", text.lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT")
    return int(match[1]), int(match[2])


def count(text: str) -> int:
    """A number from 0 up."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return int(text)


def frames(text: str) -> Frames:
    """N frames, or those from A to before B.

    >>> frames("100"), frames("20:30"), frames("20:")
    (100, range(20, 30), slice(20, None, None))
    """
    first, colon, stop = text.partition(":")
    if not colon:
        return count(text)
    return range(count(first or "0"), count(stop)) if stop else slice(count(first or "0"), None)


def stream_numbers(text: str) -> tuple[int, int]:
    """One number for both files, or one for each."""
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


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, and of which frames."""
    add = parser.add_argument
    add("-m", "--model", action="append", metavar="MODEL",
        help="name or path, again for more; auto: the VMAF v1 model for this size and frame rate")  # fmt: skip
    add("--viewing-distance", type=float, metavar="HEIGHTS", help="for auto, in picture heights")
    add("--no-model", action="store_true", help="features only")
    add("-f", "--feature", action="append", default=[], metavar="NAME[=OPTION=VALUE:...]",
        help="extractor to run besides the models', again for more")  # fmt: skip
    add("--subsample", type=count, default=1, metavar="N", help="score each N-th frame")
    add("--frames", type=frames, default=0, metavar="N|A:B",
        help="score at most N frames, or those from A to before B, or from A: on")  # fmt: skip
    add("--size", type=size, metavar="WxH", help="size of raw video; files that name their format keep it")
    add("--pixel-format", metavar="FMT", help="chroma of raw video: 420 (default), 422, 444 or 400")
    add("--depth", type=count, metavar="BITS", help="bit depth of raw video; default 8")
    add("--stream", type=stream_numbers, default=(None, None), metavar="N[,N]",
        help="video stream of both files, or of REF and DIST, as ffprobe counts; default: the best")  # fmt: skip
    add_preparing(parser)


def plan_arguments(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of :meth:`pyvmaf.Plan.make` that the command line gives."""
    return {
        "model": None if args.no_model else args.model or "vmaf_v0.6.1",
        "features": [(spec.name, spec.options) for spec in map(parse_feature, args.feature)],
        "raw": raw_format(args),
        "subsample": args.subsample,
        "frames": args.frames,
        "viewing_distance": args.viewing_distance,
        "streams": args.stream,
        **preparing_of(args),
    }
