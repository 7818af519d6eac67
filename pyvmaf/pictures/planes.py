# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whatever holds the samples of a picture in memory, as planes in NumPy arrays.

One place for all ways in: frames of PyAV and VapourSynth, arrays and tensors
(anything that NumPy or DLPack can look at), memory that is laid out as one of
FFmpeg's pixel formats. Nothing is converted; RGB is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..enums import PixelFormat, pixel_format
from ..errors import VmafTypeError, VmafValueError
from .frames import Layout, gather, layout_of, planes_of

Array = npt.NDArray[Any]

#: Devices of DLPack whose memory the CPU reads: its own, pinned by CUDA or ROCm, managed by CUDA.
_READABLE = (1, 3, 11, 13)
_DEVICES = {2: "a CUDA device", 8: "a Metal device", 10: "a ROCm device", 14: "a oneAPI device"}


@dataclass(frozen=True)
class Planes:
    """Samples of a picture.

    Attributes:
        arrays: (y, u, v) or (y,).
        pix_fmt: what was told, or what the source says; None: what the shapes say.
        bpc: likewise; None: what the samples say.
        fixed: nothing will change them.
    """

    arrays: Sequence[Any]
    pix_fmt: PixelFormat | None
    bpc: int | None
    fixed: bool = False


def planes_in(source: Any, pix_fmt: object, bpc: int | None) -> Planes:
    """The planes of whatever holds a picture.

    Args:
        source: see above.
        pix_fmt: what the caller says that it is: a :class:`PixelFormat`, or a pixel format of FFmpeg by
            its name, as which the memory is then laid out; None: nothing.
        bpc: what the caller says of its depth.

    Raises:
        VmafTypeError: it is no picture, or its samples are out of reach.
        VmafValueError: it is another one than the caller says, or in a format that is not read.
    """
    if isinstance(source, (str, bytes)):
        raise VmafTypeError(f"a picture cannot be made of {type(source).__name__}; files are for pyvmaf.score()")
    told, layout = _told(pix_fmt)
    if layout and bpc not in (None, layout.bpc):
        raise VmafValueError(f"bpc={bpc} was given, but {pix_fmt} has {layout.bpc} bits")
    depth = layout.bpc if layout else bpc
    found = _of_a_frame(source)
    if found:
        check_told(found.bpc, found.pix_fmt, depth, told)
        return found
    fixed = is_fixed(source)
    if layout and not layout.is_ours:
        return Planes(_laid_out(layout, source, str(pix_fmt)), told, depth, fixed or bool(layout.shift))
    return Planes(split(source, told), told, depth, fixed)


def _told(pix_fmt: object) -> tuple[PixelFormat | None, Layout | None]:
    """A pixel format, and the layout in memory where it is named as FFmpeg does."""
    if pix_fmt is None:
        return None, None
    try:
        return pixel_format(pix_fmt), None
    except VmafValueError:
        if not isinstance(pix_fmt, str):
            raise
        layout = layout_of(pix_fmt)
        return _format_of(layout), layout


def _format_of(layout: Layout) -> PixelFormat:
    return PixelFormat[f"YUV{layout.chroma}P"]


def check_told(bpc: int | None, pix_fmt: PixelFormat | None, told_bpc: int | None, told: PixelFormat | None) -> None:
    """Raise when a picture that says what it is, is something else than the caller says."""
    if told_bpc is not None and told_bpc != bpc:
        raise VmafValueError(f"bpc={told_bpc} was given, but the picture has {bpc} bits")
    if told is not None and pix_fmt is not None and told is not pix_fmt:
        raise VmafValueError(f"pix_fmt={told.name} was given, but the picture is {pix_fmt.name}")


# Frames, which say what they are.


