# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Any library with libvmaf's C ABI, driven through ctypes.

Tests score the same frames with this project's shared library and with the
peer, libvmaf 3.2.0 out of a wheel of PyAV, and compare doubles.
"""

from __future__ import annotations

import ctypes as ct
import glob
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from support.clips import CHROMA, Frame

PEER_WHEEL = "av==19.0.2"
SCALAR = 0xFFFF
DISABLE_CLIP = 1
PIX_FMT = {"420": 1, "422": 2, "444": 3, "400": 4}
POOLING = {"min": 1, "max": 2, "mean": 3, "harmonic_mean": 4}


class Configuration(ct.Structure):
    _fields_ = [
        ("log_level", ct.c_int),
        ("n_threads", ct.c_uint),
        ("n_subsample", ct.c_uint),
        ("cpumask", ct.c_uint64),
        ("gpumask", ct.c_uint64),
    ]


class Picture(ct.Structure):
    _fields_ = [
        ("pix_fmt", ct.c_int),
        ("bpc", ct.c_uint),
        ("w", ct.c_uint * 3),
        ("h", ct.c_uint * 3),
        ("stride", ct.c_ssize_t * 3),
        ("data", ct.c_void_p * 3),
        ("ref", ct.c_void_p),
        ("priv", ct.c_void_p),
    ]


class ModelConfig(ct.Structure):
    _fields_ = [("name", ct.c_char_p), ("flags", ct.c_uint64)]


class CApiError(Exception):
    """A call of the library failed; `args` is (function, code)."""


def peer_path(cache: Path) -> Path:
    """The peer's library, downloaded into `cache` on first use.

    Raises:
        RuntimeError: there is none for this machine, or no network.
    """
    override = os.environ.get("PYVMAF_PEER")
    if override:
        return Path(override)
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise RuntimeError("the peer's wheel is for Linux on x86-64")
    found = sorted(cache.glob("peer/av.libs/libvmaf-*.so.*"))
    if found:
        return found[0]
    with tempfile.TemporaryDirectory() as tmp:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--python-version", "3.12", "--platform", "manylinux_2_28_x86_64", "--dest", tmp, PEER_WHEEL,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"cannot download the wheel {PEER_WHEEL}: {done.stderr.strip()[-300:]}")
        with zipfile.ZipFile(glob.glob(f"{tmp}/*.whl")[0]) as wheel:
            members = [n for n in wheel.namelist() if n.startswith("av.libs/libvmaf-")]
            wheel.extractall(cache / "peer", members)
    return sorted(cache.glob("peer/av.libs/libvmaf-*.so.*"))[0]


class Library:
    """The calls that scoring needs, checked."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self.dll = ct.CDLL(self.path)
        pointer, text, number = ct.c_void_p, ct.c_char_p, ct.POINTER(ct.c_double)
        signatures: dict[str, list[object]] = {
            "vmaf_init": [ct.POINTER(pointer), Configuration],
            "vmaf_close": [pointer],
            "vmaf_use_feature": [pointer, text, pointer],
            "vmaf_use_features_from_model": [pointer, pointer],
            "vmaf_use_features_from_model_collection": [pointer, pointer],
            "vmaf_import_feature_score": [pointer, text, ct.c_double, ct.c_uint],
            "vmaf_feature_dictionary_set": [ct.POINTER(pointer), text, text],
            "vmaf_picture_alloc": [ct.POINTER(Picture), ct.c_int, ct.c_uint, ct.c_uint, ct.c_uint],
            "vmaf_picture_unref": [ct.POINTER(Picture)],
            "vmaf_read_pictures": [pointer, ct.POINTER(Picture), ct.POINTER(Picture), ct.c_uint],
            "vmaf_feature_score_at_index": [pointer, text, number, ct.c_uint],
            "vmaf_feature_score_pooled": [pointer, text, ct.c_int, number, ct.c_uint, ct.c_uint],
            "vmaf_score_at_index": [pointer, pointer, number, ct.c_uint],
            "vmaf_score_pooled": [pointer, pointer, ct.c_int, number, ct.c_uint, ct.c_uint],
            "vmaf_model_load": [ct.POINTER(pointer), ct.POINTER(ModelConfig), text],
            "vmaf_model_load_from_path": [ct.POINTER(pointer), ct.POINTER(ModelConfig), text],
            "vmaf_model_feature_overload": [pointer, text, pointer],
            "vmaf_model_destroy": [pointer],
            "vmaf_write_output": [pointer, text, ct.c_int],
        }
        for name, arguments in signatures.items():
            function = getattr(self.dll, name)
            function.argtypes = arguments
            function.restype = None if name == "vmaf_model_destroy" else ct.c_int

    def call(self, name: str, *arguments: object) -> None:
        code = getattr(self.dll, name)(*arguments)
        if code:
            raise CApiError(name, code)

    def dictionary(self, options: Mapping[str, object]) -> ct.c_void_p | None:
        out = ct.c_void_p()
        for key, value in options.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.call("vmaf_feature_dictionary_set", ct.byref(out), key.encode(), text.encode())
        return out if options else None

    def picture(self, frame: Frame, chroma: str, bpc: int) -> Picture:
        pic = Picture()
        height, width = frame[0].shape
        self.call("vmaf_picture_alloc", ct.byref(pic), PIX_FMT[chroma], bpc, width, height)
        for i, plane in enumerate(frame):
            h, w = plane.shape
            samples = (ct.c_uint8 * ((h - 1) * pic.stride[i] + w * plane.itemsize)).from_address(pic.data[i])
            np.ndarray((h, w), plane.dtype, samples, strides=(pic.stride[i], plane.itemsize))[:] = plane
        return pic


