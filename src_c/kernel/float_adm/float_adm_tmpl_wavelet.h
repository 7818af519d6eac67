/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of float ADM, part 1: from rows of samples to bands.
 *
 * Column sums are parted into even and odd columns at once, so that the filter
 * along the row loads neighbours: output j weighs odd j-1, even j, odd j, even
 * j+1.
 */

enum { ADM_H, ADM_V, ADM_D, ADM_BANDS };

/* Room before and after a row. */
enum { ADM_ROOM = 16 };

enum { ADM_ROWS = 4 }; /* that a column sum takes */

/* One picture, and what becomes of a row of its bands. */
typedef struct AdmPicture {
    const char *samples;
    ptrdiff_t stride;
    float *low_even, *low_odd; /* low column sums */
    float *high_even, *high_odd;
} AdmPicture;

/* A row of an odd number of cache lines, so that a column of many rows spreads
 * over the sets of the cache. */
static inline void adm_take_row(float **row, Workspace *ws, unsigned n)
{
    const size_t length = ((size_t)n + 4 * ADM_ROOM) / 32 * 32 + 16;
    float *at = workspace_take(ws, length * sizeof(float));
    *row = at ? at + ADM_ROOM : NULL;
}

static void adm_lay_out_picture(AdmPicture *p, Workspace *ws, unsigned w)
{
    const unsigned m = (w + 1) / 2;
    adm_take_row(&p->low_even, ws, m);
    adm_take_row(&p->low_odd, ws, m);
    adm_take_row(&p->high_even, ws, m);
    adm_take_row(&p->high_odd, ws, m);
}

/* The input's row under tap `t` of row `y` of the bands. */
static inline unsigned adm_under(unsigned y, unsigned t, unsigned h)
{
    if (y + t == 0)
        return 1;
    const unsigned at = 2 * y + t - 1;
    return at < h ? at : 2 * h - 1 - at;
}

/* ((tap0 x0 + tap1 x1) + tap2 x2) + tap3 x3. The definition adds to 0 first;
 * that could change the sign of a zero only, which no result shows. */
static inline SIMD_INLINE vflt adm_sum4(const vflt tap[4], const vflt x[4])
{
    vflt sum = v_mul_f32(tap[0], x[0]);
    SIMD_UNROLL
    for (int t = 1; t < 4; t++)
        sum = v_add_f32(sum, v_mul_f32(tap[t], x[t]));
    return sum;
}

typedef struct AdmTaps4 {
    vflt low[4], high[4];
} AdmTaps4;

static inline SIMD_INLINE AdmTaps4 adm_taps(void)
{
    AdmTaps4 taps;
    SIMD_UNROLL
    for (int t = 0; t < 4; t++) {
        taps.low[t] = v_set_f32(float_adm_low[t]);
        taps.high[t] = v_set_f32(float_adm_high[t]);
    }
    return taps;
}

/* What lies before the first and after the last column, of even and of odd
 * ones: the mirror is about column 0, but past the last. */
static void adm_extend(float *even, float *odd, unsigned w)
{
    const unsigned m = (w + 1) / 2;
    odd[-1] = odd[0];
    if (w % 2)
        odd[m - 1] = even[m - 1];
    even[m] = w % 2 ? odd[m - 2] : odd[m - 1];
}

/* How samples lie in memory. */
typedef struct AdmSamples {
    unsigned size; /* bytes: 1, 2, or 4 for binary32 */
    float unit;    /* what a word of 1 is */
} AdmSamples;

/* Grey levels less 128. */
static inline SIMD_INLINE vflt adm_sample(const AdmSamples s, const char *at)
{
    const vflt grey = v_set_f32(128.f), unit = v_set_f32(s.unit);
    if (s.size == 4)
        return v_load_f32((const float *)(const void *)at);
    if (s.size == 1)
        return v_sub_f32(v_load8_f32((const uint8_t *)at), grey);
    const uint16_t *words = (const void *)at;
    return v_sub_f32(v_mul_f32(v_load16_f32(words), unit), grey);
}

