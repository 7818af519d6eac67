# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C engine under the tensors of exact mode."""
from __future__ import annotations
def engine_columns(*a): raise NotImplementedError
def engine_scores(*a): raise NotImplementedError
