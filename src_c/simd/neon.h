/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Vector operations on 128-bit registers: NEON of arm64. */
#ifndef SIMD_NEON_H
#define SIMD_NEON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arm_neon.h>

#include "region.h"

SIMD_REGION_BEGIN("")

#define V_LANES 4 /* of 32 bits */
#define V_REGISTERS 32
#define V_LUT_BITS 3

typedef uint32x4_t vint;
typedef uint32x4_t vmask;
typedef float32x4_t vflt;
typedef uint8x16x2_t vlut;
typedef float64x2_t vdbl;

/* The lanes of a vint read as other types, and back. */
#define S32(a) vreinterpretq_s32_u32(a)
#define S16(a) vreinterpretq_s16_u32(a)
#define U16(a) vreinterpretq_u16_u32(a)
#define OF_S32(a) vreinterpretq_u32_s32(a)
#define OF_S16(a) vreinterpretq_u32_s16(a)
#define OF_U16(a) vreinterpretq_u32_u16(a)

/* Memory; no alignment is needed. */
static inline vint v_load(const void *p)
{
    return vreinterpretq_u32_u8(vld1q_u8(p));
}
static inline void v_store(void *p, vint a)
{
    vst1q_u8(p, vreinterpretq_u8_u32(a));
}
static inline vint v_load8(const uint8_t *p)
{
    return OF_U16(vmovl_u8(vld1_u8(p)));
}

/* Bits: v_clear is a without the bits of b. */
static inline vint v_and(vint a, vint b) { return vandq_u32(a, b); }
static inline vint v_and_or(vint a, vint b, vint c) /* a & b | c */
{
    return vorrq_u32(vandq_u32(a, b), c);
}
static inline vint v_or(vint a, vint b) { return vorrq_u32(a, b); }
static inline vint v_xor(vint a, vint b) { return veorq_u32(a, b); }
static inline vint v_clear(vint a, vint b) { return vbicq_u32(a, b); }

/* 32-bit lanes: shifts are left, right logical and right arithmetic. */
static inline vint v_set32(uint32_t x) { return vdupq_n_u32(x); }
static inline vint v_add32(vint a, vint b) { return vaddq_u32(a, b); }
static inline vint v_sub32(vint a, vint b) { return vsubq_u32(a, b); }
static inline vint v_max32(vint a, vint b)
{
    return OF_S32(vmaxq_s32(S32(a), S32(b)));
}
static inline vint v_shl32(vint a, int n)
{
    return vshlq_u32(a, vdupq_n_s32(n));
}
static inline vint v_shr32(vint a, int n)
{
    return vshlq_u32(a, vdupq_n_s32(-n));
}
static inline vint v_sar32(vint a, int n)
{
    return OF_S32(vshlq_s32(S32(a), vdupq_n_s32(-n)));
}

/* (a * b + 2^31) >> 32 of unsigned lanes. */
static inline vint v_mulround32(vint a, vint b)
{
    uint64x2_t low = vmull_u32(vget_low_u32(a), vget_low_u32(b));
    uint32x2_t lo = vrshrn_n_u64(low, 32);
    return vrshrn_high_n_u64(lo, vmull_high_u32(a, b), 32);
}

