#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Losses of images and video against each other: time, memory, and nearness to the engine.

    python benchmarks/torch_loss.py speed      forward, and forward with backward, in alternating runs
    python benchmarks/torch_loss.py memory     peak resident memory of one forward with backward at 720p
    python benchmarks/torch_loss.py clip       loss and gradient of 300 frames of 1080p
    python benchmarks/torch_loss.py agreement  distance to the C engine and to libvmaf's float extractors

What is not installed is left out: vmaf-torch, torchmetrics (with lpips for LPIPS).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch_agreement import agreement

from pyvmaf.torch import VMAF, VMAFLoss

Loss = Callable[[Tensor, Tensor], Tensor]
SHAPES = {"256x256 x8": (8, 256, 256), "720p": (1, 720, 1280), "1080p": (1, 1080, 1920)}


def frames(count: int, height: int, width: int, device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Soft structure with light noise on the distorted side, 0..255."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 1, height // 8, width // 8, generator=generator) * 200 + 20
    ref = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 255)
    dist = (ref + 4 * torch.randn(ref.shape, generator=generator)).clamp(0, 255)
    return ref.to(device), dist.to(device)


def losses() -> dict[str, Loss]:
    """Every loss that is installed, on luma in 0..255."""
    made: dict[str, Loss] = {"pyvmaf": VMAF(), "pyvmaf NEG": VMAF("vmaf_v0.6.1neg")}
    try:
        from vmaf_torch import VMAF as Other

        made["vmaf-torch"] = Other()
    except ImportError:
        pass
    try:
        from torchmetrics.functional import image
        from torchmetrics.functional.image import lpips as lpips_module
    except ImportError:
        return made
    made["PSNR"] = lambda r, d: image.peak_signal_noise_ratio(d, r, data_range=255.0)
    made["SSIM"] = lambda r, d: image.structural_similarity_index_measure(d, r, data_range=255.0)
    made["MS-SSIM"] = lambda r, d: image.multiscale_structural_similarity_index_measure(d, r, data_range=255.0)
    try:
        # Untrained: its weights would be a download, and time does not depend on them.
        net = lpips_module._NoTrainLpips(net="squeeze", pnet_rand=True, pretrained=False)
        made["LPIPS-squeeze"] = lambda r, d: net(*(x.expand(-1, 3, -1, -1) / 127.5 - 1 for x in (r, d))).mean()
    except ImportError as error:
        print(f"LPIPS-squeeze left out: {error}", file=sys.stderr)
    return made


def forward(loss: Loss, ref: Tensor, dist: Tensor) -> None:
    with torch.no_grad():
        loss(ref, dist)


def backward(loss: Loss, ref: Tensor, dist: Tensor) -> None:
    x = dist.detach().requires_grad_()
    torch.autograd.grad(loss(ref, x).mean(), x)


def speed(args: argparse.Namespace) -> None:
    """CPU seconds of this process, the least of several rounds in turn: other work on the machine counts least so."""
    torch.set_num_threads(args.threads)
    clock = time.process_time if args.device == "cpu" and args.threads == 1 else time.perf_counter
    for title, shape in SHAPES.items():
        ref, dist = frames(*shape, args.device)
        for name, work in (("forward", forward), ("forward and backward", backward)):
            best: dict[str, float] = {}
            for _ in range(args.rounds):
                for key, loss in losses_at(args.device).items():
                    start = clock()
                    work(loss, ref, dist)
                    if args.device != "cpu":
                        torch.cuda.synchronize()
                    best[key] = min(best.get(key, 1e9), clock() - start)
            cells = "  ".join(f"{key} {1e3 * seconds:.1f}" for key, seconds in best.items())
            print(f"{title}, {name}, ms: {cells}", flush=True)


_made: dict[str, dict[str, Loss]] = {}


def losses_at(device: str) -> dict[str, Loss]:
    if device not in _made:
        _made[device] = {k: v.to(device) if hasattr(v, "to") else v for k, v in losses().items()}
    return _made[device]


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(args: argparse.Namespace) -> None:
    """Each loss in a process of its own; what PyTorch and the frames take is subtracted."""
    if args.only:
        torch.set_num_threads(1)
        ref, dist = frames(1, 720, 1280)
        loss = losses()[args.only]
        before = peak()
        backward(loss, ref, dist)
        print(f"{args.only}: {peak() - before:.0f} MiB over {before:.0f}")
        return
    for name in losses():
        subprocess.run([sys.executable, __file__, "memory", "--only", name], check=True)


def clip(args: argparse.Namespace) -> None:
    """The clip is held as bytes; the distorted frames are made by a filter that is trained, as they are needed."""
    torch.set_num_threads(args.threads)
    base, _ = frames(1, 1080, 1920)
    ref = torch.empty(args.frames, 1, 1080, 1920, dtype=torch.uint8)
    for i in range(args.frames):
        ref[i] = base[0].roll(i, -1).byte()
    taps = torch.zeros(1, 1, 7, 7)
    taps[0, 0, 3, 3] = 1.0
    taps.requires_grad_()

    def pairs() -> Any:
        for i in range(0, args.frames, args.chunk):
            part = ref[i : i + args.chunk].float()
            yield part, torch.nn.functional.conv2d(part, taps, padding=3).clamp(0, 255)

    start = time.perf_counter()
    loss = VMAFLoss().backward(pairs(), frames=args.frames)
    taken = time.perf_counter() - start
    assert taps.grad is not None
    print(f"{args.frames} frames, loss {loss:.5f}, gradient {taps.grad.norm():.4f}, {taken:.0f} s, {peak():.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    jobs = {"speed": speed, "memory": memory, "clip": clip, "agreement": lambda _: agreement()}
    parser.add_argument("job", choices=jobs)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--chunk", type=int, default=1)
    parser.add_argument("--only")
    args = parser.parse_args()
    jobs[args.job](args)


if __name__ == "__main__":
    main()
