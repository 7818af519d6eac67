# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import float_motion as reference
from reference.float_plane import grey
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

SUFFIX = {
    "motion_add_scale1": "mdc", "motion_add_uv": "mau", "motion_blend_factor": "mbf", "motion_blend_offset": "mbo",
    "motion_filter_size": "mfs", "motion_force_zero": "force_0", "motion_fps_weight": "mfw", "motion_max_val": "mmxv",
}  # fmt: skip


def suffix(options: Options) -> str:
    parts = [(SUFFIX[name], value) for name, value in sorted(options.items()) if name != "debug"]
    return "".join(f"_{s}" + ("" if v is True else f"_{v:g}") for s, v in parts)


class FloatMotion(Extractor):
    name = "float_motion"
    options = (
        {},
        {"motion_filter_size": 1},
        {"motion_filter_size": 3, "motion_max_val": 6.0},
        {"motion_filter_size": 9, "debug": False},
        {"motion_add_scale1": True},
        {"motion_add_scale1": True, "motion_filter_size": 1, "motion_fps_weight": 0.7},
        {"motion_blend_factor": 0.5, "motion_blend_offset": 4.0},
        {"motion_fps_weight": 1.5, "motion_max_val": 9.0, "motion_blend_factor": 0.25},
        {"motion_fps_weight": 0.0},
        {"motion_force_zero": True, "motion_blend_factor": 0.75},
    )
    smallest = (3, 3)
    lengths = (9, 1, 2, 3, 4)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        given = {k.removeprefix("motion_"): v for k, v in options.items() if k != "debug"}
        columns = reference.scores([[grey(p, clip.bpc) for p in ref] for ref in refs], reference.Options(**given))
        names = ("motion2", "motion", "motion3") if options.get("debug", True) else ("motion2", "motion3")
        return {name + suffix(options): columns[name] for name in names}


EXTRACTORS = [FloatMotion()]
