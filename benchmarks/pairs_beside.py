# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What pyvmaf and other tools make of the damaged pairs of tests/support/pair_cases.py, as a table.

    python benchmarks/pairs_beside.py [--only late7 crop ...]

Each tool scores each damaged pair, and the same pair mended here by construction: the frames that
belong together and the filters that undo the damage are known. A tool's number is right if it lies
within 1 of its own number of the mended pair. Needed on PATH: ffmpeg with libvmaf, ffprobe, and the
tools; those that are not there are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.pair_cases import DAMAGED, Case, How, make, together  # noqa: E402

from pyvmaf import inspect, score  # noqa: E402
from pyvmaf.errors import VmafError  # noqa: E402

#: A number this far from the right one is a wrong one.
NEAR = 1.0
LOSSLESS = (("qp", "0"), ("preset", "ultrafast"))
TAGGED = "setparams=range=tv:colorspace=bt709:color_trc=bt709:color_primaries=bt709"
#: Pairs of which no number of the videos as they are is right: they have to be named or refused.
NO_NUMBER = ("telecine", "interlaced-untagged", "transfer", "swapped", "content")
CROPPED, SIZED = "crop=224:128:16:8", "scale=256:144:flags=bicubic"
#: (reference's, distorted video's) filters that undo the damage; ffmpeg itself turns what is tagged as turned.
UNDO = {
    "crop": (CROPPED, "null"),
    "crop-scaled": (CROPPED, "scale=224:128:flags=bicubic"),
    "crop-left": ("crop=236:144:20:0", "scale=236:144:flags=bicubic"),
    "bars-added": ("null", f"crop=256:112:0:16,{SIZED}"),
    "bars-removed": ("crop=256:144:0:24", "null"),
    "scale-down": ("null", SIZED),
    "scale-odd": ("null", SIZED),
    "aspect": ("null", f"{SIZED},setsar=1"),
    "orientation": ("null", "transpose=cclock"),
    "upside-down": ("null", "hflip,vflip"),
    "range": ("null", "scale=in_range=pc:out_range=tv"),
    "range-untagged": ("null", "scale=in_range=pc:out_range=tv"),
    "matrix": ("null", "scale=in_color_matrix=bt601:out_color_matrix=bt709"),
    "matrix-tag": ("null", "setparams=colorspace=bt709"),
    "depth": ("format=yuv420p10le", "null"),
    "chroma": ("null", "format=yuv420p"),
}
#: A wrong tag is undone before the decoder, as ffmpeg converts what is tagged as full.
UNTAG = {"range-tag": ("-bsf:v", "h264_metadata=video_full_range_flag=0")}


@dataclass(frozen=True)
class Answer:
    """What a tool said of a pair: its VMAF, None where it gave none, and its warnings or findings."""

    score: float | None
    said: str = ""


def by_pyvmaf(ref: Path, dist: Path, _: Case) -> Answer:
    """All that `inspect` names is mended."""
    found = inspect(ref, dist)
    said = ", ".join(found.codes)
    if found.verdict == "not comparable":
        return Answer(None, said)
    try:
        return Answer(score(ref, dist, align="auto", prepare=found.steps or "none").score, said)
    except VmafError as error:
        return Answer(None, f"{said}: {error}")


def by_easyvmaf(ref: Path, dist: Path, case: Case) -> Answer:
    """Looks for an offset where it is told to, and in which of the files."""
    sync = ["--sync-window", "2"] if case.offset else []
    if case.offset < 0:
        sync.append("--sync-reverse")
    summary = dist.with_name(f"{dist.stem}_vmaf_summary.json")
    summary.unlink(missing_ok=True)
    said = _run("easyvmaf", "-d", dist, "-r", ref, "--vmaf-version", "0.6", "--subsample", "3", "--threads", "1", *sync)
    if not summary.exists():
        return Answer(None, said)
    return Answer(json.loads(summary.read_text())["vmaf"]["scores"]["vmaf_hd"], said)


