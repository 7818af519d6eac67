# SPDX-License-Identifier: BSD-2-Clause-Patent
"""benchmarks/run.py [--quick] [--only PART ...] [--what NAME] [--out docs/benchmarks.md]: rows into the page."""

from __future__ import annotations

import argparse
import datetime
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from . import commands, kernels, library, python_api, threads
from .library import AVX2_ONLY, NEG, V061, Case
from .page import Row, Table, rewrite


@cache
def machine() -> str:
    """The processor; virtual machines of several generations share a name, so with family and model."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    fact = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = fact.get("model name") or platform.processor() or platform.machine()
    if {"cpu family", "model"} <= fact.keys():
        name += f", family {fact['cpu family']} model {fact['model']}"
    return name


def table(title: str, head: Row, keys: int, rows: Sequence[Row]) -> Table:
    """A table of this machine's, each row with today's date."""
    day = str(datetime.date.today())
    return Table(f"{title}, {machine()}", (*head, "measured"), keys, [(*row, day) for row in rows])


def cases(quick: bool) -> list[Case]:
    base = [
        Case("1080p", models=(V061,)),
        Case("1080p", bpc=10, models=(V061,)),
        Case("1080p", features=("vif",)),
        Case("1080p", features=("adm",)),
        Case("1080p", features=("motion",)),
        Case("1080p", features=("cambi",)),
        Case("1080p", bpc=10, features=("cambi",)),
        Case("1080p", models=(V061,), n_threads=2, frames=12),
    ]
    if quick:
        return base
    made = [Case("1080p", models=(V061,), frames=4, content=content) for content in ("flat", "banded", "screen")]
    sizes = [Case(s, b, (V061,), frames=3 if s == "4K" else 8) for s in ("480p", "720p", "4K") for b in (8, 10)]
    models = [Case(s, models=m, frames=4) for s in ("720p", "1080p") for m in ((NEG,), (V061, NEG))]
    threads = Case("4K", models=(V061,), n_threads=2, frames=6)
    return [*base, *made, *sizes, *models, threads, *v1_cases(), *codec_cases()]


def v1_cases() -> list[Case]:
    """Whole models, and their extractors; pictures are copied as they are by callers who decode."""
    cambi = {"cambi_high_res_speedup": 1080, "cambi_vis_lum_threshold": 0.06, "cambi_max_val": 17.0}
    speed = {"speed_weight_var_mode": 5, "speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_max_val": 45.0}
    v1 = "vmaf_v1.0.16_"
    return [
        *(Case("1080p", b, (v1 + m,), copies=True) for m in ("3d0h", "5d0h") for b in (8, 10)),
        *(Case("4K", b, (v1 + m,), copies=True, frames=4) for m in ("3d0h_2160", "1d5h_2160") for b in (8, 10)),
        *(Case("1080p", b, features=("cambi",), options=cambi, note="v1's options") for b in (8, 10)),
        *(Case(s, features=("cambi",), frames=3, content="banded") for s in ("1080p", "4K")),
        *(Case("1080p", b, features=("speed_chroma",), options=speed, note="v1's options") for b in (8, 10)),
        *(Case("1080p", b, features=("speed_temporal",)) for b in (8, 10)),
    ]


def codec_cases() -> list[Case]:
    """What AOM's test conditions take long for."""
    slow = ("ciede", "float_ssim", "float_ms_ssim", "psnr_hvs")
    each = [Case("1080p", b, features=(f,), frames=4) for f in slow for b in (8, 10)]
    aom = [
        Case("1080p", b, (V061, NEG), ("psnr", *slow, "cambi"), frames=3, copies=True, name="AOM's test conditions")
        for b in (8, 10)
    ]
    return [*each, *(Case("1080p", b, features=slow, frames=4) for b in (8, 10)), *aom]


def masks() -> dict[str, int]:
    """Vector sets that a caller may be left with, and the mask that leaves them: the best, AVX2."""
    best, *rest = kernels.isas()
    return {best: 0, "avx2": AVX2_ONLY} if "avx2" in rest else {best: 0}


def columns(t: library.Timing) -> tuple[str, ...]:
    return (
        f"{t.ours:.2f}", f"{t.peer:.2f}", f"**{t.ratio:.2f}**",
        f"{t.quiet_ours:.2f}", f"{t.quiet_peer:.2f}", f"**{t.quiet_ratio:.2f}**",
    )  # fmt: skip


