# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What tests share: clips, runs of the engine, kernels by name, guarded memory."""
