# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Everything else that FFmpeg decodes, through PyAV (extra `video`)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import VmafError
from ..pictures.frames import layout_of, planes_of
from .base import Frame, VideoError, VideoFormat, check_range
from .container import comes_once, has_table, hint_of_pipes, open_container, promised_frames, rate_of
from .decode import Damage, DecodeError, Decoder
from .file import ByteFile, Interruption, Source
from .guard import Guard
from .leap import Table
from .reader import FileVideo
from .restart import restarts_of
from .seek import WORTH, Beginning, Doubt, Finder, Resumed
from .url import is_remote, shown

if TYPE_CHECKING:
    import av

# FFmpeg's numbers, which are those of ITU-T H.273; matrix and range as `lpips` names them.
MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
RANGES = {1: "limited", 2: "full"}
TRANSFERS = {16: "PQ", 18: "HLG", **dict.fromkeys((1, 4, 5, 6, 7, 11, 12, 13, 14, 15), "SDR")}
# Dispositions of pictures that stand beside the video: covers, thumbnails.
BESIDE = 0x400 | 0x800


def _checked(packets: Iterator[Any], guard: Guard) -> Iterator[Any]:
    """The packets, until the video is closed; what waits for the next one does not hold the video."""
    for packet in packets:
        guard.check()
        yield packet


