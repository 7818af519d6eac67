# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two real files, made comparable by stated rules: docs/preparing.md.

`plan_preparation` says what is to be done, a `Preparation`; `prepared` does it, in
FFmpeg's filters; nothing here scales or converts a sample itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cambi import cambi_overloads
    from .decoded import DecodedVideo
    from .errors import HdrError, PrepareError
    from .facts import facts_of_video
    from .grain import grain_warnings
    from .hdr import check_hdr
    from .images import ImageSequence
    from .pair import Prepared, decoder_for, prepare_videos, prepared
    from .plan import plan_preparation
    from .preparation import Preparation, Side, Step
    from .settings import Prepare, Settings
    from .video import PreparedVideo

__all__ = [
    "DecodedVideo",
    "HdrError",
    "ImageSequence",
    "Preparation",
    "Prepare",
    "PrepareError",
    "Prepared",
    "PreparedVideo",
    "Settings",
    "Side",
    "Step",
    "cambi_overloads",
    "check_hdr",
    "decoder_for",
    "facts_of_video",
    "grain_warnings",
    "plan_preparation",
    "prepare_videos",
    "prepared",
]

#: Where each name is. Modules are imported when they are asked for: most runs prepare nothing.
_LATER = {
    "cambi_overloads": "cambi",
    "DecodedVideo": "decoded",
    "HdrError": "errors",
    "PrepareError": "errors",
    "facts_of_video": "facts",
    "grain_warnings": "grain",
    "check_hdr": "hdr",
    "ImageSequence": "images",
    "Prepared": "pair",
    "decoder_for": "pair",
    "prepare_videos": "pair",
    "prepared": "pair",
    "plan_preparation": "plan",
    "Preparation": "preparation",
    "Side": "preparation",
    "Step": "preparation",
    "PreparedVideo": "video",
    "Prepare": "settings",
    "Settings": "settings",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
