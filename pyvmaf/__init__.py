# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Full-reference video quality (VMAF), measured exactly and fast."""

from ._ffi import call
from ._paths import get_include, get_library
from ._rows import register, unregister
from .choice import ModelChoice, choose_model
from .context import VmafContext
from .enums import LogLevel, ModelFlags, OutputFormat, PixelFormat, PoolingMethod
from .errors import VmafError
from .extractor import ExtractorInfo, FeatureExtractor, Option, extractors
from .lpips import LpipsExtractor
from .measure import IncompleteError, score
from .model import VmafModel, VmafModelCollection, VmafModelCollectionScore, builtin_models
from .picture import VmafPicture
from .result import Pooled, Result
from .smooth.gradient import Gradient, gradient
from .video import VideoError, VideoFormat, open_video

__all__ = [
    "ExtractorInfo",
    "FeatureExtractor",
    "Gradient",
    "IncompleteError",
    "LogLevel",
    "ModelChoice",
    "ModelFlags",
    "Option",
    "OutputFormat",
    "PixelFormat",
    "Pooled",
    "PoolingMethod",
    "Result",
    "VideoError",
    "VideoFormat",
    "VmafContext",
    "VmafError",
    "VmafModel",
    "VmafModelCollection",
    "VmafModelCollectionScore",
    "VmafPicture",
    "builtin_models",
    "choose_model",
    "extractors",
    "get_include",
    "get_library",
    "gradient",
    "open_video",
    "register",
    "score",
    "unregister",
]

__version__ = call.vmaf_version().partition("-pyvmaf-")[2]

register(LpipsExtractor)
