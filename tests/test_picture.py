# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pictures: geometry, views, what is borrowed and what is copied, what is refused."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from support.common import noise

from pyvmaf import PixelFormat, VmafError, VmafPicture
from pyvmaf._ffi import _lent, ffi, lib

F420, F422, F444, F400 = (
    PixelFormat.YUV420P,
    PixelFormat.YUV422P,
    PixelFormat.YUV444P,
    PixelFormat.YUV400P,
)


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@pytest.mark.parametrize("bpc", [8, 9, 10, 12, 16])
@pytest.mark.parametrize(
    "fmt,chroma", [(F420, (25, 50)), (F422, (51, 50)), (F444, (51, 101)), (F400, None)], ids=lambda v: str(v)
)
def test_geometry(fmt: PixelFormat, chroma: tuple[int, int] | None, bpc: int) -> None:
    picture = VmafPicture(fmt, bpc, 101, 51)
    assert (picture.pix_fmt, picture.bpc, picture.width, picture.height) == (fmt, bpc, 101, 51)
    assert [p.shape for p in picture.planes] == [(51, 101)] + [chroma] * 2 * (chroma is not None)
    assert {p.dtype for p in picture.planes} == {np.dtype(np.uint8 if bpc == 8 else np.uint16)}
    assert all(not p.any() for p in picture.planes)
    assert picture.planes[0].strides[0] == 128 * (1 if bpc == 8 else 2)


def test_views_share_memory_and_keep_it() -> None:
    picture = VmafPicture("yuv420p", 8, 64, 48)
    first, second = picture.planes[0], picture.planes[0]
    first[:] = noise(1)
    assert (second == first).all() and address(first) == address(second)
    picture.close()
    del second
    gc.collect()
    assert (first == noise(1)).all()
    with pytest.raises(VmafError, match="closed"):
        _ = picture.planes
    picture.close()
    assert repr(picture) == "VmafPicture(closed)"


@pytest.mark.parametrize("what,bad", [("bpc", 7), ("bpc", 17), ("bpc", -1), ("w", -1), ("h", 2**31)])
def test_sizes_and_depths_that_are_refused(what: str, bad: int) -> None:
    arguments = {"pix_fmt": 1, "bpc": 8, "w": 16, "h": 16} | {what: bad}
    with pytest.raises(ValueError, match=str(bad)):
        VmafPicture(**arguments)


def test_too_much_memory_is_a_memory_error() -> None:
    with pytest.raises(MemoryError):
        VmafPicture("yuv444p", 16, 2**31 - 64, 2**31 - 64)


@pytest.mark.parametrize("bad", [0, 5, "yuv411p", None, 1.5])
def test_formats_that_are_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="pixel format"):
        VmafPicture(bad, 8, 16, 16)  # type: ignore[arg-type]


def test_arrays_are_borrowed_where_the_layout_allows() -> None:
    wide = noise(2, 50, 80)
    for plane in (noise(1), wide[1:49, 3:67], wide[::2, :64]):
        assert address(VmafPicture.from_planes(plane, pix_fmt="gray").planes[0]) == address(plane)
        assert address(VmafPicture.from_planes(plane, copy=True, pix_fmt="gray").planes[0]) != address(plane)


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: np.broadcast_to(a[:1], a.shape),
    ],
    ids=["rows backwards", "columns backwards", "columns first", "every second", "one row"],
)
def test_other_layouts_are_copied(make: object) -> None:
    plane = make(noise(1))  # type: ignore[operator]
    view = VmafPicture.from_planes(plane, pix_fmt="gray").planes[0]
    assert (view == plane).all() and address(view) != address(plane)


def test_byte_order_is_put_right() -> None:
    plane = noise(1).astype(">u2") * 4
    assert (VmafPicture.from_planes(plane, bpc=10, pix_fmt="gray").planes[0] == plane).all()


def test_unaligned_samples_are_copied() -> None:
    plane = np.frombuffer(b"\0" + noise(1).astype(np.uint16).tobytes(), np.uint16, offset=1).reshape(48, 64)
    assert (VmafPicture.from_planes(plane, bpc=16, pix_fmt="gray").planes[0] == noise(1)).all()


