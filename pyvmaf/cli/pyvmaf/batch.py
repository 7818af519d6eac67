# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf plan`, `run` and `merge`: a run cut into tasks, whose only shared state is files."""

from __future__ import annotations

import argparse
import os
import sys

from ...batch.tasks import make_tasks, read_task
from ...parts.merge import merge, part_of
from ...parts.part import Part
from ...results.result import Result
from ...results.save import check_output
from ...scoring.plan import Plan
from ...scoring.score import IncompleteError, Interrupted, Means, carry_out
from ..display import Bar
from ..grammar import UsageError
from ..signals import EXIT_INTERRUPTED
from ..streams import say
from .parsers import add_command
from .planning import add_plan_arguments, count, plan_arguments
from .score import report, save
from .status import EXIT_INCOMPLETE, EXIT_OK


def add_plan(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the subcommand."""
    parser = add_command(commands, "plan", "write a task a line for each range of frames, to run anywhere")
    parser.add_argument("ref", metavar="REF", help="reference; a URL is passed on as it is")
    parser.add_argument("dist", metavar="DIST", nargs="+", help="distorted videos of the same size")
    parser.add_argument("--chunk", type=count, default=0, metavar="N", help="frames of a task; default: all")
    add_plan_arguments(parser)
    parser.set_defaults(run=run_plan)


def run_plan(args: argparse.Namespace) -> int:
    """Print a task a line, or none where a pair is refused."""
    arguments = plan_arguments(args)
    plans = [Plan.make(args.ref, dist, **arguments) for dist in args.dist]
    tasks = [task for plan in plans for task in make_tasks(plan, args.chunk)]
    for task in tasks:
        print(task.to_json())
    return EXIT_OK


def add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the subcommand."""
    parser = add_command(commands, "run", "do one task of a plan, or go on with it")
    parser.add_argument("task", metavar="TASK", help="a file of one line, or FILE:N for its N-th line")
    parser.add_argument("-o", "--output", metavar="PART", default=".",
        help="file, or folder to write it to under the task's name; default: here")  # fmt: skip
    parser.add_argument("-t", "--threads", type=count, metavar="N", help="worker threads; default: one a processor")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run_task)


def run_task(args: argparse.Namespace) -> int:
    """Do a task and write its part; the status."""
    task = read_task(args.task)
    path = args.output
    if os.path.isdir(path) or path.endswith(os.sep):
        os.makedirs(path, exist_ok=True)
        path = os.path.join(path, task.name)
    check_output(path, (task.plan.ref, task.plan.dist))
    bar = Bar(sys.stderr)
    try:
        carry_out(task.plan, Means(args.threads, progress=bar if sys.stderr.isatty() and not args.quiet else None,
                                   checkpoint=path))  # fmt: skip
    except (IncompleteError, Interrupted) as error:
        bar.end()
        say(f"pyvmaf: {error}", f"pyvmaf: the same command goes on from {path}")
        return EXIT_INCOMPLETE if isinstance(error, IncompleteError) else EXIT_INTERRUPTED
    finally:
        bar.end()
    print(path)
    return EXIT_OK


def add_merge(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the subcommand."""
    parser = add_command(commands, "merge", "put parts of runs together: the result of one run, in every bit")
    parser.add_argument("parts", metavar="PART", nargs="+", help="files that run or --resume wrote, or folders of them")
    parser.add_argument("-o", "--output", metavar="FILE",
        help="write all frames to FILE, .json, .csv or .pyvmaf; of several pairs, a folder/ of .json")  # fmt: skip
    parser.add_argument("--features", action="store_true", help="show the features of the models, too, in the table")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON instead of the table")
    shown.add_argument("--csv", action="store_true", help="print CSV instead of the table")
    parser.set_defaults(run=run_merge, feature=[])


def _files(given: list[str]) -> list[str]:
    """The files, and those in folders."""
    out: list[str] = []
    for path in given:
        if os.path.isdir(path):
            found = sorted(name for name in os.listdir(path) if name.endswith(".pyvmaf"))
            out += [os.path.join(path, name) for name in found]
        else:
            out.append(path)
    if not out:
        raise UsageError(f"{', '.join(given)}: no .pyvmaf file is there")
    return out


def _runs(paths: list[str]) -> tuple[list[list[Result | str | os.PathLike[str]]], list[Part]]:
    """The files of each pair, and its first part.

    One file may have several names on several machines; where ranges are there twice, it is two copies of a file.
    """
    groups: dict[str, list[tuple[str, Part]]] = {}
    for path in paths:
        part = part_of(path)
        groups.setdefault(part.digest, []).append((path, part))
    runs: dict[tuple[str, ...], list[tuple[str, Part]]] = {}
    for digest, group in groups.items():
        starts = {part.extracted.first for _, part in group}
        for path, part in group:
            names = (part.run.ref, part.run.dist) if len(starts) < len(group) else ()
            runs.setdefault((digest, *names), []).append((path, part))
    return [[path for path, _ in run] for run in runs.values()], [run[0][1] for run in runs.values()]


def run_merge(args: argparse.Namespace) -> int:
    """Merge parts, of each pair for itself; the status."""
    files = _files(args.parts)
    runs, firsts = _runs(files)
    into_folder = bool(args.output) and (args.output.endswith(os.sep) or os.path.isdir(args.output))
    if args.output and not into_folder:
        if len(runs) > 1:
            raise UsageError(f"the parts are of {len(runs)} pairs; give --output a folder, ending in {os.sep}")
        if not args.output.lower().endswith((".json", ".csv", ".pyvmaf")):
            raise UsageError(f"--output {args.output!r} must end in .json, .csv or .pyvmaf")
        check_output(args.output, files)
    complete = True
    for paths, first in zip(runs, firsts, strict=True):
        result = merge(paths)
        complete &= result.part is not None and result.part.complete
        if into_folder:
            os.makedirs(args.output, exist_ok=True)
            stem = os.path.splitext(os.path.basename(first.run.dist))[0] or "pair"
            save(result, os.path.join(args.output, f"{stem}.{first.digest[:12]}.json"))
        for line in result.run.warnings if result.run else ():
            say(f"warning: {line}")
        report(result, argparse.Namespace(**{**vars(args), "output": None if into_folder else args.output}))
        if result.part and result.part.complete and not result.part.is_whole:
            say(f"pyvmaf: {result.part.plan.frames}, not the whole videos")
    return EXIT_OK if complete else EXIT_INCOMPLETE
