# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Write peer_logs.json: the logs of libvmaf's own library for `cli_cases.CASES`.

    python tests/data/make_peer_logs.py [LIBVMAF.so]

Without a path the peer is downloaded (see tests/support/capi.py).

The wheel that carries the library has no command, so its C interface is driven
in the order in which libvmaf's tool drives it, without worker threads.
"""

from __future__ import annotations

import ctypes as ct
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.capi import SCALAR, Configuration, Library, ModelConfig, peer_path
from support.cli_cases import CASES, LOGS, mask, write_clips

from pyvmaf.cli.arguments import Arguments, parse
from pyvmaf.cli.grammar import ModelSpec
from pyvmaf.video import Pair, VideoFormat, open_video

Loaded = tuple[ct.c_void_p, ct.c_void_p]
MEAN = 3
FORMATS = {"xml": 1, "json": 2, "csv": 3, "sub": 4}


def load_model(library: Library, spec: ModelSpec) -> Loaded:
    """A model, and the collection whose main model it is, if any."""
    model, collection = ct.c_void_p(), ct.c_void_p()
    config = ModelConfig(spec.name.encode(), spec.disable_clip + 2 * spec.enable_transform)
    given = ct.byref(model), ct.byref(collection), ct.byref(config)
    if spec.version:
        library.call("vmaf_model_load", given[0], given[2], spec.version.encode())
    else:
        assert spec.path and not spec.overloads
        library.call("vmaf_model_collection_load_from_path", *given, spec.path.encode())
    for extractor, options in spec.overloads.items():
        given_options = library.dictionary(options)
        library.call("vmaf_model_feature_overload", model, extractor.encode(), given_options)
    return model, collection


def read_frames(library: Library, context: ct.c_void_p, args: Arguments) -> int:
    raw = None
    if args.raw:
        raw = VideoFormat(args.width, args.height, args.pixel_format, args.bitdepth)
    frames = 0
    with open_video(args.reference, raw) as ref, open_video(args.distorted, raw) as dist:
        pair = Pair(ref, dist, skip_ref=args.frame_skip_ref, skip_dist=args.frame_skip_dist)
        for planes in pair:
            if args.frame_cnt and frames == args.frame_cnt:
                break
            chroma, bpc = pair.format.chroma, pair.format.bpc
            a, b = (library.picture(p, chroma, bpc) for p in planes)
            library.call("vmaf_read_pictures", context, ct.byref(a), ct.byref(b), frames)
            frames += 1
    library.call("vmaf_read_pictures", context, None, None, 0)
    return frames


def pool(library: Library, context: ct.c_void_p, models: Sequence[Loaded], last: int) -> None:
    """Every model first, then every collection."""
    room = ct.create_string_buffer(40)  # a double or a VmafModelCollectionScore
    score = ct.cast(room, ct.POINTER(ct.c_double))
    for model, _ in models:
        library.call("vmaf_score_pooled", context, model, MEAN, score, 0, last)
    for _, collection in models:
        if collection:
            name = "vmaf_score_pooled_model_collection"
            library.call(name, context, collection, MEAN, room, 0, last)


def peer_log(library: Library, args: Arguments) -> str:
    context = ct.c_void_p()
    configuration = Configuration(0, 0, args.subsample, SCALAR, 0)
    library.call("vmaf_init", ct.byref(context), configuration)
    models = [load_model(library, spec) for spec in args.models]
    for model, collection in models:
        library.call("vmaf_use_features_from_model", context, model)
        if collection:
            library.call("vmaf_use_features_from_model_collection", context, collection)
    for feature in args.features:
        given = library.dictionary(feature.options)
        library.call("vmaf_use_feature", context, feature.name.encode(), given)
    frames = read_frames(library, context, args)
    if not args.no_prediction:
        pool(library, context, models, frames - 1)
    with tempfile.NamedTemporaryFile() as file:
        library.call("vmaf_write_output", context, file.name.encode(), FORMATS[args.format])
        log = Path(file.name).read_text("ascii")
    library.call("vmaf_close", context)
    for model, collection in models:
        library.dll.vmaf_model_destroy(model)
        library.dll.vmaf_model_collection_destroy(collection)
    return mask(log)


def main() -> None:
    cache = Path(__file__).parents[2] / ".cache"
    library = Library(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else peer_path(cache))
    with tempfile.TemporaryDirectory() as folder:
        write_clips(Path(folder))
        os.chdir(folder)
        logs = {name: peer_log(library, parse(argv)) for name, argv in CASES.items()}
    LOGS.write_text(json.dumps(logs, indent=1) + "\n", "ascii")
    print(f"{LOGS.name}: {len(logs)} logs")


if __name__ == "__main__":
    main()
