# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two videos in, one result out: the engine driven from the first frame to the last.

`score` is the one-liner. `measure` is what it and the commands are made of; it
keeps what was scored when a frame cannot be read.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

from ._ffi import call, nearest, unsigned
from .choice import ModelChoice, choose_model
from .context import Model, VmafContext
from .errors import VmafError, VmafTypeError, VmafValueError
from .extractor import ExtractorInfo, extractors
from .lpips.tags import contradictions
from .model import VmafModel, VmafModelCollection, any_builtin, any_from_path
from .picture import VmafPicture
from .result import Result, Run, collect, count
from .video import Pair, RawVideo, Source, Video, VideoFormat, open_video

Path: TypeAlias = str | os.PathLike[str]
Feature: TypeAlias = str | tuple[str, Mapping[str, object]]
Progress: TypeAlias = Callable[[int, int | None], None]


#: The name that stands for the model that `choose_model` finds.
AUTO = "auto"


class IncompleteError(VmafError):
    """Scoring ended before the videos did; the cause is ``__cause__``.

    Attributes:
        result: what was scored until then.
    """

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[type[IncompleteError], tuple[str, Result]]:  # type: ignore[override]
        return type(self), (str(self), self.result)


class RawUnusedError(VmafValueError):
    """A raw format was given for files that name their own."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `score`; `result` is what was scored until then."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True)
class Measured:
    """How far `measure` got, and what stopped it before the end, if anything."""

    frames: int
    error: Exception | KeyboardInterrupt | None = None


def measure(context: VmafContext, pair: Pair, *, limit: int = 0, progress: Progress | None = None) -> Measured:
    """Read every frame of `pair`, at most `limit` unless it is 0, and flush.

    A failure, whatever it is, or Ctrl-C ends the reading; the frames before are
    flushed all the same, so that their scores can be asked for. Only what
    `progress` raises comes out. Frames are counted by the context, not here: Ctrl-C
    may come after it took a pair and before anything is noted here.
    """
    frames = 0
    error: Exception | KeyboardInterrupt | None = None
    format = pair.format
    total = pair.frame_count
    context.check_samples = context.check_samples and not pair.is_checked
    for line in pair.cautions:
        warnings.warn(line, stacklevel=3)
    if limit:
        total = limit if total is None else min(limit, total)
    with closing(iter(pair)) as pairs:
        try:
            while not limit or frames < limit:
                try:
                    planes = next(pairs, None)
                    if planes is None:
                        break
                    a, b = (VmafPicture.from_planes(p, format.pix_fmt, format.bpc) for p in planes)
                    context.read_pictures(a, b, frames)
                    del planes, a, b  # the engine keeps what it needs
                except Exception as caught:
                    error = caught
                    break
                frames += 1
                if progress:
                    progress(frames, total)
        except KeyboardInterrupt as caught:
            error = caught
    try:
        context.flush()
        for line in pair.notices:
            warnings.warn(line, stacklevel=3)
    except (Exception, KeyboardInterrupt) as caught:
        error = error or caught
    return Measured(context.read_count, error)


def load_model(
    version: str | None = None, path: Path | None = None, *, name: str | None = None, flags: int = 0
) -> Model:
    """The single model or collection that is built in as `version`, or that the file `path` holds."""
    if version is not None:
        return any_builtin(version, name=name, flags=flags)
    assert path is not None
    return any_from_path(path, name=name, flags=flags)


def check_overload(model: Model, extractor: str) -> None:
    """Raise when none of the model's features comes from `extractor`."""
    of = model.model if isinstance(model, VmafModelCollection) else model
    names = [e.name for e in extractors() if any(provides(e, f) for f in of.features)]
    if extractor not in names:
        raise VmafValueError(f"model {of.name!r} uses no features of {extractor!r}; {nearest(extractor, names)}")


def provides(extractor: ExtractorInfo, published: str) -> bool:
    """Whether the published name is one of the extractor's, bare or decorated by options."""
    for name in extractor.features:
        alias = str(call.pyvmaf_feature_alias(name))
        if published in (name, alias) or published.startswith(f"{alias}_"):
            return True
    return False


