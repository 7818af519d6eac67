# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ranges of a run: scored apart, saved, merged, they are that run, to the last bit and byte."""

from __future__ import annotations

import json
import os
import pickle
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames
from support.parts import DISTS, EVERYTHING, FRAMES, REFS, SIZE, check_equal, with_running_mean, write_pair

import pyvmaf
from pyvmaf import (
    IncompleteError,
    Plan,
    Result,
    Span,
    VmafContext,
    VmafError,
    VmafModel,
    VmafTypeError,
    VmafValueError,
    merge,
)
from pyvmaf.pairs.alignment import Alignment, Segment
from pyvmaf.parts.extracted import join, put_in, take_out
from pyvmaf.scoring.score import Means, carry_out, check_pair


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    yield from with_running_mean()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def whole(files: tuple[Path, Path]) -> Result:
    return pyvmaf.score(*files, **EVERYTHING)


def in_pieces(plan: Plan, size: int, n_threads: int = 0) -> list[Result]:
    return [carry_out(plan.of(span), Means(n_threads)) for span in plan.frames.pieces(FRAMES, size)]


@pytest.fixture(scope="module")
def sevens(files: tuple[Path, Path]) -> list[Result]:
    return in_pieces(Plan.make(*files, **EVERYTHING), 7)


@pytest.mark.parametrize("n_threads", [0, 2])
@pytest.mark.parametrize("size", [1, 7, 22, 100])
def test_merged_ranges_are_the_whole_run(files: tuple[Path, Path], whole: Result, size: int, n_threads: int) -> None:
    parts = in_pieces(Plan.make(*files, **EVERYTHING), size, n_threads)
    assert sum(len(part.frames) for part in parts) == FRAMES
    random.Random(size).shuffle(parts)
    merged = merge(parts)
    check_equal(merged, whole)
    assert set(whole.aggregates) == {"apsnr_y", "apsnr_cb", "apsnr_cr", "running_total"}


@pytest.mark.parametrize("size", [4, 7])
def test_subsampled_ranges_too(files: tuple[Path, Path], size: int) -> None:
    plan = Plan.make(*files, subsample=5, **EVERYTHING)
    want = carry_out(plan, Means(0))
    assert list(want.frames) == [0, 5, 10, 15, 20]
    check_equal(merge(in_pieces(plan, size)), want)


@pytest.mark.parametrize("model", ["vmaf_v1.0.16_3d0h", "vmaf_v1.0.16_hfr_3d0h"])
def test_v1_models_in_ranges(tmp_path: Path, model: str) -> None:
    frames = make_frames(Clip(320, 180, 8, "420", frames=9))
    paths = []
    for name, side in zip(("ref", "dist"), frames, strict=True):
        path = tmp_path / f"{name}.yuv"
        path.write_bytes(b"".join(p.astype(np.uint8).tobytes() for frame in side for p in frame))
        paths.append(path)
    plan = Plan.make(*paths, model=model, raw=pyvmaf.VideoFormat(320, 180))
    want = carry_out(plan, Means(0))
    parts = [carry_out(plan.of(span), Means(0)) for span in plan.frames.pieces(9, 2)]
    check_equal(merge(parts), want)


def test_a_range_has_the_numbers_of_the_whole_run(files: tuple[Path, Path], whole: Result) -> None:
    part = pyvmaf.score(*files, frames=range(9, 15), **EVERYTHING)
    assert list(part.frames) == list(range(9, 15))
    assert set(part) == set(whole)
    for name in part:
        assert list(part[name]) == list(whole[name][9:15])
    assert part.pooled["vmaf"].min == whole["vmaf"][9:15].min()
    tail = pyvmaf.score(*files, frames=slice(20, None))
    assert list(tail["vmaf"]) == list(whole["vmaf"][20:])


def test_merging_is_associative(sevens: list[Result], whole: Result) -> None:
    assert len(sevens) == 4
    check_equal(merge([merge(sevens[2:]), merge(sevens[:2])]), whole)
    check_equal(merge([sevens[3], merge([sevens[1], sevens[2]]), sevens[0]]), whole)
    middle = merge(sevens[1:3])
    assert list(middle.frames) == list(range(7, 21))
    assert list(middle["vmaf"]) == list(whole["vmaf"][7:21])


