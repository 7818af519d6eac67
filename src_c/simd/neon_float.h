/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Floating-point operations on 128-bit registers; included by neon.h. */

typedef float32x2_t vhlf; /* as many lanes of binary32 as vdbl has */

/* Memory; no alignment is needed. */
static inline vflt v_load_f32(const float *p) { return vld1q_f32(p); }
static inline void v_store_f32(float *p, vflt a) { vst1q_f32(p, a); }
static inline vdbl v_get_f64(const double *p) { return vld1q_f64(p); }
static inline void v_put_f64(double *p, vdbl a) { vst1q_f64(p, a); }

/* V_LANES unsigned samples as 32-bit lanes. */
static inline vint v_load8_32(const uint8_t *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof(four));
    uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    return vmovl_u16(vget_low_u16(vmovl_u8(bytes)));
}
static inline vint v_load16_32(const uint16_t *p)
{
    return vmovl_u16(vld1_u16(p));
}
/* Half as many, as 64-bit lanes. */
static inline vint v_load32_64(const uint32_t *p)
{
    return OF_U64(vmovl_u32(vld1_u32(p)));
}
/* The same as binary32. */
static inline vflt v_load8_f32(const uint8_t *p)
{
    return v_to_f32(v_load8_32(p));
}
static inline vflt v_load16_f32(const uint16_t *p)
{
    return v_to_f32(v_load16_32(p));
}

/* Masks: pick is a where m, else b; keep and drop put +0 for what goes. */
static inline vmask v_le_f32(vflt a, vflt b) { return vcleq_f32(a, b); }
static inline vflt v_pick_f32(vmask m, vflt a, vflt b)
{
    return vbslq_f32(m, a, b);
}
static inline vflt v_keep_f32(vmask m, vflt a)
{
    return v_cast_f32(vandq_u32(v_cast_int(a), m));
}
static inline vflt v_drop_f32(vmask m, vflt a)
{
    return v_cast_f32(vbicq_u32(v_cast_int(a), m));
}

/* min: a < b ? a : b, max: a > b ? a : b, so b when one is not a number. */
static inline vflt v_add_f32(vflt a, vflt b) { return vaddq_f32(a, b); }
static inline vflt v_min_f32(vflt a, vflt b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}
static inline vflt v_max_f32(vflt a, vflt b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
/* 1 / a within 1.5 * 2^-12; a in the normal range. */
static inline vflt v_rcp_guess_f32(vflt a)
{
    const vflt guess = vrecpeq_f32(a);
    return vmulq_f32(guess, vrecpsq_f32(a, guess));
}
static inline vflt v_sqrt_f32(vflt a) { return vsqrtq_f32(a); }
static inline vflt v_abs_f32(vflt a) { return vabsq_f32(a); }

/* a + b; on x86 by other units than v_add_f64. */
static inline vdbl v_add_by_fma_f64(vdbl a, vdbl b) { return v_add_f64(a, b); }

/* Even and odd lanes of a then b, in order. */
static inline vflt v_even_f32(vflt a, vflt b) { return vuzp1q_f32(a, b); }
static inline vflt v_odd_f32(vflt a, vflt b) { return vuzp2q_f32(a, b); }

/* Rows become columns, which of 128 bits are quads. */
#define v_transpose_quads v_transpose_f32
static inline void v_transpose_f32(vflt r[V_LANES])
{
    float32x4x2_t top = vtrnq_f32(r[0], r[1]), bottom = vtrnq_f32(r[2], r[3]);
    for (int i = 0; i < 2; i++) {
        vflt a = top.val[i], b = bottom.val[i];
        r[i] = vcombine_f32(vget_low_f32(a), vget_low_f32(b));
        r[i + 2] = vcombine_f32(vget_high_f32(a), vget_high_f32(b));
    }
}

/* Binary32 to binary64 and back, rounded to nearest. */
static inline vdbl v_widen_lo_f32(vflt a)
{
    return vcvt_f64_f32(vget_low_f32(a));
}
static inline vdbl v_widen_hi_f32(vflt a) { return vcvt_high_f64_f32(a); }
static inline vflt v_narrow_f64(vdbl lo, vdbl hi)
{
    return vcvt_high_f32_f64(vcvt_f32_f64(lo), hi);
}

/* Half vectors: what becomes one vector of binary64. */
static inline vhlf v_set_half(float x) { return vdup_n_f32(x); }
static inline vhlf v_load_half(const float *p) { return vld1_f32(p); }
static inline void v_store_half(float *p, vhlf a) { vst1_f32(p, a); }
static inline vhlf v_mul_half(vhlf a, vhlf b) { return vmul_f32(a, b); }
static inline vdbl v_widen_half(vhlf a) { return vcvt_f64_f32(a); }
static inline vhlf v_narrow_half(vdbl a) { return vcvt_f32_f64(a); }
