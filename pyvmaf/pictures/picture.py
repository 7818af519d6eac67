# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pictures: planes in the engine's memory, or in arrays that it borrows.

A :class:`VmafPicture` holds one counted reference. Planes are shown as NumPy
arrays without a copy, and each array keeps the memory alive as long as it lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._ffi import CData, Pinned, call, ffi, lend, lib, take_back, unsigned
from ..enums import PixelFormat, pixel_format
from ..errors import VmafError, VmafTypeError, VmafValueError
from .planes import Array, as_array, check_told, planes_in


class _Plane:
    """What a view is made of: an address, and the picture that owns it."""

    def __init__(self, owner: CData, plane: int, readonly: bool, shape: tuple[int, int] | None = None) -> None:
        self.owner = owner
        size = 2 if owner.bpc > 8 else 1
        self.__array_interface__ = {
            "version": 3,
            "data": (int(ffi.cast("uintptr_t", owner.data[plane])), readonly),
            "typestr": f"|u{size}" if size == 1 else np.dtype(np.uint16).str,
            "shape": shape or (owner.h[plane], owner.w[plane]),
            "strides": (owner.stride[plane], size),
        }


class VmafPicture(Pinned):
    """A planar picture of 8 to 16 bits a sample.

    Args:
        pix_fmt: a :class:`PixelFormat`, its number or name.
        bpc: bits per component, 8 to 16; above 8, samples are uint16 with the value in the low bits.
        w: width of luma in samples.
        h: height of luma in rows.

    Raises:
        VmafValueError: a format, depth or size that is not allowed.
        VmafMemoryError: no memory.

    >>> picture = VmafPicture("yuv420p", 10, 101, 51)
    >>> [p.shape for p in picture.planes], picture.planes[0].dtype
    ([(51, 101), (25, 50), (25, 50)], dtype('uint16'))
    >>> picture.planes[0][:] = 512
    >>> int(picture.planes[0].max())
    512
    """

    __slots__ = ("__weakref__", "_c", "_from_pool", "_readonly")

    def __init__(self, pix_fmt: PixelFormat | int | str, bpc: int, w: int, h: int) -> None:
        made = ffi.new("VmafPicture *")
        call.vmaf_picture_alloc(
            made,
            int(pixel_format(pix_fmt)),
            unsigned("bpc", bpc),
            unsigned("w", w),
            unsigned("h", h),
        )
        self._adopt(ffi.gc(made, lib.drop_picture))

    def _adopt(self, c: CData, *, readonly: bool = False, from_pool: bool = False) -> None:
        self._c: CData | None = c
        self._readonly = readonly
        self._from_pool = from_pool

    @classmethod
    def _of(cls, c: CData, *, readonly: bool = False, from_pool: bool = False) -> VmafPicture:
        """A picture around an owned reference."""
        self = cls.__new__(cls)
        self._adopt(c, readonly=readonly, from_pool=from_pool)
        return self

    @classmethod
    def _lent(cls, c: CData) -> VmafPicture:
        """A read-only picture around one more reference to an engine's picture."""
        return cls._of(reference(c), readonly=True)

    @classmethod
    def from_planes(
        cls,
        planes: Sequence[Any] | Array,
        pix_fmt: PixelFormat | int | str | None = None,
        bpc: int | None = None,
        *,
        copy: bool = False,
    ) -> VmafPicture:
        """A picture of (y, u, v) arrays, (y,), or one 2-D array whose `pix_fmt` is told.

        An array is borrowed when it has two dimensions, native uint8 or uint16
        samples that lie side by side in a row, and rows at a positive distance;
        slices of wider or higher arrays qualify. Any other layout is copied.
        A borrowed array must not change while a context may still look at it.

        Args:
            planes: arrays of shape (height, width), uint8 or uint16. One 2-D array is luma
                with ``pix_fmt="gray"``; with ``"yuv420p"`` it holds all planes, one after the
                other, in shape (3/2 height, width), as ``frame.to_ndarray()`` and OpenCV's
                I420 do; with ``"yuv422p"`` in (2 height, width).
            pix_fmt: None: what the shapes say. FFmpeg's names say how memory is laid out: "nv12" and
                "p010" are an array of luma and one of (u, v) pairs, or one array that holds both,
                of shape (3/2 height, width).
            bpc: bits per component; needed for uint16, 8 for uint8; some names say it.
            copy: copy every plane.

        Raises:
            VmafValueError: shapes that fit no format, or a depth that is missing or wrong.
            VmafTypeError: samples that are not uint8 or uint16.

        >>> import numpy as np
        >>> y, c = np.zeros((51, 101), np.uint8), np.zeros((26, 51), np.uint8)
        >>> VmafPicture.from_planes((y, c, c))
        VmafPicture(YUV420P, bpc=8, w=101, h=51)
        """
        told = planes_in(planes, pix_fmt, bpc)
        arrays = [_as_plane(name, p) for name, p in zip("yuv", told.arrays, strict=False)]
        fmt = _format_of(arrays, told.pix_fmt)
        depth = _depth_of(arrays, told.bpc)
        height, width = arrays[0].shape
        sx, sy = fmt.shift
        # The engine rounds chroma down; extractors that want the rest find it in the memory.
        edge = arrays[-1].shape == (height + sy >> sy, width + sx >> sx) != (height >> sy, width >> sx)
        if not edge:
            arrays[1:] = [p[: height >> sy, : width >> sx] for p in arrays[1:]]
        made = _wrap(fmt, depth, [_borrowable(p, copy) for p in arrays])
        if edge and fmt.planes == 3:
            call.pyvmaf_picture_set_edge(made)
        return cls._of(made)

    @classmethod
    def from_frame(cls, frame: Any) -> VmafPicture:
        """A picture of a PyAV ``av.VideoFrame``, whose memory it borrows where samples lie as ours do.

        YUV 4:2:0, 4:2:2, 4:4:4 and gray of 8 to 16 bits, planar or as in NV12, P010
        and YUYV, in either byte order; for any other format,
        ``frame.reformat(format="yuv420p")`` first.
        """
        found = planes_in(frame, None, None)
        return cls.from_planes(found.arrays, found.pix_fmt, found.bpc)

    @property
    def _open(self) -> CData:
        if self._c is None:
            raise VmafValueError("picture is closed, or was handed over to a context")
        return self._c

    @property
    def pix_fmt(self) -> PixelFormat:
        """The pixel format."""
        return PixelFormat(self._open.pix_fmt)

    @property
    def bpc(self) -> int:
        """Bits per component."""
        return int(self._open.bpc)

    @property
    def width(self) -> int:
        """Of luma, in samples."""
        return int(self._open.w[0])

    @property
    def height(self) -> int:
        """Of luma, in rows."""
        return int(self._open.h[0])

    @property
    def planes(self) -> tuple[Array, ...]:
        """Views of (y, u, v), or (y,): no copy, uint8 or uint16, shape (height, width).

        They are writable, except in a picture that was lent to an extractor.
        Memory lives as long as a view of it does.
        """
        c = self._open
        return tuple(np.asarray(_Plane(c, i, self._readonly)) for i in range(self.pix_fmt.planes))

    @property
    def planes_rounded_up(self) -> tuple[Array, ...]:
        """As `planes`, but chroma of an odd size has the sample and the row that rounding down leaves out.

        Views where the memory holds them, which it does for arrays of such
        shapes and for files; otherwise copies that repeat the last ones.
        """
        c = self._open
        sx, sy = self.pix_fmt.shift
        up = (self.height + sy >> sy, self.width + sx >> sx)
        luma, *chroma = self.planes
        if chroma and up != chroma[0].shape:
            if lib.pyvmaf_picture_has_edge(c):
                chroma = [np.asarray(_Plane(c, i, self._readonly, up)) for i in (1, 2)]
            else:
                more = [(0, n - old) for n, old in zip(up, chroma[0].shape, strict=True)]
                chroma = [np.pad(plane, more, mode="edge") for plane in chroma]
        return luma, *chroma

    @property
    def closed(self) -> bool:
        """Whether the picture was closed or taken over."""
        return self._c is None

    def close(self) -> None:
        """Give up the reference; views stay valid. Twice is fine."""
        self._c = None

    def __repr__(self) -> str:
        if self._c is None:
            return "VmafPicture(closed)"
        return f"VmafPicture({self.pix_fmt.name}, bpc={self.bpc}, w={self.width}, h={self.height})"


