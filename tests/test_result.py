# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`Result` as the one who has it sees it: names, a mapping, equality, files that say what they hold."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import os
import pickle
import stat
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.cli_cases import write_clips

import pyvmaf
from pyvmaf import Result, VideoFormat, VmafModel, VmafTypeError, VmafValueError
from pyvmaf.results.pooled import pool
from pyvmaf.results.save import check_output, replacing

RAW = VideoFormat(64, 64)
NEG = "vmaf_v0.6.1neg"


@pytest.fixture
def result(tmp_path: Path) -> Result:
    write_clips(tmp_path)
    return pyvmaf.score("ref.yuv", "dis.yuv", raw=RAW, model=NEG, n_threads=0)


def made(frames: int = 2, columns: int = 1) -> Result:
    values = np.linspace(0, 100, frames)
    return Result(np.arange(frames), {f"c{i}": values + i for i in range(columns)}, {}, ("c0",))


def test_a_column_has_its_model_s_name_and_vmaf_is_an_alias(result: Result) -> None:
    assert result.models == (NEG,)
    assert NEG in result and "vmaf" not in list(result)
    assert result["vmaf"] is result[NEG] and result.pooled["vmaf"] is result.pooled[NEG]
    assert result.score == result.pooled["vmaf"].mean
    two = pyvmaf.score("ref.yuv", "dis.yuv", raw=RAW, model=[VmafModel(NEG), "vmaf_v0.6.1"])
    assert two.models == ("vmaf", "vmaf_v0.6.1")
    assert two.run is not None and two.run.model_sources == (NEG, "vmaf_v0.6.1")
    assert "vmaf" in list(two) and list(two["vmaf"]) == list(result["vmaf"])


def test_the_score_of_a_collection_is_what_its_members_say_together(tmp_path: Path) -> None:
    write_clips(tmp_path)
    result = pyvmaf.score("ref.yuv", "dis.yuv", raw=RAW, model="bag.json")
    assert result.models == ("bag_bagging",) and "bag_stddev" in result
    assert result.score == result.pooled["vmaf"].mean > 0


def test_json_says_what_was_measured(result: Result) -> None:
    document = json.loads(result.to_json())
    assert document["models"] == document["model_sources"] == [NEG]
    assert (document["width"], document["height"], document["chroma"], document["depth"]) == (64, 64, "420", 8)
    assert (document["ref"], document["dist"], document["subsample"]) == ("ref.yuv", "dis.yuv", 1)
    assert document["version"].startswith("pyvmaf-") or pyvmaf.__version__ in document["version"]
    assert (document["frames_read"], document["seconds"] > 0) == (3, True)
    assert document["pooled_metrics"][NEG]["std"] == result.pooled[NEG].std


def test_csv_says_what_was_measured_on_every_line(result: Result) -> None:
    rows = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert len(rows) == 3
    for row in rows:
        assert (row["Model"], row["Reference"], row["Distorted"]) == (NEG, "ref.yuv", "dis.yuv")
        assert (row["Width"], row["Height"], row["Chroma"], row["Depth"]) == ("64", "64", "420", "8")
        assert row["Subsample"] == "1" and pyvmaf.__version__ in row["Version"]


def test_it_is_a_mapping(result: Result) -> None:
    assert isinstance(result, Mapping)
    assert len(result) == len(list(result)) == len(result.pooled) and dict(result.items())[NEG] is result[NEG]
    assert "nothing" not in result and result.get("nothing") is None
    for mapping in (result, result.pooled):
        with pytest.raises(KeyError, match=f"^no column 'nothing'; there are: .*{NEG}") as caught:
            mapping["nothing"]
        assert isinstance(caught.value, pyvmaf.VmafError)


def test_equal_scores_are_equal_results(result: Result) -> None:
    again = pyvmaf.score("ref.yuv", "dis.yuv", raw=RAW, model=NEG, n_threads=2)
    assert again == result and hash(again) == hash(result) and len({again, result}) == 1
    assert result != pyvmaf.score("ref.yuv", "dis.yuv", raw=RAW, model=NEG, frames=2)
    assert result != "a result"
    holes = [Result(np.arange(1), {"a": np.array([math.nan])}, {}, ()) for _ in range(2)]
    assert holes[0] == holes[1]


def test_its_repr_shows_score_minimum_and_frames(result: Result) -> None:
    pooled = result.pooled[NEG]
    start = f"<Result {NEG}: mean {pooled.mean:.4f}, min {pooled.min:.4f}; 3 frames; {len(result)} columns>"
    assert repr(result) == start
    assert repr(made(1)) == "<Result 1 frame; 1 column>"


