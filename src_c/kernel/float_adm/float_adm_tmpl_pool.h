/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of float ADM, part 2: from bands to what is seen and what masks it.
 */

enum { ADM_RESTORED, ADM_ADDED, ADM_SIGNALS };

/* One row of the band, between the margins and one column beyond: the weighed
 * signals, what a neighbour of them masks, and what three neighbours in the row
 * mask, with which the sums of the row below begin. */
typedef struct AdmBand {
    float *seen[FLOAT_ADM_MAX_LIMITS][ADM_SIGNALS][ADM_BANDS];
    float *around[FLOAT_ADM_MAX_LIMITS][ADM_SIGNALS][ADM_BANDS];
    float *three[FLOAT_ADM_MAX_LIMITS][ADM_SIGNALS][ADM_BANDS];
    float *ref[ADM_BANDS];
} AdmBand;

/* Columns [left, right) of m are pooled, and one beyond on each side is made;
 * both begin with whole vectors. */
typedef struct AdmSpan {
    unsigned m, left, right, begin, made_begin, made_end;
} AdmSpan;

static AdmSpan adm_span(unsigned m)
{
    const unsigned margin = float_adm_margin(m);
    AdmSpan s = { .m = m, .left = margin, .right = m - margin };
    s.begin = margin / V_LANES * V_LANES;
    s.made_begin = margin ? (margin - 1) / V_LANES * V_LANES : 0;
    s.made_end = margin ? s.right + 1 : m;
    return s;
}

static inline SIMD_INLINE vmask adm_same_direction(const vflt o[ADM_BANDS],
                                                   const vflt t[ADM_BANDS])
{
    const vflt p =
        v_add_f32(v_mul_f32(o[ADM_H], t[ADM_H]), v_mul_f32(o[ADM_V], t[ADM_V]));
    const vflt u =
        v_add_f32(v_mul_f32(o[ADM_H], o[ADM_H]), v_mul_f32(o[ADM_V], o[ADM_V]));
    const vflt z =
        v_add_f32(v_mul_f32(t[ADM_H], t[ADM_H]), v_mul_f32(t[ADM_V], t[ADM_V]));
    const vflt least = v_mul_f32(v_mul_f32(v_set_f32(float_adm_cos2), u), z);
    return v_both(v_ge_f32(p, v_set_f32(0.f)),
                  v_ge_f32(v_mul_f32(p, p), least));
}

/* What survives beyond the limit of the gain is no more than there is. Where
 * the limit is a binary32 number its product with another is exact in binary64,
 * so that one rounding is left. */
static inline SIMD_INLINE vflt adm_limit(vflt r, vflt t, double limit)
{
    const vflt zero = v_set_f32(0.f);
    vflt most;
    if ((double)(float)limit == limit) {
        most = v_mul_f32(r, v_set_f32((float)limit));
    } else {
        const vdbl factor = v_set_f64(limit);
        most = v_narrow_f64(v_mul_f64(v_widen_lo_f32(r), factor),
                            v_mul_f64(v_widen_hi_f32(r), factor));
    }
    r = v_pick_f32(v_lt_f32(r, zero), v_max_f32(most, t), r);
    return v_pick_f32(v_lt_f32(zero, r), v_min_f32(most, t), r);
}

/*
 * A neighbour's share of the threshold, rounded from binary64: two factors in
 * binary32, whose sum is the constant, give the same from ADM_LEAST up (all
 * numbers were tried). Smaller ones are flagged in `tiny`, and their rows done
 * again.
 */
#define ADM_LEAST 0x1p-90f

static inline SIMD_INLINE vflt adm_around(vflt c, vint *tiny)
{
    const float high = (float)float_adm_around;
    const float low = (float)(float_adm_around - (double)high);
    const vint before = v_sub32(v_cast_int(c), v_set32(1)); /* 0: the most */
    *tiny = v_minu32(*tiny, before);
    return v_fma_f32(c, v_set_f32(high), v_mul_f32(c, v_set_f32(low)));
}

