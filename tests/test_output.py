# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Logs byte for byte: stored ones, the peer's, and those that libvmaf writes wrongly."""

from __future__ import annotations

import csv
import ctypes as ct
import errno
import hashlib
import io
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from support import capi
from support.imports import Imports, ours
from test_oracle import peer

XML, JSON, CSV, SUB = 1, 2, 3, 4


def worked_example(frames: int = 3) -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
    """64x64 pairs: a slanted ramp, and the same with a small periodic error."""
    y, x = np.mgrid[0:64, 0:64]
    grey = np.full((32, 32), 128, np.uint8)
    out = []
    for i in range(frames):
        ref = 20 + (3 * x + 5 * y + 7 * i) % 200
        dist = ref + (x * y + i) % 5 - 2
        out.append(([ref.astype(np.uint8), grey, grey], [dist.astype(np.uint8), grey, grey]))
    return out


def score_example(run: Imports, options: dict[str, object]) -> None:
    opts = run.library.dictionary(options)
    run.library.call("vmaf_use_feature", run.context, b"psnr", opts)
    for i, (ref, dist) in enumerate(worked_example()):
        run.read(ref, dist, i)
    run.flush()


def masked(text: bytes) -> bytes:
    """Without the version and the speed, which are a run's own."""
    text = re.sub(rb'  "(version|fps)": [^\n]*\n', b"", text)
    return re.sub(rb'(version|fps)="[^"]*"', b"", text)


def test_worked_example_of_features(tmp_path: Path) -> None:
    """The hashes are of libvmaf 3.2.0's logs."""
    with Imports(ours(), n_subsample=2) as run:
        score_example(run, {"enable_apsnr": True, "enable_mse": True})
        logs = {f: run.write(tmp_path / "log", f) for f in (XML, JSON, CSV, SUB)}
    sha = {f: hashlib.sha256(masked(text)).hexdigest() for f, text in logs.items()}
    assert sha[CSV] == "caac8fd8eef6b4fae4df8f7d1ea76227690ed40bf996e32d2e6366844ec9cc8c"
    assert sha[SUB] == "bd1753ec872403a93be26f0a515fc9ec0fb2a3aecd07111fe5ee0d428917c2fe"
    assert sha[JSON] == "c177741a7d0a1dbebcc160378596ae3f828c912674e94f94ac81b69c01ca74ca"
    lines = logs[XML].decode().splitlines()
    assert re.fullmatch(r'<VMAF version="[^"]+">', lines[0])
    assert lines[1] == '  <params qualityWidth="64" qualityHeight="64" />'
    assert re.fullmatch(r'  <fyi fps="\d+\.\d\d" />', lines[2])
    assert lines[4].startswith('    <frame frameNum="0" psnr_y="44.306394" mse_y="2.412354" psnr_cb="60.000000"')
    assert lines[-2:] == [
        '  <aggregate_metrics apsnr_y="45.273187" apsnr_cb="87.000000" apsnr_cr="87.000000" />',
        "</VMAF>",
    ]


def test_worked_example_of_the_default_model(tmp_path: Path) -> None:
    with Imports(ours()) as run:
        model, config = ct.c_void_p(), capi.ModelConfig(None, 0)
        run.library.call("vmaf_model_load", ct.byref(model), ct.byref(config), b"vmaf_v0.6.1")
        run.models.append(model)
        run.library.call("vmaf_use_features_from_model", run.context, model)
        score_example(run, {"enable_apsnr": True})
        for i in range(3):
            run.score(model, i)
        lines = run.write(tmp_path / "log", XML).splitlines(keepends=True)
    text = b"".join(line for line in lines[1:] if not line.startswith(b"  <fyi"))
    assert hashlib.sha256(text).hexdigest() == "48ed1cec91425612e2f67f362601fd1ff3df3c84d1d0a7b903191dba2127377a"


