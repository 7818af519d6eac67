# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Sequence

from reference import motion as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

SUFFIX = {
    "motion_blend_factor": "mbf", "motion_blend_offset": "mbo", "motion_fps_weight": "mfw",
    "motion_max_val": "mmxv", "motion_five_frame_window": "mffw", "motion_moving_average": "mma",
    "motion_force_zero": "force_0",
}  # fmt: skip


def suffix(options: Options) -> str:
    return "".join(
        f"_{SUFFIX[name]}" + ("" if value is True else f"_{value:g}") for name, value in sorted(options.items())
    )


class Motion(Extractor):
    name = "motion"
    options = (
        {},
        {"motion_five_frame_window": True},
        {"motion_moving_average": True},
        {"motion_five_frame_window": True, "motion_moving_average": True, "motion_max_val": 18.0},
        {"motion_blend_factor": 0.5, "motion_blend_offset": 4.0, "motion_moving_average": True},
        {"motion_fps_weight": 1.5, "motion_max_val": 6.0},
        {"motion_fps_weight": 0.0},
        {"motion_force_zero": True, "motion_blend_factor": 0.25},
    )
    depths = (8, 9, 10, 12, 16)
    smallest = (3, 3)
    lengths = (9, 1, 2, 3, 4)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        given = {name.removeprefix("motion_"): value for name, value in options.items()}
        settings = reference.Options(**given)
        series = reference.scores([ref[0] for ref in refs], clip.bpc, settings)
        back = 2 if settings.five_frame_window else 1
        columns = (series, reference.look_ahead(series, back), reference.blended(series, settings))
        names = ("VMAF_integer_feature_motion_sad_score", "integer_motion2", "integer_motion3")
        return {name + suffix(options): values for name, values in zip(names, columns, strict=True)}


EXTRACTORS = [Motion()]