/* Signals of V_LANES columns from the bands of both pictures. */
static inline SIMD_INLINE vint adm_decouple(const FloatAdmScale *s,
                                            const vflt o[ADM_BANDS],
                                            const vflt t[ADM_BANDS],
                                            const AdmBand *to, size_t j,
                                            vint tiny)
{
    const vmask flag = adm_same_direction(o, t);
    SIMD_UNROLL
    for (unsigned q = 0; q < ADM_BANDS; q++) {
        const vflt factor = v_set_f32(s->factor[q]);
        const vflt e = v_add_f32(o[q], v_set_f32(float_adm_tiny));
        const vflt gain = v_min_f32(
            v_max_f32(v_div_f32(t[q], e), v_set_f32(0.f)), v_set_f32(1.f));
        const vflt plain = v_mul_f32(gain, o[q]);
        v_store_f32(to->ref[q] + j, v_abs_f32(v_mul_f32(factor, o[q])));
        for (unsigned v = 0; v < s->limit_cnt; v++) {
            const vflt r =
                v_pick_f32(flag, adm_limit(plain, t[q], s->limit[v]), plain);
            const vflt a = v_sub_f32(t[q], r);
            const vflt seen_r = v_abs_f32(v_mul_f32(factor, r));
            const vflt seen_a = v_abs_f32(v_mul_f32(factor, a));
            v_store_f32(to->seen[v][ADM_RESTORED][q] + j, seen_r);
            v_store_f32(to->seen[v][ADM_ADDED][q] + j, seen_a);
            v_store_f32(to->around[v][ADM_RESTORED][q] + j,
                        adm_around(seen_r, &tiny));
            v_store_f32(to->around[v][ADM_ADDED][q] + j,
                        adm_around(seen_a, &tiny));
        }
    }
    return tiny;
}

/* A row's shares again, by the definition. */
static inline SIMD_INLINE void adm_around_again(const AdmBand *b,
                                                unsigned limits,
                                                const AdmSpan *span)
{
    for (unsigned v = 0; v < limits; v++)
        for (unsigned i = 0; i < ADM_SIGNALS; i++)
            for (unsigned q = 0; q < ADM_BANDS; q++)
                for (size_t j = span->made_begin; j < span->made_end; j++)
                    b->around[v][i][q][j] =
                        (float)(float_adm_around * (double)b->seen[v][i][q][j]);
}

/* The columns beyond the edges that neighbours are taken from. */
static inline SIMD_INLINE void adm_mirror(const AdmBand *b, unsigned limits,
                                          unsigned m)
{
    for (unsigned v = 0; v < limits; v++)
        for (unsigned i = 0; i < ADM_SIGNALS; i++)
            for (unsigned q = 0; q < ADM_BANDS; q++) {
                float *row = b->around[v][i][q];
                row[-1] = row[1];
                row[m] = row[m - 1];
            }
}

/* A sum, and the share of the sample itself: binary64 until the end. */
static inline SIMD_INLINE vflt adm_add_centre(vflt sum, const float *c)
{
    const vdbl share = v_set_f64(float_adm_centre);
    const vdbl lo = v_widen_half(v_load_half(c));
    const vdbl hi = v_widen_half(v_load_half(c + V_LANES / 2));
    return v_narrow_f64(v_add_f64(v_widen_lo_f32(sum), v_mul_f64(lo, share)),
                        v_add_f64(v_widen_hi_f32(sum), v_mul_f64(hi, share)));
}

/* The share of three neighbours side by side, from their sum on. */
static inline SIMD_INLINE vflt adm_add_three(vflt sum, const float *around)
{
    sum = v_add_f32(sum, v_load_f32(around - 1));
    sum = v_add_f32(sum, v_load_f32(around));
    return v_add_f32(sum, v_load_f32(around + 1));
}

static inline SIMD_INLINE vflt adm_three(const float *around)
{
    vflt sum = v_add_f32(v_load_f32(around - 1), v_load_f32(around));
    return v_add_f32(sum, v_load_f32(around + 1));
}

/* Where the rows of one orientation lie, for one signal that is seen and the
 * other one, which masks it. */
typedef struct AdmLines {
    const float *seen, *centre, *above, *at, *below;
    float *three; /* of the row below, for the row that it is above of */
    float *out;
} AdmLines;

static inline AdmLines adm_lines(const AdmBand *const row[3], unsigned v,
                                 unsigned i, unsigned q)
{
    return (AdmLines){
        .seen = row[1]->seen[v][i][q],
        .centre = row[1]->seen[v][!i][q],
        .above = row[0]->three[v][!i][q],
        .at = row[1]->around[v][!i][q],
        .below = row[2]->around[v][!i][q],
        .three = row[2]->three[v][!i][q],
    };
}

/* What is masked at column `j`. */
static inline SIMD_INLINE vflt adm_threshold(const AdmLines line[ADM_BANDS],
                                             size_t j)
{
    vflt total = v_set_f32(0.f);
    SIMD_UNROLL
    for (unsigned q = 0; q < ADM_BANDS; q++) {
        const float *at = line[q].at + j;
        vflt sum = v_load_f32(line[q].above + j);
        sum = v_add_f32(sum, v_load_f32(at - 1));
        sum = adm_add_centre(sum, line[q].centre + j);
        sum = v_add_f32(sum, v_load_f32(at + 1));
        sum = adm_add_three(sum, line[q].below + j);
        v_store_f32(line[q].three + j, adm_three(line[q].below + j));
        total = q ? v_add_f32(total, sum) : sum;
    }
    return total;
}

