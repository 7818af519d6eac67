# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Everything else that FFmpeg decodes, through PyAV (extra `video`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import VmafError
from ..frames import layout_of, planes_of
from .base import Frame, VideoError, VideoFormat, check_range
from .decode import DecodeError, Decoder, reason
from .file import ByteFile, SeekableStream, Source, Stream
from .reader import FileVideo

if TYPE_CHECKING:
    import av

# FFmpeg's numbers, which are those of ITU-T H.273; matrix and range as `lpips` names them.
MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
RANGES = {1: "limited", 2: "full"}
TRANSFERS = {16: "PQ", 18: "HLG", **dict.fromkeys((1, 4, 5, 6, 7, 11, 12, 13, 14, 15), "SDR")}
# Dispositions of pictures that stand beside the video: covers, thumbnails.
BESIDE = 0x400 | 0x800

# Names by which FFmpeg takes a file for raw video, whatever it holds.
RAW_NAMES = (".yuv", ".raw", ".rgb", ".cif", ".qcif")

REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
SECRETS = re.compile(r"(?<=://)[^/?#@]*@|[?#].*$", re.DOTALL)
PATIENCE = 30.0  # seconds without a byte from the network


def is_remote(source: object) -> bool:
    """Whether a name asks for the network; any other name is a file's.

    >>> is_remote("https://example.org/a.mp4"), is_remote("cache:full.avi")
    (True, False)
    """
    return isinstance(source, str) and REMOTE.match(source) is not None


def shown(url: str) -> str:
    """A URL as it may be shown and kept: without a password, a signature or a token.

    >>> shown("https://me:secret@example.org/a.mp4?X-Amz-Signature=abc")
    'https://example.org/a.mp4'
    """
    return SECRETS.sub("", url)


