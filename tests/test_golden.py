# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Every published double equals the peer's scalar path.

The stored numbers are of clips that the tests make themselves; where a folder of
recorded clips lies beside the project, its whole golden set runs too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support import capi, scoring
from support.clips import Frame, chroma_size, make_frames
from support.golden_cases import CLIPS, CONFIGS, GOLDEN_FILE, Clip

import pyvmaf

Result = Mapping[str, Sequence[float | None]]

# Instruction sets are switched off by their bits of cpumask: the best set, no AVX-512, none.
MASKS = {"best": 0, "no-avx512": 16 | 32, "scalar": capi.SCALAR}

SHARED = Path(__file__).parents[2] / "shared"
SHARED_CONFIGS = (
    "v0.6.1", "neg", "4k", "debug", "motion_opts", "psnr_opts", "v1_3d0h", "v1_hfr_5d0h", "v1_1d5h_2160",
)  # fmt: skip


@cache
def golden() -> dict[str, Result]:
    return json.loads(GOLDEN_FILE.read_text())  # type: ignore[no-any-return]


@cache
def frames_of(clip: Clip) -> tuple[list[Frame], list[Frame]]:
    return make_frames(clip)


@cache
def library() -> capi.Library:
    return capi.Library(pyvmaf.get_library())


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_python_equals_the_peer(clip: Clip, config: str, mask: str) -> None:
    refs, dists = frames_of(clip)
    got = scoring.score(
        refs, dists, chroma=clip.chroma, bpc=clip.bpc, cpumask=MASKS[mask],
        models=CONFIGS[config].models, features=CONFIGS[config].features,
    )  # fmt: skip
    want = golden()[f"{clip}/{config}"]
    assert capi.differences(want, got) == []
    assert list(want) == list(got), "the order of columns"


@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("clip", CLIPS[:4], ids=str)
def test_c_abi_equals_the_peer(clip: Clip, config: str, n_threads: int) -> None:
    refs, dists = frames_of(clip)
    got = capi.score(
        library(), refs, dists, chroma=clip.chroma, bpc=clip.bpc, n_threads=n_threads, cpumask=0,
        models=CONFIGS[config].models, features=CONFIGS[config].features,
    )  # fmt: skip
    want = golden()[f"{clip}/{config}"]
    assert capi.differences(want, got) == []
    assert list(want) == list(got), "the order of columns"


def read_raw(path: Path, width: int, height: int, chroma: str, bpc: int) -> list[Frame]:
    dtype = np.uint8 if bpc == 8 else np.dtype("<u2")
    data = np.fromfile(path, dtype)
    size = chroma_size(chroma, width + 1 if chroma != "444" else width, height + 1 if chroma == "420" else height)
    shapes = [(height, width)] + ([size[::-1]] * 2 if size else [])
    frame_size = sum(h * w for h, w in shapes)
    frames = []
    for start in range(0, len(data), frame_size):
        planes, at = [], start
        for h, w in shapes:
            planes.append(data[at : at + h * w].reshape(h, w))
            at += h * w
        crop = chroma_size(chroma, width, height)
        if crop:
            planes[1:] = [np.ascontiguousarray(p[: crop[1], : crop[0]]) for p in planes[1:]]
        frames.append(tuple(planes))
    return frames


def shared_pairs() -> list[str]:
    if not (SHARED / "golden" / "features.json").exists():
        return []
    keys = json.loads((SHARED / "golden" / "features.json").read_text())
    return sorted({key.split("/")[0] for key in keys})


@cache
def shared_golden() -> dict[str, dict[str, dict[str, list[float | None]]]]:
    return json.loads((SHARED / "golden" / "features.json").read_text())  # type: ignore[no-any-return]


@cache
def shared_frames(pair: str) -> tuple[list[Frame], list[Frame], str, int]:
    name, size, chroma, depth = pair.rsplit("_", 3)
    width, height = map(int, size.split("x"))
    bpc = int(depth.removesuffix("b"))
    sides = [
        read_raw(SHARED / "clips" / f"{name}_{side}_{size}_{chroma}_{depth}.yuv", width, height, chroma, bpc)
        for side in ("ref", "dis")
    ]
    return sides[0], sides[1], chroma, bpc


def shared_config(config: str) -> tuple[list[str], list[tuple[str, dict[str, object]]]]:
    what = json.loads((SHARED / "golden" / "configs.json").read_text())[config]
    features = [(name, options) for name, options in what.get("features", [])]
    return what.get("models", []), features


def expected(pair: str, config: str) -> Result:
    entry = shared_golden()[f"{pair}/{config}"]
    want: dict[str, Sequence[float | None]] = {**entry["features"], **entry["scores"]}
    for model, pooled in entry["pooled"].items():
        want |= {f"{model} {method}": [value] for method, value in pooled.items()}  # type: ignore[list-item]
    return want


@pytest.mark.skipif(not shared_pairs(), reason="no recorded clips beside the project")
@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
@pytest.mark.parametrize("config", SHARED_CONFIGS)
@pytest.mark.parametrize("pair", shared_pairs() or ["none"])
@pytest.mark.parametrize("surface", ["python", "c"])
def test_recorded_clips(surface: str, pair: str, config: str, n_threads: int) -> None:
    refs, dists, chroma, bpc = shared_frames(pair)
    models, features = shared_config(config)
    if "error" in shared_golden()[f"{pair}/{config}"]:
        if surface == "python":  # an error here too, whatever it is there
            with pytest.raises(pyvmaf.VmafError):
                scoring.score(refs, dists, chroma=chroma, bpc=bpc, models=models, features=features)
        return
    what = {"chroma": chroma, "bpc": bpc, "models": models, "features": features, "n_threads": n_threads, "cpumask": 0}
    got = (
        scoring.score(refs, dists, **what)  # type: ignore[arg-type]
        if surface == "python"
        else capi.score(library(), refs, dists, **what)  # type: ignore[arg-type]
    )
    assert capi.differences(expected(pair, config), got) == []
