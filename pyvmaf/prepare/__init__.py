# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two real files, made comparable by stated rules: docs/preparing.md.

`plan_preparation` says what is to be done, a `Preparation`; `prepared` does it, in
FFmpeg's filters; nothing here scales or converts a sample itself.
"""

from __future__ import annotations

from .cambi import cambi_overloads
from .decoded import DecodedVideo
from .errors import HdrError, PrepareError
from .facts import facts_of_video
from .grain import grain_warnings
from .hdr import check_hdr
from .images import ImageSequence
from .origin import file_digest, provenance
from .pair import Prepared, decoder_for, prepare_videos, prepared
from .plan import plan_preparation
from .preparation import Preparation, Side, Step
from .prepared import PreparedVideo
from .settings import Prepare, Settings

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
    "file_digest",
    "grain_warnings",
    "plan_preparation",
    "prepare_videos",
    "prepared",
    "provenance",
]
