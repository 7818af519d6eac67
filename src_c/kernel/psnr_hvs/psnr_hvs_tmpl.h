/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PSNR-HVS written once over vector operations.
 *
 * A chunk of blocks side by side is worked off at a time, small enough to stay
 * in the first-level cache. Blocks overlap, so the transform of columns runs over
 * rows of samples, once for all of them. From there on a block lies in each lane,
 * so that every sum within a block keeps its order.
 */

/* Factors of the transform, over 2^15, in all lanes: in memory, as they are more
 * than there are registers for, and compilers would make each again. */
/* clang-format off */
#define PSNR_HVS_FACTORS(F)                                                    \
    F(13573) F(23170) F(21895) F(30274) F(19195) F(29956) F(3227) F(6393)      \
    F(9940) F(18205) F(16383)
/* clang-format on */

typedef struct PsnrHvsFactors {
#define FIELD(numerator) vint n##numerator;
    PSNR_HVS_FACTORS(FIELD)
#undef FIELD
} PsnrHvsFactors;

#define LANE(name) psnr_hvs_##name##16
static inline vint LANE(add)(vint a, vint b)
{
    return v_add16(a, b);
}
static inline vint LANE(sub)(vint a, vint b)
{
    return v_sub16(a, b);
}
/* Rounded toward zero: a * (1/2 - 2^-15) to the nearest integer, for |a| below
 * 2^14, where what is missing from a half is less than a half itself. */
static inline vint LANE(half)(const PsnrHvsFactors *f, vint a)
{
    return v_mulround16(a, f->n16383);
}
static inline vint LANE(scaled)(vint a, vint numerator)
{
    return v_mulround16(a, numerator);
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
static inline vint LANE(half)(const PsnrHvsFactors *f, vint a)
{
    (void)f;
    return v_sar32(v_sub32(a, v_sar32(a, 31)), 1);
}
static inline vint LANE(scaled)(vint a, vint numerator)
{
    const vint product = v_mullo32(a, numerator);
    return v_sar32(v_add32(product, v_set32(1u << 14)), 15);
}
#include "psnr_hvs_tmpl_dct.h"
#undef LANE

enum {
    PSNR_HVS_COLUMNS = 2 * V_LANES, /* of 16-bit lanes */
    PSNR_HVS_CHUNK = 2 * V_LANES,   /* blocks, one in each 16-bit lane */
    /* What the blocks of a chunk step over; they end a column later. */
    PSNR_HVS_SPAN = PSNR_HVS_STEP * PSNR_HVS_CHUNK,
    /* Where a chunk's first column lies in a row; those after it are aligned. */
    PSNR_HVS_FIRST = PSNR_HVS_COLUMNS - 1,
    PSNR_HVS_WIDTH = PSNR_HVS_SPAN + 2 * PSNR_HVS_COLUMNS,
    PSNR_HVS_ROWS = 2 * PSNR_HVS_SIZE + 2, /* of a side, below */
    PSNR_HVS_NARROW_BPC = 11, /* the second pass fits 16-bit lanes */
};

/* Columns of one picture. */
typedef struct PsnrHvsSide {
    /* Rows of samples; sums of the four upper and of the four lower; the columns
     * transformed. */
    int16_t row[PSNR_HVS_ROWS][PSNR_HVS_WIDTH];
    /* Squares of four rows, upper and lower, added up for two columns each, from
     * an even and from an odd one. */
    uint32_t pair[2][2][PSNR_HVS_WIDTH / 2];
} PsnrHvsSide;

/* What the samples of V_LANES blocks are like. Quarters are top left, bottom
 * left, top right, bottom right. */
typedef struct PsnrHvsSpread {
    float energy[V_LANES]; /* of the coefficients, weighted */
    float sum[4][V_LANES]; /* of each quarter */
    float quarter[4]
                 [V_LANES]; /* 16 times its squared distances from the mean */
    float whole[V_LANES];   /* 64 times those of all */
} PsnrHvsSpread;

/* Arrays of two halves: blocks of the first V_LANES and of those after them. */
typedef struct PsnrHvsTile {
    PsnrHvsFactors narrow, wide; /* of 16-bit and of 32-bit lanes */
    PsnrHvsSide side[2];
    int16_t coefficient[2][PSNR_HVS_COEFFICIENTS][PSNR_HVS_CHUNK];
    PsnrHvsSpread spread[2][2]; /* of each side's halves */
    PsnrHvsSpread chosen[2];
    int32_t
        at[PSNR_HVS_CHUNK]; /* where a block's chosen columns start: bytes */
    float masking[2][V_LANES];
} PsnrHvsTile;

typedef struct PsnrHvsWork {
    const PsnrHvsTerms *call;
    unsigned y; /* of the block row's first samples */
    PsnrHvsTile *tile;
} PsnrHvsWork;

enum {
    PSNR_HVS_SUMS = PSNR_HVS_SIZE,
    PSNR_HVS_TRANSFORMED = PSNR_HVS_SIZE + 2
};

#include "psnr_hvs_tmpl_load.h"

/* At 12 bits: coefficients still fit 16-bit lanes, what they are made of not. */
static SIMD_NOINLINE void psnr_hvs_transform_wide(const PsnrHvsFactors *f,
                                                  vint v[PSNR_HVS_SIZE])
{
    vint half[2][PSNR_HVS_SIZE];
    for (int j = 0; j < PSNR_HVS_SIZE; j++) {
        half[0][j] = v_sar32(v_zip16lo(v[j], v[j]), 16);
        half[1][j] = v_sar32(v_zip16hi(v[j], v[j]), 16);
    }
    for (int h = 0; h < 2; h++)
        psnr_hvs_transform32(f, half[h]);
    for (int j = 0; j < PSNR_HVS_SIZE; j++)
        v[j] = v_pack16(half[0][j], half[1][j]);
}

/* Second pass, of both sides. */
static SIMD_NOINLINE void psnr_hvs_take_coefficients(const PsnrHvsWork *k)
{
    PsnrHvsTile *t = k->tile;
    const bool narrow = k->call->bpc <= PSNR_HVS_NARROW_BPC;
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < PSNR_HVS_SIZE; i++) {
            vint v[PSNR_HVS_SIZE];
            psnr_hvs_load(t->side[side].row[PSNR_HVS_TRANSFORMED + i], v);
            if (narrow)
                psnr_hvs_transform16(&t->narrow, v);
            else
                psnr_hvs_transform_wide(&t->wide, v);
            for (int j = 0; j < PSNR_HVS_SIZE; j++)
                v_store(t->coefficient[side][i * PSNR_HVS_SIZE + j], v[j]);
        }
    }
}

