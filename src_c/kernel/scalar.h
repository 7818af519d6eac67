/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The plain kernels that judge all others. */
#ifndef KERNEL_SCALAR_H
#define KERNEL_SCALAR_H

#include "adm_plan.h"
#include "table.h"

void vif_scale_scalar(const VifScale *scale, VifSums *sums);
void vif_log_scalar(const uint32_t *z, int32_t *log, size_t n);
void adm_scale_scalar(const AdmScale *scale, AdmSums *sums);
uint64_t motion_sad_scalar(const MotionSad *sad);
uint64_t psnr_sse_scalar(const PsnrSse *sse);

#endif
