# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whole commands in turn: ours against ffmpeg's libvmaf filter, with time and peak memory of the process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from .content import distorted_video, sample_video, y4m, CACHE  # isort: skip


BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class CommandTiming:
    name: str
    frames: int
    ours_fps: float
    peer_fps: float
    ratio: float
    ours_mib: float
    peer_mib: float


# A small process in between: what a child holds before it becomes the command
# counts for its peak, and this process is large.
LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.perf_counter() - start, usage.ru_maxrss / 1024, status]))
"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident MiB of a process."""
    launch = [sys.executable, "-I", "-c", LAUNCHER, *command]
    seconds, mib, status = json.loads(subprocess.run(launch, capture_output=True, check=True).stdout)
    if status:
        raise RuntimeError(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return seconds, mib


def ffmpeg(ref: Path, dist: Path, n_threads: int) -> list[str]:
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", str(dist), "-i", str(ref),
        "-lavfi", f"libvmaf=n_threads={n_threads}", "-f", "null", "-",
    ]  # fmt: skip


def ours(command: str, ref: Path, dist: Path, n_threads: int) -> list[str]:
    log = str(CACHE / "benchmark-log.xml")
    if command == "vmaf":
        return [
            str(BIN / "vmaf"), "-r", str(ref), "-d", str(dist),
            "--threads", str(n_threads), "-o", log, "-q",
        ]  # fmt: skip
    return [str(BIN / "pyvmaf"), "score", str(ref), str(dist), "--threads", str(n_threads)]


def compare(name: str, mine: list[str], theirs: list[str], frames: int, rounds: int) -> CommandTiming:
    pairs = [(run(mine), run(theirs)) for _ in range(rounds + 1)][1:]
    return CommandTiming(
        name, frames,
        frames / statistics.median(a[0] for a, _ in pairs), frames / statistics.median(b[0] for _, b in pairs),
        statistics.median(b[0] / a[0] for a, b in pairs),
        statistics.median(a[1] for a, _ in pairs), statistics.median(b[1] for _, b in pairs),
    )  # fmt: skip


def measure(rounds: int) -> list[CommandTiming]:
    frames, loops = 8, 6
    ref, dist = y4m("1080p", 8, frames, loops)
    out = []
    for n_threads in (0, 2):
        out.append(
            compare(
                f"`vmaf`, 1080p y4m, {n_threads or 'no'} worker threads",
                ours("vmaf", ref, dist, n_threads),
                ffmpeg(ref, dist, n_threads),
                frames * loops,
                rounds,
            )
        )
    encoded = distorted_video(60)
    out.append(
        compare(
            "`pyvmaf score`, 720p h264, 2 worker threads",
            ours("score", sample_video(CACHE), encoded, 2),
            ffmpeg(sample_video(CACHE), encoded, 2),
            60,
            rounds,
        )
    )
    return out
