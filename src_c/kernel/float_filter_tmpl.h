/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Template of the float extractors' filters: planes in binary32, a filter that
 * adds its taps in ascending order, and row sums from left to right.
 *
 * A row is kept as V_LANES segments of columns side by side: vector i holds
 * column i of every segment. So the neighbours of a column lie in neighbouring
 * vectors, and filtering along a row is the same as filtering down the columns:
 * aligned loads, each used for several outputs. Vectors before the first and
 * after the last column of the segments repeat what the next segments hold, or
 * what the edges mirror.
 */

/* The shape of a row. */
typedef struct Segments {
    unsigned w;     /* columns of the plane */
    unsigned cnt;   /* columns of a segment, even; w <= V_LANES * cnt */
    unsigned reach; /* vectors before the first column and after the last */
    size_t pitch;   /* floats of a row, all vectors and room for a few more */
} Segments;

/* Vectors past a row's end that may be loaded or stored: filters make several
 * outputs at once, transpositions take V_LANES vectors at once. */
enum { SEGMENT_ROOM = V_LANES + 8 };

static inline Segments segments_of(unsigned w, unsigned reach)
{
    Segments s = { .w = w, .reach = reach };
    s.cnt = (w + 2 * V_LANES - 1) / (2 * V_LANES) * 2;
    /* An odd number of cache lines, so that a column of many rows spreads over
     * the sets of the cache. */
    s.pitch = ((size_t)s.cnt + 2 * reach + SEGMENT_ROOM) * V_LANES;
    s.pitch = s.pitch / 32 * 32 + 32 + 16;
    return s;
}

/* The first column of a row's segments. */
static inline float *segments_begin(const Segments *s, float *row)
{
    return row + (size_t)s->reach * V_LANES;
}

/* A row of samples of so many bits; how far one lies that is read later. */
typedef struct PlaneRow {
    const void *samples;
    unsigned bits;
    ptrdiff_t ahead;
} PlaneRow;

/* One row of a plane as segments. `line` is scratch of pitch floats whose end
 * is zero from the start. */
static void segments_load(const Segments *s, const PlaneRow *from, float *line,
                          float *row)
{
    float *first = line + s->reach, *past = first + s->w;
    plane_row(from->samples, s->w, from->bits, from->ahead, first);
    for (unsigned i = 0; i < s->reach; i++) {
        first[-1 - (int)i] = first[1 + i];
        past[i] = past[-2 - (int)i];
    }
    for (size_t i = 0; i < s->cnt + 2 * s->reach; i += V_LANES) {
        vflt v[V_LANES];
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v[j] = v_load_f32(line + (size_t)j * s->cnt + i);
        v_transpose_f32(v);
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v_store_f32(row + (i + j) * V_LANES, v[j]);
    }
}

/* `cnt` columns of each segment back in order; a lane's last vector runs into
 * the next segment, which is written later. */
static void segments_store(const float *begin, unsigned cnt, float *line)
{
    size_t i = (cnt + V_LANES - 1) / V_LANES * V_LANES;
    while (i) {
        vflt v[V_LANES];
        i -= V_LANES;
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v[j] = v_load_f32(begin + (i + j) * V_LANES);
        v_transpose_f32(v);
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v_store_f32(line + (size_t)j * cnt + i, v[j]);
    }
}

/* The sums of V_LANES rows, each from its first column to its last. `columns`
 * is scratch for as many vectors as a row has: one per column, a lane per row. */
static void segments_sum(const Segments *s, float *const begin[V_LANES],
                         float *columns, float sum[V_LANES])
{
    vflt total = v_set_f32(0.f);
    for (size_t i = 0; i < s->cnt; i++) {
        vflt v[V_LANES];
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v[j] = v_load_f32(begin[j] + i * V_LANES);
        v_transpose_f32(v);
        SIMD_UNROLL
        for (unsigned j = 0; j < V_LANES; j++)
            v_store_f32(columns + ((size_t)j * s->cnt + i) * V_LANES, v[j]);
    }
    for (unsigned x = 0; x < s->w; x++)
        total = v_add_f32(total, v_load_f32(columns + (size_t)x * V_LANES));
    v_store_f32(sum, total);
}

