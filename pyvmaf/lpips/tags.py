# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Does what a file says of its colours fit how `lpips` is told to read them?"""

from __future__ import annotations

from collections.abc import Mapping

from .convert import Colour

#: What the default coefficients stand for.
MEANT = {"compat": "bt709"}


def contradictions(options: Mapping[str, object], tags: Mapping[str, str]) -> list[str]:
    """What to change, for each tag that says otherwise.

    >>> contradictions({}, {"matrix": "bt709", "range": "full"})
    ['the video is tagged range=full, but lpips reads it with range=limited']
    """
    found = []
    for name in ("matrix", "range"):
        used = str(options.get(name, getattr(Colour(), name)))
        if name in tags and tags[name] != MEANT.get(used, used):
            found.append(f"the video is tagged {name}={tags[name]}, but lpips reads it with {name}={used}")
    return found