def test_parts_are_values(sevens: list[Result], whole: Result, tmp_path: Path) -> None:
    saved: list[Any] = []
    for i, part in enumerate(sevens):
        again = [Result.from_json(part.to_json()), pickle.loads(pickle.dumps(part))]
        part.save(tmp_path / f"{i}.pyvmaf")
        again.append(Result.load(tmp_path / f"{i}.pyvmaf"))
        for one in again:
            check_equal(one, part)
        part.to_json(tmp_path / f"{i}.json")
        saved.append([tmp_path / f"{i}.pyvmaf", str(tmp_path / f"{i}.json"), again[0], again[1]][i % 4])
    check_equal(merge(saved), whole)
    size = os.path.getsize(tmp_path / "1.pyvmaf")
    assert size < os.path.getsize(tmp_path / "1.json") / 2


def test_a_whole_result_reads_back(whole: Result, tmp_path: Path) -> None:
    whole.to_json(tmp_path / "w.json")
    with open(tmp_path / "w.json", encoding="utf-8") as file:
        for read in (Result.from_json(tmp_path / "w.json"), Result.from_json(file)):
            check_equal(read, whole)
            assert read.run == whole.run and read.pooled["vmaf"] == whole.pooled["vmaf"]
    whole.save(tmp_path / "w.pyvmaf")
    check_equal(Result.load(tmp_path / "w.pyvmaf"), whole)


def test_numbers_that_json_lacks_read_back() -> None:
    column = np.array([np.inf, -np.inf, np.nan, 0.1])
    one = Result(np.arange(4), {"a": column}, {}, ())
    document = json.loads(one.to_json())
    assert [f["metrics"]["a"] for f in document["frames"]] == ["Infinity", "-Infinity", None, 0.1]
    document["pooled_metrics"] = {"a": dict.fromkeys(["min", "max", "mean", "harmonic_mean", "std"], 0.0)}
    document["pooled_metrics"]["a"] |= {f"p{q}": 0.0 for q in (1, 5, 10, 25, 50, 75, 90, 95, 99)}
    assert Result.from_json(json.dumps(document)) == one


def test_logs_of_merged_ranges_have_every_byte(tmp_path: Path) -> None:
    def run(first: int, stop: int) -> tuple[VmafContext, list[VmafModel], Any]:
        context = VmafContext()
        models = [VmafModel("vmaf_v0.6.1"), VmafModel("vmaf_v0.6.1neg", name="neg")]
        for model in models:
            context.use_features_from_model(model)
        context.use_feature("psnr", {"enable_apsnr": True})
        before, after = context.halo
        assert before is not None
        begin, end = max(0, first - before), min(FRAMES, stop + after)
        for i in range(begin, end):
            read = context.read_pictures if first <= i < stop else context.read_halo
            read(REFS[i], DISTS[i], i)
        context.flush()
        format = pyvmaf.VideoFormat(*SIZE)
        return context, models, take_out(context, format, begin, end, (first - begin, end - stop))

    def logs(context: VmafContext, models: list[VmafModel]) -> list[str]:
        for model in models:
            context.score_pooled(model)
        out = []
        for kind in ("json", "xml", "csv", "sub"):
            context.write_output(tmp_path / kind, kind)
            out.append(re.sub(r'"?fps"?[:=] ?"?[0-9.]+"?', "", (tmp_path / kind).read_text()))
        return out

    context, models, _ = run(0, FRAMES)
    want = logs(context, models)
    assert "apsnr_y" in want[0]
    pieces = [run(first, min(first + 6, FRAMES))[2] for first in range(0, FRAMES, 6)]
    last = len(pieces) - 1
    cut = [p.cut(p.begin if i == 0 else p.first, p.end if i == last else p.stop) for i, p in enumerate(pieces)]
    with VmafContext(n_threads=2) as merged:
        again = [VmafModel("vmaf_v0.6.1"), VmafModel("vmaf_v0.6.1neg", name="neg")]
        for model in again:
            merged.use_features_from_model(model)
        merged.use_feature("psnr", {"enable_apsnr": True})
        put_in(merged, join(cut), replays=False)
        merged.flush()
        assert logs(merged, again) == want


# What does not fit.


