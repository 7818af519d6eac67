/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The sum of all terms in one binary32 total, in the order of the definition,
 * or in any order where that is the same.
 *
 * While the total stays between two powers of two, its last place u does not
 * change, and adding a term t adds u * round(t / u), whatever the total is,
 * unless t / u lies halfway between two integers. So these integers can be
 * added up in any order, to the integer that the total's bits are.
 */

/* Sums of terms of 2^22 places and more are left to the plain sum. Below that
 * every number on the way is exact: none is negative. */
#define PSNR_HVS_MAX_QUARTERS 0x1p24f

/* Totals of less than 2^-60 too; their places could not be inverted. */
#define PSNR_HVS_MIN_BITS 0x21800000u

static float psnr_hvs_sum_in_order(float total, const float *group,
                                   unsigned blocks)
{
    for (unsigned i = 0; i < blocks; i++)
        for (int j = 0; j < PSNR_HVS_COEFFICIENTS; j++)
            total += group[j * PSNR_HVS_GROUP + i];
    return total;
}

/* How many places a group of terms adds; -1: that depends on the order. Terms are
 * counted in quarters of a place: what lies halfway between two places is then
 * two of them off, and is the only one to have the exponent's highest bit. */
static int64_t psnr_hvs_places(const float *group, uint32_t bits)
{
    /* 4 / u: the exponent of u is 23 less than the total's. Numbers between
     * `base` and twice that are multiples of 4. */
    const vflt scale = v_cast_f32(v_set32((279 - (bits >> 23)) << 23));
    const vflt base = v_set_f32(0x1.8p25f);
    vflt sum[4];
    vint off = v_set32(0), places = off;
    for (int n = 0; n < 4; n++)
        sum[n] = v_set_f32(0.f);
    for (int i = 0; i < PSNR_HVS_GROUP_TERMS; i += 4 * V_LANES) {
        SIMD_UNROLL
        for (int n = 0; n < 4; n++) {
            const vflt t = v_load_f32(group + i + n * V_LANES);
            const vflt whole = v_sub_f32(v_fma_f32(t, scale, base), base);
            off = v_or(off, v_cast_int(v_fnma_f32(t, scale, whole)));
            sum[n] = v_add_f32(sum[n], whole);
        }
    }
    vflt most = v_max_f32(v_max_f32(sum[0], sum[1]), v_max_f32(sum[2], sum[3]));
    for (int n = 0; n < 4; n++)
        places = v_add32(places, v_nearest_f32(sum[n]));
    const bool small = !v_any(v_ge_f32(most, v_set_f32(PSNR_HVS_MAX_QUARTERS)));
    return small && !v_any_bits(v_and(off, v_set32(0x40000000)))
               ? v_sum32(places) / 4
               : -1;
}

static float psnr_hvs_sum_group(float total, const float *group,
                                unsigned blocks)
{
    uint32_t bits;
    memcpy(&bits, &total, sizeof(bits));
    if (bits >= PSNR_HVS_MIN_BITS) {
        const int64_t places = psnr_hvs_places(group, bits);
        const uint64_t next = (uint64_t)bits + (uint64_t)places;
        if (places >= 0 && next >> 23 == bits >> 23) {
            bits = (uint32_t)next;
            memcpy(&total, &bits, sizeof(total));
            return total;
        }
    }
    return psnr_hvs_sum_in_order(total, group, blocks);
}

static void psnr_hvs_sum_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const PsnrHvsSum *c = call;
    float total = *c->total;
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++) {
        const float *group = c->terms + y * c->stride;
        for (unsigned i = 0; i < c->blocks; i += PSNR_HVS_GROUP) {
            const unsigned left = c->blocks - i;
            total = psnr_hvs_sum_group(
                total, group, left < PSNR_HVS_GROUP ? left : PSNR_HVS_GROUP);
            group += PSNR_HVS_GROUP_TERMS;
        }
    }
    *c->total = total;
}