def by_ffmpeg_quality_metrics(ref: Path, dist: Path, _: Case) -> Answer:
    """With its model by default, v0.6.1."""
    out = dist.with_name("fqm.json")
    out.unlink(missing_ok=True)
    said = _run("ffmpeg-quality-metrics", dist, ref, "-m", "vmaf", "--no-summary", "-o", out)
    if not out.exists():
        return Answer(None, said)
    return Answer(json.loads(out.read_text())["global"]["vmaf"]["vmaf"]["average"], said)


def _run(*command: str | Path) -> str:
    """The warnings and errors that a command prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    told = [line.strip() for line in lines if any(word in line.lower() for word in ("warn", "error"))]
    return "; ".join(re.sub("\x1b[^m]*m", "", line) for line in told[:2])


TOOLS: dict[str, Callable[[Path, Path, Case], Answer]] = {
    "pyvmaf": by_pyvmaf,
    "easyvmaf": by_easyvmaf,
    "ffmpeg-quality-metrics": by_ffmpeg_quality_metrics,
}


def lossless(case: Case) -> Case:
    """With a tagged reference in a file: ffmpeg converts an untagged one by a guess beside a tagged video."""
    if case.name == "swapped":
        return case
    rate = Fraction(24) if case.name.startswith("clock") else Fraction(case.how.rate) * Fraction(case.rate)
    how = replace(case.ref_how or How(rate=str(rate)), codec="libx264", options=LOSSLESS, suffix=".mp4")
    return replace(case, ref_how=how)


def mend(case: Case, ref: Path, dist: Path) -> tuple[Path, Path]:
    """The pair as it was before, losslessly."""
    pairs, out = together(case), []
    for side, path in enumerate((ref, dist)):
        chosen = "+".join(f"eq(n,{pair[side]})" for pair in pairs)
        chain = f"{UNDO.get(case.name, ('null',) * 2)[side]},select='{chosen}',setpts=N/24/TB,{TAGGED}"
        out.append(path.with_name(f"{case.name}-mended-{side}.mp4"))
        options = [part for key, value in LOSSLESS for part in (f"-{key}", value)]
        encoded = ["-r", "24", "-c:v", "libx264", *options, "-color_range", "tv"]
        command = ["ffmpeg", "-v", "error", "-y", *UNTAG.get(case.name, ()), "-i", path, "-vf", chain]
        subprocess.run([*command, *encoded, out[-1]], check=True)
    return out[0], out[1]


def outcome(answer: Answer, right: float | None, *, damaged: bool) -> str:
    """In words: mended, told, refused, or a wrong number that nothing is said about."""
    if answer.score is None:
        return f"refused ({answer.said})"
    numbers = f"{answer.score:.2f}" + ("" if right is None else f" for {right:.2f}")
    if right is not None and abs(answer.score - right) <= NEAR:
        return f"{'mended' if damaged and answer.said else 'right'} {numbers}"
    return f"told ({answer.said}) {numbers}" if answer.said else f"WRONG {numbers}"


def row(case: Case, tools: list[str], folder: Path) -> list[str]:
    """The pair's name, and what each tool makes of it."""
    case = lossless(case)
    pair = make(case, folder)
    whole = None if case.name in NO_NUMBER else mend(case, *pair)
    out = [case.name]
    for name in tools:
        right = TOOLS[name](*whole, replace(case, offset=0)).score if whole else None
        out.append(outcome(TOOLS[name](*pair, case), right, damaged=bool(case.codes)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[case.name for case in DAMAGED])
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    args = parser.parse_args()
    tools = [name for name in args.tools if name == "pyvmaf" or shutil.which(name)]
    for name in args.tools:
        if name not in tools:
            print(f"{name} is not on PATH: left out", file=sys.stderr)
    warnings.simplefilter("ignore")
    print("|", " | ".join(["pair", *tools]), "|")
    print("|---" * (1 + len(tools)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for case in DAMAGED:
            if args.only is None or case.name in args.only:
                print("|", " | ".join(row(case, tools, Path(folder))), "|", flush=True)


if __name__ == "__main__":
    main()
