# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Time a frame and peak memory of `lpips` against the plain session, in turn.

    python benchmarks/lpips.py MODEL.onnx [--size 1920x1080] [--threads 1] [--rounds 3]

"Plain" is what a program does that hands the exported file to ONNX Runtime with
its default options and that many threads; conversion of samples is left out of
it, and included in ours. Each figure comes from a process of its own; memory is
what the process held at most, less what it held before the model was loaded.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

FRAMES = 6


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


def run_plain(model: str, size: tuple[int, int], threads: int) -> tuple[list[float], int, int]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    rng = np.random.default_rng(0)
    shape = (1, 3, size[1], size[0])
    feed = {side: rng.random(shape, np.float32) for side in ("ref", "dist")}
    before = peak()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(FRAMES):
        start = time.perf_counter()
        session.run(None, feed)
        times.append(time.perf_counter() - start)
    return times, before, peak()


def run_ours(model: str, size: tuple[int, int], threads: int) -> tuple[list[float], int, int]:
    import onnxruntime  # noqa: F401

    import pyvmaf

    ref, dist = frames(*size)
    before = peak()
    times = []
    with pyvmaf.VmafContext(n_threads=threads if threads > 1 else 0) as ctx:
        ctx.use_feature("lpips", {"model_path": model})
        for i in range(FRAMES):
            start = time.perf_counter()
            ctx.read_pictures(ref, dist, i, borrow=True)
            if threads > 1:
                # Frames overlap: what counts is the time of all, over their number.
                continue
            times.append(time.perf_counter() - start)
        start_flush = time.perf_counter()
        ctx.flush()
        times.append(time.perf_counter() - start_flush)
    return times, before, peak()


def timed_ours(model: str, size: tuple[int, int], threads: int) -> tuple[list[float], int, int]:
    """With threads, six frames less the two of a first run, over four."""
    if threads == 1:
        times, before, after = run_ours(model, size, threads)
        return times[:-1], before, after
    global FRAMES
    spans = []
    for count in (2, 8):
        FRAMES = count
        start = time.perf_counter()
        _, before, after = run_ours(model, size, threads)
        spans.append(time.perf_counter() - start)
    return [(spans[1] - spans[0]) / 6], before, after


def child(kind: str, model: str, size: tuple[int, int], threads: int) -> None:
    times, before, after = (run_plain if kind == "plain" else timed_ours)(model, size, threads)
    print(json.dumps({"ms": 1000 * min(times), "mib": (after - before) / 1024, "peak": after / 1024}))


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
        print(f"  {kind:6} {figures['ms']:7.0f} ms a frame, {figures['peak']:6.0f} MiB at most")
    ratios = [best["ours"][k] / best["plain"][k] for k in ("ms", "peak")]
    print(f"  ratio  {ratios[0]:7.2f}              {ratios[1]:6.2f}")


if __name__ == "__main__":
    main()
