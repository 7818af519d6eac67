/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Included ahead of kernels that are compiled for AVX-512: every intrinsic
 * becomes plain C by SIMDe, so that they run on a processor without AVX-512.
 * Plain kernels, which are compiled for no set, take no notice. */
#ifdef KERNEL_SET
#include <math.h>
#include <stdint.h>
#include <string.h>
#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

typedef simde__mmask16 __mmask16;
typedef simde__mmask8 __mmask8;
typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

/* SIMDe 0.7.4 names this one wrongly. */
#undef _mm512_madd_epi16
#define _mm512_madd_epi16 simde_mm512_madd_epi16

/* And it rounds these twice: n lanes of type t, by fma or fmaf. */
#define FUSED(name, VECTOR, t, n, value)                                       \
    static inline VECTOR fused_##name(VECTOR v, VECTOR w, VECTOR u)            \
    {                                                                          \
        t a[n], b[n], c[n];                                                    \
        memcpy(a, &v, sizeof(a));                                              \
        memcpy(b, &w, sizeof(b));                                              \
        memcpy(c, &u, sizeof(c));                                              \
        for (int i = 0; i < n; i++)                                            \
            a[i] = value;                                                      \
        memcpy(&v, a, sizeof(v));                                              \
        return v;                                                              \
    }

FUSED(fmadd_ps, __m512, float, 16, fmaf(a[i], b[i], c[i]))
FUSED(fnmadd_ps, __m512, float, 16, fmaf(-a[i], b[i], c[i]))
FUSED(fmadd_pd, __m512d, double, 8, fma(a[i], b[i], c[i]))
FUSED(fnmadd_pd, __m512d, double, 8, fma(-a[i], b[i], c[i]))
#undef _mm512_fmadd_ps
#undef _mm512_fnmadd_ps
#undef _mm512_fmadd_pd
#undef _mm512_fnmadd_pd
#define _mm512_fmadd_ps fused_fmadd_ps
#define _mm512_fnmadd_ps fused_fnmadd_ps
#define _mm512_fmadd_pd fused_fmadd_pd
#define _mm512_fnmadd_pd fused_fnmadd_pd

/* What it lacks, lane by lane: n results of type r from lanes x of type a. */
#define LANES(name, RESULT, r, n, ARGUMENT, a, value)                          \
    static inline RESULT name(ARGUMENT v)                                      \
    {                                                                          \
        RESULT result;                                                         \
        r out[n];                                                              \
        a in[n];                                                               \
        memcpy(in, &v, sizeof(in));                                            \
        for (int i = 0; i < n; i++) {                                          \
            a x = in[i];                                                       \
            out[i] = (r)(value);                                               \
        }                                                                      \
        memcpy(&result, out, sizeof(out));                                     \
        return result;                                                         \
    }

LANES(_mm512_cvtepi16_epi32, __m512i, int32_t, 16, __m256i, int16_t, x)
LANES(_mm512_cvtepi32_epi16, __m256i, int16_t, 16, __m512i, int32_t, x)
LANES(_mm512_cvtepi32_epi64, __m512i, int64_t, 8, __m256i, int32_t, x)
LANES(_mm512_cvtepi32_pd, __m512d, double, 8, __m256i, int32_t, x)
LANES(_mm512_cvtepi32_ps, __m512, float, 16, __m512i, int32_t, x)
LANES(_mm512_cvtepu8_epi16, __m512i, uint16_t, 32, __m256i, uint8_t, x)
LANES(_mm512_cvtepu8_epi32, __m512i, int32_t, 16, __m128i, uint8_t, x)
LANES(_mm512_cvtepu16_epi32, __m512i, int32_t, 16, __m256i, uint16_t, x)
LANES(_mm512_cvtepu32_epi64, __m512i, uint64_t, 8, __m256i, uint32_t, x)
LANES(_mm512_cvtps_pd, __m512d, double, 8, __m256, float, x)
LANES(_mm512_cvtpd_ps, __m256, float, 8, __m512d, double, x)
LANES(_mm512_cvttpd_epi32, __m256i, int32_t, 8, __m512d, double,
      fabs(x) < 0x1p31 ? (int32_t)x : INT32_MIN)
LANES(_mm512_cvttps_epi32, __m512i, int32_t, 16, __m512, float,
      fabsf(x) < 0x1p31f ? (int32_t)x : INT32_MIN)

static inline __m256 _mm512_extractf32x8_ps(__m512 v, int half)
{
    __m256 result;
    memcpy(&result, (const char *)&v + half * sizeof(result), sizeof(result));
    return result;
}

/* Quarters of v, v, w, w, two bits of `order` for each. */
static inline __m512 _mm512_shuffle_f32x4(__m512 v, __m512 w, int order)
{
    __m512 result;
    for (int i = 0; i < 4; i++)
        memcpy((char *)&result + 16 * i,
               (const char *)(i < 2 ? &v : &w) + 16 * (order >> 2 * i & 3), 16);
    return result;
}

