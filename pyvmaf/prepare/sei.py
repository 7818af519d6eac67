# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Film grain in H.264: a message before the first picture (ITU-T H.264, D.1.21), read without decoding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

SEI, GRAIN = 6, 19


def asks_for_grain(path: str, stream: int) -> bool:
    """Whether the first packet of an H.264 stream of a file has film grain characteristics."""
    import av

    from ..pairs.probe import open_container  # most runs inspect nothing

    with suppress(av.error.FFmpegError), open_container(path) as container:
        mine = next(s for s in container.streams.video if s.index == stream)
        packet = next(container.demux(mine))
        units = nal_units(bytes(packet), bytes(mine.codec_context.extradata or b""))
        return any(GRAIN in payload_types(unit) for unit in units if unit[:1] and unit[0] & 31 == SEI)
    return False


def nal_units(data: bytes, extradata: bytes) -> Iterator[bytes]:
    """What a packet holds: units behind their lengths, as in MP4, or behind start codes.

    >>> list(nal_units(bytes([0, 0, 1, 6, 5, 0, 0, 1, 7]), b""))
    [b'\\x06\\x05', b'\\x07']
    >>> list(nal_units(bytes([0, 0, 0, 2, 6, 5, 0, 0, 0, 1, 7]), bytes([1, 0, 0, 0, 255])))
    [b'\\x06\\x05', b'\\x07']
    """
    if extradata[:1] != b"\x01":
        yield from data.split(b"\x00\x00\x01")[1:]
        return
    length, at = (extradata[4] & 3) + 1, 0
    while at + length <= len(data):
        size = int.from_bytes(data[at : at + length], "big")
        yield data[at + length : at + length + size]
        at += length + size


def payload_types(unit: bytes) -> Iterator[int]:
    """Of the messages of an SEI unit.

    >>> list(payload_types(bytes([6, 5, 2, 9, 9, 19, 1, 0, 0x80])))
    [5, 19]
    """
    data = unit[1:].rstrip(b"\x00").replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 1 < len(data):  # the last byte ends the unit
        kind, at = _number(data, at)
        size, at = _number(data, at)
        yield kind
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends: each byte 255 says that there is more."""
    first = at
    while data[at : at + 1] == b"\xff":
        at += 1
    return 255 * (at - first) + (data[at] if at < len(data) else 0), at + 1
