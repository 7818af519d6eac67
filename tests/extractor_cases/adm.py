# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from support.extractor_harness import Extractor

V1 = {
    "adm_csf_mode": 2, "adm_dlm_weight": 0.7, "adm_enhn_gain_limit": 1, "adm_noise_weight": 0.02,
    "adm_norm_view_dist": 3, "adm_ref_display_height": 1080, "adm_min_val": 0.5,
}  # fmt: skip


class Adm(Extractor):
    name = "adm"
    options = (
        {},
        {"adm_enhn_gain_limit": 1},
        {"adm_skip_aim": True, "adm_min_val": 0.25},
        V1,
        {"adm_csf_mode": 3},
        {"adm_skip_scale0": True, "debug": True},
        {"adm_skip_scale0": True, "adm_enhn_gain_limit": 1.2},
    )
    depths = (8, 9, 10, 12, 16)
    chroma = ("420", "400")
    smallest = (33, 33)
    judged = False


EXTRACTORS = [Adm()]