/* 16-bit lanes */
static inline vint v_set16(uint16_t x) { return OF_U16(vdupq_n_u16(x)); }
static inline vint v_shl16(vint a, int n)
{
    return OF_U16(vshlq_u16(U16(a), vdupq_n_s16((int16_t)n)));
}
static inline vint v_shr16(vint a, int n)
{
    return OF_U16(vshlq_u16(U16(a), vdupq_n_s16((int16_t)-n)));
}
static inline vint v_mullo16(vint a, vint b)
{
    return OF_U16(vmulq_u16(U16(a), U16(b)));
}
static inline vint v_mulhi16(vint a, vint b)
{
    uint32x4_t lo = vmull_u16(vget_low_u16(U16(a)), vget_low_u16(U16(b)));
    uint32x4_t hi = vmull_high_u16(U16(a), U16(b));
    return OF_U16(vuzp2q_u16(U16(lo), U16(hi)));
}
static inline vint v_zip16lo(vint a, vint b)
{
    return OF_U16(vzip1q_u16(U16(a), U16(b)));
}
static inline vint v_zip16hi(vint a, vint b)
{
    return OF_U16(vzip2q_u16(U16(a), U16(b)));
}
/* Signed 32-bit lanes of two vectors, saturated to 16 bits. */
static inline vint v_pack16(vint lo, vint hi)
{
    return OF_S16(vqmovn_high_s32(vqmovn_s32(S32(lo)), S32(hi)));
}
/* High halves of the 32-bit lanes of two vectors. */
static inline vint v_high16(vint lo, vint hi)
{
    return OF_U16(vuzp2q_u16(U16(lo), U16(hi)));
}
/* Low and high halves of the 32-bit lanes of two vectors. */
static inline void v_unzip16(vint *lo, vint *hi)
{
    uint16x8_t a = U16(*lo), b = U16(*hi);
    *lo = OF_U16(vuzp1q_u16(a, b));
    *hi = OF_U16(vuzp2q_u16(a, b));
}
/* Unsigned 32-bit lanes below 65536, in order. */
static inline vint v_narrow16(vint a, vint b)
{
    return OF_U16(vuzp1q_u16(U16(a), U16(b)));
}

/* sum + a0 * b0 + a1 * b1 of the signed 16-bit halves of each lane. */
static inline vint v_dot16(vint sum, vint a, vint b)
{
    int32x4_t lo = vmull_s16(vget_low_s16(S16(a)), vget_low_s16(S16(b)));
    int32x4_t hi = vmull_high_s16(S16(a), S16(b));
    sum = vaddq_u32(sum, OF_S32(vpaddq_s32(lo, hi)));
    SIMD_FIX(sum);
    return sum;
}

/* Masks of 32-bit lanes */
static inline vmask v_gt32(vint a, vint b) { return vcgtq_s32(S32(a), S32(b)); }
static inline vmask v_both(vmask a, vmask b) { return vandq_u32(a, b); }
static inline int v_any(vmask m) { return vmaxvq_u32(m) != 0; }
static inline vint v_keep(vmask m, vint a) { return vandq_u32(a, m); }
static inline vint v_drop(vmask m, vint a) { return vbicq_u32(a, m); }
static inline vint v_count(vint a, vmask m) { return vsubq_u32(a, m); }

/* Sums: v_add64 adds both halves of each 64-bit lane of a, unsigned. */
static inline vint v_add64(vint sum, vint a)
{
    return vreinterpretq_u32_u64(vpadalq_u32(vreinterpretq_u64_u32(sum), a));
}
static inline int64_t v_sum64(vint a)
{
    return vaddvq_s64(vreinterpretq_s64_u32(a));
}
static inline int64_t v_sum32(vint a) { return vaddlvq_s32(S32(a)); }

/* Binary32; a look-up is by the low V_LUT_BITS bits of each lane. */
static inline vflt v_set_f32(float x) { return vdupq_n_f32(x); }
static inline vflt v_cast_f32(vint a) { return vreinterpretq_f32_u32(a); }
static inline vint v_cast_int(vflt a) { return vreinterpretq_u32_f32(a); }
static inline vflt v_to_f32(vint a) { return vcvtq_f32_s32(S32(a)); }
/* With the exponent and the top sixteen bits of the lane. */
static inline vflt v_top_f32(vint a)
{
    return v_to_f32(vbicq_u32(a, vshrq_n_u32(a, 16)));
}
static inline vint v_trunc_f32(vflt a) { return OF_S32(vcvtq_s32_f32(a)); }
static inline vflt v_fma_f32(vflt a, vflt b, vflt c)
{
    return vfmaq_f32(c, a, b);
}
static inline vlut v_load_lut(const float *p)
{
    const uint8_t *bytes = (const uint8_t *)p;
    return (vlut){ { vld1q_u8(bytes), vld1q_u8(bytes + 16) } };
}
static inline vflt v_lookup(vlut table, vint index)
{
    /* Bytes 4i, 4i + 1, 4i + 2, 4i + 3 of entry i. */
    vint at = vmulq_n_u32(vandq_u32(index, v_set32(7)), 0x04040404);
    at = vaddq_u32(at, v_set32(0x03020100));
    return vreinterpretq_f32_u8(vqtbl2q_u8(table, vreinterpretq_u8_u32(at)));
}

