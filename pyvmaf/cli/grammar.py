# SPDX-License-Identifier: BSD-2-Clause-Patent
r"""What --model, --feature and --feature_params mean.

    model   := item (":" item)*      item := key "=" value | "disable_clip" | "enable_transform"
    feature := name ["=" key "=" value (":" key "=" value)*]
    params  := name ":" key "=" value (":" key "=" value)*

A colon that belongs to a value, as in a path, is written ``\:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class UsageError(ValueError):
    """Arguments that make no sense; the text is the reason."""


@dataclass
class ModelSpec:
    """One --model: a built-in version or a path, and changes to it."""

    version: str | None = None
    path: str | None = None
    name: str = "vmaf"
    disable_clip: bool = False
    enable_transform: bool = False
    # Extractor -> option -> value, for all of the model's features of that extractor.
    overloads: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages call the model."""
        return self.version or self.path or ""


@dataclass
class FeatureSpec:
    """One --feature: an extractor and its options as text."""

    name: str
    options: dict[str, str] = field(default_factory=dict)


def split_items(text: str) -> list[str]:
    r"""The parts between colons, escaped ones left alone.

    >>> split_items(r"path=C\:/m.json:name=a")
    ['path=C:/m.json', 'name=a']
    """
    return [item.replace(r"\:", ":") for item in re.split(r"(?<!\\):", text)]


def parse_model(text: str) -> ModelSpec:
    """
    >>> parse_model("version=vmaf_v0.6.1:name=a:adm.adm_enhn_gain_limit=1.0:disable_clip").overloads
    {'adm': {'adm_enhn_gain_limit': '1.0'}}
    """
    spec = ModelSpec()
    for item in split_items(text):
        key, equals, value = item.partition("=")
        if key in ("disable_clip", "enable_transform"):
            setattr(spec, key, not equals or value == "true")
        elif not key or not equals or not value:
            raise UsageError(f'Problem parsing model, bad option string "{item}".')
        elif key in ("version", "path", "name"):
            setattr(spec, key, value)
        elif "." in key:
            extractor, _, option = key.partition(".")
            spec.overloads.setdefault(extractor, {})[option] = value
        else:
            raise UsageError(
                f'Problem parsing model: "{key}" is none of version, path, name, '
                "disable_clip, enable_transform, EXTRACTOR.OPTION."
            )
    if not spec.label:
        raise UsageError(f'Problem parsing model: "{text}" gives neither version= nor path=.')
    return spec


def parse_options(name: str, items: list[str]) -> dict[str, str]:
    """``name=value`` pairs between colons."""
    options = {}
    for item in items:
        key, _, value = item.partition("=")
        if not key or not value:
            raise UsageError(f'Problem parsing feature "{name}", bad option string "{item}".')
        options[key] = value
    return options


def parse_feature(text: str) -> FeatureSpec:
    """
    >>> parse_feature("psnr=enable_mse=true:min_sse=0.5")
    FeatureSpec(name='psnr', options={'enable_mse': 'true', 'min_sse': '0.5'})
    """
    name, equals, rest = text.partition("=")
    if not name or ":" in name:
        raise UsageError(f'Problem parsing feature "{name}"; write NAME=OPTION=VALUE:OPTION=VALUE.')
    return FeatureSpec(name, parse_options(name, split_items(rest)) if equals else {})


def parse_feature_params(text: str) -> FeatureSpec:
    """
    >>> parse_feature_params("psnr:enable_mse=true")
    FeatureSpec(name='psnr', options={'enable_mse': 'true'})
    """
    name, _, rest = text.partition(":")
    if not name or "=" in name:
        raise UsageError(f'Problem parsing feature "{name}"; write NAME:OPTION=VALUE.')
    return FeatureSpec(name, parse_options(name, split_items(rest)))
