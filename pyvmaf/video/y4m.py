# SPDX-License-Identifier: BSD-2-Clause-Patent
"""YUV4MPEG2: a text header, then each frame after a FRAME line."""

from __future__ import annotations

import re

from ..told import warn
from .base import MAX_SIDE, Frame, VideoError, VideoFormat, check_range
from .file import LINE_LIMIT, ByteFile, Source
from .guard import Guard
from .reader import FileVideo

MAGIC = b"YUV4MPEG2"
MARKER = b"FRAME\n"

# Tag C: chroma, depth, whether an alpha plane follows.
COLOUR_SPACES: dict[str, tuple[str, int, bool]] = {
    "420": ("420", 8, False),
    "420jpeg": ("420", 8, False),
    "420mpeg2": ("420", 8, False),
    "420paldv": ("420", 8, False),
    "422": ("422", 8, False),
    "444": ("444", 8, False),
    "444alpha": ("444", 8, True),
    "mono": ("400", 8, False),
    **{f"{c}p{b}": (c, b, False) for c in ("420", "422", "444") for b in (9, 10, 12, 14, 16)},
    **{f"mono{b}": ("400", b, False) for b in (9, 10, 12, 14, 16)},
}


def split_tags(line: bytes, path: str) -> dict[str, str]:
    """Values of the header's tags by letter; comments (X) are dropped."""
    if line.endswith(b"\r"):
        raise VideoError(path, "the header ends in CR LF; write the file in binary mode")
    magic, _, rest = line.partition(b" ")
    if magic != MAGIC:
        raise VideoError(path, f"starts with {magic[:16]!r}; a y4m file starts with {MAGIC.decode()}")
    tags: dict[str, str] = {}
    for word in rest.decode("latin-1").split(" "):
        if not word or word[0] == "X":
            continue
        if word[0] in tags:
            raise VideoError(path, f"tag {word[0]} is given twice: {tags[word[0]]!r} and {word[1:]!r}")
        tags[word[0]] = word[1:]
    return tags


def colour_of(header: bytes) -> dict[str, str]:
    """The range, which FFmpeg tells in a comment."""
    found = re.search(rb" XCOLORRANGE=(FULL|LIMITED)\b", header)
    return {"range": found[1].decode().lower()} if found else {}


def side(tags: dict[str, str], tag: str, path: str) -> int:
    """The width (W) or height (H) of a header."""
    name = {"W": "width", "H": "height"}[tag]
    text = tags.get(tag)
    if text is None:
        raise VideoError(path, f"the header has no {name} (tag {tag})")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise VideoError(path, f"{name} {tag}{text[:40]} is not an integer from 1 to {MAX_SIDE}")
    return int(text)


def ratio(tags: dict[str, str], tag: str, path: str) -> float | None:
    """A rate or an aspect; None where 0 says that it is unknown, or where the tag is missing."""
    if tag not in tags:
        return None
    match = re.fullmatch(r"([0-9]+):([0-9]+)", tags[tag])
    if not match:
        raise VideoError(path, f"tag {tag}{tags[tag]} is not two integers as in {tag}30:1")
    above, below = int(match[1]), int(match[2])
    return above / below if above and below else None


def interlacing(tags: dict[str, str], path: str) -> None:
    """Refuse fields; warn where the header does not say."""
    kind = tags.get("I", "?")[:1]
    if kind == "?":
        warn(f"{path}: interlacing is not stated; taken as progressive")
    elif kind != "p":
        raise VideoError(path, f"interlaced video (tag I{tags['I']}); deinterlace it first")


