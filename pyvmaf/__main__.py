# SPDX-License-Identifier: BSD-2-Clause-Patent
"""``python -m pyvmaf`` is the command `pyvmaf`."""

import sys

from .cli.pyvmaf import main

if __name__ == "__main__":
    sys.exit(main())
