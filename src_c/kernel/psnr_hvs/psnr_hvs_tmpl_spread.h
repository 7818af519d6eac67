/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How much blocks mask: the energy of their coefficients, times how much less
 * the quarters of their samples vary than the whole.
 *
 * The definition adds squared distances from a mean in binary32, in order. In
 * units of 2^-8, of a quarter, and 2^-12, of all 64 samples, they are integers;
 * where their sum is at most 2^24, nothing is rounded on the way, and it follows
 * from sums of samples and of squares. Those also tell, if not by a hair, which
 * picture masks more, so the sums in order are made for that one only, and only
 * where they are rounded.
 */

/* The largest exact sums as multiples of a quarter's and of the whole's; the
 * latter is made of rounded numbers. */
#define PSNR_HVS_EXACT_QUARTER 0x1p20f
#define PSNR_HVS_EXACT_WHOLE 0x1.ffp17f

/* Fewer than 130 roundings, of 2^-24 each, lie between a picture's texture and
 * its definition in real numbers, and a dozen between that and a guess: for two
 * pictures together less than 2^-14. */
#define PSNR_HVS_CLEAR (1.f + 0x1p-14f)

/* Squares of pairs of columns. */
static void psnr_hvs_pair(PsnrHvsSide *s)
{
    for (int bottom = 0; bottom < 2; bottom++) {
        for (int x = 0; x < PSNR_HVS_SPAN; x += PSNR_HVS_COLUMNS) {
            SIMD_UNROLL
            for (int odd = 0; odd < 2; odd++) {
                vint sum = v_set32(0);
                SIMD_UNROLL
                for (int i = 4 * bottom; i < 4 * bottom + 4; i++) {
                    const vint p = v_load(s->row[i] + PSNR_HVS_FIRST + x + odd);
                    sum = v_dot16(sum, p, p);
                }
                v_store(s->pair[bottom][odd] + x / 2, sum);
            }
        }
    }
}

/* Squares of the quarters, left and right, of the upper or of the lower rows:
 * V_LANES blocks. */
static inline void psnr_hvs_add_pairs(
    const uint32_t pair[2][PSNR_HVS_WIDTH / 2], int half, vint quarter[2])
{
    const int first = half * (PSNR_HVS_STEP * V_LANES / 2);
    int32_t at[V_LANES];
    vflt v[4];
    for (int i = 0; i < V_LANES; i++)
        at[i] = i * PSNR_HVS_STEP / 2 * (int32_t)sizeof(**pair);
    SIMD_UNROLL
    for (int k = 0; k < 4; k++)
        v[k] = v_cast_f32(
            v_load_parts(pair[k % 2] + first + k * PSNR_HVS_STEP / 2, at));
    v_transpose_quads(v);
    for (int i = 0; i < 2; i++)
        quarter[i] = v_add32(v_cast_int(v[2 * i]), v_cast_int(v[2 * i + 1]));
}

/* Sums are below 2^16, 16 times the squares below 2^32. */
static inline void psnr_hvs_take_half(const PsnrHvsSide *s, int half,
                                      const vint sum[4], PsnrHvsSpread *to)
{
    vflt all = v_set_f32(0.f), inner = all, outer = all;
    for (int bottom = 0; bottom < 2; bottom++) {
        vint square[2];
        psnr_hvs_add_pairs(s->pair[bottom], half, square);
        for (int right = 0; right < 2; right++) {
            const int q = 2 * right + bottom;
            const vint spread =
                v_sub32(v_shl32(square[right], 4), v_mullo32(sum[q], sum[q]));
            const vflt quarter = v_to_f32(spread);
            all = v_add_f32(all, v_to_f32(sum[q]));
            inner = v_add_f32(inner, quarter);
            v_store_f32(to->quarter[q], quarter);
            v_store_f32(to->sum[q], v_to_f32(sum[q]));
        }
    }
    /* And how far the quarters' means are from the whole's. */
    for (int q = 0; q < 4; q++) {
        const vflt d =
            v_sub_f32(v_mul_f32(v_to_f32(sum[q]), v_set_f32(4.f)), all);
        outer = v_fma_f32(d, d, outer);
    }
    v_store_f32(to->whole, v_fma_f32(inner, v_set_f32(4.f),
                                     v_mul_f32(outer, v_set_f32(0.25f))));
}

