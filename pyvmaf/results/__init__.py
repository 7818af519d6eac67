# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What was found: columns, pooled numbers, and the forms they are written in."""