@pytest.mark.parametrize(
    "frames,message",
    [
        (range(5, 5), "empty"),
        (range(9, 3), "empty"),
        (range(0, 10, 2), "steps of 1"),
        (range(-3, 4), "frames.start is -3"),
        (slice(4, 2), "empty"),
        (-1, "frames is -1"),
    ],
)
def test_ranges_that_make_no_sense(frames: Any, message: str) -> None:
    with pytest.raises(VmafValueError, match=message):
        pyvmaf.score("no-file", "no-file", frames=frames)


def test_ranges_beyond_the_end(files: tuple[Path, Path]) -> None:
    shifted = Alignment(23, 23, "1", (Segment((0, 21), (1, 22), (1,), 1.0),), (), 1.0, 1.0)
    for frames, asked in ((range(30, 40), "30 to 39"), (range(23, 40), "23 to 39"), (slice(23, None), "23 to the end")):
        said = f"ref.y4m: frames {asked} are beyond the end; the file has 23 frames, 0 to 22"
        with pytest.raises(VmafValueError, match=said):
            pyvmaf.score(*files, frames=frames)
        with pytest.raises(VmafValueError, match=said):
            check_pair(Plan.make(*files, frames=frames))
    with pytest.raises(VmafValueError, match="frames 23 to 39 are beyond the end; 21 pairs of frames match"):
        pyvmaf.score(*files, frames=range(23, 40), align=shifted)
    with pytest.raises(IncompleteError, match="frames 20 to 39 are asked for, but the videos end after frame 22") as e:
        pyvmaf.score(*files, frames=range(20, 40))
    assert list(e.value.result.frames) == [20, 21, 22]
    assert list(pyvmaf.score(*files, frames=40).frames) == list(range(FRAMES))


def test_gaps_and_overlaps_are_refused(sevens: list[Result], files: tuple[Path, Path]) -> None:
    with pytest.raises(VmafValueError, match="frames 7 to 13 are in no part"):
        merge([sevens[0], sevens[2]])
    other = pyvmaf.score(*files, frames=range(5, 9), **EVERYTHING)
    with pytest.raises(VmafValueError, match="frames 5 to 6 are in two parts"):
        merge([sevens[0], other])
    with pytest.raises(VmafValueError, match="frames 0 to 6 are in two parts"):
        merge([sevens[0], sevens[0]])
    with pytest.raises(VmafValueError, match="nothing to merge"):
        merge([])


@pytest.mark.parametrize("what", ["distorted", "models", "features", "subsample"])
def test_parts_of_other_runs_are_refused(sevens: list[Result], files: tuple[Path, Path], what: str) -> None:
    arguments = dict(EVERYTHING)
    pair = files
    if what == "distorted":
        pair = (files[0], files[0])
    elif what == "models":
        arguments["model"] = "vmaf_v0.6.1"
    elif what == "features":
        arguments["features"] = [("psnr", {"enable_apsnr": False}), *EVERYTHING["features"][1:]]
    else:
        arguments["subsample"] = 2
    other = pyvmaf.score(*pair, frames=range(7, 14), **arguments)
    with pytest.raises(VmafValueError, match=f"frames from 7 on are of another run: {what} differs"):
        merge([sevens[0], other])


