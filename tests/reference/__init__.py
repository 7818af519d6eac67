# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernels again in plain NumPy integers."""
