# SPDX-License-Identifier: BSD-2-Clause-Patent
"""benchmarks/run.py [--quick] [--out docs/benchmarks.md]: measure all, write one page."""

from __future__ import annotations

import argparse
import datetime
import platform
from pathlib import Path

from . import commands, kernels, library, python_api, threads
from .library import AVX2_ONLY, NEG, V061, Case

FLOOR = """\
## The floor

What the integer arithmetic cannot go below, per 16 samples of scale 0 of VIF with 512-bit
registers: 45 two-tap multiply-adds vertically, 72 horizontally, 7.5 for the decimated plane
and about 105 other instructions for the statistics (two double divisions and three
logarithms among them); the three smaller scales add about 24 multiply-adds. At one
multiply-add a cycle and 3.6 GHz that is 5.4 ms for a 1080p pair, 9.4 ms with the rest of
the work that cannot overlap. With 256-bit registers the filters alone take twice the
instructions at twice the rate.
"""

ESTIMATE = """\
## AVX-512, estimated

**Not measured:** this machine has no AVX-512. The figures come from the compiled code (GCC 12.2,
November 2026): instructions and memory accesses of each inner loop of VIF, against the published
throughput of each execution port, a load that crosses a cache line counted twice, and the
bandwidth of the second-level cache. `llvm-mca` 19 agrees within 20 % for an Ice Lake server; its
models of Sapphire Rapids and Zen 4 rate the 16-bit dot product at half of what is assumed here,
which for Zen 4 a prototype had shown. Cycles per 16 samples of scale 0, 8 bits:

| stage | Zen 4 | Ice Lake, Sapphire Rapids | Skylake-X (no VNNI) |
|---|---|---|---|
| rows into the ring | 10 | 7 | 7 |
| vertical filters | 45 | 28 | 49 |
| horizontal filters | 73 | 39 | 75 |
| variances | 18 | 18 | 18 |
| gains (two divisions) | 20 | 32 | 32 |
| three logarithms | 20 | 20 | 20 |
| next scale's plane | 15 | 8 | 9 |
| scales 1 to 3 | 55 | 45 | 58 |
| sum | 255 | 196 | 267 |

These are bounds. The AVX2 set takes about 1.4 times its own, so that 1.15 to 1.4 times is
expected: 10.6 to 12.9 ms of VIF for a 1080p pair on a Zen 4 at 3.6 GHz. libvmaf's AVX-512 took
about 32 ms on one with the copy of its input (40 ms the whole model): **2.4 to 3.0 times as long**
for VIF alone and 2.2 to 2.8 for v0.6.1. On Intel servers that start two dot products a cycle, 2.7
to 3.7 for VIF, on those that start one or have no VNNI 2.0 to 2.7. On a machine with AVX-512
`make bench` measures all of this, and this section goes.
"""


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def cases(quick: bool) -> list[Case]:
    base = [
        Case("1080p", models=(V061,)),
        Case("1080p", models=(V061,), cpumask=AVX2_ONLY),
        Case("1080p", models=(V061,), cpumask=0xFFFF, frames=3),
        Case("1080p", bpc=10, models=(V061,)),
        Case("1080p", features=("vif",)),
        Case("1080p", features=("adm",)),
        Case("1080p", features=("motion",)),
        Case("1080p", features=("float_ssim",)),
        Case("1080p", features=("float_ms_ssim",), frames=3),
        Case("1080p", models=(V061,), n_threads=2, frames=12),
    ]
    if quick:
        return base
    sizes = [Case(s, b, (V061,), frames=3 if s == "4K" else 8) for s in ("480p", "720p", "4K") for b in (8, 10)]
    models = [Case(s, models=m, frames=4) for s in ("720p", "1080p") for m in ((NEG,), (V061, NEG))]
    return base + sizes + models + [Case("4K", models=(V061,), n_threads=2, frames=6)]


def table(header: str, rows: list[str]) -> str:
    columns = header.count("|") - 1
    return "\n".join([header, "|" + "---|" * columns, *rows, ""])


def library_page(rounds: int, quick: bool) -> str:
    rows = []
    for case in cases(quick):
        t = library.measure(case, rounds)
        mask = {0: "all", AVX2_ONLY: "up to AVX2", 0xFFFF: "none"}[case.cpumask]
        rows.append(
            f"| {case.what} | {case.size} | {case.bpc} | {case.n_threads} | {mask} | {t.ours_ms:.2f} "
            f"| {t.peer_ms:.2f} | **{t.ratio:.2f}** | {t.low:.2f} .. {t.high:.2f} |"
        )
        print(rows[-1], flush=True)
    return table(
        "| what | size | bits | threads | vector sets | ours, ms a frame | peer, ms | peer / ours | spread |", rows
    )


def commands_page(rounds: int) -> str:
    rows = [
        f"| {t.name} | {t.ours_fps:.1f} | {t.peer_fps:.1f} | **{t.ratio:.2f}** | {t.ours_mib:.0f} | {t.peer_mib:.0f} |"
        for t in commands.measure(rounds)
    ]
    return table("| command | ours, frames/s | ffmpeg's filter | ratio | ours, peak MiB | ffmpeg's |", rows)


def threads_page(rounds: int) -> str:
    rows = [
        f"| {t.case.size} | {t.case.frames} | **{t.wall:.2f}** | {t.busiest:.2f} |" for t in threads.measure(rounds)
    ]
    return table("| size | frames | one thread / two, wall | busiest thread's processor time |", rows)


def kernels_page(rounds: int) -> str:
    rows = [f"| {t.kernel} | {t.bpc} | {t.isa} | {t.mpixels:.0f} | {t.ratio:.2f} |" for t in kernels.measure(rounds)]
    return table("| kernel | bits | instruction set | Mpixel/s | times scalar |", rows)


def python_page(rounds: int) -> str:
    t = python_api.measure(rounds)
    return (
        f"1080p, 8 bits, v0.6.1, one thread: {t.python_ms:.2f} ms a frame with NumPy arrays through `VmafContext`, "
        f"{t.c_ms:.2f} ms with pictures through the C ABI: {100 * (t.ratio - 1):+.1f} % (median of a run in turn).\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, fewer rounds")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    args = parser.parse_args()
    rounds = 5 if args.quick else 9
    page = [
        "# Benchmarks\n",
        f"Made by `make bench` on {datetime.date.today()}: {cpu_name()}, kernel set "
        f"`{kernels.isas()[0]}`, Python {platform.python_version()}, {platform.libc_ver()[0]} "
        f"{platform.libc_ver()[1]}. The peer is libvmaf 3.2.0 out of the wheel of PyAV 19.0.2.",
        f"Medians of {rounds} alternating rounds after one that is not counted; the content is a scaled clip of "
        "natural video and its x264 encode. Every run compares all doubles of both sides.\n",
        "## Whole library\n", library_page(rounds, args.quick),
        "## Two threads against one\n", threads_page(rounds),
        "## Whole commands\n", commands_page(3),
        "## Python against C\n", python_page(rounds),
        "## Kernels\n", kernels_page(rounds),
        FLOOR,
    ]  # fmt: skip
    if platform.machine() == "x86_64" and not any(isa.startswith("avx512") for isa in kernels.isas()):
        page.append(ESTIMATE)
    args.out.write_text("\n".join(page))
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
