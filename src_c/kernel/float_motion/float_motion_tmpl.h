/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of float motion: FILTER_ROWS rows of both planes at a time go down
 * the columns, along the rows, and to their difference.
 */

typedef struct MotionWork {
    const FloatMotion *motion;
    Window window;
    float *column[2];      /* column sums, FILTER_ROWS rows each */
    float *term, *columns; /* V_LANES rows of terms that are not added up */
} MotionWork;

static void motion_lay_out(MotionWork *k, Workspace *ws)
{
    const size_t row = k->window.shape.pitch * sizeof(float);
    window_lay_out(&k->window, ws);
    for (unsigned p = 0; p < 2; p++)
        k->column[p] = workspace_take(ws, FILTER_ROWS * row);
    k->term = workspace_take(ws, V_LANES * row);
    k->columns = workspace_take(ws, V_LANES * row);
}

static size_t float_motion_scratch(unsigned w)
{
    MotionWork k = {
        .window = { .shape = segments_of(w, FLOAT_MOTION_MAX_TAPS / 2) },
    };
    Workspace ws = { NULL, 0 };
    motion_lay_out(&k, &ws);
    return ws.used;
}

static inline SIMD_INLINE void motion_down_as(const MotionWork *k,
                                              const Filter f, const Inputs *in)
{
    const Segments *shape = &k->window.shape;
    const size_t pitch = shape->pitch, end = filter_end(shape, f);
    vflt half[FILTER_MAX_HALF], sum[FILTER_ROWS];
    filter_taps(half, k->motion->tap, f.cnt);
    for (unsigned p = 0; p < k->window.planes; p++) {
        for (size_t at = filter_begin(shape, f); at < end; at += V_LANES) {
            filter_down(f, sum, half, in->row[p], NULL, at);
            SIMD_UNROLL
            for (unsigned o = 0; o < f.outs; o++)
                v_store_f32(k->column[p] + o * pitch + at, sum[o]);
        }
    }
}

/* A row of the blur, or of absolute differences where there are two planes. */
static inline SIMD_INLINE void motion_along_as(const MotionWork *k,
                                               const Filter f, unsigned row,
                                               float *out)
{
    const size_t from = row * k->window.shape.pitch;
    vflt half[FILTER_MAX_HALF], p[FILTER_ALONG], q[FILTER_ALONG];
    filter_taps(half, k->motion->tap, f.cnt);
    for (size_t i = 0; i < k->window.shape.cnt; i += FILTER_ALONG) {
        const size_t at = from + i * V_LANES;
        filter_along(f, p, half, k->column[0] + at);
        if (k->window.planes == 2) {
            filter_along(f, q, half, k->column[1] + at);
            SIMD_UNROLL
            for (unsigned o = 0; o < FILTER_ALONG; o++)
                p[o] = v_abs_f32(v_sub_f32(p[o], q[o]));
        }
        SIMD_UNROLL
        for (unsigned o = 0; o < FILTER_ALONG; o++)
            v_store_f32(out + (i + o) * V_LANES, p[o]);
    }
}

/* FILTER_ROWS rows from `y` on, to rows of segments from `out` on. */
static inline SIMD_INLINE void motion_rows_as(const MotionWork *k, unsigned y,
                                              unsigned cnt, float *out)
{
    const Filter down = { cnt, FILTER_ROWS, 1, true },
                 along = { cnt, FILTER_ALONG, 1, true };
    Inputs in;
    window_find(&k->window, y, down, &in);
    motion_down_as(k, down, &in);
    for (unsigned row = 0; row < FILTER_ROWS; row++)
        motion_along_as(k, along, row, out + row * k->window.shape.pitch);
}

static SIMD_NOINLINE void motion_rows(MotionWork *k, unsigned y, float *out)
{
    window_load(&k->window, y + FILTER_ROWS - 1 + k->window.shape.reach);
    switch (k->motion->tap_cnt) {
    case 5: motion_rows_as(k, y, 5, out); break;
    case 3: motion_rows_as(k, y, 3, out); break;
    default: motion_rows_as(k, y, 1, out);
    }
}

static void motion_begin(MotionWork *k, const FloatMotion *m, const Rows *rows,
                         unsigned planes)
{
    Workspace ws = { rows->scratch, 0 };
    *k = (MotionWork){
        .motion = m,
        .window = { .samples = { m->current.samples, m->earlier.samples },
                    .stride = { m->current.stride, m->earlier.stride },
                    .planes = planes,
                    .h = m->h,
                    .bits = m->bits,
                    .shape = segments_of(m->w, m->tap_cnt / 2) },
    };
    motion_lay_out(k, &ws);
    memset(rows->scratch, 0, ws.used); /* room past the ends is loaded too */
    window_begin(&k->window, rows->begin);
}

static void float_motion_difference(const void *call, const Rows *rows,
                                    int64_t *sums)
{
    const FloatMotion *m = call;
    float *row[V_LANES], sum[V_LANES];
    MotionWork k;
    (void)sums;
    motion_begin(&k, m, rows, 2);
    for (unsigned i = 0; i < V_LANES; i++)
        row[i] = k.term + i * k.window.shape.pitch;
    for (unsigned y = rows->begin; y < rows->end; y += V_LANES) {
        for (unsigned i = 0; i < V_LANES && y + i < rows->end; i += FILTER_ROWS)
            motion_rows(&k, y + i, row[i]);
        segments_sum(&k.window.shape, row, k.columns, sum);
        for (unsigned i = 0; i < V_LANES && y + i < rows->end; i++)
            m->row[y + i] = sum[i];
    }
}

static void float_motion_blur(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatMotion *m = call;
    MotionWork k;
    (void)sums;
    motion_begin(&k, m, rows, 1);
    for (unsigned y = rows->begin; y < rows->end; y += FILTER_ROWS) {
        motion_rows(&k, y, k.term);
        for (unsigned i = 0; i < FILTER_ROWS && y + i < rows->end; i++) {
            const size_t pitch = k.window.shape.pitch;
            segments_store(k.term + i * pitch, k.window.shape.cnt, k.columns);
            memcpy(m->blur + (size_t)(y + i) * m->w, k.columns,
                   m->w * sizeof(float));
        }
    }
}
