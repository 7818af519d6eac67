/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ADM over vector operations, part 3: R and A of one variant are weighted by
 * contrast sensitivity, c = K y, and by their part in the masking threshold:
 * |c|/30 at the eight neighbours, |c|/15 at the centre. The weights of the
 * three orientations are added up.
 */

/* Scale 0 in 16-bit lanes. K has 16 bits: what a signed K lacks is y times
 * 2^16, which `carry` (2 or 0 for h and v, ones or zeros for d) gives back. */
typedef struct AdmFine {
    vint factor[3], carry[3];
} AdmFine;

static inline AdmFine adm_fine(const uint32_t factor[3])
{
    AdmFine f;
    for (unsigned q = 0; q < 3; q++) {
        uint16_t yes = q == ADM_D ? 0xffff : 2;
        f.factor[q] = v_set16((uint16_t)factor[q]);
        f.carry[q] = v_set16(factor[q] >= 32768 ? yes : 0);
    }
    return f;
}

/* h, v: (K y + 2^14) >> 15.
 * d: (K y + 65535) >> 17, where adding 65535 makes the upper half of K y the
 * next higher integer, -floor(-K y / 2^16). */
static inline vint adm_weigh16(const AdmFine *f, unsigned q, vint y)
{
    if (q != ADM_D)
        return v_add16(v_mulround16(y, f->factor[q]),
                       v_mullo16(y, f->carry[q]));
    const vint zero = v_set32(0);
    vint minus = v_sub16(zero, y);
    vint high =
        v_add16(v_mulhis16(minus, f->factor[q]), v_and(minus, f->carry[q]));
    return v_sar16(v_sub16(zero, high), 1);
}

/* Sums of x[0], x[1], x[2] and of y[0], y[1], y[2] in 32 bits, in order. */
static inline void adm_store_sums(int32_t *p, int32_t *m, const vint x[3],
                                  const vint y[3])
{
    const vint zero = v_set32(0), both = v_set32(0x00010001);
    const vint first = v_set32(0x00000001), second = v_set32(0x00010000);
    vint xy = v_zip16lo(x[2], y[2]);
    vint plo = v_dot16(v_dot16(zero, v_zip16lo(x[0], x[1]), both), xy, first);
    vint mlo = v_dot16(v_dot16(zero, v_zip16lo(y[0], y[1]), both), xy, second);
    xy = v_zip16hi(x[2], y[2]);
    vint phi = v_dot16(v_dot16(zero, v_zip16hi(x[0], x[1]), both), xy, first);
    vint mhi = v_dot16(v_dot16(zero, v_zip16hi(y[0], y[1]), both), xy, second);
    v_store(p, v_order32lo(plo, phi));
    v_store(p + V_LANES, v_order32hi(plo, phi));
    v_store(m, v_order32lo(mlo, mhi));
    v_store(m + V_LANES, v_order32hi(mlo, mhi));
}

/* P = (4369 |c| + 2^11) >> 12, M = (8738 |c| + 2^11) >> 12, both modulo 2^16;
 * 4369 = 2^12 + 2184/8. */
static inline void adm_mask16(const AdmFine *f, const vint signal[3],
                              int32_t *sum, int32_t *middle)
{
    vint p[3], m[3];
    for (unsigned q = 0; q < 3; q++) {
        vint size = v_abs16(adm_weigh16(f, q, signal[q]));
        p[q] = v_add16(size, v_mulround16(size, v_set16(2184)));
        m[q] = v_add16(v_add16(size, size), v_mulround16(size, v_set16(4368)));
    }
    adm_store_sums(sum, middle, p, m);
}