/* Energies of all coefficients but the first, the mean. */
static SIMD_NOINLINE void psnr_hvs_take_energy(PsnrHvsTile *t,
                                               const float *mask)
{
    vflt energy[2][2];
    for (int n = 0; n < 4; n++)
        energy[n / 2][n % 2] = v_set_f32(0.f);
    for (int i = 1; i < PSNR_HVS_COEFFICIENTS; i++) {
        const vflt m = v_set_f32(mask[i]);
        SIMD_UNROLL
        for (int side = 0; side < 2; side++) {
            vint square[2];
            v_square16(v_load(t->coefficient[side][i]), &square[0], &square[1]);
            SIMD_UNROLL
            for (int h = 0; h < 2; h++)
                energy[side][h] = v_add_f32(energy[side][h],
                                            v_mul_f32(v_to_f32(square[h]), m));
        }
    }
    for (int n = 0; n < 4; n++)
        v_store_f32(t->spread[n / 2][n % 2].energy, energy[n / 2][n % 2]);
}

/* How far coefficient i of both sides is apart. */
static inline vint psnr_hvs_error(const PsnrHvsTile *t, int i)
{
    return v_distance16(v_load(t->coefficient[0][i]),
                        v_load(t->coefficient[1][i]));
}

#include "psnr_hvs_tmpl_spread.h"

/* A coefficient's part of the table. */
typedef struct PsnrHvsPart {
    vflt inverse, rest, weight;
} PsnrHvsPart;

/* masking / mask is a product with 1 / mask in two numbers: that it equals the
 * division was tried for every mantissa and entry. */
