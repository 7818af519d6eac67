/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What this build is and what it will use of this processor. */
#include "pyvmaf/pyvmaf.h"
#include "cpu.h"
#include "kernel/table.h"

const char *vmaf_version(void)
{
    return PYVMAF_API_VERSION "-pyvmaf-" PYVMAF_VERSION;
}

const char *pyvmaf_cpu_name(uint64_t cpumask)
{
    return kernel_table(cpu_flags(cpumask))->name;
}
