# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The pairs that the PyTorch twin is measured on, and what libvmaf's float extractors say of them.

No PyTorch here: the figures are recorded without it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pyvmaf
from support.clips import Clip, Frame, make_frames

SHARED = Path(__file__).parents[3] / "shared"
#: Scores and model features of libvmaf 3.2.0's float extractors, scalar path, by clip and model.
FLOAT_FILE = Path(__file__).parents[1] / "data" / "float.json"

GENERATED = [
    Clip(96, 64), Clip(97, 65, damage="heavy"), Clip(131, 75, damage="blur"), Clip(160, 90, damage="gain"),
    Clip(100, 100, damage="inverse"), Clip(64, 64, damage="none"), Clip(75, 51, damage="flat"),
    Clip(96, 64, 10), Clip(99, 77, 10, damage="heavy"), Clip(130, 70, 12, damage="blur"),
    Clip(81, 83, 16, damage="gain"),
    Clip(64, 64, 9, damage="heavy"), Clip(96, 64, content="noise", damage="heavy"), Clip(96, 64, content="binary"),
    Clip(96, 64, content="blocks", damage="blur"), Clip(96, 64, content="lines"),
    Clip(96, 64, content="dark", frames=1),
    Clip(96, 64, content="ramp", damage="heavy", frames=4), Clip(250, 240, content="natural", damage="blur", frames=1),
    Clip(33, 33, content="natural", damage="heavy", frames=3),
]  # fmt: skip
#: The twin's models and what the float extractors have instead: model, and configuration of the recorded set.
FLOAT_MODELS = {
    "vmaf_v0.6.1": ("vmaf_float_v0.6.1", "float"),
    "vmaf_v0.6.1neg": ("vmaf_float_v0.6.1neg", "float_neg"),
}
#: The same at 4k: the features of v0.6.1, and no recorded configuration.
MODELS = (*FLOAT_MODELS, "vmaf_4k_v0.6.1")

Luma = NDArray[np.float64]
Series = dict[str, list[float]]


@dataclass(frozen=True)
class Pair:
    """Where a pair of clips comes from; it is made or read when it is asked for."""

    name: str
    bits: int
    source: Clip | tuple[Path, Path]

    @classmethod
    def of(cls, clip: Clip) -> Pair:
        return cls(str(clip), clip.bpc, clip)

    @property
    def generated(self) -> bool:
        return isinstance(self.source, Clip)

    def luma(self) -> tuple[Luma, Luma]:
        """[N, 1, H, W] of both sides, in 0..255 and binary64."""
        if isinstance(self.source, Clip):
            ref, dist = (np.stack([frame[0] for frame in side])[:, None] for side in clip_frames(self.source))
        else:
            ref, dist = map(_read, self.source)
        return ref * 2.0 ** (8 - self.bits), dist * 2.0 ** (8 - self.bits)

    def float_series(self, model: str) -> Series | None:
        """Per-frame "score" and features by quantity; None where nothing is recorded."""
        if model not in FLOAT_MODELS:
            return None
        twin, config = FLOAT_MODELS[model]
        if self.generated:
            return dict(json.loads(FLOAT_FILE.read_text("utf-8"))[f"{self.name}/{twin}"])
        entry = json.loads((SHARED / "golden" / "features.json").read_text("utf-8"))[f"{self.name}/{config}"]
        features = {name.removesuffix("_egl_1"): values for name, values in entry["features"].items()}
        return {"score": entry["scores"][twin]} | features


@functools.cache
def clip_frames(clip: Clip) -> tuple[list[Frame], list[Frame]]:
    """`make_frames`, once a clip."""
    return make_frames(clip)


def generated() -> list[Pair]:
    return [Pair.of(clip) for clip in GENERATED]


def recorded() -> list[Pair]:
    """The recorded pairs beside this checkout, if there are any."""
    pairs = []
    for path in sorted((SHARED / "clips").glob("*_ref_*.yuv")):
        other = path.with_name(path.name.replace("_ref_", "_dis_"))
        if other.exists():
            pairs.append(Pair(path.stem.replace("_ref_", "_"), int(path.stem[:-1].rpartition("_")[2]), (path, other)))
    return pairs


def engine(pair: Pair, features: Sequence[tuple[str, Mapping[str, object]]], models: Sequence[str] = ()) -> Series:
    """Per-frame series of the C engine by published name, of features and unclipped models."""
    ref, dist = ((side[:, 0] * 2.0 ** (pair.bits - 8)).astype(np.uint16) for side in pair.luma())
    if pair.bits == 8:
        ref, dist = ref.astype(np.uint8), dist.astype(np.uint8)
    loaded = [pyvmaf.VmafModel(name, name=name, flags=pyvmaf.ModelFlags.DISABLE_CLIP) for name in models]
    with pyvmaf.VmafContext() as context:
        for name, options in features:
            context.use_feature(name, options)
        for model in loaded:
            context.use_features_from_model(model)
        for index, (r, d) in enumerate(zip(ref, dist, strict=True)):
            context.read_pictures((r,), (d,), index, bpc=pair.bits)
        context.flush()
        indices = range(len(ref))
        series = {name: [context.feature_score_at_index(name, i) for i in indices] for name in context.feature_names}
        return series | {m.name: [context.score_at_index(m, i) for i in indices] for m in loaded}


def _read(path: Path) -> Luma:
    """Luma samples of a file NAME_WxH_CHROMA_BITSb.yuv."""
    match = re.search(r"_(\d+)x(\d+)_(\d+)_(\d+)b$", path.stem)
    assert match
    width, height, bits = int(match[1]), int(match[2]), int(match[4])
    rest = {"420": 2 * ((width + 1) // 2) * ((height + 1) // 2), "444": 2 * width * height}[match[3]]
    data = np.fromfile(path, np.uint8 if bits == 8 else "<u2").reshape(-1, width * height + rest)
    return data[:, : width * height].reshape(-1, 1, height, width).astype(np.float64)