static inline void psnr_hvs_put(const PsnrHvsPart *p, vflt masking, vint error,
                                float *term)
{
    const vflt threshold =
        v_fma_f32(masking, p->inverse, v_mul_f32(masking, p->rest));
    vflt e = v_sub_f32(v_to_f32(error), threshold);
    e = v_mul_f32(v_max_f32(e, v_set_f32(0.f)), p->weight);
    v_store_f32(term, v_mul_f32(e, e));
}

/* The terms of coefficient i, of both halves if there is a second one. */
static inline void psnr_hvs_put_both(const PsnrHvsTile *t, int i,
                                     const PsnrHvsPart *p, float *lo, float *hi)
{
    const vint error = psnr_hvs_error(t, i), zero = v_set16(0);
    psnr_hvs_put(p, v_load_f32(t->masking[0]), v_zip16lo(error, zero),
                 lo + i * PSNR_HVS_GROUP);
    if (hi)
        psnr_hvs_put(p, v_load_f32(t->masking[1]), v_zip16hi(error, zero),
                     hi + i * PSNR_HVS_GROUP);
}

static SIMD_NOINLINE void psnr_hvs_put_terms(const PsnrHvsTile *t,
                                             const PsnrHvsTable *table,
                                             float *lo, float *hi)
{
    /* Nothing masks the mean. */
    PsnrHvsPart p = { v_set_f32(0.f), v_set_f32(0.f),
                      v_set_f32(table->weight[0]) };
    psnr_hvs_put_both(t, 0, &p, lo, hi);
    for (int i = 1; i < PSNR_HVS_COEFFICIENTS; i++) {
        p.inverse = v_set_f32(table->inverse[i]);
        p.rest = v_set_f32(table->rest[i]);
        p.weight = v_set_f32(table->weight[i]);
        psnr_hvs_put_both(t, i, &p, lo, hi);
    }
}

/* Blocks past the last of a row count nothing. */
static void psnr_hvs_blank(float *row, unsigned blocks)
{
    float *group = row + blocks / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS;
    for (unsigned i = blocks % PSNR_HVS_GROUP; i && i < PSNR_HVS_GROUP; i++)
        for (int j = 0; j < PSNR_HVS_COEFFICIENTS; j++)
            group[j * PSNR_HVS_GROUP + i] = 0.f;
}

static inline float *psnr_hvs_terms_of(float *row, unsigned block)
{
    return row + block / PSNR_HVS_GROUP * PSNR_HVS_GROUP_TERMS +
           block % PSNR_HVS_GROUP;
}

static void psnr_hvs_run_row(const PsnrHvsWork *k, float *row)
{
    const unsigned blocks = psnr_hvs_blocks(k->call->w);
    psnr_hvs_begin(k);
    for (unsigned i = 0; i < blocks; i += PSNR_HVS_CHUNK) {
        float *hi =
            i + V_LANES < blocks ? psnr_hvs_terms_of(row, i + V_LANES) : NULL;
        psnr_hvs_fill(k, i * PSNR_HVS_STEP);
        psnr_hvs_take_coefficients(k);
        psnr_hvs_take_energy(k->tile, k->call->table->mask);
        psnr_hvs_measure(k->tile);
        psnr_hvs_put_terms(k->tile, k->call->table, psnr_hvs_terms_of(row, i),
                           hi);
    }
    psnr_hvs_blank(row, blocks);
}

static void psnr_hvs_set_factors(PsnrHvsTile *t)
{
#define SET(numerator)                                                         \
    t->narrow.n##numerator = v_set16(numerator);                               \
    t->wide.n##numerator = v_set32(numerator);
    PSNR_HVS_FACTORS(SET)
#undef SET
}

static size_t psnr_hvs_scratch_size_simd(unsigned w)
{
    (void)w;
    return sizeof(PsnrHvsTile);
}

static void psnr_hvs_terms_simd(const void *call, const Rows *rows,
                                int64_t *sums)
{
    const PsnrHvsTerms *c = call;
    PsnrHvsWork k = { .call = c, .tile = rows->scratch };
    (void)sums;
    psnr_hvs_set_factors(k.tile);
    for (unsigned y = rows->begin; y < rows->end; y++) {
        k.y = (c->first_row + y) * PSNR_HVS_STEP;
        psnr_hvs_run_row(&k, c->terms + y * c->stride);
    }
}
