# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Model files as the twin needs them: which features, with which options, into which regression."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from .._paths import SHARE
from ..smooth.constants import float32
from .adm import AdmOptions
from .motion import MotionOptions

Options = TypeVar("Options", bound="AdmOptions | MotionOptions | VifOptions")


@dataclass(frozen=True)
class VifOptions:
    """Options of the integer VIF extractor, named as it names them."""

    vif_enhn_gain_limit: float = 100.0
    vif_skip_scale0: bool = False


# Short forms of option names, in published feature names.
_ALIAS = {
    "adm_csf_diag_scale": "scfd", "adm_csf_mode": "csf", "adm_csf_scale": "scf",
    "adm_dlm_weight": "dlmw", "adm_enhn_gain_limit": "egl", "adm_min_val": "min",
    "adm_noise_weight": "nw", "adm_norm_view_dist": "nvd", "adm_ref_display_height": "rdh",
    "adm_skip_scale0": "ssz", "motion_blend_factor": "mbf", "motion_blend_offset": "mbo",
    "motion_five_frame_window": "mffw", "motion_force_zero": "force_0",
    "motion_fps_weight": "mfw", "motion_max_val": "mmxv", "motion_moving_average": "mma",
    "vif_enhn_gain_limit": "egl", "vif_skip_scale0": "ssclz",
}  # fmt: skip

_RANGE = {
    "adm_csf_scale": (0, 50), "adm_csf_diag_scale": (0, 50), "adm_dlm_weight": (0, 1),
    "adm_enhn_gain_limit": (1, 100), "adm_norm_view_dist": (0.75, 24),
    "adm_ref_display_height": (1, 4320), "adm_csf_mode": (0, 3), "adm_noise_weight": (0, 1500),
    "adm_min_val": (0, 1), "motion_blend_factor": (0, 1), "motion_blend_offset": (0, 1000),
    "motion_fps_weight": (0, 5), "motion_max_val": (0, 10000), "vif_enhn_gain_limit": (1, 100),
}  # fmt: skip

VALUES = {
    "adm": ("adm2", "aim", "adm3", "adm_scale0", "adm_scale1", "adm_scale2", "adm_scale3"),
    "motion": ("motion_sad", "motion2", "motion3"),
    "vif": ("vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"),
}
_MAKE: dict[str, Callable[..., Any]] = {
    "adm": AdmOptions, "motion": MotionOptions, "vif": VifOptions,
}  # fmt: skip
_EXTRACTOR = {value: extractor for extractor, values in VALUES.items() for value in values}


@dataclass(frozen=True)
class Feature:
    """One input of a model."""

    name: str  # as logs publish it
    value: str  # the part of it that names a quantity, e.g. "adm2"
    options: AdmOptions | MotionOptions | VifOptions

    @property
    def extractor(self) -> str:
        return _EXTRACTOR[self.value]


def checked(make: Callable[..., Options], given: Mapping[str, Any]) -> Options:
    """Options from their names, types and ranges checked.

    Raises:
        ValueError: names the option, its value and what is allowed.
    """
    fields = {field.name: field.default for field in dataclasses.fields(make())}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise ValueError(f"option {name!r} is unknown; allowed: {', '.join(fields)}")
        kind: type = type(fields[name])
        if kind is bool:
            value = {"true": True, "false": False}.get(value, value)
            if not isinstance(value, bool):
                raise ValueError(f"option {name} is {value!r}; allowed: true, false")
        else:
            low, high = _RANGE[name]
            try:
                # The engine keeps six digits of the binary32 value.
                value = kind(float(f"{float32(float(value)):g}"))
            except (TypeError, ValueError):
                raise ValueError(f"option {name} is {value!r}, not a number") from None
            if not low <= value <= high:
                raise ValueError(f"option {name} is {value:g}; allowed: {low:g} to {high:g}")
        values[name] = value
    return make(**values)


def _published(value: str, options: Any) -> str:
    suffix = ""
    for name in sorted(_ALIAS):
        chosen = getattr(options, name, None)
        if chosen is None or chosen == getattr(type(options)(), name):
            continue
        suffix += f"_{_ALIAS[name]}" + ("" if isinstance(chosen, bool) else f"_{chosen:g}")
    return f"integer_{value}{suffix}"


def feature(stored: str, given: Mapping[str, Any], source: str) -> Feature:
    """A model file's feature name and options.

    Raises:
        ValueError: the twin does not compute this feature.
    """
    match = re.fullmatch(r"VMAF_integer_feature_(\w+)_score|integer_(\w+)", stored)
    value = (match[1] or match[2]) if match else ""
    if value not in _EXTRACTOR:
        known = ", ".join(f"integer_{name}" for name in sorted(_EXTRACTOR))
        raise ValueError(
            f"{source}: feature {stored} is not in pyvmaf.torch, which has {known}; use a model of the v0.6.1 family"
        )
    try:
        options = checked(_MAKE[_EXTRACTOR[value]], given)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return Feature(_published(value, options), value, options)


_FOLDER = SHARE / "model"


