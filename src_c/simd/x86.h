/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Vector operations whose intrinsics differ in their prefix only, MM(name).
 * Included by avx2.h and avx512.h inside their target regions.
 */

/* Memory; no alignment is needed. */
static inline vint v_load(const void *p) { return MM(loadu_si)(p); }
static inline void v_store(void *p, vint a) { MM(storeu_si)(p, a); }

/* Bits: v_clear is a without the bits of b. */
static inline vint v_and(vint a, vint b) { return MM(and_si)(a, b); }
static inline vint v_or(vint a, vint b) { return MM(or_si)(a, b); }
static inline vint v_xor(vint a, vint b) { return MM(xor_si)(a, b); }
static inline vint v_clear(vint a, vint b) { return MM(andnot_si)(b, a); }

/* 32-bit lanes: shifts are left, right logical and right arithmetic. */
static inline vint v_set32(uint32_t x) { return MM(set1_epi32)((int)x); }
static inline vint v_add32(vint a, vint b) { return MM(add_epi32)(a, b); }
static inline vint v_sub32(vint a, vint b) { return MM(sub_epi32)(a, b); }
static inline vint v_max32(vint a, vint b) { return MM(max_epi32)(a, b); }
static inline vint v_shl32(vint a, int n) { return MM(slli_epi32)(a, n); }
static inline vint v_shr32(vint a, int n) { return MM(srli_epi32)(a, n); }
static inline vint v_sar32(vint a, int n) { return MM(srai_epi32)(a, n); }

/* (a * b + 2^31) >> 32 of unsigned lanes. */
static inline vint v_mulround32(vint a, vint b)
{
    const vint half = MM(set1_epi64)(0x80000000);
    vint even = MM(mul_epu32)(a, b);
    vint odd = MM(mul_epu32)(MM(srli_epi64)(a, 32), MM(srli_epi64)(b, 32));
    return v_join_high(MM(add_epi64)(even, half), MM(add_epi64)(odd, half));
}

/* 16-bit lanes. Zip, unzip and pack work within 128 bits and so are each
 * other's inverse; in between, columns are out of order at this width. */
static inline vint v_set16(uint16_t x) { return MM(set1_epi16)((short)x); }
static inline vint v_shl16(vint a, int n) { return MM(slli_epi16)(a, n); }
static inline vint v_shr16(vint a, int n) { return MM(srli_epi16)(a, n); }
static inline vint v_mullo16(vint a, vint b) { return MM(mullo_epi16)(a, b); }
static inline vint v_mulhi16(vint a, vint b) { return MM(mulhi_epu16)(a, b); }
static inline vint v_zip16lo(vint a, vint b)
{
    return MM(unpacklo_epi16)(a, b);
}
static inline vint v_zip16hi(vint a, vint b)
{
    return MM(unpackhi_epi16)(a, b);
}
/* Signed 32-bit lanes of two vectors, saturated to 16 bits. */
static inline vint v_pack16(vint lo, vint hi)
{
    return MM(packs_epi32)(lo, hi);
}
/* High halves of the 32-bit lanes of two vectors. */
static inline vint v_high16(vint lo, vint hi)
{
    return v_pack16(v_sar32(lo, 16), v_sar32(hi, 16));
}
/* Low and high halves of the 32-bit lanes of two vectors. */
static inline void v_unzip16(vint *lo, vint *hi)
{
    vint a = v_halves(*lo), b = v_halves(*hi);
    *lo = MM(unpacklo_epi64)(a, b);
    *hi = MM(unpackhi_epi64)(a, b);
}

/* Add the low and the high half of each 64-bit lane of a, unsigned. */
static inline vint v_add64(vint sum, vint a)
{
    sum = MM(add_epi64)(sum, v_and(a, MM(set1_epi64)(0xffffffff)));
    return MM(add_epi64)(sum, MM(srli_epi64)(a, 32));
}

/* Binary32; a look-up is by the low V_LUT_BITS bits of each lane. */
static inline vflt v_set_f32(float x) { return MM(set1_ps)(x); }
static inline vflt v_to_f32(vint a) { return MM(cvtepi32_ps)(a); }
static inline vint v_trunc_f32(vflt a) { return MM(cvttps_epi32)(a); }
static inline vflt v_fma_f32(vflt a, vflt b, vflt c)
{
    return MM(fmadd_ps)(a, b, c);
}

