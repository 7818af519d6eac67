/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Floating-point operations whose intrinsics differ in their prefix only,
 * MM(name). Included by avx2_float.h and avx512_float.h.
 */

/* Memory; no alignment is needed. */
static inline vflt v_load_f32(const float *p) { return MM(loadu_ps)(p); }
static inline void v_store_f32(float *p, vflt a) { MM(storeu_ps)(p, a); }
static inline vdbl v_get_f64(const double *p) { return MM(loadu_pd)(p); }
static inline void v_put_f64(double *p, vdbl a) { MM(storeu_pd)(p, a); }

/* min: a < b ? a : b, max: a > b ? a : b, so b when one is not a number. */
static inline vflt v_add_f32(vflt a, vflt b) { return MM(add_ps)(a, b); }
static inline vflt v_min_f32(vflt a, vflt b) { return MM(min_ps)(a, b); }
static inline vflt v_max_f32(vflt a, vflt b) { return MM(max_ps)(a, b); }
static inline vflt v_sqrt_f32(vflt a) { return MM(sqrt_ps)(a); }
static inline vflt v_abs_f32(vflt a)
{
    return v_cast_f32(v_and(v_cast_int(a), v_set32(0x7fffffff)));
}

/* V_LANES unsigned samples as binary32. */
static inline vflt v_load8_f32(const uint8_t *p)
{
    return v_to_f32(v_load8_32(p));
}
static inline vflt v_load16_f32(const uint16_t *p)
{
    return v_to_f32(v_load16_32(p));
}

/* Four rows become four columns within each 128 bits. */
static inline void v_transpose_quads(vflt r[4])
{
    vflt a = MM(unpacklo_ps)(r[0], r[1]), b = MM(unpackhi_ps)(r[0], r[1]);
    vflt c = MM(unpacklo_ps)(r[2], r[3]), d = MM(unpackhi_ps)(r[2], r[3]);
    r[0] = MM(shuffle_ps)(a, c, 0x44);
    r[1] = MM(shuffle_ps)(a, c, 0xee);
    r[2] = MM(shuffle_ps)(b, d, 0x44);
    r[3] = MM(shuffle_ps)(b, d, 0xee);
}