NUMBERS = [
    (1e-6, "0.000001"),
    (9.99e-7, "0.0000009990000000"),
    (5e-7, "0.0000005000000000"),
    (100.0000005, "100.0000004999999987"),
    (-3e-9, "-0.0000000030000000"),
    (1e-20, "0.0000000000000000"),
    (-0.0, "-0.000000"),
    (4294967296.25, "4294967296.250000"),
    (1e300, f"{int(1e300)}.000000"),
    (-1e308, f"{int(-1e308)}.000000"),
    (math.inf, "inf"),
    (-math.inf, "-inf"),
    (math.nan, "nan"),
    (math.copysign(math.nan, -1), "nan"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers(tmp_path: Path, value: float, text: str) -> None:
    with Imports(ours()) as run:
        run.put("x", value, 0)
        assert run.write(tmp_path / "log", CSV) == f"Frame,x,\n0,{text},\n".encode()
        assert run.write(tmp_path / "log", SUB) == f"{{0}}{{1}}frame: 0|x: {text}|\n".encode()
        want = text if math.isfinite(value) else "null"
        assert f'"x": {want}\n'.encode() in run.write(tmp_path / "log", JSON)


NAMES = (
    "VMAF_integer_feature_adm2_score", "VMAF_feature_vif_scale3_score", "Cambi_feature_cambi_score",
    "Speed_chroma_feature_speed_chroma_uv_score", "VMAF_integer_feature_motion_sad_score", "a",
    "vmaf", "integer_motion2_mbf_0.5", "psnr_q",
)  # fmt: skip
SPECIAL = [value for value, _ in NUMBERS] + [
    2147483648.0,
    2147483647.9999999,
    1 / 3,
    99.9999995,
    5e-324,
]


def random_logs(library: capi.Library, seed: int, path: Path) -> list[bytes]:
    """All formats of a context with random imports, gaps and pictures."""
    rng = random.Random(seed)
    with Imports(library, n_subsample=seed % 4) as run:
        names = rng.sample(NAMES, rng.randint(1, 6))
        for index in range(rng.randint(1, 12)):
            for name in names:
                value = rng.choice([rng.uniform(0, 100), 10 ** rng.uniform(-9, 3), rng.choice(SPECIAL)])
                if seed % 3 == 0 or rng.random() < 0.7:
                    run.put(name, value, index)
        for index in range(rng.choice([0, 3, 8])):
            planes = [np.full((48, 64), index, np.uint8)] + [np.zeros((24, 32), np.uint8)] * 2
            run.read(planes, planes, index)
        return [run.write(path, f) for f in (XML, JSON, CSV, SUB)]


def mended(text: bytes) -> bytes:
    """The peer's log with the defects removed that ours does not repeat."""
    text = re.sub(rb"\[,\n", b"[\n", text.replace(b"-nan", b"nan"))
    text = re.sub(rb'null,  ( +)"', rb'null,\n  \1"', text)
    return re.sub(rb"null( +)}", rb"null\n\1}", text)


@pytest.mark.parametrize("batch", range(4))
def test_logs_equal_the_peers(tmp_path: Path, batch: int) -> None:
    for seed in range(batch, 120, 4):
        want, got = (random_logs(lib, seed, tmp_path / "log") for lib in (peer(), ours()))
        assert [masked(t) for t in got] == [masked(mended(t)) for t in want], seed


def test_json_stays_valid_with_gaps_and_nulls(tmp_path: Path) -> None:
    with Imports(ours()) as run:
        run.put("a", math.nan, 2)
        run.put("b", math.inf, 2)
        run.put("a", 1.0, 5)
        text = run.write(tmp_path / "log", JSON).decode()
    frames = text[text.index('  "frames"') : text.index('  "pooled')]
    assert frames == (
        '  "frames": [\n'
        '    {\n      "frameNum": 2,\n      "metrics": {\n'
        '        "a": null,\n        "b": null\n      }\n    },\n'
        '    {\n      "frameNum": 5,\n      "metrics": {\n'
        '        "a": 1.000000\n      }\n    }\n'
        "  ],\n"
    )
    parsed = json.loads(text)
    assert [f["frameNum"] for f in parsed["frames"]] == [2, 5]
    assert parsed["pooled_metrics"] == {"a": {}, "b": {}}


def test_empty_log(tmp_path: Path) -> None:
    with Imports(ours()) as run:
        assert masked(run.write(tmp_path / "log", JSON)) == (
            b'{\n  "frames": [\n  ],\n  "pooled_metrics": {\n  },\n  "aggregate_metrics": {\n  }\n}\n'
        )
        assert json.loads((tmp_path / "log").read_text())["fps"] is None
        assert run.write(tmp_path / "log", CSV) == b"Frame,\n"
        assert run.write(tmp_path / "log", SUB) == b""


def test_far_apart_frames_take_no_time(tmp_path: Path) -> None:
    """Walking every index between would take minutes."""
    last = 2**32 - 2
    with Imports(ours(), n_subsample=2) as run:
        for index in (0, 3, 512, last):
            run.put("x", 1.0, index)
        rows = run.write(tmp_path / "log", CSV).decode().splitlines()
    assert rows == ["Frame,x,", "0,1.000000,", "512,1.000000,", f"{last},1.000000,"]


AWKWARD = [
    'a"b',
    "a\\b",
    "<&>'",
    "x y",
    "1st",
    "é",
    "tab\there",
    "line\nbreak",
    "bell\x07",
    "",
    "a,b",
]


def test_names_are_escaped(tmp_path: Path) -> None:
    with Imports(ours()) as run:
        for i, name in enumerate(AWKWARD):
            run.put(name, float(i), 0)
        metrics = json.loads(run.write(tmp_path / "log", JSON))["frames"][0]["metrics"]
        assert metrics == {name: float(i) for i, name in enumerate(AWKWARD)}
        root = ET.fromstring(run.write(tmp_path / "log", XML))
        assert [m.get("name") for m in root.iter("metric")] == [n.replace("\x07", "\ufffd") for n in AWKWARD]
        frame = next(root.iter("frame")).attrib
        assert [float(v) for k, v in frame.items() if k != "frameNum"] == [float(i) for i in range(len(AWKWARD))]
        assert frame["x_x0020_y"] == "3.000000" and frame["_x0031_st"] == "4.000000"
        rows = list(csv.reader(io.StringIO(run.write(tmp_path / "log", CSV).decode(), newline="")))
        assert rows[0] == ["Frame", *AWKWARD, ""] and len(rows[1]) == len(rows[0])


def test_invalid_utf8_in_a_name(tmp_path: Path) -> None:
    with Imports(ours()) as run:
        run.library.call("vmaf_import_feature_score", run.context, b"a\xff", 1.0, 0)
        assert json.loads(run.write(tmp_path / "log", JSON))["frames"][0]["metrics"] == {"a\ufffd": 1.0}
        assert next(ET.fromstring(run.write(tmp_path / "log", XML)).iter("metric")).get("name") == "a\ufffd"


def failing_write(run: Imports, path: str, format_id: int) -> tuple[int, str]:
    code = run.library.dll.vmaf_write_output(run.context, path.encode(), format_id)
    return code, run.library.dll.pyvmaf_last_message().decode()


def test_failed_writes_are_reported(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("precious")
    with Imports(ours()) as run:
        run.put("x", 1.0, 0)
        for format_id in (0, 5, -1):
            code, message = failing_write(run, str(kept), format_id)
            assert code == -errno.EINVAL and f"unknown output format {format_id}" in message
        assert kept.read_text() == "precious"
        code, message = failing_write(run, str(tmp_path / "no" / "log"), XML)
        assert code == -errno.ENOENT and f"could not open file: {tmp_path}/no/log: " in message
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full to write to")
        for format_id in (XML, JSON, CSV, SUB):
            code, message = failing_write(run, "/dev/full", format_id)
            assert code == -errno.ENOSPC and "could not write file: /dev/full: " in message


def test_pooling(tmp_path: Path) -> None:
    with Imports(ours(), n_subsample=2) as run:
        for i, value in enumerate([9.0, 1.0, 5.0, 2.0, 7.0]):
            run.put("x", value, i)
        assert run.pooled("x", "min", 0, 4) == 5.0
        # The range starts between two frames that subsampling keeps.
        assert (run.pooled("x", "min", 1, 4), run.pooled("x", "max", 1, 4)) == (5.0, 7.0)
        assert run.pooled("x", "mean", 1, 5) == 6.0
        assert run.pooled("x", "harmonic_mean", 1, 4) == 2 / (1 / 6 + 1 / 8) - 1
        for low, high, reason in [(1, 1, "no frame from 1 to 1"), (0, 6, "no score at index 6")]:
            with pytest.raises(capi.CApiError, match=str(-errno.EINVAL)):
                run.pooled("x", "mean", low, high)
            assert reason in run.library.dll.pyvmaf_last_message().decode()
    with Imports(ours()) as run:
        for i, value in enumerate([2.0, math.nan, 1.0]):
            run.put("x", value, i)
        assert (run.pooled("x", "min", 0, 2), run.pooled("x", "max", 0, 2)) == (1.0, 2.0)
        assert math.isnan(run.pooled("x", "min", 1, 2)) and math.isnan(run.pooled("x", "mean", 0, 2))


COMMA_PROGRAM = """
import locale, sys
from pathlib import Path
from support.imports import Imports, feature_names, ours
library = ours()
locale.setlocale(locale.LC_NUMERIC, "xx_XX.utf8")
assert locale.localeconv()["decimal_point"] == ","
with Imports(library) as run:
    model = run.load("vmaf_v0.6.1", 1)
    for name in feature_names(model):
        run.put(name, 0.5, 0)
    run.put("x", 1.5, 0)
    print(run.score(model, 0).hex())
    for format_id in (2, 3):
        print(repr(run.write(Path(sys.argv[1]), format_id)))
assert locale.localeconv()["decimal_point"] == ","
"""


def test_a_comma_for_a_decimal_point_changes_nothing(tmp_path: Path) -> None:
    localedef = shutil.which("localedef")
    if not localedef:
        pytest.skip("no localedef to make a locale with")
    source = 'LC_NUMERIC\ndecimal_point "<U002C>"\nthousands_sep ""\ngrouping -1\nEND LC_NUMERIC\n'
    (tmp_path / "comma").write_text(source)
    command = [
        localedef,
        "-c",
        "-i",
        str(tmp_path / "comma"),
        "-f",
        "UTF-8",
        str(tmp_path / "xx_XX.utf8"),
    ]
    subprocess.run(command, capture_output=True)
    if not (tmp_path / "xx_XX.utf8").exists():
        pytest.skip("localedef cannot make a locale here")
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", COMMA_PROGRAM, str(tmp_path / "log")],
        env={**os.environ, "LOCPATH": str(tmp_path), "PYTHONPATH": path},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    score, log_json, log_csv = done.stdout.splitlines()
    with Imports(ours()) as run:
        model = run.load("vmaf_v0.6.1", 1)
        for name in ("adm2", "motion2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"):
            run.put(f"VMAF_integer_feature_{name}_score", 0.5, 0)
        assert float.fromhex(score) == run.score(model, 0)
    assert "1.500000" in log_csv and "1,500000" not in log_csv + log_json
