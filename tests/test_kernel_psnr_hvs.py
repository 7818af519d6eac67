# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PSNR-HVS's kernels, beside what test_kernels.py proves of all: the transform, the ordered sum, quotients."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import psnr_hvs as reference
from support.kernel_harness import available, table

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
    """masking / mask, for every mantissa; products and sums are exact in binary64."""
    mask = reference.masks(reference.weights(plane)).ravel()[at]
    inverse = np.float32(1) / mask
    for part in np.split(np.arange(1 << 23, dtype=np.uint32) + np.uint32(127 << 23), 8):
        masking = part.view(np.float32)
        quotient = masking * inverse
        rest = (masking.astype(float) - quotient.astype(float) * float(mask)).astype(np.float32)
        corrected = (rest.astype(float) * float(inverse) + quotient.astype(float)).astype(np.float32)
        assert (corrected == masking / mask).all()
