#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Print model files as one C array: embed.py FILE.json ... > builtin_model.c"""

from __future__ import annotations

import sys
from pathlib import Path


def c_bytes(data: bytes) -> str:
    """The bytes as the inside of a C initialiser, sixteen a line."""
    lines = (data[i : i + 16] for i in range(0, len(data), 16))
    return ",\n".join(",".join(map(str, line)) for line in lines)


def main(paths: list[str]) -> None:
    files = [path for path in map(Path, paths) if path.name != "registry.json"]
    files.sort(key=lambda path: path.stem)
    print('#include "model/builtin_model.h"')
    for i, path in enumerate(files):
        print(f"static const char json_{i}[] = {{\n{c_bytes(path.read_bytes())},0}};")
    print("const BuiltinModel builtin_models[] = {")
    for i, path in enumerate(files):
        print(f'    {{ "{path.stem}", json_{i}, sizeof(json_{i}) - 1 }},')
    print("    { 0, 0, 0 }\n};")
    print(f"const unsigned builtin_model_cnt = {len(files)};")


if __name__ == "__main__":
    main(sys.argv[1:])