/* Column sums of two vectors, from `in` on, parted from `out` on. */
static inline SIMD_INLINE void adm_down_two(const AdmPicture *p,
                                            const AdmTaps4 *taps,
                                            const AdmSamples s,
                                            const char *const row[ADM_ROWS],
                                            size_t in, size_t out)
{
    vflt low[2], high[2];
    SIMD_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vflt v[ADM_ROWS];
        SIMD_UNROLL
        for (unsigned t = 0; t < ADM_ROWS; t++)
            v[t] = adm_sample(s, row[t] + (in + i * V_LANES) * s.size);
        low[i] = adm_sum4(taps->low, v);
        high[i] = adm_sum4(taps->high, v);
    }
    v_store_f32(p->low_even + out, v_even_f32(low[0], low[1]));
    v_store_f32(p->low_odd + out, v_odd_f32(low[0], low[1]));
    v_store_f32(p->high_even + out, v_even_f32(high[0], high[1]));
    v_store_f32(p->high_odd + out, v_odd_f32(high[0], high[1]));
}

static inline SIMD_INLINE void adm_down_as(const AdmPicture *p,
                                           const AdmSamples s,
                                           const char *const row[ADM_ROWS],
                                           unsigned w)
{
    const AdmTaps4 taps = adm_taps();
    const size_t step = 2 * V_LANES, whole = w / step * step;
    for (size_t x = 0; x < whole; x += step)
        adm_down_two(p, &taps, s, row, x, x / 2);
    if (whole < w) { /* nothing is read past the end */
        char tail[ADM_ROWS][2 * V_LANES * sizeof(float)] = { { 0 } };
        const char *at[ADM_ROWS];
        for (unsigned t = 0; t < ADM_ROWS; t++) {
            memcpy(tail[t], row[t] + whole * s.size, (w - whole) * s.size);
            at[t] = tail[t];
        }
        adm_down_two(p, &taps, s, at, 0, whole / 2);
    }
}

/* Low and high column sums for row `y` of the bands. */
static SIMD_NOINLINE void adm_down(const AdmPicture *p,
                                   const FloatAdmScale *scale, unsigned y)
{
    const unsigned w = scale->w;
    const float unit =
        scale->bits == 32 ? 1.f : 1.f / (float)(1u << (scale->bits - 8));
    const char *row[ADM_ROWS];
    for (unsigned t = 0; t < ADM_ROWS; t++)
        row[t] = p->samples +
                 (ptrdiff_t)adm_under(y, t, scale->h) * p->stride;
    if (scale->bits == 32)
        adm_down_as(p, (AdmSamples){ 4, unit }, row, w);
    else if (scale->bits == 8)
        adm_down_as(p, (AdmSamples){ 1, unit }, row, w);
    else
        adm_down_as(p, (AdmSamples){ 2, unit }, row, w);
    adm_extend(p->low_even, p->low_odd, w);
    adm_extend(p->high_even, p->high_odd, w);
}

/* The columns under the four taps of output `j`. */
static inline SIMD_INLINE void adm_columns(vflt v[4], const float *even,
                                           const float *odd, size_t j)
{
    v[0] = v_load_f32(odd + j - 1);
    v[1] = v_load_f32(even + j);
    v[2] = v_load_f32(odd + j);
    v[3] = v_load_f32(even + j + 1);
}

/* A row of the low band. */
static void adm_low_band(const AdmPicture *p, unsigned m, float *out)
{
    const AdmTaps4 taps = adm_taps();
    for (size_t j = 0; j < m; j += V_LANES) {
        vflt v[4];
        adm_columns(v, p->low_even, p->low_odd, j);
        const vflt sum = adm_sum4(taps.low, v);
        if (j + V_LANES <= m) {
            v_store_f32(out + j, sum);
        } else { /* nothing is written past the end */
            float tail[V_LANES];
            v_store_f32(tail, sum);
            memcpy(out + j, tail, (m - j) * sizeof(float));
        }
    }
}

/* The high bands of V_LANES columns. */
static inline SIMD_INLINE void adm_high_bands(const AdmPicture *p,
                                              const AdmTaps4 *taps, size_t j,
                                              vflt band[ADM_BANDS])
{
    vflt v[4];
    adm_columns(v, p->low_even, p->low_odd, j);
    band[ADM_V] = adm_sum4(taps->high, v);
    adm_columns(v, p->high_even, p->high_odd, j);
    band[ADM_H] = adm_sum4(taps->low, v);
    band[ADM_D] = adm_sum4(taps->high, v);
}
