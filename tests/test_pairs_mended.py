# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs that were damaged after encoding, without further loss, score as they did before once they are mended.

To the bit where nothing was resampled. Only motion, which looks at the frame before, may differ
where that is another: on the first frame and on those after a gap.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV makes and reads the files; pip install av")

import av
from support.pair_cases import DAMAGED, Case, Frames, How, make, together, write
from support.pair_clips import HEIGHT, Planes, moving, y4m

from pyvmaf import Result, inspect, score

FRAMES = 40
MODEL = "vmaf_v0.6.1"
INSERTED = Case("insert3", lambda f: [*f[:20], *moving(3, seed=50), *f[20:]], frozenset({"insert"}))
CASES = {case.name: case for case in [*DAMAGED, INSERTED]}
#: Names of cases whose numbers are those of before, and the frames of the result that have another before them.
EXACT: dict[str, tuple[int, ...]] = {
    "late7": (0,),
    "drop1": (20,),
    "duplicate3": (),
    "freeze5": (10,),
    "insert3": (),
    "rate-24-30": (),
    "bars-removed": (),
    "rotation-90": (),
    "orientation": (),
    "range": (),
    "range-tag": (),
    "matrix-tag": (),
    "depth": (),
    "chroma": (),
}
ACCURATE = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
RESAMPLED = [
    CASES["crop-left"],
    CASES["crop-scaled"],
    Case("enlarged", tuple, frozenset({"size"}), How(filters=f"scale=512:288:{ACCURATE}")),
    Case("enlarged-odd", tuple, frozenset({"size"}), How(filters=f"scale=350:198:{ACCURATE}")),
]


@dataclass(frozen=True)
class Before:
    """The pair before it is damaged: frames of the reference and of a decoded encode, and their result."""

    shown: tuple[Frames, Frames]
    result: Result


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    folder = tmp_path_factory.mktemp("before")
    frames = moving()[:FRAMES]
    with av.open(str(write(folder / "encode.mp4", frames, How()))) as encode:
        decoded = [planes_of(frame.to_ndarray()) for frame in encode.decode(video=0)]
    shown = (frames, decoded)
    return Before(shown, score(*make(lossless(Case("whole", tuple)), folder, shown)))


def planes_of(rows: np.ndarray) -> Planes:
    """The planes of 4:2:0 as PyAV lays them one below the other."""
    half, quarter = HEIGHT // 2, HEIGHT // 4
    u, v = (rows[HEIGHT + k * quarter :][:quarter].reshape(half, -1) for k in (0, 1))
    return rows[:HEIGHT], u, v


def lossless(case: Case) -> Case:
    return replace(case, how=replace(case.how, codec="libx264", options=(("qp", "0"), ("preset", "ultrafast"))))


def mended(case: Case, before: Before, folder: Path) -> Result:
    """By what `inspect` says."""
    paths = make(lossless(case), folder, before.shown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = inspect(*paths)
        assert set(found.codes) == case.codes
        return score(*paths, align="auto", prepare=found.steps or "none")


@pytest.mark.parametrize("name", EXACT)
def test_what_is_not_resampled_scores_as_before(name: str, before: Before, tmp_path: Path) -> None:
    result = mended(CASES[name], before, tmp_path)
    same = [max(pair) if CASES[name].offset else pair[0] for pair in together(CASES[name], FRAMES)]
    assert list(result) == list(before.result) and len(result[MODEL]) == len(same)
    for column in result:
        differ = np.flatnonzero(result[column] != before.result[column][same])
        allowed = EXACT[name] if "motion" in column or column == MODEL else ()
        assert set(differ) <= set(allowed), column
    if len(same) == FRAMES:
        assert result.score == before.result.score


def test_a_crop_scores_as_both_cropped(before: Before, tmp_path: Path) -> None:
    ref, dist = (y4m([(y[8:-8, 16:-16], u[4:-4, 8:-8], v[4:-4, 8:-8]) for y, u, v in side]) for side in before.shown)
    assert mended(CASES["crop"], before, tmp_path)[MODEL].tolist() == score(ref, dist)[MODEL].tolist()


@pytest.mark.parametrize("case", RESAMPLED, ids=lambda case: case.name)
def test_what_is_resampled_scores_almost_as_before(case: Case, before: Before, tmp_path: Path) -> None:
    found, was = mended(case, before, tmp_path).score, before.result.score
    assert found is not None and was is not None
    assert abs(found - was) < 0.5
