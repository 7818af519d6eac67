# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Predictions equal the peer's to the bit, and the model files are what the registry says."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from support.imports import Imports, builtin_models, feature_names, ours
from test_oracle import peer

import pyvmaf.engine.model
from pyvmaf.model_files import SHARE

MODEL = Path(__file__).parents[1] / "model"
SHARED = Path(__file__).parents[2] / "shared" / "model"
REGISTRY = json.loads((MODEL / "registry.json").read_text())
CLASSIC = ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1", "vmaf_4k_v0.6.1neg"]
DISABLE_CLIP, ENABLE_TRANSFORM = 1, 2

# The adm2, motion2 and vif_scale0..3 of three frames: fair, poor, near perfect.
FRAMES = [
    [0.93, 4.5, 0.5, 0.82, 0.88, 0.92],
    [0.71, 12.25, 0.21, 0.45, 0.56, 0.65],
    [0.998, 0.75, 0.95, 0.985, 0.992, 0.995],
]
# What libvmaf 3.2.0 makes of them without clipping.
SCORES = {
    "vmaf_v0.6.1": [76.77858191871768, 25.180985986346876, 97.16636885551966],
    "vmaf_v0.6.1neg": [76.77858191871768, 25.180985986346876, 97.16636885551966],
    "vmaf_4k_v0.6.1": [83.81690686054552, 50.154699586323595, 100.10019872013817],
    "vmaf_4k_v0.6.1neg": [83.81690686054552, 50.154699586323595, 100.10019872013817],
}


def test_registry_has_every_file() -> None:
    files = {p.name for p in MODEL.glob("*.json")} - {"registry.json"}
    made = {p.name for p in SHARE.glob("*.json")} - {"registry.json"}
    assert {name for name, row in REGISTRY.items() if row["builtin"]} == made
    assert {name for name in made if "twin_of" not in REGISTRY[name]} == files
    assert {name + ".json" for name in builtin_models()} == made
    for name in made:
        data = (SHARE / name).read_bytes()
        assert REGISTRY[name]["bytes"] == len(data)
        assert REGISTRY[name]["sha256"] == hashlib.sha256(data).hexdigest()
    for name, row in REGISTRY.items():
        assert row["licence"] in ("BSD-2-Clause-Patent", "BSD-2-Clause"), name
        assert row["origin"] and row["copyright"] and row["kind"] in ("svm", "onnx"), name
        assert row["builtin"] or row["url"].startswith("https://"), name


def test_neg_for_4k_is_the_4k_model_with_neg_options() -> None:
    plain, neg, classic = (
        json.loads((MODEL / f"{name}.json").read_text())
        for name in ("vmaf_4k_v0.6.1", "vmaf_4k_v0.6.1neg", "vmaf_v0.6.1neg")
    )
    assert neg["model_dict"].pop("feature_opts_dicts") == classic["model_dict"]["feature_opts_dicts"]
    assert neg == plain


@pytest.mark.parametrize("name", CLASSIC)
def test_recorded_scores(name: str) -> None:
    with Imports(ours()) as run:
        model = run.load(name, DISABLE_CLIP)
        for index, values in enumerate(FRAMES):
            for feature, value in zip(feature_names(model), values, strict=True):
                run.put(feature, value, index)
        assert [run.score(model, i) for i in range(3)] == SCORES[name]


def random_vector(rng: random.Random, names: list[str]) -> list[float]:
    wild = rng.random() < 0.05
    return [
        rng.uniform(-1e3, 1e3) if wild else rng.uniform(0, 40) if "motion" in name else rng.uniform(0, 1.1)
        for name in names
    ]


def compare(source: str | Path, flags: int, count: int = 200) -> None:
    rng = random.Random(f"{source} {flags}")
    with Imports(ours()) as mine, Imports(peer()) as theirs:
        models = [run.load(source, flags) for run in (mine, theirs)]
        names = feature_names(models[0])
        for index in range(count):
            vector = random_vector(rng, names)
            for run in (mine, theirs):
                for name, value in zip(names, vector, strict=True):
                    run.put(name, value, index)
            got, want = (run.score(m, index) for run, m in zip((mine, theirs), models, strict=True))
            assert got == want, (source, flags, vector)
        for method in ("min", "max", "mean", "harmonic_mean"):
            assert mine.pooled("m", method, 3, count - 2) == theirs.pooled("m", method, 3, count - 2)


@pytest.mark.parametrize("flags", [0, DISABLE_CLIP, ENABLE_TRANSFORM, DISABLE_CLIP | ENABLE_TRANSFORM])
@pytest.mark.parametrize("name", CLASSIC)
def test_predictions_equal_the_peer(name: str, flags: int) -> None:
    compare(name if name != "vmaf_4k_v0.6.1neg" else MODEL / f"{name}.json", flags)


def test_flags_that_nobody_knows_are_ignored_in_c() -> None:
    compare("vmaf_v0.6.1", 8 | DISABLE_CLIP | 1 << 40, 20)


