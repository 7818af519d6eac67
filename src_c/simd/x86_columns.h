/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Operations on columns of samples whose intrinsics differ in their prefix only,
 * MM(name). Included by avx2_columns.h and avx512_columns.h.
 */

/* 8-bit lanes */
static inline vint v_add8(vint a, vint b) { return MM(add_epi8)(a, b); }
static inline vint v_sub8(vint a, vint b) { return MM(sub_epi8)(a, b); }

/* A few columns: V_RUN unsigned 16-bit lanes. Runs are short, and wider loads
 * nearly always lie in two cache lines. */
#define V_RUN 16
typedef __m256i vrun;
static inline vrun v_load_run(const uint16_t *p)
{
    return _mm256_loadu_si256((const void *)p);
}
static inline void v_store_run(uint16_t *p, vrun a)
{
    _mm256_storeu_si256((void *)p, a);
}
static inline vrun v_add_run(vrun a, vrun b) { return _mm256_add_epi16(a, b); }
static inline vrun v_sub_run(vrun a, vrun b) { return _mm256_sub_epi16(a, b); }
static inline vrun v_max_run(vrun a, vrun b) { return _mm256_max_epi16(a, b); }
static inline int v_any_run(vrun a) { return !_mm256_testz_si256(a, a); }