class AvVideo(FileVideo):
    """One video stream of a file, decoded frame by frame.

    Args:
        source: a path, a URL, "-", a binary file object, or such a file opened.
        stream: its number in the file; None: what FFmpeg thinks best, never a cover picture.
    """

    _container: Any = None

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
        self._stream: Any = None
        self._decoder: Any = None
        self._frames: Iterator[Any] = iter(())
        self._damaged: list[int] = []
        self.path, self._guard = name, Guard(name, self._let_go)
        try:
            self._container = self._open(av, name)
            super().__init__(name, self._open_stream(name, stream), self._guard)
            if self._file is None:  # what is behind a URL may hang on its query, which is not kept
                self.digest = {"name": name, "bytes": int(self._container.size)}
            self._describe()
        except BaseException as error:
            self._let_go()
            if isinstance(error, Interruption):
                raise error.error from None
            raise

    def _open(self, av: Any, name: str) -> Any:
        return open_container(av, self._url, self._file)

    def __del__(self) -> None:
        """What PyAV opened holds itself, and so a decoder's threads, until garbage is collected."""
        if self._container is not None:
            warnings.warn(f"unclosed video {self.path!r}", ResourceWarning, stacklevel=2, source=self)
            self._let_go()

    def _let_go(self) -> None:
        self._first: av.VideoFrame | None = None
        # Threads of a decoder end with it. Were it left to the collector of garbage, a process that
        # was forked meanwhile would wait for them for ever, as it has none.
        self._frames = iter(())
        self._decoder = self._stream = None
        container, self._container = self._container, None
        if container is not None:
            container.close()
        if self._file is not None:
            self._file.close()

    def _open_stream(self, path: str, wanted: int | None) -> VideoFormat:
        self._stream = self._choose(path, wanted)
        # What comes once cannot be decoded again.
        careful = comes_once(self._file)
        self._decode_by(Decoder(self._stream, self._errors, self._packets(), careful=careful))
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
        if streams[index].codec_context is None:
            raise VideoError(path, f"stream {index} is of a codec for which FFmpeg in PyAV has no decoder")
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
        self.frame_count = promised_frames(self._container, self._stream) or None
        self._count_is_sure = has_table(self._container, self._stream) and not comes_once(self._file)
        rate = rate_of(self._stream)
        self.frame_rate = float(rate) if rate else None
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
        self._mixed = False
        self._left_out = 0
        self._note_leading()

    def _next(self, path: str, index: int) -> av.VideoFrame | None:
        try:
            frame = next(self._frames, None)
        except Interruption as interruption:
            raise interruption.error from None
        except (Damage, Doubt, DecodeError) as error:
            if isinstance(error, Damage) or isinstance(self._decoder, Resumed):
                return self._from_start(index, careful=isinstance(error, Damage))
            hint = "" if index else hint_of_pipes(self._file)
            raise VideoError(path, f"cannot be decoded: {error}{hint}", index) from None
        if frame is None and index:
            self._check_end(index)
        return frame

    def _check_end(self, index: int) -> None:
        """The stream ended before frame `index`: as the container promised?"""
        decoder = self._decoder
        if has_table(self._container, self._stream):
            promised = promised_frames(self._container, self._stream)
            if index + decoder.leading + decoder.dropped < promised:
                problem = f"truncated: the file promises {promised} frames, {index} are there; it was cut short"
                raise VideoError(self.path, problem, index)
        self._check_duration()

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
        problem = f"the file promises {promised:.2f} s of video, {there:.2f} s are there; it may have been cut short"
        if promised > there + max(2 * frame, 0.02 * promised) and problem not in self.notices:
            self.notices.append(problem)

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
        planes = planes_of(frame)[1]
        if self._decoder.leaves_holes:
            planes = tuple(plane.copy() for plane in planes)
        return check_range(self, planes, index)

    def _decode_by(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._frames = decoder.frames()

    def _jump(self, index: int) -> int:
        first: Any = self._first
        beginning = None if index < WORTH or comes_once(self._file) else self._find(index)
        if beginning is None:
            return 0
        self._decode_by(Resumed(self._stream, self._errors, beginning, first.pts))
        self._first = None
        return beginning.number

    def _find(self, index: int) -> Beginning | None:
        """Where to begin decoding for a frame; then the container is one that stands there."""
        first: Any = self._first
        rules = restarts_of(self._stream.codec_context.name, self._stream.codec_context.extradata)
        if rules is None or first.pts is None or (first.interlaced_frame and rules.splits_fields):
            return None
        second = self._next(self.path, 1)
        if second is None:
            return None
        self._frames = chain([second], self._frames)
        self._note_leading()
        if second.pts is None:
            return None
        old, beginning = (self._container, self._stream), None
        wrong: tuple[type[Exception], ...] = (VideoError, *self._errors)
        try:
            packets = self._reopen()
            table = Table(self._container, self._stream)
            beginning = Finder(rules, first.pts, second.pts).find(packets, index, table.leap)
        except wrong:
            pass  # it is met again at the frame where it belongs
        unused = old[0]
        if beginning is None:
            unused, (self._container, self._stream) = self._container, old
        if unused is not self._container:
            unused.close()
        return beginning

    def _reopen(self) -> Iterator[Any]:
        """Open the file once more; its packets from the first one on."""
        import av

        self._container = self._open(av, self.path)
        self._stream = self._choose(self.path, self._stream.index)
        return self._packets()

    def _packets(self) -> Iterator[Any]:
        return _checked(self._container.demux(self._stream), self._guard)

    def _from_start(self, index: int, *, careful: bool) -> av.VideoFrame | None:
        """Frame `index`, decoded from the first one on, as decoding so far left a doubt, or met damage."""
        given, old = self._decoder.handed.pts if self._decoder.handed else None, self._container
        packets = self._reopen()
        self._decode_by(Decoder(self._stream, self._errors, packets, careful=careful))
        old.close()
        if not index:
            return self._next(self.path, index)
        frame = None
        for passed in range(index):
            frame = self._next(self.path, passed)
            if frame is None:
                break
        if index > self.first and (frame is None or frame.pts != given):
            problem = "cannot be found by counting packets, nor can those before it; read the video from frame 0"
            raise VideoError(self.path, problem, index)
        return None if frame is None else self._next(self.path, index)

    def _frame(self, index: int) -> Frame | None:
        frame = self._decoded(index)
        if frame is None:
            return None
        if index == 1:
            self._note_leading()
        if frame.is_corrupt:
            self._note_damage(index)
        if frame.interlaced_frame and not self.interlaced and not self._mixed:
            self._mixed = True
            self.notices.append(f"frames are marked as interlaced from frame {index} on")
        return self._planes(frame, index)

    def _note_leading(self) -> None:
        """Tell how many frames are missing before the first; of some that is known with the second only."""
        count = self._decoder.leading
        if count != self._left_out:
            what = "1 frame at the start cannot be decoded and is"
            if count > 1:
                what = f"{count} frames at the start cannot be decoded and are"
            line = f"{what} left out"
            self.notices[: min(1, self._left_out)] = [line]
            self._left_out = count

    def _note_damage(self, index: int) -> None:
        """Name the frame in the one notice of all damage."""
        self._damaged.append(index)
        frames = ", ".join(map(str, self._damaged[:20])) + (", ..." if len(self._damaged) > 20 else "")
        if len(self._damaged) == 1:
            self._damage_at = len(self.notices)
            self.notices.append("")
        self.notices[self._damage_at] = f"the decoder concealed damage in frames {frames}"

    def _pass(self, index: int) -> bool:
        return self._decoded(index) is not None

    def _decoded(self, index: int) -> av.VideoFrame | None:
        frame, self._first = self._first, None
        return self._next(self.path, index) if frame is None else frame
