# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a decoder may begin anew: by the bitstream and its standard, whatever the container says.

A restart is a packet after which every picture that is shown later than its own
is decoded without anything from before it.
"""

from __future__ import annotations

from collections.abc import Iterator

# Codecs whose decoders tell by the bitstream that a picture is a key picture, which resets them.
BY_DECODER = (
    "libdav1d", "av1", "libaom-av1", "theora",
    "ffv1", "mjpeg", "prores", "dnxhd", "huffyuv", "ffvhuff", "utvideo",
    "rawvideo", "v210", "jpeg2000", "jpegls", "png", "dvvideo", "cfhd",
)  # fmt: skip


class Restarts:
    """For codecs of which the decoder itself will tell; see `BY_DECODER`."""

    #: Whether the two fields of a frame may come in packets of their own, so that packets do not count frames.
    splits_fields = False
    #: Whether pictures that lack others, before a restart in the order of showing, are damage to the decoder.
    misses = False

    def begins(self, data: bytes) -> bool:
        """Whether a packet that the container marks as a key picture is a restart."""
        return True

    def hides(self, data: bytes) -> bool:
        """Whether a packet holds no picture that is shown."""
        return False

    def ends(self, data: bytes) -> bool:
        """Whether a sequence ends with a packet, and the next begins without what was before."""
        return False

    def lacks(self, data: bytes) -> bool:
        """Whether a packet lacks what is before its restart, so that nothing is shown of it behind such an end."""
        return False

    def parameters(self, data: bytes) -> tuple[bytes, ...]:
        """What a packet sets for those after it, beyond the next restart even."""
        return ()


class Vp9(Restarts):
    """VP9 (bitstream specification 6.2): a key frame resets all; hidden frames come with a shown one, or alone."""

    def hides(self, data: bytes) -> bool:
        if data[-1] & 0xE0 == 0xC0:  # a superframe; its last frame is shown
            return False
        bits = data[0] << 8 | data[1] if len(data) > 1 else data[0] << 8
        at = 11 if bits >> 12 & 3 == 3 else 12  # profile 3 has a reserved bit
        shows_existing, shown = bits >> (at - 1) & 1, bits >> (at - 3) & 1
        return not shows_existing and not shown


class Mpeg2(Restarts):
    """MPEG-1 and MPEG-2: an intra picture behind a sequence header, which resets the quantisers."""

    @staticmethod
    def _type(data: bytes) -> int:
        """Of the picture: 1 is intra, 2 and 3 are predicted, and no other has a frame."""
        picture = data.find(b"\0\0\1\0")
        return data[picture + 5] >> 3 & 7 if 0 <= picture < len(data) - 5 else 0

    def begins(self, data: bytes) -> bool:
        return data.startswith(b"\0\0\1\xb3") and self._type(data) == 1

    def hides(self, data: bytes) -> bool:
        return self._type(data) not in (1, 2, 3)


class _Nals(Restarts):
    """Packets of NAL units, behind start codes or behind their lengths."""

    def __init__(self, length: int) -> None:
        self._length = length  # bytes of a length; 0: start codes

    def units(self, data: bytes) -> Iterator[bytes]:
        """Each unit, with its header."""
        at = 0
        if self._length:
            while at + self._length < len(data):
                start = at + self._length
                at = start + int.from_bytes(data[at:start], "big")
                yield data[start:at]
            return
        at = data.find(b"\0\0\1")
        while at >= 0:
            end = data.find(b"\0\0\1", at + 3)
            unit = data[at + 3 : end] if end >= 0 else data[at + 3 :]
            yield unit.rstrip(b"\0")
            at = end


class H264(_Nals):
    """ITU-T H.264: an IDR picture, or intra slices with a recovery point that is exact and at once (D.2.8)."""

    splits_fields = misses = True

    def begins(self, data: bytes) -> bool:
        promised = False
        slices = 0
        for unit in self.units(data):
            kind = unit[0] & 31 if unit else 0
            if kind == 5:
                return True
            if kind == 6:
                promised = promised or recovers_at_once(unit)
            elif kind == 1:
                if not promised or slice_type(unit) not in (2, 4, 7, 9):  # I and SI
                    return False
                slices += 1
            elif 2 <= kind <= 4:
                return False  # data partitions
        return slices > 0

    def hides(self, data: bytes) -> bool:
        return not any(unit and unit[0] & 31 in (1, 2, 5) for unit in self.units(data))

    def parameters(self, data: bytes) -> tuple[bytes, ...]:
        return tuple(unit for unit in self.units(data) if unit and unit[0] & 31 in (7, 8, 13, 15))


class Hevc(_Nals):
    """ITU-T H.265: an IRAP picture (7.4.2.2); what it lacks after a restart is shown before it."""

    def _kinds(self, data: bytes) -> list[int]:
        return [unit[0] >> 1 & 63 for unit in self.units(data) if unit]

    def begins(self, data: bytes) -> bool:
        slices = [kind for kind in self._kinds(data) if kind < 32]
        return bool(slices) and all(16 <= kind <= 21 for kind in slices)

    def hides(self, data: bytes) -> bool:
        return all(kind >= 32 for kind in self._kinds(data))

    def ends(self, data: bytes) -> bool:
        return not {36, 37}.isdisjoint(self._kinds(data))

    def lacks(self, data: bytes) -> bool:
        return not {8, 9}.isdisjoint(self._kinds(data))  # skipped leading pictures (RASL)

    def parameters(self, data: bytes) -> tuple[bytes, ...]:
        return tuple(unit for unit in self.units(data) if unit and unit[0] >> 1 & 63 in (32, 33, 34))


class Bits:
    """Bits of a NAL unit's payload, most significant first; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        data = data.replace(b"\0\0\3", b"\0\0")  # emulation prevention
        self._bits = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """The next `count` bits."""
        self._left -= count
        shifted = self._bits >> self._left if self._left >= 0 else self._bits << -self._left
        return shifted & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb code (9.1)."""
        zeros = 0
        while self._left > 0 and not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def slice_type(unit: bytes) -> int:
    """Of an H.264 slice."""
    bits = Bits(unit[1:40])
    bits.golomb()  # first_mb_in_slice
    return bits.golomb()


def recovers_at_once(unit: bytes) -> bool:
    """Whether an H.264 SEI unit has a recovery point with recovery_frame_cnt 0 and exact_match_flag 1.

    >>> recovers_at_once(b"\\x06\\x06\\x01\\xc4\\x80"), recovers_at_once(b"\\x06\\x06\\x01\\x24\\x80")
    (True, False)
    """
    data = unit.replace(b"\0\0\3", b"\0\0")
    at = 1
    while at + 2 < len(data):
        numbers = []
        for _ in ("payloadType", "payloadSize"):
            value = 0
            while at < len(data) and data[at] == 255:
                value, at = value + 255, at + 1
            if at >= len(data):
                return False
            numbers.append(value + data[at])
            at += 1
        kind, size = numbers
        if kind == 6:
            bits = Bits(data[at : at + size])
            return bits.golomb() == 0 and bits.read(1) == 1
        at += size
    return False


def restarts_of(codec: str, extradata: bytes | None) -> Restarts | None:
    """The rules of a decoder's codec; None where none are known, so that decoding begins at the start."""
    extra = extradata or b""
    if codec == "h264":
        return H264((extra[4] & 3) + 1 if len(extra) > 6 and extra[0] == 1 else 0)
    if codec == "hevc":
        in_boxes = len(extra) > 22 and (extra[0] or extra[1] or extra[2] > 1)
        return Hevc((extra[21] & 3) + 1 if in_boxes else 0)
    if codec in ("mpeg1video", "mpeg2video"):
        return Mpeg2()
    if codec in ("vp9", "libvpx-vp9"):
        return Vp9()
    return Restarts() if codec in BY_DECODER else None
