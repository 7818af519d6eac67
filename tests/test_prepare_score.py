# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Preparation where people ask for it: `score()`, plans, parts of a run, the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.prepared_clips import HEIGHT, WIDTH, clip, opened, scored, write

import pyvmaf
from pyvmaf import Plan, Result, merge, score
from pyvmaf.cli.pyvmaf import main
from pyvmaf.errors import VmafValueError
from pyvmaf.prepare import HdrError, Preparation, PrepareError, Settings
from pyvmaf.video import PairError, open_video

FRAMES = 6


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    frames, noisy = clip(frames=FRAMES), clip(noise=20, frames=FRAMES)
    deep = [tuple(p.astype(np.uint16) << 2 for p in frame) for frame in clip(frames=FRAMES, size=(480, 320))]
    lossless: Any = {"codec": "libx264", "options": {"qp": "0"}}
    return {
        "ref": write(folder / "ref.mp4", frames, **lossless),
        "deep": write(folder / "deep.mp4", noisy_deep(noisy), "yuv420p10le", **lossless),
        "large": write(folder / "large.mkv", deep, "yuv420p10le"),
        "middle": write(folder / "middle.mkv", clip(noise=5, frames=FRAMES, size=(240, 160))),
        "hdr": write(folder / "hdr.mkv", frames, color_trc=16),
    }


def noisy_deep(frames: list[Any]) -> list[Any]:
    return [tuple(p.astype(np.uint16) << 2 for p in frame) for frame in frames]


