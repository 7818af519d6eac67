# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Full-reference video quality (VMAF), measured exactly and fast."""
