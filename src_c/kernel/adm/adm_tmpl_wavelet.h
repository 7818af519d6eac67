/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM over vector operations, part 1: rows of the input become rows of the
 * four bands. At scale 0 all is 16 bits wide and goes by pairs through
 * v_dot16(); from scale 1 on products need 64 bits.
 */

static inline vint adm_pair(int32_t first, int32_t second)
{
    return v_set32((uint16_t)first | (uint32_t)second << 16);
}

/* The input rows of a band row, and the two more that the next one needs. */
enum { ADM_TAPS = 4, ADM_ROWS = ADM_TAPS + 2 };

typedef struct AdmInput {
    const char *samples;
    ptrdiff_t stride;
} AdmInput;

/* Row -1 is row 1, rows past the end repeat the last one and go back. */
static void adm_rows(const AdmWork *a, AdmInput plane, unsigned row,
                     const char *x[ADM_ROWS])
{
    const AdmScale *in = a->in;
    for (unsigned t = 0; t < ADM_ROWS; t++) {
        unsigned y = row || t ? 2 * row + t - 1 : 1;
        if (y >= in->h)
            y = 2 * in->h - 1 - y;
        x[t] = plane.samples + (ptrdiff_t)y * plane.stride;
    }
}

/* Sum of products of a zipped pair of rows and another. */
static inline vint adm_dot(vint start, vint x01, vint x23, vint c01, vint c23)
{
    return v_dot16(v_dot16(start, x01, c01), x23, c23);
}

typedef struct AdmDown {
    vint low01, low23, high01, high23; /* taps of two rows each */
    vint low_start, high_start;
    int shift;
} AdmDown;

/* `grey` is what the low-pass sum of samples has to lose; the high-pass taps
 * lose it by themselves. */
static inline AdmDown adm_down(int shift, uint32_t grey)
{
    const int32_t *l = adm_low_taps.tap, *h = adm_high_taps.tap;
    uint32_t half = (uint32_t)adm_half((unsigned)shift);
    return (AdmDown){
        .low01 = adm_pair(l[0], l[1]),
        .low23 = adm_pair(l[2], l[3]),
        .high01 = adm_pair(h[0], h[1]),
        .high23 = adm_pair(h[2], h[3]),
        .low_start = v_set32(half - 46342 * grey),
        .high_start = v_set32(half),
        .shift = shift,
    };
}

/* Signed samples: sums are at most 32768 * 54822 < 2^31. */
static inline void adm_down_samples(const AdmDown *d, const vint x[4],
                                    int16_t *low, int16_t *high)
{
    vint a01 = v_zip16lo(x[0], x[1]), b01 = v_zip16hi(x[0], x[1]);
    vint a23 = v_zip16lo(x[2], x[3]), b23 = v_zip16hi(x[2], x[3]);
    vint a = adm_dot(d->low_start, a01, a23, d->low01, d->low23);
    vint b = adm_dot(d->low_start, b01, b23, d->low01, d->low23);
    v_store(low, v_pack16(v_sar32(a, d->shift), v_sar32(b, d->shift)));
    a = adm_dot(d->high_start, a01, a23, d->high01, d->high23);
    b = adm_dot(d->high_start, b01, b23, d->high01, d->high23);
    v_store(high, v_pack16(v_sar32(a, d->shift), v_sar32(b, d->shift)));
}

/* Ask for what the next band row reads of its own at a byte of the row. */
static inline void adm_expect(const char *const row[ADM_ROWS], size_t at)
{
    v_prefetch(row[ADM_TAPS] + at);
    v_prefetch(row[ADM_TAPS + 1] + at);
}

/* Columns `in` of the input rows, filtered down. The last vector ends with the
 * row, so that nothing past it is read. */
static void adm_down_bytes(const AdmWork *a, const char *const row[ADM_ROWS],
                           AdmSpan in)
{
    const AdmDown d = adm_down(8, 128);
    const unsigned w = a->in->w;
    int16_t *low = a->low, *high = a->high;
    for (unsigned i = in.begin; i < in.end; i += ADM_STEP16) {
        unsigned at = i + ADM_STEP16 <= w ? i : w - ADM_STEP16;
        vint x[4];
        adm_expect(row, at);
        for (unsigned t = 0; t < 4; t++)
            x[t] = v_load8((const uint8_t *)row[t] + at);
        adm_down_samples(&d, x, low + at, high + at);
    }
}

