# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The ``lpips`` extractor: options, format checks, and the path of one frame."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, get_args, get_type_hints

from .. import model_files
from .._ffi import lib
from ..choices import LpipsChroma, LpipsDepth, LpipsMatrix, Range, Siting
from ..engine.extractor import FeatureExtractor, Option
from ..enums import PixelFormat
from ..errors import VmafError, error_for
from ..pictures.picture import VmafPicture
from .convert import Colour, Converter

# What only a context that uses the extractor needs is imported when one does:
# every start of every command would wait for it.
if TYPE_CHECKING:
    from .network import Network
    from .onnx_model import Model

ENVIRONMENT = "VMAF_LPIPS_MODEL_PATH"
#: Below, the third pooling is empty, and ONNX Runtime's kernels have crashed.
MIN_SIDE = 17
BIT_DEPTHS = (8, 10, 12, 16)
DEFAULT_NET = "squeeze"
#: Its registered file.
DEFAULT_FILE = "lpips_sq"

CHOICES: dict[str, tuple[str, ...]] = {name: get_args(words) for name, words in get_type_hints(Colour).items()}


def _choice(name: str, help: str) -> Option:
    allowed = CHOICES[name]
    text = f"{help}: {', '.join(allowed)}"
    return Option(name, str, getattr(Colour(), name), help=text, feature_param=True)


class LpipsExtractor(FeatureExtractor):
    """Learned perceptual distance of each frame; 0: identical."""

    name = "lpips"
    features = ("lpips",)
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            "model_path",
            str,
            None,
            help=f"ONNX file or registered name; else {ENVIRONMENT}'s, else what 'pyvmaf models fetch' got",
        ),
        _choice("matrix", "what Y'CbCr means; compat: as published LPIPS of video"),
        _choice("range", "which codes are black and white"),
        _choice("chroma", "how chroma is brought to the size of luma"),
        _choice("siting", "where bilinear chroma samples lie"),
        _choice("depth", "8: round samples to 8 bits; native: use all bits, unrounded RGB"),
        Option(
            "provider",
            str,
            "cpu",
            help="ONNX Runtime's execution provider: cpu, cuda, openvino, ...",
            feature_param=True,
        ),
        Option(
            "net",
            str,
            DEFAULT_NET,
            help="another registered network, by its name in 'pyvmaf models'",
            feature_param=True,
        ),
        Option("tag", str, "", help="put into the published name", feature_param=True),
        Option(
            "unverified",
            bool,
            False,
            help="take a file that has a registered name but another sha256",
        ),
    )

    model_path: str | None
    matrix: LpipsMatrix
    range: Range
    chroma: LpipsChroma
    siting: Siting
    depth: LpipsDepth
    provider: str
    net: str
    tag: str
    unverified: bool

    @classmethod
    def check(cls, options: Mapping[str, object]) -> None:
        """Look at the choices, and into the model, before there are frames."""
        from .onnx_model import load

        check_choices(options)
        given, net = options.get("model_path"), options.get("net") or DEFAULT_NET
        path, asked = locate(os.fsdecode(given) if isinstance(given, (str, os.PathLike)) else None, str(net))
        if not os.path.exists(path):
            raise error_for(-errno.ENOENT, "lpips", f"model {path}: {os.strerror(errno.ENOENT)}")
        identify(load(path), asked, unverified=options.get("unverified") in (True, 1, "true", "1"))

    def init(self, w: int, h: int, bpc: int, pix_fmt: PixelFormat) -> None:
        """Check the format and the options, and get the context's network."""
        if pix_fmt is PixelFormat.YUV400P:
            raise error_for(-errno.EINVAL, "lpips", "needs chroma; pictures are 4:0:0")
        if bpc not in BIT_DEPTHS:
            raise error_for(-errno.ENOTSUP, "lpips", f"bit depth is {bpc}, must be 8, 10, 12 or 16")
        if min(w, h) < MIN_SIDE:
            reason = f"pictures are {w}x{h}, must be at least {MIN_SIDE}x{MIN_SIDE}"
            raise error_for(-errno.EINVAL, "lpips", reason)
        check_choices({name: getattr(self, name) for name in CHOICES})
        path, net = locate(self.model_path, self.net)
        key = (path, net, self.provider, self.unverified)
        self.network = self.share(key, lambda: self._open(path, net))
        self.network.check_size(w, h)
        colour = Colour(self.matrix, self.range, self.chroma, self.siting, self.depth)
        self.convert = Converter((w, h), bpc, pix_fmt.shift, colour, self.network.table)

    def _open(self, path: str, net: model_files.Entry | None) -> Network:
        from .network import Network, runtime
        from .onnx_model import load

        model = load(path)
        known = identify(model, net, unverified=self.unverified)
        network = Network(model, self.n_threads, self.provider)
        _log(
            f"lpips: {model.path} {f'is the registered {known.name}' if known else 'is not registered'}"
            f" (sha256 {model.sha256}), on ONNX Runtime {runtime().__version__}"
            f" {network.provider}, {network.threads} threads"
        )
        return network

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        """The distance of one pair."""
        with self.network.buffers(self.convert.shape) as (one, other):
            # Here, not under the network's lock: while another frame runs.
            self.convert(ref.planes_rounded_up, one)
            self.convert(dist.planes_rounded_up, other)
            value = self.network.distance(one, other)
        if not math.isfinite(value):
            reason = f"the model gave {value} for frame {index}"
            raise error_for(-errno.EDOM, "lpips", reason)
        return {"lpips": value}


def check_choices(options: Mapping[str, object]) -> None:
    """Raise for an option that is given, and is none of the words that it may be."""
    for name, allowed in CHOICES.items():
        value = options.get(name)
        if value is not None and value not in allowed:
            reason = f"option {name} is {value!r}, must be {', '.join(allowed)}"
            raise error_for(-errno.EINVAL, "lpips", reason)


def identify(model: Model, net: model_files.Entry | None, *, unverified: bool) -> model_files.Entry | None:
    """The registered model that this is, if any, or a refusal."""
    if unverified:
        return None
    try:
        known = model_files.pinned(model.path.name, model.sha256)
    except VmafError as refusal:
        reason = f"{refusal}; the option unverified=true takes it anyway"
        raise error_for(-errno.EPERM, "lpips", reason) from None
    if net and known != net:
        reason = f"{model.path} (sha256 {model.sha256}) is not the registered {net.name}"
        reason += "; the option unverified=true takes it anyway"
        raise error_for(-errno.EPERM, "lpips", reason)
    return known


def locate(model_path: str | None, net: str) -> tuple[str, model_files.Entry | None]:
    """The model file, and the entry that it must be where its name says so.

    A path or a registered name, from the option or the environment, comes before the network's file in the cache.

    Raises:
        VmafError: no such network, or its file is not here.
    """
    asked = None if net == DEFAULT_NET else model_files.entry(net)
    if given := model_path or os.environ.get(ENVIRONMENT):
        if os.path.exists(given) or given not in model_files.entries():
            return given, asked
        asked = model_files.entry(given)
    wanted = asked or model_files.entry(DEFAULT_FILE)
    if wanted.path.exists():
        return str(wanted.path), wanted
    reason = f"no model: {wanted.file} is not here; get it by 'pyvmaf models fetch {wanted.name}'"
    reason += f", or name a file by the option model_path or by {ENVIRONMENT}"
    raise error_for(-errno.ENOENT, "lpips", reason)


def _log(message: str) -> None:
    lib.pyvmaf_extractor_log(lib.VMAF_LOG_LEVEL_INFO, message.encode("utf-8", "backslashreplace"))
