# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Many pairs: on executors, or as lines of a file."""