def test_built_in_4k_neg_equals_the_peers_own() -> None:
    compare("vmaf_4k_v0.6.1neg", DISABLE_CLIP)


def classic_with(path: Path, **members: Any) -> Path:
    model = json.loads((MODEL / "vmaf_v0.6.1.json").read_text())
    model["model_dict"].update(members)
    path.write_text(json.dumps(model))
    return path


TRANSFORMS = [
    {"p0": 1.5},
    {"p1": 1.2},
    {"p0": 1, "p2": 0.001, "out_gte_in": "true"},
    {"p1": 2, "out_lte_in": "true"},
    {"knots": [[0, 5], [50, 50], [100, 90]]},
    {"knots": [[10, 5], [50, 5], [100, 90]], "p1": 1.7, "p0": -3},
    {"knots": [[-10, -5], [0, 20], [30, 60], [80, 99]], "out_lte_in": "true", "out_gte_in": "true"},
    {"knots": [[10, 20]], "p1": 0.5},
]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=json.dumps)
@pytest.mark.parametrize("norm", ["linear_rescale", "none"])
def test_transforms_equal_the_peers(tmp_path: Path, transform: dict[str, Any], norm: str) -> None:
    path = classic_with(
        tmp_path / "m.json",
        score_transform={**transform, "enabled": True},
        norm_type=norm,
        score_clip=[20, 90],
    )
    compare(path, 0, 40)
    compare(path, DISABLE_CLIP, 40)


def compare_collection(path: Path, flags: int, count: int = 60) -> None:
    rng = random.Random(flags)
    with Imports(ours()) as mine, Imports(peer()) as theirs:
        collections = [run.load_collection(path, flags) for run in (mine, theirs)]
        names = feature_names(mine.models[0])
        members = len(json.loads(path.read_text())) - 1
        for index in range(count):
            vector = random_vector(rng, names)
            rows = []
            for run, collection in zip((mine, theirs), collections, strict=True):
                for name, value in zip(names, vector, strict=True):
                    run.put(name, value, index)
                row = list(run.collection_score(collection, index))
                row += [run.stored(f"m_{k:04}", index) for k in range(1, members + 1)]
                rows.append([*row, run.score(run.models[0], index)])
            assert rows[0] == rows[1], (flags, vector)
            assert list(mine.collection_score(collections[0], index)) == rows[0][:5]


@pytest.mark.parametrize("flags", [0, DISABLE_CLIP, ENABLE_TRANSFORM])
def test_collections_equal_the_peers(tmp_path: Path, flags: int) -> None:
    """Members differ as bootstrap members do: same features, other support vectors."""
    rng = random.Random(1)
    base = json.loads((MODEL / "vmaf_v0.6.1.json").read_text())
    head, body = base["model_dict"]["model"].split("SV\n")
    vectors = body.splitlines()
    collection = {}
    for k in range(8):
        member = json.loads(json.dumps(base))
        sample = "\n".join(rng.choice(vectors) for _ in vectors)
        member["model_dict"].update(model=f"{head}SV\n{sample}\n", model_type="BOOTSTRAP_LIBSVMNUSVR")
        collection[str(k)] = member
    path = tmp_path / "collection.json"
    path.write_text(json.dumps(collection))
    compare_collection(path, flags)


TWINS = {name: row["twin_of"] for name, row in REGISTRY.items() if "twin_of" in row}


@pytest.mark.parametrize("file", TWINS)
def test_floating_point_twins(file: str) -> None:
    """The loaded model, which C renames, is the written file's, which Python renames."""
    integer = pyvmaf.engine.model.any_from_path(MODEL / TWINS[file], name="m")
    written = pyvmaf.engine.model.any_from_path(SHARE / file, name="m")
    loaded = pyvmaf.engine.model.any_builtin(file.removesuffix(".json"), name="m")
    assert type(integer) is type(written) is type(loaded)
    mains = [m.model if isinstance(m, pyvmaf.VmafModelCollection) else m for m in (integer, written, loaded)]
    names = [json.loads(path.read_text()) for path in (SHARE / file, MODEL / TWINS[file])]
    dicts = [(model.get("0") or model)["model_dict"] for model in names]
    assert dicts[0]["feature_names"] == [n.replace("integer_", "") for n in dicts[1]["feature_names"]]
    assert mains[1].features == mains[2].features
    assert not any("integer" in name for name in mains[2].features)


def test_a_built_in_collection_by_name() -> None:
    assert pyvmaf.VmafModelCollection("vmaf_b_v0.6.3", name="votes").name == "votes"
    with pytest.raises(pyvmaf.VmafError, match="it holds a model collection, not a model"):
        pyvmaf.VmafModel("vmaf_b_v0.6.3")


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded models beside the project")
def test_built_in_models_are_the_published_ones() -> None:
    for path in SHARED.glob("vmaf_*.json"):
        assert (SHARE / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("flags", [0, DISABLE_CLIP, ENABLE_TRANSFORM])
def test_published_collection_equals_the_peers(flags: int) -> None:
    compare_collection(MODEL / "vmaf_b_v0.6.3.json", flags)
