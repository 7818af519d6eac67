/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of float VIF, part 2: VIF_ROWS rows at a time go down the columns,
 * along the rows, to terms and row sums, and to the next scale.
 */

enum { VIF_ROWS = FILTER_ROWS };

typedef struct VifWork {
    const FloatVifScale *scale;
    VifNoise noise;
    Window window;
    size_t pitch;               /* the window's */
    float *column[VIF_MOMENTS]; /* column sums, VIF_ROWS rows each */
    /* VIF_ROWS rows of terms for each limit and for what is sent; with one limit
     * as many as a vector has lanes. */
    float *term, *columns;
    unsigned kinds; /* of terms */
} VifWork;

/* Rows of terms, in whole vectors of them. */
static unsigned vif_term_rows(unsigned kinds)
{
    return (kinds * VIF_ROWS + V_LANES - 1) / V_LANES * V_LANES;
}

static void vif_lay_out(VifWork *k, Workspace *ws)
{
    k->pitch = k->window.shape.pitch;
    const size_t row = k->pitch * sizeof(float);
    window_lay_out(&k->window, ws);
    for (unsigned i = 0; i < VIF_MOMENTS; i++)
        k->column[i] = workspace_take(ws, VIF_ROWS * row);
    k->term = workspace_take(ws, vif_term_rows(k->kinds) * row);
    k->columns = workspace_take(ws, V_LANES * row);
}

static VifWork vif_work(const FloatVifScale *s)
{
    return (VifWork){
        .scale = s,
        .noise = vif_noise(s),
        .window = { .samples = { s->ref, s->dist },
                    .stride = { s->ref_stride, s->dist_stride },
                    .planes = 2,
                    .h = s->h,
                    .bits = s->bits,
                    .shape = segments_of(s->w, s->taps.cnt / 2) },
        .kinds = s->limit_cnt + 1,
    };
}

static size_t float_vif_scratch(const FloatVifScale *s)
{
    VifWork k = vif_work(s);
    Workspace ws = { NULL, 0 };
    vif_lay_out(&k, &ws);
    return ws.used;
}

/* Column sums of the first moments for the outputs of a filter. */
static inline SIMD_INLINE void vif_down_as(const VifWork *k, const Filter f,
                                           const float *tap, unsigned moments,
                                           const Inputs *in)
{
    static const unsigned char of[VIF_MOMENTS] = { 0, 1, 0, 1, 0 };
    static const unsigned char by[VIF_MOMENTS] = { 2, 2, 0, 1, 1 };
    const Segments *shape = &k->window.shape;
    const size_t pitch = k->pitch, end = filter_end(shape, f);
    vflt half[FILTER_MAX_HALF], sum[FILTER_ROWS];
    filter_taps(half, tap, f.cnt);
    for (size_t at = filter_begin(shape, f); at < end; at += V_LANES) {
        SIMD_UNROLL
        for (unsigned m = 0; m < moments; m++) {
            filter_down(f, sum, half, in->row[of[m]],
                        by[m] < 2 ? in->row[by[m]] : NULL, at);
            SIMD_UNROLL
            for (unsigned o = 0; o < f.outs; o++)
                v_store_f32(k->column[m] + o * pitch + at, sum[o]);
        }
    }
}

/* FILTER_ALONG outputs of a row of column sums, or of outputs. */
static inline SIMD_INLINE void vif_take_as(const Filter f, vflt out[],
                                           const vflt half[], const float *at)
{
    if (filter_rolls(f)) {
        SIMD_UNROLL
        for (unsigned o = 0; o < FILTER_ALONG; o++)
            out[o] = v_load_f32(at + o * V_LANES);
    } else {
        filter_along(f, out, half, at);
    }
}

/* Terms of one row of column sums. */
static inline SIMD_INLINE void vif_along_as(const VifWork *k, const Filter f,
                                            unsigned row)
{
    const size_t pitch = k->pitch;
    float *term = k->term + row * pitch;
    const VifNoise noise = k->noise;
    VifTerms out;
    vflt half[FILTER_MAX_HALF];
    for (unsigned i = 0; i < k->scale->limit_cnt; i++, term += VIF_ROWS * pitch)
        out.num[i] = term;
    out.den = term;
    filter_taps(half, k->scale->taps.tap, f.cnt);
    for (unsigned j = 0; j < VIF_MOMENTS && filter_rolls(f); j++)
        filter_roll(f, half, k->window.shape.cnt, k->column[j] + row * pitch);
    for (size_t i = 0; i < k->window.shape.cnt; i += FILTER_ALONG) {
        vflt m[VIF_MOMENTS][FILTER_ALONG];
        SIMD_UNROLL
        for (unsigned j = 0; j < VIF_MOMENTS; j++)
            vif_take_as(f, m[j], half,
                        k->column[j] + row * pitch + i * V_LANES);
        vif_terms(k->scale, &noise, m, &out, i * V_LANES);
    }
}

/* Adds up the terms of VIF_ROWS rows from `y` on, below `end`. */
static void vif_sum(const VifWork *k, unsigned y, unsigned end)
{
    const FloatVifScale *s = k->scale;
    const unsigned cnt = k->kinds * VIF_ROWS;
    for (unsigned at = 0; at < cnt; at += V_LANES) {
        float *row[V_LANES], sum[V_LANES];
        for (unsigned i = 0; i < V_LANES; i++)
            row[i] = k->term + (at + i) * k->pitch;
        segments_sum(&k->window.shape, row, k->columns, sum);
        for (unsigned i = at; i < at + V_LANES && i < cnt; i++) {
            const unsigned kind = i / VIF_ROWS, to = y + i % VIF_ROWS;
            if (to < end)
                *(kind < s->limit_cnt ? &s->row[to].num[kind]
                                      : &s->row[to].den) = sum[i - at];
        }
    }
}

