/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF template: logarithms without a table.
 *
 * With m the top sixteen bits of the argument, the defining table is
 * floor(2048 * log2(m) + 1/2 + s) for every s in (0.00096148, 0.00105844):
 * its rounding to binary32 moves steps down by about that much. The middle
 * s = 0.00100996 leaves 4.8e-5 on both sides, enough for a polynomial in
 * binary32 when whole eighths of an octave are counted in integers. The tests
 * go through all mantissas and exponents.
 */

/* For each eighth of an octave, m = 1 + (i + 1/2) / 8: 1 / m, and
 * 1/2 + s - 2048 * log2(1 / m) - 256 * i of the binary32 value of 1 / m. */
static const float vif_log_inverse[8] = {
    0x1.e1e1e2p-1f, 0x1.af286cp-1f, 0x1.861862p-1f, 0x1.642c86p-1f,
    0x1.47ae14p-1f, 0x1.2f684cp-1f, 0x1.1a7b96p-1f, 0x1.084210p-1f,
};
static const float vif_log_offset[8] = {
    0x1.673ff2p+7f, 0x1.f88358p+7f, 0x1.23f790p+8f, 0x1.30c17ep+8f,
    0x1.271e5ap+8f, 0x1.0a82b6p+8f, 0x1.bb4acep+7f, 0x1.4563eap+7f,
};

typedef struct VifLog {
    vlut inverse, offset;
} VifLog;

static inline VifLog vif_log_begin(void)
{
    return (VifLog){ v_load_lut(vif_log_inverse), v_load_lut(vif_log_offset) };
}

/* The log in two parts: eighths of an octave, and what is left in units of
 * 2^-11. The sum of 256 times the first and of the second is the log plus
 * VIF_LOG_BIAS. */
typedef struct VifLogParts {
    vint eighths, rest;
} VifLogParts;

/* Binary32 numbers have an exponent that is 127 too high. */
enum { VIF_LOG_BIAS = 127 * 2048 };

/* Of 2^16 <= a < 2^31. */
static inline VifLogParts vif_log_lanes(const VifLog *k, vint a)
{
    vint bits = v_cast_int(v_top_f32(a));
    /* Exponent and top three mantissa bits: the eighth. */
    vint eighth = v_shr32(bits, 20);
    /* Bits below the top sixteen do not count. */
    vflt m =
        v_cast_f32(v_and_or(bits, v_set32(0x007fff00), v_set32(0x3f800000)));
    vflt t = v_fma_f32(m, v_lookup(k->inverse, eighth), v_set_f32(-1.f));
    /* 2048 * log2(1 + t) / t at four Chebyshev nodes of |t| <= 1/16. */
    vflt p =
        v_fma_f32(t, v_set_f32(-0x1.724b50p+9f), v_set_f32(0x1.ed98cep+9f));
    p = v_fma_f32(p, t, v_set_f32(-0x1.715466p+10f));
    p = v_fma_f32(p, t, v_set_f32(0x1.71546ep+11f));
    p = v_fma_f32(p, t, v_lookup(k->offset, eighth));
    return (VifLogParts){ eighth, v_trunc_f32(p) };
}

/* Logs of `n` vectors added up, minus that of VIF_NOISE each. */
static SIMD_NOINLINE vint vif_log_sum(const vint *a, unsigned n)
{
    const VifLog log = vif_log_begin();
    vint eighths = v_set32(0);
    vint rest = v_set32(0u - n * (VIF_LOG_BIAS + VIF_LOG_NOISE));
    for (unsigned i = 0; i < n; i++) {
        VifLogParts parts = vif_log_lanes(&log, a[i]);
        eighths = v_add32(eighths, parts.eighths);
        rest = v_add32(rest, parts.rest);
    }
    return v_add32(v_shl32(eighths, 8), rest);
}

/* Each log by itself, for tests. */
static void vif_log_simd(const uint32_t *z, int32_t *log, size_t n)
{
    const VifLog table = vif_log_begin();
    for (size_t i = 0; i < n; i += V_LANES) {
        VifLogParts parts = vif_log_lanes(&table, v_load(z + i));
        vint sum = v_add32(v_shl32(parts.eighths, 8), parts.rest);
        v_store(log + i, v_sub32(sum, v_set32(VIF_LOG_BIAS)));
    }
}
