# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from support.extractor_harness import Extractor


class Vif(Extractor):
    name = "vif"
    options = ({"debug": True}, {"vif_enhn_gain_limit": 1}, {"vif_enhn_gain_limit": 1.2}, {"vif_skip_scale0": True})
    depths = (8, 9, 10, 12, 16)
    chroma = ("420", "400")
    smallest = (8, 8)
    judged = False


EXTRACTORS = [Vif()]