/* Samples less mid-grey fit 16 bits at every depth. */
static void adm_down_words(const AdmWork *a, const char *const row[ADM_ROWS],
                           AdmSpan in)
{
    const AdmDown d = adm_down((int)a->in->bpc, 0);
    const vint grey = v_set16((uint16_t)(1u << (a->in->bpc - 1)));
    const unsigned w = a->in->w;
    int16_t *low = a->low, *high = a->high;
    for (unsigned i = in.begin; i < in.end; i += ADM_STEP16) {
        unsigned at = i + ADM_STEP16 <= w ? i : w - ADM_STEP16;
        vint x[4];
        adm_expect(row, at * sizeof(uint16_t));
        for (unsigned t = 0; t < 4; t++)
            x[t] = v_sub16(v_load((const uint16_t *)row[t] + at), grey);
        adm_down_samples(&d, x, low + at, high + at);
    }
}

/* Scale 1: 16-bit input, sums of products kept in 32 bits, not rounded. */
static void adm_down_narrow(const AdmWork *a, const char *const row[ADM_ROWS],
                            AdmSpan in)
{
    const AdmDown d = adm_down(0, 0);
    int32_t *low = a->low, *high = a->high;
    for (unsigned i = in.begin; i < in.end; i += ADM_STEP16) {
        vint x[4];
        adm_expect(row, i * sizeof(int16_t));
        for (unsigned t = 0; t < 4; t++)
            x[t] = v_load((const int16_t *)row[t] + i);
        vint a01 = v_zip16lo(x[0], x[1]), b01 = v_zip16hi(x[0], x[1]);
        vint a23 = v_zip16lo(x[2], x[3]), b23 = v_zip16hi(x[2], x[3]);
        vint a = adm_dot(d.low_start, a01, a23, d.low01, d.low23);
        vint b = adm_dot(d.low_start, b01, b23, d.low01, d.low23);
        v_store(low + i, v_order32lo(a, b));
        v_store(low + i + V_LANES, v_order32hi(a, b));
        a = adm_dot(d.high_start, a01, a23, d.high01, d.high23);
        b = adm_dot(d.high_start, b01, b23, d.high01, d.high23);
        v_store(high + i, v_order32lo(a, b));
        v_store(high + i + V_LANES, v_order32hi(a, b));
    }
}

static inline vint adm_sum64(const vint x[4], const vint c[4], vint start)
{
    for (unsigned t = 0; t < 4; t++)
        start = v_plus64(start, v_mul64(x[t], c[t]));
    return start;
}

/* Scales 2 and 3 */
static void adm_down_wide(const AdmWork *a, const char *const row[ADM_ROWS],
                          AdmSpan in)
{
    const vint half = v_set64(1 << 15);
    int32_t *low = a->low, *high = a->high;
    vint l[4], h[4];
    for (unsigned t = 0; t < 4; t++) {
        l[t] = v_set32((uint32_t)adm_low_taps.tap[t]);
        h[t] = v_set32((uint32_t)adm_high_taps.tap[t]);
    }
    for (unsigned i = in.begin; i < in.end; i += V_LANES) {
        vint x[4], y[4];
        adm_expect(row, i * sizeof(int32_t));
        for (unsigned t = 0; t < 4; t++) {
            x[t] = v_load((const int32_t *)row[t] + i);
            y[t] = v_odd(x[t]);
        }
        v_store(low + i,
                v_join_shr(adm_sum64(x, l, half), adm_sum64(y, l, half), 16));
        v_store(high + i,
                v_join_shr(adm_sum64(x, h, half), adm_sum64(y, h, half), 16));
    }
}

/* `x` is where the second tap of the first of `n` outputs lies. */
static void adm_across_narrow(const int16_t *x, const AdmTaps *taps, unsigned n,
                              int16_t *out)
{
    const vint c01 = adm_pair(taps->tap[0], taps->tap[1]);
    const vint c23 = adm_pair(taps->tap[2], taps->tap[3]);
    const vint half = v_set32(1 << 15);
    const int16_t *p = x - 1;
    for (unsigned j = 0; j < n; j += ADM_STEP16, p += 2 * ADM_STEP16) {
        const int16_t *q = p + ADM_STEP16;
        vint lo = adm_dot(half, v_load(p), v_load(p + 2), c01, c23);
        vint hi = adm_dot(half, v_load(q), v_load(q + 2), c01, c23);
        v_store(out + j, v_order16(v_high16(lo, hi)));
    }
}

