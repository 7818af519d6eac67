# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whatever is passed in, the answer is right or a typed error that says what was wrong."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pyvmaf
from pyvmaf import VmafContext, VmafError, VmafModel, VmafPicture, choices
from pyvmaf.lpips.convert import MATRICES, SITINGS

ONCE = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
MODEL = json.loads((Path(__file__).parents[1] / "model" / "vmaf_v0.6.1.json").read_text())


HOME = os.path.dirname(pyvmaf.__file__)


def plain_words(module: ModuleType) -> set[str]:
    """Arguments of what a module shows, methods included, whose default is a word and whose type is any text."""
    shown = [getattr(module, name) for name in getattr(module, "__all__", vars(module))]
    members = [getattr(one, "__func__", one) for kind in shown if isinstance(kind, type) for one in vars(kind).values()]
    ours = {one for one in [*shown, *members] if inspect.isfunction(one) and one.__code__.co_filename.startswith(HOME)}
    return {
        f"{function.__qualname__}: {one.name}"
        for function in ours
        for one in inspect.signature(function).parameters.values()
        if one.annotation == "str" and re.fullmatch(r"\w+", str(one.default))
    }


def test_words_are_typed() -> None:
    """So a checker finds `align="atuo"`. A percentile, "p5", is a method too."""
    assert plain_words(pyvmaf) == {"Result.pool: method"}
    torch = pytest.importorskip("pyvmaf.torch", reason="PyTorch is not installed")
    assert plain_words(torch) | plain_words(torch.functional) == set()


def test_tables_have_the_words() -> None:
    for of, table in ((choices.LpipsMatrix, MATRICES), (choices.Siting, SITINGS)):
        assert get_args(of) == tuple(table)


def context(call: Callable[[VmafContext], object]) -> Callable[[], object]:
    """The call on a fresh context."""

    def run() -> object:
        with VmafContext(log_level="none") as ctx:
            return call(ctx)

    return run


@pytest.mark.parametrize("kind,message,call", [
    (TypeError, "options is 'debug', must be a mapping", context(lambda c: c.use_feature("vif", "debug"))),
    (TypeError, "options is 3, must be a mapping", lambda: VmafModel("vmaf_v0.6.1").feature_overload("vif", 3)),
    (ValueError, "no feature extractor 3; there are: .*vif", context(lambda c: c.use_feature(3))),
    (TypeError, "None was given, must be text", context(lambda c: c.feature_score_at_index(None, 0))),
    (ValueError, "surrogate", context(lambda c: c.feature_score_at_index("\ud800", 0))),
    (TypeError, "value is 'high', must be a number", context(lambda c: c.import_feature_score("x", "high", 0))),
    (ValueError, "value is beyond the range", context(lambda c: c.import_feature_score("x", 10**400, 0))),
    (TypeError, "3 was given, must be text or a path", context(lambda c: c.write_output(3, "json"))),
    (OSError, "/dev/full: No space left", context(lambda c: c.write_output("/dev/full", "json"))),
    (TypeError, "3 was given, must be text", lambda: VmafModel("vmaf_v0.6.1", name=3)),
    (TypeError, "3 was given, must be text", lambda: VmafModel.from_path(3)),
    (OSError, '"/dev/zero": File too large', lambda: VmafModel.from_path("/dev/zero")),
    (IsADirectoryError, "could not read model", lambda: VmafModel.from_path("/")),
    (TypeError, "video is None, must be a path", lambda: pyvmaf.score(None, None)),
    (TypeError, "model is 3, must be a name, a path", lambda: pyvmaf.score("a", "b", model=3)),
    (ValueError, "neither a model nor a feature", lambda: pyvmaf.score("a", "b", model=None)),
    (ValueError, "neither a model nor a feature", lambda: pyvmaf.Plan("a", "b", models=())),
    (ValueError, "neither a model nor a feature", lambda: pyvmaf.Stream(model=[])),
    (TypeError, r"model is \[3\], must be a name, a path", lambda: pyvmaf.score("a", "b", model=[3])),
    (ValueError, r"plane y has shape \(0, 7\), must", lambda: VmafPicture.from_planes([np.zeros((0, 7), "u1")])),
    (ValueError, r"must not contain a NUL .*'x\\x00y'", context(lambda c: c.feature_scores("x\0y", [0]))),
    (TypeError, "None was given, must be text", context(lambda c: c.feature_scores(None, [0]))),
    (ValueError, "index is -1, must be 0 to", context(lambda c: c.feature_scores("x", [-1]))),
    (ValueError, r"no feature extractor \['vif'\]; did you mean", context(lambda c: c.use_feature(["vif"]))),
    (TypeError, "a VmafContext cannot be copied or pickled", context(pickle.dumps)),
    (TypeError, "a VmafModel cannot be copied", lambda: copy.copy(VmafModel("vmaf_v0.6.1"))),
    (TypeError, "a VmafPicture cannot be copied", lambda: copy.deepcopy(VmafPicture("yuv420p", 8, 8, 8))),
    (ValueError, "the path of a video is empty", lambda: pyvmaf.score("", "a")),
    (ValueError, "must not contain a NUL", lambda: pyvmaf.score("a\0", "a")),
    (ValueError, "frames is -1, must be 0 to", lambda: pyvmaf.score("a", "b", frames=-1)),
    (TypeError, "features is 'vif', must be a sequence", lambda: pyvmaf.score("a", "b", features="vif")),
    (TypeError, "features is 3, must be a sequence", lambda: pyvmaf.score("a", "b", features=3)),
    (TypeError, r"features has \('vif',\), must be", lambda: pyvmaf.score("a", "b", features=[("vif",)])),
    (TypeError, "width is 10.5, must be an integer", lambda: pyvmaf.VideoFormat(10.5, 10)),
    (TypeError, "height is 'a', must be an integer", lambda: pyvmaf.VideoFormat(10, "a")),
    (TypeError, "reference: .*not Shape of shape", context(
        lambda c: c.read_pictures(type("Shape", (), {"planes": 1, "format": 2})(), None, 0))),
])  # fmt: skip
def test_odd_arguments(kind: type[BaseException], message: str, call: Callable[[], object]) -> None:
    if "/dev/" in message and not Path(message.split(":")[0].strip('"')).exists():
        pytest.skip("this system lacks the device")
    with pytest.raises(kind, match=message) as caught:
        call()
    assert isinstance(caught.value, VmafError)


