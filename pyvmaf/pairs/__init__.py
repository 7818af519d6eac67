# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Do two files belong together, and frame to frame how? Facts, alignment and a verdict."""

from .align import align
from .alignment import Alignment, Event, Segment
from .facts import Facts
from .inspection import inspect
from .probe import facts_of, header_facts
from .signature import Signatures, sign
from .verdict import Finding, Inspection

__all__ = [
    "Alignment",
    "Event",
    "Facts",
    "Finding",
    "Inspection",
    "Segment",
    "Signatures",
    "align",
    "facts_of",
    "header_facts",
    "inspect",
    "sign",
]
