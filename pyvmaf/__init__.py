# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Full-reference video quality (VMAF), measured exactly and fast."""

import sys as _sys
import typing as _typing
from importlib import import_module as _import_module

# `python -m pyvmaf` loads all this before its __main__, which is where commands otherwise begin.
if _sys.argv[:1] == ["-m"] and _sys.orig_argv[-len(_sys.argv) :][:1] in ([__name__], [f"-m{__name__}"]):
    from _pyvmaf_commands import heed as _heed

    _heed(__name__)

from ._ffi import call as _call
from ._paths import get_include, get_library
from .engine.context import VmafContext
from .engine.extractor import ExtractorInfo, FeatureExtractor, Option, extractors
from .engine.model import VmafModel, VmafModelCollection, VmafModelCollectionScore, builtin_models
from .engine.rows import register, unregister
from .enums import LogLevel, ModelFlags, OutputFormat, PixelFormat, PoolingMethod
from .errors import (
    VmafBusyError,
    VmafCanceledError,
    VmafError,
    VmafFileExistsError,
    VmafFileNotFoundError,
    VmafIsADirectoryError,
    VmafKeyError,
    VmafMemoryError,
    VmafNotADirectoryError,
    VmafNotSupportedError,
    VmafOSError,
    VmafPermissionError,
    VmafTimeoutError,
    VmafTypeError,
    VmafValueError,
)
from .lpips import LpipsExtractor as _LpipsExtractor
from .parts.merge import merge
from .pictures.picture import VmafPicture
from .results.pooled import Pooled
from .results.result import Result
from .results.run import Run
from .scoring.aligned import AlignmentError
from .scoring.choice import ModelChoice, choose_model
from .scoring.plan import Plan, Span
from .scoring.score import IncompleteError, Interrupted, score
from .smooth.gradient import Gradient, gradient
from .streaming.stream import FrameScores, Stream, StreamError
from .video import PairError, Video, VideoError, VideoFormat, open_video

__all__ = [
    "Alignment",
    "AlignmentError",
    "ExtractorInfo",
    "Facts",
    "FeatureExtractor",
    "FrameScores",
    "Gradient",
    "IncompleteError",
    "Inspection",
    "Interrupted",
    "LogLevel",
    "ModelChoice",
    "ModelFlags",
    "Option",
    "Outcome",
    "OutputFormat",
    "PairError",
    "PixelFormat",
    "Plan",
    "Pooled",
    "PoolingMethod",
    "Result",
    "Run",
    "Span",
    "Stream",
    "StreamError",
    "Video",
    "VideoError",
    "VideoFormat",
    "VmafBusyError",
    "VmafCanceledError",
    "VmafContext",
    "VmafError",
    "VmafFileExistsError",
    "VmafFileNotFoundError",
    "VmafIsADirectoryError",
    "VmafKeyError",
    "VmafMemoryError",
    "VmafModel",
    "VmafModelCollection",
    "VmafModelCollectionScore",
    "VmafNotADirectoryError",
    "VmafNotSupportedError",
    "VmafOSError",
    "VmafPermissionError",
    "VmafPicture",
    "VmafTimeoutError",
    "VmafTypeError",
    "VmafValueError",
    "builtin_models",
    "choose_model",
    "extractors",
    "facts_of",
    "get_include",
    "get_library",
    "gradient",
    "inspect",
    "merge",
    "open_video",
    "register",
    "score",
    "score_many",
    "unregister",
]

__version__: str = _call.vmaf_version().partition("-pyvmaf-")[2]

#: What is imported when it is first asked for, as it brings modules that few programs need.
_LATER = {
    "Outcome": "batch.many", "score_many": "batch.many",
    **dict.fromkeys(("Alignment", "Facts", "Inspection", "facts_of", "inspect"), "pairs"),
}  # fmt: skip

_MODULES = ("aio", "compat")

if _typing.TYPE_CHECKING:
    from . import aio as aio
    from . import compat as compat
    from .batch.many import Outcome, score_many
    from .pairs import Alignment, Facts, Inspection, facts_of, inspect
else:  # a type checker knows every name, and so what is misspelt

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return _import_module(f".{name}", __name__)
        if name in _LATER:
            return getattr(_import_module(f".{_LATER[name]}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, *_MODULES})


register(_LpipsExtractor)
VmafContext().close()  # has the engine print nothing: what fails raises