def _read(model: str | os.PathLike[str]) -> tuple[Path, dict[str, Any]]:
    path = Path(model)
    if path.suffix != ".json":
        path = _FOLDER / f"{model}.json"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in _FOLDER.glob("vmaf_*.json")))
            raise ValueError(f"model {str(model)!r} is unknown; built in: {known}; or a .json path")
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not a JSON model file: {error}") from None
    if "0" in content:
        raise ValueError(f"{path}: a collection of models; pyvmaf.torch takes a single model")
    if not isinstance(content.get("model_dict"), dict):
        raise ValueError(f"{path}: no model_dict in this file")
    return path, content["model_dict"]


class Regression(torch.nn.Module):
    """From features to the score: normalisation, support vectors, transform, clip.

    Always in binary64: it is a few thousand operations a frame, and the slopes
    of the models would cost binary32 two digits.
    """

    support: Tensor
    weight: Tensor
    slope: Tensor
    intercept: Tensor

    def __init__(self, model: str | os.PathLike[str], *, clip: bool = False, transform: bool = False) -> None:
        super().__init__()
        self.path, content = _read(model)
        self.name = self.path.stem
        names = content.get("feature_names") or []
        options = content.get("feature_opts_dicts") or [{}] * len(names)
        self.inputs = [feature(n, o, self.name) for n, o in zip(names, options, strict=True)]
        if not self.inputs:
            raise ValueError(f"{self.name}: no feature_names in this model")
        self.gamma, self.rho, coefficients, vectors = _support(content, self.name)
        self.scaled = content.get("norm_type") == "linear_rescale"
        count = len(self.inputs) + 1
        slopes = content["slopes"] if self.scaled else [1.0] * count
        intercepts = content["intercepts"] if self.scaled else [0.0] * count
        if len(slopes) != count or len(intercepts) != count:
            raise ValueError(f"{self.name}: {len(slopes)} slopes for {count - 1} features")
        self.range: list[float] | None = content.get("score_clip")
        self.clip, self.transform = clip and self.range is not None, transform
        curve = content.get("score_transform") or {}
        self.curve = curve if curve.get("enabled") or transform else {}
        if self.curve.get("knots"):
            raise ValueError(f"{self.name}: score_transform with knots is not in pyvmaf.torch")
        tables = {"support": vectors, "weight": coefficients, "slope": slopes, "intercept": intercepts}
        for key, table in tables.items():
            tensor = torch.tensor(table, dtype=torch.float64)
            self.register_buffer(key, tensor, persistent=False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Regression:
        """Follow a module to its device, never to its dtype."""
        kept = dict(self._buffers)
        super()._apply(fn, recurse)
        for key, moved in self._buffers.items():
            table = kept[key]
            if moved is not None and table is not None and moved.dtype != table.dtype:
                self._buffers[key] = table.to(moved.device)
        return self

    def forward(self, features: Tensor) -> Tensor:
        """Scores [...] of features [..., count]."""
        x = features.double() * self.slope[1:] + self.intercept[1:]
        distance = (x.unsqueeze(-2) - self.support).square().sum(-1)
        y = (torch.exp(-self.gamma * distance) * self.weight).sum(-1) - self.rho
        y = (y - self.intercept[0]) / self.slope[0]
        if self.curve:
            y = self._transformed(y)
        if self.clip and self.range is not None:
            y = y.clamp(self.range[0], self.range[1])
        return y

    def _transformed(self, y: Tensor) -> Tensor:
        given = [self.curve.get(key) for key in ("p0", "p1", "p2")]
        powers = (torch.ones_like(y), y, y * y)
        terms = [power * c for power, c in zip(powers, given, strict=True) if c is not None]
        result = torch.stack(terms).sum(0) if terms else y
        if self.curve.get("out_lte_in") in ("true", True):
            result = torch.minimum(result, y)
        if self.curve.get("out_gte_in") in ("true", True):
            result = torch.maximum(result, y)
        return result


def _support(content: dict[str, Any], source: str) -> tuple[float, float, list[float], list[list[float]]]:
    """Gamma, rho, coefficients and dense vectors of the LIBSVM text in a model file."""
    text = content.get("model")
    if not isinstance(text, str) or "\nSV\n" not in text:
        raise ValueError(f"{source}: no support vector text in this model")
    head, body = text.split("\nSV\n", 1)
    fields = dict(line.split(" ", 1) for line in head.splitlines())
    if fields.get("svm_type") != "nu_svr" or fields.get("kernel_type") != "rbf":
        raise ValueError(f"{source}: only nu_svr with an rbf kernel is in pyvmaf.torch")
    width = len(content["feature_names"])
    coefficients, vectors = [], []
    for line in body.splitlines():
        if not line.strip():
            continue
        coefficient, *pairs = line.split()
        vector = [0.0] * width
        for pair in pairs:
            index, value = pair.split(":")
            vector[int(index) - 1] = float(value)
        coefficients.append(float(coefficient))
        vectors.append(vector)
    if len(vectors) != int(fields["total_sv"]):
        raise ValueError(f"{source}: {len(vectors)} support vectors of {fields['total_sv']}")
    return float(fields["gamma"]), float(fields["rho"]), coefficients, vectors