class AvVideo(FileVideo):
    """One video stream of a file, decoded frame by frame.

    Args:
        source: a path, a URL, "-", a binary file object, or such a file opened.
        stream: its number in the file; None: what FFmpeg thinks best, never a cover picture.
    """

    def __init__(self, source: Source | ByteFile, stream: int | None = None) -> None:
        try:
            import av
        except ImportError:
            name = source.path if isinstance(source, ByteFile) else source
            raise VideoError(
                str(name),
                "neither y4m nor raw; other files need PyAV: pip install '.[video]' where pyvmaf was installed from",
            ) from None
        self._errors: tuple[type[Exception], ...] = (av.error.FFmpegError,)
        self._file: ByteFile | None = None
        if not is_remote(source):
            self._file = source if isinstance(source, ByteFile) else ByteFile(source)
        self._url = str(source)
        name = self._file.path if self._file else shown(self._url)
        self._container: Any = None
        try:
            self._container = self._open(av, name)
            super().__init__(name, self._open_stream(name, stream), self._let_go)
            self._describe()
        except BaseException:
            self._let_go()
            raise

    def _open(self, av: Any, name: str) -> Any:
        # A name is a name: neither a protocol nor a pattern of numbered images.
        how: dict[str, Any] = {"options": {"pattern_type": "none"}, "metadata_errors": "replace"}
        what: Any = f"file:{name}"
        if self._file is None:
            what, how = self._url, {"timeout": PATIENCE, "metadata_errors": "replace"}
        elif not self._file.on_disk or name.lower().endswith(RAW_NAMES):
            what = Stream(self._file)
            if self._file.size is not None:
                what = SeekableStream(self._file)
        try:
            return av.open(what, **how)
        except self._errors as error:
            raise VideoError(name, f"not a video that FFmpeg knows: {reason(error)}{self._of_pipes}") from None

    @property
    def _of_pipes(self) -> str:
        """What may be the matter when a video cannot be read at all."""
        piped = self._file is not None and self._file.size is None
        return "; some formats, such as MP4 with its index at the end, cannot come by a pipe" if piped else ""

    def _let_go(self) -> None:
        self._first: av.VideoFrame | None = None
        if self._container is not None:
            self._container.close()
        if self._file is not None:
            self._file.close()

    def _open_stream(self, path: str, wanted: int | None) -> VideoFormat:
        self._stream = self._choose(path, wanted)
        self._decoder = Decoder(self._container, self._stream, self._errors)
        self._frames: Iterator[Any] = self._decoder.frames()
        # Decoding one frame is the only sure way to know the format.
        first = self._first = self._next(path, 0)
        if first is None:
            raise VideoError(path, "the video stream has no frame")
        return self._format_of(first, path, None)

    def _choose(self, path: str, wanted: int | None) -> Any:
        streams = {s.index: s for s in self._container.streams.video}
        if not streams:
            raise VideoError(path, "the file has no video stream")
        moving = [s.index for s in streams.values() if not int(getattr(s, "disposition", 0)) & BESIDE]
        best = self._container.streams.best("video") if hasattr(self._container.streams, "best") else None
        if wanted is not None:
            if wanted not in streams:
                numbers = ", ".join(map(str, streams))
                raise VideoError(path, f"stream {wanted} is no video stream of the file; there are: {numbers}")
            index = wanted
        elif not moving:
            raise VideoError(path, f"there is only a cover picture, stream {min(streams)}; ask for it by its number")
        else:
            index = best.index if best is not None and best.index in moving else moving[0]
        self._choice = f"stream {index} of video streams {', '.join(map(str, streams))}" if len(streams) > 1 else None
        return streams[index]

    def _describe(self) -> None:
        """What the container and the first frame say besides the format."""
        first: Any = self._first
        context = self._stream.codec_context
        self.stream = self._choice
        self.stream_index: int = self._stream.index
        """The stream's number in the file, as ffprobe counts."""
        self.codec: str = context.name
        """FFmpeg's name of the decoder."""
        self.frame_count = self._promised or None
        self._count_is_sure = self._has_table and self._file is not None and self._file.size is not None
        self.frame_rate = float(self._stream.average_rate or 0) or None
        self.rotation = int(getattr(first, "rotation", 0)) % 360
        self.sample_aspect = float(self._stream.sample_aspect_ratio or context.sample_aspect_ratio or 0) or None
        self.interlaced = bool(getattr(first, "interlaced_frame", False))
        transfer = getattr(first, "color_trc", getattr(context, "color_trc", 0))
        found = {
            "matrix": MATRICES.get(int(getattr(first, "colorspace", 0))),
            "range": RANGES.get(int(getattr(first, "color_range", 0))),
            "transfer": TRANSFERS.get(int(transfer)),
        }
        if first.format.name.startswith("yuvj"):
            found["range"] = "full"
        self.colour = {name: value for name, value in found.items() if value}

    def _next(self, path: str, index: int) -> av.VideoFrame | None:
        try:
            frame = next(self._frames, None)
        except DecodeError as error:
            hint = "" if index else self._of_pipes
            raise VideoError(path, f"cannot be decoded: {error}{hint}", index) from None
        if frame is None and index:
            self._check_end(index)
        return frame

    @property
    def _has_table(self) -> bool:
        """Whether the container lists each frame, as MP4 does, so that its count is one."""
        return "mp4" in self._container.format.name and hasattr(self._stream, "index_entries")

    @property
    def _promised(self) -> int:
        """Frames that the container says there are, without those that an edit list leaves out; 0: it says nothing."""
        count = int(self._stream.frames)
        if self._has_table and count:
            shown = [not entry.is_discard for entry in self._stream.index_entries]
            # More in the table than promised: the promise is of the first of many fragments.
            return sum(shown) if len(shown) <= count else 0
        return count

    def _check_end(self, index: int) -> None:
        """The stream ended before frame `index`: as the container promised?"""
        decoder = self._decoder
        if self._has_table:
            promised = self._promised
            if index + decoder.leading + decoder.dropped < promised:
                problem = f"truncated: the file promises {promised} frames, {index} are there; it was cut short"
                raise VideoError(self.path, problem, index)
        self._check_duration()
        if decoder.leading:
            self.notices.append(f"{decoder.leading} frames at the start cannot be decoded and are left out")
        if decoder.corrupt:
            frames = ", ".join(map(str, decoder.corrupt[:20])) + (", ..." if len(decoder.corrupt) > 20 else "")
            self.notices.append(f"the decoder concealed damage in frames {frames}")
        if decoder.interlaced and not self.interlaced:
            self.notices.append(f"frames are marked as interlaced from frame {decoder.interlaced} on")

    def _check_duration(self) -> None:
        """A file that was cut at a packet ends like any other; only its duration tells."""
        stream, container = self._stream, self._container
        promised = 0.0
        if stream.duration:
            promised = float(stream.duration * stream.time_base)
        elif container.duration and len(container.streams) == 1:
            promised = container.duration / 1e6
        there = self._decoder.span * float(stream.time_base)
        frame = 1 / (self.frame_rate or 25)
        if promised > there + max(2 * frame, 0.02 * promised):
            self.notices.append(
                f"the file promises {promised:.2f} s of video, {there:.2f} s are there; it may have been cut short"
            )

    @staticmethod
    def _format_of(frame: av.VideoFrame, path: str, index: int | None) -> VideoFormat:
        try:
            layout = layout_of(frame.format.name)
        except VmafError as error:
            raise VideoError(path, f"{error}; convert it, for example with ffmpeg -pix_fmt yuv420p", index) from None
        return VideoFormat(frame.width, frame.height, layout.chroma, layout.bpc)

    def _planes(self, frame: av.VideoFrame, index: int) -> Frame:
        format = self._format_of(frame, self.path, index)
        if format != self.format:
            raise VideoError(self.path, f"the video changes from {self.format} to {format}", index)
        return check_range(self, planes_of(frame)[1], index)

    def _frame(self, index: int) -> Frame | None:
        frame = self._decoded(index)
        return None if frame is None else self._planes(frame, index)

    def _pass(self, index: int) -> bool:
        return self._decoded(index) is not None

    def _decoded(self, index: int) -> av.VideoFrame | None:
        frame, self._first = self._first, None
        return self._next(self.path, index) if frame is None else frame
