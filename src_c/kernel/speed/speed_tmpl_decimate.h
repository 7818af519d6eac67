/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The low pass where it is used: of the rows and columns that survive the
 * thinning only. Samples stay on the scale of their bit depth, as a power of
 * two changes no rounding, and the thin samples are scaled.
 */

/* The bits of 2^23 in binary32, to which a sample is added below. */
#define SPEED_MAGIC 0x4b000000
#define SPEED_MAGIC_VALUE (1 << 23)

/* A row of the source, and of what is subtracted from it or NULL. */
typedef struct SpeedSource {
    const uint8_t *row, *minus;
    bool deep;
    float middle;
} SpeedSource;

static inline SpeedSource speed_source(const SpeedDecimate *d,
                                       const SpeedPlane *p, int y)
{
    return (SpeedSource){
        .row = (const uint8_t *)p->plane + y * p->stride,
        .minus =
            p->minus ? (const uint8_t *)p->minus + y * p->minus_stride : NULL,
        .deep = d->bpc > 8,
        .middle = (float)(SPEED_MAGIC_VALUE + (1 << (d->bpc - 1))),
    };
}

/* Unsigned lanes below 2^23 as binary32 plus 2^23: a bit operation where a
 * conversion would wait for the adders. */
static inline SIMD_INLINE vflt speed_raised(vint samples)
{
    return v_cast_f32(v_or(samples, v_set32(SPEED_MAGIC)));
}

static inline SIMD_INLINE vint speed_samples(const uint8_t *row, size_t x,
                                             bool deep)
{
    return deep ? v_load16_32((const uint16_t *)(const void *)row + x)
                : v_load8_32(row + x);
}

static inline SIMD_INLINE vflt speed_centred(const SpeedSource *s, size_t x,
                                             bool deep, bool difference)
{
    const vint row = speed_samples(s->row, x, deep);
    if (difference)
        return v_to_f32(v_sub32(row, speed_samples(s->minus, x, deep)));
    return v_sub_f32(speed_raised(row), v_set_f32(s->middle));
}

/* Every column of the sum of `cnt` weighted rows. The last vector overlaps the
 * one before it, so that nothing beyond the row is read. */
static inline SIMD_INLINE void speed_down_by(const SpeedSource *rows,
                                             const float *tap, unsigned cnt,
                                             unsigned w, float *out, bool deep,
                                             bool difference)
{
    for (unsigned x = 0;; x += V_LANES) {
        if (x + V_LANES > w)
            x = w - V_LANES;
        vflt sum = v_set_f32(0);
        for (unsigned k = 0; k < cnt; k++) {
            const vflt s = speed_centred(&rows[k], x, deep, difference);
            sum = v_add_f32(sum, v_mul_f32(v_set_f32(tap[k]), s));
        }
        v_store_f32(out + x, sum);
        if (x + V_LANES >= w)
            return;
    }
}

static SIMD_NOINLINE void speed_down(const SpeedSource *rows, const float *tap,
                                     unsigned cnt, unsigned w, float *out)
{
#define DOWN(deep, difference)                                                 \
    (cnt == 9 ? speed_down_by(rows, tap, 9, w, out, deep, difference)          \
              : speed_down_by(rows, tap, cnt, w, out, deep, difference))
    if (rows->deep)
        rows->minus ? DOWN(true, true) : DOWN(true, false);
    else
        rows->minus ? DOWN(false, true) : DOWN(false, false);
#undef DOWN
}

/* A thin row of a plane that is not resized, or by repeating samples. */
static void speed_thin_row(const SpeedDecimate *d, const SpeedPlane *p,
                           unsigned i, float *down, float *low)
{
    SpeedSource rows[SPEED_MAX_TAPS];
    const unsigned cnt = d->columns.cnt;
    const vflt scale = v_set_f32(1 / (float)(1 << (d->bpc - 8)));
    for (unsigned k = 0; k < d->taps; k++)
        rows[k] = speed_source(d, p, d->rows.at[k * d->rows.cnt + i]);
    speed_down(rows, d->tap, d->taps, d->columns.size, down);
    for (unsigned j = 0; j < cnt; j += V_LANES) {
        vflt sum = v_set_f32(0);
        for (unsigned k = 0; k < d->taps; k++) {
            const vflt s = v_gather_f32(down, d->columns.at + k * cnt + j);
            sum = v_add_f32(sum, v_mul_f32(v_set_f32(d->tap[k]), s));
        }
        v_store_f32(low + j, v_mul_f32(sum, scale));
    }
}
