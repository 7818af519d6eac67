/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Kernel sets: one struct of function pointers an instruction set. The choice
 * is made here and nowhere else; what follows is a call through a pointer.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "adm.h"
#include "motion.h"
#include "psnr.h"
#include "smooth.h"
#include "vif.h"

typedef struct KernelTable {
    const char *name;
    VifScaleFn vif_scale;
    VifLogFn vif_log;
    AdmScaleFn adm_scale;
    MotionSadFn motion_sad;
    PsnrSseFn psnr_sse;
    SmoothVifFn smooth_vif;
    SmoothVifSlopesFn smooth_vif_slopes;
    SmoothAdmFn smooth_adm;
    SmoothAdmSlopesFn smooth_adm_slopes;
} KernelTable;

/* The best set that these CpuFlags allow. */
const KernelTable *kernel_table(unsigned cpu_flags);

/* The set of that name, or NULL when it is unknown or this processor lacks
 * it; for tests and benchmarks. */
const KernelTable *kernel_table_by_name(const char *name);

/* The n-th set that was compiled in, best first; NULL past the last. */
const char *kernel_table_name_at(unsigned position);

#endif
