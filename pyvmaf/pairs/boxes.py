# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What PyAV does not tell of a container: edit lists and cropping, read from the file's own structure.

MP4 and QuickTime (ISO/IEC 14496-12) are trees of boxes, Matroska (RFC 9559) one of
EBML elements (RFC 8794). Only the few that matter are looked at; whatever is
not understood says nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, NamedTuple

from .facts import NO_EDGES, Edges


class Extras(NamedTuple):
    """What the container says of one track: edits as (duration, first time), -1 for a gap; edges to crop."""

    edits: tuple[tuple[int, int], ...] = ()
    crop: Edges = NO_EDGES


def extras_of(path: str, container: str, stream: int) -> Extras:
    """Edit list and cropping of track number `stream` of a local file; nothing where there are none."""
    with suppress(OSError, ValueError, struct.error, IndexError, OverflowError), open(path, "rb") as file:
        end = file.seek(0, 2)
        if "mp4" in container:
            return _of_mp4(file, end, stream)
        if "matroska" in container:
            return _of_matroska(file, end, stream)
    return Extras()


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the content, end) of the boxes in a range of the file."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        stop = end if size == 0 else start + size
        if stop <= start:
            return
        yield kind, start + head, min(stop, end)
        start = stop


def _inside(file: IO[bytes], start: int, end: int, *path: bytes) -> tuple[int, int] | None:
    """The content of the first box at a path of types below a range."""
    for kind, a, b in _boxes(file, start, end):
        if kind == path[0]:
            return (a, b) if len(path) == 1 else _inside(file, a, b, *path[1:])
    return None


def _of_mp4(file: IO[bytes], end: int, stream: int) -> Extras:
    moov = _inside(file, 0, end, b"moov")
    if moov is None:
        return Extras()
    tracks = [(a, b) for kind, a, b in _boxes(file, *moov) if kind == b"trak"]
    track = tracks[stream]
    edits = _inside(file, *track, b"edts", b"elst")
    return Extras(_edits(file, *edits) if edits else (), _clap(file, *track))


def _edits(file: IO[bytes], start: int, end: int) -> tuple[tuple[int, int], ...]:
    file.seek(start)
    data = file.read(min(end - start, 1 << 16))
    count = struct.unpack_from(">I", data, 4)[0]
    entry = struct.Struct(">QqI" if data[0] else ">IiI")
    return tuple(entry.unpack_from(data, 8 + i * entry.size)[:2] for i in range(min(count, 1000)))


def _clap(file: IO[bytes], start: int, end: int) -> Edges:
    """Cropping by the clean aperture: its size, and how far its middle lies from the picture's."""
    found = _inside(file, start, end, b"mdia", b"minf", b"stbl", b"stsd")
    if found is None:
        return NO_EDGES
    for _, a, b in _boxes(file, found[0] + 8, found[1]):
        file.seek(a + 24)
        width, height = struct.unpack(">HH", file.read(4))
        clap = _inside(file, a + 78, b, b"clap")  # boxes follow the fields of a visual sample entry
        if clap is None:
            return NO_EDGES
        file.seek(clap[0])
        n = struct.unpack(">8i", file.read(32))
        wide, high, right, down = (n[i] / n[i + 1] if n[i + 1] else 0.0 for i in (0, 2, 4, 6))
        left = round((width - wide) / 2 + right)
        top = round((height - high) / 2 + down)
        edges = (left, top, round(width - wide) - left, round(height - high) - top)
        return edges if min(edges) >= 0 and 0 < wide <= width and 0 < high <= height else NO_EDGES
    return NO_EDGES


SEGMENT, TRACKS, TRACK, VIDEO, CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675
CROP = (0x54CC, 0x54BB, 0x54DD, 0x54AA)  # left, top, right, bottom


def _number(file: IO[bytes], marked: bool) -> int:
    """A number of variable length, with or without its length marker."""
    first = file.read(1)[0]
    length = 9 - first.bit_length()
    value = first if marked else first & ((1 << (8 - length)) - 1)
    return int.from_bytes(bytes([value]) + file.read(length - 1), "big")


def _elements(file: IO[bytes], start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(id, start of the content, end) of the elements in a range of the file."""
    while start + 2 <= end:
        file.seek(start)
        kind, size = _number(file, True), _number(file, False)
        begin = file.tell()
        open_ended = kind == SEGMENT and size >= (1 << 56) - 1
        start = end if open_ended else begin + size
        yield kind, begin, min(start, end)


def _of_matroska(file: IO[bytes], end: int, stream: int) -> Extras:
    ranges = [(0, end)]
    for wanted in (SEGMENT, TRACKS):
        found: list[tuple[int, int]] = []
        for kind, a, b in _elements(file, *ranges[0]):
            if kind == wanted:
                found = [(a, b)]
            if found or kind == CLUSTER:
                break
        if not found:
            return Extras()
        ranges = found
    tracks = [(a, b) for kind, a, b in _elements(file, *ranges[0]) if kind == TRACK]
    crop = [0, 0, 0, 0]
    for kind, a, b in _elements(file, *tracks[stream]):
        if kind != VIDEO:
            continue
        for what, begin, stop in _elements(file, a, b):
            if what in CROP:
                file.seek(begin)
                crop[CROP.index(what)] = int.from_bytes(file.read(min(stop - begin, 8)), "big")
    return Extras((), (crop[0], crop[1], crop[2], crop[3]))
