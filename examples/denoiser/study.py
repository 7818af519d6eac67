#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a small denoiser learns from VMAF, from VMAF NEG, and from either with something to hold it.

    pip install '.[torch,video]' matplotlib
    python examples/denoiser/study.py [VIDEO] [--out FOLDER]

The same network, noise and crops for each loss; only the loss differs. Writes a table, the
curves over training, and one picture of each. Two minutes on one core, the same figures each time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import matplotlib
import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))
from demo import sample_video

import pyvmaf
from pyvmaf.torch import PerceptualLoss, VMAFLoss, rgb_to_luma
from pyvmaf.torch.color import luma_and_chroma

matplotlib.use("Agg")
import matplotlib.pyplot as plt

Loss = Callable[[Tensor, Tensor], Tensor]
NOISE = 15.0
CROP, CROPS = 96, 4
SEED = 0


def read_rgb(video: Path, frames: int, size: tuple[int, int]) -> Tensor:
    """The middle of every fourth frame, [N, 3, H, W] in 0..255."""
    width, height = size
    made = []
    with av.open(str(video)) as source:
        for number, frame in enumerate(source.decode(video=0)):
            if number % 4 == 0:
                picture = frame.to_ndarray(format="rgb24")
                top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
                made.append(picture[max(0, top) :, max(0, left) :][:height, :width].copy())
            if len(made) == frames:
                break
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2).float()


def network() -> nn.Sequential:
    """Three convolutions that start by changing nothing."""
    torch.manual_seed(SEED)
    made = nn.Sequential(
        nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(),
        nn.Conv2d(24, 3, 3, padding=1),
    )  # fmt: skip
    nn.init.zeros_(made[-1].weight)
    nn.init.zeros_(made[-1].bias)
    return made


def denoised(net: nn.Module, noisy: Tensor) -> Tensor:
    """The noisy picture with what the network adds, 0..255 before clipping."""
    return noisy + 255.0 * net(noisy / 255.0 - 0.5)


def on_luma(loss: nn.Module) -> Loss:
    """A loss of luma as one of RGB."""
    return lambda ref, dist: loss(rgb_to_luma(ref), rgb_to_luma(dist).clamp(0, 255))


def losses() -> dict[str, Loss]:
    return {
        "MSE": lambda ref, dist: ((ref - dist) / 255).square().mean(),
        "VMAF": on_luma(VMAFLoss("vmaf_v0.6.1", motion=False)),
        "NEG": on_luma(VMAFLoss("vmaf_v0.6.1neg", motion=False)),
        "NEG + luma": PerceptualLoss(chroma=0.0, motion=False),
        "PerceptualLoss": PerceptualLoss(motion=False),
    }


def psnr(a: Tensor, b: Tensor, peak: float = 255.0) -> float:
    return float(10 * torch.log10(peak**2 / (a - b).double().square().mean()))


def judged(ref: Tensor, dist: Tensor) -> dict[str, float]:
    """VMAF and NEG of the C engine, clip off, and PSNR of luma and of chroma, of pictures rounded to bytes."""
    dist = dist.clamp(0, 255).round()
    (y, c), (v, e) = (luma_and_chroma(x, "bt709", "limited") for x in (ref, dist))
    made = {"PSNR luma": psnr(y.round(), v.round()), "PSNR chroma": psnr(c, e)}
    for name, model in (("VMAF", "vmaf_v0.6.1"), ("NEG", "vmaf_v0.6.1neg")):
        loaded = pyvmaf.VmafModel(model, flags=pyvmaf.ModelFlags.DISABLE_CLIP)
        scores = []
        for r, d in zip(y, v, strict=True):  # one at a time: these are single pictures
            with pyvmaf.VmafContext() as context:
                context.use_features_from_model(loaded)
                context.read_pictures(*((x[0].round().byte().numpy(),) for x in (r, d)), 0)
                context.flush()
                scores.append(context.score_at_index(loaded, 0))
        made[name] = float(np.mean(scores))
    return made


def train(loss: Loss, pictures: Tensor, held: tuple[Tensor, Tensor], steps: int) -> tuple[list[Any], nn.Module]:
    """The course of the held-out figures, and the network at the end."""
    net = network()
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    g = torch.Generator().manual_seed(SEED)
    course = []
    for step in range(steps + 1):
        if step % (steps // 10) == 0:
            with torch.no_grad():
                course.append((step, judged(held[0], denoised(net, held[1]))))
        rows = []
        for _ in range(CROPS):
            n, y, x = (int(torch.randint(0, k, (), generator=g)) for k in (
                len(pictures), pictures.shape[2] - CROP, pictures.shape[3] - CROP))  # fmt: skip
            rows.append(pictures[n, :, y : y + CROP, x : x + CROP])
        ref = torch.stack(rows)
        noisy = ref + NOISE * torch.randn(ref.shape, generator=g)
        optimiser.zero_grad()
        loss(ref, denoised(net, noisy)).backward()
        optimiser.step()
    return course, net


def draw(courses: dict[str, list[Any]], pictures: dict[str, Tensor], out: Path) -> None:
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.6), constrained_layout=True)
    for ax, key in zip(axes, ("VMAF", "NEG", "PSNR luma", "PSNR chroma"), strict=True):
        for name, course in courses.items():
            ax.plot([step for step, _ in course], [made[key] for _, made in course], label=name)
        ax.set_title(key + (", dB" if "PSNR" in key else ""))
        ax.set_xlabel("step")
        ax.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(out / "denoiser_curves.png", dpi=80)
    figure, axes = plt.subplots(2, -(-len(pictures) // 2), figsize=(15, 6.2), constrained_layout=True)
    for ax, (name, picture) in zip(axes.flat, pictures.items(), strict=False):
        ax.imshow(picture.clamp(0, 255).byte().permute(1, 2, 0).numpy())
        ax.set_title(name)
    for ax in axes.flat:
        ax.axis("off")
    figure.savefig(out / "denoiser_pictures.jpg", dpi=80, pil_kwargs={"quality": 85})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video", nargs="?", type=Path, help="default: the sample clip of make demo")
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--frames", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    video = args.video or sample_video(Path(tempfile.gettempdir()))
    rgb = read_rgb(video, args.frames, (512, 288))
    pictures, held = rgb[:-3], rgb[-3:]
    g = torch.Generator().manual_seed(SEED + 1)
    noisy = held + NOISE * torch.randn(held.shape, generator=g)
    courses: dict[str, list[Any]] = {}
    views = {"reference": held[0], "noisy": noisy[0]}
    for name, loss in losses().items():
        courses[name], net = train(loss, pictures, (held, noisy), args.steps)
        with torch.no_grad():
            views[name] = denoised(net, noisy[:1])[0]
    keys = ("VMAF", "NEG", "PSNR luma", "PSNR chroma")
    print("| trained with | " + " | ".join(keys) + " |\n|---|---|---|---|---|")
    first = courses["MSE"][0][1]
    for name, made in {"(noisy)": first, **{k: c[-1][1] for k, c in courses.items()}}.items():
        print(f"| {name} | " + " | ".join(f"{made[key]:.1f}" for key in keys) + " |")
    args.out.mkdir(parents=True, exist_ok=True)
    cut = (slice(None), slice(60, 220), slice(150, 400))
    draw(courses, {name: view[cut] for name, view in views.items()}, args.out)


if __name__ == "__main__":
    main()
