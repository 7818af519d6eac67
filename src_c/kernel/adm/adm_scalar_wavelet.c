/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The plain ADM kernel's wavelet: rows of the input become rows of the bands. */
#include "adm_scalar.h"

enum { LOW, HIGH };

static const void *input_row(const AdmScalar *a, int side, unsigned y)
{
    const char *plane = side == REF ? a->in->ref : a->in->lane->dist;
    ptrdiff_t stride =
        side == REF ? a->in->ref_stride : a->in->lane->dist_stride;
    return plane + (ptrdiff_t)y * stride;
}

/* Samples less mid-grey fit 16 bits at every depth. The taps of the low pass
 * remove mid-grey by definition, those of the high pass do by their sum. */
static void centre_row(const AdmScalar *a, int side, unsigned y)
{
    int16_t *to = a->line[side][y & 3];
    const void *from = input_row(a, side, y);
    int32_t grey = 1 << (a->in->bpc - 1);
    if (a->in->bpc == 8) {
        const uint8_t *bytes = from;
        for (unsigned x = 0; x < a->in->w; x++)
            to[x] = (int16_t)(bytes[x] - grey);
    } else {
        const uint16_t *words = from;
        for (unsigned x = 0; x < a->in->w; x++)
            to[x] = (int16_t)(words[x] - grey);
    }
}

/* Position -1 is mirrored about the first sample, positions past the end
 * include the last one. */
static unsigned mirror(int p, unsigned size)
{
    if (p < 0)
        return 1;
    return (unsigned)p < size ? (unsigned)p : 2 * size - 1 - (unsigned)p;
}

static void filter_narrow(const int16_t *const x[4], const int32_t taps[4],
                          unsigned shift, unsigned w, int32_t *restrict out)
{
    const int16_t *restrict x0 = x[0], *restrict x1 = x[1];
    const int16_t *restrict x2 = x[2], *restrict x3 = x[3];
    int16_t c0 = (int16_t)taps[0], c1 = (int16_t)taps[1];
    int16_t c2 = (int16_t)taps[2], c3 = (int16_t)taps[3];
    int32_t half = (int32_t)adm_half(shift);
    /* At most 32768 * 54822 < 2^31. */
    for (unsigned i = 0; i < w; i++)
        out[i] =
            (x0[i] * c0 + x1[i] * c1 + x2[i] * c2 + x3[i] * c3 + half) >> shift;
}

static void filter_wide(const int32_t *const x[4], const int32_t taps[4],
                        unsigned shift, unsigned w, int32_t *restrict out)
{
    const int32_t *restrict x0 = x[0], *restrict x1 = x[1];
    const int32_t *restrict x2 = x[2], *restrict x3 = x[3];
    int64_t half = (int64_t)adm_half(shift);
    for (unsigned i = 0; i < w; i++)
        out[i] =
            (int32_t)(((int64_t)x0[i] * taps[0] + (int64_t)x1[i] * taps[1] +
                       (int64_t)x2[i] * taps[2] + (int64_t)x3[i] * taps[3] +
                       half) >>
                      shift);
}

/* Two samples past the row, by the rules of mirror(). */
static void extend(int32_t *x, unsigned w)
{
    x[-1] = x[1];
    x[w] = x[w - 1];
    x[w + 1] = x[w - 2];
}

/* The extended row in two, so that taps meet neighbours: odd samples from -1
 * on, even ones from 0 on. */
static void part(const int32_t *x, unsigned n, int16_t *restrict odd,
                 int16_t *restrict even)
{
    const int32_t *restrict from = x - 1;
    for (unsigned j = 0; j < n; j++) {
        odd[j] = (int16_t)from[2 * j];
        even[j] = (int16_t)from[2 * j + 1];
    }
}