def reference(c: CData) -> CData:
    """One more reference to a C picture, dropped with the returned object."""
    made = ffi.new("VmafPicture *")
    call.pyvmaf_picture_ref(made, c)
    return ffi.gc(made, lib.drop_picture)


def as_picture(
    side: str, source: Any, bpc: int | None, pix_fmt: PixelFormat | int | str | None, *, borrow: bool
) -> VmafPicture:
    """What `read_pictures` takes, as a picture; the first word of any complaint is `side`."""
    try:
        if isinstance(source, VmafPicture):
            check_told(source.bpc, source.pix_fmt, bpc, None if pix_fmt is None else pixel_format(pix_fmt))
            return source
        found = planes_in(source, pix_fmt, bpc)
        return VmafPicture.from_planes(found.arrays, found.pix_fmt, found.bpc, copy=not (borrow or found.fixed))
    except VmafError as error:
        error.args = (f"{side}: {error}",)
        raise


def _as_plane(name: str, source: Any) -> Array:
    array = as_array(f"plane {name}", source)
    if array.dtype.kind != "u" or array.dtype.itemsize > 2:
        raise VmafTypeError(f"plane {name} has samples of type {array.dtype}, must be uint8 or uint16")
    if array.ndim != 2:
        raise VmafValueError(f"plane {name} has shape {array.shape}, must be (height, width)")
    if name == "y" and not array.size:
        raise VmafValueError(f"plane y has shape {array.shape}, must have a row and a sample at least")
    return array


