# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Features as the text that an operator takes: quantities and options, without names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

from ..smooth.models import Feature
from ..smooth.options import options


def written(features: Sequence[Feature]) -> str:
    """These features as text."""
    return "[" + ", ".join([f'["{f.value}", {f.options.text}]' for f in features]) + "]"


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Feature, ...]:
    """The features of a text."""
    return tuple(Feature(value, value, options(value, given)) for value, given in json.loads(text))
