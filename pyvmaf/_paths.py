# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where the parts of the package that are not Python lie."""

from __future__ import annotations

import sys
from pathlib import Path

#: `include`, `lib` and `model`, put there by the build.
SHARE = Path(__file__).resolve().parent / "share"


def get_include() -> str:
    """The folder to compile C against: ``#include <libvmaf/libvmaf.h>``.

    >>> (Path(get_include()) / "libvmaf" / "libvmaf.h").is_file()
    True
    """
    return str(SHARE / "include")


def get_library() -> str:
    """The shared library to link C to; ``libvmaf.so`` and a pkg-config file lie beside it.

    >>> Path(get_library()).is_file()
    True
    """
    return str(SHARE / "lib" / ("libvmaf.3.dylib" if sys.platform == "darwin" else "libvmaf.so.3"))
