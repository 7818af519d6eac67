/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The same for a plane that is resized by interpolation: of the resized plane,
 * too, only the rows and columns that survive exist. A lane is a column that a
 * thin sample reads; tap after tap lie behind each other.
 */

/* What becomes of one resized row. */
typedef struct SpeedResize {
    const SpeedAxis *columns;
    unsigned cnt;                  /* columns that are read */
    float weight[SPEED_MAX_REACH]; /* of the source rows */
    float tap;                     /* of the low pass */
    float *down;                   /* the sum, downwards */
    bool first;                    /* starts the sum */
} SpeedResize;

static inline SIMD_INLINE void speed_resize_add(const SpeedResize *r,
                                                unsigned n, vflt sample)
{
    sample = v_mul_f32(v_set_f32(r->tap), sample);
    if (!r->first)
        sample = v_add_f32(v_load_f32(r->down + n), sample);
    v_store_f32(r->down + n, sample);
}

/* Two neighbours of the source lie in four bytes, so one look-up brings both.
 * The last ones of a row are looked up with what is before them. */
static inline SIMD_INLINE void speed_bilinear_by(const SpeedResize *r,
                                                 const SpeedSource source[2],
                                                 bool deep, bool difference)
{
    const SpeedAxis *c = r->columns;
    const vint last = v_set32(c->size - (deep ? 2 : 4));
    const vint mask = v_set32(deep ? 0xffff : 0xff);
    const vflt middle = v_set_f32(source->middle);
    for (unsigned n = 0; n < r->cnt; n += V_LANES) {
        const vint a = v_load(c->at + n), b = v_load(c->at + c->stride + n);
        const vint at = v_min32(v_min32(a, b), last);
        const vint bytes = v_shl32(at, deep), bits = v_set32(3 + deep);
        const vint shift[2] = { v_shlv32(v_sub32(a, at), bits),
                                v_shlv32(v_sub32(b, at), bits) };
        vflt sum = v_set_f32(0);
        SIMD_UNROLL
        for (int v = 0; v < 2; v++) {
            const vint s = v_gather32(source[v].row, bytes);
            const vint m = difference ? v_gather32(source[v].minus, bytes) : s;
            SIMD_UNROLL
            for (int u = 0; u < 2; u++) {
                const vflt weight =
                    v_mul_f32(v_load_f32(c->weight + u * c->stride + n),
                              v_set_f32(r->weight[v]));
                const vflt p = speed_raised(v_and(v_shrv32(s, shift[u]), mask));
                const vflt q = speed_raised(v_and(v_shrv32(m, shift[u]), mask));
                sum = v_add_f32(
                    sum,
                    v_mul_f32(v_sub_f32(p, difference ? q : middle), weight));
            }
        }
        speed_resize_add(r, n, sum);
    }
}

static SIMD_NOINLINE void speed_bilinear(const SpeedResize *r,
                                         const SpeedSource source[2])
{
    if (source->deep)
        source->minus ? speed_bilinear_by(r, source, true, true)
                      : speed_bilinear_by(r, source, true, false);
    else
        source->minus ? speed_bilinear_by(r, source, false, true)
                      : speed_bilinear_by(r, source, false, false);
}

/* `reach` x `reach` samples, from rows in binary32. */
static inline SIMD_INLINE void speed_resize_by(const SpeedResize *r,
                                               float *const *source,
                                               unsigned reach)
{
    const SpeedAxis *c = r->columns;
    for (unsigned n = 0; n < r->cnt; n += V_LANES) {
        vflt sum = v_set_f32(0), total = sum;
        for (unsigned v = 0; v < reach; v++)
            for (unsigned u = 0; u < reach; u++) {
                const size_t at = u * c->stride + n;
                const vflt weight = v_mul_f32(v_load_f32(c->weight + at),
                                              v_set_f32(r->weight[v]));
                total = v_add_f32(total, weight);
                sum = v_add_f32(
                    sum,
                    v_mul_f32(weight, v_gather_f32(source[v], c->at + at)));
            }
        if (reach == SPEED_MAX_REACH)
            sum = v_div_f32(sum, total);
        speed_resize_add(r, n, sum);
    }
}

static SIMD_NOINLINE void speed_resize(const SpeedResize *r,
                                       const SpeedSource *source,
                                       float *const *rows)
{
    const float one = 1;
    const unsigned reach = r->columns->reach;
    if (reach == 2) {
        speed_bilinear(r, source);
        return;
    }
    for (unsigned v = 0; v < reach; v++)
        speed_down(&source[v], &one, 1, r->columns->size, rows[v]);
    if (reach == 4)
        speed_resize_by(r, rows, 4);
    else
        speed_resize_by(r, rows, SPEED_MAX_REACH);
}

/* A thin row of the plane. */
static void speed_resized_row(const SpeedDecimate *d, const SpeedPlane *p,
                              unsigned i, const SpeedRows *work, float *low)
{
    const SpeedAxis *rows = &d->rows;
    const unsigned cnt = d->columns.cnt;
    const vflt scale = v_set_f32(1 / (float)(1 << (d->bpc - 8)));
    SpeedResize r = { .columns = &d->columns,
                      .cnt = d->taps * cnt,
                      .down = work->down };
    for (unsigned k = 0; k < d->taps; k++) {
        SpeedSource source[SPEED_MAX_REACH];
        r.tap = d->tap[k];
        r.first = k == 0;
        for (unsigned v = 0; v < rows->reach; v++) {
            const size_t n = v * rows->stride + k * rows->cnt + i;
            source[v] = speed_source(d, p, rows->at[n]);
            r.weight[v] = rows->weight[n];
        }
        speed_resize(&r, source, work->source);
    }
    for (unsigned j = 0; j < cnt; j += V_LANES) {
        vflt sum = v_set_f32(0);
        for (unsigned k = 0; k < d->taps; k++) {
            const vflt s = v_load_f32(work->down + k * cnt + j);
            sum = v_add_f32(sum, v_mul_f32(v_set_f32(d->tap[k]), s));
        }
        v_store_f32(low + j, v_mul_f32(sum, scale));
    }
}