/*
 * A symmetric filter of `cnt` taps, at `outs` places that are `step` inputs
 * apart. The caller goes through the inputs in order; input `j` is `v`. Both
 * outputs on whose two sides an input lies need the same product. Where the
 * compiler knows cnt, all of it is one straight run of operations.
 *
 * A sum begins with its first product instead of 0, so that one of nothing but
 * negative zeros may be -0; no result shows the sign of a zero.
 */
typedef struct Filter {
    unsigned cnt, outs, step;
    bool known; /* by the compiler */
} Filter;

static inline SIMD_INLINE void filter_input(const Filter f, vflt sum[],
                                            const vflt half[], unsigned j,
                                            vflt v)
{
    SIMD_UNROLL
    for (unsigned o = 0; o < f.outs; o++) {
        const unsigned k = j - o * f.step; /* huge if before the first tap */
        if (k >= f.cnt)
            continue;
        const vflt part = v_mul_f32(half[k < f.cnt - k ? k : f.cnt - 1 - k], v);
        sum[o] = k ? v_add_f32(sum[o], part) : part;
        SIMD_FIX(sum[o]);
    }
}

static inline SIMD_INLINE void filter_clear(const Filter f, vflt sum[])
{
    SIMD_UNROLL
    for (unsigned o = 0; o < f.outs; o++)
        sum[o] = v_set_f32(0.f);
}

static inline unsigned filter_inputs(const Filter f)
{
    return f.cnt + (f.outs - 1) * f.step;
}

/* The first half of the taps and the centre. */
static inline void filter_taps(vflt half[], const float *tap, unsigned cnt)
{
    for (unsigned i = 0; i <= cnt / 2; i++)
        half[i] = v_set_f32(tap[i]);
}

/* Along a row, from the vector that the first output's first tap weighs. */
static inline SIMD_INLINE void filter_along(const Filter f, vflt sum[],
                                            const vflt half[], const float *at)
{
    if (f.known) {
        SIMD_UNROLL
        for (unsigned j = 0; j < filter_inputs(f); j++)
            filter_input(f, sum, half, j, v_load_f32(at + j * V_LANES));
    } else {
        filter_clear(f, sum);
        for (unsigned j = 0; j < filter_inputs(f); j++)
            filter_input(f, sum, half, j, v_load_f32(at + j * V_LANES));
    }
}

static inline SIMD_INLINE vflt filter_product(const float *const row[],
                                              const float *const by[],
                                              unsigned j, size_t at)
{
    const vflt v = v_load_f32(row[j] + at);
    return by ? v_mul_f32(v, v_load_f32(by[j] + at)) : v;
}

/* Down the columns at `at` of the rows, or of the products of two rows' samples
 * where `by` is given. */
static inline SIMD_INLINE void filter_down(const Filter f, vflt sum[],
                                           const vflt half[],
                                           const float *const row[],
                                           const float *const by[], size_t at)
{
    if (f.known) {
        SIMD_UNROLL
        for (unsigned j = 0; j < filter_inputs(f); j++)
            filter_input(f, sum, half, j, filter_product(row, by, j, at));
    } else {
        filter_clear(f, sum);
        for (unsigned j = 0; j < filter_inputs(f); j++)
            filter_input(f, sum, half, j, filter_product(row, by, j, at));
    }
}

/*
 * The rows that a block of outputs needs, of one or two planes of one size, as
 * segments in rings: each row is converted once.
 */
enum {
    FILTER_MAX_TAPS = 65,
    FILTER_ROWS = V_LANES / 2,      /* outputs down the columns at once */
    FILTER_ALONG = V_REGISTERS / 4, /* outputs along a row at once */
    FILTER_MAX_INPUTS = FILTER_MAX_TAPS - 1 + FILTER_ROWS,
    FILTER_MAX_HALF = FILTER_MAX_TAPS / 2 + 1,
};

typedef struct Window {
    const void *samples[2];
    ptrdiff_t stride[2]; /* bytes */
    unsigned planes, h, bits;
    Segments shape;
    unsigned next; /* first row that is in no ring */
    float *line, *ring[2];
} Window;

/* Where the rows lie that outputs at rows `y` and below are made of. */
typedef struct Inputs {
    const float *row[2][FILTER_MAX_INPUTS];
} Inputs;

