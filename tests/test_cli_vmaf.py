# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `vmaf`: logs byte for byte, its options, and every way to fail."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.cli_cases import CASES, EXAMPLE, LOGS, PSNR, interrupted_at_a_pipe, mask, write_clips

import pyvmaf
from pyvmaf.cli import vmaf
from pyvmaf.cli.arguments import AOM_FEATURES, OPTIONS, parse
from pyvmaf.cli.grammar import UsageError

COMMAND = [sys.executable, "-m", "pyvmaf.cli.vmaf"]
# The package under test, wherever a command is started.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_clips(folder)
    return folder


@pytest.fixture
def here(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to write to, with the clips by their names."""
    for clip in clips.iterdir():
        (tmp_path / clip.name).symlink_to(clip)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spawn(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *argv], capture_output=True, text=True, timeout=60, env=ENVIRONMENT)


# Logs


@pytest.mark.parametrize("threads", ["0", "3"])
@pytest.mark.parametrize("case", CASES)
def test_log_equals_the_peer(here: Path, case: str, threads: str) -> None:
    assert vmaf.main([*CASES[case], "--threads", threads, "-o", "log"]) == 0
    assert mask(Path("log").read_text()) == json.loads(LOGS.read_text())[case]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_worked_example(here: Path) -> None:
    """Digests of the documented example, which are independent of the stored logs."""
    inputs = {"ref.yuv": "37e5eba59d41f28c03ab5fa699f1", "dis.yuv": "d95fdd41461f38c7dad12a86e44b"}
    for name, start in inputs.items():
        assert hashlib.sha256(Path(name).read_bytes()).hexdigest().startswith(start)

    def log(*argv: str) -> list[str]:
        assert vmaf.main([*EXAMPLE, *argv, "-o", "log"]) == 0
        return Path("log").read_text().splitlines(keepends=True)

    digests = {
        "--csv": "caac8fd8eef6b4fae4df8f7d1ea76227690ed40bf996e32d2e6366844ec9cc8c",
        "--sub": "bd1753ec872403a93be26f0a515fc9ec0fb2a3aecd07111fe5ee0d428917c2fe",
        "--json": "c177741a7d0a1dbebcc160378596ae3f828c912674e94f94ac81b69c01ca74ca",
    }
    for flag, want in digests.items():
        lines = log(*PSNR, "--subsample", "2", flag)
        lines = [s for s in lines if not s.startswith(('  "version"', '  "fps"'))]
        assert digest("".join(lines)) == want
    lines = [s for s in log("--feature", "psnr=enable_apsnr=true")[1:] if "<fyi" not in s]
    want = "48ed1cec91425612e2f67f362601fd1ff3df3c84d1d0a7b903191dba2127377a"
    assert digest("".join(lines)) == want


def test_subsample_of_0_is_every_frame(here: Path) -> None:
    """As in libvmaf, whose tool has that for a default."""
    logs = []
    for n in "01":
        assert vmaf.main([*EXAMPLE, "-n", "--feature", "psnr", "--csv", "--subsample", n, "-o", "log"]) == 0
        logs.append(Path("log").read_text())
    assert logs[0] == logs[1]
    assert len(logs[0].splitlines()) == 4


# Options


def parsed(*argv: str) -> object:
    return parse(["-r", "r", "-d", "d", *argv])


@pytest.mark.parametrize(
    ("argv", "name", "value"),
    [
        (["--ref", "x"], "reference", "x"),
        (["--dist=x"], "distorted", "x"),
        (["-rx"], "reference", "x"),
        (["-qrx"], "reference", "x"),
        (["-nq"], "quiet", True),
        (["--thr", "4"], "threads", 4),
        (["--threads", "0x10"], "threads", 16),
        (["--cpumask", "-1"], "cpumask", 0xFFFFFFFF),
        (["--cpumask=0xffff"], "cpumask", 0xFFFF),
        (["--frame_c", "3"], "frame_cnt", 3),
        (["-o", "-"], "output", "-"),
        (["-o", "--json"], "output", "--json"),
        (["--json", "--csv", "--xml", "--sub"], "format", "sub"),
        (["--h", "2", "-w2", "-p420", "-b8"], "height", 2),
        (["-c", "anything"], "reference", "r"),
        (["--aom_ctc", "v6.0"], "common_depth", True),
        (["--aom_ctc", "v5.0"], "common_depth", False),
        (["--"], "reference", "r"),
    ],
)
def test_options(argv: list[str], name: str, value: object) -> None:
    assert getattr(parsed(*argv), name) == value


@pytest.mark.parametrize("start", ["feat", "featu", "feature"])
def test_added_options_take_no_prefix_away(start: str) -> None:
    args = parsed(f"--{start}", "vif", "--feature_p", "vif:debug=true")
    assert [(f.name, f.options) for f in args.features] == [("vif", {"debug": "true"})]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["-d", "d"], "Reference .y4m or .yuv (-r/--reference) is required"),
        (["-r", "r"], "Distorted .y4m or .yuv (-d/--distorted) is required"),
        (["-w", "64"], "The following options are required for .yuv input:"),
        (["--threads", "abc"], 'Invalid argument "abc" for option --threads; should be an integer'),
        (["--threads", "-1"], 'Invalid argument "-1"'),
        (["--subsample", "010"], 'Invalid argument "010"'),
        (["--width", ""], 'Invalid argument "" for option -w/--width'),
        (["--frame_cnt", "1.5"], 'Invalid argument "1.5" for option --frame_cnt'),
        (["--threads", "4294967296"], 'Invalid argument "4294967296"'),
        (["-b", "9"], "should be a valid bitdepth (8/10/12/16)"),
        (["-p", "411"], "should be a valid pixel format (420/422/444)"),
        (["--refrence", "x"], 'Unknown option --refrence; did you mean "--reference"'),
        (["-x"], "Unknown option -x"),
        (["--n"], "Option --n is ambiguous: --no_prediction, --nflx_ctc"),
        (["--quiet=1"], "Option --quiet takes no argument"),
        (["--model"], "Option --model needs an argument"),
        (["-m"], "Option -m needs an argument"),
        (["stray.y4m"], 'Unexpected argument "stray.y4m"'),
        (["--", "stray.y4m"], 'Unexpected argument "stray.y4m"'),
        (["-m", "name=x"], "gives neither version= nor path="),
        (["-m", ""], 'bad option string ""'),
        (["-m", "version=a:"], 'bad option string ""'),
        (["-m", "version"], 'bad option string "version"'),
        (["-m", "version=a:disable_transform=true"], '"disable_transform" is none of version,'),
        (["--feature", "psnr=enable_mse"], 'Problem parsing feature "psnr", bad option string "enable_mse".'),
        (["--feature", "psnr=:"], 'bad option string ""'),
        (["--feature", "psnr:enable_mse=true"], "write NAME=OPTION=VALUE"),
        (["--feature_params", "psnr=enable_mse=true"], "write NAME:OPTION=VALUE"),
        (["-m", "version=a", "-m", "version=b"], "uniquely named"),
        (["-m", "version=a"] * 33, "A maximum of 32 models"),
        (["--feature", "vif"] * 33, "A maximum of 32 features"),
        (["--aom_ctc", "proposed"], 'bad aom_ctc version "proposed"; there are v1.0,'),
        (["--nflx_ctc", "v2.0"], 'bad nflx_ctc version "v2.0"; there are v1.0'),
    ],
)  # fmt: skip
def test_usage_errors(argv: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    full = argv if argv[0] in ("-d", "-r") else ["-r", "r", "-d", "d", *argv]
    assert vmaf.main(full) == 1
    out, err = capsys.readouterr()
    assert reason in err.split("\n\nUsage: ")[0]
    assert "\n\nSupported options:\n" in err
    assert not out


def test_model_grammar() -> None:
    args = parsed("-m", r"path=C\:/a=b.json:name=n:disable_clip=false:adm.x=1:adm.y=2:adm.x=3:enable_transform")
    (model,) = args.models  # type: ignore[attr-defined]
    assert (model.path, model.version, model.name) == ("C:/a=b.json", None, "n")
    assert (model.disable_clip, model.enable_transform) == (False, True)
    assert model.overloads == {"adm": {"x": "3", "y": "2"}}


def test_default_model_only_with_prediction() -> None:
    assert [m.label for m in parsed().models] == ["vmaf_v0.6.1"]  # type: ignore[attr-defined]
    assert parsed("-n").models == []  # type: ignore[attr-defined]


def test_presets() -> None:
    for version in AOM_FEATURES:
        args = parsed("--aom_ctc", version)
        assert [m.name for m in args.models] == ["vmaf", "vmaf_neg"]  # type: ignore[attr-defined]
        names = [f.name for f in args.features]  # type: ignore[attr-defined]
        assert names[:5] == ["psnr", "ciede", "float_ssim", "float_ms_ssim", "psnr_hvs"]
        assert ("cambi" in names) == (version not in ("v1.0", "v2.0"))
    with pytest.raises(UsageError, match="uniquely named"):
        parsed("--aom_ctc", "v1.0", "-m", "version=vmaf_v0.6.1")


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert vmaf.main(["--help", "--nonsense"]) == 0
    out, err = capsys.readouterr()
    assert all(f"--{option.name}" in out for option in OPTIONS)
    assert "Exit status:" in out and "Examples:" in out and not err
    assert vmaf.main(["-v"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"\S+\n", err) and not out


# Failures


@pytest.mark.parametrize(
    ("argv", "status", "line"),
    [
        (["-r", "none.y4m", "-d", "dis12.y4m"], 255, "could not open file: none.y4m: No such file or directory"),
        (["-r", "ref12.y4m", "-d", "dis.yuv"], 255, "problem with distorted file: dis.yuv: .*say its width, height.*"),
        (["-r", "/dev/null", "-d", "ref12.y4m"], 255, "problem with reference file: /dev/null: the file is empty"),
        ([*EXAMPLE, "-m", "version=vmaf_v0.6.2"], 255, "problem loading model: vmaf_v0.6.2: .*; did you mean .*"),
        ([*EXAMPLE, "-m", "version=v.json"], 255, "problem loading model: v.json: .*; a file is given by its path .*"),
        (
            [*EXAMPLE, "-m", "path=none.json"], 255,
            "problem loading model: none.json: could not read model from path: \"none.json\": No such file.*",
        ),
        (
            [*EXAMPLE, "--feature", "psnrr"], 255,
            "problem loading feature extractor: psnrr: no feature extractor 'psnrr'; did you mean \"psnr\".*",
        ),
        (
            [*EXAMPLE, "--feature", "psnr=enable_msee=true"], 255,
            "problem loading feature extractor: psnr: .*; did you mean \"enable_mse\".*",
        ),
        (
            [*EXAMPLE, "--feature", "psnr=enable_mse=1"], 255,
            "problem loading feature extractor: psnr: .* \"enable_mse\" is \"1\", must be true or false",
        ),
        (
            [*EXAMPLE, "-m", "version=vmaf_v0.6.1:adm.adm_enhn_gain_limit=0.5"], 255,
            "problem loading feature extractors from model: vmaf_v0.6.1: .* is \"0.5\", must be a number from 1 to 100",
        ),
        (
            [*EXAMPLE, "-m", "version=vmaf_v0.6.1:adm.adm_gain=2"], 255,
            "problem loading feature extractors from model: vmaf_v0.6.1: .* has no option 'adm_gain'; .*",
        ),
        ([*EXAMPLE, "--threads", "4000000000"], 255, "problem initializing VMAF: n_threads .*, must be 0 to 4096"),
        ([*EXAMPLE, "-o", "none/log.xml"], 2, "could not open file: none/log.xml: there is no folder none"),
        (
            [*EXAMPLE, "--frame_skip_ref", "3"], 234,
            "problem reading pictures: there is no pair of frames to score; stopped after 0 frames",
        ),
    ],
)  # fmt: skip
def test_a_failure_is_one_line(
    here: Path, argv: list[str], status: int, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert vmaf.main(argv) == status
    out, err = capfd.readouterr()
    last = err.splitlines()[-1]
    assert re.fullmatch(line, last), err
    assert all(before.startswith(("warning: ", '"')) for before in err.splitlines()[:-1]) and not out
    assert "libvmaf" not in err


def y4m(width: int, height: int, space: str, frames: int) -> bytes:
    samples = {"420": 3 / 2, "420p10": 3, "444": 3}[space] * width * height
    head = f"YUV4MPEG2 W{width} H{height} F25:1 Ip C{space}\n".encode()
    return head + (b"FRAME\n" + bytes(int(samples))) * frames


def test_incompatible(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.y4m").write_bytes(y4m(64, 64, "420p10", 1))
    Path("b.y4m").write_bytes(y4m(62, 64, "444", 1))  # equal once rounded up to 16
    assert vmaf.main(["-r", "a.y4m", "-d", "b.y4m"]) == 255
    assert capfd.readouterr().err == (
        "videos are incompatible: a.y4m and b.y4m: dimensions do not match: 64x64, 62x64; "
        "pixel formats do not match: 420, 444; "
        "bitdepths do not match: 10, 8; "
        "pyvmaf score --prepare auto makes the pair comparable, see docs/preparing.md\n"
    )


@pytest.mark.parametrize("threads", ["0", "2"])
def test_shorter_side_ends_the_run(here: Path, capfd: pytest.CaptureFixture[str], threads: str) -> None:
    Path("short.yuv").write_bytes(Path("dis.yuv").read_bytes()[: 2 * 6144])
    argv = [*EXAMPLE, "-d", "short.yuv", "--csv", "-o", "log", "--threads", threads]
    assert vmaf.main(argv) == 0
    assert '"short.yuv" ended before "ref.yuv".' in capfd.readouterr().err
    assert len(Path("log").read_text().splitlines()) == 3


@pytest.mark.parametrize("side", ["-r", "-d"])
def test_reading_error_keeps_the_frames_before(here: Path, side: str, capfd: pytest.CaptureFixture[str]) -> None:
    whole = Path("ref.yuv" if side == "-r" else "dis.yuv").read_bytes()
    Path("cut.yuv").write_bytes(whole[:-100])
    assert vmaf.main([*EXAMPLE, side, "cut.yuv", "--csv", "-o", "log"]) == 234
    err = capfd.readouterr().err
    assert re.fullmatch("problem reading pictures: cut.yuv: frame 2: truncated.*; stopped after 2 frames\n", err)
    lines = Path("log").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["Frame", "0", "1"]
    assert all(line.count(",") == lines[0].count(",") for line in lines)


@pytest.mark.parametrize("threads", ["0", "2"])
def test_pictures_too_small_for_a_feature(here: Path, threads: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Workers' errors count, with a reason."""
    Path("a.y4m").write_bytes(y4m(2, 2, "444", 5))
    argv = ["-r", "a.y4m", "-d", "a.y4m", "-n", "--feature", "motion", "--threads", threads]
    assert vmaf.main(argv) == 234
    err = capfd.readouterr().err
    assert "motion: picture of 2x2; its filter needs 3x3 or more" in err
    assert err.count("\n") == 1 and "libvmaf" not in err


def test_log_that_cannot_be_written(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    assert vmaf.main([*EXAMPLE, "-o", "/dev/full"]) == 2
    assert "could not write log: /dev/full" in capfd.readouterr().err


def test_a_log_that_is_not_what_its_name_says(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As in libvmaf, options decide; a name that promises something else is remarked upon."""
    assert vmaf.main([*EXAMPLE, "-o", "score.json"]) == 0
    assert "warning: score.json will hold XML; --json writes what its name says" in capfd.readouterr().err
    assert Path("score.json").read_text().startswith("<")
    for arguments in (["--json", "-o", "score.json"], ["-o", "score.xml"], ["-o", "score.log"]):
        assert vmaf.main([*EXAMPLE, *arguments]) == 0
        assert "warning" not in capfd.readouterr().err


def test_common_depth(here: Path) -> None:
    """AOM's v6.0 mode compares an 8-bit and a 10-bit side by shifting the former."""
    rng = np.random.default_rng(1)
    head = b"YUV4MPEG2 W64 H64 F25:1 Ip C420%s\nFRAME\n"
    samples = rng.integers(0, 256, 64 * 64 * 3 // 2).astype("<u2")
    Path("a.y4m").write_bytes(head % b"" + samples.astype(np.uint8).tobytes())
    Path("b.y4m").write_bytes(head % b"p10" + (samples << 2).astype("<u2").tobytes())
    args = parse(["-r", "a.y4m", "-d", "b.y4m", "-n", "--csv", "-o", "log", "--feature", "psnr"])
    args.common_depth = True
    with vmaf.ExitStack() as stack:
        assert vmaf.run(args, stack) == 0
    assert Path("log").read_text().splitlines()[1] == "0,72.000000,72.000000,72.000000,"


# Screens


def test_scores_without_a_terminal(here: Path) -> None:
    """No log: stdout has the scores. A log: nothing is printed, as with libvmaf."""
    done = spawn([*EXAMPLE, "-m", "version=vmaf_v0.6.1:name=x"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "vmaf_v0.6.1: 99.082641\n", "")
    done = spawn([*EXAMPLE, "-o", "log"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = spawn([*EXAMPLE, "--csv", "-n", "--feature", "psnr", "-o", "/dev/stdout"])
    assert done.stdout.startswith("Frame,psnr_y,") and not done.stderr


def on_terminal(argv: Sequence[str]) -> str:
    """What the command writes to stderr when that is a terminal."""
    outer, inner = pty.openpty()
    process = subprocess.Popen([*COMMAND, *argv], stderr=inner, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    os.close(inner)
    data = b""
    while True:
        try:
            block = os.read(outer, 65536)
        except OSError:  # Linux says so at the end
            break
        if not block:
            break
        data += block
    os.close(outer)
    assert process.wait(timeout=60) == 0
    return data.decode()


def test_terminal(here: Path) -> None:
    shown = on_terminal(EXAMPLE).replace("\r\n", "\n")
    assert re.match(r"VMAF version \S+\n\r1 frame  .. 0\.00 FPS\033\[K\r2 frames .. 0\.00 FPS", shown)
    assert shown.endswith("\033[K\nvmaf_v0.6.1: 99.082641\n")
    assert on_terminal([*EXAMPLE, "-q"]).strip() == "vmaf_v0.6.1: 99.082641"
    assert on_terminal([*EXAMPLE, "-q", "-o", "log"]) == ""


def test_interrupt_keeps_the_frames_before(here: Path) -> None:
    argv = [*COMMAND, *EXAMPLE, "-r", "pipe", "--csv", "-o", "log"]
    status, _, err = interrupted_at_a_pipe(argv, Path("ref.yuv").read_bytes()[: 2 * 6144], ENVIRONMENT)
    assert status == 130
    assert "interrupted after 2 frames" in err and "Traceback" not in err
    assert len(Path("log").read_text().splitlines()) == 3


def test_pipes(here: Path) -> None:
    text = " ".join(["cat ref12.y4m |", *COMMAND, "-r /dev/stdin -d dis12.y4m -n --feature psnr --csv -o log"])
    assert subprocess.run(["sh", "-c", text], timeout=60, env=ENVIRONMENT).returncode == 0
    assert len(Path("log").read_text().splitlines()) == 7


# Start


@pytest.mark.parametrize(("command", "other"), [("vmaf", "concurrent.futures"), ("pyvmaf", "multiprocessing")])
def test_it_imports_only_what_it_needs(command: str, other: str) -> None:
    heavy = ("av", "onnx", "onnxruntime", "torch", "urllib.request", other, "tempfile", "difflib")
    code = f"import sys, pyvmaf.cli.{command}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_an_overload_of_an_extractor_that_the_model_does_not_use(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Netflix's harness appends cambi's encoding size to every model; libvmaf's tool takes it without effect."""
    logs = []
    for overload in ("", ":cambi.enc_width=576:cambi.enc_height=324"):
        assert vmaf.main([*EXAMPLE, "-m", f"version=vmaf_v0.6.1{overload}", "--json", "-o", "log.json"]) == 0
        logs.append(json.loads(Path("log.json").read_text())["frames"])
    assert logs[0] == logs[1]
    assert "uses no features of 'cambi'" in capfd.readouterr().err
