# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import float_adm as reference
from reference.float_plane import grey
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

SUFFIX = {
    "adm_adm3_apply_hm": "aah", "adm_bypass_cm": "bcm", "adm_csf_diag_scale": "scfd", "adm_csf_mode": "csf",
    "adm_csf_scale": "scf", "adm_dlm_weight": "dlmw", "adm_enhn_gain_limit": "egl", "adm_min_val": "min",
    "adm_noise_weight": "nw", "adm_norm_view_dist": "nvd", "adm_p_norm": "apn", "adm_ref_display_height": "rdf",
    "adm_skip_aim_scale": "sasc", "adm_skip_scale0": "ssz",
} | {f"adm_f{n}s{scale}": f"f{n}s{scale}" for n in (1, 2) for scale in range(4)}  # fmt: skip


def suffix(options: Options) -> str:
    parts = [(SUFFIX[name], value) for name, value in sorted(options.items()) if name != "debug"]
    return "".join(f"_{s}" + ("" if v is True else f"_{v:g}") for s, v in parts)


class FloatAdm(Extractor):
    name = "float_adm"
    options = (
        {"debug": True},
        {"adm_enhn_gain_limit": 1.0},
        {"adm_enhn_gain_limit": 1.2, "adm_dlm_weight": 0.7, "adm_min_val": 0.97},
        {"adm_skip_scale0": True, "debug": True},
        {"adm_skip_aim_scale": 1, "adm_adm3_apply_hm": True},
        {"adm_csf_mode": 1, "adm_csf_scale": 0.02, "adm_csf_diag_scale": 0.005},
        {"adm_csf_mode": 2, "adm_norm_view_dist": 1.5, "adm_ref_display_height": 720},
        {"adm_csf_mode": 9, "adm_noise_weight": 0.0},
        {"adm_bypass_cm": 1, "adm_norm_view_dist": 5.0},
        {"adm_p_norm": 2.5, "adm_noise_weight": 1500.0},
        {"adm_f1s0": 0.25, "adm_f2s3": 0.0, "adm_f1s2": 1.0},
    )
    chroma = ("420", "400")
    smallest = (17, 17)
    lengths = (2, 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        given = {k.removeprefix("adm_"): v for k, v in options.items() if k != "debug"}
        factors = {f"f{n}": tuple(given.pop(f"f{n}s{s}", -1.0) for s in range(4)) for n in (1, 2)}
        settings = reference.Options(**given, **factors)
        frames = [
            reference.scores(grey(r[0], clip.bpc), grey(d[0], clip.bpc), settings)
            for r, d in zip(refs, dists, strict=True)
        ]
        names = list(frames[0])[: None if options.get("debug") else 7]
        return {name if name == "adm" else name + suffix(options): [frame[name] for frame in frames] for name in names}


EXTRACTORS = [FloatAdm()]