def _of_a_frame(source: Any) -> Planes | None:
    """The planes of an object that says what it is; None: it does not."""
    format = getattr(source, "format", None)
    if hasattr(format, "name") and hasattr(source, "planes"):
        return _of_pyav(source)
    if hasattr(format, "color_family") and hasattr(source, "get_read_ptr"):
        return _of_vapoursynth(source)
    if hasattr(source, "pts_seconds") and hasattr(source, "data"):
        raise VmafTypeError(
            f"a {type(source).__name__} of torchcodec holds RGB, and VMAF is defined on the YUV of the file; "
            "give the file to pyvmaf.score(), or frames of PyAV"
        )
    return None


def _of_pyav(frame: Any) -> Planes:
    try:
        layout, arrays = planes_of(frame)
    except VmafValueError as error:
        raise VmafValueError(f'{error}; convert it, for instance with frame.reformat(format="yuv420p")') from None
    return Planes(arrays, _format_of(layout), layout.bpc, fixed=True)


def _of_vapoursynth(frame: Any) -> Planes:
    """A VapourSynth ``VideoFrame``; its planes are read-only memory that lasts as long as they do."""
    format = frame.format
    chroma = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}.get((format.subsampling_w, format.subsampling_h))
    family = getattr(format.color_family, "name", str(format.color_family)).upper()
    bits = format.bits_per_sample
    if family == "GRAY":
        chroma = "400"
    if family not in ("YUV", "GRAY") or chroma is None or int(format.sample_type) or not 8 <= bits <= 16:
        raise VmafValueError(
            f"VapourSynth's format {format.name} is not YUV 4:2:0, 4:2:2, 4:4:4 or grey of 8 to 16 bits; "
            "convert the clip, for instance with clip.resize.Bicubic(format=vapoursynth.YUV420P8)"
        )
    if getattr(frame, "gpu_resident", False):
        raise VmafTypeError("the frame's samples are on a GPU; have them on the CPU first")
    arrays = [np.asarray(frame[plane]) for plane in range(format.num_planes)]
    return Planes(arrays, PixelFormat[f"YUV{chroma}P"], bits, fixed=True)


# Arrays and tensors.


def is_fixed(source: Any) -> bool:
    """Whether arrays cannot be written to. What is no array may change in ways that NumPy does not see."""
    arrays = source if isinstance(source, Sequence) else (source,)
    return all(isinstance(array, np.ndarray) and not array.flags.writeable for array in arrays)


def as_array(what: str, source: Any) -> Array:
    """An array over the memory of `source`, which is copied only where nothing else is possible.

    Raises:
        VmafTypeError: it is no array, or in memory that the CPU does not read.
    """
    if isinstance(source, np.ndarray):
        return source
    try:
        if not hasattr(source, "__dlpack_device__"):
            return np.asarray(source)
        kind = int(source.__dlpack_device__()[0])
        if kind in _READABLE:
            return np.from_dlpack(source)
    except (TypeError, ValueError, RuntimeError, BufferError, NotImplementedError) as error:
        raise VmafTypeError(f"{what} is no array of numbers: {error}") from error
    raise VmafTypeError(
        f"{what} is on {_DEVICES.get(kind, f'a device of kind {kind}')}, and the engine reads memory of the CPU: "
        "copy it there first, as by tensor.cpu(); pyvmaf.torch computes on the device"
    )


def split(source: Any, told: PixelFormat | None) -> Sequence[Any]:
    """The planes of a sequence of one or three, of a 2-D array, or of an array of shape (3, h, w)."""
    if isinstance(source, Sequence):
        planes: Sequence[Any] = source
    else:
        array = as_array("a picture", source)
        planes = _unpacked(array, told) if array.ndim == 2 else tuple(array) if array.ndim == 3 else ()
        if not planes:
            raise VmafTypeError(
                f"a picture must be a VmafPicture, (y, u, v) arrays, a 2-D array or an av.VideoFrame, "
                f"not {type(source).__name__} of shape {array.shape}"
            )
    if len(planes) not in (1, 3):
        raise VmafValueError(
            f"{len(planes)} planes were given, must be 1 (y) or 3 (y, u, v); interleaved RGB is not YUV"
        )
    return planes