static inline __m512i _mm512_i32gather_epi32(__m512i index, const void *p,
                                             int scale)
{
    int32_t x[16];
    memcpy(x, &index, sizeof(x));
    for (int i = 0; i < 16; i++)
        memcpy(&x[i], (const char *)p + (ptrdiff_t)x[i] * scale, sizeof(x[i]));
    memcpy(&index, x, sizeof(x));
    return index;
}

static inline __m512 _mm512_i32gather_ps(__m512i index, const void *p,
                                         int scale)
{
    __m512 result;
    index = _mm512_i32gather_epi32(index, p, scale);
    memcpy(&result, &index, sizeof(result));
    return result;
}

LANES(_mm512_cvtps_epi32, __m512i, int32_t, 16, __m512, float,
      fabsf(x) < 0x1p31f ? (int32_t)nearbyintf(x) : INT32_MIN)
/* Guesses that nothing may depend on. */
LANES(_mm512_rsqrt14_pd, __m512d, double, 8, __m512d, double, 1 / sqrt(x))
LANES(_mm512_rcp14_ps, __m512, float, 16, __m512, float, 1 / x)

/* A bit per 16-bit lane. */
#define MASK16(name, relation)                                                 \
    static inline __mmask32 name(__m512i v, __m512i w)                         \
    {                                                                          \
        int16_t x[32], y[32];                                                  \
        __mmask32 mask = 0;                                                    \
        memcpy(x, &v, sizeof(x));                                              \
        memcpy(y, &w, sizeof(y));                                              \
        for (int i = 0; i < 32; i++)                                           \
            mask |= (__mmask32)(x[i] relation y[i]) << i;                      \
        return mask;                                                           \
    }

MASK16(_mm512_cmpeq_epi16_mask, ==)
MASK16(_mm512_cmpgt_epi16_mask, >)

static inline int64_t _mm512_reduce_add_epi64(__m512i v)
{
    int64_t x[8], sum = 0;
    memcpy(x, &v, sizeof(x));
    for (int i = 0; i < 8; i++)
        sum += x[i];
    return sum;
}

static inline __m512i _mm512_srai_epi32(__m512i v, unsigned n)
{
    int32_t x[16];
    memcpy(x, &v, sizeof(x));
    for (int i = 0; i < 16; i++)
        x[i] >>= n > 31 ? 31 : n;
    memcpy(&v, x, sizeof(x));
    return v;
}

static inline __m512i _mm512_mulhi_epu16(__m512i v, __m512i w)
{
    uint16_t x[32], y[32];
    memcpy(x, &v, sizeof(x));
    memcpy(y, &w, sizeof(y));
    for (int i = 0; i < 32; i++)
        x[i] = (uint16_t)((uint32_t)x[i] * y[i] >> 16);
    memcpy(&v, x, sizeof(x));
    return v;
}

/* The next two with the one choice of constants that is used. */
#undef _MM_FROUND_TO_ZERO
#undef _MM_FROUND_NO_EXC
#define _MM_FROUND_TO_ZERO 0
#define _MM_FROUND_NO_EXC 0
#define _MM_PERM_DDBB 0

static inline __m512 _mm512_cvt_roundepi32_ps(__m512i v, int mode)
{
    int32_t x[16];
    float y[16];
    __m512 result;
    (void)mode;
    memcpy(x, &v, sizeof(x));
    for (int i = 0; i < 16; i++) {
        y[i] = (float)x[i];
        if (fabs((double)y[i]) > fabs((double)x[i]))
            y[i] = nextafterf(y[i], 0.f);
    }
    memcpy(&result, y, sizeof(y));
    return result;
}

static inline __m512i _mm512_mask_shuffle_epi32(__m512i v, unsigned mask,
                                                __m512i w, int order)
{
    uint32_t x[16], y[16];
    (void)order;
    memcpy(x, &v, sizeof(x));
    memcpy(y, &w, sizeof(y));
    for (int i = 0; i < 16; i++)
        x[i] = mask >> i & 1 ? y[i | 1] : x[i];
    memcpy(&v, x, sizeof(x));
    return v;
}

/* In place of the compiler's header and of simd/region.h: no target, and
 * vectors that are no registers. */
#define _IMMINTRIN_H_INCLUDED
#define SIMD_REGION_H
#define SIMD_REGION_BEGIN(features)
#define SIMD_REGION_END
#define SIMD_NOINLINE __attribute__((noinline))
#define SIMD_INLINE __attribute__((always_inline))
#define SIMD_UNROLL
#define SIMD_FIX(v) ((void)(v))
#define SIMD_HIDE(pointer) ((void)(pointer))
static inline void v_prefetch(const void *p)
{
    (void)p;
}
#endif