def library_tables(rounds: int, quick: bool, what: str = "") -> Iterator[Table]:
    """Row by row, at each of the sets that a caller may be left with: the best, AVX2, none."""
    head = (
        "what", "size", "bits", "content", "threads", "ours", "peer", "peer / ours",
        "ours, quiet", "peer, quiet", "quiet ratio",
    )  # fmt: skip
    for n, case in enumerate(case for case in cases(quick) if case.what.startswith(what)):
        for isa, mask in {**masks(), "scalar": 0xFFFF}.items():
            if isa == "scalar" and (n or what):
                continue
            t = library.measure(replace(case, cpumask=mask, frames=3 if isa == "scalar" else case.frames), rounds)
            row = (
                case.what, case.size, str(case.bpc), case.content, str(case.n_threads), *columns(t),
            )  # fmt: skip
            print(isa, *row, flush=True)
            yield table(f"Whole library, kernel set `{isa}`", head, 5, [row])


def scalar_tables(rounds: int, quick: bool) -> Iterator[Table]:
    """Extractors that the peer's wheel lacks, beside our plain scalar set."""
    head = (
        "what", "bits", "ours", "scalar", "scalar / ours", "ours, quiet", "scalar, quiet", "quiet ratio",
    )  # fmt: skip
    for isa, mask in masks().items():
        for what in ("float_vif", "float_adm", "float_motion"):
            for bpc in (8, 10):
                t = library.measure_beside_scalar(Case("1080p", bpc, features=(what,), cpumask=mask), rounds)
                row = (what, str(bpc), *columns(t))
                print(isa, *row, flush=True)
                yield table(f"Float extractors beside plain scalar code, kernel set `{isa}`", head, 2, [row])


def commands_tables(rounds: int, quick: bool) -> list[Table]:
    head = ("command", "ours, frames/s", "ffmpeg's filter", "ratio", "ours, peak MiB", "ffmpeg's")
    rows = [
        (
            t.name,
            f"{t.ours_fps:.1f}",
            f"{t.peer_fps:.1f}",
            f"**{t.ratio:.2f}**",
            f"{t.ours_mib:.0f}",
            f"{t.peer_mib:.0f}",
        )
        for t in commands.measure(3)
    ]
    return [table(f"Whole commands, kernel set `{kernels.isas()[0]}`", head, 1, rows)]


def threads_tables(rounds: int, quick: bool) -> list[Table]:
    head = ("size", "frames", "one thread / two, wall", "busiest thread's processor time")
    rows = [(t.case.size, str(t.case.frames), f"**{t.wall:.2f}**", f"{t.busiest:.2f}") for t in threads.measure(rounds)]
    return [table(f"Two threads against one, kernel set `{kernels.isas()[0]}`", head, 2, rows)]


def kernels_tables(rounds: int, quick: bool) -> list[Table]:
    head = ("kernel", "bits", "Mpixel/s", "times scalar")
    rows: dict[str, list[tuple[str, ...]]] = {isa: [] for isa in kernels.isas()}
    for t in kernels.measure(rounds):
        rows[t.isa].append((t.kernel, str(t.bpc), f"{t.mpixels:.0f}", f"{t.ratio:.2f}"))
    return [table(f"Kernels, set `{isa}`", head, 2, found) for isa, found in rows.items()]


def python_tables(rounds: int, quick: bool) -> list[Table]:
    t = python_api.measure(rounds)
    head = ("v0.6.1, 1080p, 8 bits, one thread", "NumPy arrays, ms", "C ABI, ms", "more")
    cost = f"{100 * (t.ratio - 1):+.1f} %"
    row = (f"kernel set `{kernels.isas()[0]}`", f"{t.python_ms:.2f}", f"{t.c_ms:.2f}", cost)
    return [table("Python against C", head, 1, [row])]


PARTS: dict[str, Callable[[int, bool], Iterable[Table]]] = {
    "library": library_tables,
    "scalar": scalar_tables,
    "threads": threads_tables,
    "commands": commands_tables,
    "python": python_tables,
    "kernels": kernels_tables,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, fewer rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--what", default="", help="only rows of the library that begin with this")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    args = parser.parse_args()
    rounds = 5 if args.quick else 9
    parts = {**PARTS, "library": partial(library_tables, what=args.what)}
    for part in args.only:
        for table in parts[part](rounds, args.quick):
            rewrite(args.out, table)  # at once: a run that is cut short has not been in vain
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
