# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Samples to the network's input: the published digests, and NumPy as the judge of every option."""

from __future__ import annotations

import hashlib
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pyvmaf.lpips.convert import MATRICES, SITINGS, Colour, Converter, Floats, imagenet
from pyvmaf.lpips.extractor import CHOICES

F = np.float32
BYTES = np.tile(np.arange(256, dtype=F), (3, 1))
Plane = npt.NDArray[Any]

#: Published beside the scores, so that a conversion can be checked without a network.
RGB_256 = "27dfea794d74c5e0c333d03c551fffa6519f5b08bb366a3124e75d096e802735"
RGB_257 = "0f343f5a068b49bdb0e5b4d2fb81f6498224d23f367ccbd6c99d2250b4bc8675"
TENSOR = "a58eb960e3591b9a413e11772d9c8fb63b19c4b8c6dbbebb59c6ce8cd0200a82"


@pytest.mark.parametrize(("codes", "digest"), [(256, RGB_256), (257, RGB_257)])
def test_rgb_of_every_code(codes: int, digest: str) -> None:
    """All Y, U, V; 16-bit samples reach the code 256 that rounding to 8 bits gives."""
    samples = np.minimum(np.arange(codes) * 256, 65535).astype(np.uint16)
    convert = Converter((codes * codes, 1), 16, (0, 0), table=BYTES)
    u, v = np.repeat(samples, codes)[None], np.tile(samples, codes)[None]
    found = hashlib.sha256()
    for y in samples:
        rgb = convert((np.full_like(u, y), u, v))
        found.update(rgb.reshape(3, -1).T.astype(np.uint8).tobytes())
    assert found.hexdigest() == digest


def test_normalisation_of_every_byte() -> None:
    table = imagenet(np.arange(256, dtype=F))
    assert hashlib.sha256(table.astype("<f4").tobytes()).hexdigest() == TENSOR


@pytest.mark.parametrize(
    ("yuv", "rgb"),
    [
        ((16, 128, 128), (0, 0, 0)),
        ((235, 128, 128), (255, 255, 255)),
        ((126, 128, 128), (128, 128, 128)),
        ((81, 90, 240), (239, 36, 0)),
        ((0, 0, 0), (0, 68, 0)),
        ((255, 255, 255), (255, 192, 255)),
        ((145, 54, 34), (13, 209, 0)),
    ],
)
def test_known_colours(yuv: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    planes = [np.full((1, 1), code, np.uint8) for code in yuv]
    assert Converter((1, 1), 8, (0, 0), table=BYTES)(planes).ravel().tolist() == list(rgb)


def judge(planes: list[Plane], bpc: int, sub: tuple[int, int], colour: Colour, table: Floats) -> Floats:
    """The conversion written down once more, slowly, in NumPy."""
    native, full = colour.depth == "native", colour.range == "full"
    if bpc == 8 or native:
        samples = [p.astype(F) for p in planes]
    else:
        samples = [((p.astype(int) + (1 << bpc - 9)) >> bpc - 8).astype(F) for p in planes]
    height, width = planes[0].shape
    for k in (1, 2):
        samples[k] = widen(samples[k], (height, width), sub, colour)
    unit = 1 << (bpc - 8 if native else 0)
    luma, chroma = (256 * unit - 1, 256 * unit - 1) if full else (219 * unit, 224 * unit)
    y = (samples[0] - F(0 if full else 16 * unit)) * (F(1) / F(luma))
    u, v = ((s - F(128 * unit)) * (F(1) / F(chroma)) for s in samples[1:])
    rv, gu, gv, bu = map(F, MATRICES[colour.matrix])
    rgb = [np.clip(c, F(0), F(1)) for c in (y + rv * v, (y - gu * u) - gv * v, y + bu * u)]
    if native:
        ends = [(t[0], t[255]) for t in table]
        return np.stack([c * F(float(b) - float(a)) + a for c, (a, b) in zip(rgb, ends, strict=True)])
    codes = [(c * F(255) + F(0.5)).astype(int) for c in rgb]
    return np.stack([t[c] for t, c in zip(table, codes, strict=True)])


def widen(plane: Floats, shape: tuple[int, int], sub: tuple[int, int], colour: Colour) -> Floats:
    sites = SITINGS[colour.siting][::-1]
    for axis, shift in enumerate(sub[::-1]):
        if not shift:
            continue
        at, most = np.arange(shape[axis]), plane.shape[axis] - 1
        if colour.chroma == "nearest":
            plane = np.take(plane, at >> 1, axis)
            continue
        x = np.clip((at.astype(F) - F(sites[axis])) * F(0.5), F(0), F(most))
        low = x.astype(int)
        rest = (x - low.astype(F)).reshape((-1, 1) if axis == 0 else (1, -1))
        first = np.take(plane, low, axis)
        plane = first + (np.take(plane, np.minimum(low + 1, most), axis) - first) * rest
    return plane


FORMATS = [(8, (1, 1)), (8, (1, 0)), (8, (0, 0)), (10, (1, 1)), (12, (1, 0)), (16, (1, 1))]


@pytest.mark.parametrize(("bpc", "sub"), FORMATS)
@pytest.mark.parametrize("size", [(17, 17), (18, 21), (1, 1), (2, 3), (64, 33)])
def test_every_option(bpc: int, sub: tuple[int, int], size: tuple[int, int]) -> None:
    rng = np.random.default_rng(bpc)
    w, h = size
    kind = np.uint8 if bpc == 8 else np.uint16
    shapes = [(h, w)] + [((h + sub[1]) >> sub[1], (w + sub[0]) >> sub[0])] * 2
    planes = [rng.integers(0, 1 << bpc, shape).astype(kind) for shape in shapes]
    table = imagenet(np.arange(256, dtype=F))
    for matrix, range_, depth in product(MATRICES, CHOICES["range"], CHOICES["depth"]):
        for chroma, siting in [("nearest", "left"), *product(["bilinear"], SITINGS)]:
            colour = Colour(matrix, range_, chroma, siting, depth)
            found = Converter(size, bpc, sub, colour)(planes)[0]
            assert np.array_equal(found, judge(planes, bpc, sub, colour, table)), colour


def test_rows_may_be_apart_and_samples_too() -> None:
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (3, 40, 60), np.uint8)
    convert = Converter((30, 20), 8, (0, 0))
    packed = convert([np.ascontiguousarray(p[::2, ::2]) for p in wide])
    assert np.array_equal(convert([p[::2, ::2] for p in wide]), packed)
    assert np.array_equal(convert([p[:20, :30] for p in wide]), convert([p[:20, :30].copy() for p in wide]))


def test_samples_beyond_the_depth_count_as_the_highest() -> None:
    convert = Converter((1, 1), 10, (0, 0))
    high, higher = ([np.full((1, 1), code, np.uint16)] * 3 for code in (1023, 65535))
    assert np.array_equal(convert(high), convert(higher))
