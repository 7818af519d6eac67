/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PSNR-HVS written once over vector operations.
 *
 * Blocks overlap, so the transform of columns runs over whole rows of samples,
 * once for all blocks. Then V_LANES blocks are worked off side by side, a block
 * in each lane, so that every sum within a block keeps its order.
 */

#define LANE(name) psnr_hvs_##name##16
static inline vint LANE(add)(vint a, vint b)
{
    return v_add16(a, b);
}
static inline vint LANE(sub)(vint a, vint b)
{
    return v_sub16(a, b);
}
/* Halves are rounded toward zero. */
static inline vint LANE(half)(vint a)
{
    return v_sar16(v_sub16(a, v_sar16(a, 15)), 1);
}
static inline vint LANE(scaled)(vint a, int factor, int shift)
{
    return v_mulround16(a, v_set16((uint16_t)(factor << (15 - shift))));
}
#include "psnr_hvs_tmpl_dct.h"
#undef LANE

#define LANE(name) psnr_hvs_##name##32
static inline vint LANE(add)(vint a, vint b)
{
    return v_add32(a, b);
}
static inline vint LANE(sub)(vint a, vint b)
{
    return v_sub32(a, b);
}
static inline vint LANE(half)(vint a)
{
    return v_sar32(v_sub32(a, v_sar32(a, 31)), 1);
}
static inline vint LANE(scaled)(vint a, int factor, int shift)
{
    const vint product = v_mullo32(a, v_set32((uint32_t)factor));
    return v_sar32(v_add32(product, v_set32(1u << (shift - 1))), shift);
}
#include "psnr_hvs_tmpl_dct.h"
#undef LANE

enum {
    PSNR_HVS_CNT = PSNR_HVS_COEFFICIENTS,
    PSNR_HVS_COLUMNS = 2 * V_LANES, /* of 16-bit lanes */
    PSNR_HVS_NARROW_BPC = 11,       /* the second pass fits 16-bit lanes */
};

/* V_LANES blocks of both pictures, as binary32. */
typedef struct PsnrHvsTile {
    float sample[2][PSNR_HVS_CNT][V_LANES];
    float coefficient[2][PSNR_HVS_CNT][V_LANES];
    float mean[2][5][V_LANES]; /* of the four quarters and of all */
    float masking[V_LANES];    /* of the picture that masks more */
} PsnrHvsTile;

typedef struct PsnrHvsWork {
    const PsnrHvsTerms *call;
    size_t columns;
    int16_t
        *sample[2][PSNR_HVS_SIZE]; /* rows, with zeros past the last block */
    int16_t *column[2][PSNR_HVS_SIZE]; /* their columns transformed */
    PsnrHvsTile *tile;
} PsnrHvsWork;

/* Samples of row y of a side, as 16-bit numbers. */
static void psnr_hvs_fill_row(const PsnrHvsWork *k, int side, unsigned y,
                              int16_t *to)
{
    const PsnrHvsTerms *c = k->call;
    const uint8_t *plane = side ? c->dist : c->ref;
    const ptrdiff_t stride = side ? c->dist_stride : c->ref_stride;
    const uint8_t *row = plane + (ptrdiff_t)y * stride;
    unsigned x = 0;
    if (c->bpc > 8) {
        memcpy(to, row, c->w * sizeof(*to));
    } else {
        for (; x + PSNR_HVS_COLUMNS <= c->w; x += PSNR_HVS_COLUMNS)
            v_store(to + x, v_load8(row + x));
        for (; x < c->w; x++)
            to[x] = row[x];
    }
    memset(to + c->w, 0, (k->columns - c->w) * sizeof(*to));
}

/* First pass over the block row whose first sample row is y. */
static void psnr_hvs_fill(const PsnrHvsWork *k, int side, unsigned y)
{
    for (unsigned i = 0; i < PSNR_HVS_SIZE; i++)
        psnr_hvs_fill_row(k, side, y + i, k->sample[side][i]);
    for (size_t x = 0; x < k->columns; x += PSNR_HVS_COLUMNS) {
        vint p[PSNR_HVS_SIZE];
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            p[i] = v_load(k->sample[side][i] + x);
        psnr_hvs_transform16(p);
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            v_store(k->column[side][i] + x, p[i]);
    }
}

