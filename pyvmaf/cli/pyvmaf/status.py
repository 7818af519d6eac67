# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The exit statuses of the command, as its help lists them."""

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_STEPS = 4
EXIT_NOT_COMPARABLE = 5