# Pictures of arrays.

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda a: a,
    "upside down": lambda a: a[::-1].copy()[::-1],
    "mirrored": lambda a: a[:, ::-1].copy()[:, ::-1],
    "by columns": np.asfortranarray,
    "every other": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "inside": lambda a: np.pad(a, 3)[3:-3, 3:-3],
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "unaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "masked": np.ma.asarray,
    "subclass": lambda a: a.view(type("Sub", (np.ndarray,), {})),
}


def scores_of(ref: Any, dist: Any, **how: Any) -> list[float]:
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("psnr", {"enable_mse": True})
        ctx.use_feature("vif")
        ctx.read_pictures(ref, dist, 0, **how)
        ctx.flush()
        return [ctx.feature_score_at_index(n, 0) for n in ctx.feature_names]


@settings(ONCE, max_examples=60)
@given(
    size=st.tuples(st.integers(33, 50), st.integers(33, 50)), bpc=st.sampled_from([8, 10, 16]),
    planes=st.sampled_from([1, 3]), layouts=st.lists(st.sampled_from(sorted(LAYOUTS)), min_size=2, max_size=2),
    frozen=st.booleans(), borrow=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_every_layout_gives_the_same(
    size: tuple[int, int], bpc: int, planes: int, layouts: list[str], frozen: bool, borrow: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    dtype = np.uint8 if bpc == 8 else np.uint16
    sides = [[random.integers(0, 1 << bpc, size, dtype) for _ in range(planes)] for _ in layouts]
    odd = [[LAYOUTS[name](p) for p in side] for name, side in zip(layouts, sides, strict=True)]
    for plane in (p for side in odd for p in side if frozen):
        plane.flags.writeable = False
    assert scores_of(*odd, bpc=bpc, borrow=borrow) == scores_of(*sides, bpc=bpc)


ARRAYS = st.builds(
    lambda dtype, shape: np.full(shape, np.nan if dtype[1:] in ("f4", "f8") else 0).astype(dtype),
    st.sampled_from(["=u1", "=u2", ">u2", "=i2", "=f4", ">f8", "=?", "=u4", "=c8", "=U3", "=O", "=V4"]),
    st.lists(st.sampled_from([0, 1, 2, 17, 33, 34, 40]), max_size=3).map(tuple),
)
THINGS = st.one_of(
    ARRAYS, st.lists(ARRAYS, max_size=4), st.none(), st.text(max_size=3), st.binary(max_size=3), st.integers(),
    st.lists(st.lists(st.integers(-1, 300), max_size=4), max_size=4), st.sets(st.integers()),
)  # fmt: skip


@settings(ONCE, max_examples=150)
@given(
    pair=st.tuples(THINGS, THINGS) | THINGS.map(lambda t: (t, t)),
    bpc=st.sampled_from([None, 8, 10, 0, -1, 2**40, 8.0, "8"]),
    pix_fmt=st.sampled_from([None, "yuv420p", "yuv400p", "rgb", 0, 9, 1.5]),
    n_threads=st.sampled_from([0, 1]),
)
def test_anything_as_a_picture(pair: tuple[Any, Any], bpc: Any, pix_fmt: Any, n_threads: int) -> None:
    with VmafContext(log_level="none", n_threads=n_threads) as ctx:
        for name in ("vif", "adm", "motion", "psnr"):
            ctx.use_feature(name)
        try:
            ctx.read_pictures(*pair, 0, bpc=bpc, pix_fmt=pix_fmt)
            ctx.flush()
        except VmafError as error:
            assert str(error) and "vmaf_" not in str(error)
        else:
            assert ctx.frame_count == 1


# Model files.


def mutated(data: st.DataObject, value: Any) -> Any:
    """The JSON value with one part of it, somewhere, replaced or taken out."""
    if isinstance(value, (dict, list)) and value and data.draw(st.integers(0, 4)):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = data.draw(st.sampled_from(keys))
        out = value.copy()
        out[key] = mutated(data, value[key])
        return out
    return data.draw(st.sampled_from([
        None, True, -1, 2**70, 1e308, float("nan"), float("inf"), "", "x", "x" * 5000, "\0", "\ud800", [], {}, [[]],
        {"": None}, [1.5] * 300, "svm_type epsilon_svr\n", "LIBSVMNUSVR", "linear_rescale",
    ]))  # fmt: skip


@settings(ONCE, max_examples=200)
@given(data=st.data())
def test_model_files(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    path.write_text(json.dumps(mutated(data, MODEL)))
    try:
        model = VmafModel.from_path(path)
    except VmafError as error:
        assert str(path) in str(error)
        return
    with VmafContext(log_level="none") as ctx:
        try:
            ctx.use_features_from_model(model)
            ctx.read_pictures(*[np.full((40, 40), 90, np.uint8)] * 2, 0, pix_fmt="gray")
            ctx.flush()
            assert isinstance(ctx.score_at_index(model, 0), float)
        except VmafError as error:
            assert len(str(error)) > 20
