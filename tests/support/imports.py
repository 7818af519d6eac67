# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Contexts fed with numbers instead of pictures: what models and logs make of them."""

from __future__ import annotations

import ctypes as ct
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pyvmaf
from support import capi


class CollectionScore(ct.Structure):
    _fields_ = [
        ("type", ct.c_int),
        ("bagging", ct.c_double),
        ("stddev", ct.c_double),
        ("lo", ct.c_double),
        ("hi", ct.c_double),
    ]

    def numbers(self) -> tuple[int, float, float, float, float]:
        return self.type, self.bagging, self.stddev, self.lo, self.hi


@cache
def ours() -> capi.Library:
    library = capi.Library(pyvmaf.get_library())
    for name in ("pyvmaf_builtin_model_at", "pyvmaf_last_message", "pyvmaf_model_feature_at"):
        getattr(library.dll, name).restype = ct.c_char_p
    library.dll.pyvmaf_model_feature_at.argtypes = [ct.c_void_p, ct.c_uint]
    return library


def builtin_models() -> list[str]:
    names = []
    while name := ours().dll.pyvmaf_builtin_model_at(len(names)):
        names.append(name.decode())
    return names


class Imports:
    """One context and the models asked of it."""

    def __init__(self, library: capi.Library, n_subsample: int = 1) -> None:
        self.library = library
        self.context = ct.c_void_p()
        configuration = capi.Configuration(0, 0, n_subsample, capi.SCALAR, 0)
        library.call("vmaf_init", ct.byref(self.context), configuration)
        self.models: list[ct.c_void_p] = []
        self.collections: list[ct.c_void_p] = []

    def __enter__(self) -> Imports:
        return self

    def __exit__(self, *_: object) -> None:
        dll = self.library.dll
        dll.vmaf_close(self.context)
        for model in self.models:
            dll.vmaf_model_destroy(model)
        for collection in self.collections:
            dll.vmaf_model_collection_destroy(collection)

    def put(self, name: str, value: float, index: int) -> None:
        self.library.call("vmaf_import_feature_score", self.context, name.encode(), value, index)

    def load(self, source: str | Path, flags: int = 0) -> ct.c_void_p:
        model, config = ct.c_void_p(), capi.ModelConfig(b"m", flags)
        function = "vmaf_model_load_from_path" if isinstance(source, Path) else "vmaf_model_load"
        self.library.call(function, ct.byref(model), ct.byref(config), str(source).encode())
        self.models.append(model)
        return model

    def load_collection(self, path: Path, flags: int = 0) -> ct.c_void_p:
        model, collection, config = ct.c_void_p(), ct.c_void_p(), capi.ModelConfig(b"m", flags)
        self.library.call(
            "vmaf_model_collection_load_from_path",
            ct.byref(model), ct.byref(collection), ct.byref(config), str(path).encode(),
        )  # fmt: skip
        self.models.append(model)
        self.collections.append(collection)
        return collection

    def score(self, model: ct.c_void_p, index: int) -> float:
        value = ct.c_double()
        self.library.call("vmaf_score_at_index", self.context, model, ct.byref(value), index)
        return value.value

    def collection_score(self, collection: ct.c_void_p, index: int) -> tuple[float, ...]:
        value = CollectionScore()
        self.library.call(
            "vmaf_score_at_index_model_collection",
            self.context,
            collection,
            ct.byref(value),
            ct.c_uint(index),
        )
        return value.numbers()

    def stored(self, name: str, index: int) -> float:
        value = ct.c_double()
        self.library.call("vmaf_feature_score_at_index", self.context, name.encode(), ct.byref(value), index)
        return value.value

    def pooled(self, name: str, method: str, low: int, high: int) -> float:
        value = ct.c_double()
        self.library.call(
            "vmaf_feature_score_pooled",
            self.context, name.encode(), capi.POOLING[method], ct.byref(value), low, high,
        )  # fmt: skip
        return value.value

    def read(self, ref: Sequence[object], dist: Sequence[object], index: int) -> None:
        pics = [self.library.picture(tuple(planes), "420", 8) for planes in (ref, dist)]  # type: ignore[arg-type]
        self.library.call("vmaf_read_pictures", self.context, ct.byref(pics[0]), ct.byref(pics[1]), index)

    def flush(self) -> None:
        self.library.call("vmaf_read_pictures", self.context, None, None, 0)

    def write(self, path: Path, format_id: int) -> bytes:
        self.library.call("vmaf_write_output", self.context, str(path).encode(), format_id)
        return path.read_bytes()


def feature_names(model: ct.c_void_p) -> list[str]:
    """The published names of a model that our library loaded."""
    names = []
    while name := ours().dll.pyvmaf_model_feature_at(model, len(names)):
        names.append(name.decode())
    return names
