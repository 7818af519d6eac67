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

/* One picture: as many of its rows in binary32 as a column sum takes, unless
 * that is what they are, and what becomes of them. */
typedef struct AdmPicture {
    const char *samples;
    ptrdiff_t stride;
    float *row[ADM_ROWS];
    unsigned next;             /* first row that is not there */
    float *low_even, *low_odd; /* low column sums */
    float *high_even, *high_odd;
} AdmPicture;

/* A row of an odd number of cache lines, so that a column of many rows spreads
 * over the sets of the cache. The room past its ends is loaded too. */
static inline void adm_take_row(float **row, Workspace *ws, unsigned n)
{
    const size_t length = ((size_t)n + 4 * ADM_ROOM) / 32 * 32 + 16;
    const size_t end = ADM_ROOM + (size_t)n;
    float *at = workspace_take(ws, length * sizeof(float));
    *row = at ? at + ADM_ROOM : NULL;
    if (!at)
        return;
    memset(at, 0, ADM_ROOM * sizeof(float));
    memset(at + end, 0, (length - end) * sizeof(float));
}

static void adm_lay_out_picture(AdmPicture *p, Workspace *ws, unsigned w)
{
    const unsigned m = (w + 1) / 2;
    for (unsigned i = 0; i < ADM_ROWS; i++)
        adm_take_row(&p->row[i], ws, w);
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

/* Column sums of two vectors, from `in` on, parted from `out` on. */
static inline SIMD_INLINE void adm_down_two(const AdmPicture *p,
                                            const AdmTaps4 *taps,
                                            const float *const row[ADM_ROWS],
                                            size_t in, size_t out)
{
    vflt low[2], high[2];
    SIMD_UNROLL
    for (unsigned i = 0; i < 2; i++) {
        vflt v[ADM_ROWS];
        SIMD_UNROLL
        for (unsigned t = 0; t < ADM_ROWS; t++)
            v[t] = v_load_f32(row[t] + in + i * V_LANES);
        low[i] = adm_sum4(taps->low, v);
        high[i] = adm_sum4(taps->high, v);
    }
    v_store_f32(p->low_even + out, v_even_f32(low[0], low[1]));
    v_store_f32(p->low_odd + out, v_odd_f32(low[0], low[1]));
    v_store_f32(p->high_even + out, v_even_f32(high[0], high[1]));
    v_store_f32(p->high_odd + out, v_odd_f32(high[0], high[1]));
}

/* Row `y` of the input in binary32. */
static const float *adm_input_row(AdmPicture *p, const FloatAdmScale *s,
                                  unsigned y)
{
    if (s->bits == 32)
        return (const void *)(p->samples + (ptrdiff_t)y * p->stride);
    for (; p->next <= y; p->next++)
        plane_row(p->samples + (ptrdiff_t)p->next * p->stride, s->w, s->bits,
                  2 * p->stride, p->row[p->next % ADM_ROWS]);
    return p->row[y % ADM_ROWS];
}

/* Low and high column sums for row `y` of the bands. */
static SIMD_NOINLINE void adm_down(AdmPicture *picture, const FloatAdmScale *s,
                                   unsigned y)
{
    const AdmTaps4 taps = adm_taps();
    const size_t step = 2 * V_LANES, whole = s->w / step * step;
    const float *row[ADM_ROWS];
    for (unsigned t = 0; t < ADM_ROWS; t++)
        row[t] = adm_input_row(picture, s, adm_under(y, t, s->h));
    const AdmPicture copy = *picture, *p = &copy; /* no store can change it */
    for (size_t x = 0; x < whole; x += step)
        adm_down_two(p, &taps, row, x, x / 2);
    if (whole < s->w) { /* nothing is read past the end */
        float tail[ADM_ROWS][2 * V_LANES] = { { 0.f } };
        const float *at[ADM_ROWS];
        for (unsigned t = 0; t < ADM_ROWS; t++) {
            memcpy(tail[t], row[t] + whole, (s->w - whole) * sizeof(float));
            at[t] = tail[t];
        }
        adm_down_two(p, &taps, at, 0, whole / 2);
    }
    adm_extend(p->low_even, p->low_odd, s->w);
    adm_extend(p->high_even, p->high_odd, s->w);
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
