# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Nearness of the PyTorch twin and of vmaf-torch to the C engine and to libvmaf's float extractors, as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from pyvmaf.torch import VMAF

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.torch_clips import MODELS, Pair, engine, generated, recorded

TITLES = dict(zip(MODELS, ("v0.6.1", "NEG", "4k"), strict=True))
QUANTITIES = ("adm2", "motion2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3", "score")
#: What is measured, and against what.
COLUMNS = {
    "float": ("float", "engine"),
    "f64": ("smooth64", "engine"),
    "f32": ("smooth32", "engine"),
    "quantised": ("quantised", "engine"),
    "exact": ("exact", "engine"),
    "vmaf-torch": ("vmaf-torch", "engine"),
    "f64 to float": ("smooth64", "float"),
    "f32 to float": ("smooth32", "float"),
    "vmaf-torch to float": ("vmaf-torch", "float"),
}
Series = dict[str, Tensor]
#: Series by what made them, of one pair and model.
Made = dict[str, Series]


def whole(features: Iterable[Tensor], model: str) -> Series:
    """Features in the model's order, and the score that follows from them."""
    columns = [x.flatten().double() for x in features]
    return dict(zip(QUANTITIES, (*columns, VMAF(model).regression(torch.stack(columns, -1))), strict=True))


def smooth(pair: Pair, model: str, dtype: torch.dtype) -> Series:
    ref, dist = (torch.from_numpy(side).to(dtype) for side in pair.luma())
    return whole(VMAF(model, chunk=4).features(ref, dist).values(), model)


def discrete(pair: Pair, model: str, mode: str) -> Series:
    ref, dist = map(torch.from_numpy, pair.luma())
    vmaf = VMAF(model, mode=mode, bit_depth=pair.bits)
    return dict(zip(QUANTITIES, (*vmaf.features(ref, dist).values(), vmaf(ref, dist)), strict=True))


def by_engine(pair: Pair, model: str) -> Series:
    made = engine(pair, [], [model])
    names = [feature.name for feature in VMAF(model).inputs]
    columns = [torch.tensor(made[name], dtype=torch.float64) for name in (*names, model)]
    return dict(zip(QUANTITIES, columns, strict=True))


def by_float(pair: Pair, model: str) -> Series:
    """The 4k model takes the features of v0.6.1."""
    series = pair.float_series(MODELS[1] if model == MODELS[1] else MODELS[0])
    return whole((torch.tensor(series[q], dtype=torch.float64) for q in QUANTITIES[:-1]), model)


def by_vmaf_torch(pair: Pair, model: str) -> Series | None:
    """In binary64; None where it is not installed, has no such model or refuses the pair."""
    try:
        from vmaf_torch import VMAF as Other
    except ImportError:
        return None
    if model == MODELS[2]:
        return None
    ref, dist = map(torch.from_numpy, pair.luma())
    try:
        motion, adm, vif, score = (
            Other(NEG=model == MODELS[1], clip_score=False).double().compute_vmaf_features_and_score(ref, dist)
        )
    except (IndexError, RuntimeError) as error:
        print(f"vmaf-torch on {pair.name}: {error}", file=sys.stderr)
        return None
    columns = [x.flatten() for x in (adm, motion, *vif.unbind(-1), score)]
    return dict(zip(QUANTITIES, columns, strict=True))


def make(pair: Pair, model: str) -> Made:
    made: dict[str, Series | None] = {
        "engine": by_engine(pair, model),
        "float": by_float(pair, model),
        "smooth64": smooth(pair, model, torch.float64),
        "smooth32": smooth(pair, model, torch.float32),
        "quantised": discrete(pair, model, "quantised"),
        "exact": discrete(pair, model, "exact"),
        "vmaf-torch": by_vmaf_torch(pair, model),
    }
    return {way: series for way, series in made.items() if series is not None}


def cell(some: Iterable[Made], way: str, judge: str, quantity: str) -> str:
    """Worst distance; over nothing, a dash."""
    distances = [(made[way][quantity] - made[judge][quantity]).abs().max() for made in some if way in made]
    if not distances:
        return "-"
    worst = float(max(distances))
    return f"{worst:.0e}" if 0.0 < worst < 5e-5 else f"{worst:.4f}" if worst else "0"


def table(heads: list[str], rows: Iterable[tuple[list[str], list[list[Made]], str]]) -> None:
    """A row is its titles and a quantity, of each of some groups of pairs."""
    print("\n| " + " | ".join([*heads, *COLUMNS]) + " |")
    print("|---" * (len(heads) + len(COLUMNS)) + "|")
    for titles, groups, quantity in rows:
        cells = (" / ".join(cell(some, *column, quantity) for some in groups) for column in COLUMNS.values())
        print("| " + " | ".join([*titles, *(text.replace("- / -", "-") for text in cells)]) + " |")


@torch.no_grad()
def agreement() -> None:
    """Worst distance of a frame: by feature, over recorded and over generated pairs; then of scores, by pair."""
    groups = [[(pair, {m: make(pair, m) for m in MODELS}) for pair in pairs] for pairs in (recorded(), generated())]

    def of(model: str) -> list[list[Made]]:
        return [[made[model] for _, made in group] for group in groups]

    rows = [(q, m) for m in MODELS for q in QUANTITIES if m != MODELS[2] or q == "score"]  # 4k: features of v0.6.1
    table(["value", "model"], (([q, TITLES[m]], of(m), q) for q, m in rows))
    pairs = [(pair.name, made) for pair, made in groups[0]]
    table(["pair", "model"], (([name, TITLES[m]], [[made[m]]], "score") for name, made in pairs for m in MODELS))
    table(["pair"], (([pair.name], [list(made.values())], "score") for pair, made in groups[1]))
