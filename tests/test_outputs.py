# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What results are asked for and turned into: pooling by name, worst frames, shots, Arrow, Parquet, HTML."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames

import pyvmaf
from pyvmaf import Result, VmafContext, VmafKeyError, VmafModel, VmafNotSupportedError, VmafValueError
from pyvmaf.results.pooled import pooled_of

FRAMES = 12
REFS, DISTS = make_frames(Clip(96, 64, 8, "420", frames=FRAMES))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    out = []
    for side in (REFS, DISTS):
        head = b"YUV4MPEG2 W96 H64 F25:1 Ip C420\n"
        out.append(head + b"".join(b"FRAME\n" + b"".join(p.astype(np.uint8).tobytes() for p in f) for f in side))
    return out


@pytest.fixture(scope="module")
def result(paths: list[bytes]) -> Result:
    """Out of bytes, which are a video too."""
    return pyvmaf.score(paths[0], paths[1], features=["psnr"])


def test_pooling_is_the_engine_s(result: Result) -> None:
    with VmafContext() as context:
        model = VmafModel("vmaf_v0.6.1", name="vmaf_v0.6.1")
        context.use_features_from_model(model)
        context.use_feature("psnr")
        for i, (ref, dist) in enumerate(zip(REFS, DISTS, strict=True)):
            context.read_pictures(ref, dist, i)
        context.flush()
        context.score_pooled(model)
        for name in context.feature_names:
            for method in ("mean", "harmonic_mean", "min", "max"):
                want = context.feature_score_pooled(name, method)
                assert result.pool(name, method) == want == result.pooled[name].as_dict()[method]
            low = context.feature_score_pooled(name, "mean", 4, 8)
            assert result.by([(4, 9)])[0].pooled[name].mean == low


def test_pooling_by_name(result: Result) -> None:
    column = sorted(result["vmaf"])
    assert result.pool("vmaf") == result.score
    assert result.pool("vmaf", "p0") == column[0] and result.pool("vmaf", "p100") == column[-1]
    assert result.pool("vmaf", "median") == result.pool("vmaf", "p50") == result.percentile("vmaf", 50)
    assert result.pool("vmaf", "p2.5") == float(np.percentile(column, 2.5))
    assert result.pool("vmaf", "std") == result.pooled["vmaf"].std
    for wrong in ("average", "p101", "p", "p-1", ""):
        with pytest.raises(VmafValueError, match="no pooling"):
            result.pool("vmaf", wrong)
    with pytest.raises(VmafKeyError, match="no column 'x'"):
        result.pool("x")
    assert math.isnan(pooled_of(np.array([1.0, math.nan])).mean)
    assert math.isnan(pooled_of(np.empty(0)).percentiles[5])


def test_worst(result: Result) -> None:
    worst = result.worst(3)
    assert [v for _, v in worst] == sorted(result["vmaf"])[:3]
    assert all(result["vmaf"][i] == v for i, v in worst)
    assert len(result.worst(100, "psnr_y")) == FRAMES and result.worst(0) == []
    with pytest.raises(VmafKeyError):
        result.worst(1, "nothing")
    with pytest.raises(VmafValueError, match="n is -1"):
        result.worst(-1)


def test_shots(result: Result) -> None:
    shots = result.by([range(5), (5, 12)])
    assert [list(shot.frames) for shot in shots] == [list(range(5)), list(range(5, 12))]
    assert shots[0].score == float(sum(result["vmaf"][:5])) / 5
    assert shots[1].models == result.models and set(shots[1]) == set(result)
    with pytest.raises(VmafValueError, match="no scored frame is in range"):
        result.by([range(50, 60)])


def test_html_has_the_table_and_the_curve(result: Result) -> None:
    text = result._repr_html_()
    root = ET.fromstring(text)
    cells = [cell.text for cell in root.iter("td")]
    assert cells[0] == f"{result.score:.4f}" and len(cells) == 6
    line = next(root.iter("polyline")).get("points") or ""
    points = [tuple(map(float, p.split(","))) for p in line.split()]
    assert len(points) == FRAMES and all(0 <= x <= 640 and 0 <= y <= 120 for x, y in points)
    lowest = max(range(FRAMES), key=lambda i: points[i][1])
    assert lowest == result.worst(1)[0][0]
    many = Result(np.arange(5000), {"<a>": np.linspace(0, 99, 5000)}, {"<a>": result.pooled["vmaf"]}, ("<a>",), "a < b")
    other = many._repr_html_()
    assert len(re.findall(",", other)) < 2000 and "&lt;a&gt;" in other and "a &lt; b" in other
    ET.fromstring(other)
    ET.fromstring(Result(np.empty(0, np.int64), {}, {}, ())._repr_html_())


def test_arrow_and_parquet(result: Result, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra `arrow`)")
    from pyarrow import parquet

    result.to_parquet(tmp_path / "r.parquet")
    for table in (parquet.read_table(tmp_path / "r.parquet"), pyarrow.table(result)):
        assert table.column_names == ["frame", *result]
        assert table["frame"].to_pylist() == list(range(FRAMES))
        for name in result:
            assert table[name].to_pylist() == list(result[name])
        about = json.loads(table.schema.metadata[b"pyvmaf"])
        assert about["models"] == ["vmaf_v0.6.1"] and about["width"] == 96
    missing = Result(np.arange(2), {"a": np.array([1.0, math.nan])}, {}, ())
    assert pyarrow.table(missing)["a"].to_pylist() == [1.0, None]
    with pytest.raises(pyvmaf.VmafOSError, match=r"no/r\.parquet"):
        result.to_parquet(tmp_path / "no" / "r.parquet")


def test_without_pyarrow_it_says_what_is_needed(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(VmafNotSupportedError, match=r"pip install '\.\[arrow\]'"):
        result.to_parquet("x.parquet")


def test_bytes_and_file_objects_are_videos(paths: list[bytes], result: Result, tmp_path: Path) -> None:
    (tmp_path / "r.y4m").write_bytes(paths[0])
    kinds: list[Any] = [paths[0], bytearray(paths[0]), memoryview(paths[0])]
    with open(tmp_path / "r.y4m", "rb") as file:
        for one in [*kinds, file]:
            assert pyvmaf.score(one, paths[1], features=["psnr"]) == result
    with pytest.raises(pyvmaf.VideoError, match="empty"):
        pyvmaf.score(b"", paths[1])
    with pytest.raises(pyvmaf.IncompleteError, match="frame 11") as caught:
        pyvmaf.score(paths[0], paths[1][:-5])
    assert len(caught.value.result.frames) == FRAMES - 1


def test_arrays_in_the_place_of_a_video_are_refused_in_a_line(paths: list[bytes]) -> None:
    with pytest.raises(pyvmaf.VmafTypeError, match="must be a path, bytes or a binary file object") as caught:
        pyvmaf.score([np.zeros((1000, 1000), np.uint8)] * 50, paths[1])
    assert len(str(caught.value)) < 300
