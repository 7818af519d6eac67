# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command line of `vmaf`: libvmaf's, read as GNU getopt_long reads it."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .._ffi import nearest
from .grammar import (
    FeatureSpec,
    ModelSpec,
    UsageError,
    parse_feature,
    parse_feature_params,
    parse_model,
)

MAX_MODELS = MAX_FEATURES = 32
DEFAULT_MODEL = "version=vmaf_v0.6.1"


class Option(NamedTuple):
    """One option of the command: its names, what it takes, and its line of help."""

    name: str
    short: str
    value: str  # what the argument is, "" for a flag
    help: str


OPTIONS = [
    Option("reference", "r", "PATH", "reference: y4m, raw, or what PyAV decodes"),
    Option("distorted", "d", "PATH", "distorted video"),
    Option("width", "w", "N", "width of raw video"),
    Option("height", "h", "N", "height of raw video"),
    Option("pixel_format", "p", "FORMAT", "chroma of raw video: 420, 422 or 444"),
    Option("bitdepth", "b", "N", "bit depth of raw video: 8, 10, 12 or 16"),
    Option("model", "m", "MODEL", f"again for more; default {DEFAULT_MODEL}"),
    Option("output", "o", "PATH", "log file"),
    Option("xml", "", "", "write the log as XML (default)"),
    Option("json", "", "", "write the log as JSON"),
    Option("csv", "", "", "write the log as CSV"),
    Option("sub", "", "", "write the log as MicroDVD subtitles"),
    Option("threads", "", "N", "worker threads; 0: none"),
    Option("feature", "", "FEATURE", "additional extractor, again for more"),
    Option("cpumask", "", "MASK", "instruction sets not to use, as bits; -1: all"),
    Option("gpumask", "", "MASK", "accepted and ignored"),
    Option("frame_cnt", "", "N", "score at most N frames"),
    Option("frame_skip_ref", "", "N", "leave out the reference's first N frames"),
    Option("frame_skip_dist", "", "N", "leave out the distorted video's first N frames"),
    Option("subsample", "", "N", "score each N-th frame"),
    Option("quiet", "q", "", "no progress display"),
    Option("no_prediction", "n", "", "extract features only"),
    Option("version", "v", "", "print the version and exit"),
    Option("aom_ctc", "", "PRESET", "models and features of AOM's CTC, v1.0 to v7.0"),
    Option("nflx_ctc", "", "PRESET", "models and features of Netflix' CTC, v1.0"),
]
# Ours. A prefix never means them when it means one of libvmaf's.
ADDED = [
    Option("feature_params", "", "PARAMS", "options of an extractor, NAME:OPTION=VALUE"),
    Option("help", "", "", "print this text and exit"),
]
# Taken by libvmaf's parser and never looked at.
IGNORED = Option("", "c", "ANY", "")

EXIT_CODES = """\
Exit status:
  0    scored; also when one video ended before the other
  1    the command line makes no sense
  2    the log cannot be written; mostly found before the work
  130  interrupted, 143 and 129 by SIGTERM and SIGHUP; the log holds the frames
       before
  234  reading a frame failed; the log holds the frames before
  255  a video, model or feature cannot be used, or there is no score
"""

EXAMPLES = """\
Examples:
  vmaf -r ref.y4m -d dist.y4m -o log.xml
  vmaf -r ref.yuv -d dist.yuv -w 1920 -h 1080 -p 420 -b 8 --json -o log.json
  vmaf -r ref.y4m -d dist.mp4 --feature psnr=enable_mse=true --csv -o log.csv
  vmaf -r ref.y4m -d dist.y4m -m version=vmaf_v0.6.1neg -m path=my.json:name=my
"""


@dataclass
class Arguments:
    """What the command line says, checked."""

    reference: str = ""
    distorted: str = ""
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    bitdepth: int = 0
    models: list[ModelSpec] = field(default_factory=list)
    features: list[FeatureSpec] = field(default_factory=list)
    output: str = ""
    format: str = "xml"
    threads: int = 0
    subsample: int = 0
    cpumask: int = 0
    frame_cnt: int = 0
    frame_skip_ref: int = 0
    frame_skip_dist: int = 0
    quiet: bool = False
    no_prediction: bool = False
    common_depth: bool = False
    show: str = ""  # "help" or "version": print that and nothing else

    @property
    def raw(self) -> bool:
        """Whether any option describes raw video."""
        return bool(self.width or self.height or self.pixel_format or self.bitdepth)


