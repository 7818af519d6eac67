# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The exporter: the same weights give the same bytes, whatever file they come from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from support import lpips_clips as clips
from support import lpips_models as models

from pyvmaf import VmafContext
from pyvmaf import model_files as registry
from pyvmaf.lpips import export as lpips_export
from pyvmaf.lpips.export import build, from_onnx, main, names
from pyvmaf.lpips.onnx_wire import encode


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_runs_give_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source.onnx"
    source.write_bytes(models.tiny())
    outs = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for out in outs:
        side = out.with_suffix(".json")
        assert main(["--out", str(out), "--sidecar", str(side), "--from-onnx", str(source), "--skip-parity"]) == 0
        assert f"{out}: {out.stat().st_size} bytes, sha256 {digest(out)}" in capsys.readouterr().out
        assert json.loads(side.read_text())["name"] == out.stem
    assert outs[0].read_bytes() == outs[1].read_bytes() == models.tiny()


def test_the_weights_come_back() -> None:
    assert build(models.weights()) == models.tiny()
    assert list(models.weights()) == names()


def test_nothing_tells_who_wrote_it() -> None:
    tree = models.tree()
    assert set(tree.fields) == {"ir_version", "opset_import", "graph"}
    assert all("doc_string" not in n.fields for n in models.graph(tree).messages("node"))


def test_a_file_without_the_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = models.tree()
    graph = models.graph(model)
    tensors = graph.messages("initializer")
    graph.fields["initializer"] = [t for t in tensors if t.text("name") != "features.0.weight"]
    path = tmp_path / "less.onnx"
    path.write_bytes(encode(model))
    out = tmp_path / "out.onnx"
    assert main(["--out", str(out), "--from-onnx", str(path), "--skip-parity"]) == 1
    assert "has no tensor 'features.0.weight' (1 missing)" in capsys.readouterr().err
    assert not out.exists()


def test_no_backbone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the packages, or without the file: a message, exit status 1, nothing written."""
    out = tmp_path / "out.onnx"
    assert main(["--out", str(out), "--backbone", str(tmp_path / "none.pth"), "--skip-parity"]) == 1
    assert capsys.readouterr().err.startswith("lpips_export: ")
    assert not out.exists()


def test_parity_with_torch() -> None:
    pytest.importorskip("lpips", reason="the package lpips, of the extra export, is not here")
    # The real channels: torch's network has no others.
    if not clips.MODEL.exists():
        pytest.skip("the published model is not beside the repository")
    weights = from_onnx(str(clips.MODEL))
    assert lpips_export.parity(build(weights), weights) < lpips_export.PARITY


@pytest.mark.skipif(not clips.GOLDEN.exists(), reason="the published clips are not beside the repository")
def test_the_published_model_exported_again(tmp_path: Path) -> None:
    """Its digest is registered, and the published values hold."""
    out = tmp_path / "lpips_sq.onnx"
    assert main(["--out", str(out), "--from-onnx", str(clips.MODEL), "--skip-parity"]) == 0
    assert registry.pinned(out.name, digest(out)) is registry.entry("lpips_sq")
    for clip in clips.golden()["clips"]:
        if clip["w"] * clip["h"] > 110_000 or (pairs := clips.load(clip)) is None:
            continue
        with VmafContext(n_threads=2) as ctx:
            ctx.use_feature("lpips", {"model_path": out})
            for i, (ref, dist) in enumerate(pairs[:5]):
                ctx.read_pictures(ref, dist, i, bpc=clip["bitdepth"])
            ctx.flush()
            for frame in clip["frames"][:5]:
                assert ctx.feature_score_at_index("lpips", frame["frame"]) == pytest.approx(frame["value"], abs=1e-6)
