/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The plane less its local mean, and the covariance of its cells. */

enum {
    SPEED_L64 = V_LANES / 2, /* lanes of binary64 */
    /* Accumulators that are kept in registers: rows times vectors. */
    SPEED_TILE_ROWS = V_REGISTERS / 4,
    SPEED_TILE_VECTORS = 3,
};

static inline int speed_mirror(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
}

/* `smooth` has room on both sides for the taps. Lanes beyond the row are of no
 * meaning here and below. */
static void speed_smooth_down(const SpeedModel *m, const float *low, int y,
                              float *smooth)
{
    const int w = (int)m->w, reach = (int)m->mean_taps / 2;
    const float *row[SPEED_MAX_REACH];
    for (int k = 0; k < (int)m->mean_taps; k++)
        row[k] = low + speed_mirror(y - reach + k, (int)m->h) *
                           (ptrdiff_t)m->low_stride;
    for (int x = 0; x < w; x += V_LANES) {
        vflt sum = v_set_f32(0);
        for (unsigned k = 0; k < m->mean_taps; k++)
            sum = v_add_f32(sum, v_mul_f32(v_set_f32(m->mean_tap[k]),
                                           v_load_f32(row[k] + x)));
        v_store_f32(smooth + x, sum);
    }
    for (int k = 1; k <= reach; k++) {
        smooth[-k] = smooth[k];
        smooth[w - 1 + k] = smooth[w - 1 - k];
    }
}

static SIMD_NOINLINE void speed_remove_mean(const SpeedModel *m,
                                            const float *low, SpeedWork *work)
{
    const int w = (int)m->w, reach = (int)m->mean_taps / 2;
    float *smooth = work->smooth + SPEED_ROOM;
    for (int y = 0; y < (int)m->h; y++) {
        const float *row = low + y * (ptrdiff_t)m->low_stride;
        float *out = work->plane + y * (ptrdiff_t)m->low_stride;
        speed_smooth_down(m, low, y, smooth);
        for (int x = 0; x < w; x += V_LANES) {
            vflt mean = v_set_f32(0);
            for (int k = 0; k < (int)m->mean_taps; k++)
                mean = v_add_f32(mean,
                                 v_mul_f32(v_set_f32(m->mean_tap[k]),
                                           v_load_f32(smooth + x - reach + k)));
            v_store_f32(out + x, v_sub_f32(v_load_f32(row + x), mean));
        }
        /* Vectors will reach beyond the row, into lanes that nobody reads. */
        memset(out + w, 0, (m->low_stride - m->w) * sizeof(float));
    }
    memset(work->plane + m->h * m->low_stride, 0, SPEED_ROOM * sizeof(float));
}

/* Positions of a block inside the whole blocks of the plane. */
static inline int speed_positions(unsigned size)
{
    return (int)(size - size % SPEED_SIDE) - (SPEED_SIDE - 1);
}

/* Of each cell, a row of the block in `mean`'s row; a lane is a cell. */
static SIMD_NOINLINE void speed_means(const SpeedModel *m, const float *plane,
                                      float mean[SPEED_SIDE][SPEED_ROOM])
{
    enum { VECTORS = (SPEED_SIDE + V_LANES - 1) / V_LANES };
    const int w = speed_positions(m->w), h = speed_positions(m->h);
    vflt sum[SPEED_SIDE][VECTORS];
    for (int e = 0; e < SPEED_SIDE; e++)
        for (int v = 0; v < VECTORS; v++)
            sum[e][v] = v_set_f32(0);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const float *p = plane + y * (ptrdiff_t)m->low_stride + x;
            SIMD_UNROLL
            for (int e = 0; e < SPEED_SIDE; e++)
                for (int v = 0; v < VECTORS; v++)
                    sum[e][v] =
                        v_add_f32(sum[e][v], v_load_f32(p + e * m->low_stride +
                                                        v * V_LANES));
        }
    const vflt cnt = v_set_f32((float)(w * h));
    for (int e = 0; e < SPEED_SIDE; e++)
        for (int v = 0; v < VECTORS; v++)
            v_store_f32(mean[e] + v * V_LANES, v_div_f32(sum[e][v], cnt));
}

/* The cells of every position of row `y`, less their means. A row of a block
 * is stored in whole vectors; the next one overwrites what is too much. */
static SIMD_NOINLINE void speed_offsets(
    const SpeedModel *m, const float *plane,
    const double mean[SPEED_SIDE][SPEED_ROOM], double *out)
{
    const int w = speed_positions(m->w);
    for (int x = 0; x < w; x++, out += SPEED_P)
        for (int e = 0; e < SPEED_SIDE; e++)
            for (int c = 0; c < SPEED_SIDE; c += SPEED_L64) {
                const float *p = plane + e * m->low_stride + x + c;
                vdbl v = v_widen_lo_f32(v_load_f32(p));
                v_put_f64(out + e * SPEED_SIDE + c,
                          v_sub_f64(v, v_get_f64(mean[e] + c)));
            }
}