Feature = tuple[str, Mapping[str, object]]


class Run:
    """One context from init to close: frames in, numbers out."""

    def __init__(
        self,
        library: Library,
        *,
        models: Sequence[str | Path] = (),
        features: Iterable[Feature] = (),
        n_threads: int = 0,
        n_subsample: int = 1,
        cpumask: int = SCALAR,
        log_level: int = 0,
        model_flags: int = 0,
    ) -> None:
        self.library = library
        self.model_flags = model_flags
        self.context = ct.c_void_p()
        self.models: dict[str, ct.c_void_p] = {}
        self.frames = 0
        library.call("vmaf_init", ct.byref(self.context), Configuration(log_level, n_threads, n_subsample, cpumask, 0))
        for model in models:
            self._use_model(model)
        for name, options in features:
            library.call("vmaf_use_feature", self.context, name.encode(), library.dictionary(options))

    def _use_model(self, model: str | Path) -> None:
        name = Path(model).stem if isinstance(model, Path) else model
        handle, config = ct.c_void_p(), ModelConfig(name.encode(), self.model_flags)
        function = "vmaf_model_load_from_path" if isinstance(model, Path) else "vmaf_model_load"
        self.library.call(function, ct.byref(handle), ct.byref(config), str(model).encode())
        self.library.call("vmaf_use_features_from_model", self.context, handle)
        self.models[name] = handle

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        for model in self.models.values():
            self.library.dll.vmaf_model_destroy(model)
        self.library.dll.vmaf_close(self.context)

    def read(self, ref: Frame, dist: Frame, chroma: str, bpc: int, index: int | None = None) -> None:
        pics = [self.library.picture(f, chroma, bpc) for f in (ref, dist)]
        at = self.frames if index is None else index
        try:
            self.library.call("vmaf_read_pictures", self.context, ct.byref(pics[0]), ct.byref(pics[1]), at)
        except CApiError:
            for pic in pics:
                self.library.dll.vmaf_picture_unref(ct.byref(pic))
            raise
        self.frames += 1

    def flush(self) -> None:
        self.library.call("vmaf_read_pictures", self.context, None, None, 0)

    def feed(self, refs: Sequence[Frame], dists: Sequence[Frame], chroma: str, bpc: int) -> None:
        for ref, dist in zip(refs, dists, strict=True):
            self.read(ref, dist, chroma, bpc)
        self.flush()

    def log(self, format_id: int) -> bytes:
        with tempfile.TemporaryDirectory() as tmp:
            path = Path(tmp) / "log"
            self.library.call("vmaf_write_output", self.context, str(path).encode(), format_id)
            return path.read_bytes()

    def published_names(self) -> list[str]:
        """Names of logs, in their order, model scores left out."""
        seen: dict[str, None] = {}
        for frame in json.loads(self.log(2))["frames"]:
            seen.update(dict.fromkeys(frame["metrics"]))
        return [name for name in seen if name not in self.models]

    def feature_at(self, name: str, index: int) -> float | None:
        value = ct.c_double()
        integer = f"VMAF_integer_feature_{name.removeprefix('integer_')}_score"
        families = ("VMAF", "Cambi", "Speed_chroma", "Speed_temporal")
        for full in (name, integer, *(f"{family}_feature_{name}_score" for family in families)):
            code = self.library.dll.vmaf_feature_score_at_index(self.context, full.encode(), ct.byref(value), index)
            if not code:
                return value.value
        return None

    def score_at(self, model: str, index: int) -> float:
        value = ct.c_double()
        self.library.call("vmaf_score_at_index", self.context, self.models[model], ct.byref(value), index)
        return value.value

    def pooled(self, model: str, method: str) -> float:
        value = ct.c_double()
        self.library.call(
            "vmaf_score_pooled", self.context, self.models[model], POOLING[method], ct.byref(value),
            0, self.frames - 1,
        )  # fmt: skip
        return value.value

    def results(self) -> dict[str, list[float | None]]:
        """Every feature by published name, then every model by its own, a value a frame."""
        out: dict[str, list[float | None]] = {
            name: [self.feature_at(name, i) for i in range(self.frames)] for name in self.published_names()
        }
        for model in self.models:
            out[model] = [self.score_at(model, i) for i in range(self.frames)]
            for method in POOLING:
                out[f"{model} {method}"] = [self.pooled(model, method)]
        return out


def score(
    library: Library, refs: Sequence[Frame], dists: Sequence[Frame], *, chroma: str = "420", bpc: int = 8,
    models: Sequence[str | Path] = (), features: Iterable[Feature] = (), n_threads: int = 0,
    n_subsample: int = 1, cpumask: int = SCALAR, model_flags: int = 0,
) -> dict[str, list[float | None]]:  # fmt: skip
    """Score frames in one context and return all that it published."""
    assert chroma in CHROMA
    with Run(
        library, models=models, features=features, n_threads=n_threads, n_subsample=n_subsample, cpumask=cpumask,
        model_flags=model_flags,
    ) as run:  # fmt: skip
        run.feed(refs, dists, chroma, bpc)
        return run.results()


def differences(want: Mapping[str, Sequence[float | None]], got: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Where two results differ as doubles; NaN equals NaN."""
    out = []
    for name, values in want.items():
        for i, a in enumerate(values):
            b = got[name][i] if name in got and i < len(got[name]) else None
            if a != b and not (a is not None and b is not None and a != a and b != b):
                out.append(f"{name}[{i}]: want {a!r}, got {b!r}")
    return out
