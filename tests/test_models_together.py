# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Any number of models in one context: each has the very scores that it has alone."""

from __future__ import annotations

import numpy as np
import pytest
from support import capi, scoring
from support.clips import Clip, make_frames

import pyvmaf
from pyvmaf import VmafContext, VmafModel

# All of VMAF v1, at whose smallest prescale the chroma of 4:2:0 has 80 samples of 318; v0.6.1 and NEG beside them.
MODELS = [name for name in pyvmaf.builtin_models() if name.startswith("vmaf_v1")] + ["vmaf_v0.6.1", "vmaf_v0.6.1neg"]
CLIP = Clip(352, 320, 8, frames=5)


def scores(models: list[str], **how: int) -> dict[str, list[float | None]]:
    refs, dists = make_frames(CLIP)
    return scoring.score(refs, dists, models=models, cpumask=0, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_threads", [0, 3])
def test_each_is_as_alone(n_threads: int) -> None:
    together = scores(MODELS, n_threads=n_threads)
    for model in MODELS:
        alone = scores([model])
        assert capi.differences(alone, together) == []


def test_what_they_share_is_computed_once() -> None:
    """As many columns of a feature as there are different options, not as there are models."""
    names = list(scores(MODELS))
    uv = [name for name in names if name.startswith("speed_chroma_uv")]
    assert sorted(name.split("_snn")[0].split("nnf_0.1")[1] for name in uv) == [
        "", "_ps_0.5_psm_bilinear", "_ps_0.6_psm_bilinear",
    ]  # fmt: skip
    assert len([name for name in names if name.startswith("cambi")]) == 1
    assert len([name for name in names if name.startswith("integer_adm3")]) == 6  # 4 of VMAF v1, 1 each of the others


@pytest.mark.parametrize("name", [n for n in MODELS if "v1" in n])
def test_a_black_picture(name: str) -> None:
    """Chroma without any detail: its score of exactly 0 is replaced by one from luma."""
    black = tuple(np.zeros(shape, np.uint8) for shape in ((320, 320), (160, 160), (160, 160)))
    with VmafContext() as ctx:
        model = VmafModel(name)
        ctx.use_features_from_model(model)
        ctx.read_pictures(black, black, 0, pix_fmt="yuv420p")
        ctx.flush()
        assert 0 <= ctx.score_at_index(model, 0) <= 110
