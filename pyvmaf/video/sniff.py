# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Does a file name its own format? Told by its first bytes, never by its name.

Only what raw video cannot look like by accident counts: samples of a picture
may be anything, so each signature has at least four bytes, or recurs.
"""

from __future__ import annotations

import re

#: So many bytes are enough for every signature.
START = 600

SIGNATURES = [
    rb"YUV4MPEG2",
    rb"\x1aE\xdf\xa3",  # Matroska, WebM
    rb".{4}(?:ftyp|moov|mdat|wide|free|skip|pnot|styp)",  # MP4, MOV, AVIF
    rb"RIFF.{4}(?:AVI |WEBP|AVIX)|RIFX.{4}AVI ",
    rb"OggS\0", rb"FLV\x01", rb"DKIF\0\0", rb"nut/multimedia container\0",
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    rb"\x06\x0e\x2b\x34\x02\x05\x01",  # MXF
    rb"\.RMF\0\0", rb"GXF\0", rb"\0\0\0\0\x01\xbc",
    rb"(?:@T.{184}){2}@T", rb".{4}(?:@T.{188}){2}@T",  # MPEG-TS, M2TS
    rb"\0\0\x01\xba[\x20-\x7f]", rb"\0\0\x01\xb3.{8}",  # MPEG program and elementary streams
    rb"\0\0\0?\x01(?:[\x27\x47\x67]|\x09[\x10\x30\x50\x70\x90\xb0\xd0\xf0]|\x40\x01|\x42\x01|\x46\x01)",  # H.26x
    rb"\x12\0\x0a[\x0a-\x20]",  # AV1
    rb"\x89PNG\r\n", rb"GIF8[79]a", rb"\xff\xd8\xff[\xc0-\xfe]..", rb"II\*\0.{4}", rb"MM\0\*.{4}", rb"BBCD\0",
]  # fmt: skip
# The header of a packet of MPEG-TS: the sync byte, no error, a payload or more.
PACKET = rb"G[\0-\x5f].[\x10-\x3f]"
KNOWN = re.compile(b"|".join(b"(?:%b)" % s for s in SIGNATURES).replace(b"@T", PACKET), re.DOTALL)


def names_itself(start: bytes) -> bool:
    r"""Whether a file that starts so says what it is.

    >>> names_itself(b"\0\0\0\x20ftypisom"), names_itself(bytes(600)), names_itself(b"\x10" * 600)
    (True, False, False)
    """
    return KNOWN.match(start) is not None