/* Rows of eight become columns within 128 bits. Each round moves one bit of the
 * row's number below those of the column's. */
static inline void psnr_hvs_transpose(vint v[PSNR_HVS_SIZE])
{
    SIMD_UNROLL
    for (int round = 0; round < 3; round++) {
        vint t[PSNR_HVS_SIZE];
        SIMD_UNROLL
        for (int i = 0; i < 4; i++) {
            t[2 * i] = v_zip16lo(v[i], v[i + 4]);
            t[2 * i + 1] = v_zip16hi(v[i], v[i + 4]);
        }
        SIMD_UNROLL
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            v[i] = t[i];
    }
}

/* Column j of V_LANES blocks: in the lower half of lanes of row `top`, in the
 * upper half of the row below. */
static inline void psnr_hvs_load(const int16_t *top, const int16_t *bottom,
                                 vint v[PSNR_HVS_SIZE])
{
    v_load_tiles16(top, bottom, PSNR_HVS_STEP, v);
    psnr_hvs_transpose(v);
}

static inline void psnr_hvs_keep(float to[V_LANES], vint a)
{
    v_store_f32(to, v_to_f32(a));
}

/* Samples and their sums: a lane adds up eight of a quarter, less than 2^15. */
static SIMD_NOINLINE void psnr_hvs_take_samples(const PsnrHvsWork *k, int side,
                                                size_t x)
{
    PsnrHvsTile *t = k->tile;
    vflt all = v_set_f32(0.f);
    for (int bottom = 0; bottom < 2; bottom++) {
        vint left = v_set16(0), right = left;
        for (int i = 4 * bottom; i < 4 * bottom + 4; i += 2) {
            vint v[PSNR_HVS_SIZE];
            psnr_hvs_load(k->sample[side][i] + x, k->sample[side][i + 1] + x,
                          v);
            for (int j = 0; j < PSNR_HVS_SIZE; j++) {
                float (*at)[V_LANES] = t->sample[side] + i * PSNR_HVS_SIZE + j;
                psnr_hvs_keep(at[0], v_widen16lo(v[j]));
                psnr_hvs_keep(at[PSNR_HVS_SIZE], v_widen16hi(v[j]));
            }
            left = v_add16(left,
                           v_add16(v_add16(v[0], v[1]), v_add16(v[2], v[3])));
            right = v_add16(right,
                            v_add16(v_add16(v[4], v[5]), v_add16(v[6], v[7])));
        }
        const vint quarter[2] = {
            v_add32(v_widen16lo(left), v_widen16hi(left)),
            v_add32(v_widen16lo(right), v_widen16hi(right)),
        };
        for (int r = 0; r < 2; r++) {
            const vflt sum = v_to_f32(quarter[r]);
            all = v_add_f32(all, sum);
            v_store_f32(t->mean[side][2 * r + bottom],
                        v_mul_f32(sum, v_set_f32(1.f / 16.f)));
        }
    }
    v_store_f32(t->mean[side][4], v_mul_f32(all, v_set_f32(1.f / 64.f)));
}

/* Second pass. */
static SIMD_NOINLINE void psnr_hvs_take_coefficients(const PsnrHvsWork *k,
                                                     int side, size_t x)
{
    const bool narrow = k->call->bpc <= PSNR_HVS_NARROW_BPC;
    for (int i = 0; i < PSNR_HVS_SIZE; i += 2) {
        vint v[PSNR_HVS_SIZE], lo[PSNR_HVS_SIZE], hi[PSNR_HVS_SIZE];
        psnr_hvs_load(k->column[side][i] + x, k->column[side][i + 1] + x, v);
        if (narrow)
            psnr_hvs_transform16(v);
        for (int j = 0; j < PSNR_HVS_SIZE; j++) {
            lo[j] = v_widen16lo(v[j]);
            hi[j] = v_widen16hi(v[j]);
        }
        if (!narrow) {
            psnr_hvs_transform32(lo);
            psnr_hvs_transform32(hi);
        }
        float (*at)[V_LANES] = k->tile->coefficient[side] + i * PSNR_HVS_SIZE;
        for (int j = 0; j < PSNR_HVS_SIZE; j++) {
            psnr_hvs_keep(at[j], lo[j]);
            psnr_hvs_keep(at[PSNR_HVS_SIZE + j], hi[j]);
        }
    }
}

