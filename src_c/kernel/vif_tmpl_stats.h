/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template, part 3: from moments to the sums of a scale.
 *
 * The definition works on 64-bit integers after the square of the gain. All of
 * them fit 31 bits: with x >= 2^17 the covariance obeys z^2 / x <= 1.5 * 2^30,
 * the rounding of the means included, so gain * z, gain^2 * x and their sum
 * with the noise stay below 2^31 in magnitude.
 */

enum { VIF_MU_R, VIF_MU_D, VIF_RR, VIF_DD, VIF_RD, VIF_MOMENTS };

/* Moments of one lane of samples each. */
typedef struct VifMoments {
    vint m[VIF_MOMENTS];
} VifMoments;

/* Lane sums; a lane of a log stays below 2^31 for 2^15 samples. */
typedef struct VifLanes {
    vint num_log[VIF_MAX_LIMITS], den_log, active, num_non_log;
} VifLanes;

typedef struct VifPair {
    vdbl lo, hi;
} VifPair;

static inline VifPair vif_to_f64(vint a)
{
    return (VifPair){ v_lo_f64(a), v_hi_f64(a) };
}

static inline vdbl vif_gain(vdbl x, vdbl z)
{
    return v_div_f64(z, v_add_f64(x, v_set_f64(VIF_EPSILON)));
}

static inline vdbl vif_rest(vdbl y, vdbl gain, vdbl z)
{
    return v_sub_f64(y, v_mul_f64(gain, z));
}

static inline vdbl vif_signal(vdbl x, vdbl gain, vdbl limit)
{
    vdbl g = v_min_f64(gain, limit);
    return v_mul_f64(v_mul_f64(g, g), x);
}

/* Numerators where all of x >= VIF_NOISE, y > 0, z > 0; y and z are 0 in other
 * lanes, which then add log(VIF_NOISE) - log(VIF_NOISE). */
static inline void vif_add_num(VifLanes *sum, const VifLog *log, vint x, vint y,
                               vint z, const double *limit, unsigned limit_cnt)
{
    VifPair fx = vif_to_f64(x), fy = vif_to_f64(y), fz = vif_to_f64(z), gain;
    gain.lo = vif_gain(fx.lo, fz.lo);
    gain.hi = vif_gain(fx.hi, fz.hi);
    vint rest = v_trunc_f64(vif_rest(fy.lo, gain.lo, fz.lo),
                            vif_rest(fy.hi, gain.hi, fz.hi));
    vint noise = v_add32(v_max32(rest, v_set32(0)), v_set32(VIF_NOISE));
    vint log_noise = vif_log_lanes(log, noise);
    for (unsigned i = 0; i < limit_cnt; i++) {
        vdbl top = v_set_f64(limit[i]);
        vint signal = v_trunc_f64(vif_signal(fx.lo, gain.lo, top),
                                  vif_signal(fx.hi, gain.hi, top));
        vint both = vif_log_lanes(log, v_add32(signal, noise));
        sum->num_log[i] = v_add32(sum->num_log[i], v_sub32(both, log_noise));
    }
}

static inline void vif_add_moments(VifLanes *sum, const VifLog *log,
                                   const VifMoments *in, const double *limit,
                                   unsigned limit_cnt)
{
    const vint *m = in->m, zero = v_set32(0);
    vint x = v_sub32(m[VIF_RR], v_mulround32(m[VIF_MU_R], m[VIF_MU_R]));
    vint y = v_sub32(m[VIF_DD], v_mulround32(m[VIF_MU_D], m[VIF_MU_D]));
    vint z = v_sub32(m[VIF_RD], v_mulround32(m[VIF_MU_R], m[VIF_MU_D]));
    y = v_max32(y, zero);
    vmask active = v_gt32(x, v_set32(VIF_NOISE - 1));
    sum->num_non_log = v_add64(sum->num_non_log, v_drop(active, y));
    if (!v_any(active))
        return;
    sum->active = v_count(sum->active, active);
    vint sent = v_add32(v_keep(active, x), v_set32(VIF_NOISE));
    sum->den_log = v_add32(sum->den_log, vif_log_lanes(log, sent));
    vmask arrives = v_both(active, v_both(v_gt32(y, zero), v_gt32(z, zero)));
    vif_add_num(sum, log, x, v_keep(arrives, y), v_keep(arrives, z), limit,
                limit_cnt);
}

/* Add `cnt` moments to the lane sums. */
static void vif_add_block(VifLanes *lanes, const VifMoments *in, unsigned cnt,
                          const double *limit, unsigned limit_cnt)
{
    const VifLog log = vif_log_begin();
    VifLanes sum = *lanes;
    for (unsigned i = 0; i < cnt; i++)
        vif_add_moments(&sum, &log, &in[i], limit, limit_cnt);
    *lanes = sum;
}

/* Add the lane sums of `samples` samples to the totals and clear them. */
static void vif_flush(VifLanes *lanes, VifSums *sums, unsigned samples,
                      unsigned limit_cnt)
{
    for (unsigned i = 0; i < limit_cnt; i++)
        sums->num_log[i] += v_sum32(lanes->num_log[i]);
    sums->den_log += v_sum32(lanes->den_log);
    sums->num_non_log += v_sum64(lanes->num_non_log);
    sums->non_log_cnt += samples - v_sum32(lanes->active);
    memset(lanes, 0, sizeof(*lanes));
}
