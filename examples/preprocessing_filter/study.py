#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Learn a luma filter that maximises VMAF, and compare it with unsharp masking.

    python examples/preprocessing_filter/study.py [VIDEO] [--out docs/images]

The filter starts as the identity and follows the gradient of `pyvmaf.torch`;
every score that is printed or drawn comes from the C engine. Without VIDEO, the
sample clip of `examples/demo.py` is used. Needs the extras torch and video (pip install '.[torch,video]') and
matplotlib. Figures are the same each time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import av
import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))
from demo import sample_video

import pyvmaf
from pyvmaf.torch import VMAF

matplotlib.use("Agg")
import matplotlib.pyplot as plt

MODELS = {"VMAF": "vmaf_v0.6.1", "NEG": "vmaf_v0.6.1neg"}
# Filters are compared at these PSNRs of luma, in dB.
PSNRS = (52, 48, 44, 41, 38, 35, 32, 29)


def read_luma(video: Path, frames: int, size: tuple[int, int]) -> tuple[Tensor, float]:
    """The middle of the first frames, [N, 1, H, W] in 0..255, and the frame rate."""
    width, height = size
    made = []
    with av.open(str(video)) as source:
        stream = source.streams.video[0]
        rate = float(stream.average_rate or 25)
        for frame in source.decode(stream):
            if "yuv" not in frame.format.name or frame.format.components[0].bits != 8:
                raise SystemExit(f"{video}: {frame.format.name}; only 8-bit YUV is read here")
            plane = frame.planes[0]
            luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
            top, left = (luma.shape[0] - height) // 2, (luma.shape[1] - width) // 2
            made.append(luma[max(0, top) :, max(0, left) :][:height, :width].copy())
            if len(made) == frames:
                break
    return torch.from_numpy(np.stack(made))[:, None].float(), rate


