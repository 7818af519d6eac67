#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Write float.json: the clips of torch_clips.py, scored by the float extractors of libvmaf 3.2.0's scalar path.

    python tests/data/make_float.py LIBVMAF.so

The library has to be built with the float extractors (-Denable_float=true). Doubles are
stored in full, scores not clipped.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.capi import DISABLE_CLIP, Library, score
from support.clips import Clip, Frame, make_frames
from support.torch_clips import FLOAT_FILE, FLOAT_MODELS, GENERATED

FEATURES = ("adm2", "motion2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3")


def frames(clip: Clip) -> tuple[list[Frame], list[Frame], int]:
    """Both sides and their bits; 9-bit samples as the same values in 10 bits, which the extractors know."""
    refs, dists = make_frames(clip)
    if clip.bpc != 9:
        return refs, dists, clip.bpc
    wider = [[tuple(plane << 1 for plane in frame) for frame in side] for side in (refs, dists)]
    return wider[0], wider[1], 10


def main() -> None:
    library = Library(sys.argv[1])
    lines = []
    for clip in GENERATED:
        refs, dists, bits = frames(clip)
        for model, _ in FLOAT_MODELS.values():
            made = score(library, refs, dists, chroma=clip.chroma, bpc=bits, models=[model], model_flags=DISABLE_CLIP)
            series = {f: values for f in FEATURES for name, values in made.items() if name.split("_egl_")[0] == f}
            lines.append(f"{json.dumps(f'{clip}/{model}')}: {json.dumps({'score': made[model]} | series)}")
    FLOAT_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