def _chroma_sizes(fmt: PixelFormat, width: int, height: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The (heights, widths) that chroma may have: rounded down, as the engine has it, or up."""
    sx, sy = fmt.shift
    return (height >> sy, height + sy >> sy), (width >> sx, width + sx >> sx)


def _format_of(arrays: list[Array], told: PixelFormat | None) -> PixelFormat:
    if len(arrays) == 1:
        if told in (None, PixelFormat.YUV400P):
            return PixelFormat.YUV400P
        raise VmafValueError(f"{told.name} needs 3 planes, 1 was given")
    (height, width), chroma = arrays[0].shape, arrays[1].shape
    shapes = ", ".join(str(p.shape) for p in arrays)
    for fmt in (PixelFormat.YUV420P, PixelFormat.YUV422P, PixelFormat.YUV444P) if told is None else (told,):
        heights, widths = _chroma_sizes(fmt, width, height)
        if fmt.planes == 3 and chroma == arrays[2].shape and chroma[0] in heights and chroma[1] in widths:
            return fmt
    name = "any pixel format" if told is None else told.name
    raise VmafValueError(f"planes (y, u, v) of shapes {shapes} do not fit {name}; shapes are (height, width)")


def _depth_of(arrays: list[Array], bpc: int | None) -> int:
    sizes = {p.dtype.itemsize for p in arrays}
    if len(sizes) > 1:
        raise VmafTypeError(f"planes have samples of types {', '.join(str(p.dtype) for p in arrays)}, must be one type")
    if sizes == {1}:
        if bpc not in (None, 8):
            raise VmafValueError(f"bpc is {bpc}, but samples are uint8: must be 8, or use uint16")
        return 8
    if bpc is None:
        raise VmafValueError("samples are uint16: say how many bits they have, for instance bpc=10")
    depth = unsigned("bpc", bpc)
    if not 9 <= depth <= 16:
        raise VmafValueError(f"bpc is {bpc}, but samples are uint16: must be 9 to 16, or use uint8")
    return depth


def _borrowable(plane: Array, copy: bool) -> Array:
    """The plane itself where the engine can read it, else a copy."""
    size, width = plane.itemsize, plane.shape[1]
    laid_out = (
        plane.dtype.isnative
        and plane.flags.aligned
        and (width <= 1 or plane.strides[1] == size)
        and (plane.strides[0] >= max(width, 1) * size and plane.strides[0] % size == 0)
    )
    if laid_out and not copy:
        return plane
    return np.array(plane, plane.dtype.newbyteorder("="), order="C")


def _wrap(fmt: PixelFormat, depth: int, planes: list[Array]) -> CData:
    """An engine's picture over arrays, which it keeps alive."""
    made = ffi.new("VmafPicture *")
    data, stride = ffi.new("void *[3]"), ffi.new("ptrdiff_t[3]")
    for i, plane in enumerate(planes):
        data[i] = ffi.cast("void *", plane.__array_interface__["data"][0])
        stride[i] = plane.strides[0]
    height, width = planes[0].shape
    cookie = lend(planes)
    try:
        call.pyvmaf_picture_wrap(made, int(fmt), depth, width, height, data, stride, lib.on_picture_release, cookie)
    except BaseException:
        take_back(cookie)
        raise
    return ffi.gc(made, lib.drop_picture)