def test_edited_and_foreign_files_are_refused(sevens: list[Result], tmp_path: Path) -> None:
    good = sevens[1].to_json()
    edited = json.loads(good)
    scores = edited["part"]["series"][0]["scores"]
    at = next(i for i, score in enumerate(scores) if score is not None)
    scores[at] += 1e-9
    with pytest.raises(VmafValueError, match="was changed since it was written"):
        Result.from_json(json.dumps(edited))
    for bad in ("{}", '{"frames": 3}', "{nonsense", good[: len(good) // 2]):
        with pytest.raises(VmafValueError, match="the text: not a result of pyvmaf"):
            Result.from_json(bad)
    (tmp_path / "x.pyvmaf").write_bytes(b"something else entirely")
    with pytest.raises(VmafValueError, match="holds no scores of pyvmaf"):
        Result.load(tmp_path / "x.pyvmaf")
    sevens[1].save(tmp_path / "y.pyvmaf")
    data = bytearray((tmp_path / "y.pyvmaf").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "y.pyvmaf").write_bytes(data)
    with pytest.raises(VmafValueError, match="no frame's scores"):
        Result.load(tmp_path / "y.pyvmaf")
    with pytest.raises(pyvmaf.VmafFileNotFoundError):
        Result.load(tmp_path / "none.pyvmaf")


def test_an_older_version_s_part_is_refused(sevens: list[Result]) -> None:
    assert sevens[0].part and sevens[1].part
    old = replace(sevens[1].part, identity={**sevens[1].part.identity, "engine": "3.1.0-pyvmaf-0.0.9"})
    with pytest.raises(VmafValueError, match="engine differs"):
        merge([sevens[0], replace(sevens[1], part=old)])


def test_results_without_a_part_are_refused(whole: Result) -> None:
    bare = Result(whole.frames, whole.columns, whole.pooled, whole.models)
    with pytest.raises(VmafTypeError, match="cannot be merged"):
        merge([bare])
    with pytest.raises(VmafTypeError, match="no part to save"):
        bare.save("x.pyvmaf")
    with pytest.raises(VmafTypeError, match="neither a result nor the path"):
        merge([3])  # type: ignore[list-item]


def test_plans_are_values(files: tuple[Path, Path]) -> None:
    plan = Plan.make(
        *files,
        model=["vmaf_v0.6.1", Path("mine.json"), Path("mine")],
        features=["psnr", ("vif", {"vif_enhn_gain_limit": 1.5, "debug": True})],
        raw=pyvmaf.VideoFormat(64, 48, "422", 10),
        streams=(0, None),
        subsample=3,
        frames=range(10, 30),
    )
    assert plan.models == ("vmaf_v0.6.1", "mine.json", "./mine")
    for again in (Plan.from_json(plan.to_json()), pickle.loads(pickle.dumps(plan))):
        assert replace(again, ref=files[0], dist=files[1]) == plan
    assert plan.of(slice(5, None)).frames == Span(5, None)
    assert hash(plan) == hash(Plan.make(*files)) or plan != Plan.make(*files)
    for bad in ("{}", "[]", "nonsense", '{"format": "pyvmaf plan 1"}', '{"format": "pyvmaf plan 9"}'):
        with pytest.raises(VmafValueError, match="plan"):
            Plan.from_json(bad)


def test_plans_of_what_is_open_here_stay_here(files: tuple[Path, Path], sevens: list[Result]) -> None:
    model = VmafModel("vmaf_v0.6.1", name="mine")
    plan = Plan.make(*files, model=model)
    for refused in (plan.to_json, lambda: pickle.dumps(plan)):
        with pytest.raises(VmafTypeError, match="is open here"):
            refused()
    parts = in_pieces(plan, 10)
    check_equal(merge(parts), carry_out(plan, Means(0)))
    assert pickle.loads(pickle.dumps(parts[0])).part is None
    with open(files[0], "rb") as file, pytest.raises(VmafTypeError, match="names its files by path"):
        Plan.make(file, files[1]).to_json()


def test_what_an_error_leaves_can_be_merged(files: tuple[Path, Path], whole: Result, tmp_path: Path) -> None:
    data = files[1].read_bytes()
    short = tmp_path / "short.y4m"
    short.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(IncompleteError) as caught:
        pyvmaf.score(files[0], short, **EVERYTHING)
    left = caught.value.result
    kept = len(left.frames)
    assert 10 < kept < 20 and left.part and not left.part.complete
    rest = pyvmaf.score(*files, frames=slice(kept, None), **EVERYTHING)
    identity = left.part.identity
    mended = replace(rest, part=replace(rest.part, identity=identity))  # the file was longer, the frames are the same
    merged = merge([left, mended])
    for name in whole:
        assert list(merged[name]) == list(whole[name])


def test_a_file_that_changes_while_it_is_read_is_told(files: tuple[Path, Path], tmp_path: Path) -> None:
    changing = tmp_path / "changing.y4m"
    changing.write_bytes(files[1].read_bytes())

    def touch(done: int, total: int | None) -> None:
        if done == 5:
            with open(changing, "ab") as file:
                file.write(b"FRAME\n")

    with pytest.warns(UserWarning, match=r"changing\.y4m changed while it was read"):
        result = pyvmaf.score(files[0], changing, frames=10, progress=touch)
    assert result.run and result.run.warnings == (f"{changing} changed while it was read",)


def test_errors_are_typed(files: tuple[Path, Path]) -> None:
    with pytest.raises(VmafError):
        pyvmaf.score(*files, frames="all")  # type: ignore[arg-type]
