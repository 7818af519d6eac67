# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Results of ranges: what is carried from one run to another, as a file, and put together."""
