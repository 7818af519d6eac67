/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM kernel contract: one scale of one picture pair, from the low band of the
 * scale above to integer sums (adm.md sections 6 to 11).
 *
 * Reads no byte outside the first `w` samples of the rows [0, h) of the inputs.
 */
#ifndef KERNEL_ADM_H
#define KERNEL_ADM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADM_SCALES 4
#define ADM_MAX_VARIANTS 4

/* Orientation order of all arrays of three. */
enum AdmBand { ADM_H = 0, ADM_V = 1, ADM_D = 2 };

/* What differs between two configurations that share one transform. */
typedef struct AdmVariant {
    double gain_limit;
    uint32_t factor[3]; /* K_q of this scale (adm.md section 8) */
    bool skip_aim;
} AdmVariant;

typedef struct AdmScale {
    /* Scale 0: samples (bytes for 8-bit video, else uint16_t). Later: int32_t
     * low bands of the scale before. */
    const void *ref, *dist;
    ptrdiff_t ref_stride, dist_stride; /* bytes */
    unsigned w, h;                     /* of the input; bands are half, up */
    unsigned bpc;                      /* of the video, 8..16 */
    unsigned scale;                    /* 0..3 */
    /* Low bands of this scale; NULL: not wanted. */
    int32_t *low_ref, *low_dist;
    ptrdiff_t low_stride; /* bytes, of both */
    const AdmVariant *variant;
    unsigned variant_cnt; /* at most ADM_MAX_VARIANTS; 0: low bands only */
    void *scratch;        /* adm_scratch_size() bytes, 64-byte aligned */
} AdmScale;

typedef struct AdmSums {
    int64_t num[ADM_MAX_VARIANTS][3]; /* N_q, DLM pass */
    int64_t aim[ADM_MAX_VARIANTS][3]; /* N_q, AIM pass; 0 when skipped */
    uint64_t den[3];                  /* D_q */
} AdmSums;

typedef void (*AdmScaleFn)(const AdmScale *scale, AdmSums *sums);

/* Enough scratch for any scale of a w x h picture, for every kernel set. */
size_t adm_scratch_size(unsigned w, unsigned h);

#endif