/* The same for a row that was below none. */
static void adm_make_three(const AdmBand *b, unsigned limits,
                           const AdmSpan *span)
{
    for (unsigned v = 0; v < limits; v++)
        for (unsigned i = 0; i < ADM_SIGNALS; i++)
            for (unsigned q = 0; q < ADM_BANDS; q++)
                for (size_t j = span->begin; j < span->right; j += V_LANES)
                    v_store_f32(b->three[v][i][q] + j,
                                adm_three(b->around[v][i][q] + j));
}

/* Where the terms of a row go: those of the reference, then of the survived
 * and of the added signal for each limit, each of three orientations. */
typedef struct AdmTerms {
    float *row[ADM_BANDS * (1 + ADM_SIGNALS * FLOAT_ADM_MAX_LIMITS)];
} AdmTerms;

static inline SIMD_INLINE vflt adm_cube(vflt x)
{
    return v_mul_f32(v_mul_f32(x, x), x);
}

/* How the terms of a row are made. */
typedef struct AdmWay {
    bool masks, cubes;
} AdmWay;

/* What is seen where the other signal masks. */
static inline SIMD_INLINE void adm_see_as(const AdmWay way,
                                          const AdmLines given[ADM_BANDS],
                                          const AdmSpan *span)
{
    const AdmLines line[ADM_BANDS] = { given[0], given[1], given[2] };
    const vflt zero = v_set_f32(0.f);
    const size_t begin = span->begin, end = span->right;
    for (size_t j = begin; j < end; j += V_LANES) {
        const vflt threshold = way.masks ? adm_threshold(line, j) : zero;
        SIMD_UNROLL
        for (unsigned q = 0; q < ADM_BANDS; q++) {
            const vflt seen = v_load_f32(line[q].seen + j);
            const vflt x = v_max_f32(v_sub_f32(seen, threshold), zero);
            v_store_f32(line[q].out + j - begin, way.cubes ? adm_cube(x) : x);
        }
    }
}

static SIMD_NOINLINE void adm_see(const FloatAdmScale *s,
                                  const AdmLines line[ADM_BANDS],
                                  const AdmSpan *span)
{
    const bool cubes = s->exponent == 3.f;
    if (!s->no_masking && cubes)
        adm_see_as((AdmWay){ true, true }, line, span);
    else if (!s->no_masking)
        adm_see_as((AdmWay){ true, false }, line, span);
    else
        adm_see_as((AdmWay){ false, cubes }, line, span);
}

/* All terms of the row in the middle. */
static void adm_terms(const FloatAdmScale *s, const AdmBand *const row[3],
                      const AdmTerms *out, const AdmSpan *span)
{
    AdmLines line[ADM_BANDS];
    float *const *to = out->row;
    for (unsigned q = 0; q < ADM_BANDS; q++)
        line[q] = (AdmLines){ .seen = row[1]->ref[q], .out = *to++ };
    adm_see_as((AdmWay){ false, s->exponent == 3.f }, line, span);
    for (unsigned i = 0; i < ADM_SIGNALS * s->limit_cnt; i++) {
        for (unsigned q = 0; q < ADM_BANDS; q++) {
            line[q] = adm_lines(row, i / 2, i % 2, q);
            line[q].out = *to++;
        }
        adm_see(s, line, span);
    }
}

/* Terms are whole vectors: what is outside of the pooled columns adds nothing.
 * Any power but the third is the C library's. */
static void adm_finish_terms(float *row, const AdmSpan *span, float exponent)
{
    const unsigned end = span->right - span->begin;
    unsigned j = span->left - span->begin;
    memset(row, 0, j * sizeof(float));
    for (; j < end && exponent != 3.f; j++)
        row[j] = powf(row[j], exponent);
    for (j = end; j % V_LANES; j++)
        row[j] = 0.f;
}

/* The sums of V_LANES rows, each from the first of n columns to the last. */
static void adm_add_rows(const float *const row[V_LANES], unsigned n,
                         float sum[V_LANES])
{
    vflt total = v_set_f32(0.f);
    for (size_t j = 0; j < n; j += V_LANES) {
        vflt v[V_LANES];
        SIMD_UNROLL
        for (unsigned i = 0; i < V_LANES; i++)
            v[i] = v_load_f32(row[i] + j);
        v_transpose_f32(v);
        SIMD_UNROLL
        for (unsigned i = 0; i < V_LANES; i++)
            total = v_add_f32(total, v[i]);
    }
    v_store_f32(sum, total);
}
