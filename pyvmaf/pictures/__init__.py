# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Arrays, tensors and decoded frames as the engine's pictures."""
