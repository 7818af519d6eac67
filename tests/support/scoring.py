# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Score frames through the Python API, in the shape that capi.score() returns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyvmaf import PixelFormat, VmafContext, VmafModel
from support import capi
from support.capi import POOLING, SCALAR
from support.clips import CONTENTS, DAMAGES, Clip, Frame, make_frames

PIX_FMT = {
    "420": PixelFormat.YUV420P, "422": PixelFormat.YUV422P, "444": PixelFormat.YUV444P, "400": PixelFormat.YUV400P,
}  # fmt: skip


def check_like_peer(
    library: capi.Library, cases: Iterable[int], draw: Callable[[random.Random], Clip], features: Sequence[Any]
) -> None:
    """Clips of drawn formats, with drawn content, have the peer's scores on every set, with and without threads."""
    for case in cases:
        rng = random.Random(case)
        clip = replace(
            draw(rng), content=rng.choice((*CONTENTS, "natural", "natural")), damage=rng.choice(DAMAGES),
            frames=rng.choice([1, 3]), seed=case,
        )  # fmt: skip
        refs, dists = make_frames(clip)
        what: dict[str, Any] = {"chroma": clip.chroma, "bpc": clip.bpc, "features": features}
        want = capi.score(library, refs, dists, **what)
        for mask, n_threads in ((0, case % 3), (16 | 32, 0), (SCALAR, 0)):
            got = score(refs, dists, cpumask=mask, n_threads=n_threads, **what)
            assert capi.differences(want, got) == [], f"{clip}, cpumask {mask}, {n_threads} threads"


def score(
    refs: Sequence[Frame], dists: Sequence[Frame], *, chroma: str = "420", bpc: int = 8,
    models: Sequence[str | Path] = (), features: Iterable[tuple[str, Mapping[str, object]]] = (),
    n_threads: int = 0, n_subsample: int = 1, cpumask: int = SCALAR,
) -> dict[str, list[float | None]]:  # fmt: skip
    """Every feature by published name, then every model by its own, a value a frame."""
    with VmafContext(n_threads=n_threads, n_subsample=n_subsample, cpumask=cpumask, log_level="none") as ctx:
        loaded = {}
        for model in models:
            name = model.stem if isinstance(model, Path) else model
            loaded[name] = (
                VmafModel.from_path(model, name=name) if isinstance(model, Path) else VmafModel(model, name=name)
            )
            ctx.use_features_from_model(loaded[name])
        for name, options in features:
            ctx.use_feature(name, options)
        for i, (ref, dist) in enumerate(zip(refs, dists, strict=True)):
            ctx.read_pictures(ref, dist, i, bpc=bpc, pix_fmt=PIX_FMT[chroma])
        ctx.flush()
        indices = range(0, len(refs), n_subsample)
        out: dict[str, list[float | None]] = {}
        for name in ctx.feature_names:
            out[name] = [ctx.feature_score_at_index(name, i) for i in indices]
        for name, model in loaded.items():
            out[name] = [ctx.score_at_index(model, i) for i in indices]
            for method in POOLING:
                out[f"{name} {method}"] = [ctx.score_pooled(model, method)]
        return out
