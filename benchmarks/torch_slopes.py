#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Slopes of the differentiable form against central differences of the C engine, kind by kind of picture.

    python benchmarks/torch_slopes.py [--model vmaf_v0.6.1] [--pairs 10] [--list]

Each pair is a 16-bit picture of 320x240 and a direction to move the distorted side in. The engine's
score moves in steps, so a slope and a cubic term are fitted to its central differences at twelve step
lengths. Where that gives the slope within 0.3 % (standard error) the engine is smooth at that scale and
the derivative is held to it; elsewhere the reason is listed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import pyvmaf

Plane = npt.NDArray[Any]
SIZE = (240, 320)
STEPS = np.linspace(0.25, 1.5, 12)
KNOWN = 0.003


def soft(g: np.random.Generator, scale: int, low: float, high: float) -> Plane:
    """Structure of about `scale` samples between two levels."""
    coarse = g.random((SIZE[0] // scale + 2, SIZE[1] // scale + 2))
    rows = np.linspace(0, coarse.shape[0] - 1.001, SIZE[0])
    cols = np.linspace(0, coarse.shape[1] - 1.001, SIZE[1])
    top, left = rows.astype(int)[:, None], cols.astype(int)[None]
    y, x = rows[:, None] - top, cols[None] - left
    upper = coarse[top, left] * (1 - x) + coarse[top, left + 1] * x
    lower = coarse[top + 1, left] * (1 - x) + coarse[top + 1, left + 1] * x
    made: Plane = low + (high - low) * (upper * (1 - y) + lower * y)
    return made


def natural(g: np.random.Generator, low: float = 20.0, high: float = 230.0) -> Plane:
    """Structure of several sizes, as pictures have it."""
    layers = [soft(g, scale, 0, weight) for scale, weight in ((48, 0.5), (16, 0.25), (6, 0.15), (2, 0.1))]
    made: Plane = low + (high - low) * sum(layers)
    return made


def blurred(x: Plane) -> Plane:
    """A three-tap mean over rows and columns."""
    for axis in (0, 1):
        x = (np.roll(x, 1, axis) + 2 * x + np.roll(x, -1, axis)) / 4
    return x


# Reference, distorted side, direction of the largest change near a grey level.
Made = tuple[Plane, Plane, Plane]


def degraded(g: np.random.Generator, ref: Plane, noise: float = 4.0) -> Made:
    """Blurred twice with noise, moved towards more blur."""
    dist = blurred(blurred(ref)) + noise * g.standard_normal(SIZE)
    return ref, dist, blurred(dist) - dist


def flat_pair(g: np.random.Generator) -> Made:
    """Both sides one level; texture comes in."""
    flat = np.full(SIZE, float(g.integers(16, 236)))
    return flat, flat, g.standard_normal(SIZE) * 0.3


def nearly_flat(g: np.random.Generator) -> Made:
    """Both sides within half a grey level."""
    ref = soft(g, 8, 0.0, 0.5) + float(g.integers(16, 236))
    return ref, blurred(ref), soft(g, 8, -0.5, 0.5)


KINDS: dict[str, Callable[[np.random.Generator], Made]] = {
    "natural, blur and noise": lambda g: degraded(g, natural(g)),
    "natural, little noise": lambda g: degraded(g, natural(g), 0.5),
    "coarse structure": lambda g: degraded(g, soft(g, 12, 30, 220)),
    "dark": lambda g: degraded(g, natural(g, 1.0, 24.0), 0.5),
    "bright": lambda g: degraded(g, natural(g, 200.0, 250.0), 1.0),
    "saturated": lambda g: degraded(g, np.clip(natural(g, -120.0, 380.0), 4, 250), 1.0),
    "low contrast": lambda g: degraded(g, natural(g, 110.0, 130.0), 0.5),
    "identical": lambda g: (x := natural(g), x, blurred(x) - x),
    "nearly flat": nearly_flat,
    "flat": flat_pair,
    "distorted side flat": lambda g: (natural(g), np.full(SIZE, 120.0), soft(g, 6, -1.0, 1.0)),
}


def engine(ref: Plane, dist: Plane, model: str) -> float:
    """The engine's score of 16-bit pictures, not clipped."""
    with pyvmaf.VmafContext() as context:
        loaded = pyvmaf.VmafModel(model, flags=pyvmaf.ModelFlags.DISABLE_CLIP)
        context.use_features_from_model(loaded)
        samples = [np.clip(np.round(x * 256), 0, 65535).astype(np.uint16) for x in (ref, dist)]
        context.read_pictures(samples[0], samples[1], 0, bpc=16, pix_fmt="gray")
        context.flush()
        return context.score_at_index(loaded, 0)


def compare(made: Made, model: str) -> tuple[float, float, float, str]:
    """Derivative, the engine's slope and its standard error, and why it is no judge; "" when it is."""
    ref, dist, direction = (np.clip(made[0], 0, 255), np.clip(made[1], 1, 254), made[2])
    direction = np.clip(direction, -1 / STEPS[-1], 1 / STEPS[-1])
    gradient = pyvmaf.gradient(ref, dist, model=model).dist
    assert gradient is not None
    slope = float((gradient.astype(float) * direction).sum())
    up, down = (np.array([engine(ref, dist + k * h * direction, model) for h in STEPS]) for k in (1, -1))
    here = engine(ref, dist, model)
    # (f(h) - f(-h)) / 2 = a h + b h^3
    terms = np.stack([STEPS, STEPS**3], 1)
    odd = (up - down) / 2
    fit, *_ = np.linalg.lstsq(terms, odd, rcond=None)
    spread = np.sum((odd - terms @ fit) ** 2) / (len(STEPS) - 2)
    error = float(np.sqrt(spread * np.linalg.inv(terms.T @ terms)[0, 0]))
    near = float(fit[0])
    ways = [float(np.mean((up - here) / STEPS)), float(np.mean((here - down) / STEPS))]
    why = ""
    if max(abs(near), *map(abs, ways)) < 0.05:
        why = "slope below 0.05: the engine's steps are as large"
    elif abs(ways[0] - ways[1]) > 0.5 * max(map(abs, ways)):
        why = "kink: the score falls to both sides" if ways[0] < 0 < ways[1] else "kink: the sides differ"
    elif error > KNOWN * abs(near):
        why = "steps: the engine's slope is uncertain"
    return slope, near, error, why


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="vmaf_v0.6.1")
    parser.add_argument("--pairs", type=int, default=10, help="of each kind")
    parser.add_argument("--list", action="store_true", help="every pair, too")
    args = parser.parse_args()
    print(
        "| pictures | slope | pairs | judged | of these within 1 % | worst | not judged | these, in standard errors |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, make in KINDS.items():
        rows = [compare(make(np.random.default_rng(seed)), args.model) for seed in range(args.pairs)]
        judged = [abs(slope - near) / abs(near) for slope, near, _, why in rows if not why]
        worst = f"{max(judged):.2%}" if judged else "-"
        reasons: dict[str, int] = {}
        for *_, why in rows:
            if why:
                reasons[why] = reasons.get(why, 0) + 1
        listed = "; ".join(f"{count}: {why}" for why, count in reasons.items())
        size = np.median([abs(row[0]) for row in rows])
        within = sum(distance <= 0.01 for distance in judged)
        errors = [(slope - near) / max(error, 1e-9) for slope, near, error, why in rows if "uncertain" in why]
        off = f"{np.mean(errors):+.1f}" if errors else "-"
        print(f"| {name} | {size:.3f} | {len(rows)} | {len(judged)} | {within} | {worst} | {listed} | {off} |")
        for seed, (slope, near, error, why) in enumerate(rows if args.list else []):
            print(f"    {seed}: slope {slope:.4f}, engine {near:.4f} +- {error:.4f}, {slope / near - 1:+.2%} {why}")


if __name__ == "__main__":
    main()