def parse_header(line: bytes, path: str) -> tuple[VideoFormat, bool, float | None]:
    """The format, whether each frame carries an alpha plane, and frames per second."""
    tags = split_tags(line, path)
    width, height = side(tags, "W", path), side(tags, "H", path)
    if "F" not in tags:
        raise VideoError(path, "the header has no frame rate (tag F, as in F30:1)")
    rate = ratio(tags, "F", path)
    ratio(tags, "A", path)
    interlacing(tags, path)
    space = tags.get("C", "420")
    if space not in COLOUR_SPACES:
        known = ", ".join(COLOUR_SPACES)
        raise VideoError(path, f"chroma C{space} is not supported; convert it to one of {known}")
    chroma, bpc, alpha = COLOUR_SPACES[space]
    try:
        return VideoFormat(width, height, chroma, bpc), alpha, rate
    except ValueError as error:
        raise VideoError(path, f"in the header, {error}") from None


class Y4mVideo(FileVideo):
    """A strict reader: what the header says must hold for every frame."""

    def __init__(self, source: Source | ByteFile) -> None:
        self._file = source if isinstance(source, ByteFile) else ByteFile(source)
        try:
            start = self._file.take(len(MAGIC))
            if not start:
                raise VideoError(self._file.path, "the file is empty")
            if start != MAGIC:
                raise VideoError(
                    self._file.path,
                    f"starts with {start!r}; a y4m file starts with {MAGIC.decode()}",
                )
            header = self._file.rest_of_line(start, "the header")
            format, self._alpha, rate = parse_header(header, self._file.path)
            super().__init__(self._file.path, format, Guard(self._file.path, self._file.close))
            self.frame_rate = rate
            self.sample_aspect = ratio(split_tags(header, self.path), "A", self.path)
            self.colour = colour_of(header)
            self._check_size()
        except BaseException:
            self._file.close()
            raise

    @property
    def _frame_bytes(self) -> int:
        extra = self.format.width * self.format.height if self._alpha else 0
        return self.format.frame_bytes() + extra

    def _check_size(self) -> None:
        if self._file.size is None:
            return
        left = self._file.size - self._file.tell()
        need = len(MARKER) + self._frame_bytes
        if 0 < left < need:
            raise VideoError(
                self.path,
                f"the header says {self.format}, {self._frame_bytes} bytes a frame, but only "
                f"{left} bytes follow it; the file was cut short or the header is wrong",
            )
        self.frame_count = left // need

    def _jump(self, index: int) -> int:
        """By arithmetic where frames' headers are bare, which those at the place and on the way tell."""
        stride = len(MARKER) + self._frame_bytes
        if self._file.size is None or stride <= LINE_LIMIT:  # one header could be as long as a frame
            return 0
        here = 0
        for place in sorted({index - 1, index, *(index >> k for k in range(1, index.bit_length() + 1))}):
            self._file.move((place - here) * stride)
            marker = self._file.take(len(MARKER))
            self._file.move(-len(marker))
            here = place
            if marker != MARKER:
                self._file.move(-here * stride)
                return 0
        return index

    def _pass(self, index: int) -> bool:
        if not self._next_marker(index):
            return False
        left = (self._file.size or 0) - self._file.tell()
        if left >= self._frame_bytes:  # a file, and of the length that it had as it was opened
            self._file.move(self._frame_bytes)
        elif self._file.frame(self._frame_bytes, index) is None:
            raise VideoError(self.path, "truncated: the file ends after FRAME", index)
        return True

    def _frame(self, index: int) -> Frame | None:
        if not self._next_marker(index):
            return None
        buffer = self._file.frame(self._frame_bytes, index)
        if buffer is None:
            raise VideoError(self.path, "truncated: the file ends after FRAME", index)
        picture = buffer[: self.format.frame_bytes()]
        return check_range(self, self.format.planes(picture), index)

    def _next_marker(self, index: int) -> bool:
        """Step over a FRAME line; False at the end of the file."""
        start = self._file.take(len(MARKER))
        if start == MARKER:
            return True
        if not start:
            self._file.check_end(index)
            return False
        if start == b"FRAME ":
            self._file.rest_of_line(start, "the frame's header", index)
            return True
        if MARKER.startswith(start):
            raise VideoError(self.path, f"truncated: the file ends inside {start!r}", index)
        raise VideoError(
            self.path,
            f"{start!r} where FRAME should be; the data do not fit the header's {self.format}",
            index,
        )
