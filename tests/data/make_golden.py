#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Write golden.json: every clip and configuration of golden_cases.py, scored by the peer's scalar path.

    python tests/data/make_golden.py [LIBVMAF.so]

Without a path the peer is downloaded (see tests/support/capi.py). Doubles are stored in full.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.capi import CApiError, Library, peer_path, score
from support.clips import make_frames
from support.golden_cases import CLIPS, CONFIGS, GOLDEN_FILE


def main() -> None:
    cache = Path(__file__).parents[2] / ".cache"
    library = Library(Path(sys.argv[1]) if len(sys.argv) > 1 else peer_path(cache))
    golden: dict[str, dict[str, list[float | None]]] = {}
    for clip in CLIPS:
        refs, dists = make_frames(clip)
        for name, config in CONFIGS.items():
            key = f"{clip}/{name}"
            try:
                golden[key] = score(
                    library, refs, dists, chroma=clip.chroma, bpc=clip.bpc, models=config.models,
                    features=config.features,
                )  # fmt: skip
            except CApiError as error:
                sys.exit(f"{key}: {error}")
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items())
    GOLDEN_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
