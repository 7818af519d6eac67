/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Columns of samples in 128-bit registers; included by neon.h. */
#include "columns.h"

/* 8-bit lanes */
#define U8(a) vreinterpretq_u8_u32(a)
#define OF_U8(a) vreinterpretq_u32_u8(a)
static inline vint v_add8(vint a, vint b)
{
    return OF_U8(vaddq_u8(U8(a), U8(b)));
}
static inline vint v_sub8(vint a, vint b)
{
    return OF_U8(vsubq_u8(U8(a), U8(b)));
}

typedef vint vmask16; /* a choice among 16-bit lanes */
static inline vmask16 v_eq16(vint a, vint b)
{
    return OF_U16(vceqq_u16(U16(a), U16(b)));
}
static inline vmask16 v_gt16(vint a, vint b) /* signed */
{
    return OF_U16(vcgtq_s16(S16(a), S16(b)));
}
static inline vmask16 v_both16(vmask16 a, vmask16 b) { return v_and(a, b); }
static inline vmask16 v_either16(vmask16 a, vmask16 b) { return v_or(a, b); }
static inline vint v_pick16(vmask16 m, vint a, vint b)
{
    return vbslq_u32(m, a, b);
}
/* A bit per lane, and a byte of ones or zeros per lane of two. */
static inline uint32_t v_bits16(vmask16 m)
{
    const uint16x8_t bit = { 1, 2, 4, 8, 16, 32, 64, 128 };
    return vaddvq_u16(vandq_u16(U16(m), bit));
}
static inline vint v_bytes16(vmask16 lo, vmask16 hi)
{
    return OF_U8(vmovn_high_u16(vmovn_u16(U16(lo)), U16(hi)));
}

/* As columns_list(). */
static inline size_t v_columns(uint32_t *out, const uint16_t *sample,
                               uint32_t first, uint64_t bits)
{
    return columns_list(out, sample, first, bits);
}

/* A few columns: V_RUN unsigned 16-bit lanes. */
#define V_RUN 8
typedef uint16x8_t vrun;
static inline vrun v_load_run(const uint16_t *p) { return vld1q_u16(p); }
static inline void v_store_run(uint16_t *p, vrun a) { vst1q_u16(p, a); }
static inline vrun v_add_run(vrun a, vrun b) { return vaddq_u16(a, b); }
static inline vrun v_sub_run(vrun a, vrun b) { return vsubq_u16(a, b); }
static inline vrun v_max_run(vrun a, vrun b) { return vmaxq_u16(a, b); }
static inline int v_any_run(vrun a) { return vmaxvq_u16(a) != 0; }

static inline double v_sum_f64(vdbl a) { return vaddvq_f64(a); }