/* Rows of a ring: for a block, and one more where it begins at an odd row. */
static inline unsigned window_slots(const Window *k)
{
    return 2 * k->shape.reach + FILTER_ROWS + 1;
}

static void window_lay_out(Window *k, Workspace *ws)
{
    const size_t row = k->shape.pitch * sizeof(float);
    k->line = workspace_take(ws, row);
    for (unsigned p = 0; p < 2; p++)
        k->ring[p] = workspace_take(ws, window_slots(k) * row);
}

/* The first rows that outputs from row `y` on need come next. */
static void window_begin(Window *k, unsigned y)
{
    k->next = y > k->shape.reach ? y - k->shape.reach : 0;
}

/* Brings the rows up to `last` into the rings. */
static void window_load(Window *k, unsigned last)
{
    for (; k->next < k->h && k->next <= last; k->next++) {
        const size_t at = k->next % window_slots(k) * k->shape.pitch;
        for (unsigned p = 0; p < k->planes; p++) {
            const PlaneRow row = {
                (const char *)k->samples[p] + (ptrdiff_t)k->next * k->stride[p],
                k->bits,
                FILTER_ROWS * k->stride[p],
            };
            segments_load(&k->shape, &row, k->line, k->ring[p] + at);
        }
    }
}

static void window_find(const Window *k, unsigned y, const Filter f, Inputs *in)
{
    const int h = (int)k->h, slots = (int)window_slots(k);
    for (unsigned i = 0; i < filter_inputs(f); i++) {
        int at = (int)(y + i) - (int)(f.cnt / 2);
        at = at < 0 ? -at : at < h ? at : 2 * h - 2 - at;
        at = at < 0 ? 0 : at; /* of an output far below the last */
        for (unsigned p = 0; p < 2; p++)
            in->row[p][i] = k->ring[p] + (size_t)(at % slots) * k->shape.pitch;
    }
}

/* The vectors whose column sums the outputs along a row need. */
static inline size_t filter_begin(const Segments *s, const Filter f)
{
    return (size_t)(s->reach - f.cnt / 2) * V_LANES;
}

static inline size_t filter_end(const Segments *s, const Filter f)
{
    return (size_t)(s->reach + s->cnt + f.cnt / 2) * V_LANES;
}

/* Whether each input's products are made once, with the sums of all outputs
 * that it belongs to in registers. Of a narrow window there are few products to
 * save, and units that only add are as busy as before. */
static inline bool filter_rolls(const Filter f)
{
    return f.known && f.cnt > 9 && f.cnt <= V_REGISTERS / 2 + 1;
}

/* Takes in one input; sum[i] lacks i + 1 of them. `begun` of the sums have any.
 * Returns the output that is complete. */
static inline SIMD_INLINE vflt filter_step(const Filter f, vflt sum[],
                                           const vflt half[], unsigned begun,
                                           vflt v)
{
    const unsigned last = f.cnt - 1;
    vflt part[FILTER_MAX_HALF];
    SIMD_UNROLL
    for (unsigned i = 0; i <= last / 2; i++) {
        part[i] = v_mul_f32(half[i], v);
        SIMD_FIX(part[i]);
    }
    const vflt done = v_add_f32(sum[0], part[0]);
    SIMD_UNROLL
    for (unsigned i = 1; i < last; i++)
        if (i + begun >= last)
            sum[i - 1] = v_add_f32(sum[i], part[i < last - i ? i : last - i]);
    sum[last - 1] = part[0];
    return done;
}

/* Along a row of `cnt` outputs, each put in the place of its first input. */
static inline SIMD_INLINE void filter_roll(const Filter f, const vflt half[],
                                           unsigned cnt, float *at)
{
    const unsigned last = f.cnt - 1;
    const float *end = at + (size_t)cnt * V_LANES;
    vflt sum[FILTER_MAX_TAPS];
    filter_clear((Filter){ .outs = last }, sum);
    SIMD_UNROLL
    for (unsigned j = 0; j < last; j++)
        filter_step(f, sum, half, j, v_load_f32(at + j * V_LANES));
    for (; at < end; at += V_LANES)
        v_store_f32(at, filter_step(f, sum, half, last,
                                    v_load_f32(at + last * V_LANES)));
}
