/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: from moments to the sums of a scale.
 *
 * The definition works on 64-bit integers after the square of the gain. All of
 * them fit 31 bits: with x >= 2^17 the covariance obeys z^2 / x <= 1.5 * 2^30,
 * the rounding of the means included, so gain * z, gain^2 * x and their sum
 * with the noise stay below 2^31 in magnitude.
 */

/* Of the reference; its square becomes its variance. Of a distorted picture. */
enum { VIF_MU_R, VIF_RR, VIF_MU_D, VIF_DD, VIF_RD, VIF_MOMENTS };
/* 128 samples: the first-level cache holds them and their filtered rows. */
enum { VIF_BLOCK_VECTORS = 128 / V_LANES };
enum { VIF_ROWS = 4 }; /* filtered at once */

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

/* What the first of several lanes leaves to the others of a row of a block: the
 * mean and the variance of the reference and, of the vectors that have a sample
 * above the noise, what the gain is divided by, as its reciprocal. */
typedef struct VifLeft {
    vint mean[VIF_BLOCK_VECTORS], variance[VIF_BLOCK_VECTORS];
    VifPair reciprocal[VIF_BLOCK_VECTORS];
} VifLeft;

/* What a block of moments becomes, stage by stage. Each stage is a short loop
 * of its own: the whole way of one sample is a chain of a hundred cycles, and
 * the processor must see many of them at once. */
typedef struct VifBlock {
    VifMoments moments[VIF_BLOCK_VECTORS];
    /* Variances and covariance; y and z are 0 where nothing arrives. */
    vint x[VIF_BLOCK_VECTORS], y[VIF_BLOCK_VECTORS], z[VIF_BLOCK_VECTORS];
    /* Arguments of the logarithms: what is sent, what arrives for each limit,
     * and the noise; VIF_NOISE, whose log is 0 here, where there is none. */
    vint sent[VIF_BLOCK_VECTORS], noise[VIF_BLOCK_VECTORS];
    vint arrived[VIF_MAX_LIMITS][VIF_BLOCK_VECTORS];
    VifLeft *left; /* of this row; NULL: there is one lane */
} VifBlock;

/* Which lane it is: the only one; the first, which leaves to the others what is
 * of the reference; one of them. */
typedef enum VifTurn { VIF_ALONE, VIF_FIRST, VIF_OTHER } VifTurn;

/* The mean and the variance of the reference. */
static inline SIMD_INLINE vint vif_reference(const VifBlock *b, unsigned i,
                                             VifTurn turn, vint *mean)
{
    const vint *m = b->moments[i].m;
    *mean = turn == VIF_OTHER ? b->left->mean[i] : m[VIF_MU_R];
    if (turn == VIF_OTHER)
        return b->left->variance[i];
    vint x = v_sub32(m[VIF_RR], v_mulround32(*mean, *mean));
    if (turn == VIF_FIRST) {
        b->left->mean[i] = *mean;
        b->left->variance[i] = x;
    }
    return x;
}

/* Variances of `cnt` vectors of moments; returns how many vectors have a sample
 * above the noise. The others are done. */
static inline SIMD_INLINE unsigned vif_centre_as(VifBlock *b, unsigned cnt,
                                                 VifLanes *lanes, VifTurn turn)
{
    const vint zero = v_set32(0), below = v_set32(VIF_NOISE - 1);
    vint flat = lanes->num_non_log, actives = lanes->active;
    unsigned n = 0;
    for (unsigned i = 0; i < cnt; i++) {
        const vint *m = b->moments[i].m;
        vint mean, x = vif_reference(b, i, turn, &mean);
        vint y = v_sub32(m[VIF_DD], v_mulround32(m[VIF_MU_D], m[VIF_MU_D]));
        vint z = v_sub32(m[VIF_RD], v_mulround32(mean, m[VIF_MU_D]));
        y = v_max32(y, zero);
        vmask active = v_gt32(x, below);
        vmask arrives =
            v_both(active, v_both(v_gt32(y, zero), v_gt32(z, zero)));
        flat = v_add64(flat, v_drop(active, y));
        b->x[n] = x;
        b->y[n] = v_keep(arrives, y);
        b->z[n] = v_keep(arrives, z);
        if (turn != VIF_OTHER) {
            actives = v_count(actives, active);
            b->sent[n] = v_add32(v_keep(active, x), v_set32(VIF_NOISE));
        }
        n += v_any(active) != 0;
    }
    lanes->num_non_log = flat;
    lanes->active = actives;
    return n;
}

