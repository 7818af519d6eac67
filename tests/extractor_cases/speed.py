# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator, Sequence

from reference import speed as reference
from support.extractor_harness import Clip, Extractor, Frame, Options, Scores

ALIASES = {
    "kernelscale": "ks", "prescale": "ps", "prescale_method": "psm", "sigma_nn": "snn", "nn_floor": "nnf",
    "max_val": "mxv", "weight_var_mode": "wvm", "use_ref_diff": "urd",
}  # fmt: skip


def bare(options: Options) -> dict[str, object]:
    return {name.removeprefix("speed_"): value for name, value in sorted(options.items())}


def suffix(options: Options) -> str:
    return "".join(
        f"_{ALIASES[name]}" + ("" if value is True else f"_{value}" if isinstance(value, str) else f"_{value:g}")
        for name, value in bare(options).items()
    )


class Chroma(Extractor):
    name = "speed_chroma"
    options = (
        {},
        {"speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_weight_var_mode": 5, "speed_max_val": 45},  # VMAF v1
        {"speed_weight_var_mode": 3, "speed_max_val": 0.25},  # shares the blocks of the first
        {"speed_prescale": 1.5, "speed_prescale_method": "bilinear", "speed_kernelscale": 1.5},
    )
    refused_depths = (9, 11, 14)
    chroma = ("420", "422", "444")
    smallest = 160, 160

    def clips(self) -> Iterator[Clip]:
        yield Clip(160, 160, 8, "420", "natural", "light", 2)
        yield Clip(213, 171, 10, "422", "noise", "heavy", 2)
        yield Clip(161, 190, 12, "444", "blocks", "blur", 1)
        yield Clip(333, 165, 16, "420", "dark", "gain", 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        settings = reference.Options(**bare(options))  # type: ignore[arg-type]
        rows = [reference.chroma(ref, dist, clip.bpc, settings) for ref, dist in zip(refs, dists, strict=True)]
        names = [f"speed_chroma_{plane}{suffix(options)}" for plane in ("u", "v", "uv")]
        return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


class Temporal(Extractor):
    name = "speed_temporal"
    options = (
        {},
        {"speed_use_ref_diff": True, "speed_max_val": 0.5},  # the limit shows in the name only
        {"speed_nn_floor": 0.5},  # shares the blocks of the first
        {"speed_prescale": 1.25, "speed_prescale_method": "bicubic", "speed_sigma_nn": 2},
    )
    refused_depths = (9, 11, 14)
    smallest = 80, 80

    def clips(self) -> Iterator[Clip]:
        yield Clip(80, 80, 8, "400", "natural", "light", 4)
        yield Clip(133, 97, 10, "420", "noise", "heavy", 3)
        yield Clip(160, 81, 12, "444", "blocks", "blur", 2)
        yield Clip(95, 117, 16, "422", "dark", "gain", 1)

    def want(self, refs: Sequence[Frame], dists: Sequence[Frame], clip: Clip, options: Options) -> Scores:
        settings = reference.Options(**bare(options))  # type: ignore[arg-type]
        return {f"speed_temporal{suffix(options)}": list(reference.temporal(refs, dists, clip.bpc, settings))}


EXTRACTORS = [Chroma(), Temporal()]
