/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What every ADM kernel needs before it touches a sample: windows, the rows to
 * visit and the fixed-point constants of one scale. The scores are scaled back
 * with the same shifts.
 */
#ifndef KERNEL_ADM_PLAN_H
#define KERNEL_ADM_PLAN_H

#include "kernel/constants.h"
#include "kernel/workspace.h"

/* Below this magnitude of the reference o the 15-bit gain k of an unchanged
 * sign loses nothing: with |k - 2^15 t/o| <= 1/2 + t 2^-15 for 0 <= t <= o, the
 * product k o 2^-15 is less than 1/2 away from t. So R is t limited to what
 * lies between 0 and o. */
#define ADM_EXACT_GAIN (1 << 14)

/* One dimension of a band. Pooling leaves a tenth out at each side; its 3 x 3
 * neighbourhood reaches one sample further where the band allows. */
typedef struct AdmWindow {
    unsigned pool_begin, pool_end;
    unsigned work_begin, work_end;
} AdmWindow;

typedef struct AdmPlan {
    unsigned scale;
    unsigned w, h; /* of the bands */
    AdmWindow col, row;
    /* Rows to transform, of those the rows to decouple, to pool, and the rows
     * whose low band is wanted: begin and end. */
    unsigned visit[2], work[2], pool[2], low[2];

    /* Wavelet: rounding shift of the vertical and the horizontal filter. */
    unsigned vertical_shift, horizontal_shift;
    /* c = (K y + csf_round) >> csf_shift */
    int32_t csf_round[3];
    unsigned csf_shift[3];
    /* E = |x| - (threshold << threshold_shift), S = rounded E E >>
     * square_shift, V = rounded S E >> cube_shift; row sums are rounded >>
     * row_shift. */
    unsigned threshold_shift[3], square_shift[3], cube_shift[3], row_shift;
    /* Denominator: t = (u u + 2^den_square_shift) >> den_square_shift (0: u u),
     * rounded row and sum shifts. */
    unsigned den_square_shift, den_cube_shift, den_row_shift;
} AdmPlan;

/* `rows` are those of the band. */
void adm_plan(AdmPlan *plan, const AdmScale *scale, const Rows *rows);

/* Takes a row of `w` samples of up to 32 bits from scratch memory. It starts at
 * a multiple of 64 bytes; the 64 bytes before it and 512 behind it belong to it
 * too, for border samples and whole vectors. */
void *adm_take_row(Workspace *ws, unsigned w);

AdmWindow adm_window(unsigned size);

/* The smallest k with 2^k >= x. */
unsigned adm_ceil_log2(uint64_t x);

/* o_h t_h + o_v t_v >= 0, and the angle between the two gradients within one
 * degree. The roundings to binary32 are part of the definition; what follows
 * them is rounded once, in the last product. */
static inline bool adm_within_cone(int64_t oh, int64_t ov, int64_t th,
                                   int64_t tv)
{
    double p = (double)(float)(oh * th + ov * tv) / 4096.;
    double u = (double)(float)(oh * oh + ov * ov) / 4096.;
    double z = (double)(float)(th * th + tv * tv) / 4096.;
    return p >= 0. && p * p >= adm_cos2 * u * z;
}

/* Half of 2^shift; 0 for no shift. */
static inline uint64_t adm_half(unsigned shift)
{
    return ((uint64_t)1 << shift) >> 1;
}

#endif
