/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "scalar.h"
uint64_t psnr_sse_scalar(const PsnrSse *sse)
{
    (void)sse;
    return 0;
}
