# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernels alone: pixels a second by instruction set against the plain scalar code."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .content import SIZES, clip  # isort: skip

from pyvmaf._vmaf import ffi, lib


@dataclass(frozen=True)
class KernelTiming:
    kernel: str
    bpc: int
    isa: str
    mpixels: float
    ratio: float


def isas() -> list[str]:
    """The kernel sets that this processor can run, plain scalar last."""
    out, i = [], 0
    while (name := lib.kernel_table_name_at(i)) != ffi.NULL:
        if lib.kernel_table_by_name(name) != ffi.NULL:
            out.append(ffi.string(name).decode())
        i += 1
    return out


def calls(isa: str, bpc: int) -> dict[str, Callable[[], object]]:
    """One call of each kernel on a 1080p pair, scale 0 where there are scales."""
    size = SIZES["1080p"]
    w, h = size.width, size.height
    refs, dists = clip("1080p", bpc, 2)
    ref, dist, earlier = refs[1][0], dists[1][0], refs[0][0]
    table = lib.kernel_table_by_name(isa.encode())
    scratch = [np.zeros(int(m.scratch_size(w)) + 64, np.uint8) for m in (table.vif, table.adm, table.motion)]
    work = [ffi.cast("void *", (s.ctypes.data + 63) & ~63) for s in scratch]
    low_stride = (w + 63) & ~63  # bytes: half as many 16-bit samples, whole vectors
    low = np.zeros(2 * (h // 2 + 1) * low_stride + 64, np.uint8)
    low_at = (low.ctypes.data + 63) & ~63
    half = np.zeros((2, h // 2, w // 2), np.uint16)

    def pointer(a: np.ndarray, kind: str = "void *") -> object:
        return ffi.cast(kind, a.ctypes.data)

    limit = ffi.new("double[1]", [100.0])
    vif = ffi.new("VifScale *", {
        "ref": pointer(ref), "dist": pointer(dist), "ref_stride": ref.strides[0], "dist_stride": dist.strides[0],
        "w": w, "h": h, "bpc": bpc, "scale": 0,
        "next_ref": pointer(half[0], "uint16_t *"), "next_dist": pointer(half[1], "uint16_t *"),
        "next_stride": half.strides[1], "limit": limit, "limit_cnt": 1,
    })  # fmt: skip
    sums = ffi.new("int64_t[32]")
    variant = ffi.new("AdmVariant[1]")
    variant[0].gain_limit = 100.0
    variant[0].factor = [36453, 36453, 49417]
    adm = ffi.new("AdmScale *", {
        "ref": pointer(ref), "dist": pointer(dist), "ref_stride": ref.strides[0], "dist_stride": dist.strides[0],
        "w": w, "h": h, "bpc": bpc, "scale": 0,
        "low_ref": ffi.cast("void *", low_at), "low_dist": ffi.cast("void *", low_at + (h // 2 + 1) * low_stride),
        "low_stride": low_stride, "variant": variant,
        "variant_cnt": 1,
    })  # fmt: skip
    motion = ffi.new("MotionSad *", {
        "earlier": pointer(earlier), "current": pointer(ref), "earlier_stride": earlier.strides[0],
        "current_stride": ref.strides[0], "w": w, "h": h, "bpc": bpc,
    })  # fmt: skip
    psnr = ffi.new("PsnrSse *", {
        "ref": pointer(ref), "dist": pointer(dist), "ref_stride": ref.strides[0], "dist_stride": dist.strides[0],
        "w": w, "bpc": bpc,
    })  # fmt: skip
    rows = [ffi.new("Rows *", {"end": end, "scratch": at}) for end, at in zip((h, (h + 1) // 2, h), work, strict=True)]
    keep = (ref, dist, earlier, scratch, low, half, limit, variant)
    return {
        "vif, scale 0": lambda keep=keep: table.vif.scale(vif, rows[0], sums),
        "adm, scale 0": lambda keep=keep: table.adm.scale(adm, rows[1], sums),
        "motion": lambda keep=keep: table.motion.sad(motion, rows[2], sums),
        "psnr": lambda keep=keep: table.psnr.sse(psnr, rows[0], sums),
    }


def measure(rounds: int) -> list[KernelTiming]:
    """Every kernel at every set, in turn with the scalar one."""
    pixels = SIZES["1080p"].width * SIZES["1080p"].height
    out = []
    for bpc in (8, 10):
        plain = calls("scalar", bpc)
        for isa in isas():
            for kernel, call in calls(isa, bpc).items():
                times = []
                for _ in range(rounds + 1):
                    start = time.perf_counter()
                    call()
                    middle = time.perf_counter()
                    plain[kernel]()
                    times.append((middle - start, time.perf_counter() - middle))
                ours = statistics.median(a for a, _ in times[1:])
                ratio = statistics.median(b / a for a, b in times[1:])
                out.append(KernelTiming(kernel, bpc, isa, pixels / ours / 1e6, ratio))
    return out
