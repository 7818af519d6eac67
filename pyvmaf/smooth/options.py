# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Options of the extractors that have a differentiable form; names, defaults and ranges are those of the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .._ffi import call, ffi, lib, new_dictionary
from ..engine.extractor import Option, OptionValue, extractors
from .constants import Sensitivity, float32, sensitivities

#: The quantities of each extractor, in the order in which they are published.
VALUES = {
    "cambi": ("cambi",),
    "adm": ("adm2", "aim", "adm3", "adm_scale0", "adm_scale1", "adm_scale2", "adm_scale3"),
    "motion": ("motion_sad", "motion2", "motion3"),
    "speed_chroma": ("speed_chroma_u", "speed_chroma_v", "speed_chroma_uv"),
    "vif": ("vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"),
}


class Options:
    """Values of all options of an extractor, each an attribute; equal where all of them are.

    Args:
        given: values by name; the others are the engine's defaults.

    Raises:
        ValueError: names the option, its value and what is allowed.
    """

    extractor: ClassVar[str]

    def __init__(self, given: Mapping[str, Any] | None = None, **more: Any) -> None:
        rows = _table(self.extractor)
        self.values: dict[str, OptionValue] = {name: row.default for name, row in rows.items()}
        self.values |= {name: _checked(rows, name, value) for name, value in {**(given or {}), **more}.items()}
        for name, value in self.values.items():
            setattr(self, name, value)
        #: Those that differ from their defaults.
        self.given = {name: value for name, value in self.values.items() if value != rows[name].default}
        #: The same as JSON.
        self.text = json.dumps(self.given)
        self._hash = hash((self.extractor, *self.values.values()))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The value of an option."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values == self.values

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[Options], tuple[dict[str, OptionValue]]]:
        """Made again where it is unpickled: hashes of text differ between processes."""
        return type(self), (self.given,)


class AdmOptions(Options):
    """Those of the integer ADM extractor."""

    extractor = "adm"

    def __init__(self, given: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(given, **more)
        viewing = self.adm_csf_mode, self.adm_norm_view_dist, self.adm_ref_display_height
        #: Of the four scales.
        self.sensitivities: tuple[Sensitivity, ...] = sensitivities(
            *viewing, self.adm_csf_scale, self.adm_csf_diag_scale
        )


class MotionOptions(Options):
    """Those of the integer motion extractor."""

    extractor = "motion"

    @property
    def distance(self) -> int:
        """How many frames back the earlier frame lies."""
        return 2 if self.motion_five_frame_window else 1


class VifOptions(Options):
    """Those of the integer VIF extractor."""

    extractor = "vif"


class SpeedOptions(Options):
    """Those of the speed_chroma extractor."""

    extractor = "speed_chroma"

    def __init__(self, given: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(given, **more)
        methods = ("nearest", "bilinear", "bicubic", "lanczos4")
        if self.speed_prescale_method not in methods:
            raise ValueError(
                f"option speed_prescale_method is {self.speed_prescale_method!r}; allowed: {', '.join(methods)}"
            )
        if not lib.speed_plan_valid_kernelscale(self.speed_kernelscale):
            raise ValueError(f"option speed_kernelscale is {self.speed_kernelscale:g}; allowed: 1/2, 2/3, 1, 3/2, 2, 3")


class CambiOptions(Options):
    """Those of the CAMBI extractor."""

    extractor = "cambi"


_KINDS: dict[str, type[Options]] = {
    kind.extractor: kind for kind in (AdmOptions, CambiOptions, MotionOptions, SpeedOptions, VifOptions)
}
#: The extractor of each quantity.
EXTRACTOR = {value: extractor for extractor, values in VALUES.items() for value in values}


def quantity(stored: str) -> str:
    """What the name under which an extractor stores a score says that it is; "" of no name of these extractors.

    >>> quantity("VMAF_integer_feature_adm2_score"), quantity("Cambi_feature_cambi_score"), quantity("psnr_y")
    ('adm2', 'cambi', '')
    """
    match = re.fullmatch(r"(?:VMAF_integer|Cambi|Speed_chroma)_feature_(\w+)_score|integer_(\w+)", stored)
    value = (match[1] or match[2]) if match else ""
    return value if value in EXTRACTOR else ""


_tables: dict[str, dict[str, Option]] = {}


def _table(extractor: str) -> dict[str, Option]:
    if not _tables:
        _tables.update({e.name: {o.name: o for o in e.options} for e in extractors() if e.name in VALUES})
    return _tables[extractor]


def _checked(rows: Mapping[str, Option], name: str, value: Any) -> OptionValue:
    """A value of the type and in the range of the option's row."""
    if name not in rows:
        raise ValueError(f"option {name!r} is unknown; allowed: {', '.join(rows)}")
    row = rows[name]
    if row.type is bool:
        value = {"true": True, "false": False}.get(value, value)
        if not isinstance(value, bool):
            raise ValueError(f"option {name} is {value!r}; allowed: true, false")
        return value
    if row.type is str:
        return str(value)
    try:
        # The engine keeps six digits of the binary32 value.
        number = float(f"{float32(float(value)):g}")
    except (TypeError, ValueError):
        raise ValueError(f"option {name} is {value!r}, not a number") from None
    if not row.lowest <= number <= row.highest:
        raise ValueError(f"option {name} is {number:g}; allowed: {row.lowest:g} to {row.highest:g}")
    return int(number) if row.type is int else number


def options(value: str, given: Mapping[str, Any]) -> Options:
    """The options of the extractor of a quantity.

    Raises:
        ValueError: names the option, its value and what is allowed.
    """
    return _KINDS[EXTRACTOR[value]](given)


def published(value: str, chosen: Options) -> str:
    """The name under which the engine publishes a quantity with these options."""
    known = {name for e in extractors() if e.name == chosen.extractor for name in e.features}
    (stored,) = (name for name in known if quantity(name) == value)
    buffer = ffi.new("char[256]")
    dictionary = new_dictionary(chosen.given)
    try:
        call.pyvmaf_feature_published(buffer, len(buffer), stored, dictionary[0])
    finally:
        lib.vmaf_feature_dictionary_free(dictionary)
    return str(call.pyvmaf_feature_alias(buffer))