/* Add the products of a row of positions: cells e.. with cells f.. in
 * `vectors` vectors. */
static inline SIMD_INLINE void speed_tile(const double *offset, int cnt, int e,
                                          int f, double *sums, int rows,
                                          int vectors)
{
    vdbl acc[SPEED_TILE_ROWS][SPEED_TILE_VECTORS];
    SIMD_UNROLL
    for (int r = 0; r < rows; r++)
        SIMD_UNROLL
    for (int v = 0; v < vectors; v++)
        acc[r][v] = v_get_f64(sums + (e + r) * SPEED_P + f + v * SPEED_L64);
    for (int x = 0; x < cnt; x++, offset += SPEED_P) {
        vdbl column[SPEED_TILE_VECTORS];
        SIMD_UNROLL
        for (int v = 0; v < vectors; v++)
            column[v] = v_get_f64(offset + f + v * SPEED_L64);
        SIMD_UNROLL
        for (int r = 0; r < rows; r++) {
            const vdbl row = v_set_f64(offset[e + r]);
            SIMD_UNROLL
            for (int v = 0; v < vectors; v++)
                acc[r][v] = v_add_f64(acc[r][v], v_mul_f64(row, column[v]));
        }
    }
    SIMD_UNROLL
    for (int r = 0; r < rows; r++)
        SIMD_UNROLL
    for (int v = 0; v < vectors; v++)
        v_put_f64(sums + (e + r) * SPEED_P + f + v * SPEED_L64, acc[r][v]);
}

/* Cells e.. with all cells up to the last of them. */
static inline SIMD_INLINE void speed_band(const double *offset, int cnt, int e,
                                          double *sums, int rows)
{
    for (int f = 0; f < e + rows; f += SPEED_TILE_VECTORS * SPEED_L64)
        switch ((e + rows - f + SPEED_L64 - 1) / SPEED_L64) {
        case 1: speed_tile(offset, cnt, e, f, sums, rows, 1); break;
        case 2: speed_tile(offset, cnt, e, f, sums, rows, 2); break;
        default: speed_tile(offset, cnt, e, f, sums, rows, 3);
        }
}

static SIMD_NOINLINE void speed_products(const double *offset, int cnt,
                                         double *sums)
{
    int e = 0;
    for (; e + SPEED_TILE_ROWS <= SPEED_N; e += SPEED_TILE_ROWS)
        speed_band(offset, cnt, e, sums, SPEED_TILE_ROWS);
    for (; e < SPEED_N; e++)
        speed_band(offset, cnt, e, sums, 1);
}

static void speed_covariance(const SpeedModel *m, SpeedWork *work,
                             SpeedMatrix c)
{
    const int w = speed_positions(m->w), h = speed_positions(m->h);
    float mean[SPEED_SIDE][SPEED_ROOM] = { 0 };
    double wide[SPEED_SIDE][SPEED_ROOM], sums[SPEED_N * SPEED_P] = { 0 };
    speed_means(m, work->plane, mean);
    for (int e = 0; e < SPEED_SIDE; e++)
        for (int i = 0; i < SPEED_ROOM; i++)
            wide[e][i] = (double)mean[e][i];
    memset(work->offset, 0, (size_t)w * SPEED_P * sizeof(double));
    for (int y = 0; y < h; y++) {
        speed_offsets(m, work->plane + y * (ptrdiff_t)m->low_stride, wide,
                      work->offset);
        speed_products(work->offset, w, sums);
    }
    memset(c, 0, sizeof(SpeedMatrix));
    for (int e = 0; e < SPEED_N; e++)
        for (int f = 0; f <= e; f++)
            c[e][f] = c[f][e] =
                (float)(sums[e * SPEED_P + f] / (double)(w * h));
}

/* Whole blocks as columns; zeros where there is none. */
static void speed_gather_blocks(const SpeedModel *m, const float *plane,
                                float *blocks)
{
    const unsigned across = m->w / SPEED_SIDE, down = m->h / SPEED_SIDE;
    memset(blocks, 0, SPEED_N * m->block_stride * sizeof(float));
    for (unsigned e = 0; e < SPEED_N; e++, blocks += m->block_stride) {
        const float *cell =
            plane + e / SPEED_SIDE * m->low_stride + e % SPEED_SIDE;
        for (unsigned y = 0; y < down; y++)
            for (unsigned x = 0; x < across; x++)
                blocks[y * across + x] =
                    cell[y * SPEED_SIDE * m->low_stride + x * SPEED_SIDE];
    }
}