def test_score_prepares_and_says_what_it_did(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(PairError, match=r"bitdepths do not match: 8, 10; prepare=\"auto\""):
        score(files["ref"], files["deep"])
    result = score(files["ref"], files["deep"], prepare="auto")
    assert result["vmaf"].tolist() == scored(opened(files["ref"], files["deep"]))
    assert result.run is not None and result.run.preparation is not None
    assert result.run.preparation["ref"]["graph"].endswith(",format=yuv420p10le")
    assert result.note is not None and "reference: 8 bits become 10" in result.note
    result.to_json(tmp_path / "result.json")
    saved = json.loads((tmp_path / "result.json").read_text())["preparation"]
    again = Preparation.from_dict(saved)
    assert score(files["ref"], files["deep"], prepare=again) == result
    assert Result.from_json(tmp_path / "result.json").run == result.run


def test_nothing_is_said_where_nothing_is_done(files: dict[str, Path]) -> None:
    plain, auto = (score(files["ref"], files["ref"], prepare=how) for how in ("none", "auto"))
    assert plain == auto
    assert auto.note is None and auto.run is not None and auto.run.preparation is None


def test_cambi_of_a_named_model_looks_where_banding_arose(files: dict[str, Path]) -> None:
    result = score(files["large"], files["middle"], model="auto", prepare="auto", frames=2)
    assert [name for name in result if name.startswith("cambi")] == [
        "cambi_hrs_1080_cmxv_17_vlt_0.06_encbd_8_ench_160_encw_240"
    ]
    mine = pyvmaf.VmafModel("vmaf_v1.0.16_3d0h")
    own = score(files["large"], files["middle"], model=mine, prepare="auto", frames=2)
    assert [name for name in own if name.startswith("cambi")] == ["cambi_hrs_1080_cmxv_17_vlt_0.06"]


def test_ranges_of_a_prepared_pair_make_the_whole(files: dict[str, Path], tmp_path: Path) -> None:
    how: dict[str, Any] = {"model": "vmaf_v1.0.16_3d0h", "prepare": "auto"}
    whole = score(files["large"], files["middle"], **how)
    parts = [score(files["large"], files["middle"], frames=range(a, a + 2), **how) for a in (4, 0, 2)]
    assert merge(parts) == whole
    other = score(files["large"], files["middle"], frames=range(2, 6), **{**how, "prepare": {"scaler": "lanczos"}})
    with pytest.raises(VmafValueError, match="another run: preparation differs"):
        merge([parts[1], other])
    for _ in range(2):
        assert score(files["large"], files["middle"], checkpoint=tmp_path / "run", **how) == whole


def test_many_pairs_are_prepared_once_each(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    from pyvmaf.prepare import facts

    whole = facts.facts_of
    monkeypatch.setattr(facts, "facts_of", lambda path, *a, **k: (looked.append(path), whole(path, *a, **k))[1])
    pairs = [(files["ref"], files["deep"])]
    (outcome,) = pyvmaf.score_many(pairs, executor="threads", workers=2, chunk=2, prepare="auto")
    assert outcome.get()["vmaf"].tolist() == scored(opened(files["ref"], files["deep"]))
    assert looked[:2] == [str(files["ref"]), str(files["deep"])]
    assert len(looked) == 4  # two are of the line before


def test_tasks_have_their_preparation_made(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """So that machines with other files at hand, or another FFmpeg's opinion, do the same."""
    assert main(["plan", str(files["ref"]), str(files["deep"]), "--chunk", "3", "--prepare", "auto"]) == 0
    plans = [json.loads(line)["plan"] for line in capsys.readouterr().out.splitlines()]
    assert len(plans) == 2
    assert all(plan["prepare"]["ref"]["graph"].endswith("format=yuv420p10le") for plan in plans)


def test_hdr_is_refused_by_score(files: dict[str, Path]) -> None:
    with pytest.raises(HdrError, match=r"tagged as PQ, and vmaf_v0\.6\.1 was made for standard"):
        score(files["hdr"], files["hdr"])
    result = score(files["hdr"], files["hdr"], allow_hdr=True)
    assert result.note is not None and result.note.endswith("the score has no known meaning")
    assert "psnr_y" in score(files["hdr"], files["hdr"], model=None, features=["psnr"])
    with pytest.raises(PrepareError, match="no tone mapping"):
        score(write(files["ref"].with_name("sdr.mkv"), clip(frames=1), color_trc=1), files["hdr"], prepare="auto")


def test_plans_carry_it(files: dict[str, Path]) -> None:
    plan = Plan.make("a", "b", prepare={"size": "64x48"}, film_grain="skip", allow_hdr=True)
    assert plan.prepare == Settings(size=(64, 48))
    assert Plan.from_json(plan.to_json()) == plan
    done = score(files["ref"], files["deep"], prepare="auto").part
    assert done is not None and isinstance(done.plan.prepare, Preparation)
    assert Plan.from_json(done.plan.to_json()).prepare == done.plan.prepare
    with pytest.raises(VmafValueError, match="no step 'sise'"):
        Plan.make("a", "b", prepare={"sise": 1})


def test_open_videos_are_prepared_and_stay_open(files: dict[str, Path]) -> None:
    with open_video(files["ref"]) as ref, open_video(files["deep"]) as deep:
        result = score(ref, deep, prepare="auto")
        assert len(result.frames) == FRAMES
        with pytest.raises(pyvmaf.VmafError, match="was read already"):
            next(iter(ref))


# The command


def command(files: dict[str, Path], *more: str, names: tuple[str, str] = ("ref", "deep")) -> int:
    return main(["score", str(files[names[0]]), str(files[names[1]]), *more])


def test_the_command_prepares(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(files) == 1
    assert "bitdepths do not match: 8, 10; pyvmaf score --prepare auto makes" in capsys.readouterr().err
    assert command(files, "--prepare", "auto") == 0
    out, err = capsys.readouterr()
    assert f"{WIDTH}x{HEIGHT} 10-bit" in out and "reference: 8 bits become 10" in err
    assert command(files, "--prepare", "depth=12:scaler=lanczos", "--size-to", "384x256") == 0
    assert "384x256 12-bit" in capsys.readouterr().out
    assert command(files, "--size-to", "96x64", "--film-grain", "skip") == 0
    assert "96x64 10-bit" in capsys.readouterr().out
    assert command(files, "--prepare", '{"crop": {"ref": [2, 0, 2, 0], "dist": [2, 0, 2, 0]}}') == 0
    assert "188x128 10-bit" in capsys.readouterr().out
    assert command(files, names=("hdr", "hdr")) == 1
    assert "--allow-hdr" in capsys.readouterr().err
    assert command(files, "--allow-hdr", names=("hdr", "hdr")) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prepare", "auot"], "'auot' is none of auto, none and KEY=VALUE"),
        (["--prepare", "scale=2"], "--prepare: prepare has no step 'scale'; there are: size, scaler,"),
        (["--prepare", "depth=11"], "--prepare: prepare['depth'] is '11', must be one of: 8, 9, 10, 12, 14, 16"),
        (["--prepare", "{crop}"], "--prepare is no JSON: Expecting property name"),
        (["--prepare", "size=64x48", "--size-to", "64x48"], "both give a size"),
        (["--size-to", "0x48"], "'0x48' is not WIDTHxHEIGHT of 1 to 65535 each"),
        (["--film-grain", "add"], "invalid choice: 'add'"),
    ],
)
def test_commands_that_make_no_sense(
    files: dict[str, Path], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert command(files, *options) == 2
    except SystemExit as error:
        assert error.code == 2
    assert message in capsys.readouterr().err
