/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The engine as the Python extension calls it: the functions of the very file
 * that it opened. Names that the dynamic linker binds could lead to another
 * libvmaf in the process, loaded before or preloaded.
 *
 * ENGINE(F) is a line per function, and a macro of its name calls what
 * engine_NAME points to; the build makes both from the headers.
 */
#ifndef PYTHON_ENGINE_H
#define PYTHON_ENGINE_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

#define DEFINE(name) static __typeof__(name) *engine_##name;
ENGINE(DEFINE)
#undef DEFINE

/* Open the shared library of this path and find all functions; what is wrong
 * with it, or NULL. It stays open, and lends its names to nobody. */
static const char *engine_open(const char *path)
{
#define ROW(name) { #name, (void **)&engine_##name },
    static const struct {
        const char *name;
        void **function;
    } row[] = { ENGINE(ROW) };
#undef ROW
    static char reason[256];
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return dlerror();
    void *(*internal)(const char *name);
    *(void **)&internal = dlsym(library, "pyvmaf_internal");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        void *found = dlsym(library, row[i].name);
        if (!found && internal)
            found = internal(row[i].name);
        if (!found) {
            snprintf(reason, sizeof reason, "%s: there is no %s", path,
                     row[i].name);
            return reason;
        }
        *row[i].function = found;
    }
    return NULL;
}

#endif
