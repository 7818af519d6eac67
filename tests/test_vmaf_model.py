# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Models and collections in Python: loading, flags, names, options, use in a context."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.common import Plane

from pyvmaf import ModelFlags, VmafContext, VmafError, VmafModel, VmafModelCollection
from pyvmaf.scoring.wanted import load_model

MODELS = Path(__file__).resolve().parents[1] / "model"


def test_two_models_of_one_name_are_refused() -> None:
    with VmafContext() as ctx:
        first, second = VmafModel("vmaf_v0.6.1"), VmafModel("vmaf_v0.6.1neg")
        ctx.use_features_from_model(first)
        ctx.use_features_from_model(first)
        with pytest.raises(ValueError, match="another model named 'vmaf'"):
            ctx.use_features_from_model(second)
        ctx.use_features_from_model(VmafModel("vmaf_v0.6.1neg", name="neg"))
        with pytest.raises(TypeError, match="must be a VmafModel"):
            ctx.use_features_from_model(3)  # type: ignore[arg-type]


def test_models(planes: list[Plane]) -> None:
    with VmafContext(n_threads=2) as ctx:
        model = VmafModel("vmaf_v0.6.1")
        ctx.use_features_from_model(model)
        for i, plane in enumerate(planes):
            ctx.read_pictures(plane, plane // 2 + 40, i, pix_fmt="gray")
        ctx.flush()
        scores = [ctx.score_at_index(model, i) for i in range(len(planes))]
        assert ctx.score_pooled(model) == sum(scores) / len(scores)
        assert ctx.score_pooled(model, "min") == min(scores)
        assert "vmaf" in ctx.feature_names
        model.close()
        with pytest.raises(ValueError, match="model is closed"):
            ctx.score_pooled(model)


def collection_file(path: Path, values: Sequence[float]) -> Path:
    """A collection that says `values[0]` of every frame by its main model, the others by its members."""
    members = {}
    for i, value in enumerate(values):
        svm = f"svm_type nu_svr\nkernel_type rbf\ngamma 1\nnr_class 2\ntotal_sv 1\nrho {1 - value}\nSV\n1 1:0\n"
        members[str(i)] = {"model_dict": {
            "model_type": "BOOTSTRAP_LIBSVMNUSVR", "norm_type": "linear_rescale",
            "feature_names": ["VMAF_integer_feature_motion_sad_score"],
            "slopes": [1.0, 0.0], "intercepts": [0.0, 0.0], "model": svm,
        }}  # fmt: skip
    path.write_text(json.dumps(members))
    return path


def test_options_without_end_are_refused_at_once(tmp_path: Path) -> None:
    model = json.loads((MODELS / "vmaf_v0.6.1.json").read_text())
    path = tmp_path / "m.json"
    options = model["model_dict"]["feature_opts_dicts"] = [{f"o{i}": i for i in range(256)}]
    path.write_text(json.dumps(model))
    VmafModel.from_path(path)
    options[0].update({f"o{i}": i for i in range(60000)})
    path.write_text(json.dumps(model))
    start = time.process_time()
    with pytest.raises(VmafError, match=r"m\.json.*line 1 column \d+: a feature may have at most 256 options"):
        VmafModel.from_path(path)
    assert time.process_time() - start < 2


def test_a_collection(planes: list[Plane], tmp_path: Path) -> None:
    path = collection_file(tmp_path / "collection.json", [9.0, 5.0, 6.0, 10.0])
    collection = VmafModelCollection.from_path(path, name="votes")
    assert (collection.name, collection.model.name) == ("votes", "votes")
    with pytest.raises(ValueError, match="no option 'x'"):
        collection.feature_overload("motion", {"x": 1})
    with VmafContext() as ctx:
        ctx.use_features_from_model(collection.model)
        ctx.use_features_from_model(collection)
        for i, plane in enumerate(planes[:3]):
            ctx.read_pictures(plane, plane, i, pix_fmt="gray")
        ctx.flush()
        found = ctx.score_at_index(collection, 1)
        assert found.bagging_score == 7.0
        assert found.stddev == pytest.approx((14 / 3) ** 0.5)
        assert (found.ci_p95_lo, found.ci_p95_hi) == pytest.approx((5.05, 9.8))
        assert ctx.score_pooled(collection, "max") == found
        assert ctx.score_pooled(collection.model) == 9.0
        collection.close()
        with pytest.raises(ValueError, match="collection is closed"):
            ctx.score_at_index(collection, 0)
    with pytest.raises(VmafError, match="collection"):
        VmafModelCollection("vmaf_v0.6.1")
    with pytest.raises(VmafError):
        VmafModel.from_path(path)


def test_options_of_a_model_may_be_changed(planes: list[Plane]) -> None:
    model = VmafModel("vmaf_v0.6.1", name="own")
    model.feature_overload("vif", {})
    model.feature_overload("vif", {"vif_enhn_gain_limit": 1.0})
    assert [f for f in model.features if "vif_scale0" in f] == ["integer_vif_scale0_egl_1"]
    with pytest.raises(ValueError, match="no feature extractor 'viff'"):
        model.feature_overload("viff", {})
    with VmafContext() as ctx:
        ctx.use_features_from_model(model)
        ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        ctx.flush()
        assert "integer_vif_scale0_egl_1" in ctx.feature_names
        assert 0 <= ctx.score_at_index(model, 0) <= 100


def piped(data: bytes) -> str:
    """A path that gives these bytes once."""
    reading, writing = os.pipe()
    assert os.write(writing, data) == len(data)
    os.close(writing)
    return f"/dev/fd/{reading}"


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A pipe has nothing left for whoever looks at it twice."""
    collection = collection_file(tmp_path / "collection.json", [9.0, 5.0, 6.0])
    single = json.loads(collection.read_text())["0"]
    for data, kind in ((collection.read_bytes(), VmafModelCollection), (json.dumps(single).encode(), VmafModel)):
        path = piped(data)
        try:
            model = load_model(path=path, name="piped", flags=ModelFlags.DISABLE_CLIP)
            assert type(model) is kind
            assert model.name == "piped"
            assert load_model(path=tmp_path / "collection.json").name == "vmaf"
        finally:
            os.close(int(path.rpartition("/")[2]))


@pytest.mark.parametrize("text,message", [
    ("{}", "could not read model from path: .*missing member: model_dict"),
    ('{"0": {}, "1": {}}', "could not read model collection from path: .*missing member: model_dict"),
    ('{"0": {"model_dict": 1}', "could not read model from path: .*line 1 column 24: expected"),
])  # fmt: skip
def test_a_file_that_holds_neither(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_model(path=path)


@pytest.mark.parametrize("load", [
    lambda flags: VmafModel("vmaf_v0.6.1", flags=flags),
    lambda flags: VmafModel.from_path("x.json", flags=flags),
    lambda flags: VmafModelCollection.from_path("x.json", flags=flags),
    lambda flags: load_model(path="x.json", flags=flags),
])  # fmt: skip
def test_flags_that_nobody_knows(load: Callable[[int], object]) -> None:
    for flags in (8, 1 << 40, 15):
        with pytest.raises(
            ValueError, match=rf"flags is {flags:#x}, must be a sum of: disable_clip \(1\), enable_.*\(4\)"
        ):
            load(flags)
