# SPDX-License-Identifier: BSD-2-Clause-Patent
"""All ways in for pictures in memory: tensors, DLPack, NV12 and its like, frames of PyAV, VapourSynth, torchcodec.

What cannot be installed everywhere has a stand-in with the interface that its
documentation describes; the real package is used where it is there.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pyvmaf import PixelFormat, VmafContext, VmafPicture, VmafTypeError, VmafValueError
from pyvmaf.pictures.frames import OTHERS
from pyvmaf.pictures.picture import as_picture
from pyvmaf.pictures.planes import split

RNG = np.random.default_rng(5)
W, H = 32, 18


def planes(bpc: int = 8, chroma: tuple[int, int] = (1, 1), height: int = H, width: int = W) -> list[np.ndarray]:
    dtype = np.uint8 if bpc == 8 else np.uint16
    sizes = [(height, width), *[(height + chroma[1] >> chroma[1], width + chroma[0] >> chroma[0])] * 2]
    return [RNG.integers(0, 1 << bpc, size).astype(dtype) for size in sizes]


def picture(source: Any, borrow: bool = False, **options: Any) -> VmafPicture:
    return as_picture("reference", source, options.get("bpc"), options.get("pix_fmt"), borrow=borrow)


def equal(found: VmafPicture, expected: list[np.ndarray]) -> bool:
    return len(found.planes) == len(expected) and all(
        np.array_equal(a, b[: a.shape[0], : a.shape[1]]) for a, b in zip(found.planes, expected, strict=True)
    )


def shares(found: VmafPicture, plane: Any) -> bool:
    return bool(found.planes[0].ctypes.data == np.asarray(plane).ctypes.data)


class Shared:
    """An array that only DLPack can look at, on a device of that kind."""

    def __init__(self, array: np.ndarray, kind: int = 1) -> None:
        self.array, self.kind = array, kind

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.kind, 0


def test_dlpack() -> None:
    given = planes()
    assert equal(picture([Shared(plane) for plane in given]), given)
    assert equal(picture(Shared(np.stack(planes(chroma=(0, 0))))), []) is False
    stacked = np.stack(planes(chroma=(0, 0)))
    assert equal(picture(Shared(stacked)), list(stacked))
    grey = picture(Shared(given[0]), pix_fmt="gray", borrow=True)
    assert equal(grey, given[:1]) and shares(grey, given[0])


def test_memory_behind_dlpack_is_copied_unless_it_is_borrowed() -> None:
    """NumPy shows it as read-only, which says nothing of its owner."""
    given = planes()
    copied, borrowed = (picture([Shared(p) for p in given], borrow=borrow) for borrow in (False, True))
    before = given[0].copy()
    given[0][:] = 0
    assert np.array_equal(copied.planes[0], before) and not borrowed.planes[0].any()


@pytest.mark.parametrize(
    ("kind", "where"), [(2, "a CUDA device"), (8, "a Metal device"), (10, "a ROCm device"), (77, "a device of kind 77")]
)
def test_memory_of_other_devices_is_refused(kind: int, where: str) -> None:
    given = planes()
    for source in ([Shared(p, kind) for p in given], Shared(np.stack(planes(chroma=(0, 0))), kind)):
        with pytest.raises(
            VmafTypeError, match=rf"reference: .* is on {where}, .*copy it there first, as by tensor.cpu"
        ):
            picture(source)
    with pytest.raises(VmafTypeError, match=where):
        picture(Shared(given[0], kind), pix_fmt="nv12")


def test_memory_that_is_pinned_is_taken() -> None:
    given = planes()
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    assert equal(picture([torch.from_numpy(p).pin_memory() for p in given]), given)
    with pytest.raises(VmafTypeError, match="is on a CUDA device"):
        picture([torch.from_numpy(p).cuda() for p in given])


def test_tensors() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    given = planes()
    tensors = [torch.from_numpy(plane) for plane in given]
    assert equal(picture(tensors), given)
    borrowed = picture(tensors, borrow=True)
    assert borrowed.planes[0].ctypes.data == tensors[0].data_ptr()
    wide = torch.from_numpy(RNG.integers(0, 256, (H, 2 * W), np.uint8))
    cropped = picture(wide[:, :W], pix_fmt="gray", borrow=True)
    assert cropped.planes[0].ctypes.data == wide.data_ptr() and equal(cropped, [wide[:, :W].numpy()])
    every_other = picture(wide[:, ::2], pix_fmt="gray", borrow=True)
    assert equal(every_other, [wide[:, ::2].numpy()])
    deep = planes(10)
    assert equal(picture([torch.from_numpy(p.view(np.int16)).view(torch.uint16) for p in deep], bpc=10), deep)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: t.zeros(H, W), "samples of type float32, must be uint8 or uint16"),
        (lambda t: t.zeros(H, W, dtype=t.int16), "samples of type int16"),
        (lambda t: t.zeros(H, W, dtype=t.bfloat16), "is no array of numbers"),
        (lambda t: t.zeros(H, W, requires_grad=True), "is no array of numbers"),
        (lambda t: t.zeros(H, W, dtype=t.uint8, device="meta"), "is no array of numbers|is on "),
        (lambda t: t.zeros(H, W, dtype=t.uint8).to_sparse(), "is no array of numbers"),
    ],
)
def test_tensors_that_hold_no_samples(make: Any, message: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    with pytest.raises(VmafTypeError, match=f"reference: .*({message})"):
        picture((make(torch),))


# Memory of FFmpeg's pixel formats.


def interleaved(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.stack([u, v], -1)


def test_nv12() -> None:
    y, u, v = planes()
    uv = interleaved(u, v)
    for source in ([y, uv], (y, uv.reshape(H // 2, W)), np.concatenate([y, uv.reshape(H // 2, W)])):
        found = picture(source, pix_fmt="nv12")
        assert equal(found, [y, u, v]) and (found.pix_fmt, found.bpc) == (PixelFormat.YUV420P, 8)
    assert equal(picture([y, interleaved(v, u)], pix_fmt="nv21"), [y, u, v])
    assert shares(picture([y, uv], pix_fmt="nv12", borrow=True), y)


def test_p010() -> None:
    """The value is in the high bits."""
    y, u, v = planes(10)
    memory = [y << 6, interleaved(u, v) << 6]
    for name in ("p010", "p010le"):
        found = picture(memory, pix_fmt=name)
        assert equal(found, [y, u, v]) and (found.pix_fmt, found.bpc) == (PixelFormat.YUV420P, 10)
    whole = np.concatenate([memory[0], memory[1].reshape(H // 2, W)])
    assert equal(picture(whole, pix_fmt="p010", bpc=10), [y, u, v])
    assert equal(picture([m.astype(">u2") for m in memory], pix_fmt="p010be"), [y, u, v])


def test_odd_sizes() -> None:
    y, u, v = planes(height=17, width=31)
    found = picture([y, interleaved(u, v)], pix_fmt="nv12")
    assert equal(found, [y, u, v]) and [p.shape for p in found.planes_rounded_up] == [(17, 31), (9, 16), (9, 16)]
    with pytest.raises(VmafValueError, match=r"\(26, 31\) does not hold the planes of an even YUV420P"):
        picture(np.zeros((26, 31), np.uint8), pix_fmt="nv12")


@pytest.mark.parametrize(("name", "pattern"), [("yuyv422", "yuyv"), ("uyvy422", "uyvy"), ("yvyu422", "yvyu")])
def test_packed_422(name: str, pattern: str) -> None:
    y, u, v = planes(chroma=(1, 0))
    samples = {"y": iter((y[:, ::2], y[:, 1::2])), "u": iter((u,)), "v": iter((v,))}
    memory = np.stack([next(samples[letter]) for letter in pattern], -1).reshape(H, 2 * W)
    for source in (memory, [memory], memory.reshape(H, W, 2)):
        found = picture(source, pix_fmt=name)
        assert equal(found, [y, u, v]) and found.pix_fmt is PixelFormat.YUV422P


@pytest.mark.parametrize("name", ["yuv420p10le", "yuv420p10", "yuv422p", "yuv444p12", "gray10le", "gray"])
def test_planar_names_say_the_depth(name: str) -> None:
    bpc = int(name.split("p")[-1].removeprefix("gray").removesuffix("le") or 8)
    chroma = (1, 1) if "420" in name else (1, 0) if "422" in name else (0, 0)
    given = planes(bpc, chroma)[: 1 if "gray" in name else 3]
    found = picture(given, pix_fmt=name)
    assert equal(found, given) and found.bpc == bpc


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_frames_of_pyav_and_their_memory_are_the_same_picture(name: str) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    chroma, bits, _, places = OTHERS[name]
    frame = av.VideoFrame(W, H, name if bits == 8 else f"{name}le")
    packed = {plane for plane, _, _ in places} == {0}
    widths = [2 * W] if packed else [W, 2 * W if chroma == "444" else W]
    memory = []
    for plane, width in zip(frame.planes, widths, strict=True):
        plane.update(RNG.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
        rows = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)
        memory.append(rows[:, :width])
    found, expected = picture(memory, pix_fmt=name), picture(frame)
    assert (found.pix_fmt, found.bpc) == (expected.pix_fmt, expected.bpc)
    assert equal(found, list(expected.planes))


@pytest.mark.parametrize(
    ("source", "options", "kind", "message"),
    [
        (planes()[0], {"pix_fmt": "p010"}, VmafTypeError, "samples are of type uint8, but those of p010 are uint16"),
        (planes(10)[0], {"pix_fmt": "nv12"}, VmafTypeError, "samples are of type uint16, but those of nv12 are uint8"),
        (planes(10)[:2], {"pix_fmt": "p010", "bpc": 12}, VmafValueError, "bpc=12 was given, but p010 has 10 bits"),
        (planes(), {"pix_fmt": "nv12"}, VmafValueError, "nv12 lies in 2 planes or in one array, but 3 arrays"),
        (planes()[:2], {"pix_fmt": "nv12"}, VmafValueError, r"arrays of shapes \(18, 32\), \(9, 16\) do not fit nv12"),
        ([planes()[0]] * 2, {"pix_fmt": "nv12"}, VmafValueError, "do not fit nv12"),
        (planes()[0], {"pix_fmt": "rgb24"}, VmafValueError, "rgb24 is not YUV or grey"),
        (planes()[0], {"pix_fmt": "nv13"}, VmafValueError, "nv13"),
        (np.zeros((2, 2, 2, 2), np.uint8), {"pix_fmt": "nv12"}, VmafValueError, r"\(2, 2, 2, 2\) holds no plane"),
        (np.zeros((H, 2 * W - 2), np.uint8), {"pix_fmt": "yuyv422"}, VmafValueError, "do not fit yuyv422"),
        ("frame.nv12", {"pix_fmt": "nv12"}, VmafTypeError, "a picture cannot be made of str"),
    ],
)
def test_memory_that_does_not_fit(source: Any, options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"reference: .*({message})"):
        picture(source, **options)


def test_a_context_takes_them_all() -> None:
    y, u, v = planes()
    with VmafContext() as context:
        context.use_feature("psnr")
        context.read_pictures([y, interleaved(u, v)], [y, interleaved(u, v)], pix_fmt="nv12")
        context.read_pictures([Shared(p) for p in (y, u, v)], (y, u, v))
        context.flush()
        assert len(set(context.feature_scores("psnr_cb", range(2)))) == 1


# VapourSynth.


class VapourSynthFrame:
    """What VapourSynth documents of a VideoFrame: planes by index, read-only, with padded rows."""

    def __init__(self, given: list[np.ndarray], bits: int, **format: Any) -> None:
        self.given = []
        for plane in given:
            padded = np.zeros((plane.shape[0], plane.shape[1] + 32), plane.dtype)[:, : plane.shape[1]]
            padded[:] = plane
            padded.flags.writeable = False
            self.given.append(padded)
        color = SimpleNamespace(name=format.pop("family", "YUV"))
        self.format = SimpleNamespace(
            **{
                "name": "YUV420P8", "color_family": color, "sample_type": 0, "bits_per_sample": bits,
                "num_planes": len(given), "subsampling_w": 1, "subsampling_h": 1,
            }
            | format
        )  # fmt: skip

    def __getitem__(self, plane: int) -> np.ndarray:
        return self.given[plane]

    def get_read_ptr(self, plane: int) -> int:
        return int(self.given[plane].ctypes.data)


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_frames_of_vapoursynth(bits: int) -> None:
    given = planes(bits)
    frame = VapourSynthFrame(given, bits)
    found = picture(frame)
    assert equal(found, given) and (found.pix_fmt, found.bpc) == (PixelFormat.YUV420P, bits)
    assert shares(found, frame.given[0])
    grey = picture(VapourSynthFrame(given[:1], bits, family="GRAY", subsampling_w=0, subsampling_h=0))
    assert equal(grey, given[:1])
    with pytest.raises(VmafValueError, match="bpc=12 was given, but the picture has"):
        picture(frame, bpc=12)


@pytest.mark.parametrize(
    ("format", "kind", "message"),
    [
        ({"family": "RGB", "name": "RGB24"}, VmafValueError, "format RGB24 is not YUV"),
        ({"sample_type": 1, "name": "YUV420PS"}, VmafValueError, "format YUV420PS is not"),
        ({"subsampling_w": 2, "name": "YUV411P8"}, VmafValueError, "format YUV411P8 is not"),
        ({"bits_per_sample": 32, "name": "YUV420P32"}, VmafValueError, "clip.resize.Bicubic"),
    ],
)
def test_formats_of_vapoursynth_that_are_not_read(format: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"distorted: .*{message}"):
        as_picture("distorted", VapourSynthFrame(planes(), 8, **format), None, None, borrow=False)


def test_a_frame_of_vapoursynth_on_a_gpu() -> None:
    frame = VapourSynthFrame(planes(), 8)
    frame.gpu_resident = True  # type: ignore[attr-defined]
    with pytest.raises(VmafTypeError, match="on a GPU"):
        picture(frame)


def test_real_frames_of_vapoursynth() -> None:
    vs = pytest.importorskip("vapoursynth", reason="VapourSynth is not installed")
    for name, bits in (("YUV420P8", 8), ("YUV422P10", 10), ("YUV444P16", 16), ("GRAY8", 8)):
        clip = vs.core.std.BlankClip(width=98, height=54, format=getattr(vs, name), length=1)
        frame = clip.get_frame(0)
        found = picture(frame)
        assert (found.width, found.height, found.bpc) == (98, 54, bits)
        assert equal(found, [np.asarray(frame[i]) for i in range(frame.format.num_planes)])
        assert shares(found, np.asarray(frame[0]))
    for name in ("RGB24", "YUV420PS"):
        with pytest.raises(VmafValueError, match=f"format {name} is not YUV"):
            picture(vs.core.std.BlankClip(width=98, height=54, format=getattr(vs, name), length=1).get_frame(0))


def test_frames_of_torchcodec_hold_rgb() -> None:
    frame = SimpleNamespace(data=np.zeros((3, H, W), np.uint8), pts_seconds=0.0, duration_seconds=0.04)
    with pytest.raises(VmafTypeError, match=r"of torchcodec holds RGB.*pyvmaf.score"):
        picture(frame)


def test_split_gives_views() -> None:
    whole = RNG.integers(0, 256, (H * 3 // 2, W), np.uint8)
    assert all(np.shares_memory(plane, whole) for plane in split(whole, PixelFormat.YUV420P))
