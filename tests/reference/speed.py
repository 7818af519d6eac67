# SPDX-License-Identifier: BSD-2-Clause-Patent
"""SpEED, a plain transcription of its definition: whole planes, every rounding as written, nothing left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F = np.float32
D = np.float64
Plane = NDArray[np.float32]
N = 25
LOG_2PIE = math.log2(2 * math.pi * math.e)

METHODS = ["nearest", "bilinear", "bicubic", "lanczos4"]


def mirror(at: NDArray[Any], size: int) -> NDArray[np.int64]:
    at = np.abs(np.asarray(at, np.int64))
    return np.where(at >= size, 2 * size - 2 - at, at)


# Filters


def tap_count(size: int, scale: float) -> int:
    n = math.ceil(F(size) * F(scale))
    return max(n + (n % 2 == 0), 3)


def gaussian(n: int, sigma: np.float32) -> list[np.float32]:
    s = float(sigma)
    density = F(1 / (s * math.sqrt(2 * math.pi)))
    q = []
    for i in range(n):
        x = float(F(i - (n - 1) / 2))
        q.append(F(math.exp((((-0.5 * x) / s) * x) / s)) / density)
    total = F(0)
    for value in q:
        total = total + value
    return [value / total for value in q]


def low_pass(scale: float = 1.0) -> list[np.float32]:
    n = tap_count(9, scale)
    return gaussian(n, F(2.0 * n / 5.0))


def local_mean(scale: float = 1.0) -> list[np.float32]:
    n = tap_count(2, scale)
    return gaussian(n, F(n) / F(5))


def convolve(plane: Plane, taps: list[np.float32]) -> Plane:
    for axis in (0, 1):
        size, out = plane.shape[axis], np.zeros_like(plane)
        for k, tap in enumerate(taps):
            at = mirror(np.arange(size) - len(taps) // 2 + k, size)
            out = out + tap * plane.take(at, axis)
        plane = out
    return plane


# Resizing


def resized(size: int, prescale: float) -> int:
    return size if abs(prescale - 1) < 1e-3 else int(size * prescale + 0.5)


def cubic(t: np.float32) -> np.float32:
    a, t = F(-0.75), abs(t)
    if t < 1:
        return ((a + F(2)) * t - (a + F(3))) * t * t + F(1)
    return (((t - F(5)) * t + F(8)) * t - F(4)) * a if t < 2 else F(0)


def lanczos(t: np.float32) -> np.float32:
    x, pi = float(t), math.pi
    if x == 0:
        return F(1)
    return F(4 * math.sin(pi * x) * math.sin(pi * x / 4) / (pi * pi * x * x)) if abs(x) < 4 else F(0)


def axis(size: int, new: int, method: str) -> tuple[NDArray[np.int64], Plane]:
    """For each resized sample the source samples, and their weights."""
    ratio = F(size) / F(new)
    at, weight = [], []
    for k in range(new):
        if method == "nearest":
            at.append([int(F(k) * ratio)])
            weight.append([F(1)])
            continue
        t = F((k + 0.5) * float(ratio) - 0.5)
        low = math.floor(t)
        if method == "bilinear":
            a, b = (int(mirror(np.array(v), size)) for v in (low, math.ceil(t)))
            phi = t - F(a)
            at.append([a, b])
            weight.append([F(1) - phi, phi])
            continue
        taps = range(-1, 3) if method == "bicubic" else range(-4, 5)
        kernel = cubic if method == "bicubic" else lanczos
        at.append([int(mirror(np.array(low + i), size)) for i in taps])
        weight.append([kernel(F(i) - (t - F(low))) for i in taps])
    return np.array(at), np.array(weight, F)


def resize(plane: Plane, prescale: float, method: str) -> Plane:
    h, w = plane.shape
    new_h, new_w = resized(h, prescale), resized(w, prescale)
    if (new_h, new_w) == (h, w):
        return plane
    (ys, wy), (xs, wx) = axis(h, new_h, method), axis(w, new_w, method)
    total, out = np.zeros((new_h, new_w), F), np.zeros((new_h, new_w), F)
    for j in range(ys.shape[1]):
        for i in range(xs.shape[1]):
            weight = wx[None, :, i] * wy[:, None, j]
            out = out + weight * plane[np.ix_(ys[:, j], xs[:, i])]
            total = total + weight
    return out / total if method == "lanczos4" else out


def samples(plane: NDArray[Any], bpc: int) -> Plane:
    return plane.astype(F) / F(1 << (bpc - 8)) - F(128)


def thin(plane: Plane, scale: float, prescale: float, method: str) -> Plane:
    """Resized, low-passed, every sixteenth sample."""
    plane = resize(plane, prescale, method)
    h, w = plane.shape
    return convolve(plane, low_pass(scale))[::16, ::16][: h >> 4, : w >> 4]


# Blocks


def ordered(terms: NDArray[Any]) -> Any:
    """The sum in order, in the type of the terms."""
    return np.cumsum(terms.ravel(), dtype=terms.dtype)[-1]


def covariance(y: Plane) -> Plane:
    h, w = (size // 5 * 5 - 4 for size in y.shape)
    shifted = [y[r : r + h, c : c + w] for r in range(5) for c in range(5)]
    count = w * h
    mean = [ordered(s) / F(count) for s in shifted]
    offset = [s.astype(D) - D(m) for s, m in zip(shifted, mean, strict=True)]
    out = np.zeros((N, N), F)
    for e in range(N):
        for f in range(e + 1):
            out[e, f] = out[f, e] = F(ordered(offset[e] * offset[f]) / D(count))
    return out


def tridiagonal(c: Plane) -> tuple[list[np.float32], list[np.float32]]:
    a = c.copy()
    for i in range(N - 2):
        s = i + 1
        column = a[s:, i].copy()
        nu = np.sqrt(ordered(column[1:] * column[1:]))
        if nu == 0:
            continue
        alpha = column[0]
        h = np.sqrt(alpha * alpha + nu * nu)
        beta = -h if alpha >= 0 else h
        tau, z = (beta - alpha) / beta, alpha - beta
        v = column
        if z != 0:
            v = column / z
            a[s, i] = beta
        if tau == 0:
            continue
        v[0] = 1
        part = a[s:, s:]
        x = np.zeros(N - s, F)
        for k in range(N - s):
            x = x + (tau * part[:, k]) * v[k]
        gamma = (F(-0.5) * tau) * ordered(x * v)
        x = x + gamma * v
        a[s:, s:] = part - (np.outer(x, v) + np.outer(v, x))
    return [a[i, i] for i in range(N)], [a[i + 1, i] for i in range(N - 1)]


def chop(d: list[np.float32], b: list[np.float32], lo: int, hi: int) -> None:
    for i in range(lo, hi):
        if float(abs(b[i])) < 1e-6 * float(abs(d[i]) + abs(d[i + 1])):
            b[i] = F(0)


def hypotenuse(x: np.float32, y: np.float32) -> np.float32:
    return np.sqrt(x * x + y * y)


def rotation(a: np.float32, b: np.float32) -> tuple[np.float32, np.float32]:
    if b == 0:
        return F(1), F(0)
    steep = abs(b) > abs(a)
    t = -a / b if steep else -b / a
    first = F(1 / np.sqrt(D(F(1) + t * t)))
    return (first * t, first) if steep else (first, first * t)


def shift(d: list[np.float32], b: list[np.float32], lo: int, hi: int) -> np.float32:
    e, delta = b[hi - 1], (d[hi - 1] - d[hi]) / F(2)
    if delta > 0:
        mu = d[hi] - e * (e / (delta + hypotenuse(delta, e)))
    elif delta == 0:
        mu = d[hi] - abs(e)
    else:
        mu = d[hi] + e * (e / (-delta + hypotenuse(delta, e)))
    return F(0) if 1e-6 * float(abs(mu)) > float(abs(d[lo]) + abs(b[lo])) else mu


def sweep(d: list[np.float32], b: list[np.float32], lo: int, hi: int) -> None:
    p, g = d[lo], b[lo]
    x, z, y, w = p - shift(d, b, lo, hi), g, F(0), F(0)
    for k in range(lo, hi):
        q = d[k + 1]
        c, s = rotation(x, z)
        if k > lo:
            b[k - 1] = c * y - s * w
        d[k] = c * (c * p - s * g) + s * (s * q - c * g)
        y = c * (s * p + c * g) - s * (s * g + c * q)
        p = s * (s * p + c * g) + c * (s * g + c * q)
        if k < hi - 1:
            f = b[k + 1]
            w, g = -s * f, c * f
            x, z = y, w
    d[hi], b[hi - 1] = p, y


def eigenvalues(c: Plane) -> list[np.float32]:
    d, b = tridiagonal(c)
    chop(d, b, 0, N - 1)
    hi, sweeps = N - 1, 0
    while hi > 0 and sweeps < 500:
        if b[hi - 1] == 0:
            hi -= 1
            continue
        lo = hi - 1
        while lo > 0 and b[lo - 1] != 0:
            lo -= 1
        sweep(d, b, lo, hi)
        chop(d, b, lo, hi)
        sweeps += 1
    return d


def product(a: Plane, b: Plane) -> Plane:
    out = np.zeros((a.shape[0], b.shape[1]), F)
    for m in range(a.shape[1]):
        out = out + np.outer(a[:, m], b[m])
    return out


def solve(c: Plane, blocks: Plane) -> Plane | None:
    q, z = np.eye(N, dtype=F), c.copy()
    for k in range(N - 1):
        z[:k], z[:, :k] = np.eye(N, dtype=F)[:k], np.eye(N, dtype=F)[:, :k]
        u = z[:, k].copy()
        norm = np.sqrt(ordered(u * u))
        u[k] = u[k] + (norm if c[k, k] >= 0 else -norm)
        u = u / np.sqrt(ordered(u * u))
        h = np.outer(F(-2) * u, u) + np.eye(N, dtype=F)
        z, q = product(h, z), product(h, q)
    r, g = product(q, c), product(q, blocks)
    x = np.zeros_like(blocks)
    for i in reversed(range(N)):
        if float(abs(r[i, i])) < 1e-6:
            return None
        total = g[i]
        for k in range(i + 1, N):
            total = total - r[i, k] * x[k]
        x[i] = total / r[i, i]
    return x


@dataclass
class Model:
    """What is known of the blocks of one plane."""

    variance: Plane
    entropy: Plane
    singular: bool


def model(low: Plane, sigma: float, scale: float = 1.0) -> Model:
    y = low - convolve(low, local_mean(scale))
    down, across = (size // 5 for size in y.shape)
    blocks = np.array(
        [[y[5 * r + e // 5, 5 * c + e % 5] for r in range(down) for c in range(across)] for e in range(N)], F
    )
    c = covariance(y)
    values = eigenvalues(c)
    solved = None if any(float(v) < 1e-6 for v in values) else solve(c, blocks)
    x = np.zeros_like(blocks) if solved is None else solved
    variance, entropy = np.zeros(blocks.shape[1], F), np.zeros(blocks.shape[1], F)
    for e in range(N):
        variance = variance + (x[e] * blocks[e]) / F(25)
    for value in values:
        inside = max(value, F(0)) * variance + F(sigma)
        logs = np.array([log2(v) for v in inside])
        entropy = (entropy.astype(D) + (logs + LOG_2PIE)).astype(F)
    return Model(variance, entropy, solved is None)


def log2(x: np.floating[Any]) -> float:
    value = float(x)
    if value > 0:
        return math.log2(value)
    return -math.inf if value == 0 else math.nan


# Scores


def weights(mode: int, r: np.float32, d: np.float32) -> tuple[float, float]:
    def mixed(a: float, b: float) -> float:
        return log2(D(1 + (a * float(r) + b * float(d))))

    ref, dist, half = log2(F(1) + r), log2(F(1) + d), log2(D(1 + float(r + d) / 2))
    return {
        0: (ref, dist), 1: (ref, ref), 2: (dist, dist), 3: (half, half), 4: (ref, half),
        5: (ref, mixed(0.75, 0.25)), 6: (ref, mixed(0.25, 0.75)),
    }[mode]  # fmt: skip


def plane_score(ref: Model, dist: Model, sigma: float, floor: float, mode: int) -> np.float32:
    if ref.singular != dist.singular:
        return F(0)
    least = F(25 * (math.log2((F(1) + F(floor)) * F(sigma)) + LOG_2PIE))
    total = F(0)
    for er, ed, vr, vd in zip(ref.entropy, dist.entropy, ref.variance, dist.variance, strict=True):
        if er < least and ed < least:
            continue
        wr, wd = weights(mode, vr, vd)
        total = total + abs(F(float(er) * wr) - F(float(ed) * wd))
    return total / F(len(ref.entropy))


def capped(value: np.float32, limit: float) -> float:
    return float(value) if float(value) < limit else limit


@dataclass
class Options:
    """Those of both extractors, under the names of libvmaf without `speed_`."""

    kernelscale: float = 1.0
    prescale: float = 1.0
    prescale_method: str = "nearest"
    sigma_nn: float = 0.29
    nn_floor: float = 0.0
    max_val: float = 1000.0
    weight_var_mode: int = 0
    use_ref_diff: bool = False

    def of(self, plane: Plane) -> Model:
        low = thin(plane, self.kernelscale, self.prescale, self.prescale_method)
        return model(low, self.sigma_nn, self.kernelscale)

    def score(self, ref: Model, dist: Model) -> np.float32:
        return plane_score(ref, dist, self.sigma_nn, self.nn_floor, self.weight_var_mode)


def chroma(ref: Any, dist: Any, bpc: int, options: Options) -> tuple[float, float, float]:
    """u, v, uv of a frame pair."""
    scores, bad = [], []
    for p in (1, 2):
        models = [options.of(samples(side[p], bpc)) for side in (ref, dist)]
        scores.append(options.score(*models))
        bad.append(models[0].singular or models[1].singular)
    u, v = scores
    both = (v if bad[0] else u) if bad[0] != bad[1] else F(float(u + v) / 2)
    return tuple(capped(s, options.max_val) for s in (u, v, both))  # type: ignore[return-value]


def temporal(refs: Any, dists: Any, bpc: int, options: Options) -> list[float]:
    """A value for each frame; luma only."""
    out = [0.0]
    for t in range(1, len(refs)):
        r0, r1, d0, d1 = (samples(side[i][0], bpc) for side in (refs, dists) for i in (t - 1, t))
        models = [options.of(r0 - r1), options.of(d0 - (r1 if options.use_ref_diff else d1))]
        out.append(float(options.score(*models)))
    return out