/* Windows are these unless the extractor is asked for others. */
static SIMD_NOINLINE void vif_down(const VifWork *k, const Inputs *in)
{
    const FloatVifTaps *taps = &k->scale->taps;
    Filter f = { taps->cnt, VIF_ROWS, 1, true };
    switch (taps->cnt) {
    case 17:
        f.cnt = 17;
        vif_down_as(k, f, taps->tap, VIF_MOMENTS, in);
        break;
    case 9:
        f.cnt = 9;
        vif_down_as(k, f, taps->tap, VIF_MOMENTS, in);
        break;
    case 5:
        f.cnt = 5;
        vif_down_as(k, f, taps->tap, VIF_MOMENTS, in);
        break;
    case 3:
        f.cnt = 3;
        vif_down_as(k, f, taps->tap, VIF_MOMENTS, in);
        break;
    default: f.known = false; vif_down_as(k, f, taps->tap, VIF_MOMENTS, in);
    }
}

static SIMD_NOINLINE void vif_along(const VifWork *k, unsigned row)
{
    Filter f = { k->scale->taps.cnt, FILTER_ALONG, 1, true };
    switch (f.cnt) {
    case 17:
        f.cnt = 17;
        vif_along_as(k, f, row);
        break;
    case 9:
        f.cnt = 9;
        vif_along_as(k, f, row);
        break;
    case 5:
        f.cnt = 5;
        vif_along_as(k, f, row);
        break;
    case 3:
        f.cnt = 3;
        vif_along_as(k, f, row);
        break;
    default: f.known = false; vif_along_as(k, f, row);
    }
}

/* Statistics of VIF_ROWS rows from `y` on, below `end`. */
static void vif_measure(const VifWork *k, unsigned y, unsigned end)
{
    Inputs in;
    window_find(&k->window, y,
                (Filter){ k->scale->taps.cnt, VIF_ROWS, 1, false }, &in);
    vif_down(k, &in);
    for (unsigned row = 0; row < VIF_ROWS; row++)
        vif_along(k, row);
    vif_sum(k, y, end);
}

/* Rows of the next scale: those of VIF_ROWS rows from the even row `y` on. */
static inline SIMD_INLINE void vif_next_as(const VifWork *k, unsigned y,
                                           unsigned end, const Filter down)
{
    const FloatVifScale *s = k->scale;
    const Filter along = { down.cnt, FILTER_ALONG, 2, down.known };
    const float *tap = s->next_taps.tap;
    float *const plane[2] = { s->next_ref, s->next_dist };
    float *row = k->columns, *line = row + k->pitch;
    vflt half[FILTER_MAX_HALF], sum[FILTER_ALONG];
    Inputs in;
    window_find(&k->window, y, down, &in);
    vif_down_as(k, down, tap, 2, &in);
    filter_taps(half, tap, along.cnt);
    for (unsigned o = 0; o < 2 * down.outs; o++) {
        const unsigned at = y + o / 2 * 2, p = o % 2;
        const float *from =
            k->column[p] + o / 2 * k->pitch +
            (size_t)(k->window.shape.reach - along.cnt / 2) * V_LANES;
        if (at >= end || at / 2 >= s->h / 2)
            continue;
        for (size_t i = 0; i < k->window.shape.cnt / 2; i += FILTER_ALONG) {
            filter_along(along, sum, half, from + 2 * i * V_LANES);
            SIMD_UNROLL
            for (unsigned j = 0; j < FILTER_ALONG; j++)
                v_store_f32(row + (i + j) * V_LANES, sum[j]);
        }
        segments_store(row, k->window.shape.cnt / 2, line);
        memcpy((char *)plane[p] + (ptrdiff_t)(at / 2) * s->next_stride, line,
               s->w / 2 * sizeof(float));
    }
}

static SIMD_NOINLINE void vif_next(const VifWork *k, unsigned y, unsigned end)
{
    Filter f = { k->scale->next_taps.cnt, VIF_ROWS / 2, 2, true };
    switch (f.cnt) {
    case 9:
        f.cnt = 9;
        vif_next_as(k, y, end, f);
        break;
    case 5:
        f.cnt = 5;
        vif_next_as(k, y, end, f);
        break;
    case 3:
        f.cnt = 3;
        vif_next_as(k, y, end, f);
        break;
    default: f.known = false; vif_next_as(k, y, end, f);
    }
}

static void float_vif_scale(const void *call, const Rows *rows, int64_t *sums)
{
    const FloatVifScale *s = call;
    VifWork k = vif_work(s);
    Workspace ws = { rows->scratch, 0 };
    (void)sums;
    vif_lay_out(&k, &ws);
    memset(rows->scratch, 0, ws.used); /* room past the ends is loaded too */
    window_begin(&k.window, rows->begin);
    for (unsigned y = rows->begin; y < rows->end; y += VIF_ROWS) {
        window_load(&k.window, y + VIF_ROWS + k.window.shape.reach);
        if (s->next_ref)
            vif_next(&k, y + y % 2, rows->end);
        if (s->limit_cnt)
            vif_measure(&k, y, rows->end);
    }
}