def usage(program: str) -> str:
    """One line that says how the command is called."""
    lines = [f"Usage: {program} [options]", "", "Supported options:"]
    for option in [*OPTIONS, *ADDED]:
        flag = f"--{option.name}" + (f"/-{option.short}" if option.short else "")
        lines.append(wrapped(f"{flag} {option.value}".rstrip(), option.help))
    return "\n".join(lines) + "\n"


def wrapped(flag: str, help: str) -> str:
    """An option's line, which goes on below its beginning."""
    try:
        width = max(os.get_terminal_size(2).columns, 30)
    except OSError:
        width = 80
    if width >= 60:
        first, rest = f"  {flag:<28} ", " " * 31
    else:
        first, rest = f"  {flag}\n      ", " " * 6
    lines = textwrap.wrap(help, width - len(rest), break_on_hyphens=False)
    return first + f"\n{rest}".join(lines)


def full_help(program: str) -> str:
    """The text of ``--help``."""
    return f"{usage(program)}\n{EXIT_CODES}\n{EXAMPLES}"


def find_long(word: str) -> Option:
    """The option that a long name or an unambiguous start of one means."""
    for option in [*OPTIONS, *ADDED]:
        if option.name == word:
            return option
    for known in (OPTIONS, ADDED):
        found = [option for option in known if option.name.startswith(word)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"--{option.name}" for option in found)
            raise UsageError(f"Option --{word} is ambiguous: {names}")
    flags = [f"--{option.name}" for option in [*OPTIONS, *ADDED]]
    raise UsageError(f"Unknown option --{word}{nearest(f'--{word}', flags, listed=False)}")


def find_short(letter: str) -> Option:
    """The option of that letter."""
    for option in [*OPTIONS, IGNORED]:
        if option.short == letter:
            return option
    raise UsageError(f"Unknown option -{letter}")


