# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A fetched LPIPS model is found; one that is not here is missed before the first frame."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
from pathlib import Path

import pytest
from support import lpips_models as models
from support.cli_cases import write_clips
from support.lpips_runs import PAIRS, scores

from pyvmaf import VmafContext, VmafError, model_files
from pyvmaf.cli.pyvmaf import main
from pyvmaf.lpips import extractor, onnx_model
from pyvmaf.lpips.graph import split
from pyvmaf.lpips.onnx_wire import Message

pytestmark = pytest.mark.usefixtures("lpips_by_itself")
EXAMPLE = ["score", "ref.yuv", "dis.yuv", "--size", "64x64", "--no-model", "-f"]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny network registered and installed as if it were the real one."""
    data = models.tiny()
    real = model_files.entry("lpips_sq")
    entry = dataclasses.replace(real, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(model_files, "entries", lambda: {"lpips_sq": entry})
    Path("copy").write_bytes(data)
    return model_files.install("lpips_sq", "copy")


@pytest.mark.parametrize("feature", ["lpips", "lpips=model_path=lpips_sq", "lpips=net=lpips_sq"])
def test_after_a_fetch_the_feature_just_works(
    fetched: Path, feature: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clips(tmp_path)
    assert main([*EXAMPLE, feature]) == 0
    assert "\nlpips" in capsys.readouterr().out
    assert scores({}, PAIRS) == scores({"model_path": fetched}, PAIRS)


def test_the_environment_takes_registered_names(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(extractor.ENVIRONMENT, "lpips_sq")
    assert extractor.locate(None, "squeeze")[0] == str(fetched)
    Path("lpips_sq").touch()  # a file of that name is what was named
    assert extractor.locate(None, "squeeze")[0] == "lpips_sq"


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("lpips", "lpips: no model: lpips_sq.onnx is not here; get it by 'pyvmaf models fetch lpips_sq', or"),
        ("lpips=model_path=lpips_sq", "lpips_sq.onnx is not here"),
        ("lpips=model_path=none.onnx", "lpips: model none.onnx: No such file or directory"),
        ("lpips=net=alex", "'alex' is not registered"),
    ],
)
def test_a_missing_model_fails_before_frame_0_and_once(
    feature: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clips(tmp_path)
    assert main([*EXAMPLE, feature]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and message in err
    with VmafContext() as context, pytest.raises(OSError, match="is not here"):
        context.use_feature("lpips", {"net": "lpips_sq"})


def test_without_a_home_folder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("PYVMAF_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert main(["models"]) == 0
    assert "lpips_sq is not here" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="there is no home folder to keep them in; set PYVMAF_CACHE"):
        _ = model_files.entry("lpips_sq").path
    with VmafContext() as context, pytest.raises(VmafError, match="no home folder"):
        context.use_feature("lpips")


def test_a_cache_that_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("copy").write_bytes(b"x")
    for cache in ("copy", "copy/deeper"):
        monkeypatch.setenv("PYVMAF_CACHE", os.path.abspath(cache))
        with pytest.raises(NotADirectoryError, match="is a file, or lies in one; set PYVMAF_CACHE to a folder"):
            model_files.install("lpips_sq", "copy")


def test_an_empty_jail_is_no_open_one(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(onnx_model.JAIL, "")
    with pytest.raises(PermissionError, match="VMAF_TINY_MODEL_DIR is empty; it must name a folder, or not be set"):
        onnx_model.read(tiny)


def lists(message: Message) -> list[tuple[Message, str]]:
    """Every field of the graph's nodes and tensors that can be spoiled."""
    graph = models.graph(message)
    owners = [*graph.messages("node"), *graph.messages("initializer")]
    owners += [a for node in graph.messages("node") for a in node.messages("attribute")]
    return [(owner, field) for owner in owners for field in owner.fields]


def test_a_graph_of_another_shape_runs_whole_or_is_refused() -> None:
    """A model that passed the checks never has the rewriting fail, whatever is missing in it."""
    choose = random.Random(0)
    outcomes = set()
    for _ in range(400):
        tree = models.tree()
        owner, field = choose.choice(lists(tree))
        how = choose.choice(["drop", "shorten", "double", "empty"])
        values = owner.fields[field]
        if how == "drop":
            del owner.fields[field]
        else:
            owner.fields[field] = {"shorten": values[1:], "double": values * 2, "empty": []}[how]
        outcomes.add(split(tree) is None)
    assert outcomes == {True, False}
