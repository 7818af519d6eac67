# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Time a frame and peak memory of `lpips` against the plain session, in turn.

    python benchmarks/lpips.py MODEL.onnx [--size 1920x1080] [--threads 1] [--rounds 3]

"Plain" is what a program does that hands the exported file to ONNX Runtime with
its default options and that many threads; conversion of samples is left out of
it, and included in ours. Each figure comes from a process of its own; memory is
what that process held at most.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

FRAMES = 3


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def frames(width: int, height: int) -> list[tuple[np.ndarray, ...]]:
    """A blurred random picture and a noisy copy of it."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 200, (height // 8 + 1, width // 8 + 1), np.uint8)
    luma = np.kron(coarse, np.ones((8, 8), np.uint8))[:height, :width]
    chroma = np.ascontiguousarray(luma[::2, ::2])
    noisy = luma + rng.integers(0, 12, luma.shape, np.uint8)
    return [(np.ascontiguousarray(luma), chroma, chroma), (noisy, chroma, chroma)]


class Clock:
    """Seconds since the start by the wall and of processor time; the latter is fair on a busy machine."""

    def __init__(self) -> None:
        self.start = time.perf_counter(), time.process_time()

    def read(self) -> np.ndarray:
        return np.array([time.perf_counter() - self.start[0], time.process_time() - self.start[1]])


def run_plain(model: str, size: tuple[int, int], threads: int, count: int) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    rng = np.random.default_rng(0)
    shape = (1, 3, size[1], size[0])
    feed = {side: rng.random(shape, np.float32) for side in ("ref", "dist")}
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    clock = Clock()
    for _ in range(count):
        session.run(None, feed)
    return clock.read()


def run_ours(model: str, size: tuple[int, int], threads: int, count: int) -> np.ndarray:
    import pyvmaf

    ref, dist = frames(*size)
    clock = Clock()
    with pyvmaf.VmafContext(n_threads=threads if threads > 1 else 0) as ctx:
        ctx.use_feature("lpips", {"model_path": model})
        for i in range(count):
            ctx.read_pictures(ref, dist, i, borrow=True)
        ctx.flush()
    return clock.read()


def child(kind: str, model: str, size: tuple[int, int], threads: int) -> None:
    """A long run less a short one: what loading and first touches cost drops out."""
    run = run_plain if kind == "plain" else run_ours
    short, long = (run(model, size, threads, count) for count in (1, 1 + FRAMES))
    wall, cpu = 1000 * (long - short) / FRAMES
    print(json.dumps({"ms": wall, "cpu": cpu, "peak": peak() / 1024}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", choices=("plain", "ours"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    size = tuple(map(int, args.size.split("x")))
    if args.child:
        child(args.child, args.model, (size[0], size[1]), args.threads)
        return
    found: dict[str, list[dict[str, float]]] = {"plain": [], "ours": []}
    for _ in range(args.rounds):
        for kind, results in found.items():
            done = subprocess.run([sys.executable, *sys.argv, "--child", kind], stdout=subprocess.PIPE, check=True)
            results.append(json.loads(done.stdout))
    best = {kind: {k: min(r[k] for r in results) for k in results[0]} for kind, results in found.items()}
    print(f"{args.size}, {args.threads} threads, best of {args.rounds}")
    for kind, figures in best.items():
        ms, cpu, mib = (figures[k] for k in ("ms", "cpu", "peak"))
        print(f"  {kind:6} {ms:6.0f} ms a frame, {cpu:6.0f} ms of processor time, {mib:6.0f} MiB at most")
    wall, cpu, mib = (best["ours"][k] / best["plain"][k] for k in ("ms", "cpu", "peak"))
    print(f"  ratio  {wall:6.2f}            {cpu:6.2f}                       {mib:6.2f}")


if __name__ == "__main__":
    main()