def scan(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(long name, argument) of each option in turn; "" for a flag's argument."""
    words = iter(argv)

    def argument(option: Option, flag: str) -> str:
        value = next(words, None)
        if value is None:
            raise UsageError(f"Option {flag} needs an argument, {option.value}")
        return value

    for word in words:
        if word.startswith("--") and word != "--":
            name, equals, value = word[2:].partition("=")
            option = find_long(name)
            if option.value and not equals:
                value = argument(option, f"--{option.name}")
            elif equals and not option.value:
                raise UsageError(f"Option --{option.name} takes no argument")
            yield option.name, value
        elif word.startswith("-") and word not in ("-", "--"):
            letters = word[1:]
            while letters:
                option, letters = find_short(letters[0]), letters[1:]
                value = ""
                if option.value:
                    value, letters = letters or argument(option, f"-{option.short}"), ""
                yield option.name, value
        else:
            rest = next(words, None) if word == "--" else word
            if rest is not None:
                raise UsageError(f'Unexpected argument "{rest}"; name videos by -r and -d')


def invalid(option: Option, text: str, what: str) -> UsageError:
    """A usage error that names option, value and what is allowed."""
    flag = (f"-{option.short}/" if option.short else "") + f"--{option.name}"
    return UsageError(f'Invalid argument "{text}" for option {flag}; should be {what}')


def parse_number(option: Option, text: str) -> int:
    """Decimal or 0x..., of 32 bits. Leading zeros would be octal to libvmaf."""
    mask = option.name.endswith("mask")
    if mask and text == "-1":
        return 0xFFFFFFFF
    if not re.fullmatch(r"0[xX][0-9a-fA-F]+|0|[1-9][0-9]*", text) or int(text, 0) >> 32:
        raise invalid(option, text, "an integer")
    return int(text, 0)


PSNR_AOM = "psnr=reduced_hbd_peak=true:enable_apsnr=true:min_sse=0.5"
DB = "enable_db=true:clip_db=true"
VMAF_AND_NEG = ["version=vmaf_v0.6.1:name=vmaf", "version=vmaf_v0.6.1neg:name=vmaf_neg"]
AOM_V1 = [PSNR_AOM, "ciede", f"float_ssim={DB}", f"float_ms_ssim={DB}", "psnr_hvs"]
AOM_V7 = [PSNR_AOM, "ciede", f"float_ssim=scale=1:{DB}", *AOM_V1[3:], "cambi"]
AOM_FEATURES = {
    **dict.fromkeys(("v1.0", "v2.0"), AOM_V1),
    **{key: [*AOM_V1, "cambi"] for key in ("v3.0", "v4.0", "v5.0", "v6.0")},
    "v7.0": AOM_V7,
}
NFLX_MODELS = ["version=vmaf_4k_v0.6.1:name=vmaf", "version=vmaf_4k_v0.6.1neg:name=vmaf_neg"]
NFLX_FEATURES = {
    "v1.0": ["psnr=enable_chroma=true:enable_apsnr=true", f"float_ssim={DB}", "cambi"],
}


class Parser:
    """Applies options in order, as later ones override earlier ones."""

    def __init__(self) -> None:
        self.arguments = Arguments()

    def apply(self, name: str, value: str) -> None:
        """Take one option with its value."""
        a = self.arguments
        option = find_long(name)
        if name == "model":
            self.add_model(value)
        elif name == "feature":
            self.add_feature(value)
        elif name == "feature_params":
            self.add_feature_params(value)
        elif name in ("aom_ctc", "nflx_ctc"):
            self.add_preset(name, value)
        elif name in ("xml", "json", "csv", "sub"):
            a.format = name
        elif name in ("help", "version"):
            a.show = name
        elif name in ("quiet", "no_prediction"):
            setattr(a, name, True)
        elif name in ("reference", "distorted", "output"):
            setattr(a, name, value)
        elif name == "pixel_format":
            if value not in ("420", "422", "444"):
                raise invalid(option, value, "a valid pixel format (420/422/444)")
            a.pixel_format = value
        elif name == "bitdepth":
            if value not in ("8", "10", "12", "16"):
                raise invalid(option, value, "a valid bitdepth (8/10/12/16)")
            a.bitdepth = int(value)
        else:
            number = parse_number(option, value)
            if name != "gpumask":
                setattr(a, name, number)

    def add_model(self, text: str) -> None:
        """Take a ``--model``."""
        if len(self.arguments.models) == MAX_MODELS:
            raise UsageError(f"A maximum of {MAX_MODELS} models are supported")
        self.arguments.models.append(parse_model(text))

    def add_feature(self, text: str) -> None:
        """Take a ``--feature``."""
        if len(self.arguments.features) == MAX_FEATURES:
            raise UsageError(f"A maximum of {MAX_FEATURES} features are supported")
        self.arguments.features.append(parse_feature(text))

    def add_feature_params(self, text: str) -> None:
        """Options for the --feature of that name, which need not be given."""
        params = parse_feature_params(text)
        for feature in self.arguments.features:
            if feature.name == params.name:
                feature.options.update(params.options)
                return
        self.add_feature(params.name)
        self.arguments.features[-1].options = params.options

    def add_preset(self, name: str, version: str) -> None:
        """Take the models and features of a preset."""
        known = AOM_FEATURES if name == "aom_ctc" else NFLX_FEATURES
        if version not in known:
            raise UsageError(f'bad {name} version "{version}"; there are {", ".join(known)}')
        for model in VMAF_AND_NEG if name == "aom_ctc" else NFLX_MODELS:
            self.add_model(model)
        for feature in known[version]:
            self.add_feature(feature)
        if name == "aom_ctc" and version in ("v6.0", "v7.0"):
            self.arguments.common_depth = True

    def finish(self) -> Arguments:
        """Check what only all options together tell."""
        a = self.arguments
        if not a.reference:
            raise UsageError("Reference .y4m or .yuv (-r/--reference) is required")
        if not a.distorted:
            raise UsageError("Distorted .y4m or .yuv (-d/--distorted) is required")
        if a.raw and not (a.width and a.height and a.pixel_format and a.bitdepth):
            raise UsageError(
                "The following options are required for .yuv input:\n  --width/-w\n"
                "  --height/-h\n  --pixel_format/-p\n  --bitdepth/-b"
            )
        if not a.models and not a.no_prediction:
            self.add_model(DEFAULT_MODEL)
        names = [model.name for model in a.models]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise UsageError(
                f"Each model should be uniquely named. Set using `:name=`; given twice: {', '.join(sorted(twice))}"
            )
        return a


def parse(argv: Sequence[str]) -> Arguments:
    """
    Raises:
        UsageError: with the reason as its text.
    """
    parser = Parser()
    for name, value in scan(argv):
        if name:
            parser.apply(name, value)
        if parser.arguments.show:
            return parser.arguments
    return parser.finish()
