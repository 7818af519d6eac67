# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whatever ends a command, work that was done is shown and saved, and no file is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_cases import EXAMPLE, interrupted_at_a_pipe, write_clips

import pyvmaf
from pyvmaf.cli import vmaf
from pyvmaf.cli.pyvmaf import main
from pyvmaf.cli.signals import as_interrupts

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
SCORE = ["score", "ref.yuv", "dis.yuv", "--size", "64x64"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path) -> None:
    write_clips(tmp_path)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_end_shows_and_saves_what_there_is(number: int, status: int) -> None:
    data = Path("ref.yuv").read_bytes()[: 2 * 6144]
    argv = [sys.executable, "-m", "pyvmaf", "score", "pipe", "dis.yuv", "--size", "64x64", "-o", "r.json"]
    done, out, err = interrupted_at_a_pipe(argv, data, ENVIRONMENT, number)
    assert (done, err) == (status, "pyvmaf: interrupted after 2 frames\n")
    assert "vmaf_v0.6.1 " in out
    assert len(json.loads(Path("r.json").read_text())["frames"]) == 2
    os.unlink("pipe")
    argv = [sys.executable, "-m", "pyvmaf.cli.vmaf", *EXAMPLE, "-r", "pipe", "--csv", "-o", "log"]
    done, _, err = interrupted_at_a_pipe(argv, data, ENVIRONMENT, number)
    assert done == status and "interrupted after 2 frames" in err
    assert len(Path("log").read_text().splitlines()) == 3


# Ctrl-C comes as a module is looked for.
PRESS = """
import os, signal, sys

class Press:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["WHEN"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Press())
"""

# Runs what pip's script runs; for "" it comes when all is done.
SCRIPT = """
import _pyvmaf_commands
command, *sys.argv = sys.argv[1:]
status = getattr(_pyvmaf_commands, command)()
if not os.environ["WHEN"]:
    os.kill(os.getpid(), signal.SIGINT)
sys.exit(status)
"""

#: The module that is looked for then.
LOADED = ["numpy", "_cffi_backend", "pyvmaf.scoring.measure"]


def pressed(argv: list[str], when: str) -> tuple[int, str, str]:
    """Python's status and what it printed; modules of this folder are found first."""
    path = os.pathsep.join([os.getcwd(), ENVIRONMENT["PYTHONPATH"]])
    environment = {**ENVIRONMENT, "PYTHONPATH": path, "WHEN": when}
    done = subprocess.run([sys.executable, *argv], capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["vmaf", "pyvmaf"])
@pytest.mark.parametrize("when", ["pyvmaf", *LOADED])
def test_ctrl_c_while_modules_load_is_one_line(command: str, when: str) -> None:
    done = pressed(["-c", PRESS + SCRIPT, command, command, "--help"], when)
    assert done == (130, "", f"{command}: interrupted\n")


@pytest.mark.parametrize("flags", [["-m", "pyvmaf"], ["-mpyvmaf"]])
@pytest.mark.parametrize("when", [*LOADED, "pyvmaf.cli.pyvmaf"])
def test_likewise_of_python_m(flags: list[str], when: str) -> None:
    Path("sitecustomize.py").write_text(PRESS)
    assert pressed([*flags, "score", "a", "pyvmaf"], when) == (130, "", "pyvmaf: interrupted\n")


def test_only_the_command_heeds_it_as_it_loads() -> None:
    """Not a package that imports this one as `python -m` loads it."""
    Path("other").mkdir()
    Path("other/__init__.py").write_text("import pyvmaf")
    Path("other/__main__.py").write_text("import signal; print(signal.getsignal(signal.SIGINT).__name__)")
    assert pressed(["-m", "other", "pyvmaf"], "") == (0, "default_int_handler\n", "")


@pytest.mark.parametrize(("command", "asked"), [("vmaf", "--help"), ("pyvmaf", "features")])
def test_ctrl_c_as_the_interpreter_ends_prints_nothing(command: str, asked: str) -> None:
    status, _, err = pressed(["-c", PRESS + SCRIPT, command, command, asked], "")
    assert (status, err) == (-signal.SIGINT, "")


@pytest.mark.parametrize("command", ["vmaf", "pyvmaf"])
def test_the_scripts_run_the_commands(command: str) -> None:
    status, _, err = pressed(["-c", PRESS + SCRIPT, command, command, "--nonsense"], "none")
    assert status == {"vmaf": 1, "pyvmaf": 2}[command] and "nonsense" in err


def test_a_second_signal_does_not_end_the_saving() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with as_interrupts() as ending:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert (ending.status(130), ending.status(0)) == (143, 0)
    assert signal.getsignal(signal.SIGTERM) is before


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with as_interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_scores_are_printed_when_the_log_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*SCORE, "-o", "full.json"]) == 0
    os.unlink("full.json")
    Path("full.json").symlink_to("/dev/full")
    assert main([*SCORE, "-o", "full.json"]) == 1
    out, err = capfd.readouterr()
    assert out.count("99.0826") == 2 and err == "pyvmaf: full.json: No space left on device\n"
    assert vmaf.main([*EXAMPLE, "-o", "full.json"]) == 2
    out, err = capfd.readouterr()
    assert out == "vmaf_v0.6.1: 99.082641\n"
    assert err.endswith("could not write log: full.json: No space left on device\n")


def test_a_model_and_a_checkpoint_are_no_outputs(capsys: pytest.CaptureFixture[str]) -> None:
    """They were replaced by the log."""
    data = (Path(__file__).parents[1] / "model" / "vmaf_v0.6.1.json").read_bytes()
    Path("m.json").write_bytes(data)
    assert vmaf.main([*EXAMPLE, "-m", "path=m.json", "-o", "m.json"]) == 2
    assert main([*SCORE, "-m", "./m.json", "-o", "m.json"]) == 1
    assert capsys.readouterr().err.count("m.json: is one of the files that are read") == 2
    assert Path("m.json").read_bytes() == data
    assert main([*SCORE, "--resume", "run.json", "-o", "./run.json"]) == 2
    assert "--output and --resume are one file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dis.yuv", "link.csv"])
def test_an_output_that_is_an_input_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("dis.yuv").read_bytes()
    Path("link.csv").symlink_to("dis.yuv")
    assert vmaf.main([*EXAMPLE, "-o", name]) == 2
    assert f"{name}: is one of the files that are read; give the output another name" in capsys.readouterr().err
    if name.endswith(".csv"):
        assert main([*SCORE, "-o", name]) == 1
        reason = "is one of the files that are read; give the output another name"
        assert capsys.readouterr().err == f"pyvmaf: {name}: {reason}\n"
    assert Path("dis.yuv").read_bytes() == before


def limited(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """The command where no file may be longer than a kilobyte, as under a quota."""
    line = f"ulimit -f 1; trap '' XFSZ; exec {' '.join(argv)}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, env=ENVIRONMENT)


@pytest.mark.parametrize("old", [True, False])
def test_a_full_disk_leaves_the_older_log(old: bool) -> None:
    for command in (["-m", "pyvmaf", *SCORE], ["-m", "pyvmaf.cli.vmaf", *EXAMPLE]):
        if old:
            Path("r.json").write_text("older")
        files = sorted(os.listdir())
        done = limited([sys.executable, "-B", *command, "-o", "r.json"])
        assert done.returncode == (1 if "score" in command else 2)
        assert "r.json: File too large" in done.stderr and "Traceback" not in done.stderr
        assert "99.08" in done.stdout
        assert sorted(os.listdir()) == files
        assert not old or Path("r.json").read_text() == "older"
