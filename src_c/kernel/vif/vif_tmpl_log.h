/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: logarithms without a table.
 *
 * With m the top sixteen bits of the argument, the defining table is
 * 2048 * log2(m) + s rounded to the nearest integer for every s in
 * (0.00096148, 0.00105844): its rounding to binary32 moves steps down by about
 * that much. An octave is cut into equal segments, which are counted in
 * integers; in each, m times the inverse of a number near the middle is 1 + t,
 * and 2048 * log2(1 + t) is a polynomial in binary32. The inverse is chosen
 * among those whose log makes up an integer with s, the offset: then the last
 * multiply-add, on top of a number whose last place is 1, rounds as it should.
 * Before it rounds, no value of any m is within 4.5e-5 of a step, and with
 * eight segments within 8.5e-5. The tests go through all mantissas and
 * exponents.
 */

/* The last place of sums with this is 1: their last bits are whole numbers. */
#define VIF_LOG_WHOLE 0x1.8p23f

/* For each segment the inverse, and the offset less what the segments before it
 * count for; then the polynomial, lowest power first, whose error times t is
 * least where |t| <= 0.031 or, with eight segments, 0.061. */
#if V_LUT_BITS == 4
static const float vif_log_inverse[1 << V_LUT_BITS] = {
    0x1.f022bp-1f,  0x1.d371eep-1f, 0x1.b97552p-1f, 0x1.a5bdd6p-1f,
    0x1.8ef85cp-1f, 0x1.7fdea8p-1f, 0x1.6bc22p-1f,  0x1.5984a6p-1f,
    0x1.4be0f6p-1f, 0x1.3ee2b8p-1f, 0x1.31929cp-1f, 0x1.29b64ap-1f,
    0x1.2063cp-1f,  0x1.12f352p-1f, 0x1.0fb672p-1f, 0x1.041adcp-1f,
};
static const float vif_log_offset[1 << V_LUT_BITS] = {
    VIF_LOG_WHOLE + 93,  VIF_LOG_WHOLE + 141, VIF_LOG_WHOLE + 182,
    VIF_LOG_WHOLE + 189, VIF_LOG_WHOLE + 225, VIF_LOG_WHOLE + 211,
    VIF_LOG_WHOLE + 242, VIF_LOG_WHOLE + 266, VIF_LOG_WHOLE + 257,
    VIF_LOG_WHOLE + 247, VIF_LOG_WHOLE + 245, VIF_LOG_WHOLE + 194,
    VIF_LOG_WHOLE + 160, VIF_LOG_WHOLE + 173, VIF_LOG_WHOLE + 80,
    VIF_LOG_WHOLE + 81,
};
static const float vif_log_term[] = { 0x1.715474p+11f, -0x1.717a1ep+10f,
                                      0x1.ecd78p+9f };
#else
static const float vif_log_inverse[1 << V_LUT_BITS] = {
    0x1.e2e1ep-1f,  0x1.ad159cp-1f, 0x1.80a66ap-1f, 0x1.68d0c6p-1f,
    0x1.4ade8ep-1f, 0x1.2b8804p-1f, 0x1.1c07dap-1f, 0x1.0c6c12p-1f,
};
static const float vif_log_offset[1 << V_LUT_BITS] = {
    VIF_LOG_WHOLE + 173, VIF_LOG_WHOLE + 266, VIF_LOG_WHOLE + 333,
    VIF_LOG_WHOLE + 266, VIF_LOG_WHOLE + 266, VIF_LOG_WHOLE + 304,
    VIF_LOG_WHOLE + 205, VIF_LOG_WHOLE + 116,
};
static const float vif_log_term[] = { 0x1.715462p+11f, -0x1.71542ep+10f,
                                      0x1.edcfacp+9f, -0x1.72d952p+9f };
#endif

typedef struct VifLog {
    vlut inverse, offset;
} VifLog;

static inline VifLog vif_log_begin(void)
{
    return (VifLog){ v_load_lut(vif_log_inverse), v_load_lut(vif_log_offset) };
}

/* The log in two parts: segments, and what is left in units of 2^-11. The sum of
 * the first, each 2048 >> V_LUT_BITS, and of the second is the log plus
 * VIF_LOG_BIAS. */
typedef struct VifLogParts {
    vint segments, rest;
} VifLogParts;

/* Binary32 numbers have an exponent that is 127 too high; VIF_LOG_WHOLE's bits. */
enum { VIF_LOG_BIAS = 127 * 2048 + 0x4b400000 };

/* Of 2^16 <= a < 2^31. */
static inline VifLogParts vif_log_lanes(const VifLog *k, vint a)
{
    enum { TERMS = sizeof(vif_log_term) / sizeof(*vif_log_term) };
    vint bits = v_cast_int(v_top_f32(a));
    /* Exponent and top mantissa bits. */
    vint segment = v_shr32(bits, 23 - V_LUT_BITS);
    /* Bits below the top sixteen do not count. */
    vflt m =
        v_cast_f32(v_and_or(bits, v_set32(0x007fff00), v_set32(0x3f800000)));
    vflt t = v_fma_f32(m, v_lookup(k->inverse, segment), v_set_f32(-1.f));
    vflt p = v_set_f32(vif_log_term[TERMS - 1]);
    for (int i = TERMS - 2; i >= 0; i--)
        p = v_fma_f32(p, t, v_set_f32(vif_log_term[i]));
    p = v_fma_f32(p, t, v_lookup(k->offset, segment));
    return (VifLogParts){ segment, v_cast_int(p) };
}

static inline vint vif_log_whole(vint segments, vint rest)
{
    return v_add32(v_shl32(segments, 11 - V_LUT_BITS), rest);
}

/* Logs of `n` vectors added up, minus that of VIF_NOISE each. */
static SIMD_NOINLINE vint vif_log_sum(const vint *a, unsigned n)
{
    const VifLog log = vif_log_begin();
    vint segments = v_set32(0);
    vint rest = v_set32(0u - n * (VIF_LOG_BIAS + VIF_LOG_NOISE));
    for (unsigned i = 0; i < n; i++) {
        VifLogParts parts = vif_log_lanes(&log, a[i]);
        segments = v_add32(segments, parts.segments);
        rest = v_add32(rest, parts.rest);
    }
    return vif_log_whole(segments, rest);
}

/* Each log by itself, for tests. */
static void vif_log_simd(const uint32_t *z, int32_t *log, size_t n)
{
    const VifLog table = vif_log_begin();
    for (size_t i = 0; i < n; i += V_LANES) {
        VifLogParts parts = vif_log_lanes(&table, v_load(z + i));
        vint sum = vif_log_whole(parts.segments, parts.rest);
        v_store(log + i, v_sub32(sum, v_set32(VIF_LOG_BIAS)));
    }
}