static void filter_vertical(AdmScalar *a, int side, unsigned row)
{
    const void *x[4];
    unsigned shift = a->plan.vertical_shift, w = a->in->w;
    for (int t = 0; t < 4; t++) {
        unsigned y = mirror(2 * (int)row - 1 + t, a->in->h);
        x[t] = a->plan.scale ? input_row(a, side, y) : a->line[side][y & 3];
    }
    if (a->plan.scale < 2) {
        const int16_t *const narrow[4] = { x[0], x[1], x[2], x[3] };
        filter_narrow(narrow, adm_low_taps.tap, shift, w, a->down[LOW]);
        filter_narrow(narrow, adm_high_taps.tap, shift, w, a->down[HIGH]);
    } else {
        const int32_t *const wide[4] = { x[0], x[1], x[2], x[3] };
        filter_wide(wide, adm_low_taps.tap, shift, w, a->down[LOW]);
        filter_wide(wide, adm_high_taps.tap, shift, w, a->down[HIGH]);
    }
    for (int which = LOW; which <= HIGH; which++) {
        extend(a->down[which], w);
        if (!a->plan.scale)
            part(a->down[which], a->plan.w + 1, a->odd[which], a->even[which]);
    }
}

/* From column `begin` on, of the low-passed or high-passed row. */
static void filter_across(const AdmScalar *a, int which, const int32_t taps[4],
                          unsigned begin, unsigned n, int32_t *restrict out)
{
    unsigned shift = a->plan.horizontal_shift;
    if (!a->plan.scale) {
        const int16_t *restrict odd = a->odd[which] + begin;
        const int16_t *restrict even = a->even[which] + begin;
        int16_t c0 = (int16_t)taps[0], c1 = (int16_t)taps[1];
        int16_t c2 = (int16_t)taps[2], c3 = (int16_t)taps[3];
        for (unsigned j = 0; j < n; j++)
            out[j] = (odd[j] * c0 + even[j] * c1 + odd[j + 1] * c2 +
                      even[j + 1] * c3 + (1 << 15)) >>
                     16;
    } else {
        const int32_t *restrict x = a->down[which] + 2 * begin - 1;
        int64_t half = (int64_t)adm_half(shift);
        for (unsigned j = 0; j < n; j++, x += 2)
            out[j] =
                (int32_t)(((int64_t)x[0] * taps[0] + (int64_t)x[1] * taps[1] +
                           (int64_t)x[2] * taps[2] + (int64_t)x[3] * taps[3] +
                           half) >>
                          shift);
    }
}

/* The low band of a row; at scale 0 it is kept in 16 bits. */
static void store_low(AdmScalar *a, int side, unsigned row)
{
    char *plane = side == REF ? a->in->low_ref : a->in->lane->low_dist;
    if (!plane || row < a->plan.low[0] || row >= a->plan.low[1])
        return;
    void *to = plane + (ptrdiff_t)row * a->in->low_stride;
    if (a->plan.scale) {
        filter_across(a, LOW, adm_low_taps.tap, 0, a->plan.w, to);
        return;
    }
    filter_across(a, LOW, adm_low_taps.tap, 0, a->plan.w, a->wide);
    for (unsigned j = 0; j < a->plan.w; j++)
        ((int16_t *)to)[j] = (int16_t)a->wide[j];
}

/* At scale 0, the input rows up to the last one that a row of bands is made of. */
static void centre_rows(AdmScalar *a, unsigned row)
{
    for (; a->next_line < a->in->h && a->next_line <= 2 * row + 2;
         a->next_line++)
        for (int side = REF; side <= DIST; side++)
            centre_row(a, side, a->next_line);
}

void adm_scalar_wavelet(AdmScalar *a, unsigned row)
{
    bool high = row >= a->plan.work[0] && row < a->plan.work[1];
    unsigned at = a->plan.col.work_begin, n = a->cols;
    if (!a->plan.scale)
        centre_rows(a, row);
    for (int side = REF; side <= DIST; side++) {
        int32_t **band = a->band[side];
        filter_vertical(a, side, row);
        store_low(a, side, row);
        if (!high)
            continue;
        filter_across(a, HIGH, adm_low_taps.tap, at, n, band[ADM_H]);
        filter_across(a, LOW, adm_high_taps.tap, at, n, band[ADM_V]);
        filter_across(a, HIGH, adm_high_taps.tap, at, n, band[ADM_D]);
    }
}