/* Sums of a block of one picture on the way. */
typedef struct PsnrHvsSums {
    vflt energy, whole, quarter[4], mean[5];
} PsnrHvsSums;

static inline void psnr_hvs_add(PsnrHvsSums *s, const PsnrHvsTile *t, int side,
                                int i, vflt mask)
{
    const vflt p = v_load_f32(t->sample[side][i]);
    const vflt x = v_load_f32(t->coefficient[side][i]);
    const int q = i / 32 + i % 8 / 4 * 2; /* top left, bottom left, ... */
    const vflt d = v_sub_f32(p, s->mean[4]), e = v_sub_f32(p, s->mean[q]);
    s->whole = v_add_f32(s->whole, v_mul_f32(d, d));
    s->quarter[q] = v_add_f32(s->quarter[q], v_mul_f32(e, e));
    s->energy = v_add_f32(s->energy, v_mul_f32(v_mul_f32(x, x), mask));
}

/* How much a block masks. The root is rounded once although the definition
 * takes it in binary64: 53 digits are more than 2 * 24 + 2. */
static inline vflt psnr_hvs_masking(const PsnrHvsSums *s)
{
    const vflt zero = v_set_f32(0.f), k15 = v_set_f32(PSNR_HVS_UNBIASED_16);
    const vflt whole = v_mul_f32(s->whole, v_set_f32(PSNR_HVS_UNBIASED_64));
    vflt sum = v_mul_f32(s->quarter[0], k15);
    for (int q = 1; q < 4; q++)
        sum = v_add_f32(sum, v_mul_f32(s->quarter[q], k15));
    const vflt texture =
        v_pick_f32(v_lt_f32(zero, whole), v_div_f32(sum, whole), whole);
    return v_mul_f32(v_sqrt_f32(v_mul_f32(s->energy, texture)),
                     v_set_f32(1.f / 32.f));
}

/* What the blocks mask. */
static SIMD_NOINLINE void psnr_hvs_measure(PsnrHvsTile *t,
                                           const PsnrHvsTable *table)
{
    PsnrHvsSums s[2];
    for (int side = 0; side < 2; side++) {
        s[side].energy = s[side].whole = v_set_f32(0.f);
        for (int q = 0; q < 4; q++)
            s[side].quarter[q] = v_set_f32(0.f);
        for (int q = 0; q < 5; q++)
            s[side].mean[q] = v_load_f32(t->mean[side][q]);
    }
    for (int bottom = 0; bottom < PSNR_HVS_CNT; bottom += 32) {
        for (int row = bottom; row < bottom + 32; row += PSNR_HVS_SIZE) {
            SIMD_UNROLL
            for (int j = 0; j < PSNR_HVS_SIZE; j++) {
                /* The mean is no energy. */
                const float m = row + j ? table->mask[row + j] : 0.f;
                psnr_hvs_add(&s[0], t, 0, row + j, v_set_f32(m));
                psnr_hvs_add(&s[1], t, 1, row + j, v_set_f32(m));
            }
        }
    }
    v_store_f32(t->masking,
                v_max_f32(psnr_hvs_masking(&s[1]), psnr_hvs_masking(&s[0])));
}

/* The terms. masking / mask is a product with 1 / mask and a correction: that
 * it equals the division was tried for every mantissa and entry. */
