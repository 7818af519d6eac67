/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Template of what all float extractors begin with: a row of samples, bytes,
 * uint16_t or float by `bits`, in binary32. */

/* Grey levels less 128 of one row, in order. */
static void plane_row(const void *samples, unsigned w, unsigned bits,
                      float *out)
{
    const vflt grey = v_set_f32(128.f);
    const float unit = bits == 32 ? 1.f : 1.f / (float)(1u << (bits - 8));
    const vflt scale = v_set_f32(unit);
    const uint8_t *bytes = samples;
    const uint16_t *words = samples;
    unsigned x = 0;
    if (bits == 32) {
        memcpy(out, samples, w * sizeof(float));
    } else if (bits == 8) {
        for (; x + V_LANES <= w; x += V_LANES)
            v_store_f32(out + x, v_sub_f32(v_load8_f32(bytes + x), grey));
        for (; x < w; x++)
            out[x] = (float)bytes[x] - 128.f;
    } else {
        for (; x + V_LANES <= w; x += V_LANES) {
            vflt v = v_mul_f32(v_load16_f32(words + x), scale);
            v_store_f32(out + x, v_sub_f32(v, grey));
        }
        for (; x < w; x++)
            out[x] = (float)words[x] * unit - 128.f;
    }
}
