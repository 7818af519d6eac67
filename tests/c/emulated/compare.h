/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One instruction set's kernels against the plain ones; each part returns how
 * many results differ and adds to the number compared. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdint.h>

#include "../../../src_c/kernel/table.h"

extern const KernelTable kernels_scalar;

unsigned compare_adm(const KernelTable *set, unsigned *compared);
unsigned compare_smooth(const KernelTable *set, unsigned *compared);
unsigned compare_vif(const KernelTable *set, unsigned *compared);

/* The same numbers on every machine. */
uint32_t compare_random(void);

#endif
