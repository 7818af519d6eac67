# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames of PyAV and files with the same pixel formats: FFmpeg's own conversion is the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")

from pyvmaf import VmafError, VmafPicture  # noqa: E402
from pyvmaf.pictures.frames import OTHERS, layout_of, planes_of  # noqa: E402
from pyvmaf.video import VideoError, open_video  # noqa: E402

BIG_ENDIAN = ["yuv420p10be", "yuv422p12be", "yuv444p16be", "gray10be", "gray16be"]
NAMES = [name if layout_of(name).bpc == 8 else f"{name}{order}" for name in OTHERS for order in ("le", "be")]
# FFmpeg writes no y210be.
NAMES = [name for name in dict.fromkeys([*NAMES, *BIG_ENDIAN]) if name in av.video.format.names and name[:3] != "y21"]
NAMES += [name for name in ("y210le", "y212le") if name in av.video.format.names]
# Formats that NUT has no code for.
NOT_IN_FILES = ("yuvj411p", "yuv440p10le")
REFUSED = {
    "yuv411p": "has 4:1:1 chroma", "yuvj411p": "has 4:1:1 chroma", "yuv410p": "has 4:1:0 chroma",
    "yuv440p": "has 4:4:0 chroma", "yuv440p10le": "has 4:4:0 chroma", "uyyvyy411": "has 4:1:1 chroma",
    "rgb24": "is not YUV", "gbrp": "is not YUV", "pal8": "is not YUV", "bgr0": "is not YUV", "monow": "is not YUV",
}  # fmt: skip


def planar_of(name: str) -> str:
    """The planar little-endian format with the same samples."""
    layout = layout_of(name)
    depth = "" if layout.bpc == 8 else f"{layout.bpc}le"
    return f"gray{depth}" if layout.chroma == "400" else f"yuv{layout.chroma}p{depth}"


def noise(name: str, width: int, height: int) -> Any:
    """A frame of any samples that its planar format can hold."""
    frame = av.VideoFrame(width, height, name)
    bits = layout_of(name).bpc
    for i, plane in enumerate(frame.planes):
        rng = np.random.default_rng(i)
        dtype = np.uint8 if bits == 8 else np.dtype("<u2")
        samples = rng.integers(0, 1 << bits, plane.buffer_size // np.dtype(dtype).itemsize).astype(dtype)
        plane.update(samples.tobytes())
    return frame


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(64, 48), (62, 47)])
def test_samples_are_those_of_the_planar_format(name: str, size: tuple[int, int]) -> None:
    planar = noise(planar_of(name), *size)
    frame = planar.reformat(format=name)
    assert frame.format.name == name
    layout, planes = planes_of(frame)
    _, expected = planes_of(planar)
    assert (layout.chroma, layout.bpc) == (layout_of(planar_of(name)).chroma, layout_of(planar_of(name)).bpc)
    for plane, wanted in zip(planes, expected, strict=True):
        assert plane.dtype.isnative and plane.shape == wanted.shape
        assert (plane == wanted).all()
    picture = VmafPicture.from_frame(frame)
    assert (picture.planes[0] == expected[0]).all()


@pytest.mark.parametrize("name", ["nv12", "nv21", "yuv420p10be", "gray16be", "yuyv422", "yuva420p"])
def test_files_hold_the_same_formats(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.nut"
    frame = noise(planar_of(name), 64, 48).reformat(format=name)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, name
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    with open_video(path) as video:
        (planes,) = list(video)
    for plane, wanted in zip(planes, planes_of(frame)[1], strict=True):
        assert (plane == wanted).all()


@pytest.mark.parametrize("name", REFUSED)
def test_formats_that_are_refused_are_named_truly(tmp_path: Path, name: str) -> None:
    with pytest.raises(VmafError, match=f"pixel format {name} {REFUSED[name]}.*frame.reformat"):
        VmafPicture.from_frame(av.VideoFrame(64, 48, name))
    if name in NOT_IN_FILES:
        return
    path = tmp_path / "a.nut"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, name
        for packet in [*stream.encode(av.VideoFrame(64, 48, name)), *stream.encode(None)]:
            out.mux(packet)
    with pytest.raises(VideoError, match=f"{REFUSED[name]}.*ffmpeg -pix_fmt yuv420p"):
        open_video(path)


@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "nv12", "gray"])
def test_a_flipped_frame_keeps_its_rows(name: str) -> None:
    """FFmpeg flips by a negative distance of rows, with the first row at the end of the memory."""
    frame = noise(name, 64, 48)
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=name, time_base="1/25")
    flip, sink = graph.add("vflip"), graph.add("buffersink")
    source.link_to(flip)
    flip.link_to(sink)
    graph.configure()
    graph.push(frame)
    flipped = graph.pull()
    assert flipped.planes[0].line_size < 0
    expected = [plane[::-1].copy() for plane in planes_of(frame)[1]]
    picture = VmafPicture.from_frame(flipped)
    del flipped, graph
    for plane, wanted in zip(picture.planes, expected, strict=True):
        assert (plane == wanted).all()
