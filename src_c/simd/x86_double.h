/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Binary64 operations whose intrinsics differ in their prefix only, MM(name).
 * Included by avx2_double.h and avx512_double.h.
 */

/* a * b + c and c - a * b, rounded once. */
static inline vdbl v_fma_f64(vdbl a, vdbl b, vdbl c)
{
    return MM(fmadd_pd)(a, b, c);
}
static inline vdbl v_fnma_f64(vdbl a, vdbl b, vdbl c)
{
    return MM(fnmadd_pd)(a, b, c);
}
static inline vflt v_fnma_f32(vflt a, vflt b, vflt c)
{
    return MM(fnmadd_ps)(a, b, c);
}
static inline vdbl v_sqrt_f64(vdbl a) { return MM(sqrt_pd)(a); }
static inline vdbl v_max_f64(vdbl a, vdbl b) { return MM(max_pd)(a, b); }

/* The bits of lanes, as 64-bit integers, and back. */
static inline vdbl v_of_bits_f64(vint a) { return MM(castsi_pd)(a); }
static inline vint v_bits_f64(vdbl a) { return MM(castpd_si)(a); }
static inline vint v_shl64(vint a, int n) { return MM(slli_epi64)(a, n); }
static inline vdbl v_abs_f64(vdbl a)
{
    return v_of_bits_f64(v_and(v_bits_f64(a), v_set64(0x7fffffffffffffff)));
}

/* To the nearest integer, ties to even. */
static inline vint v_nearest_f32(vflt a) { return MM(cvtps_epi32)(a); }
