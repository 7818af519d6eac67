# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Parts that are not what they seem: other bytes, other models, other versions, ended early, edited."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.parts import EVERYTHING, FRAMES, check_equal, with_running_mean, write_pair

import pyvmaf
from pyvmaf import Plan, Result, VmafTypeError, VmafValueError, merge
from pyvmaf.model_files import entries
from pyvmaf.parts import store
from pyvmaf.parts.records import RecordFile, read_records


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    yield from with_running_mean()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def whole(files: tuple[Path, Path]) -> Result:
    return pyvmaf.score(*files, **EVERYTHING)


@pytest.fixture(scope="module")
def sevens(files: tuple[Path, Path]) -> list[Result]:
    spans = [range(first, min(first + 7, FRAMES)) for first in range(0, FRAMES, 7)]
    return [pyvmaf.score(*files, frames=span, **EVERYTHING) for span in spans]


def test_bytes_are_told_from_other_bytes(files: tuple[Path, Path], whole: Result) -> None:
    ref, dist = (path.read_bytes() for path in files)
    head = pyvmaf.score(files[0], dist, frames=range(5), **EVERYTHING)
    assert merge([head, pyvmaf.score(io.BytesIO(ref), files[1], frames=slice(5, None), **EVERYTHING)]) == whole
    with pytest.raises(VmafValueError, match="distorted differs"):
        merge([head, pyvmaf.score(files[0], ref, frames=slice(5, None), **EVERYTHING)])


def test_a_file_object_is_told_by_what_is_read_of_it(files: tuple[Path, Path]) -> None:
    file = io.BytesIO(b"before" + files[1].read_bytes())
    file.seek(6)
    tail = pyvmaf.score(files[0], file, frames=slice(3, None), model=None, features=["psnr"])
    head = pyvmaf.score(*files, frames=range(3), model=None, features=["psnr"])
    assert merge([head, tail]) == pyvmaf.score(*files, model=None, features=["psnr"])


def test_a_range_without_a_scored_frame(files: tuple[Path, Path]) -> None:
    none = pyvmaf.score(*files, frames=range(6, 9), subsample=5)
    assert len(none.frames) == len(none["vmaf"]) == 0 and np.isnan(none.score) and "nan" in none._repr_html_()
    others = [pyvmaf.score(*files, frames=one, subsample=5) for one in (range(6), slice(9, None))]
    check_equal(merge([none, *others]), pyvmaf.score(*files, subsample=5))
    assert Result.from_json(none.to_json()) == none


def test_a_model_that_changed_is_not_used_for_what_was_saved(files: tuple[Path, Path], tmp_path: Path) -> None:
    model = tmp_path / "mine.json"
    shipped = entries()
    model.write_bytes(Path(shipped["vmaf_v0.6.1"].path).read_bytes())
    result = pyvmaf.score(*files, model=model, frames=range(4))
    result.save(tmp_path / "part.pyvmaf")
    assert Result.load(tmp_path / "part.pyvmaf") == result
    model.write_bytes(Path(shipped["vmaf_v0.6.1neg"].path).read_bytes())
    for read in (Result.load, lambda path: merge([path])):
        with pytest.raises(VmafValueError, match="models differs"):
            read(tmp_path / "part.pyvmaf")


def test_parts_of_another_version_only_are_refused_too(sevens: list[Result]) -> None:
    old = [replace(r.part, identity={**r.part.identity, "engine": "3.1.0"}) for r in sevens if r.part]
    with pytest.raises(VmafValueError, match="engine differs"):
        merge([replace(result, part=part) for result, part in zip(sevens, old, strict=True)])


def test_what_was_ended_early_says_so(files: tuple[Path, Path], tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 9:
            raise KeyboardInterrupt

    with pytest.raises(pyvmaf.Interrupted) as caught:
        pyvmaf.score(*files, n_threads=0, progress=stop)
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, pyvmaf.Interrupted) and again.result == caught.value.result
    again.result.save(tmp_path / "x.pyvmaf")
    assert "the run was ended before its end: frames from 9 on lack" in str(Result.load(tmp_path / "x.pyvmaf").note)


def test_long_parts_are_several_records(
    sevens: list[Result], whole: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LONGEST", 3)
    for i, one in enumerate(sevens):
        one.save(tmp_path / f"{i}.pyvmaf")
        check_equal(Result.load(tmp_path / f"{i}.pyvmaf"), one)
    assert merge(sorted(tmp_path.iterdir())) == whole


def test_one_result_is_no_sequence_of_them(sevens: list[Result]) -> None:
    for one in (sevens[0], "x.pyvmaf", None):
        with pytest.raises(VmafTypeError, match="must be a sequence of results"):
            merge(one)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change,message",
    [
        ({"frames": {"first": -1, "stop": 5, "exact": True}}, "frames.first is -1"),
        ({"frames": {"first": 5, "stop": 5, "exact": True}}, "frames 5 to before 5 are none"),
        ({"frames": {"first": 0, "stop": "x", "exact": True}}, "frames.stop is 'x'"),
        ({"features": ["vif"]}, "features has"),
        ({"features": [[{}, {}]]}, "features has"),
        ({"models": [3]}, "models has 3"),
        ({"ref": None}, "ref has None"),
        ({"streams": [[], None]}, "streams is"),
        ({"raw": []}, "has it wrong"),
        ({"viewing_distance": "far"}, "has it wrong"),
    ],
)
def test_plans_that_were_edited_are_checked(change: dict[str, Any], message: str) -> None:
    with pytest.raises(VmafValueError, match=message):
        Plan.from_dict({**Plan.make("a", "b").as_dict(), **change})


def test_parts_of_matched_frames_merge_from_files_and_memory(files: tuple[Path, Path]) -> None:
    matched = pyvmaf.inspect(*files).alignment
    head = pyvmaf.score(*files, frames=range(4), align=matched)
    tail = pyvmaf.score(*files, frames=slice(4, None), align=matched)
    assert merge([head, Result.from_json(tail.to_json())]) == pyvmaf.score(*files, align=matched)


@pytest.mark.parametrize(
    "kind,change",
    [
        (b"C", {"name": 5}),
        (b"C", {"registration": -1}),
        (b"C", {"registration": 1 << 40}),
        (b"E", {"aggregates": [["x", "y", 0.0]]}),
        (b"E", {"hosts": None}),
        (b"H", {"identity": "mine"}),
        (b"H", {"format": [1e9, 2, "420", 8]}),
        (b"F", 3),
    ],
)
def test_records_that_were_made_up_are_refused(
    sevens: list[Result], tmp_path: Path, kind: bytes, change: dict[str, Any] | int
) -> None:
    path = tmp_path / "x.pyvmaf"
    sevens[1].save(path)
    records, _ = read_records(path)
    at = next(i for i, record in enumerate(records) if record[:1] == kind)
    if isinstance(change, int):
        records.insert(at, records[at])  # frames that are there twice
    else:
        records[at] = kind + json.dumps({**json.loads(records[at][1:]), **change}).encode()
    file = RecordFile(path, 0)
    for record in records:
        file.append(record)
    file.close()
    with pytest.raises(VmafValueError, match="its records make no sense"):
        Result.load(path)


@pytest.mark.parametrize("given", [None, 3, b"{}"])
def test_what_is_no_path_and_no_text(given: Any) -> None:
    with pytest.raises(VmafTypeError):
        Result.from_json(given)
    if given != b"{}":
        with pytest.raises(VmafTypeError):
            Result.load(given)
    for read in (Result.load, Result.from_json):
        with pytest.raises(VmafValueError, match="NUL"):
            read("a\0b")