def test_the_borrowed_array_lives_as_long_as_a_view() -> None:
    plane = noise(1)
    watch = weakref.ref(plane)
    picture = VmafPicture.from_planes(plane, pix_fmt="gray")
    view = picture.planes[0]
    del plane, picture
    gc.collect()
    assert watch() is not None and (view == noise(1)).all()
    del view
    gc.collect()
    assert watch() is None


@pytest.mark.parametrize("shape,chroma,fmt", [
    ((51, 101), (25, 50), F420), ((51, 101), (26, 51), F420), ((51, 101), (25, 51), F420),
    ((51, 101), (51, 50), F422), ((51, 101), (51, 51), F422), ((51, 101), (51, 101), F444),
    ((48, 64), (24, 32), F420), ((48, 64), (48, 32), F422),
])  # fmt: skip
def test_the_format_follows_from_shapes(shape: tuple[int, int], chroma: tuple[int, int], fmt: PixelFormat) -> None:
    y, c = np.zeros(shape, np.uint8), np.arange(chroma[0] * chroma[1], dtype=np.uint8).reshape(chroma)
    picture = VmafPicture.from_planes((y, c, c))
    assert picture.pix_fmt is fmt
    height, width = picture.planes[1].shape
    assert (picture.planes[1] == c[:height, :width]).all()


def test_a_three_dimensional_array_is_planes() -> None:
    assert VmafPicture.from_planes(np.zeros((3, 8, 9), np.uint8)).pix_fmt is F444
    with pytest.raises(ValueError, match="interleaved"):
        VmafPicture.from_planes(np.zeros((8, 9, 3), np.uint8))


Y, C = np.zeros((48, 64), np.uint8), np.zeros((24, 32), np.uint8)


