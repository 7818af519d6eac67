# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How the pictures of two files lie on each other: edges, turns, sizes, and the findings of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alignment import Alignment
from .facts import NO_EDGES, Edges, Facts, widest
from .match import match
from .register import Placing
from .signature import ROWS, Signatures, weights
from .tags import SIDES
from .verdict import Finding
from .view import TURNS, View

#: Bars that differ by less than this share of the side agree.
AGREE = 0.015


def views_of(ref: Facts, dist: Facts) -> tuple[View, View]:
    """The views that the files' own tags ask for, without bars; of one size where both have about the same ones."""
    a, b = ref.bars or NO_EDGES, dist.bars or NO_EDGES
    if _stored(ref) == _stored(dist) and bars_agree(ref, dist):
        a = b = widest(a, b)
    return _view(ref, a), _view(dist, b)


def _view(facts: Facts, bars: Edges) -> View:
    return View(widest(bars, facts.container_crop), facts.rotation if facts.rotation % 90 == 0 else 0)


def _stored(facts: Facts) -> tuple[int, int, int]:
    return facts.width, facts.height, facts.rotation


def bars_agree(ref: Facts, dist: Facts) -> bool:
    """Whether both have the same bars, as shares of their sizes; none where they cannot be told."""
    sizes = [(f.width, f.height, f.width, f.height) for f in (ref, dist)]
    shares = [
        [edge / side for edge, side in zip(f.bars or NO_EDGES, s, strict=True)]
        for f, s in zip((ref, dist), sizes, strict=True)
    ]
    return ref.rotation == dist.rotation and max(abs(a - b) for a, b in zip(*shares, strict=True)) < AGREE


