/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "float_scale.h"

#include <errno.h>

#include "engine/log.h"

int float_scale_init(FloatScale *scale, const char *extractor, unsigned bpc)
{
    if (bpc != 8 && bpc != 10 && bpc != 12 && bpc != 16) {
        log_line(VMAF_LOG_LEVEL_ERROR,
                 "%s: bit depth %u; it scores 8, 10, 12 and 16 bits", extractor,
                 bpc);
        return -EINVAL;
    }
    scale->unit = 1. / (double)(1u << (bpc - 8));
    scale->peak = (double)((1u << bpc) - 1) * scale->unit;
    scale->cap = 6 * bpc + 12;
    return 0;
}
