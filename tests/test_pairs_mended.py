# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs that were damaged after encoding, without further loss, score as they did before once they are mended.

To the bit where nothing was resampled: as the frames that are left of the undamaged pair, as a clip of their own.
Where resampling took detail away, which nothing brings back, as the same done by hand with ffmpeg.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV makes and reads the files; pip install av")

import av
from support.pair_cases import DAMAGED, Case, Frames, How, make, together, write
from support.pair_clips import HEIGHT, WIDTH, Planes, moving, y4m

from pyvmaf import Result, inspect, score

FRAMES = 40
MODEL = "vmaf_v0.6.1"
INSERTED = Case("insert3", lambda f: [*f[:20], *moving(3, seed=50), *f[20:]], frozenset({"insert"}))
CASES = {case.name: case for case in [*DAMAGED, INSERTED]}
#: Cases that are mended without resampling.
EXACT = [
    "late7", "lead5", "drop1", "duplicate3", "freeze5", "insert3", "clock-24-23.976", "rate-24-30", "rate-60-30",
    "rate-30-24", "rate-24-60", "bars-removed", "rotation-90", "orientation", "upside-down", "range", "range-tag",
    "matrix-tag", "depth", "chroma",
]  # fmt: skip
ACCURATE = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
#: Of those whose frames have but few gaps between them: the frames that have another before them.
GAPS = {
    "late7": (0,), "drop1": (20,), "duplicate3": (), "freeze5": (10,), "insert3": (), "rate-24-30": (),
    "bars-removed": (), "rotation-90": (), "orientation": (), "range": (), "range-tag": (), "matrix-tag": (),
    "depth": (), "chroma": (),
}  # fmt: skip
SAME_LIGHT = "iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709"
TO_601 = How(filters=f"colorspace=ispace=bt709:space=smpte170m:irange=tv:range=tv:{SAME_LIGHT}", tags=(1, 6, 1, 1))
RESAMPLED = [
    CASES["crop-left"],
    CASES["crop-scaled"],
    CASES["matrix"],
    replace(CASES["matrix"], name="matrix-straight", how=TO_601),
    Case("enlarged", tuple, frozenset({"size"}), How(filters=f"scale=512:288:{ACCURATE}")),
    Case("enlarged-odd", tuple, frozenset({"size"}), How(filters=f"scale=350:198:{ACCURATE}")),
]
#: What somebody who knows of the damage does before `libvmaf`, by name of the case.
SCALED = f"scale={WIDTH}:{HEIGHT}"
BY_HAND = {
    "scale-down": SCALED,
    "scale-odd": SCALED,
    "aspect": f"setsar=1,{SCALED}",
    "bars-added": f"crop={WIDTH}:112:0:16,{SCALED}",
}


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
    """By what `inspect` says, which "auto" goes by."""
    paths = make(lossless(case), folder, before.shown)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(inspect(*paths).codes) == case.codes
        return score(*paths, align="auto", prepare="auto")


@pytest.mark.parametrize("name", EXACT)
def test_what_is_not_resampled_scores_as_before(name: str, before: Before, tmp_path: Path) -> None:
    result = mended(CASES[name], before, tmp_path)
    left = [max(pair) if CASES[name].offset else pair[0] for pair in together(CASES[name], FRAMES)]
    want = score(*(y4m([side[i] for i in left]) for side in before.shown))
    assert list(result) == list(want) and len(result[MODEL]) == len(left)
    assert [name for name in result if result[name].tolist() != want[name].tolist()] == []
    assert result.score == want.score
    for column in result:  # and those of the whole undamaged pair, where the frame before is the same
        differ = np.flatnonzero(result[column] != before.result[column][left])
        if "motion" not in column and column != MODEL:
            assert not differ.size, column
        elif name in GAPS:
            assert set(differ) <= set(GAPS[name]), column
    if len(left) == FRAMES:
        assert result.score == before.result.score


def test_a_crop_scores_as_both_cropped(before: Before, tmp_path: Path) -> None:
    ref, dist = (y4m([(y[8:-8, 16:-16], u[4:-4, 8:-8], v[4:-4, 8:-8]) for y, u, v in side]) for side in before.shown)
    assert mended(CASES["crop"], before, tmp_path)[MODEL].tolist() == score(ref, dist)[MODEL].tolist()


@pytest.mark.parametrize("case", RESAMPLED, ids=lambda case: case.name)
def test_what_is_resampled_scores_almost_as_before(case: Case, before: Before, tmp_path: Path) -> None:
    found, was = mended(case, before, tmp_path).score, before.result.score
    assert found is not None and was is not None
    assert abs(found - was) < 0.5


EXACT_FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


@pytest.mark.parametrize(
    ("name", "flags", "within"), [*((name, EXACT_FLAGS, 1e-3) for name in BY_HAND), ("scale-down", "bicubic", 0.5)]
)
def test_what_lost_detail_scores_as_by_hand(
    name: str, flags: str, within: float, before: Before, tmp_path: Path
) -> None:
    """The other way: ffmpeg with its own libvmaf and the filters that somebody would type; with exact ones the same."""
    tool = pytest.importorskip("imageio_ffmpeg", reason="no ffmpeg to compare with").get_ffmpeg_exe()
    known = subprocess.run([tool, "-v", "error", "-filters"], capture_output=True, text=True, check=True).stdout
    if "libvmaf" not in known:
        pytest.skip("this ffmpeg was built without libvmaf")
    case = replace(CASES[name], ref_how=lossless(Case("ref", tuple)).how)
    chain = f"[0:v]{BY_HAND[name]}:flags={flags}[dist];[dist][1:v]libvmaf=log_fmt=json:log_path=log.json"
    ref, dist = make(lossless(case), tmp_path, before.shown)
    command = [tool, "-v", "error", "-i", dist, "-i", ref, "-lavfi", chain, "-f", "null", "-"]
    subprocess.run(command, cwd=tmp_path, check=True)
    by_hand = json.loads((tmp_path / "log.json").read_text())["pooled_metrics"]["vmaf"]["mean"]
    assert mended(case, before, tmp_path).score == pytest.approx(by_hand, abs=within)