def find_turn(ref: Signatures, dist: Signatures) -> tuple[int, bool, float]:
    """By how many degrees the distorted pictures are to be turned to match, whether then mirrored; the similarity."""
    square = weights(ROWS, ref.lumas.shape[2])
    a, b = (_squared(signatures, square) for signatures in (ref, dist))
    found = []
    for degrees, mirrored in product(TURNS, (False, True)):
        turned = np.rot90(b.lumas, degrees // 90, axes=(1, 2))
        lumas = np.ascontiguousarray(turned[:, :, ::-1] if mirrored else turned)
        found.append((degrees, mirrored, match(a, replace(b, lumas=lumas)).similarity))
    return max(found, key=lambda entry: entry[2])


def _squared(signatures: Signatures, square: NDArray[np.float32]) -> Signatures:
    lumas = np.rint(signatures.lumas.astype(np.float32) @ square.T).astype(np.uint16)
    return replace(signatures, lumas=lumas, chromas=None)


def guesses(ref: Signatures, dist: Signatures, alignment: Alignment) -> Iterator[list[tuple[int, int]]]:
    """Lists of (reference, distorted) frames that may belong together, whatever part of the picture they show.

    The matching that was found, then the offset at which most changes at the same times.
    """
    found = list(alignment.pairs())
    if found:
        yield found
    offset = _offset_of_changes(ref, dist)
    if offset is not None:
        yield [(j + offset, j) for j in range(len(dist)) if 0 <= j + offset < len(ref)]


def _offset_of_changes(ref: Signatures, dist: Signatures) -> int | None:
    series = []
    for signatures in (ref, dist):
        steps = np.abs(np.diff(signatures.lumas.astype(np.float32), axis=0)).mean(axis=(1, 2))
        if len(steps) < 8:
            return None
        levels = np.log1p(steps)
        series.append((levels - levels.mean()) / max(float(levels.std()), 1e-3))
    size = 1 << (len(series[0]) + len(series[1])).bit_length()
    a, b = (np.fft.rfft(s, size) for s in series)
    correlation = np.fft.irfft(a * np.conj(b), size)
    at = int(correlation.argmax())
    return at if at < size // 2 else at - size


def some_pairs(
    ref: Signatures, pairs: list[tuple[int, int]], count: int = 7, within: int = 300
) -> list[tuple[int, int]]:
    """A few of the pairs, early in the files, of pictures that show something."""
    early = pairs[:within]
    edges = np.linspace(0, len(early), min(count, len(early)) + 1).astype(int)
    out = []
    for a, b in pairwise(edges):
        some = early[a:b]
        out.append(max(some, key=lambda pair: float(ref.lumas[pair[0]].std())))
    return out


def geometry_findings(
    ref: Facts, dist: Facts, views: tuple[View, View], placing: Placing | None, turned: int
) -> Iterator[Finding]:
    """Bars, crops, turns, sizes, shapes of samples; `turned`: by how much against the tags."""
    files = {"ref": (ref, views[0]), "dist": (dist, views[1])}
    total = views[1].rotation
    if views[1].mirrored:
        flip = "vflip" if total == 180 else ",".join([*TURNS[total], "hflip"])
        yield Finding(
            "mirrored", "refusal",
            f"the distorted pictures match when mirrored; undo it first, for example with ffmpeg -vf {flip}",
            {"tag": dist.rotation, "found": total},
        )  # fmt: skip
    elif turned:
        yield Finding(
            "orientation", "step",
            f"the distorted pictures match when turned by {total} degrees; {_told(dist.rotation)}",
            {"tag": dist.rotation, "found": total}, {"do": "rotate", "side": "dist", "degrees": total},
        )  # fmt: skip
    for side, (facts, view) in files.items():
        step: dict[str, Any] = {"do": "crop", "side": side, "edges": list(view.edges)}
        if facts.container_crop != NO_EDGES:
            severity = "step" if ref.container_crop != dist.container_crop else "note"
            yield Finding(
                "container_crop", severity, f"the container of {SIDES[side]} asks for a crop of {facts.container_crop}",
                {"side": side, "edges": list(facts.container_crop)}, step,
            )  # fmt: skip
        if facts.bars and facts.bars != NO_EDGES:
            severity = "note" if bars_agree(ref, dist) else "step"
            yield Finding(
                "bars", severity, f"{SIDES[side]} has black bars: {_edges_text(facts.bars)}",
                {"side": side, "edges": list(facts.bars)}, step,
            )  # fmt: skip
    if placing is not None:
        yield from _crops(files, views_of(ref, dist), placing)
    yield from _sizes(ref, dist, views)


def _told(rotation: int) -> str:
    return f"the tag, which says {rotation}, is wrong" if rotation else "no tag says so"


def _edges_text(edges: Edges) -> str:
    names = ("left", "top", "right", "bottom")
    return ", ".join(f"{n} {name}" for n, name in zip(edges, names, strict=True) if n) or "none"


def _crops(files: dict[str, tuple[Facts, View]], plain: tuple[View, View], placing: Placing) -> Iterator[Finding]:
    evidence = {
        "scale": [round(v, 4) for v in placing.scale], "start": [round(v, 4) for v in placing.start],
        "similarity": round(placing.similarity, 4), "before": round(placing.before, 4),
    }  # fmt: skip
    for (side, (_, view)), before in zip(files.items(), plain, strict=True):
        other = SIDES["dist" if side == "ref" else "ref"]
        if view.edges != before.edges:
            yield Finding(
                "crop", "step", f"{other} shows only a part of {SIDES[side]}: without {_edges_text(view.edges)}",
                evidence, {"do": "crop", "side": side, "edges": list(view.edges)},
            )  # fmt: skip


def _sizes(ref: Facts, dist: Facts, views: tuple[View, View]) -> Iterator[Finding]:
    a, b = views[0].size(ref), views[1].size(dist)
    step = {"do": "scale", "side": "dist", "size": list(a)}
    if a != b:
        yield Finding(
            "size", "step", f"sizes differ: {a[0]}x{a[1]} and {b[0]}x{b[1]} (distorted)",
            {"ref": list(a), "dist": list(b)}, step,
        )  # fmt: skip
    if ref.aspect != dist.aspect:
        shapes = [_shape(facts, view) for facts, view in zip((ref, dist), views, strict=True)]
        agree = abs(shapes[0] / shapes[1] - 1) < 0.02
        what = "the pictures have one shape when shown" if agree else "the pictures have two shapes when shown"
        yield Finding(
            "sample_aspect", "step" if agree and a != b else "warning",
            f"samples are of shapes {ref.sample_aspect} and {dist.sample_aspect} (distorted); {what}",
            {"ref": ref.sample_aspect, "dist": dist.sample_aspect}, step if agree and a != b else None,
        )  # fmt: skip


def _shape(facts: Facts, view: View) -> float:
    """Width to height as shown."""
    width, height = view.size(facts)
    aspect = float(facts.aspect)
    return width / height * (1 / aspect if view.rotation % 180 else aspect)
