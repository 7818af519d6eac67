# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Commands whose standard streams are closed, full, or read by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_cases import write_clips

import pyvmaf

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
CLIPS = "-r ref.yuv -d dis.yuv -w 64 -h 64 -p 420 -b 8"
VMAF = f"{sys.executable} -m pyvmaf.cli.vmaf"
PYVMAF = f"{sys.executable} -m pyvmaf"
PRINTING = {
    "a score": (f"{VMAF} {CLIPS}", 2),
    "the help of vmaf": (f"{VMAF} --help", 2),
    "a table": (f"{PYVMAF} score ref.yuv dis.yuv --size 64x64", 1),
    "the features": (f"{PYVMAF} features", 1),
    "the models": (f"{PYVMAF} models", 1),
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    write_clips(tmp_path)
    return tmp_path


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, env=ENVIRONMENT)


@pytest.mark.parametrize("case", PRINTING)
def test_full(here: Path, case: str) -> None:
    line, status = PRINTING[case]
    done = shell(f"{line} > /dev/full")
    program = "pyvmaf" if line.startswith(PYVMAF + " ") else "vmaf.py"
    assert (done.returncode, done.stderr) == (status, f"{program}: standard output: No space left on device\n")


@pytest.mark.parametrize("case", PRINTING)
def test_read_by_nobody(here: Path, case: str) -> None:
    line, status = PRINTING[case]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        line.split(), stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, env=ENVIRONMENT
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed(here: Path, closed: str) -> None:
    """No file takes the place of a stream: the log holds the log."""
    logs = []
    for streams in ("", closed):
        done = shell(f"{VMAF} {CLIPS} -n --feature psnr --csv -o log {streams}")
        assert (done.returncode, done.stderr) == (0, "")
        logs.append(Path("log").read_text())
    assert logs[0] == logs[1]
    # A picture too small for it has an extractor complain.
    done = shell(f"{PYVMAF} score ref.yuv dis.yuv --size 4x4 --no-model -f vif -o r.json {closed}")
    assert done.returncode == 3
    assert Path("r.json").read_text().startswith("{")
    assert "ERROR" not in Path("r.json").read_text()
