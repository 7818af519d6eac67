# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import float_vif as reference
from reference.float_plane import grey
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

SUFFIX = {
    "vif_enhn_gain_limit": "egl", "vif_kernelscale": "ks", "vif_prescale": "ps", "vif_prescale_method": "pm",
    "vif_scale1_min_val": "s1miv", "vif_scale2_min_val": "s2miv", "vif_scale3_min_val": "s3miv",
    "vif_sigma_nsq": "snsq", "vif_skip_scale0": "ssclz",
}  # fmt: skip


def suffix(options: Options) -> str:
    parts = [(SUFFIX[name], value) for name, value in sorted(options.items()) if name != "debug"]
    return "".join(f"_{s}" + ("" if v is True else f"_{v}" if isinstance(v, str) else f"_{v:g}") for s, v in parts)


class FloatVif(Extractor):
    name = "float_vif"
    options = (
        {"debug": True},
        {"vif_enhn_gain_limit": 1.0},
        {"vif_enhn_gain_limit": 1.2, "vif_scale1_min_val": 0.75, "vif_scale3_min_val": 1.0},
        {"vif_skip_scale0": True, "debug": True},
        {"vif_kernelscale": 0.5},
        {"vif_kernelscale": 1.0667, "vif_prescale": 1.5},
        {"vif_prescale": 1.25},
        {"vif_prescale": 2.5, "vif_prescale_method": "bilinear"},
        {"vif_prescale": 1.3, "vif_prescale_method": "bicubic", "vif_enhn_gain_limit": 1.0},
        {"vif_prescale": 1.7, "vif_prescale_method": "lanczos4"},
        {"vif_sigma_nsq": 0.3, "debug": True},
        {"vif_sigma_nsq": 4.0, "vif_scale2_min_val": 0.5},
        {"vif_sigma_nsq": 0.0},
    )
    chroma = ("420", "400")
    smallest = (16, 16)
    lengths = (2, 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        given = {k.removeprefix("vif_"): v for k, v in options.items() if k != "debug"}
        low = tuple(given.pop(f"scale{s}_min_val", 0.0) for s in (1, 2, 3))
        settings = reference.Options(**given, min_val=low)
        frames = [
            reference.scores(grey(r[0], clip.bpc), grey(d[0], clip.bpc), settings)
            for r, d in zip(refs, dists, strict=True)
        ]
        names = list(frames[0])[: None if options.get("debug") else 4]
        return {name + suffix(options): [frame[name] for frame in frames] for name in names}


EXTRACTORS = [FloatVif()]
