# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf.score`: columns, pooled values, JSON, CSV, and what a broken video leaves."""

from __future__ import annotations

import csv
import json
import math
import os
import pickle
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames

import pyvmaf
from pyvmaf import IncompleteError, Interrupted, Result, VideoFormat, VmafContext, VmafError, VmafModel
from pyvmaf.scoring.measure import measure
from pyvmaf.video import Pair

FORMAT = VideoFormat(70, 54, "420", 10)
FRAMES = 7
REFS, DISTS = make_frames(Clip(70, 54, 10, "420", frames=FRAMES))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clips")
    for name, frames in (("ref", REFS), ("dist", DISTS)):
        data = b"".join(p.astype("<u2").tobytes() for frame in frames for p in frame)
        (folder / f"{name}.yuv").write_bytes(data)
    return folder / "ref.yuv", folder / "dist.yuv"


@pytest.fixture(scope="module")
def result(files: tuple[Path, Path]) -> Result:
    return pyvmaf.score(*files, raw=FORMAT, features=[("psnr", {"enable_mse": True})], n_threads=0)


MODEL = "vmaf_v0.6.1"


def context_columns(subsample: int = 1) -> dict[str, list[float]]:
    """The same numbers through the context, frame by frame."""
    with VmafContext(n_subsample=subsample) as context:
        model = VmafModel(MODEL, name=MODEL)
        context.use_features_from_model(model)
        context.use_feature("psnr", {"enable_mse": True})
        for i, (ref, dist) in enumerate(zip(REFS, DISTS, strict=True)):
            context.read_pictures(ref, dist, i, bpc=10)
        context.flush()
        indices = range(0, FRAMES, subsample)
        scores = [context.score_at_index(model, i) for i in indices]
        columns = {name: [context.feature_score_at_index(name, i) for i in indices] for name in context.feature_names}
        assert columns[MODEL] == scores
        assert list(context.feature_scores(MODEL, indices)) == scores
        assert np.isnan(context.feature_scores(MODEL, [FRAMES])).all()
        return columns


@pytest.mark.parametrize("n_threads", [0, 1, 3, None])
def test_columns_are_the_context_s(files: tuple[Path, Path], n_threads: int | None) -> None:
    result = pyvmaf.score(*files, raw=FORMAT, features=[("psnr", {"enable_mse": True})], n_threads=n_threads)
    want = context_columns()
    assert {name: list(c) for name, c in result.columns.items()} == want
    assert list(result.columns) == list(want)
    assert list(result.frames) == list(range(FRAMES))
    assert result.models == (MODEL,)


def test_subsample(files: tuple[Path, Path]) -> None:
    result = pyvmaf.score(*files, raw=FORMAT, features=[("psnr", {"enable_mse": True})], subsample=3)
    assert list(result.frames) == [0, 3, 6]
    assert {name: list(c) for name, c in result.columns.items()} == context_columns(3)
    assert result.score == float(np.float64(sum(result["vmaf"])) / 3)


def test_pooled_values(result: Result) -> None:
    for name, pooled in result.pooled.items():
        column = result[name]
        total = inverse = 0.0
        for value in column:
            total += value
            inverse += 1.0 / (value + 1.0)
        assert pooled.mean == total / FRAMES
        assert pooled.harmonic_mean == FRAMES / inverse - 1.0
        assert (pooled.min, pooled.max) == (min(column), max(column))
        assert pooled.percentiles[50] == sorted(column)[3]
        assert pooled.percentiles[25] == np.percentile(column, 25)
        assert result.percentile(name, 0) == pooled.min
    assert result.score == result.pooled["vmaf"].mean