static SIMD_NOINLINE void psnr_hvs_put_terms(const PsnrHvsTile *t,
                                             const PsnrHvsTable *table,
                                             float *term)
{
    const vflt masking = v_load_f32(t->masking), zero = v_set_f32(0.f);
    for (int i = 0; i < PSNR_HVS_CNT; i++) {
        const vflt mask = v_set_f32(table->mask[i]);
        const vflt inverse = v_set_f32(table->inverse[i]);
        vflt quotient = v_mul_f32(masking, inverse);
        const vflt rest = v_fnma_f32(quotient, mask, masking);
        quotient = v_fma_f32(rest, inverse, quotient);
        vflt e = v_abs_f32(v_sub_f32(v_load_f32(t->coefficient[0][i]),
                                     v_load_f32(t->coefficient[1][i])));
        if (i)
            e = v_max_f32(v_sub_f32(e, quotient), zero);
        e = v_mul_f32(e, v_set_f32(table->weight[i]));
        v_store_f32(term + i * PSNR_HVS_GROUP, v_mul_f32(e, e));
    }
}

/* Blocks past the last of a row count nothing. */
static void psnr_hvs_blank(float *row, unsigned blocks)
{
    float *group = row + blocks / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS;
    for (unsigned i = blocks % PSNR_HVS_GROUP; i && i < PSNR_HVS_GROUP; i++)
        for (int j = 0; j < PSNR_HVS_CNT; j++)
            group[j * PSNR_HVS_GROUP + i] = 0.f;
}

static void psnr_hvs_run_row(const PsnrHvsWork *k, unsigned y, float *row)
{
    const PsnrHvsTable *table = k->call->table;
    const unsigned blocks = psnr_hvs_blocks(k->call->w);
    for (int side = 0; side < 2; side++)
        psnr_hvs_fill(k, side, y * PSNR_HVS_STEP);
    for (unsigned i = 0; i < blocks; i += V_LANES) {
        float *group = row + i / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS;
        for (int side = 0; side < 2; side++) {
            psnr_hvs_take_samples(k, side, i * PSNR_HVS_STEP);
            psnr_hvs_take_coefficients(k, side, i * PSNR_HVS_STEP);
        }
        psnr_hvs_measure(k->tile, table);
        psnr_hvs_put_terms(k->tile, table, group + i % PSNR_HVS_GROUP);
    }
    psnr_hvs_blank(row, blocks);
}

/* Rows end with the last group's last block. */
static void psnr_hvs_lay_out(PsnrHvsWork *k, Workspace *ws, unsigned w)
{
    const size_t groups = psnr_hvs_stride(w) / PSNR_HVS_GROUP_TERMS;
    size_t columns = groups * PSNR_HVS_GROUP * PSNR_HVS_STEP + 1;
    columns = columns > w ? columns : w;
    k->columns =
        (columns + PSNR_HVS_COLUMNS - 1) / PSNR_HVS_COLUMNS * PSNR_HVS_COLUMNS;
    k->tile = workspace_take(ws, sizeof(PsnrHvsTile));
    for (int i = 0; i < 2 * PSNR_HVS_SIZE; i++) {
        int16_t **sample = k->sample[0] + i, **column = k->column[0] + i;
        *sample = workspace_take(ws, k->columns * sizeof(**sample));
        *column = workspace_take(ws, k->columns * sizeof(**column));
    }
}

static size_t psnr_hvs_scratch_size_simd(unsigned w)
{
    Workspace ws = { 0 };
    PsnrHvsWork k;
    psnr_hvs_lay_out(&k, &ws, w);
    return ws.used;
}

static void psnr_hvs_terms_simd(const void *call, const Rows *rows,
                                int64_t *sums)
{
    const PsnrHvsTerms *c = call;
    Workspace ws = { .base = rows->scratch };
    PsnrHvsWork k = { .call = c };
    (void)sums;
    psnr_hvs_lay_out(&k, &ws, c->w);
    for (unsigned y = rows->begin; y < rows->end; y++)
        psnr_hvs_run_row(&k, c->first_row + y, c->terms + y * c->stride);
}
