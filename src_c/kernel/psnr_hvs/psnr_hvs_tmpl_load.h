/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Columns of samples into a chunk, transformed, and out of it as blocks in lanes. */

/* Samples [x, x + PSNR_HVS_COLUMNS) of a row, zeros past its end. */
static SIMD_NOINLINE vint psnr_hvs_load_end(const PsnrHvsTerms *c,
                                            const uint8_t *row, unsigned x)
{
    uint16_t part[PSNR_HVS_COLUMNS] = { 0 };
    if (x < c->w && c->bpc > 8)
        memcpy(part, row + 2 * (size_t)x, 2 * (size_t)(c->w - x));
    else
        for (unsigned i = 0; x + i < c->w; i++)
            part[i] = row[x + i];
    return v_load(part);
}

/* First pass over a vector of columns from sample x on, which become those of
 * the chunk from `at` on. */
static inline void psnr_hvs_fill_columns(const PsnrHvsWork *k, int side,
                                         unsigned x, unsigned at)
{
    const PsnrHvsTerms *c = k->call;
    const ptrdiff_t stride = side ? c->dist_stride : c->ref_stride;
    const uint8_t *plane = side ? c->dist : c->ref;
    const uint8_t *from = plane + (ptrdiff_t)k->y * stride;
    int16_t (*row)[PSNR_HVS_WIDTH] = k->tile->side[side].row;
    at += PSNR_HVS_FIRST;
    vint p[PSNR_HVS_SIZE];
    if (x + PSNR_HVS_COLUMNS > c->w)
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            p[i] = psnr_hvs_load_end(c, from + i * stride, x);
    else if (c->bpc > 8)
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            p[i] = v_load(from + i * stride + 2 * (size_t)x);
    else
        for (int i = 0; i < PSNR_HVS_SIZE; i++)
            p[i] = v_load8(from + i * stride + x);
    /* Of the block row below, whose first row this one's last is. */
    for (int i = 1; i < PSNR_HVS_SIZE; i++)
        v_prefetch(from + (PSNR_HVS_STEP + i) * stride +
                   (c->bpc > 8 ? 2 : 1) * (size_t)x);
    for (int i = 0; i < PSNR_HVS_SIZE; i++)
        v_store(row[i] + at, p[i]);
    for (int i = 0; i < 2; i++)
        v_store(row[PSNR_HVS_SUMS + i] + at,
                v_add16(v_add16(p[4 * i], p[4 * i + 1]),
                        v_add16(p[4 * i + 2], p[4 * i + 3])));
    psnr_hvs_transform16(&k->tile->narrow, p);
    for (int i = 0; i < PSNR_HVS_SIZE; i++)
        v_store(row[PSNR_HVS_TRANSFORMED + i] + at, p[i]);
}

/* The first column of a row lies where a chunk's last one does. */
static void psnr_hvs_begin(const PsnrHvsWork *k)
{
    for (int side = 0; side < 2; side++)
        psnr_hvs_fill_columns(k, side, 0, PSNR_HVS_SPAN);
}

/* The chunk from sample x on; its first column is the last of the one before. */
static SIMD_NOINLINE void psnr_hvs_fill(const PsnrHvsWork *k, unsigned x)
{
    for (int side = 0; side < 2; side++) {
        int16_t (*row)[PSNR_HVS_WIDTH] = k->tile->side[side].row;
        for (int i = 0; i < PSNR_HVS_ROWS; i++)
            row[i][PSNR_HVS_FIRST] = row[i][PSNR_HVS_FIRST + PSNR_HVS_SPAN];
        for (unsigned at = 1; at < PSNR_HVS_SPAN; at += PSNR_HVS_COLUMNS)
            psnr_hvs_fill_columns(k, side, x + at, at);
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

/*
 * Of 128 bits, the q-th, of lanes: 16-bit lane k has block 4 * q + k of the
 * first V_LANES blocks, or of the others from k = 4 on. So the zips that make
 * 32-bit lanes of them leave those of each half in order.
 */
static inline int psnr_hvs_block(int k)
{
    return k / 4 * V_LANES + k % 4;
}

/* Eight columns of each block, of a row. */
static inline void psnr_hvs_load(const int16_t *row, vint v[PSNR_HVS_SIZE])
{
    int32_t at[V_LANES];
    row += PSNR_HVS_FIRST;
    for (int i = 0; i < V_LANES; i++)
        at[i] = i * PSNR_HVS_STEP * (int32_t)sizeof(*row);
    SIMD_UNROLL
    for (int k = 0; k < PSNR_HVS_SIZE; k++)
        v[k] = v_load_parts(row + psnr_hvs_block(k) * PSNR_HVS_STEP, at);
    psnr_hvs_transpose(v);
}
