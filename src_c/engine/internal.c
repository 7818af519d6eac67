/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Functions that are no part of the interface, by name. */
#include "internal.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "feature/adm_csf.h"
#include "feature/cambi_steps.h"
#include "kernel/cambi/cambi.h"
#include "kernel/ciede/ciede.h"
#include "kernel/psnr_hvs/psnr_hvs.h"
#include "kernel/speed/speed_plan.h"
#include "kernel/table.h"
#include "kernel/vif/vif.h"
#include "pyvmaf/pyvmaf.h"

#define ROW(name) { #name, (PyvmafFunction)name },
static const struct {
    const char *name;
    PyvmafFunction function;
} row[] = { INTERNAL_FUNCTIONS(ROW) };

PyvmafFunction pyvmaf_internal(const char *name)
{
    for (size_t i = 0; name && i < sizeof row / sizeof *row; i++) {
        if (!strcmp(row[i].name, name))
            return row[i].function;
    }
    return NULL;
}