def test_columns_cannot_be_changed(result: Result) -> None:
    for one in (result, copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert one == result and one.run == result.run
        for array in (one.frames, one[NEG]):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
        with pytest.raises(TypeError):
            one.columns["a"] = one[NEG]  # type: ignore[index]
    mine = np.zeros(2)
    Result(np.arange(2), {"a": mine}, {}, ())
    mine[0] = 1  # what was given stays writable


def test_percentiles_and_standard_deviation_are_shown(result: Result) -> None:
    pooled = result.pooled[NEG]
    assert pooled.std == np.std(result[NEG])
    assert f"std={pooled.std!r}, percentiles={{1: " in repr(pooled)
    assert hash(pooled) == hash(copy.copy(pooled))


def test_every_exception_is_exported_at_the_top() -> None:
    from pyvmaf import errors

    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, pyvmaf.VmafError)]
    assert len(kinds) > 10
    for kind in [*kinds, pyvmaf.IncompleteError, pyvmaf.Interrupted, pyvmaf.PairError, pyvmaf.VideoError]:
        assert getattr(pyvmaf, kind.__name__) is kind and kind.__name__ in pyvmaf.__all__


def test_the_top_has_its_names_and_no_others() -> None:
    """What is imported later is listed too; what it is made with is not."""
    names = {name for name in dir(pyvmaf) if not name.startswith("_")}
    assert set(pyvmaf.__all__) <= names
    assert [n for n in names - set(pyvmaf.__all__) if not isinstance(getattr(pyvmaf, n), ModuleType)] == []


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_files_are_written_frame_by_frame(kind: str, tmp_path: Path) -> None:
    long = made(4000, 15)
    tracemalloc.start()
    getattr(long, f"to_{kind}")(tmp_path / "r")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "r").stat().st_size > 1_000_000
    assert peak < 200_000


def test_names_that_are_not_utf8_and_returns_in_names(tmp_path: Path) -> None:
    write_clips(tmp_path)
    name = os.fsdecode(b"r\xffef.yuv")
    os.rename("ref.yuv", name)
    found = pyvmaf.score(name, "dis.yuv", raw=RAW)
    found.to_csv("r.csv")
    found.to_json("r.json")
    assert r"r\udcffef.yuv" in Path("r.csv").read_text("utf-8")
    assert json.loads(Path("r.json").read_text("utf-8"))["ref"] == name
    odd = Result(np.arange(1), {'a\rb"': np.zeros(1)}, {}, ())
    assert odd.to_csv() == 'Frame,"a\rb"""\n0,0.0\n'


def test_an_older_file_stays_when_writing_fails(tmp_path: Path) -> None:
    log = tmp_path / "r.json"
    log.write_text("older")
    log.chmod(0o640)
    with pytest.raises(RuntimeError, match="mine"), replacing(log) as name:
        Path(name).write_text("half")
        raise RuntimeError("mine")
    assert (log.read_text(), os.listdir(tmp_path)) == ("older", ["r.json"])
    link = tmp_path / "link.json"
    link.symlink_to(log)
    made().to_json(link)
    assert link.is_symlink() and json.loads(log.read_text())["models"] == ["c0"]
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.json", "r.json"]


def test_where_nothing_can_be_written_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none/r\.json: there is no folder none$"):
        check_output("none/r.json")
    with pytest.raises(OSError, match=r"^/proc/r\.json: "):
        check_output("/proc/r.json")
    with pytest.raises(ValueError, match="NUL"):
        check_output("a\0b")
    with pytest.raises(ValueError, match="NUL"):
        made().to_csv("a\0b")
    (tmp_path / "v.y4m").touch()
    (tmp_path / "w.y4m").symlink_to("v.y4m")
    with pytest.raises(ValueError, match=r"w\.y4m: is one of the files that are read; give the output another name"):
        check_output("w.y4m", ["none", tmp_path / "v.y4m"])
    check_output("new.json", ["v.y4m"])
    assert sorted(os.listdir(tmp_path)) == ["v.y4m", "w.y4m"]


def test_infinite_values_are_pooled_and_read_back(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    write_clips(tmp_path)
    same = pyvmaf.score("ref.yuv", "ref.yuv", raw=RAW, model=None, features=["ciede", ("psnr", {"enable_apsnr": True})])
    column = np.array([3.0, np.inf, np.inf])
    assert pool(column, "p50") == pool(column, "max") == pool(column, "mean") == math.inf
    assert pool(column[1:], "harmonic_mean") == math.inf and math.isnan(pool(column, "std"))
    assert pool(np.array([-1.0, 4.0]), "harmonic_mean") == -1.0
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]
    assert Result.from_json(same.to_json()) == same


def test_nan_among_whole_run_values_is_equal_to_itself() -> None:
    one = Result(np.arange(1), {"a": np.array([np.nan])}, {}, (), aggregates={"b": math.nan})
    assert one == pickle.loads(pickle.dumps(one)) and one == Result.from_json(one.to_json())


def test_shots_are_ranges(result: Result) -> None:
    assert [list(r.frames) for r in result.by([range(1), (1, 2), [0, 2]])] == [[0], [1], [0, 1]]  # type: ignore[list-item]
    for bad, message in ((range(0, 2, 2), "steps of 1"), (3, "must be a range"), ((0, 1, 2), "must be a range")):
        with pytest.raises((VmafTypeError, VmafValueError), match=message):
            result.by([bad])  # type: ignore[list-item]
    with pytest.raises(VmafValueError, match="must be 0 to 100"):
        result.percentile("vmaf", 101)
    with pytest.raises(VmafTypeError, match="method is None"):
        result.pool("vmaf", None)  # type: ignore[arg-type]
