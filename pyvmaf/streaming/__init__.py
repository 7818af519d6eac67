# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames pushed as they come, for one encode or several."""
