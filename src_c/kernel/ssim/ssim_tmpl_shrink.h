/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Box decimation: sums of each column of a box first, then of these.
 *
 * A power of two as the factor makes the products exact, so that integers do as
 * long as a box fits 31 bits. Else products are 0 or at least 2^-9 / factor^2,
 * hence multiples of 2^-33 / factor^2, and a box adds up to less than 2^9: up to
 * a factor of 32 binary64 sums are exact, in any order.
 */

enum { SSIM_MAX_EXACT_FACTOR = 32 };

/* What a row of column sums is: the sums of columns [-before, w + after) of a
 * box's rows, samples beyond the edges those inside, backwards. */
typedef struct SsimBox {
    const SsimShrink *call;
    Luma src;
    ptrdiff_t before, after;
    unsigned out_w;
} SsimBox;

static const void *ssim_box_row(const SsimBox *b, unsigned y, unsigned v)
{
    const ptrdiff_t f = b->call->factor, row = f * y + v - f / 2;
    return luma_row(&b->src, luma_reflect(row, b->call->h, 0));
}

#define SSIM_MIRROR(b, sum)                                                    \
    do {                                                                       \
        const ptrdiff_t w_ = (b)->call->w;                                     \
        for (ptrdiff_t i = 0; i < (b)->before; i++)                            \
            (sum)[-1 - i] = (sum)[i];                                          \
        for (ptrdiff_t i = 0; i < (b)->after; i++)                             \
            (sum)[w_ + i] = (sum)[w_ - 1 - i];                                 \
    } while (0)

/* V_LANES samples, or one, at column x of a row. */
static inline SIMD_INLINE vint ssim_box_samples(const void *row, bool deep,
                                                unsigned x)
{
    return deep ? v_load16_32((const uint16_t *)row + x)
                : v_load8_32((const uint8_t *)row + x);
}

static inline SIMD_INLINE int32_t ssim_box_sample(const void *row, bool deep,
                                                  unsigned x)
{
    return deep ? ((const uint16_t *)row)[x] : ((const uint8_t *)row)[x];
}

/* Rows whose columns are added up at once, two or all of these. */
enum { SSIM_BOX_ROWS = 4 };
typedef struct SsimBoxRows {
    const void *row[SSIM_BOX_ROWS];
    bool more;       /* than the rows before */
    ptrdiff_t ahead; /* bytes from a row to the one to ask for */
} SsimBoxRows;

static inline SIMD_INLINE void ssim_box_add(const SsimBoxRows *r, bool deep,
                                            unsigned cnt, unsigned w,
                                            int32_t *sum)
{
    enum { LINE = 64 };
    const unsigned size = deep ? 2 : 1, step = LINE / size;
    unsigned x = 0;
    for (; x + step <= w; x += step) {
        SIMD_UNROLL
        for (unsigned v = 0; v < cnt; v++)
            v_prefetch((const char *)r->row[v] + r->ahead + x * size);
        SIMD_UNROLL
        for (unsigned i = x; i < x + step; i += V_LANES) {
            vint total = ssim_box_samples(r->row[0], deep, i);
            SIMD_UNROLL
            for (unsigned v = 1; v < cnt; v++)
                total = v_add32(total, ssim_box_samples(r->row[v], deep, i));
            v_store(sum + i, r->more ? v_add32(v_load(sum + i), total) : total);
        }
    }
    for (; x < w; x++) {
        int32_t total = r->more ? sum[x] : 0;
        for (unsigned v = 0; v < cnt; v++)
            total += ssim_box_sample(r->row[v], deep, x);
        sum[x] = total;
    }
}

/* Integer sums of columns. The factor is a power of two, so rows come in twos or
 * in fours. */
static void ssim_box_columns(const SsimBox *b, unsigned y, int32_t *sum)
{
    const unsigned f = b->call->factor, w = b->call->w;
    const unsigned cnt = f < SSIM_BOX_ROWS ? 2 : SSIM_BOX_ROWS;
    const bool deep = b->call->bpc > 8;
    for (unsigned v = 0; v < f; v += cnt) {
        SsimBoxRows r = { .more = v > 0, .ahead = cnt * b->src.stride };
        for (unsigned i = 0; i < cnt; i++)
            r.row[i] = ssim_box_row(b, y, v + i);
        if (cnt == 2)
            deep ? ssim_box_add(&r, true, 2, w, sum)
                 : ssim_box_add(&r, false, 2, w, sum);
        else
            deep ? ssim_box_add(&r, true, SSIM_BOX_ROWS, w, sum)
                 : ssim_box_add(&r, false, SSIM_BOX_ROWS, w, sum);
    }
}