static inline vint adm_across_sum(const int32_t *p, const vint c[4], vint half)
{
    vint sum = v_plus64(half, v_mul64(v_load(p), c[0]));
    sum = v_plus64(sum, v_mul64(v_load(p + 1), c[1]));
    sum = v_plus64(sum, v_mul64(v_load(p + 2), c[2]));
    return v_plus64(sum, v_mul64(v_load(p + 3), c[3]));
}

static void adm_across_wide(const int32_t *x, const AdmTaps *taps,
                            unsigned shift, unsigned n, int32_t *out)
{
    const vint half = v_set64(adm_half(shift));
    const int32_t *p = x - 1;
    vint c[4];
    for (unsigned t = 0; t < 4; t++)
        c[t] = v_set32((uint32_t)taps->tap[t]);
    for (unsigned j = 0; j < n; j += V_LANES, p += 2 * V_LANES) {
        vint lo = v_shr64(adm_across_sum(p, c, half), (int)shift);
        vint hi = v_shr64(adm_across_sum(p + V_LANES, c, half), (int)shift);
        v_store(out + j, v_narrow64(lo, hi));
    }
}

static void adm_extend16(int16_t *x, unsigned w)
{
    x[-1] = x[1];
    x[w] = x[w - 1];
    x[w + 1] = x[w - 2];
}

static void adm_extend32(int32_t *x, unsigned w)
{
    x[-1] = x[1];
    x[w] = x[w - 1];
    x[w + 1] = x[w - 2];
}

/* High bands of the columns `part` of the work window. */
static void adm_high_fine(AdmWork *a, int side, AdmSpan part)
{
    const unsigned at = 2 * (a->plan.col.work_begin + part.begin);
    const unsigned n = part.end - part.begin;
    const int16_t *lo = (int16_t *)a->low + at, *hi = (int16_t *)a->high + at;
    int16_t *out[3];
    for (unsigned q = 0; q < 3; q++)
        out[q] = (int16_t *)a->band[side][q] + part.begin;
    adm_across_narrow(hi, &adm_low_taps, n, out[ADM_H]);
    adm_across_narrow(lo, &adm_high_taps, n, out[ADM_V]);
    adm_across_narrow(hi, &adm_high_taps, n, out[ADM_D]);
}

static void adm_high_coarse(AdmWork *a, int side, AdmSpan part)
{
    const unsigned at = 2 * (a->plan.col.work_begin + part.begin);
    const unsigned n = part.end - part.begin, shift = a->plan.horizontal_shift;
    const int32_t *lo = (int32_t *)a->low + at, *hi = (int32_t *)a->high + at;
    int32_t *out[3];
    for (unsigned q = 0; q < 3; q++)
        out[q] = (int32_t *)a->band[side][q] + part.begin;
    adm_across_wide(hi, &adm_low_taps, shift, n, out[ADM_H]);
    adm_across_wide(lo, &adm_high_taps, shift, n, out[ADM_V]);
    adm_across_wide(hi, &adm_high_taps, shift, n, out[ADM_D]);
}

static void adm_down_fine(AdmWork *a, const char *const x[ADM_ROWS], AdmSpan in)
{
    if (a->in->bpc == 8)
        adm_down_bytes(a, x, in);
    else
        adm_down_words(a, x, in);
    adm_extend16(a->low, a->in->w);
    adm_extend16(a->high, a->in->w);
}

static void adm_down_coarse(AdmWork *a, const char *const x[ADM_ROWS],
                            AdmSpan in)
{
    if (a->plan.scale == 1)
        adm_down_narrow(a, x, in);
    else
        adm_down_wide(a, x, in);
    adm_extend32(a->low, a->in->w);
    adm_extend32(a->high, a->in->w);
}

/* Columns `part` of a row of the low band. */
static void adm_low_row(const AdmWork *a, AdmSpan part, void *out)
{
    const unsigned n = part.end - part.begin;
    if (a->plan.scale)
        adm_across_wide((int32_t *)a->low + 2 * part.begin, &adm_low_taps,
                        a->plan.horizontal_shift, n,
                        (int32_t *)out + part.begin);
    else
        adm_across_narrow((int16_t *)a->low + 2 * part.begin, &adm_low_taps, n,
                          (int16_t *)out + part.begin);
}
