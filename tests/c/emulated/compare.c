/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Runs the kernels of one set, -DSET=kernels_NAME, on a machine or an emulation
 * that can; test_emulated.py builds it. */
#include "compare.h"

#include <stdio.h>

extern const KernelTable SET;

uint32_t compare_random(void)
{
    static uint64_t state = 20;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

int main(void)
{
    unsigned compared = 0, differing = compare_vif(&SET, &compared);
    differing += compare_adm(&SET, &compared);
    differing += compare_smooth(&SET, &compared);
    printf("%s: %u of %u differ\n", SET.name, differing, compared);
    return differing || !compared;
}
