#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Print model files as one C array: embed.py FILE.json ... > builtin_model.c
Copy all of them to a folder: embed.py --install FOLDER

The floating-point models are the integer ones with the names of other features,
byte for byte, so this folder and the array have them once, and they are renamed
when installed and when loaded.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = (b"VMAF_integer_feature", b"VMAF_feature")


def twins() -> dict[str, str]:
    """The file that each floating-point model is a twin of."""
    registry = json.loads((HERE / "registry.json").read_text("utf-8"))
    return {name: row["twin_of"] for name, row in registry.items() if "twin_of" in row}


def c_bytes(data: bytes) -> str:
    """The bytes as the inside of a C initialiser, sixteen a line."""
    lines = (data[i : i + 16] for i in range(0, len(data), 16))
    return ",\n".join(",".join(map(str, line)) for line in lines)


def embed(paths: list[Path]) -> None:
    place = {path.name: i for i, path in enumerate(paths)}
    rows = [(path.stem, place[path.name], 0) for path in paths]
    rows += [(Path(name).stem, place[source], 1) for name, source in twins().items()]
    print('#include "model/builtin_model.h"')
    for i, path in enumerate(paths):
        print(f"static const char json_{i}[] = {{\n{c_bytes(path.read_bytes())},0}};")
    print("const BuiltinModel builtin_models[] = {")
    for name, i, is_float in sorted(rows):
        print(f'    {{ "{name}", json_{i}, sizeof(json_{i}) - 1, {is_float} }},')
    print("    { 0, 0, 0, 0 }\n};")
    print(f"const unsigned builtin_model_cnt = {len(rows)};")


def install(folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in HERE.glob("*.json"):
        shutil.copy(path, folder)
    for name, source in twins().items():
        (folder / name).write_bytes((HERE / source).read_bytes().replace(*NAMES))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--install"]:
        install(Path(sys.argv[2]))
    else:
        embed(sorted(map(Path, sys.argv[1:]), key=lambda path: path.stem))