static SIMD_NOINLINE unsigned vif_centre(VifBlock *b, unsigned cnt,
                                         VifLanes *lanes, VifTurn turn)
{
    switch (turn) {
    case VIF_ALONE: return vif_centre_as(b, cnt, lanes, VIF_ALONE);
    case VIF_FIRST: return vif_centre_as(b, cnt, lanes, VIF_FIRST);
    default: return vif_centre_as(b, cnt, lanes, VIF_OTHER);
    }
}

static inline VifPair vif_load_f64(const vint *a)
{
    const int32_t *p = (const int32_t *)a;
    return (VifPair){ v_load_f64(p), v_load_f64(p + V_LANES / 2) };
}

/* z / d from the reciprocal of d, as division rounds it: by a theorem of
 * Markstein's, where the reciprocal is rounded correctly and the quotient is off
 * by less than its last place, as it is from the first step on, a step rounds it
 * correctly. Nothing here comes near underflow. */
static inline vdbl vif_quotient(vdbl z, vdbl d, vdbl reciprocal)
{
    vdbl q = v_mul_f64(z, reciprocal);
    for (int i = 0; i < 2; i++)
        q = v_fma_f64(v_fnma_f64(q, d, z), reciprocal, q);
    return q;
}

static inline SIMD_INLINE vdbl vif_gain(vdbl x, vdbl z, vdbl *reciprocal,
                                        VifTurn turn)
{
    vdbl d = v_add_f64(x, v_set_f64(VIF_EPSILON));
    if (turn == VIF_ALONE)
        return v_div_f64(z, d);
    if (turn == VIF_FIRST)
        *reciprocal = v_div_f64(v_set_f64(1.), d);
    return vif_quotient(z, d, *reciprocal);
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

/* From variances to the arguments of the numerator's logarithms. */
static inline SIMD_INLINE void vif_transmit_one(VifBlock *b, unsigned i,
                                                const double *limit,
                                                unsigned limit_cnt,
                                                VifTurn turn)
{
    VifPair x = vif_load_f64(&b->x[i]), y = vif_load_f64(&b->y[i]);
    VifPair z = vif_load_f64(&b->z[i]), gain;
    VifPair *r = turn == VIF_ALONE ? NULL : &b->left->reciprocal[i];
    gain.lo = vif_gain(x.lo, z.lo, r ? &r->lo : NULL, turn);
    gain.hi = vif_gain(x.hi, z.hi, r ? &r->hi : NULL, turn);
    vint rest = v_trunc_f64(vif_rest(y.lo, gain.lo, z.lo),
                            vif_rest(y.hi, gain.hi, z.hi));
    vint noise = v_add32(v_max32(rest, v_set32(0)), v_set32(VIF_NOISE));
    b->noise[i] = noise;
    for (unsigned j = 0; j < limit_cnt; j++) {
        vdbl top = v_set_f64(limit[j]);
        vint signal = v_trunc_f64(vif_signal(x.lo, gain.lo, top),
                                  vif_signal(x.hi, gain.hi, top));
        b->arrived[j][i] = v_add32(signal, noise);
    }
}

static inline SIMD_INLINE void vif_transmit_as(VifBlock *b, unsigned n,
                                               const double *limit,
                                               unsigned limit_cnt, VifTurn turn)
{
    for (unsigned i = 0; i < n; i++)
        vif_transmit_one(b, i, limit, limit_cnt, turn);
}

static SIMD_NOINLINE void vif_transmit(VifBlock *b, unsigned n,
                                       const double *limit, unsigned limit_cnt,
                                       VifTurn turn)
{
    switch (turn) {
    case VIF_ALONE: vif_transmit_as(b, n, limit, limit_cnt, VIF_ALONE); break;
    case VIF_FIRST: vif_transmit_as(b, n, limit, limit_cnt, VIF_FIRST); break;
    default: vif_transmit_as(b, n, limit, limit_cnt, VIF_OTHER);
    }
}

/* The logarithms of a vector, added up: of what is sent, unless another lane has
 * them, then of what arrives less that of the noise. */
static inline SIMD_INLINE void vif_log_one(const VifLog *log, const VifBlock *b,
                                           unsigned i, vint den[2], vint num[2])
{
    VifLogParts arrived = vif_log_lanes(log, b->arrived[0][i]);
    VifLogParts noise = vif_log_lanes(log, b->noise[i]);
    if (den) {
        VifLogParts sent = vif_log_lanes(log, b->sent[i]);
        den[0] = v_add32(den[0], sent.segments);
        den[1] = v_add32(den[1], sent.rest);
    }
    num[0] = v_add32(num[0], v_sub32(arrived.segments, noise.segments));
    num[1] = v_add32(num[1], v_sub32(arrived.rest, noise.rest));
}

/* One limit: divisions and logarithms in one loop, some vectors apart. The
 * divider leaves the processor's other units idle, which logarithms fill. */
static inline SIMD_INLINE void vif_transmit_and_log_as(VifLanes *lanes,
                                                       VifBlock *b, unsigned n,
                                                       double limit,
                                                       VifTurn turn)
{
    enum { APART = 2 };
    const VifLog log = vif_log_begin();
    const vint zero = v_set32(0);
    const bool sent = turn != VIF_OTHER;
    vint den[2] = { zero, v_set32(0u - n * (VIF_LOG_BIAS + VIF_LOG_NOISE)) };
    vint num[2] = { zero, zero };
    for (unsigned i = 0; i < n; i++) {
        vif_transmit_one(b, i, &limit, 1, turn);
        if (i >= APART)
            vif_log_one(&log, b, i - APART, sent ? den : NULL, num);
    }
    for (unsigned i = n > APART ? n - APART : 0; i < n; i++)
        vif_log_one(&log, b, i, sent ? den : NULL, num);
    if (sent)
        lanes->den_log = v_add32(lanes->den_log, vif_log_whole(den[0], den[1]));
    lanes->num_log[0] =
        v_add32(lanes->num_log[0], vif_log_whole(num[0], num[1]));
}

static SIMD_NOINLINE void vif_transmit_and_log(VifLanes *lanes, VifBlock *b,
                                               unsigned n, double limit,
                                               VifTurn turn)
{
    switch (turn) {
    case VIF_ALONE:
        vif_transmit_and_log_as(lanes, b, n, limit, VIF_ALONE);
        break;
    case VIF_FIRST:
        vif_transmit_and_log_as(lanes, b, n, limit, VIF_FIRST);
        break;
    default: vif_transmit_and_log_as(lanes, b, n, limit, VIF_OTHER);
    }
}

/* Add `cnt` vectors of moments to the lane sums; what is sent, in the first
 * lane only. */
static void vif_add_block(VifLanes *lanes, VifBlock *b, unsigned cnt,
                          const VifLane *lane, VifTurn turn)
{
    unsigned n = vif_centre(b, cnt, lanes, turn);
    if (!n)
        return;
    if (lane->limit_cnt == 1 && V_REGISTERS >= 32 && turn != VIF_OTHER) {
        vif_transmit_and_log(lanes, b, n, *lane->limit, turn);
        return;
    }
    vif_transmit(b, n, lane->limit, lane->limit_cnt, turn);
    if (turn != VIF_OTHER)
        lanes->den_log = v_add32(lanes->den_log, vif_log_sum(b->sent, n));
    vint noise = vif_log_sum(b->noise, n);
    for (unsigned j = 0; j < lane->limit_cnt; j++) {
        vint num = v_sub32(vif_log_sum(b->arrived[j], n), noise);
        lanes->num_log[j] = v_add32(lanes->num_log[j], num);
    }
}

/* What a lane that does not divide leaves to those that do. */
static void vif_leave_reciprocals(VifBlock *b, unsigned n)
{
    const vdbl one = v_set_f64(1.);
    for (unsigned i = 0; i < n; i++) {
        VifPair x = vif_load_f64(&b->x[i]), *r = &b->left->reciprocal[i];
        r->lo = vif_gain(x.lo, one, &r->lo, VIF_ALONE);
        r->hi = vif_gain(x.hi, one, &r->hi, VIF_ALONE);
    }
}

/* The same where both pictures are equal and no limit is below 1: x = y = z.
 * With d = x + VIF_EPSILON, rounded by at most 2^-23 as x is below 2^31, the
 * gain x / d lies below 1, so no limit acts, and gain * z is x - VIF_EPSILON
 * but for 2^-21. VIF_EPSILON exceeds 2^-18. Hence what is left of y is cut to
 * 0: the noise is VIF_NOISE, whose log is 0 here. And gain^2 * x, less than x
 * by twice VIF_EPSILON but for 2^-20, is cut to x - 1. */
static SIMD_NOINLINE void vif_add_equal(VifLanes *lanes, VifBlock *b,
                                        unsigned cnt, unsigned limit_cnt,
                                        VifTurn turn)
{
    const vint zero = v_set32(0), below = v_set32(VIF_NOISE - 1);
    unsigned n = 0;
    for (unsigned i = 0; i < cnt; i++) {
        vint mean, x = vif_reference(b, i, turn, &mean);
        vmask active = v_gt32(x, below);
        lanes->num_non_log =
            v_add64(lanes->num_non_log, v_drop(active, v_max32(x, zero)));
        lanes->active = v_count(lanes->active, active);
        b->x[n] = x;
        b->sent[n] = v_add32(v_keep(active, x), v_set32(VIF_NOISE));
        b->arrived[0][n] = v_sub32(b->sent[n], v_keep(active, v_set32(1)));
        n += v_any(active) != 0;
    }
    lanes->den_log = v_add32(lanes->den_log, vif_log_sum(b->sent, n));
    vint num = vif_log_sum(b->arrived[0], n);
    for (unsigned j = 0; j < limit_cnt; j++)
        lanes->num_log[j] = v_add32(lanes->num_log[j], num);
    if (turn == VIF_FIRST)
        vif_leave_reciprocals(b, n);
}

/* The same where the reference is flat: all that counts is what varies in the
 * distorted picture. */
static SIMD_NOINLINE void vif_add_flat(VifLanes *lanes, const VifBlock *b,
                                       unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i++) {
        const vint *m = b->moments[i].m;
        vint y = v_sub32(m[VIF_DD], v_mulround32(m[VIF_MU_D], m[VIF_MU_D]));
        lanes->num_non_log =
            v_add64(lanes->num_non_log, v_max32(y, v_set32(0)));
    }
}

/* Add the sums of `samples` samples of a lane to its totals and clear them; what
 * is of the reference, `first` has: those of the first lane. */
static void vif_flush(VifLanes *lanes, const VifLanes *first, VifSums *sums,
                      unsigned samples, unsigned limit_cnt)
{
    for (unsigned i = 0; i < limit_cnt; i++)
        sums->num_log[i] += v_sum32(lanes->num_log[i]);
    sums->den_log += v_sum32(first->den_log);
    sums->num_non_log += v_sum64(lanes->num_non_log);
    sums->non_log_cnt += samples - v_sum32(first->active);
    memset(lanes, 0, sizeof(*lanes));
}