/* Both halves of a side, but for the energy. */
static SIMD_NOINLINE void psnr_hvs_take_spread(PsnrHvsSide *s,
                                               PsnrHvsSpread to[2])
{
    const vint zero = v_set16(0);
    vint sum[2][4];
    psnr_hvs_pair(s);
    for (int bottom = 0; bottom < 2; bottom++) {
        vint v[PSNR_HVS_SIZE];
        psnr_hvs_load(s->row[PSNR_HVS_SUMS + bottom], v);
        for (int right = 0; right < 2; right++) {
            const vint *u = v + 4 * right;
            const vint quarter =
                v_add16(v_add16(u[0], u[1]), v_add16(u[2], u[3]));
            sum[0][2 * right + bottom] = v_zip16lo(quarter, zero);
            sum[1][2 * right + bottom] = v_zip16hi(quarter, zero);
        }
    }
    for (int half = 0; half < 2; half++)
        psnr_hvs_take_half(s, half, sum[half], &to[half]);
}

/* About the square of the masking. */
static inline vflt psnr_hvs_guess(const PsnrHvsSpread *s)
{
    const vflt whole = v_load_f32(s->whole);
    vflt quarters = v_load_f32(s->quarter[0]);
    for (int q = 1; q < 4; q++)
        quarters = v_add_f32(quarters, v_load_f32(s->quarter[q]));
    return v_keep_f32(
        v_lt_f32(v_set_f32(0.f), whole),
        v_div_f32(v_mul_f32(v_load_f32(s->energy), quarters), whole));
}

/* Where the distorted picture masks more; false: in some block that is not
 * clear and may matter. */
static bool psnr_hvs_compare(const PsnrHvsTile *t, vmask dist[2])
{
    const vflt margin = v_set_f32(PSNR_HVS_CLEAR);
    vmask near[2];
    for (int half = 0; half < 2; half++) {
        const vflt r = psnr_hvs_guess(&t->spread[0][half]);
        const vflt d = psnr_hvs_guess(&t->spread[1][half]);
        dist[half] = v_lt_f32(r, d);
        near[half] = v_both(v_lt_f32(r, v_mul_f32(d, margin)),
                            v_lt_f32(d, v_mul_f32(r, margin)));
    }
    if (!v_any(near[0]) && !v_any(near[1]))
        return true;
    /* Without errors there is nothing to mask. */
    const vint zero = v_set16(0);
    vint error = zero;
    for (int i = 0; i < PSNR_HVS_COEFFICIENTS; i++)
        error = v_or(error, psnr_hvs_error(t, i));
    return !v_any(v_both(near[0], v_gt32(v_zip16lo(error, zero), zero))) &&
           !v_any(v_both(near[1], v_gt32(v_zip16hi(error, zero), zero)));
}

/* The sides that the masks tell; returns the largest of the quarters and of the
 * whole. */
static void psnr_hvs_choose(PsnrHvsTile *t, const vmask dist[2],
                            vflt largest[2])
{
    const vint far = v_set32(sizeof(PsnrHvsSide));
    largest[0] = largest[1] = v_set_f32(0.f);
    for (int half = 0; half < 2; half++) {
        const PsnrHvsSpread *a = &t->spread[0][half], *b = &t->spread[1][half];
        PsnrHvsSpread *to = &t->chosen[half];
        int32_t at[V_LANES];
        for (int i = 0; i < V_LANES; i++)
            at[i] = (half * V_LANES + i) * PSNR_HVS_STEP * 2;
        v_store(t->at + half * V_LANES,
                v_add32(v_load(at), v_keep(dist[half], far)));
#define PICK(field)                                                            \
    v_pick_f32(dist[half], v_load_f32(b->field), v_load_f32(a->field))
        const vflt whole = PICK(whole);
        v_store_f32(to->energy, PICK(energy));
        v_store_f32(to->whole, whole);
        largest[1] = v_max_f32(largest[1], whole);
        for (int q = 0; q < 4; q++) {
            const vflt quarter = PICK(quarter[q]);
            v_store_f32(to->sum[q], PICK(sum[q]));
            v_store_f32(to->quarter[q], quarter);
            largest[0] = v_max_f32(largest[0], quarter);
        }
#undef PICK
    }
}

/* Samples of row i of the chosen sides. */
static inline void psnr_hvs_load_chosen(const PsnrHvsTile *t, int i,
                                        vint v[PSNR_HVS_SIZE])
{
    SIMD_UNROLL
    for (int k = 0; k < PSNR_HVS_SIZE; k++)
        v[k] = v_load_parts(t->side[0].row[i] + PSNR_HVS_FIRST,
                            t->at + psnr_hvs_block(k));
    psnr_hvs_transpose(v);
}

/* Squared distances of samples of both halves. */
static inline void psnr_hvs_add_squares(vint samples, const vflt mean[2],
                                        vflt sum[2])
{
    const vint zero = v_set16(0);
    const vint half[2] = { v_zip16lo(samples, zero), v_zip16hi(samples, zero) };
    for (int h = 0; h < 2; h++) {
        const vflt d = v_sub_f32(v_to_f32(half[h]), mean[h]);
        sum[h] = v_add_f32(sum[h], v_mul_f32(d, d));
    }
}

