# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The commands `vmaf` and `pyvmaf`: they parse, call the package and print."""