def test_json_reads_back_exactly(result: Result, tmp_path: Path) -> None:
    text = result.to_json()
    result.to_json(tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text("utf-8") == text
    document = json.loads(text)
    assert [frame["frameNum"] for frame in document["frames"]] == list(range(FRAMES))
    for name, column in result.columns.items():
        assert [frame["metrics"][name] for frame in document["frames"]] == list(column)
    assert document["pooled_metrics"][MODEL]["p5"] == result.pooled["vmaf"].percentiles[5]
    assert document["models"] == [MODEL]


def test_csv_reads_back_exactly(result: Result, tmp_path: Path) -> None:
    text = result.to_csv()
    result.to_csv(tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text("utf-8") == text
    rows = list(csv.DictReader(text.splitlines()))
    assert [int(row["Frame"]) for row in rows] == list(range(FRAMES))
    for name, column in result.columns.items():
        assert [float(row[name]) for row in rows] == list(column)


def test_missing_values_are_told() -> None:
    column = np.array([1.0, math.nan])
    one = Result(np.arange(2), {"a": column}, {}, ())
    assert one.to_csv() == "Frame,a\n0,1.0\n1,\n"
    assert json.loads(one.to_json())["frames"][1]["metrics"]["a"] is None
    with pytest.raises(VmafError, match="no column 'b'; there are: a"):
        one["b"]
    with pytest.raises(VmafError, match="no model was used"):
        _ = one.score


def test_several_models_have_their_own_names(files: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text((Path(pyvmaf.get_include()).parent / "model" / "vmaf_v0.6.1.json").read_text())
    result = pyvmaf.score(*files, raw=FORMAT, model=["vmaf_v0.6.1", "vmaf_v0.6.1neg", path], frames=3)
    assert result.models == ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "mine")
    assert list(result["mine"]) == list(result["vmaf_v0.6.1"])
    assert list(result["mine"]) != list(result["vmaf_v0.6.1neg"])


def test_features_only(files: tuple[Path, Path]) -> None:
    result = pyvmaf.score(*files, raw=FORMAT, model=None, features=["psnr"], frames=2)
    assert list(result.columns) == ["psnr_y", "psnr_cb", "psnr_cr"]
    assert len(result.frames) == 2


def test_progress(files: tuple[Path, Path]) -> None:
    seen: list[tuple[int, int | None]] = []
    pyvmaf.score(*files, raw=FORMAT, progress=lambda *at: seen.append(at))
    assert seen == [(i, FRAMES) for i in range(1, FRAMES + 1)]
    seen.clear()
    pyvmaf.score(*files, raw=FORMAT, frames=2, progress=lambda *at: seen.append(at))
    assert seen == [(1, 2), (2, 2)]


def test_error_in_the_callback_comes_out(files: tuple[Path, Path]) -> None:
    def fail(*_: object) -> None:
        raise KeyError("mine")

    threads = threading.active_count()
    with pytest.raises(KeyError, match="mine"):
        pyvmaf.score(*files, raw=FORMAT, progress=fail)
    assert threading.active_count() == threads


def test_different_lengths(files: tuple[Path, Path], tmp_path: Path) -> None:
    short = tmp_path / "short.yuv"
    short.write_bytes(files[1].read_bytes()[: 3 * FORMAT.frame_bytes()])
    result = pyvmaf.score(files[0], short, raw=FORMAT)
    assert len(result.frames) == 3
    assert result.note == f'"{short}" ended before "{files[0]}".'


def test_truncated_video(files: tuple[Path, Path], tmp_path: Path, result: Result) -> None:
    cut = tmp_path / "cut.yuv"
    cut.write_bytes(files[1].read_bytes()[:-1])
    with pytest.raises(IncompleteError, match=r"cut\.yuv: frame 6: truncated.*; 6 frames scored before") as caught:
        pyvmaf.score(files[0], cut, raw=FORMAT)
    partial = caught.value.result
    assert list(partial["integer_adm2"]) == list(result["integer_adm2"][:6])
    assert isinstance(caught.value.__cause__, VmafError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and list(again.result.frames) == list(range(6))


class Third(pyvmaf.FeatureExtractor):
    """Fails at the third frame."""

    name = "third"
    features = ("third",)

    def extract(self, ref: pyvmaf.VmafPicture, dist: pyvmaf.VmafPicture, index: int) -> dict[str, float]:
        if index == 2:
            raise LookupError("no third frame, please")
        return {"third": 1.0}


def test_failing_extractor(files: tuple[Path, Path]) -> None:
    pyvmaf.register(Third)
    try:
        with pytest.raises(IncompleteError, match="no third frame, please; 2 frames scored before") as caught:
            pyvmaf.score(*files, raw=FORMAT, features=["third"], n_threads=0)
    finally:
        pyvmaf.unregister(Third)
    assert isinstance(caught.value.__cause__, LookupError)
    assert list(caught.value.result["third"]) == [1.0, 1.0]


def test_interrupt(files: tuple[Path, Path]) -> None:
    """A KeyboardInterrupt stays one, and carries what there is."""

    def press(frames: int, _: int | None) -> None:
        if frames == 4:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        pyvmaf.score(*files, raw=FORMAT, progress=press)
    assert isinstance(caught.value, Interrupted)
    assert 4 <= len(caught.value.result.frames) <= 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Pressed(VmafContext):
    """Ctrl-C comes when a call is done and nobody has noted it."""

    when: str | int = ""

    def read_pictures(self, ref: Any, dist: Any, index: int, **how: Any) -> None:
        super().read_pictures(ref, dist, index, **how)
        if self.when == index:
            raise KeyboardInterrupt

    def flush(self) -> None:
        super().flush()
        if self.when == "flush":
            raise KeyboardInterrupt


@pytest.mark.parametrize("when,frames", [(0, 1), (4, 5), ("flush", FRAMES)])
@pytest.mark.parametrize("n_threads", [0, 2])
def test_an_interrupt_between_calls(files: tuple[Path, Path], when: str | int, frames: int, n_threads: int) -> None:
    """The frames that are counted are those that have scores."""
    with Pressed(n_threads=n_threads) as context, ExitStack() as stack:
        context.use_feature("psnr")
        context.when = when
        pair = Pair(*(stack.enter_context(pyvmaf.open_video(path, FORMAT)) for path in files))
        measured = measure(context, pair)
        assert isinstance(measured.error, KeyboardInterrupt)
        assert measured.frames == context.frame_count == context.read_count == frames


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"model": "vmaf_v0.6"}, ValueError, "did you mean"),
        ({"model": "none.json"}, FileNotFoundError, r"none\.json"),
        ({"features": ["vift"]}, ValueError, 'did you mean "vif"'),
        ({"features": [("vif", {"debugg": True})]}, ValueError, 'did you mean "debug"'),
        ({"raw": None}, ValueError, "say its width, height"),
        ({"raw": VideoFormat(70, 5400)}, ValueError, "less than one frame"),
        ({"n_threads": -1}, ValueError, "n_threads is -1"),
    ],
)
def test_refusals(files: tuple[Path, Path], arguments: dict[str, object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        pyvmaf.score(*files, **({"raw": FORMAT} | arguments))  # type: ignore[arg-type]
    assert isinstance(caught.value, VmafError)


def test_missing_video() -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.y4m: No such file"):
        pyvmaf.score("none.y4m", "none.y4m")


def test_pairs_that_differ(files: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.y4m"
    other.write_bytes(b"YUV4MPEG2 W8 H8 F1:1 Ip C444\nFRAME\n" + bytes(192))
    with pyvmaf.open_video(files[0], FORMAT) as ref:
        with pytest.raises(VmafError, match="dimensions do not match: 70x54, 8x8; pixel formats"):
            pyvmaf.score(ref, other)
        assert len(list(ref)) == FRAMES  # the caller's video stays open
