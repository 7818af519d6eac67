# SPDX-License-Identifier: BSD-2-Clause-Patent
"""``python -m pyvmaf`` is the command `pyvmaf`."""

import sys

from _pyvmaf_commands import pyvmaf

if __name__ == "__main__":
    sys.exit(pyvmaf())