/* Sums of pairs take the places of n sums; what the last vector has beyond
 * them does not matter. */
static void ssim_box_pairs(int32_t *sum, unsigned n)
{
    for (unsigned x = 0; x < n; x += 2 * V_LANES) {
        vflt a = v_cast_f32(v_load(sum + x));
        vflt b = v_cast_f32(v_load(sum + x + V_LANES));
        vint pairs =
            v_add32(v_cast_int(v_even_f32(a, b)), v_cast_int(v_odd_f32(a, b)));
        v_store(sum + x / 2, pairs);
    }
}

/* The conversion rounds as the definition's does: powers of two follow. */
static void ssim_box_integer(const SsimBox *b, unsigned y, int32_t *sum,
                             float *out)
{
    const unsigned f = b->call->factor;
    const float unit = b->src.scale / (float)(f * f);
    int32_t *first = sum;
    ssim_box_columns(b, y, sum + b->before);
    sum += b->before;
    SSIM_MIRROR(b, sum);
    for (unsigned left = f; left > 1; left /= 2)
        ssim_box_pairs(first, b->out_w * left);
    unsigned x = 0;
    for (; x + V_LANES <= b->out_w; x += V_LANES)
        v_store_f32(out + x,
                    v_mul_f32(v_to_f32(v_load(first + x)), v_set_f32(unit)));
    for (; x < b->out_w; x++)
        out[x] = (float)first[x] * unit;
}

static void ssim_box_exact(const SsimBox *b, unsigned y, double *sum,
                           float *out)
{
    const unsigned f = b->call->factor, w = b->call->w;
    const float k = 1.f / (float)(f * f);
    enum { PIECE = 256 };
    float value[PIECE];
    double *column = sum + b->before;
    for (unsigned v = 0; v < f; v++) {
        const void *row = ssim_box_row(b, y, v);
        for (unsigned x = 0; x < w; x += PIECE) {
            const unsigned n = w - x < PIECE ? w - x : PIECE;
            luma_values(&b->src, row, x, n, value);
            for (unsigned i = 0; i < n; i += V_LANES) {
                vflt p = v_mul_f32(v_load_f32(value + i), v_set_f32(k));
                vdbl lo = v_widen_lo_f32(p), hi = v_widen_hi_f32(p);
                double *at = column + x + i;
                if (v) {
                    lo = v_add_f64(v_get_f64(at), lo);
                    hi = v_add_f64(v_get_f64(at + V_LANES / 2), hi);
                }
                v_put_f64(at, lo);
                v_put_f64(at + V_LANES / 2, hi);
            }
        }
    }
    SSIM_MIRROR(b, column);
    for (unsigned x = 0; x < b->out_w; x++) {
        double total = 0.;
        for (unsigned u = 0; u < f; u++)
            total += sum[(size_t)x * f + u];
        out[x] = (float)total;
    }
}

static void ssim_shrink_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const SsimShrink *c = call;
    const unsigned f = c->factor, out_w = c->w / f + c->w % 2;
    const SsimBox box = {
        .call = c,
        .src = luma(c->src, c->src_stride, c->w, c->bpc, 0.f),
        .before = f / 2,
        .after = (ptrdiff_t)out_w * f - f / 2 - c->w,
        .out_w = out_w,
    };
    const bool integer =
        !(f & (f - 1)) && (uint64_t)f * f << c->bpc <= INT32_MAX;

    if (!integer && f > SSIM_MAX_EXACT_FACTOR) {
        ssim_shrink_scalar(call, rows, sums);
        return;
    }
    for (unsigned y = rows->begin; y < rows->end; y++) {
        float *out = (float *)((char *)c->dst + (ptrdiff_t)y * c->dst_stride);
        if (integer)
            ssim_box_integer(&box, y, rows->scratch, out);
        else
            ssim_box_exact(&box, y, rows->scratch, out);
    }
}