/* Binary64, for half of the 32-bit lanes. */
static inline vdbl v_set_f64(double x) { return MM(set1_pd)(x); }
static inline vdbl v_add_f64(vdbl a, vdbl b) { return MM(add_pd)(a, b); }
static inline vdbl v_sub_f64(vdbl a, vdbl b) { return MM(sub_pd)(a, b); }
static inline vdbl v_mul_f64(vdbl a, vdbl b) { return MM(mul_pd)(a, b); }
static inline vdbl v_div_f64(vdbl a, vdbl b) { return MM(div_pd)(a, b); }
static inline vdbl v_min_f64(vdbl a, vdbl b) { return MM(min_pd)(a, b); }

/* ADM. Signed 16-bit lanes: mulround is (a * b + 2^14) >> 15, mulhis is
 * (a * b) >> 16. */
static inline vint v_add16(vint a, vint b) { return MM(add_epi16)(a, b); }
static inline vint v_sub16(vint a, vint b) { return MM(sub_epi16)(a, b); }
static inline vint v_min16(vint a, vint b) { return MM(min_epi16)(a, b); }
static inline vint v_max16(vint a, vint b) { return MM(max_epi16)(a, b); }
static inline vint v_abs16(vint a) { return MM(abs_epi16)(a); }
static inline vint v_sar16(vint a, int n) { return MM(srai_epi16)(a, n); }
static inline vint v_mulround16(vint a, vint b)
{
    return MM(mulhrs_epi16)(a, b);
}
static inline vint v_mulhis16(vint a, vint b) { return MM(mulhi_epi16)(a, b); }

/* Signed 16-bit lanes: squares as 32-bit lanes, of the first halves of 128 bits
 * and of the second; distances, unsigned. */
static inline void v_square16(vint a, vint *lo, vint *hi)
{
    vint low = v_mullo16(a, a), high = v_mulhis16(a, a);
    *lo = v_zip16lo(low, high);
    *hi = v_zip16hi(low, high);
}
static inline vint v_distance16(vint a, vint b)
{
    return v_sub16(v_max16(a, b), v_min16(a, b));
}

/* 32-bit lanes: shifts by a lane of their own; minimum, also unsigned. */
static inline vint v_mullo32(vint a, vint b) { return MM(mullo_epi32)(a, b); }
static inline vint v_shlv32(vint a, vint n) { return MM(sllv_epi32)(a, n); }
static inline vint v_shrv32(vint a, vint n) { return MM(srlv_epi32)(a, n); }
static inline vint v_min32(vint a, vint b) { return MM(min_epi32)(a, b); }
static inline vint v_minu32(vint a, vint b) { return MM(min_epu32)(a, b); }
static inline vint v_abs32(vint a) { return MM(abs_epi32)(a); }

/* 64-bit lanes: products are of their low halves, signed and unsigned; odd
 * gives the high halves as low ones; join_shr the low halves of even and odd
 * lanes shifted right by n < 32. */
static inline vint v_set64(uint64_t x) { return MM(set1_epi64)((int64_t)x); }
static inline vint v_plus64(vint a, vint b) { return MM(add_epi64)(a, b); }
static inline vint v_shr64(vint a, int n) { return MM(srli_epi64)(a, n); }
static inline vint v_mul64(vint a, vint b) { return MM(mul_epi32)(a, b); }
static inline vint v_mulu64(vint a, vint b) { return MM(mul_epu32)(a, b); }
static inline vint v_odd(vint a) { return MM(srli_epi64)(a, 32); }
static inline vint v_join_shr(vint even, vint odd, int n)
{
    return v_blend_odd32(MM(srli_epi64)(even, n), MM(slli_epi64)(odd, 32 - n));
}

static inline vflt v_sub_f32(vflt a, vflt b) { return MM(sub_ps)(a, b); }
static inline vflt v_mul_f32(vflt a, vflt b) { return MM(mul_ps)(a, b); }
static inline vflt v_div_f32(vflt a, vflt b) { return MM(div_ps)(a, b); }
