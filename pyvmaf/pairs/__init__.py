# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Do two files belong together, and frame to frame how? Facts, alignment and a verdict."""

from .facts import Facts
from .probe import facts_of, header_facts

__all__ = ["Facts", "facts_of", "header_facts"]
