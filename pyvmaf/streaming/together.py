# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Several distorted streams against one reference: its half of the work is done once."""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from .._ffi import ffi, lib, text, unsigned
from ..engine.context import VmafContext
from ..enums import PixelFormat
from ..errors import VmafError, VmafValueError, error_for
from ..pictures.picture import as_picture, reference


class StreamsError(VmafError):
    """A frame failed in some of several streams; the others have read it.

    Attributes:
        errors: what each stream's own :meth:`VmafContext.read_pictures` would have raised; None: it went well.
    """

    def __init__(self, errors: Sequence[BaseException | None]) -> None:
        self.errors = tuple(errors)
        failed = {i: error for i, error in enumerate(errors) if error is not None}
        number = next((error.errno for error in failed.values() if isinstance(error, VmafError)), None)
        what = "; ".join(f"{i}: {error}" for i, error in failed.items())
        super().__init__(f"{len(failed)} of {len(errors)} streams failed: {what}", number or errno.EINVAL)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors,)


def read_together(
    contexts: Sequence[VmafContext],
    ref: Any,
    dists: Sequence[Any],
    index: int | None = None,
    *,
    halo: bool = False,
    bpc: int | None = None,
    pix_fmt: PixelFormat | int | str | None = None,
    borrow: bool = False,
) -> None:
    """Measure one frame of several distorted streams, each in a context of its own, against one reference.

    Each context gets, to the bit, the numbers that its own
    :meth:`VmafContext.read_pictures` would give it; what they have in common is
    computed once: low passes and bands of the reference, and all that depends on
    nothing else. Contexts may register different features and models, and are
    asked, flushed and closed one by one. The frames of all run on the worker
    threads of the first context, so the others are best made with ``n_threads=0``.

    Args:
        contexts: 1 to 16, all different.
        ref: the reference; a picture as in :meth:`VmafContext.read_pictures`.
        dists: as many distorted pictures, of the same size, format and depth.
        index: of the frame, from 0 without gaps; None: the one after the last.
        halo: the frame is not scored itself, see :meth:`VmafContext.read_halo`.
        bpc: bits per component of arrays; needed for uint16.
        pix_fmt: of arrays; None: what the shapes say.
        borrow: promise that arrays do not change.

    Raises:
        StreamsError: a picture was refused or an extractor failed in some of the
            streams; the others have read the frame all the same.
        VmafValueError: the same was wrong for all, such as the reference, or the call
            itself: not as many pictures as contexts, one context twice, one that is flushed.

    >>> import numpy as np
    >>> ref, *dists = np.random.default_rng(0).integers(0, 256, (4, 64, 96), np.uint8)
    >>> contexts = [VmafContext() for _ in dists]
    >>> for context in contexts:
    ...     context.use_feature("vif")
    >>> read_together(contexts, ref, dists, pix_fmt="gray")
    >>> for context in contexts:
    ...     context.flush()
    >>> len({context.feature_score_at_index("integer_vif_scale0", 0) for context in contexts})
    3
    """
    if not contexts or len(dists) != len(contexts):
        raise VmafValueError(f"{len(dists)} distorted pictures for {len(contexts)} contexts, must be one for each")
    first = contexts[0]
    if index is None:
        position = max(context.read_count + context._ahead for context in contexts)
    else:
        position = unsigned("index", index)
    for context in contexts:
        context._ahead = position - context.read_count
    told: dict[str, Any] = {"bpc": bpc, "pix_fmt": pix_fmt}
    pictures = [as_picture("reference", ref, **told, borrow=borrow)]
    errors: list[BaseException | None] = [None] * len(contexts)
    for i, dist in enumerate(dists):
        try:
            pictures.append(as_picture("distorted", dist, **told, borrow=borrow or first._n_threads == 0))
        except VmafError as error:
            errors[i] = error
    if first._n_threads:
        first._patiently(lib.pyvmaf_wait_room)
    rest = [i for i, error in enumerate(errors) if error is None]
    made = _read([contexts[i] for i in rest], [reference(picture._open) for picture in pictures], position, halo)
    for i, failed in zip(rest, made, strict=True):
        errors[i] = failed
    for picture in pictures:
        if picture._from_pool:
            picture.close()
    _raise(errors)


def _read(
    contexts: Sequence[VmafContext], pictures: Sequence[Any], index: int, halo: bool
) -> list[BaseException | None]:
    thread = threading.get_ident()
    streams = ffi.new("PyvmafStream[]", len(contexts))
    sessions = [context._engine.session for context in contexts]
    if not contexts:
        return []
    with ExitStack() as entered:
        for stream, context, picture in zip(streams, contexts, pictures[1:], strict=True):
            stream.context, stream.dist = entered.enter_context(context._entered()), picture
        for session in sessions:
            entered.callback(session.callers.discard, thread)
            session.callers.add(thread)
        lib.pyvmaf_clear_last_message()
        lib.pyvmaf_read_together(streams, len(contexts), pictures[0], index, halo)
    return [
        session.take() or error_for(stream.err, "pyvmaf_read_together", text(ffi.cast("char *", stream.reason)) or "")
        if stream.err
        else None
        for session, stream in zip(sessions, streams, strict=True)
    ]


def _raise(errors: Sequence[BaseException | None]) -> None:
    for error in errors:
        if error is not None and not isinstance(error, Exception):
            raise error
    first = errors[0]
    if first is not None and (len(errors) == 1 or all(str(error) == str(first) for error in errors)):
        raise first
    if any(error is not None for error in errors):
        raise StreamsError(errors)
