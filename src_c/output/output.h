/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Logs of a collector as XML, JSON, CSV and SUB. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "libvmaf/libvmaf.h"
#include "engine/collector.h"

typedef struct OutputInfo {
    unsigned w, h;        /* luma of the first picture, 0 when none was read */
    unsigned first_index; /* of the first frame pair */
    unsigned picture_cnt; /* frame pairs passed in */
    unsigned n_subsample;
} OutputInfo;

int output_write(Collector *collector, const OutputInfo *info, const char *path,
                 enum VmafOutputFormat format);

#endif