def apply_filter(luma: Tensor, taps: Tensor) -> Tensor:
    """Filtered frames, within 0..255 but not rounded."""
    padded = F.pad(luma, (taps.shape[-1] // 2,) * 4, mode="reflect")
    return F.conv2d(padded, taps[None, None].to(luma.dtype)).clamp(0.0, 255.0)


def identity(size: int) -> Tensor:
    taps = torch.zeros(size, size, dtype=torch.float64)
    taps[size // 2, size // 2] = 1.0
    return taps


def unsharp(size: int) -> Tensor:
    """Unsharp masking at strength 1 as one filter: twice the picture less a Gaussian blur of deviation 1."""
    x = torch.arange(size) - size // 2
    line = torch.exp(-0.5 * x.double() ** 2)
    blur = torch.outer(line, line)
    return 2.0 * identity(size) - blur / blur.sum()


def psnr(luma: Tensor, taps: Tensor) -> float:
    """Mean PSNR of filtered luma rounded to 8 bits, of every fourth frame."""
    luma = luma[::4]
    error = (apply_filter(luma, taps).round() - luma).double().square().mean((1, 2, 3))
    return float((10 * torch.log10(255.0**2 / error.clamp(min=1e-4))).mean())


def at_psnr(luma: Tensor, taps: Tensor, target: float) -> Tensor:
    """The filter `identity + strength * (taps - identity)` that has this PSNR."""
    unit = identity(taps.shape[-1])
    low, high = 0.0, 64.0
    for _ in range(12):
        middle = (low * high) ** 0.5 if low > 0 else high / 64
        if psnr(luma, unit + middle * (taps - unit)) > target:
            low = middle
        else:
            high = middle
    return unit + high * (taps - unit)


def engine_scores(ref: Tensor, dist: Tensor) -> dict[str, float]:
    """Mean VMAF and NEG of luma rounded to 8 bits, by the C engine; clip off."""
    models = {k: pyvmaf.VmafModel(m, name=k, flags=pyvmaf.ModelFlags.DISABLE_CLIP) for k, m in MODELS.items()}
    with pyvmaf.VmafContext(n_threads=2) as context:
        for model in models.values():
            context.use_features_from_model(model)
        for i in range(len(ref)):
            r, d = (x[i, 0].round().byte().numpy() for x in (ref, dist))
            context.read_pictures((r,), (d,), i)
        context.flush()
        return {k: float(context.score_pooled(m, "mean")) for k, m in models.items()}


def learn(model: str, luma: Tensor, args: argparse.Namespace) -> tuple[Tensor, int]:
    """The filter that gradient ascent from the identity ends with, and its number of steps.

    It stops when the score of held-out frames has not grown for `--patience`
    steps, and takes the filter of their best score.
    """
    train, held = luma[::2], luma[1::6]
    vmaf = VMAF(model)
    taps = identity(args.size).requires_grad_()
    generator = torch.Generator().manual_seed(args.seed)
    best, kept, since, step = -1e9, taps.detach().clone(), 0, 0
    for step in range(args.steps):
        with torch.no_grad():
            # Clips of one frame each: stills, whose motion is zero.
            score = float(vmaf(held[:, None], apply_filter(held, taps)[:, None]).mean())
        print(f"{model} step {step}: {score:.3f} at {psnr(held, taps.detach()):.2f} dB", flush=True)
        if score > best:
            best, kept, since = score, taps.detach().clone(), 0
        elif (since := since + 1) > args.patience:
            break
        chosen = train[torch.randint(len(train), (args.batch,), generator=generator)]
        dist = apply_filter(chosen, taps)
        (grad,) = torch.autograd.grad(vmaf(chosen[:, None], dist[:, None]).mean(), taps)
        with torch.no_grad():
            # Along the filters of unit sum; dividing alone would follow the brightness instead.
            taps += args.rate / (1.0 + step / 10) * (grad - grad.mean())
            taps /= taps.sum()
    return kept, step


def symmetry(taps: Tensor) -> dict[str, float]:
    """How far a filter is from its mirror images, relative to how far it is from the identity."""
    scale = float((taps - identity(taps.shape[-1])).norm())
    if scale == 0.0:
        return {}
    images = {
        "left-right": taps.flip(1), "up-down": taps.flip(0), "half turn": taps.flip(0, 1), "transposed": taps.T,
    }  # fmt: skip
    return {name: float((taps - image).norm()) / scale for name, image in images.items()}


def encode(luma: Tensor, codec: str, crf: int, rate: float) -> tuple[float, Tensor]:
    """Bit rate in kbit/s, and the decoded luma."""
    height, width = luma.shape[-2:]
    options = {"crf": str(crf), "preset": "medium", "threads": "1"}
    if codec == "libx265":
        options["x265-params"] = "log-level=none:pools=1:frame-threads=1"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mkv"
        with av.open(str(target), "w") as out:
            stream = out.add_stream(codec, rate=round(rate), options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for plane in luma.round().byte():
                grey = np.full((height * 3 // 2, width), 128, np.uint8)
                grey[:height] = plane[0].numpy()
                out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "yuv420p")))
            out.mux(stream.encode(None))
        bits = target.stat().st_size * 8 / 1000 / (len(luma) / rate)
        decoded, _ = read_luma(target, len(luma), (width, height))
    return bits, decoded


def draw_pictures(out: Path, luma: Tensor, filters: dict[str, Tensor]) -> None:
    frame = luma[len(luma) // 2 : len(luma) // 2 + 1]
    figure, axes = plt.subplots(2, len(filters), figsize=(3.2 * len(filters), 4.6))
    for (name, taps), (top, bottom) in zip(filters.items(), axes.T, strict=True):
        part = apply_filter(frame, taps)[0, 0]
        height, width = part.shape
        top.imshow(part[height // 4 : height // 4 + 140, width // 3 : width // 3 + 200], cmap="gray", vmin=0, vmax=255)
        top.set_title(name, fontsize=9)
        change = taps - identity(taps.shape[-1])
        limit = max(float(change.abs().max()), 1e-9)
        bottom.imshow(change, cmap="RdBu", vmin=-limit, vmax=limit)
        for axis in (top, bottom):
            axis.set_xticks([])
            axis.set_yticks([])
    save(figure, out / "preprocessing_pictures.png")


def draw_tradeoff(out: Path, curves: dict[str, list[dict[str, float]]]) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    for axis, key in zip(axes, MODELS, strict=True):
        for name, curve in curves.items():
            axis.plot([p["PSNR"] for p in curve], [p[key] for p in curve], ".-", ms=4, lw=1, label=name)
        axis.set_xlabel("PSNR of luma, dB")
        axis.set_ylabel(f"{key}, clip off")
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    save(figure, out / "preprocessing_psnr.png")


def draw_rates(out: Path, rates: dict[str, dict[str, list[dict[str, float]]]]) -> None:
    figure, axes = plt.subplots(len(rates), 2, figsize=(9, 3.4 * len(rates)), squeeze=False)
    for row, (codec, lines) in zip(axes, rates.items(), strict=True):
        for axis, key in zip(row, MODELS, strict=True):
            for name, points in lines.items():
                axis.plot([p["kbit/s"] for p in points], [p[key] for p in points], ".-", lw=1, label=name)
            axis.set_xscale("log")
            axis.set_xlabel(f"{codec}, kbit/s")
            axis.set_ylabel(f"{key}, clip off")
            axis.grid(alpha=0.3, which="both")
    axes[0][0].legend(fontsize=8)
    save(figure, out / "preprocessing_bitrate.png")


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path, help="default: a sample clip")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="where figures and figures' data go")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the sample clip is kept")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--crop", type=int, nargs=2, default=(512, 288), metavar=("W", "H"))
    parser.add_argument("--size", type=int, default=7, help="of the filter")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5, help="of gradient ascent, at first")
    parser.add_argument("--patience", type=int, default=8)
    parser.add_argument("--codecs", nargs="+", default=["libx264", "libx265"])
    parser.add_argument("--crf", type=int, nargs="+", default=[22, 27, 32, 37])
    parser.add_argument("--psnr", type=float, default=41.0, help="at which filters are compared after coding")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    luma, rate = read_luma(args.video or sample_video(args.cache), args.frames, (args.crop[0], args.crop[1]))
    families = {"unsharp masking": unsharp(args.size)}
    for key, model in MODELS.items():
        taps, steps = learn(model, luma, args)
        if torch.equal(taps, identity(args.size)):
            print(f"learnt for {key}: no filter scores more than the identity ({steps} steps)", flush=True)
            continue
        families[f"learnt for {key}"] = taps
        print(f"learnt for {key}: {steps} steps; asymmetry {symmetry(taps)}", flush=True)
    plain = engine_scores(luma, luma)
    print("not filtered:", plain)
    curves: dict[str, list[dict[str, float]]] = {}
    for name, taps in families.items():
        filters = [at_psnr(luma, taps, target) for target in PSNRS]
        curves[name] = [
            {"PSNR": psnr(luma, f), "centre": float(f[args.size // 2, args.size // 2])}
            | engine_scores(luma, apply_filter(luma, f))
            for f in filters
        ]
        for point in curves[name]:
            print(name, {k: round(v, 3) for k, v in point.items()}, flush=True)
    chosen = {"as it is": identity(args.size)}
    chosen |= {name: at_psnr(luma, taps, args.psnr) for name, taps in families.items()}
    rates: dict[str, dict[str, list[dict[str, float]]]] = {codec: {} for codec in args.codecs}
    for codec, lines in rates.items():
        for name, taps in chosen.items():
            lines[name] = []
            for crf in args.crf:
                bits, decoded = encode(apply_filter(luma, taps), codec, crf, rate)
                lines[name].append({"crf": crf, "kbit/s": bits} | engine_scores(luma, decoded))
                print(codec, name, {k: round(v, 2) for k, v in lines[name][-1].items()}, flush=True)
    draw_pictures(args.out, luma, chosen)
    draw_tradeoff(args.out, curves)
    draw_rates(args.out, rates)
    data = {
        "not filtered": plain,
        "curves": curves,
        "rates": rates,
        "filters": {k: v.tolist() for k, v in chosen.items()},
    }
    (args.out / "preprocessing.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
