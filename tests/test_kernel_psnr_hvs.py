# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PSNR-HVS's kernels, beside what test_kernels.py proves of all: the transform, the ordered sum, quotients."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases.psnr_hvs import Terms
from numpy.typing import NDArray
from reference import psnr_hvs as reference
from support.kernel_harness import P, available, run, table

from pyvmaf._vmaf import ffi, lib

SETS = available()
GROUP, TERMS = lib.PSNR_HVS_GROUP, lib.PSNR_HVS_GROUP_TERMS


@pytest.mark.parametrize(
    ("samples", "want"),
    [
        ((10, 20, 30, 40, 50, 60, 70, 80), (127, -64, 0, -7, 0, -2, 0, 0)),
        ((255, 0, 255, 0, 255, 0, 255, 0), (361, 65, 0, 76, -1, 115, 1, 327)),
        ((0, 255, 255, 255, 0, 0, 7, 13), (277, 191, -112, -224, -89, 6, -49, -89)),
    ],
)
def test_transform_of_the_specification(samples: tuple[int, ...], want: tuple[int, ...]) -> None:
    assert tuple(reference.transform(np.array(samples))) == want


def test_tables_are_symmetric() -> None:
    for plane in range(3):
        c = ffi.new("PsnrHvsTable *")
        lib.psnr_hvs_table(c, plane)
        weight = reference.weights(plane)
        mask = reference.masks(weight)
        assert (weight == weight.T).all() and weight[0, 0] > weight[7, 7] > 0
        assert list(c.mask) == mask.ravel().tolist()
        assert list(c.inverse) == (np.float32(1) / mask).ravel().tolist()


def total(name: str, terms: NDArray[np.float32], start: float) -> np.float32:
    """The sum of terms (64, blocks), by a set's kernel."""
    padded = np.pad(terms, ((0, 0), (0, -terms.shape[1] % GROUP)))
    memory = np.ascontiguousarray(padded.reshape(64, -1, GROUP).swapaxes(0, 1))
    out = np.array([start], np.float32)
    call = ffi.new(
        "PsnrHvsSum *",
        {
            "terms": ffi.cast("float *", memory.ctypes.data), "stride": memory.size, "blocks": terms.shape[1],
            "total": ffi.cast("float *", out.ctypes.data),
        },
    )  # fmt: skip
    table(name, "psnr_hvs").sum(call, ffi.new("Rows *", {"begin": 0, "end": 1}), ffi.NULL)
    return out[0]


def in_order(terms: NDArray[np.float32], start: float) -> np.float32:
    value = np.float32(start)
    for term in terms.T.ravel():
        value += term
    return value


RNG = np.random.default_rng(4)
SHAPE = (64, 3 * GROUP + 5)


@pytest.mark.parametrize("start", [0.0, 1e-30, 1.0, 4095.9998, 2.0**23, 2.0**23 + 2, 1e9])
@pytest.mark.parametrize(
    "terms",
    [
        RNG.random(SHAPE) ** 6 * 100,
        RNG.integers(0, 9, SHAPE) / 2,  # halves: ties
        RNG.integers(0, 2, SHAPE) * 2.0**12,
        np.where(RNG.random(SHAPE) < 0.01, 3e7, 0.5),  # too many places at once
        np.where(RNG.random(SHAPE) < 0.001, 1.5, 0.0),
        np.zeros(SHAPE),
    ],
    ids=("spread", "halves", "powers", "large", "rare", "zero"),
)
def test_sum_keeps_its_order_where_it_matters(terms: NDArray[np.float64], start: float) -> None:
    terms = terms.astype(np.float32)
    want = in_order(terms, start)
    for name in ("scalar", *SETS):
        assert total(name, terms, start) == want, name


@pytest.mark.parametrize(("plane", "at"), [(0, 0), (0, 63), (1, 9), (2, 37)])
def test_quotient_by_a_product_is_the_quotient(plane: int, at: int) -> None:
    """masking / mask, for every mantissa, is the number nearest to masking times 1 / mask in two parts.

    The first product is exact in binary64, and so is its distance from the quotient.
    """
    c = ffi.new("PsnrHvsTable *")
    lib.psnr_hvs_table(c, plane)
    inverse, rest = c.inverse[at], np.float32(c.rest[at])
    for part in np.split(np.arange(1 << 23, dtype=np.uint32) + np.uint32(127 << 23), 8):
        masking = part.view(np.float32)
        quotient = masking / np.float32(c.mask[at])
        off = masking.astype(float) * inverse - quotient.astype(float) + (masking * rest).astype(float)
        below = quotient.astype(float) - np.nextafter(quotient, np.float32(0)).astype(float)
        assert (abs(off) < below / 2).all()


def contrasts(top: int) -> list[NDArray[np.int64]]:
    """Noise from none on the left to all that there is on the right, and a part of the range under it."""
    noise = np.random.default_rng(top).integers(-top, top + 1, (2, 50, 700))
    reach = np.linspace(0, 1, 700) ** 3
    return [np.clip(top // 3 + n * reach, 0, top).astype(int) for n in noise]


@pytest.mark.parametrize("bpc", [8, 10, 11, 12])
@pytest.mark.parametrize("kind", ["apart", "inverted", "turned", "partly equal", "swapped"])
def test_rounded_sums_and_pictures_that_mask_alike(kind: str, bpc: int) -> None:
    """Sums that are exact and just not, and which picture masks more not clear, in some blocks."""
    top = (1 << bpc) - 1
    a, b = contrasts(top)
    dist = {
        "apart": b,
        "inverted": top - a,
        "turned": np.concatenate([a[y : y + 7][::-1] for y in range(1, 50, 7)]),
        "partly equal": np.where(np.arange(700) // 90 % 2, a, b),
        "swapped": np.where(np.arange(700) // 8 % 2, a, a + (a < top)),
    }[kind]
    inputs = [p[: len(dist)].astype(np.uint8 if bpc == 8 else np.uint16) for p in (a, dist)]
    want = run("scalar", Terms(), inputs, P(bpc=bpc, plane=0, first=0))
    for name in SETS:
        assert run(name, Terms(), inputs, P(bpc=bpc, plane=0, first=0)).differs(want) == "", name
