# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf plan`, `run`, `merge` and `--resume`: files as the only shared state."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.clips import Clip, make_frames
from support.parts import text, write_y4m

import pyvmaf
from pyvmaf import Plan, Result, VmafValueError
from pyvmaf.batch.tasks import Task, make_tasks
from pyvmaf.cli.pyvmaf import main
from pyvmaf.video.url import shown

FRAMES = 11
ROOT = Path(pyvmaf.__file__).parents[1]  # where it is installed
COMMAND = "import sys; from pyvmaf.cli.pyvmaf import main; sys.exit(main())"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    refs, dists = make_frames(Clip(96, 64, 8, "420", frames=FRAMES))
    write_y4m(tmp_path / "ref.y4m", refs)
    write_y4m(tmp_path / "dist.y4m", dists)
    return "ref.y4m", "dist.y4m"


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["plan", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def same(one: str, other: str) -> None:
    """But for the time, and paths, which tasks make absolute."""
    a, b = (text(Result.from_json(path)) for path in (one, other))
    assert a.replace(f"{os.getcwd()}/", "") == b


def test_tasks_by_xargs_are_one_run(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    lines = planned(capsys, *files, "--chunk", "3", "-f", "psnr=enable_apsnr=true")
    Path("tasks.jsonl").write_text("\n".join(lines) + "\n")
    assert len(lines) == 4
    script = "(seq 1 4; echo 2) | xargs -P2 -I{} $PYTHON -c '$COMMAND' run tasks.jsonl:{} -o parts/"
    script = script.replace("$PYTHON", sys.executable).replace("$COMMAND", COMMAND)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment)
    # A task that is run twice at once finds the other at its file, and is run again.
    assert done.returncode in (0, 123) and len(os.listdir("parts")) == 4, done.stderr
    for i in (1, 2, 3, 4):
        assert main(["run", f"tasks.jsonl:{i}", "-o", "parts"]) == 0
    first = min(map(str, Path("parts").iterdir()))
    assert main(["merge", "parts", "-o", first]) == 1
    assert "is one of the files that are read" in capsys.readouterr().err
    assert main(["merge", "parts", "-o", "merged.json"]) == 0
    assert main(["score", *files, "-f", "psnr=enable_apsnr=true", "-o", "whole.json"]) == 0
    same("merged.json", "whole.json")
    assert main(["merge", *sorted(map(str, Path("parts").iterdir()), reverse=True), "-o", "again.pyvmaf"]) == 0
    assert text(Result.load("again.pyvmaf")) == text(Result.from_json("merged.json"))


@pytest.mark.parametrize("chunk", ["0", "3"])
def test_a_pair_that_no_task_could_score_is_refused(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], chunk: str
) -> None:
    """It is the sentence that `score` and each task would end with, and no task is written."""
    write_y4m(Path("small.y4m"), make_frames(Clip(64, 48, 8, "420", frames=FRAMES))[1])
    assert main(["score", "ref.y4m", "small.y4m"]) == 1
    told = capsys.readouterr().err
    assert "dimensions do not match: 96x64, 64x48" in told
    assert main(["plan", *files, "small.y4m", "--chunk", chunk]) == 1
    assert capsys.readouterr() == ("", told)


