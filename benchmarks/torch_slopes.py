#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Slopes of the differentiable form against central differences of the C engine, kind by kind of picture.

    python benchmarks/torch_slopes.py [--model vmaf_v0.6.1] [--judge MODEL] [--pairs 10] [--list]

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


# Of a side: luma, and for VMAF v1 chroma in full size.
Planes = tuple[Plane, ...]
Moved = tuple[Planes, Planes, Planes]


def with_chroma(made: Made, g: np.random.Generator) -> Moved:
    """Luma that moves, beside chroma that has lost a third and stays."""
    chroma = [natural(g, 60, 196) for _ in range(2)]
    still = np.zeros(SIZE)
    ref, dist, direction = made
    return (ref, *chroma), (dist, *(128 + (x - 128) * 0.67 for x in chroma)), (direction, still, still)


def chroma_moves(g: np.random.Generator, change: Callable[[Plane], Plane]) -> Moved:
    """Both planes of chroma move, luma stays."""
    ref, dist, direction = with_chroma(degraded(g, natural(g)), g)
    return ref, dist, (0 * direction[0], *(change(x) for x in dist[1:]))


CHROMA: dict[str, Callable[[np.random.Generator], Moved]] = {
    "chroma: blur": lambda g: chroma_moves(g, lambda x: blurred(blurred(blurred(x))) - x),
    "chroma: less of it": lambda g: chroma_moves(g, lambda x: (128 - x) / 30),
    "chroma: coarse errors": lambda g: chroma_moves(g, lambda x: soft(g, 40, -0.6, 0.6)),
}


def engine(ref: Planes, dist: Planes, model: str) -> float:
    """The engine's score of 16-bit pictures, not clipped."""
    with pyvmaf.VmafContext() as context:
        loaded = pyvmaf.VmafModel(model, flags=pyvmaf.ModelFlags.DISABLE_CLIP)
        context.use_features_from_model(loaded)
        sides = [
            tuple(np.clip(np.round(x * 256), 0, 65535).astype(np.uint16) for x in planes) for planes in (ref, dist)
        ]
        context.read_pictures(sides[0], sides[1], 0, bpc=16)
        context.flush()
        return context.score_at_index(loaded, 0)


def compare(made: Moved, model: str, judge: str) -> tuple[float, float, float, str]:
    """Derivative, the engine's slope and its standard error, and why it is no judge; "" when it is."""
    ref = tuple(np.clip(x, 0, 255) for x in made[0])
    dist = tuple(np.clip(x, 1, 254) for x in made[1])
    direction = tuple(np.clip(x, -1 / STEPS[-1], 1 / STEPS[-1]) for x in made[2])
    gradient = pyvmaf.gradient(*((x if len(x) == 3 else x[0]) for x in (ref, dist)), model=model).dist
    slopes = gradient if len(ref) == 3 else (gradient,)
    slope = sum(float((own.astype(float) * by).sum()) for own, by in zip(slopes, direction, strict=True))

    def moved(step: float) -> float:
        return engine(ref, tuple(x + step * by for x, by in zip(dist, direction, strict=True)), judge)

    up, down = (np.array([moved(k * h) for h in STEPS]) for k in (1, -1))
    here = moved(0.0)
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


def pairs(model: str) -> dict[str, Callable[[np.random.Generator], Moved]]:
    """What to compare for a model, by kind."""
    if "_v1." not in model:
        return {name: lambda g, m=make: tuple((x,) for x in m(g)) for name, make in KINDS.items()}
    beside: dict[str, Callable[[np.random.Generator], Moved]] = {
        name: lambda g, m=make: with_chroma(m(g), g) for name, make in KINDS.items()
    }
    return beside | CHROMA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="vmaf_v0.6.1")
    parser.add_argument("--judge", help="the engine's model, such as vmaf_float_v0.6.1; the same by default")
    parser.add_argument("--pairs", type=int, default=10, help="of each kind")
    parser.add_argument("--list", action="store_true", help="every pair, too")
    args = parser.parse_args()
    print(
        "| pictures | slope | pairs | judged | of these within 1 % | worst | not judged | these, in standard errors |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, make in pairs(args.model).items():
        judge = args.judge or args.model
        rows = [compare(make(np.random.default_rng(seed)), args.model, judge) for seed in range(args.pairs)]
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
