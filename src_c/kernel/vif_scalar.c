/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "scalar.h"
void vif_scale_scalar(const VifScale *scale, VifSums *sums)
{
    (void)scale;
    (void)sums;
}
size_t vif_scratch_size(unsigned w, unsigned h)
{
    return (size_t)w * h;
}