def _as_models(given: str | Path | Model | Sequence[str | Path | Model] | None) -> list[Model]:
    """Models of `score`'s argument, named after themselves or after their files."""
    if given is None:
        return []
    kinds = (VmafModel, VmafModelCollection)
    if isinstance(given, (str, os.PathLike, *kinds)):
        given = [given]
    if not isinstance(given, Sequence) or not all(isinstance(one, (str, os.PathLike, *kinds)) for one in given):
        raise VmafTypeError(f"model is {given!r}, must be a name, a path, a model, or a sequence of them")
    out: list[Model] = []
    for one in given:
        if isinstance(one, kinds):
            out.append(one)
            continue
        text = os.fspath(one)
        is_path = isinstance(one, os.PathLike) or text.endswith(".json") or os.sep in text
        stem = os.path.splitext(os.path.basename(text))[0] if is_path else text
        out.append(load_model(None if is_path else text, text, name=stem))
    return out


def _choose(given: Sequence[object], pair: Pair, viewing_distance: float | None) -> tuple[list[Any], ModelChoice]:
    """`score`'s models with the chosen one in the place of "auto", and the choice."""
    format = pair.format
    choice = choose_model(format.width, format.height, pair.ref.frame_rate, viewing_distance)
    return [choice.model if one == AUTO else one for one in given], choice


def _as_features(given: Iterable[Feature]) -> list[tuple[str, Mapping[str, object]]]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise VmafTypeError(f"features is {given!r}, must be a sequence of names or (name, options)")
    out: list[tuple[str, Mapping[str, object]]] = []
    for one in given:
        if isinstance(one, str):
            out.append((one, {}))
        elif isinstance(one, (tuple, list)) and len(one) == 2:
            out.append((one[0], one[1]))
        else:
            raise VmafTypeError(f"features has {one!r}, must be a name or (name, options)")
    return out


