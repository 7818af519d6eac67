# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What to score, as a value, and how it is carried out."""