/* Sums of the whole in order. */
static SIMD_NOINLINE void psnr_hvs_add_whole(PsnrHvsTile *t)
{
    vflt mean[2], sum[2];
    for (int half = 0; half < 2; half++) {
        vflt all = v_set_f32(0.f);
        for (int q = 0; q < 4; q++)
            all = v_add_f32(all, v_load_f32(t->chosen[half].sum[q]));
        mean[half] = v_mul_f32(all, v_set_f32(1.f / 64.f));
        sum[half] = v_set_f32(0.f);
    }
    for (int i = 0; i < PSNR_HVS_SIZE; i++) {
        vint v[PSNR_HVS_SIZE];
        psnr_hvs_load_chosen(t, i, v);
        SIMD_UNROLL
        for (int j = 0; j < PSNR_HVS_SIZE; j++)
            psnr_hvs_add_squares(v[j], mean, sum);
    }
    for (int half = 0; half < 2; half++)
        v_store_f32(t->chosen[half].whole,
                    v_mul_f32(sum[half], v_set_f32(64.f)));
}

/* Sums of the quarters in order. */
static SIMD_NOINLINE void psnr_hvs_add_quarters(PsnrHvsTile *t)
{
    for (int bottom = 0; bottom < 2; bottom++) {
        vflt mean[2][2], sum[2][2];
        for (int n = 0; n < 4; n++) {
            const float *all = t->chosen[n % 2].sum[n / 2 * 2 + bottom];
            mean[n / 2][n % 2] =
                v_mul_f32(v_load_f32(all), v_set_f32(1.f / 16.f));
            sum[n / 2][n % 2] = v_set_f32(0.f);
        }
        for (int i = 4 * bottom; i < 4 * bottom + 4; i++) {
            vint v[PSNR_HVS_SIZE];
            psnr_hvs_load_chosen(t, i, v);
            SIMD_UNROLL
            for (int j = 0; j < PSNR_HVS_SIZE; j++)
                psnr_hvs_add_squares(v[j], mean[j / 4], sum[j / 4]);
        }
        for (int n = 0; n < 4; n++)
            v_store_f32(t->chosen[n % 2].quarter[n / 2 * 2 + bottom],
                        v_mul_f32(sum[n / 2][n % 2], v_set_f32(16.f)));
    }
}

/* How much blocks mask. The root is rounded once although the definition takes
 * it in binary64: 53 digits are more than 2 * 24 + 2. */
static inline vflt psnr_hvs_masking(const PsnrHvsSpread *s)
{
    const vflt zero = v_set_f32(0.f);
    const vflt k15 = v_set_f32(PSNR_HVS_UNBIASED_16 / 16.f);
    const vflt whole =
        v_mul_f32(v_load_f32(s->whole), v_set_f32(PSNR_HVS_UNBIASED_64 / 64.f));
    vflt sum = v_mul_f32(v_load_f32(s->quarter[0]), k15);
    for (int q = 1; q < 4; q++)
        sum = v_add_f32(sum, v_mul_f32(v_load_f32(s->quarter[q]), k15));
    const vflt texture =
        v_pick_f32(v_lt_f32(zero, whole), v_div_f32(sum, whole), whole);
    return v_mul_f32(v_sqrt_f32(v_mul_f32(v_load_f32(s->energy), texture)),
                     v_set_f32(1.f / 32.f));
}

/* That of the sides that the masks tell, or what was there if that is more. */
static void psnr_hvs_mask(PsnrHvsTile *t, const vmask dist[2])
{
    vflt largest[2];
    psnr_hvs_choose(t, dist, largest);
    if (v_any(v_lt_f32(v_set_f32(PSNR_HVS_EXACT_QUARTER), largest[0])))
        psnr_hvs_add_quarters(t);
    if (v_any(v_lt_f32(v_set_f32(PSNR_HVS_EXACT_WHOLE), largest[1])))
        psnr_hvs_add_whole(t);
    for (int half = 0; half < 2; half++)
        v_store_f32(t->masking[half],
                    v_max_f32(psnr_hvs_masking(&t->chosen[half]),
                              v_load_f32(t->masking[half])));
}

static void psnr_hvs_measure(PsnrHvsTile *t)
{
    const vflt zero = v_set_f32(0.f), one = v_set_f32(1.f);
    vmask dist[2];
    for (int half = 0; half < 2; half++)
        v_store_f32(t->masking[half], zero);
    for (int side = 0; side < 2; side++)
        psnr_hvs_take_spread(&t->side[side], t->spread[side]);
    if (!psnr_hvs_compare(t, dist)) {
        dist[0] = dist[1] = v_lt_f32(one, zero);
        psnr_hvs_mask(t, dist);
        dist[0] = dist[1] = v_lt_f32(zero, one);
    }
    psnr_hvs_mask(t, dist);
}
