# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The engine's enumerations. Wherever one is taken, its number or name does too."""

from __future__ import annotations

import enum

from ._ffi import enum_value, lib


class PixelFormat(enum.IntEnum):
    """Planes and their sizes. Chroma of odd sizes is rounded down."""

    YUV420P = lib.VMAF_PIX_FMT_YUV420P
    YUV422P = lib.VMAF_PIX_FMT_YUV422P
    YUV444P = lib.VMAF_PIX_FMT_YUV444P
    YUV400P = lib.VMAF_PIX_FMT_YUV400P

    @property
    def shift(self) -> tuple[int, int]:
        """By how many bits chroma is narrower and lower than luma.

        >>> PixelFormat.YUV422P.shift
        (1, 0)
        """
        return int(self is not PixelFormat.YUV444P), int(self is PixelFormat.YUV420P)

    @property
    def planes(self) -> int:
        """3, or 1 for luma alone."""
        return 1 if self is PixelFormat.YUV400P else 3


#: What else the formats are called.
PIXEL_FORMAT_NAMES = {
    "gray": PixelFormat.YUV400P,
    "grey": PixelFormat.YUV400P,
    "400": PixelFormat.YUV400P,
    "420": PixelFormat.YUV420P,
    "422": PixelFormat.YUV422P,
    "444": PixelFormat.YUV444P,
}


def pixel_format(value: object) -> PixelFormat:
    """A pixel format by itself, its number or a name.

    >>> pixel_format("gray").name, pixel_format("yuv420p").name, pixel_format(3).name
    ('YUV400P', 'YUV420P', 'YUV444P')
    """
    if isinstance(value, str) and value.lower() in PIXEL_FORMAT_NAMES:
        return PIXEL_FORMAT_NAMES[value.lower()]
    found: PixelFormat = enum_value(PixelFormat, "pixel format", value)
    return found


class PoolingMethod(enum.IntEnum):
    """How the frames of an interval become one number."""

    MIN = lib.VMAF_POOL_METHOD_MIN
    MAX = lib.VMAF_POOL_METHOD_MAX
    MEAN = lib.VMAF_POOL_METHOD_MEAN
    HARMONIC_MEAN = lib.VMAF_POOL_METHOD_HARMONIC_MEAN


class OutputFormat(enum.IntEnum):
    """How a log is written."""

    XML = lib.VMAF_OUTPUT_FORMAT_XML
    JSON = lib.VMAF_OUTPUT_FORMAT_JSON
    CSV = lib.VMAF_OUTPUT_FORMAT_CSV
    SUB = lib.VMAF_OUTPUT_FORMAT_SUB


class LogLevel(enum.IntEnum):
    """What the engine prints to stderr; one level for the whole process."""

    NONE = lib.VMAF_LOG_LEVEL_NONE
    ERROR = lib.VMAF_LOG_LEVEL_ERROR
    WARNING = lib.VMAF_LOG_LEVEL_WARNING
    INFO = lib.VMAF_LOG_LEVEL_INFO
    DEBUG = lib.VMAF_LOG_LEVEL_DEBUG


class ModelFlags(enum.IntFlag):
    """What to change about a model as it is loaded."""

    DEFAULT = lib.VMAF_MODEL_FLAGS_DEFAULT
    DISABLE_CLIP = lib.VMAF_MODEL_FLAG_DISABLE_CLIP
    ENABLE_TRANSFORM = lib.VMAF_MODEL_FLAG_ENABLE_TRANSFORM
    DISABLE_TRANSFORM = lib.VMAF_MODEL_FLAG_DISABLE_TRANSFORM
