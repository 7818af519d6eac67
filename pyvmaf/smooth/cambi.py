# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What CAMBI does with pictures of a size, as its smooth form needs it."""

from __future__ import annotations

from dataclasses import dataclass

from .._ffi import ffi, lib
from .options import CambiOptions

_SPEEDUPS = {1080: 1920 * 1080, 1440: 2560 * 1440, 2160: 3840 * 2160}
_MOST = 65  # of a window's side


@dataclass(frozen=True)
class Plan:
    """Sizes, thresholds and weights.

    Attributes:
        halve: start from half of the size.
        average: take means of two by two samples first, as the encode had fewer than 10 bits.
        flat: of 7 x 7 samples, as many must be equal to their neighbours for one to count, and one more.
        window: side of the square in which samples are counted, odd.
        last: of each step of 1 to N codes, the last code at which it is visible.
        lit: the first code that is bright enough; 0: all are.
        weights: of each step.
        share: of the samples of a scale, those with the most contrast that are pooled.
        limit: what the score is brought to.
    """

    halve: bool
    average: bool
    flat: int
    window: int
    last: tuple[int, ...]
    lit: int
    weights: tuple[int, ...]
    share: float
    limit: float

    @staticmethod
    def of(height: int, width: int, depth: int, options: CambiOptions) -> Plan:
        """That of pictures of so many bits.

        Raises:
            ValueError: an option that has no smooth form, or a size that needs too large a window.
        """
        for name in ("enc_width", "enc_height", "src_width", "src_height", "full_ref", "heatmaps_path"):
            if options.values[name]:
                raise ValueError(f"option {name} is {options.values[name]!r}; the smooth form of CAMBI has none")
        halve = width * height >= _SPEEDUPS.get(options.cambi_high_res_speedup, width * height + 1)
        side = options.window_size * (width + height) // 375 >> 4
        window = ((side + 1) >> 1 if halve else side) | 1
        if window > _MOST:
            raise ValueError(
                f"{width}x{height} needs a window of {window}, {_MOST} is the most; set window_size lower or "
                "cambi_high_res_speedup"
            )
        count: int = 1 << options.max_log_contrast
        eotf = options.cambi_eotf if options.cambi_eotf != "bt1886" else options.eotf
        kind = lib.CAMBI_PQ if eotf == "pq" else lib.CAMBI_BT1886
        seen = ffi.new("CambiVisibility *", (kind, options.tvi_threshold, options.cambi_vis_lum_threshold, count))
        return Plan(
            halve,
            (options.enc_bitdepth or depth) < 10,
            _flat(width, height),
            window,
            tuple(lib.cambi_last_visible(seen, step) for step in range(1, count + 1)),
            lib.cambi_first_lit(seen),
            tuple(lib.cambi_weights()[0:count]),
            options.topk if options.topk != 0.6 else options.cambi_topk,
            options.cambi_max_val,
        )


def _flat(width: int, height: int) -> int:
    blocks = (width >> 6) * (height >> 6)
    return (49 + 3 * (max(blocks - 1, 0).bit_length() - 11) - 1) >> 1
