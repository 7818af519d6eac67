/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Moments written once over vector operations: integers up to 12 bits, and above
 * them binary32 squares in binary64 sums, which are exact over one row.
 */
#include "moment.h"

enum {
    MOMENT_STEP = 2 * V_LANES, /* 16-bit lanes */
    MOMENT_MAX_INTEGER_BPC = 12,
    /* A lane adds up 64 pairs of at most 4095^2 each, less than 2^32. */
    MOMENT_BLOCK = 64 * MOMENT_STEP,
};

/* Of one row, in lanes. */
typedef struct MomentSums {
    vint first, second; /* of 64 bits */
} MomentSums;

typedef struct MomentRow {
    const uint8_t *src, *other; /* of bytes */
    bool deep;                  /* of uint16_t */
} MomentRow;

static inline SIMD_INLINE vint moment_load(const uint8_t *row, unsigned x,
                                           bool deep)
{
    return deep ? v_load((const uint16_t *)(const void *)row + x)
                : v_load8(row + x);
}

/* Sums over whole vectors of [0, w), up to 12 bits. */
static void moment_integer(const MomentRow *r, unsigned w, MomentSums *sums)
{
    const vint one = v_set16(1);
    for (unsigned x = 0; x < w;) {
        const unsigned end = w - x < MOMENT_BLOCK ? w : x + MOMENT_BLOCK;
        vint first = v_set32(0), second = v_set32(0);
        for (; x < end; x += MOMENT_STEP) {
            vint v = moment_load(r->src, x, r->deep);
            if (r->other)
                v = v_sub16(v, moment_load(r->other, x, r->deep));
            else
                first = v_dot16(first, v, one);
            second = v_dot16(second, v, v);
        }
        sums->first = v_add64(sums->first, first);
        sums->second = v_add64(sums->second, second);
    }
}

static int64_t moment_whole(vdbl sum)
{
    double lane[V_LANES / 2];
    int64_t out = 0;
    v_put_f64(lane, sum);
    for (unsigned i = 0; i < V_LANES / 2; i++)
        out += (int64_t)lane[i];
    return out;
}

/* The same for samples of up to 16 bits: a row is at most 2^16 samples wide, and
 * squares are integers up to 2^32. */
static void moment_float(const MomentRow *r, unsigned w, int64_t *first,
                         int64_t *second)
{
    const uint16_t *src = (const void *)r->src, *other = (const void *)r->other;
    vdbl total = v_set_f64(0.), squares = total;
    for (unsigned x = 0; x < w; x += V_LANES) {
        vflt v = v_load16_f32(src + x);
        if (other)
            v = v_sub_f32(v, v_load16_f32(other + x));
        const vflt q = v_mul_f32(v, v);
        total =
            v_add_f64(total, v_add_f64(v_widen_lo_f32(v), v_widen_hi_f32(v)));
        squares =
            v_add_f64(squares, v_add_f64(v_widen_lo_f32(q), v_widen_hi_f32(q)));
    }
    *first += moment_whole(total);
    *second += moment_whole(squares);
}

/* Sums over all columns that whole vectors cover; returns how many these are. */
static unsigned moment_rows(const Moment *c, const Rows *rows, int64_t sum[2])
{
    const bool integer = c->bpc <= MOMENT_MAX_INTEGER_BPC;
    const unsigned whole = c->w - c->w % (integer ? MOMENT_STEP : V_LANES);
    MomentSums lanes = { v_set32(0), v_set32(0) };
    for (unsigned y = rows->begin; y < rows->end; y++) {
        const MomentRow row = {
            .src = (const uint8_t *)c->src + (ptrdiff_t)y * c->stride,
            .other = c->other ? (const uint8_t *)c->other +
                                    (ptrdiff_t)y * c->other_stride
                              : NULL,
            .deep = c->bpc > 8,
        };
        if (integer)
            moment_integer(&row, whole, &lanes);
        else
            moment_float(&row, whole, &sum[0], &sum[1]);
    }
    sum[0] += v_sum64(lanes.first);
    sum[1] += v_sum64(lanes.second);
    return whole;
}

/* What no whole vector covers, down the right edge. */
static Moment moment_rest(const Moment *c, unsigned whole)
{
    const size_t skip = (size_t)whole * (c->bpc > 8 ? 2 : 1);
    Moment rest = *c;
    rest.src = (const uint8_t *)c->src + skip;
    if (c->other)
        rest.other = (const uint8_t *)c->other + skip;
    rest.w -= whole;
    return rest;
}

static void moment_moments_simd(const void *call, const Rows *rows,
                                int64_t *sums)
{
    Moment c = *(const Moment *)call;
    c.other = NULL;
    const Moment rest = moment_rest(&c, moment_rows(&c, rows, sums));
    moment_moments_scalar(&rest, rows, sums);
}

static void moment_errors_simd(const void *call, const Rows *rows,
                               int64_t *sums)
{
    int64_t sum[2] = { 0, 0 };
    const Moment rest = moment_rest(call, moment_rows(call, rows, sum));
    sums[0] += sum[1];
    moment_errors_scalar(&rest, rows, sums);
}
