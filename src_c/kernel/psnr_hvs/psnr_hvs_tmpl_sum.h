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

/* Terms of 2^22 places and more are left to the plain sum. */
#define PSNR_HVS_MAX_PLACES 0x1p22f

/* Totals of less than 2^-60 too; their places could not be inverted. */
#define PSNR_HVS_MIN_BITS 0x21800000u

static float psnr_hvs_sum_in_order(float total, const float *group,
                                   unsigned blocks)
{
    for (unsigned i = 0; i < blocks; i++)
        for (int j = 0; j < PSNR_HVS_CNT; j++)
            total += group[j * PSNR_HVS_GROUP + i];
    return total;
}

/* How many places a group of terms adds; -1: that depends on the order. */
static int64_t psnr_hvs_places(const float *group, uint32_t bits)
{
    /* 1 / u: the exponent of u is 23 less than the total's. */
    const vflt inverse = v_cast_f32(v_set32((277 - (bits >> 23)) << 23));
    const vflt tie = v_set_f32(0.5f);
    vflt most = v_set_f32(0.f), nearest = most;
    vint sum = v_set32(0);
    for (int i = 0; i < PSNR_HVS_GROUP_TERMS; i += V_LANES) {
        const vflt t = v_mul_f32(v_load_f32(group + i), inverse);
        const vint n = v_nearest_f32(t);
        nearest = v_max_f32(nearest, v_abs_f32(v_sub_f32(t, v_to_f32(n))));
        most = v_max_f32(most, t);
        sum = v_add32(sum, n);
    }
    const bool small = !v_any(v_ge_f32(most, v_set_f32(PSNR_HVS_MAX_PLACES)));
    return small && !v_any(v_ge_f32(nearest, tie)) ? v_sum32(sum) : -1;
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