static void adm_filter_fine(AdmWork *a, unsigned v, unsigned row, AdmSpan part)
{
    const AdmVariant *variant = &a->lane->variant[v];
    const AdmFine f = adm_fine(variant->factor);
    const AdmLimit limit = adm_limit(variant->gain_limit, true);
    AdmSignal *kept = &a->signal[v][0], *added = &a->signal[v][1];
    unsigned now = row % 2, now3 = row % 3;
    for (unsigned j = part.begin; j < part.end; j += ADM_STEP16) {
        vint aligned = v_load((int16_t *)a->aligned + j), r[3], d[3];
        for (unsigned q = 0; q < 3; q++) {
            vint t = v_load((int16_t *)a->band[1][q] + j);
            r[q] = v_load((int16_t *)a->restored[q] + j);
            r[q] = adm_enhance16(r[q], t, aligned, &limit);
            d[q] = v_sub16(t, r[q]);
            v_store((int16_t *)kept->x[now][q] + j, r[q]);
            v_store((int16_t *)added->x[now][q] + j, d[q]);
        }
        adm_mask16(&f, d, added->sum[now3] + j, added->middle[now] + j);
        if (!variant->skip_aim)
            adm_mask16(&f, r, kept->sum[now3] + j, kept->middle[now] + j);
    }
}

/* Scales 1 to 3. |(K y + 2^27) >> 28|, K below 2^31. */
static inline vint adm_weigh32(vint factor, vint y)
{
    const vint half = v_set64(1 << 27);
    vint even = v_plus64(v_mul64(y, factor), half);
    vint odd = v_plus64(v_mul64(v_odd(y), factor), half);
    return v_abs32(v_join_shr(even, odd, 28));
}

/* Adds (factor |c| - 2^31) >> 32 to the odd 32-bit lanes of two sums; what
 * their even lanes hold does not matter. */
static inline void adm_mask32(vint even_c, vint odd_c, uint32_t factor,
                              vint *even, vint *odd)
{
    const vint weight = v_set32(factor), half = v_set64(0xffffffff80000000);
    *even = v_add32(*even, v_plus64(v_mulu64(even_c, weight), half));
    *odd = v_add32(*odd, v_plus64(v_mulu64(odd_c, weight), half));
}

/* Stores |c| of the three orientations and their weights in the threshold. */
static inline void adm_mask_coarse(AdmSignal *s, const vint factor[3],
                                   const vint signal[3], unsigned row,
                                   unsigned j)
{
    vint even_p = v_set32(0), odd_p = even_p, even_m = even_p, odd_m = even_p;
    for (unsigned q = 0; q < 3; q++) {
        vint c = adm_weigh32(factor[q], signal[q]), odd_c = v_odd(c);
        v_store((int32_t *)s->x[row % 2][q] + j, c);
        adm_mask32(c, odd_c, 143165577, &even_p, &odd_p);
        adm_mask32(c, odd_c, 286331153, &even_m, &odd_m);
    }
    v_store(s->sum[row % 3] + j, v_join_high(even_p, odd_p));
    v_store(s->middle[row % 2] + j, v_join_high(even_m, odd_m));
}

static void adm_filter_coarse(AdmWork *a, unsigned v, unsigned row,
                              AdmSpan part)
{
    const AdmVariant *variant = &a->lane->variant[v];
    const AdmLimit limit = adm_limit(variant->gain_limit, false);
    vint factor[3];
    for (unsigned q = 0; q < 3; q++)
        factor[q] = v_set32(variant->factor[q]);
    for (unsigned j = part.begin; j < part.end; j += V_LANES) {
        vint aligned = v_load((int32_t *)a->aligned + j), r[3], d[3];
        for (unsigned q = 0; q < 3; q++) {
            vint t = v_load((int32_t *)a->band[1][q] + j);
            r[q] = v_load((int32_t *)a->restored[q] + j);
            r[q] = adm_enhance32(r[q], t, aligned, &limit);
            d[q] = v_sub32(t, r[q]);
        }
        adm_mask_coarse(&a->signal[v][0], factor, r, row, j);
        adm_mask_coarse(&a->signal[v][1], factor, d, row, j);
    }
}
