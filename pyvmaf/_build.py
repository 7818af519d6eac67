# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The cffi builder: the declarations are the C headers themselves.

A header needs no preprocessor: comments, the C++ guard, the values of constants
and ``#`` lines are dropped, except for ``#define NAME NUMBER``, which cffi
understands.
"""

import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ["libvmaf/feature", "libvmaf/model", "libvmaf/picture", "libvmaf/version"]
PUBLIC += ["libvmaf/libvmaf", "pyvmaf/pyvmaf", "pyvmaf/extractor", "pyvmaf/parts"]
# The kernel modules, so that tests can call each kernel by its set's name.
MODULES = re.findall(r"M\(set, (\w+), (\w+)\)", (ROOT / "src_c/kernel/modules.h").read_text("utf-8"))
KERNELS = ["engine/cpu", "kernel/kernel", *(f"kernel/{name}/{name}" for name, _ in MODULES), "kernel/table"]
KERNELS += ["kernel/constants", "kernel/speed/speed_plan", "feature/adm_csf", "feature/cambi_steps"]
# Those of their functions that the library hands out.
INTERNAL = re.findall(r"F\((\w+)\)", (ROOT / "src_c/engine/internal.h").read_text("utf-8"))
# What the extension has itself: the kernels of the twin and of LPIPS.
OWN = ["smooth/smooth", "lpips/lpips"]
FUNCTION = re.compile(r"^\w[\w *\n]*?\b(\w+)\([^;{}]*\);", re.MULTILINE)

# What C calls in Python, in _ffi.py and _rows.py.
CALLBACKS = """
extern "Python" {
    void on_picture_release(void *cookie);
    int on_extractor_init(void *state, const PyvmafExtractorInit *init);
    int on_extractor_extract(void *state, const PyvmafFrame *frame, PyvmafScores *scores);
    int on_extractor_settle(void *state, const PyvmafSpan *span, PyvmafScores *scores);
    int on_extractor_close(void *state);
}
"""

HELPERS = "void drop_picture(VmafPicture *pic); const char *engine_open(const char *path);"
# A destructor for ffi.gc(). No Python code runs in it, so that no Ctrl-C is lost there.
DROP_PICTURE = """static void drop_picture(VmafPicture *pic)
{
    if (pic->ref) /* the engine has not taken it over */
        vmaf_picture_unref(pic);
}"""


def declarations(header: str) -> str:
    """What cffi reads of a C header.

    >>> declarations('#define N 4 /* rows */\\nextern "C" {\\nint f(int n); // why\\n}\\n').split()
    ['#define', 'N', '4', 'int', 'f(int', 'n);']
    >>> declarations("static const int odd[2] = { 1, 3 };")
    'extern const int odd[2];'
    """
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.DOTALL)
    fields = "".join(f"const {table} *{name}; " for name, table in MODULES)
    text = text.replace("KERNEL_MODULES(KERNEL_FIELD, )", fields)
    text = re.sub(r"^static (const [^=;]+?) = [^;]*;", r"extern \1;", text, flags=re.MULTILINE)
    lines = [
        line for line in text.splitlines() if not line.startswith("#") or re.fullmatch(r"#define \w+ \d+\s*", line)
    ]
    return re.sub(r'extern "C" \{(.*)\}', r"\1", "\n".join(lines), flags=re.DOTALL)


def builder() -> FFI:
    """The binding: declarations from the headers, and C that calls the engine by addresses."""
    groups = [[f"include/{n}.h" for n in PUBLIC], *([f"src_c/{n}.h" for n in names] for names in (KERNELS, OWN))]
    public, kernels, own = ("\n".join(declarations((ROOT / n).read_text("utf-8")) for n in names) for names in groups)
    kernels = FUNCTION.sub(lambda found: found[0] if found[1] in INTERNAL else "", kernels)
    engine = FUNCTION.findall(public + kernels)
    ffi = FFI()
    ffi.cdef("\n".join([public, kernels, own, CALLBACKS, HELPERS]))
    source = [f'#include "{path}"' for group in groups for path in group]
    source += ["#define ENGINE(F) " + " ".join(f"F({name})" for name in engine), '#include "python/engine.h"']
    source += [f"#define {name}(...) (*engine_{name})(__VA_ARGS__)" for name in engine]
    ffi.set_source(
        "pyvmaf._vmaf",
        "\n".join([*source, DROP_PICTURE]),
        include_dirs=[str(ROOT), str(ROOT / "src_c"), str(ROOT / "include")],
        extra_compile_args=["-Wno-unused-function"],
        libraries=["m", "dl"],
    )
    return ffi


ffi = builder()
