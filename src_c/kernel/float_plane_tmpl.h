/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Template of what all float extractors begin with: a row of samples, bytes,
 * uint16_t or float by `bits`, in binary32. */

enum { PLANE_LINE = 64 }; /* bytes that are asked for at once */

/* Bytes, or words in units of 1 / `unit`; `ahead` bytes further lies a row that
 * will be read soon. */
static inline SIMD_INLINE void plane_row_of(const void *samples, bool words,
                                            unsigned w, float unit,
                                            ptrdiff_t ahead, float *out)
{
    const vflt grey = v_set_f32(128.f), scale = v_set_f32(unit);
    const uint8_t *byte = samples;
    const uint16_t *word = samples;
    const unsigned size = words ? sizeof(*word) : sizeof(*byte);
    unsigned x = 0;
    while (x + V_LANES <= w) {
        v_prefetch(byte + x * size + ahead);
        for (unsigned i = 0; i < PLANE_LINE / size && x + V_LANES <= w;
             i += V_LANES, x += V_LANES) {
            const vflt v = words ? v_mul_f32(v_load16_f32(word + x), scale)
                                 : v_load8_f32(byte + x);
            v_store_f32(out + x, v_sub_f32(v, grey));
        }
    }
    for (; x < w; x++)
        out[x] = (words ? (float)word[x] * unit : (float)byte[x]) - 128.f;
}

/* Grey levels less 128 of one row, in order. */
static void plane_row(const void *samples, unsigned w, unsigned bits,
                      ptrdiff_t ahead, float *out)
{
    if (bits == 32)
        memcpy(out, samples, w * sizeof(float));
    else if (bits == 8)
        plane_row_of(samples, false, w, 1.f, ahead, out);
    else
        plane_row_of(samples, true, w, 1.f / (float)(1u << (bits - 8)), ahead,
                     out);
}