/* Binary64, for half of the 32-bit lanes. */
static inline vdbl v_set_f64(double x) { return vdupq_n_f64(x); }
static inline vdbl v_add_f64(vdbl a, vdbl b) { return vaddq_f64(a, b); }
static inline vdbl v_sub_f64(vdbl a, vdbl b) { return vsubq_f64(a, b); }
static inline vdbl v_mul_f64(vdbl a, vdbl b) { return vmulq_f64(a, b); }
static inline vdbl v_div_f64(vdbl a, vdbl b) { return vdivq_f64(a, b); }
static inline vdbl v_min_f64(vdbl a, vdbl b) { return vminq_f64(a, b); }
static inline vdbl v_lo_f64(vint a)
{
    return vcvtq_f64_s64(vmovl_s32(vget_low_s32(S32(a))));
}
static inline vdbl v_hi_f64(vint a)
{
    return vcvtq_f64_s64(vmovl_high_s32(S32(a)));
}
static inline vdbl v_load_f64(const int32_t *p)
{
    return vcvtq_f64_s64(vmovl_s32(vld1_s32(p)));
}
static inline vint v_trunc_f64(vdbl lo, vdbl hi)
{
    return OF_S32(
        vmovn_high_s64(vmovn_s64(vcvtq_s64_f64(lo)), vcvtq_s64_f64(hi)));
}

/* ADM. Signed 16-bit lanes: mulround is (a * b + 2^14) >> 15, mulhis is
 * (a * b) >> 16. */
static inline vint v_add16(vint a, vint b)
{
    return OF_S16(vaddq_s16(S16(a), S16(b)));
}
static inline vint v_sub16(vint a, vint b)
{
    return OF_S16(vsubq_s16(S16(a), S16(b)));
}
static inline vint v_min16(vint a, vint b)
{
    return OF_S16(vminq_s16(S16(a), S16(b)));
}
static inline vint v_max16(vint a, vint b)
{
    return OF_S16(vmaxq_s16(S16(a), S16(b)));
}
static inline vint v_abs16(vint a) { return OF_S16(vabsq_s16(S16(a))); }
static inline vint v_sar16(vint a, int n)
{
    return OF_S16(vshlq_s16(S16(a), vdupq_n_s16((int16_t)-n)));
}
static inline vint v_mulround16(vint a, vint b)
{
    return OF_S16(vqrdmulhq_s16(S16(a), S16(b)));
}
static inline vint v_mulhis16(vint a, vint b)
{
    int32x4_t lo = vmull_s16(vget_low_s16(S16(a)), vget_low_s16(S16(b)));
    int32x4_t hi = vmull_high_s16(S16(a), S16(b));
    return OF_S16(
        vuzp2q_s16(vreinterpretq_s16_s32(lo), vreinterpretq_s16_s32(hi)));
}

/* 32-bit lanes: shifts by a lane of their own; minimum, also unsigned. */
static inline vint v_mullo32(vint a, vint b) { return vmulq_u32(a, b); }
static inline vint v_shlv32(vint a, vint n) { return vshlq_u32(a, S32(n)); }
static inline vint v_shrv32(vint a, vint n)
{
    return vshlq_u32(a, vnegq_s32(S32(n)));
}
static inline vint v_min32(vint a, vint b)
{
    return OF_S32(vminq_s32(S32(a), S32(b)));
}
static inline vint v_minu32(vint a, vint b) { return vminq_u32(a, b); }
static inline vint v_abs32(vint a) { return OF_S32(vabsq_s32(S32(a))); }

