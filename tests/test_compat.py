# SPDX-License-Identifier: BSD-2-Clause-Patent
"""libvmaf's Python harness: the published snippet runs with its two import lines changed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import lpips_models as models

import pyvmaf
from pyvmaf import VmafError
from pyvmaf.compat import ListStats, VmafexecFeatureExtractor

ROOT = str(Path(__file__).parents[1])
#: Where the tested package lies, installed or in place.
PACKAGE = str(Path(pyvmaf.__file__).parents[1])
SNIPPET = """
from pyvmaf.compat import VmafexecFeatureExtractor
from pyvmaf.compat import ListStats

fex = VmafexecFeatureExtractor(
    logger=None, workdir_root=None,
    ref_path="ref.yuv", dis_path="dist.yuv",
    asset_dict={"width": 64, "height": 48,
                "yuv_type": "yuv420p",
                "quality_width": 64, "quality_height": 48},
    optional_dict={"feature_params": {"lpips": {
        "model_path": "tiny.onnx",
    }}},
)
fex.run()
per_frame = fex.results[0].get_ordered_list_scores_key("lpips_scores")
mean = ListStats.nonemean(per_frame)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and a pair of raw videos of three frames, 8 and 10 bits."""
    rng = np.random.default_rng(0)
    for name in ("ref", "dist"):
        samples = rng.integers(0, 256, 3 * 64 * 48 * 3 // 2).astype(np.uint8)
        (tmp_path / f"{name}.yuv").write_bytes(samples.tobytes())
        (tmp_path / f"{name}10.yuv").write_bytes((samples.astype("<u2") << 2).tobytes())
    (tmp_path / "tiny.onnx").write_bytes(models.tiny())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_snippet(here: Path) -> None:
    found: dict[str, object] = {}
    exec(SNIPPET, found)
    result = pyvmaf.score(
        "ref.yuv",
        "dist.yuv",
        model=None,
        features=[("lpips", {"model_path": "tiny.onnx"})],
        raw=pyvmaf.VideoFormat(64, 48),
    )
    assert found["per_frame"] == result["lpips"].tolist()
    assert found["mean"] == np.mean(result["lpips"])


def extractor(**asset: object) -> VmafexecFeatureExtractor:
    return VmafexecFeatureExtractor(
        ref_path="ref10.yuv",
        dis_path="dist10.yuv",
        asset_dict={"width": 64, "height": 48, "yuv_type": "yuv420p10le", **asset},
        optional_dict={"feature_params": {"vif": {}, "lpips": {"model_path": "tiny.onnx"}}},
    )


def test_deep_video_and_several_features(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    found: dict[str, object] = {}
    exec(SNIPPET, found)
    fex = extractor()
    fex.logger = logging.getLogger("harness")
    with caplog.at_level(logging.INFO):
        fex.run()
    assert "extract vif, lpips of ref10.yuv and dist10.yuv" in caplog.text
    (result,) = fex.results
    assert result["lpips_scores"] == found["per_frame"]
    assert result["lpips_score"] == found["mean"]
    assert {"lpips_scores", "integer_vif_scale0_scores"} <= set(result.get_ordered_results())
    with pytest.raises(VmafError, match=r"no scores 'lpip_scores'; did you mean \"lpips_scores\""):
        result.get_ordered_list_scores_key("lpip_scores")


@pytest.mark.parametrize(
    ("asset", "words"),
    [
        ({"yuv_type": "rgb24"}, "'rgb24', must be as yuv420p"),
        ({"yuv_type": "yuv420p1x"}, "'yuv420p1x', must be"),
        ({"quality_width": 128}, "quality_width differs from width; scale"),
    ],
)
def test_assets_that_make_no_sense(here: Path, asset: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        extractor(**asset).run()


def test_nonemean() -> None:
    assert ListStats.nonemean([None, 1.0, 3.0, None]) == 2.0


def test_scripts_run_unchanged_once_installed(here: Path, tmp_path: Path) -> None:
    """In a process of its own, as it puts modules in place."""
    changed = SNIPPET.replace("pyvmaf.compat import Vmafexec", "vmaf.core.vmafexec_feature_extractor import Vmafexec")
    changed = changed.replace("pyvmaf.compat import ListStats", "vmaf.tools.stats import ListStats")
    code = f"import pyvmaf.compat\npyvmaf.compat.install()\npyvmaf.compat.install()\n{changed}\nprint(mean > 0)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": PACKAGE}
    )
    assert run.stdout == "True\n", run.stderr
    (tmp_path / "vmaf.py").write_text("")  # the harness itself, or anything else of that name
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": PACKAGE}
    )
    assert "a package named vmaf is installed" in run.stderr