# Rows of an array that holds all planes, for so many rows of luma.
_PACKED = {PixelFormat.YUV420P: (3, 2), PixelFormat.YUV422P: (2, 1), PixelFormat.YUV444P: (3, 1)}


def _unpacked(array: Array, told: PixelFormat | None) -> tuple[Array, ...]:
    """The planes that lie one after the other in a 2-D array; views where it is contiguous."""
    if told is None:
        raise VmafValueError(
            f'an array of shape {array.shape} may be grey, or hold all planes: say pix_fmt="gray" or pix_fmt="yuv420p"'
        )
    if told is PixelFormat.YUV400P:
        return (array,)
    height, width = _luma_in(array, told)
    sx, sy = told.shift
    return _cut(array, [(height, width), *[(height >> sy, width >> sx)] * 2])


def _luma_in(array: Array, told: PixelFormat) -> tuple[int, int]:
    """(height, width) of luma in an array that holds all planes."""
    rows, width = array.shape
    whole, luma = _PACKED[told]
    height = rows * luma // whole
    sx, sy = told.shift
    if height * whole != rows * luma or height >> sy << sy != height or width >> sx << sx != width:
        raise VmafValueError(f"an array of shape {array.shape} does not hold the planes of an even {told.name} picture")
    return height, width


def _cut(array: Array, sizes: Sequence[tuple[int, int]]) -> tuple[Array, ...]:
    flat = np.ascontiguousarray(array).reshape(-1)
    ends = np.cumsum([h * w for h, w in sizes])
    return tuple(flat[end - h * w : end].reshape(h, w) for end, (h, w) in zip(ends, sizes, strict=True))


def _laid_out(layout: Layout, source: Any, name: str) -> Sequence[Array]:
    """The planes of memory that is laid out as FFmpeg's pixel format `name`.

    One array for each plane of the memory, with two samples side by side in the last of three
    dimensions or in a row twice as long; or one array that holds all, as (3/2 height, width)
    does NV12.
    """
    given = source if isinstance(source, Sequence) else [source]
    memory = [_rows_of(name, as_array(f"memory of {name}", one), layout) for one in given]
    count = 1 + max(plane for plane, _, _ in layout.places)
    fmt = _format_of(layout)
    (_, _, step), (_, _, chroma_step), *_ = layout.places * 2  # grey has one place
    sx, sy = fmt.shift
    if len(memory) == 1 and count > 1:
        height, width = _luma_in(memory[0], fmt)
        memory = list(_cut(memory[0], [(height, width), *[(height >> sy, (width >> sx) * chroma_step)] * (count - 1)]))
    if len(memory) != count:
        raise VmafValueError(f"{name} lies in {count} planes or in one array, but {len(memory)} arrays were given")
    height, width = memory[0].shape[0], memory[0].shape[1] // step
    chroma = (height + sy >> sy, (width + sx >> sx) * chroma_step)
    expected = [(height, width * step if count > 1 else max(width * step, chroma[1])), *[chroma] * (count - 1)]
    if [array.shape for array in memory] != expected:
        shapes = ", ".join(str(array.shape) for array in memory)
        raise VmafValueError(f"arrays of shapes {shapes} do not fit {name}")
    return gather(layout, memory, width, height)


def _rows_of(name: str, array: Array, layout: Layout) -> Array:
    """The array in two dimensions, when its samples are those of the layout."""
    if array.dtype != np.dtype(layout.dtype):
        raise VmafTypeError(f"samples are of type {array.dtype}, but those of {name} are {np.dtype(layout.dtype)}")
    if array.ndim == 3:
        array = array.reshape(array.shape[0], -1)
    if array.ndim != 2:
        raise VmafValueError(f"an array of shape {array.shape} holds no plane of {name}")
    return array
