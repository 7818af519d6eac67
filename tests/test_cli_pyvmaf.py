# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `pyvmaf`: tables, lists, files and statuses."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from support.cli_cases import interrupted_at_a_pipe, write_clips

import pyvmaf
from pyvmaf.cli.display import Bar
from pyvmaf.cli.pyvmaf import main

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
EXAMPLE = ["score", "ref.yuv", "dis.yuv", "--size", "64x64"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_clips(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A heading, the model, and what was asked for."""
    assert main([*EXAMPLE, "-f", "psnr"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert re.fullmatch(r"vmaf_v0\.6\.1, 64x64 8-bit, 3 frames, [\d.]+ s, [\d.]+ frames/s", lines[0])
    assert lines[1].split() == ["mean", "harmonic", "min", "p5", "p50", "max"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    assert rows["vmaf_v0.6.1"] == ["99.0826", "99.0657", "97.2479", "97.5231", "100.0000", "100.0000"]
    assert rows["psnr_y"][0] == "45.3418"
    assert list(rows) == ["vmaf_v0.6.1", "psnr_y", "psnr_cb", "psnr_cr"] and not err


def test_the_default_table_has_the_models_and_80_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = ["vmaf_v0.6.1", "bag.json"]
    assert main([*EXAMPLE, "-m", models[0], "-m", models[1]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 models, 64x64 8-bit, 3 frames, ")
    names = [line.split()[0] for line in lines[2:]]
    assert names == ["vmaf_v0.6.1", "bag_bagging"]
    assert max(map(len, lines)) <= 80
    assert main([*EXAMPLE, "--features", "--frames", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " 1 frame, " in lines[0] and any(line.startswith("integer_adm2 ") for line in lines)


def test_json_and_csv(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*EXAMPLE, "--json", "-o", "r.CSV"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["pooled_metrics"]["vmaf_v0.6.1"]["mean"] == pytest.approx(99.082641, abs=5e-7)
    assert main([*EXAMPLE, "--csv", "-o", "r.json"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    scores = [frame["metrics"]["vmaf_v0.6.1"] for frame in document["frames"]]
    assert [float(row["vmaf_v0.6.1"]) for row in rows] == scores
    saved = json.loads(Path("r.json").read_text())
    assert {**saved, "seconds": 0} == {**document, "seconds": 0}
    assert Path("r.CSV").read_text().startswith("Frame,integer_adm2,")


def test_models_and_features_of_score(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["-m", "vmaf_v0.6.1", "-m", "vmaf_v0.6.1neg", "--frames", "2", "-t", "2", "-q"]
    assert main([*EXAMPLE, *argv]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert names == ["vmaf_v0.6.1", "vmaf_v0.6.1neg"]
    argv = ["--no-model", "-f", "psnr=enable_chroma=false:enable_mse=true"]
    assert main([*EXAMPLE, *argv]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert names == ["psnr_y", "mse_y"]


def test_deep_raw_video(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--size", "50X38", "--pixel-format", "422", "--depth", "10", "--subsample", "2"]
    assert main(["score", "ref10.yuv", "dis10.yuv", *argv]) == 0
    assert capsys.readouterr().out.startswith("vmaf_v0.6.1, 50x38 10-bit, 3 frames, ")


def test_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A line per model: name, for what, default, here or how to get it."""
    monkeypatch.setenv("PYVMAF_CACHE", str(tmp_path))
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "lpips_sq is not here: pyvmaf models fetch lpips_sq"
    rows = {line.split()[0]: line for line in lines[1:-1]}
    assert sorted(rows) == sorted([*pyvmaf.builtin_models(), "lpips_sq"])
    assert re.fullmatch(r"vmaf_v0\.6\.1 +1080p \(default\) +here", rows["vmaf_v0.6.1"])
    assert rows["vmaf_v1.0.16_hfr_1d5h_2160"].endswith(" 2160p, 1.5 heights, 50/60 fps  here")
    assert max(map(len, lines)) <= 80


def test_features(capsys: pytest.CaptureFixture[str]) -> None:
    """A line per extractor; of those that are named, everything."""
    assert main(["features"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [e.name for e in pyvmaf.extractors()]
    for extractor in pyvmaf.extractors():
        assert main(["features", extractor.name]) == 0
        out = capsys.readouterr().out
        assert f"{extractor.name}: {extractor.help}\n" in out
        for option in extractor.options:
            assert f"  {option.name} (" in out and option.help in out
    assert main(["features", "motion"]) == 0
    out = capsys.readouterr().out
    assert "psnr" not in out
    assert "motion_blend_offset (float, default 40.0, 0 to 1000, in names as mbo)" in out
    assert "debug (bool, default false)" in out


def test_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features", "--cpu"]) == 0
    with pyvmaf.VmafContext() as context:
        assert capsys.readouterr().out == f"{context.cpu}\n"


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["score", "none.y4m", "none.y4m"], 1, "pyvmaf: none.y4m: No such file or directory"),
        (["score", "ref.yuv", "dis.yuv"], 1, "say its width, height"),
        ([*EXAMPLE, "-m", "vmaf_v0.6"], 1, "did you mean"),
        ([*EXAMPLE, "-f", "psnrr"], 1, 'did you mean "psnr"'),
        ([*EXAMPLE, "-o", "none/r.json"], 1, "none/r.json: there is no folder none"),
        ([*EXAMPLE, "-o", "folder.json"], 1, "folder.json: Is a directory"),
        ([*EXAMPLE, "-o", "full.json"], 1, "full.json: No space left on device"),
        ([*EXAMPLE, "-o", "r.txt"], 2, "must end in .json, .csv or .pyvmaf"),
        ([*EXAMPLE, "-f", "psnr=x"], 2, 'bad option string "x"'),
        ([*EXAMPLE, "--depth", "11"], 1, "bit depth 11"),
        (
            ["score", "ref.yuv", "ref12.y4m", "--size", "64x64"],
            1,
            "; pyvmaf score --prepare auto makes",
        ),
        (["features", "adn"], 2, 'did you mean "adm"'),
    ],
)
def test_failures(here: Path, argv: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder.json").mkdir()
    Path("full.json").symlink_to("/dev/full")
    assert main(argv) == status
    err = capsys.readouterr().err
    assert message in err and "Traceback" not in err and "vmaf_v0.6.1: " not in err
    usage, _, said = err.rpartition("pyvmaf: ")
    assert said.count("\n") == 1 and "libvmaf" not in err
    assert usage.startswith(f"usage: pyvmaf {argv[0]} ") if status == 2 else not usage


@pytest.mark.parametrize(
    "argv",
    [
        ["scor"],
        [*EXAMPLE, "-h", "64"],
        [*EXAMPLE, "-h64"],
        [*EXAMPLE, "--size", "64"],
        [*EXAMPLE, "--size", "6_4x64"],
        [*EXAMPLE, "-t", "-1"],
        [*EXAMPLE, "-t", "1_0"],
    ],
)
def test_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: pyvmaf" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["merge", "a.pyvmaf", "-q"], ["models", "list", "--all"], ["score", "a", "b", "c"]])
def test_the_usage_of_the_subcommand(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(argv)
    err = capsys.readouterr().err
    assert err.startswith(f"usage: pyvmaf {argv[0]}") and f"unrecognized arguments: {argv[-1]}" in err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "pyvmaf score ref.y4m dist.mp4" in capsys.readouterr().out
    for argv in (["--help"], ["score", "--help"], ["score", "-h"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 0
        assert "pyvmaf score ref.y4m dist.mp4" in capsys.readouterr().out


def test_truncated(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cut.yuv").write_bytes(Path("dis.yuv").read_bytes()[:-1])
    assert main(["score", "ref.yuv", "cut.yuv", "--size", "64x64", "-o", "r.json"]) == 3
    out, err = capsys.readouterr()
    assert ", 2 frames, " in out
    assert "cut.yuv: frame 2: truncated" in err
    assert len(json.loads(Path("r.json").read_text())["frames"]) == 2


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (
            ["scor", "a", "b"],
            "'scor' (choose from score, inspect, plan, run, merge, verify, models, features); did you mean \"score\"?",
        ),
        (["score", "a", "b", "--thread", "2"], 'unrecognized arguments: --thread 2; did you mean "--threads"?'),
        (["plan", "a", "b", "--chunks=8"], 'unrecognized arguments: --chunks=8; did you mean "--chunk"?'),
        (["score", "a", "b", "--align", "of"], "'of' (choose from check, auto, off); did you mean \"off\"?"),
        (["score", "a", "b", "c"], "unrecognized arguments: c"),
    ],
)
def test_misspelt_names_get_the_nearest(argv: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"{hint}\n")


def test_interrupt_shows_the_frames_before(here: Path) -> None:
    argv = [sys.executable, "-m", "pyvmaf", "score", "pipe", "dis.yuv", "--size", "64x64", "-o", "r.json"]
    status, out, err = interrupted_at_a_pipe(argv, Path("ref.yuv").read_bytes()[: 2 * 6144], ENVIRONMENT)
    assert (status, err) == (130, "pyvmaf: interrupted after 2 frames\n")
    assert out.splitlines()[2].startswith("vmaf_v0.6.1 ") and ", 2 frames, " in out
    assert len(json.loads(Path("r.json").read_text())["frames"]) == 2


def test_shorter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("short.yuv").write_bytes(Path("dis.yuv").read_bytes()[:6144])
    assert main(["score", "ref.yuv", "short.yuv", "--size", "64x64"]) == 0
    out, err = capsys.readouterr()
    assert ", 1 frame, " in out and '"short.yuv" ended before "ref.yuv".' in err


def test_module_and_progress_bar(here: Path) -> None:
    """``python -m pyvmaf`` on a terminal shows a bar, and wipes it."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pyvmaf", *EXAMPLE],
        stdout=subprocess.PIPE, stderr=inner, env=ENVIRONMENT,
    )  # fmt: skip
    os.close(inner)
    out, _ = process.communicate(timeout=60)
    shown = os.read(outer, 65536).decode()
    os.close(outer)
    assert process.returncode == 0
    assert b"vmaf_v0.6.1 " in out
    assert "████████░░░░░░░░░░░░░░░░  33 %  1/3  0.0 frames/s" in shown
    assert shown.endswith("\r\033[K")


@pytest.mark.parametrize("columns", [24, 40, 80])
@pytest.mark.parametrize("total", [None, 1000])
def test_no_bar_is_wider_than_the_terminal(columns: int, total: int | None) -> None:
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    seen = b""
    with os.fdopen(inner, "w", encoding="utf-8") as terminal:
        bar = Bar(terminal)
        for i, frames in enumerate((10, 500, 990), 1):
            bar(frames, total)
            while seen.count(b"\033[K") < i:
                seen += os.read(outer, 4096)
    os.close(outer)
    shown = seen.decode()
    lines = shown.replace("\033[K", "").split("\r")[1:]
    assert len(lines) == 3 and all(10 < len(line) < columns for line in lines)
    if total:
        assert all("%" in line for line in lines) and ("left" in lines[1]) == (columns > 24)
    assert ("█" in shown) == (bool(total) and columns == 80)


def test_a_plain_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = io.StringIO()
    bar = Bar(stream)
    bar(1, 2)
    bar.end()
    shown = stream.getvalue()
    assert shown.isascii() and "\033" not in shown and "50 %" in shown
    assert shown.endswith("\r" + " " * 79 + "\r")