def test_names_follow_from_what_is_scored(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    one = planned(capsys, *files, "--chunk", "4")
    assert planned(capsys, *files, "--chunk", "4") == one
    names = [Task.from_json(line).name for line in one]
    assert [name.rsplit(".", 2)[0] for name in names] == ["dist.0-4", "dist.4-8", "dist.8-end"]
    other = planned(capsys, *files, "--chunk", "4", "-m", "vmaf_v0.6.1neg")
    assert not set(names) & {Task.from_json(line).name for line in other}
    Path("dist.y4m").write_bytes(Path("ref.y4m").read_bytes())
    assert not set(names) & {Task.from_json(line).name for line in planned(capsys, *files, "--chunk", "4")}


def test_several_distorted_videos(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("same.y4m").write_bytes(Path("ref.y4m").read_bytes())
    lines = planned(capsys, files[0], files[1], "same.y4m", "--chunk", "6")
    Path("t").write_text("\n".join(lines))
    for i in range(1, 5):
        assert main(["run", f"t:{i}", "-o", "parts/"]) == 0
    capsys.readouterr()
    assert main(["merge", "parts", "-o", "one.json"]) == 2
    assert "the parts are of 2 pairs; give --output a folder" in capsys.readouterr().err
    assert main(["merge", "parts", "-o", "out/"]) == 0
    assert sorted(name.partition(".")[0] for name in os.listdir("out")) == ["dist", "same"]


def test_resume(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *files, "-o", "whole.json"]) == 0
    data = Path("dist.y4m").read_bytes()
    Path("dist.y4m").write_bytes(data[:-20000])
    assert main(["score", *files, "--resume", "c.pyvmaf"]) == 3
    assert "the same command goes on from c.pyvmaf" in capsys.readouterr().err
    Path("dist.y4m").write_bytes(data)
    assert main(["score", *files, "--resume", "c.pyvmaf"]) == 1
    assert "c.pyvmaf is the checkpoint of another run: distorted differs" in capsys.readouterr().err
    assert main(["score", *files, "--resume", "d.pyvmaf", "-o", "first.json"]) == 0
    assert main(["score", *files, "--resume", "d.pyvmaf", "-o", "second.json"]) == 0
    for name in ("first.json", "second.json"):
        same(name, "whole.json")
    assert main(["score", *files, "--resume", "dist.y4m"]) == 1
    assert "is one of the files that are read" in capsys.readouterr().err
    assert Path("dist.y4m").read_bytes() == data


def test_ranges(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    whole = pyvmaf.score(*files)
    for given, want in (("3:7", range(3, 7)), ("8:", range(8, FRAMES)), (":2", range(2)), ("4", range(4))):
        assert main(["score", *files, "--frames", given, "-o", "r.json"]) == 0
        part = Result.from_json("r.json")
        assert list(part.frames) == list(want)
        assert list(part["vmaf"]) == list(whole["vmaf"][want.start : want.stop])
    capsys.readouterr()
    assert main(["score", *files, "--frames", "7:3"]) == 1
    assert "frames is range(7, 3), which is empty" in capsys.readouterr().err
    for command in ("score", "plan"):
        assert main([command, *files, "--frames", "11:20"]) == 1
        out, err = capsys.readouterr()
        assert not out and "ref.y4m: frames 11 to 19 are beyond the end; the file has 11 frames, 0 to 10" in err
    assert main(["score", *files, "--frames", "9:20"]) == 3
    assert "the videos end after frame 10; 2 frames scored before" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content,where,message",
    [
        ("", "t", "t has 0 tasks"),
        ("{}\n{}\n", "t", "t has 2 tasks; say which: t:1 to t:2"),
        ("{}\n{}\n", "t:3", "t has 2 tasks, and no number 3"),
        ("{}", "t", "t, line 1: not a task: KeyError"),
        ("nonsense", "t:1", "t, line 1: not a task"),
        ('{"task": "../x.pyvmaf", "plan": {}}', "t", "not a task: its name is '../x.pyvmaf'"),
        ('{"task": "x.pyvmaf", "plan": {"format": "pyvmaf plan 7"}}', "t", "not a plan of this version"),
    ],
)
def test_bad_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str, where: str,
    message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("t").write_text(content)
    assert main(["run", where]) == 1
    assert message in capsys.readouterr().err


def test_no_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", str(tmp_path)]) == 2
    assert "no .pyvmaf file is there" in capsys.readouterr().err


def test_credentials_stay_out_of_names_results_and_messages(tmp_path: Path) -> None:
    url = "http://me:hunter2@127.0.0.1:9/a.mp4?X-Amz-Signature=hunter2#hunter2"
    assert shown(url) == "http://127.0.0.1:9/a.mp4"
    with pytest.raises(VmafValueError) as caught:
        pyvmaf.open_video(url)
    assert "http://127.0.0.1:9/a.mp4" in str(caught.value) and "hunter2" not in str(caught.value)
    assert "hunter2" not in json.dumps({"shown": shown("s3://key:hunter2@bucket/x")})
    secret = "http://me:hunter2@127.0.0.1:9/a.mp4?sig=hunter2"
    assert "hunter2" not in repr(pyvmaf.Plan.make(secret, secret))
    assert "hunter2" not in str(pyvmaf.VideoError(secret, "is gone"))
    with pytest.raises(pyvmaf.VmafTypeError) as refused:
        list(pyvmaf.score_many([(secret, secret, secret)]))  # type: ignore[list-item]
    assert "hunter2" not in str(refused.value)


def test_what_a_run_left_unfinished_is_not_merged_in_silence(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("torn.y4m").write_bytes(Path("dist.y4m").read_bytes()[:-100])
    assert main(["score", "ref.y4m", "torn.y4m", "--resume", "part.pyvmaf"]) == 3
    assert main(["merge", "part.pyvmaf", "-o", "r.json"]) == 3
    assert f"frames from {FRAMES - 1} on lack" in capsys.readouterr().err
    assert len(Result.from_json("r.json").frames) == FRAMES - 1


def test_a_range_is_told_from_the_whole(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *files, "--frames", "2:5", "-o", "a.pyvmaf"]) == 0
    assert main(["merge", "a.pyvmaf"]) == 0
    assert "frames 2 to 4, not the whole videos" in capsys.readouterr().err


def test_copies_of_a_file_are_pairs_of_their_own(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("copy.y4m").write_bytes(Path("dist.y4m").read_bytes())
    Path("tasks.jsonl").write_text("\n".join(planned(capsys, *files, "copy.y4m", "--chunk", "6")))
    for i in range(1, 5):
        assert main(["run", f"tasks.jsonl:{i}", "-o", "parts/"]) == 0
    assert main(["merge", "parts/", "-o", "results/"]) == 0
    assert sorted(name.split(".")[0] for name in os.listdir("results")) == ["copy", "dist"]


def test_a_model_s_path_in_a_task_is_absolute(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = planned(capsys, *files, "-m", "./mine.json", "-m", "vmaf_v0.6.1")
    assert Task.from_json(line).plan.models == (os.path.abspath("mine.json"), "vmaf_v0.6.1")


def test_a_url_s_query_is_not_kept_and_tells_videos_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refs, dists = make_frames(Clip(96, 64, 8, "420", frames=3))
    files = {"1": write_y4m(tmp_path / "a.y4m", dists), "2": write_y4m(tmp_path / "b.y4m", refs + refs[-1:])}

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files[self.path[-1]].read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v.y4m?hunter2="
        found = pyvmaf.score(tmp_path / "a.y4m", f"{url}1", checkpoint="c.pyvmaf")
        assert "hunter2" not in found.to_json() and found.score > 97
        with pytest.raises(VmafValueError, match="distorted differs"):
            pyvmaf.score(tmp_path / "a.y4m", f"{url}2", checkpoint="c.pyvmaf")
        names = [next(make_tasks(Plan.make(f"{url}{i}", f"{url}{i}"), 0)).name for i in (1, 2)]
        assert names[0] != names[1] and "hunter2" not in "".join(names)
        server.shutdown()