def default_threads() -> int:
    """One for each processor that this process may use; none when that is one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 0 if usable in (None, 1) else int(usable or 0)


def open_videos(
    sides: Sequence[Source | Video], raw: VideoFormat | None, streams: Sequence[int | None], opened: list[Video]
) -> None:
    """Open both sides, or take them where they are open; `opened` is what there is, whatever fails.

    Raises:
        RawUnusedError: `raw` was given, but both files name their own format.
        VmafError: a video cannot be used.
    """
    if sides[0] == sides[1] == "-":
        raise VmafValueError("standard input is given for both sides; it holds one video")
    for side, stream in zip(sides, streams, strict=True):
        opened.append(side if isinstance(side, Video) else open_video(side, raw, stream=stream))
    if raw is not None and not any(isinstance(video, RawVideo) for video in opened):
        formats = " and ".join(f"{video.path} is {video.format}" for video in opened)
        raise RawUnusedError(f"a raw format, {raw}, is given, but both files name their own: {formats}")


def _check_colours(options: Mapping[str, object], videos: Sequence[Video]) -> None:
    """Warn where a file says that its colours are not what `lpips` takes them for."""
    for video in videos:
        for problem in contradictions(options, video.colour):
            warnings.warn(f"{video.path}: {problem}", stacklevel=3)


def _describe(pair: Pair, models: Sequence[Model], subsample: int, seconds: float, frames: int) -> Run:
    format = pair.format
    names = (os.fsdecode(pair.ref.path), os.fsdecode(pair.dist.path))
    sources = tuple(model.source for model in models)
    return Run(*names, format.width, format.height, format.chroma, format.bpc, subsample, seconds, frames, sources)


@dataclass
class _Plan:
    """What `score` was asked for, but for the videos; checked when it is made."""

    model: str | Path | Model | Sequence[str | Path | Model] | None
    features: Iterable[Feature]
    n_threads: int | None
    subsample: int
    frames: int
    cpumask: int
    progress: Progress | None
    viewing_distance: float | None

    def __post_init__(self) -> None:
        self.asked: Sequence[object] = self.model if isinstance(self.model, (list, tuple)) else [self.model]
        if self.viewing_distance is not None and AUTO not in self.asked:
            raise VmafValueError(f"viewing_distance is {self.viewing_distance!r}, but no model is {AUTO!r}")
        self.models = [] if AUTO in self.asked else _as_models(self.model)
        self.wanted = _as_features(self.features)
        self.limit = unsigned("frames", self.frames)

    def run(self, opened: Sequence[Video]) -> Result:
        """Score the pair; see `score` for what is raised."""
        pair = Pair(*opened)
        notes = [f"{video.path}: {video.stream}" for video in opened if video.stream]
        if AUTO in self.asked:
            chosen, choice = _choose(self.asked, pair, self.viewing_distance)
            self.models = _as_models(chosen)
            notes.append(str(choice))
        threads = default_threads() if self.n_threads is None else self.n_threads
        with VmafContext(n_threads=threads, n_subsample=self.subsample, cpumask=self.cpumask) as context:
            self._register(context, opened)
            start = time.monotonic()
            measured = measure(context, pair, limit=self.limit, progress=self.progress)
            run = _describe(pair, self.models, self.subsample, time.monotonic() - start, measured.frames)
            notes += [pair.note] if pair.note else []
            result = collect(context, self.models, measured.frames, self.subsample, "; ".join(notes) or None, run)
        if isinstance(measured.error, KeyboardInterrupt):
            raise Interrupted(result) from None
        if measured.error:
            message = f"{measured.error}; {count(measured.frames, 'frame')} scored before"
            raise IncompleteError(message, result) from measured.error
        return result

    def _register(self, context: VmafContext, opened: Sequence[Video]) -> None:
        for one in self.models:
            context.use_features_from_model(one)
        for name, options in self.wanted:
            context.use_feature(name, options)
            if name == "lpips":
                _check_colours(options, opened)


def score(
    ref: Source | Video,
    dist: Source | Video,
    *,
    model: str | Path | Model | Sequence[str | Path | Model] | None = "vmaf_v0.6.1",
    features: Iterable[Feature] = (),
    raw: VideoFormat | None = None,
    n_threads: int | None = None,
    subsample: int = 1,
    frames: int = 0,
    cpumask: int = 0,
    progress: Progress | None = None,
    viewing_distance: float | None = None,
    streams: tuple[int | None, int | None] = (None, None),
) -> Result:
    """Score a distorted video against its reference.

    The part that both videos have is scored; `Result.note` says when one of
    them is longer.

    Args:
        ref: y4m, raw with `raw`, or anything that PyAV decodes: a path, a URL, "-"
            for standard input, a binary file object, or an open `Video`.
        dist: likewise; size, chroma and depth must be those of `ref`.
        model: names of built-in models, paths of model files, or models; None
            for features only. Columns are named after the models ("vmaf" is an
            alias of the first). "auto" is the VMAF v1 model that `choose_model`
            finds for the reference; `Result.note` says which, and why.
        features: extractors to run besides the models', each a name or
            ``(name, options)``.
        raw: what raw files hold; a file that names its own format keeps it.
        n_threads: worker threads; None: one for each processor.
        subsample: score each n-th frame.
        frames: score at most so many; 0: all.
        cpumask: instruction sets not to use.
        progress: called after each frame with their number and the expected
            total, or None where no file tells.
        viewing_distance: for "auto", in picture heights; None: the usual one.
        streams: numbers of the video streams of `ref` and `dist`, as ffprobe counts;
            None: what FFmpeg thinks best, and `Result.note` says which.

    Where the files' tags differ (range, matrix, transfer, rotation, frame rate,
    interlacing), and where a decoder concealed damage, a warning says so.

    Raises:
        VmafError: a video, model or feature cannot be used.
        IncompleteError: a frame cannot be read or scored; it carries the result so far.
        Interrupted: a KeyboardInterrupt that carries it too.
    """
    plan = _Plan(model, features, n_threads, subsample, frames, cpumask, progress, viewing_distance)
    opened: list[Video] = []
    try:
        open_videos((ref, dist), raw, streams, opened)
        return plan.run(opened)
    finally:
        for video, given in zip(opened, (ref, dist), strict=False):
            if video is not given:
                video.close()
