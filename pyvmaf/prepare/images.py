# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Numbered or globbed still images as one video, only where that is asked for by this name."""

from __future__ import annotations

import glob
import os
import re
from typing import Any

from ..parts.origin import files_digest
from ..video.base import VideoError
from ..video.decode import reason
from .decoded import DecodedVideo


class ImageSequence(DecodedVideo):
    """Images as the frames of one video. Everywhere else a name is a name, ``img%03d.png`` too.

    Args:
        pattern: with ``%d`` or ``%03d``: numbered from the lowest number there is, without gaps;
            otherwise a glob as the shell's, in the order of names.
        rate: frames per second, for what goes by a clock.

    Raises:
        VideoError: no file matches, or the images cannot be read.
    """

    def __init__(self, pattern: str | os.PathLike[str], rate: float = 25.0) -> None:
        self._pattern = os.fspath(pattern)
        self._rate = rate
        self._kind, self._start, self._names = find_images(self._pattern)
        super().__init__(self._names[0])
        self.digest = files_digest(self._names)

    def _open(self, av: Any, name: str) -> Any:
        options = {"pattern_type": self._kind, "framerate": repr(float(self._rate))}
        if self._kind == "sequence":
            options["start_number"] = str(self._start)
        try:
            # An absolute path is no protocol's.
            return av.open(os.path.abspath(self._pattern), format="image2", options=options)
        except self._errors as error:
            raise VideoError(self._pattern, f"not images that FFmpeg knows: {reason(error)}") from None

    def _describe(self) -> None:
        super()._describe()
        self.frame_count = len(self._names)


NUMBER = re.compile(r"%(0?[0-9]*)d")


def find_images(pattern: str) -> tuple[str, int, list[str]]:
    """How FFmpeg names the kind of a pattern, its first number, and the files that it means.

    Raises:
        VideoError: there are none, or numbers are left out.
    """
    numbered = NUMBER.search(os.path.basename(pattern))
    if not numbered:
        names = sorted(glob.glob(pattern))
        if not names:
            raise VideoError(pattern, "no file matches; a sequence is a glob, or numbered as in img%03d.png")
        return "glob", 0, names
    folder, base = os.path.split(pattern)
    before, after = base[: numbered.start()], base[numbered.end() :]
    shape = re.compile(re.escape(before) + "([0-9]+)" + re.escape(after))
    found = {}
    for name in os.listdir(folder or "."):
        match = shape.fullmatch(name)
        if match and (numbered[0] % int(match[1])) == match[1]:
            found[int(match[1])] = os.path.join(folder, name)
    if not found:
        raise VideoError(pattern, "no file matches")
    numbers = sorted(found)
    gap = next((n for n, m in zip(range(numbers[0], numbers[-1] + 1), numbers, strict=False) if n != m), None)
    if gap is not None:
        raise VideoError(pattern, f"number {gap} is missing between {numbers[0]} and {numbers[-1]}")
    return "sequence", numbers[0], [found[n] for n in numbers]
