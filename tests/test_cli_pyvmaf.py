# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `pyvmaf`: tables, lists, files and statuses."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_cases import interrupted_at_a_pipe, write_clips

import pyvmaf
from pyvmaf.cli.pyvmaf import main

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
EXAMPLE = ["score", "ref.yuv", "dis.yuv", "--size", "64x64"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_clips(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*EXAMPLE, "-f", "psnr"]) == 0
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[1:]}
    assert out.splitlines()[0].split() == ["mean", "harmonic", "mean", "min", "p5", "p50", "max"]
    assert rows["vmaf_v0.6.1"] == ["99.0826", "99.0657", "97.2479", "97.5231", "100.0000", "100.0000"]
    assert rows["psnr_y"][0] == "45.3418"
    assert out.splitlines()[1].startswith("vmaf_v0.6.1 ")
    assert out.endswith("\n3 frames\n") and not err


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
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names[:2] == ["vmaf_v0.6.1", "vmaf_v0.6.1neg"]
    argv = ["--no-model", "-f", "psnr=enable_chroma=false:enable_mse=true"]
    assert main([*EXAMPLE, *argv]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names == ["psnr_y", "mse_y", "3"]


def test_deep_raw_video(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--size", "50X38", "--pixel-format", "422", "--depth", "10", "--subsample", "2"]
    assert main(["score", "ref10.yuv", "dis10.yuv", *argv]) == 0
    assert capsys.readouterr().out.endswith("\n3 frames\n")


def test_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    names = [line for line in out.splitlines() if not line.startswith(" ")]
    assert sorted(names) == sorted([*pyvmaf.builtin_models(), "lpips_sq"])
    assert "\nvmaf_v0.6.1\n    integer_adm2, integer_motion2, integer_vif_scale0," in f"\n{out}"


def test_features(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features"]) == 0
    out = capsys.readouterr().out
    for extractor in pyvmaf.extractors():
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
        ([*EXAMPLE, "-o", "r.txt"], 2, "must end in .json or .csv"),
        ([*EXAMPLE, "-f", "psnr=x"], 2, 'bad option string "x"'),
        ([*EXAMPLE, "--depth", "11"], 1, "bit depth 11"),
        (["features", "adn"], 2, 'did you mean "adm"'),
    ],
)
def test_failures(here: Path, argv: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder.json").mkdir()
    Path("full.json").symlink_to("/dev/full")
    assert main(argv) == status
    err = capsys.readouterr().err
    assert message in err and err.startswith("pyvmaf: ") and "Traceback" not in err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["scor"],
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


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--help"], ["score", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 0
        assert "pyvmaf score ref.y4m dist.mp4" in capsys.readouterr().out


def test_truncated(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cut.yuv").write_bytes(Path("dis.yuv").read_bytes()[:-1])
    assert main(["score", "ref.yuv", "cut.yuv", "--size", "64x64", "-o", "r.json"]) == 3
    out, err = capsys.readouterr()
    assert out.endswith("\n2 frames\n")
    assert "cut.yuv: frame 2: truncated" in err
    assert len(json.loads(Path("r.json").read_text())["frames"]) == 2


def test_interrupt_shows_the_frames_before(here: Path) -> None:
    argv = [sys.executable, "-m", "pyvmaf", "score", "pipe", "dis.yuv", "--size", "64x64", "-o", "r.json"]
    status, out, err = interrupted_at_a_pipe(argv, Path("ref.yuv").read_bytes()[: 2 * 6144], ENVIRONMENT)
    assert (status, err) == (130, "pyvmaf: interrupted\n")
    assert out.splitlines()[1].startswith("vmaf_v0.6.1 ") and out.endswith("\n2 frames\n")
    assert len(json.loads(Path("r.json").read_text())["frames"]) == 2


def test_shorter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("short.yuv").write_bytes(Path("dis.yuv").read_bytes()[:6144])
    assert main(["score", "ref.yuv", "short.yuv", "--size", "64x64"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("\n1 frames\n") and '"short.yuv" ended before "ref.yuv".' in err


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
