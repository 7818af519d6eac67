# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the commands show on terminals of 80 and of 40 columns: no line is broken by the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.cli_cases import write_clips

import pyvmaf
from pyvmaf.cli import vmaf
from pyvmaf.cli.pyvmaf import main

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1]), "TERM": "xterm"}
SCORE = ["pyvmaf", "score", "ref.yuv", "dis.yuv", "--size", "64x64", "-q"]
PROGRAM = "import sys, _pyvmaf_commands as c; sys.argv = sys.argv[1:]; sys.exit(getattr(c, sys.argv[0])())"


def screen(argv: Sequence[str], columns: int, status: int = 0) -> list[str]:
    """The lines that a command writes to a terminal of that width."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in ENVIRONMENT.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *argv], stdin=inner, stdout=inner, stderr=inner, env=environment
    )
    os.close(inner)
    shown = b""
    try:
        while data := os.read(outer, 65536):
            shown += data
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(outer)
    assert process.wait(60) == status, shown
    return shown.decode().replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize(
    "argv",
    [
        ["pyvmaf", "features"],
        ["pyvmaf", "features", *(e.name for e in pyvmaf.extractors())],
        ["pyvmaf", "models"],
        SCORE,
        [*SCORE, "--features"],
        [*SCORE, "-m", "vmaf_float_v0.6.1neg", "-f", "ciede"],
        ["pyvmaf", "inspect", "ref.yuv", "dis.yuv", "--size", "64x64"],
        ["pyvmaf", "inspect", "ref.yuv", "deep.y4m", "--size", "64x64"],
        ["pyvmaf", "score", "ref.yuv", "deep.y4m", "--size", "64x64", "--prepare", "auto", "-q"],
    ],
    ids=" ".join,
)
def test_lines_fit_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], columns: int) -> None:
    monkeypatch.chdir(tmp_path)
    write_clips(tmp_path)
    samples = np.frombuffer(Path("ref.yuv").read_bytes(), np.uint8).reshape(-1, 64 * 64 * 3 // 2)
    head = b"YUV4MPEG2 W64 H64 F25:1 Ip C420p10\n"
    Path("deep.y4m").write_bytes(head + b"".join(b"FRAME\n" + (4 * s.astype("<u2")).tobytes() for s in samples))
    lines = screen(argv, columns, status=4 if argv[1:4] == ["inspect", "ref.yuv", "deep.y4m"] else 0)
    # One name is longer than 40 columns with its place in the list of what adm publishes.
    assert [line for line in lines if len(line) > columns and " " in line.strip()] == []
    assert len(lines) > 2


@pytest.mark.parametrize("argv", [["pyvmaf"], ["pyvmaf", "--help"], ["vmaf", "--help"]], ids=" ".join)
def test_help_fits_80_columns(argv: list[str]) -> None:
    lines = screen(argv, 80)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= (60 if argv[0] == "vmaf" else 24)


COMMANDS = ["score", "inspect", "plan", "run", "merge", "verify", "models", "models list", "models fetch", "features"]


@pytest.mark.parametrize("words", ["vmaf", "pyvmaf", *(f"pyvmaf {command}" for command in COMMANDS)])
def test_help_fits_80_columns_in_a_pipe(
    words: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    program, *argv = words.split()
    with pytest.raises(SystemExit, match=r"^0$"):
        sys.exit((vmaf.main if program == "vmaf" else main)([*argv, "--help"]))
    lines = capfd.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) > 5


def test_options_of_vmaf_fit_40_columns() -> None:
    lines = screen(["vmaf", "--help"], 40)
    options = lines[lines.index("Supported options:") : lines.index("Exit status:")]
    assert max(map(len, options)) <= 40


def test_nothing_is_cut_or_broken_in_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clips(tmp_path)
    run = [sys.executable, "-c", PROGRAM, *SCORE, "--features"]
    out = subprocess.run(run, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.splitlines()
    assert all(len(line.split()) == 7 for line in out[2:]) and len(out) > 10
    run = [sys.executable, "-c", PROGRAM, "pyvmaf", "features", "adm"]
    out = subprocess.run(run, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.splitlines()
    assert out[1].startswith("  features: integer_adm2, ") and out[1].endswith("integer_adm_den_scale3")