/* 64-bit lanes: products are of their low halves, signed and unsigned; odd
 * gives the high halves as low ones; join_shr the low halves of even and odd
 * lanes shifted right by n <= 32. */
#define S64(a) vreinterpretq_s64_u32(a)
#define U64(a) vreinterpretq_u64_u32(a)
#define OF_S64(a) vreinterpretq_u32_s64(a)
#define OF_U64(a) vreinterpretq_u32_u64(a)
static inline vint v_set64(uint64_t x) { return OF_U64(vdupq_n_u64(x)); }
static inline vint v_plus64(vint a, vint b)
{
    return OF_U64(vaddq_u64(U64(a), U64(b)));
}
static inline vint v_shr64(vint a, int n)
{
    return OF_U64(vshlq_u64(U64(a), vdupq_n_s64(-n)));
}
static inline vint v_mul64(vint a, vint b)
{
    return OF_S64(vmull_s32(vmovn_s64(S64(a)), vmovn_s64(S64(b))));
}
static inline vint v_mulu64(vint a, vint b)
{
    return OF_U64(vmull_u32(vmovn_u64(U64(a)), vmovn_u64(U64(b))));
}
static inline vint v_odd(vint a) { return OF_U64(vshrq_n_u64(U64(a), 32)); }
static inline vint v_join_high(vint even, vint odd)
{
    return vtrn2q_u32(even, odd);
}
static inline vint v_join_shr(vint even, vint odd, int n)
{
    return vtrn1q_u32(v_shr64(even, n), v_shr64(odd, n));
}

static inline vflt v_sub_f32(vflt a, vflt b) { return vsubq_f32(a, b); }
static inline vflt v_mul_f32(vflt a, vflt b) { return vmulq_f32(a, b); }
static inline vflt v_div_f32(vflt a, vflt b) { return vdivq_f32(a, b); }

/* Order: zip and pack keep it here. */
static inline vint v_order16(vint a) { return a; }
static inline vint v_order32lo(vint lo, vint hi) { return (void)hi, lo; }
static inline vint v_order32hi(vint lo, vint hi) { return (void)lo, hi; }
/* The four bytes at each lane's distance from p, and p[index] of each lane. */
static inline vint v_gather32(const void *p, vint bytes)
{
    uint32_t at[V_LANES], out[V_LANES];
    v_store(at, bytes);
    for (int i = 0; i < V_LANES; i++)
        memcpy(&out[i], (const char *)p + at[i], sizeof(out[i]));
    return v_load(out);
}
static inline vflt v_gather_f32(const float *p, const int32_t *index)
{
    return v_cast_f32(v_gather32(p, v_shl32(v_load(index), 2)));
}
/* Signed 16-bit samples as 32-bit lanes. */
static inline vint v_load16(const int16_t *p)
{
    return OF_S32(vmovl_s16(vld1_s16(p)));
}
/* Low halves of the 64-bit lanes of a, then of b. */
static inline vint v_narrow64(vint a, vint b) { return vuzp1q_u32(a, b); }
/* a where the mask has ones, else b. */
static inline vint v_select(vint mask, vint a, vint b)
{
    return vbslq_u32(mask, a, b);
}
static inline vint v_pick(vmask m, vint a, vint b)
{
    return vbslq_u32(m, a, b);
}
static inline int v_any_bits(vint a) { return vmaxvq_u32(a) != 0; }
static inline vmask v_ge_f32(vflt a, vflt b) { return vcgeq_f32(a, b); }
static inline vmask v_lt_f32(vflt a, vflt b) { return vcltq_f32(a, b); }

#include "neon_float.h"
#include "neon_double.h"
#include "neon_columns.h"

#endif