@pytest.mark.parametrize("planes,options,kind,message", [
    ((Y, C), {}, ValueError, "2 planes"),
    ((C, Y, Y), {}, ValueError, "do not fit any pixel format"),
    ((Y, C, Y), {}, ValueError, "do not fit any pixel format"),
    ((Y, C, C), {"pix_fmt": "yuv444p"}, ValueError, r"\(48, 64\), \(24, 32\), \(24, 32\) do not fit YUV444P"),
    ((Y, C, C), {"pix_fmt": "yuv400p"}, ValueError, "do not fit YUV400P"),
    ((Y,), {"pix_fmt": "yuv420p"}, ValueError, "YUV420P needs 3 planes"),
    (Y, {}, ValueError, r'shape \(48, 64\) may be grey.*pix_fmt="gray" or pix_fmt="yuv420p"'),
    (Y[:47], {"pix_fmt": "yuv420p"}, ValueError, r"\(47, 64\) does not hold the planes of an even YUV420P picture"),
    (Y[:, :63], {"pix_fmt": "yuv420p"}, ValueError, r"\(48, 63\) does not hold"),
    (Y[:45], {"pix_fmt": "yuv422p"}, ValueError, r"\(45, 64\) does not hold"),
    ((Y.astype(np.uint16),), {}, ValueError, "bpc=10"),
    ((Y.astype(np.uint16),), {"bpc": 8}, ValueError, "must be 9 to 16"),
    ((Y.astype(np.uint16),), {"bpc": 17}, ValueError, "must be 9 to 16"),
    ((Y,), {"bpc": 10}, ValueError, "samples are uint8"),
    ((Y.astype(np.float32),), {}, TypeError, "float32"),
    ((Y.astype(np.int16),), {}, TypeError, "int16"),
    ((Y.astype(bool),), {}, TypeError, "bool"),
    ((Y.astype(np.uint32),), {}, TypeError, "uint32"),
    ((Y, C, C.astype(np.uint16)), {}, TypeError, "one type"),
    ((Y[0], C, C), {}, ValueError, r"plane y has shape \(64,\)"),
    (Y[0], {}, TypeError, r"shape \(64,\)"),
    (([[1, 2], [3]],), {}, TypeError, "plane y"),
    ("clip.y4m", {}, TypeError, "str"),
    (None, {}, TypeError, "NoneType"),
    (3, {}, TypeError, "int"),
])  # fmt: skip
def test_planes_that_are_refused(planes: object, options: dict, kind: type, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(kind, match=message) as caught:
        VmafPicture.from_planes(planes, **options)  # type: ignore[arg-type]
    assert isinstance(caught.value, VmafError)


@pytest.mark.parametrize("name,fmt,bpc", [
    ("yuv420p", F420, 8), ("yuvj420p", F420, 8), ("yuv422p", F422, 8), ("yuv444p", F444, 8), ("gray", F400, 8),
    ("yuv420p10le", F420, 10), ("yuv422p12le", F422, 12), ("yuv444p16le", F444, 16), ("gray10le", F400, 10),
])  # fmt: skip
def test_frames_of_pyav(name: str, fmt: PixelFormat, bpc: int) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    frame = av.VideoFrame(70, 38, name)
    for i, plane in enumerate(frame.planes):
        plane.update(np.random.default_rng(i).integers(0, 128, plane.buffer_size, np.uint8))
    picture = VmafPicture.from_frame(frame)
    assert (picture.pix_fmt, picture.bpc, picture.width, picture.height) == (fmt, bpc, 70, 38)
    for plane, view in zip(frame.planes, picture.planes, strict=True):
        rows = np.frombuffer(plane, view.dtype).reshape(plane.height, -1)[:, : plane.width]
        assert (rows == view).all() and address(rows) == address(view)


def test_frames_of_other_formats_are_refused() -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with pytest.raises(ValueError, match=r"rgb24.*reformat"):
        VmafPicture.from_frame(av.VideoFrame(64, 48, "rgb24"))


def test_enums_are_those_of_the_header() -> None:
    from pyvmaf import LogLevel, ModelFlags, OutputFormat, PoolingMethod

    assert [int(f) for f in PixelFormat] == [1, 2, 3, 4]
    assert {m.name: int(m) for m in PoolingMethod} == {"MIN": 1, "MAX": 2, "MEAN": 3, "HARMONIC_MEAN": 4}
    assert {m.name: int(m) for m in OutputFormat} == {"XML": 1, "JSON": 2, "CSV": 3, "SUB": 4}
    assert [m.name for m in LogLevel] == ["NONE", "ERROR", "WARNING", "INFO", "DEBUG"]
    assert int(ModelFlags.DISABLE_CLIP | ModelFlags.ENABLE_TRANSFORM | ModelFlags.DISABLE_TRANSFORM) == 7


def test_a_failed_wrap_releases_nothing_twice() -> None:
    gc.collect()
    before = len(_lent)
    data, stride = ffi.new("void *[3]"), ffi.new("ptrdiff_t[3]")
    assert lib.pyvmaf_picture_wrap(ffi.new("VmafPicture *"), 4, 8, 16, 16, data, stride, ffi.NULL, ffi.NULL) < 0
    for _ in range(3):
        VmafPicture.from_planes(noise(1), pix_fmt="gray")
    gc.collect()
    assert len(_lent) == before


@pytest.mark.parametrize("fmt,name", [(F420, "yuv420p"), (F422, "yuv422p"), (F420, "420")])
@pytest.mark.parametrize("bpc", [8, 10])
def test_a_packed_array_is_split(fmt: PixelFormat, name: str, bpc: int) -> None:
    """As frame.to_ndarray() and OpenCV's I420 lay planes out: it was taken for grey."""
    dtype = np.uint8 if bpc == 8 else np.uint16
    sx, sy = fmt.shift
    sizes = [(48, 64), *[(48 >> sy, 64 >> sx)] * 2]
    planes = [np.random.default_rng(i).integers(0, 1 << bpc, size).astype(dtype) for i, size in enumerate(sizes)]
    packed = np.concatenate([p.ravel() for p in planes]).reshape(-1, 64)
    wide = np.zeros((len(packed), 80), dtype)
    wide[:, :64] = packed
    for array in (packed, wide[:, :64]):
        picture = VmafPicture.from_planes(array, name, None if bpc == 8 else bpc)
        assert (picture.pix_fmt, picture.width, picture.height) == (fmt, 64, 48)
        assert all((a == b).all() for a, b in zip(picture.planes, planes, strict=True))


def test_frames_as_arrays_are_what_frames_are() -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    frame = av.VideoFrame(64, 48, "yuv420p")
    for i, plane in enumerate(frame.planes):
        plane.update(np.random.default_rng(i).integers(0, 256, plane.buffer_size, np.uint8))
    array = frame.to_ndarray()
    assert array.shape == (72, 64)
    whole, packed = VmafPicture.from_frame(frame), VmafPicture.from_planes(array, "yuv420p")
    assert all((a == b).all() for a, b in zip(whole.planes, packed.planes, strict=True))
