/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Contrasts of a row: for each of its runs the counts of its value and of those
 * around are rows of the histogram, so vectors of columns are loaded as they
 * lie. Few pixels see any neighbour, fewer all of them: pixels queue by the set
 * of steps that give them any contrast, and a full queue is evaluated for these
 * steps only, on full vectors however short the runs are.
 */

enum {
    CAMBI_SETS = 16,   /* of CAMBI_FEW steps; with more, one queue for all */
    CAMBI_QUEUE = 256, /* pixels that are evaluated at a time */
    CAMBI_ROOM = CAMBI_QUEUE + 64,
};

/* The counts of queued pixels: n0, then n of each step. */
static inline uint16_t *cambi_queue(const CambiWork *s, unsigned set)
{
    return s->queue + (size_t)set * (s->t->cnt + 1) * CAMBI_ROOM;
}

static inline uint32_t *cambi_places(const CambiWork *s, unsigned set)
{
    return s->place + (size_t)set * CAMBI_ROOM;
}

/* V_RUN places from the given one on. */
static inline void cambi_put_places(uint32_t *out, unsigned place)
{
    for (unsigned i = 0; i < V_RUN; i += V_LANES)
        v_store(out + i, cambi_from(place + i));
}

/* Of one step d, for the first n pixels; the greatest so far is in best. */
static void cambi_step_contrast(const CambiWork *s, const uint16_t *n0,
                                unsigned d, unsigned n)
{
    const vflt weight = v_set_f32((float)s->weight[d - 1]);
    const int16_t *same = (const int16_t *)n0;
    const int16_t *other = same + d * CAMBI_ROOM;
    for (unsigned i = 0; i < n; i += V_LANES) {
        const vint a = v_load16(same + i), b = v_load16(other + i);
        const vint at = v_shl32(v_add32(a, b), 2); /* in bytes */
        const vflt part = v_cast_f32(v_gather32(s->reciprocal, at));
        /* The first product is exact, the second rounds as their integer
         * product does when it is converted. */
        const vflt product =
            v_mul_f32(v_mul_f32(v_to_f32(a), weight), v_to_f32(b));
        const vflt contrast = v_mul_f32(product, part);
        v_store_f32(s->best + i, v_max_f32(contrast, v_load_f32(s->best + i)));
    }
}

static void cambi_add_up(CambiWork *s, unsigned n)
{
    vdbl low = s->sum_low, high = s->sum_high;
    vint visible = s->visible;
    for (unsigned i = 0; i < n; i += V_LANES) {
        const vflt best = v_load_f32(s->best + i);
        low = v_add_f64(low, v_widen_lo_f32(best));
        high = v_add_f64(high, v_widen_hi_f32(best));
        visible = v_count(visible, v_gt32(v_cast_int(best), v_set32(0)));
    }
    s->sum_low = low;
    s->sum_high = high;
    s->visible = visible;
}

/* The first n pixels of a queue, n at most CAMBI_QUEUE. */
static SIMD_NOINLINE void cambi_evaluate(CambiWork *s, unsigned set,
                                         uint32_t steps, unsigned n)
{
    uint16_t *n0 = cambi_queue(s, set);
    const unsigned padded = (n + V_LANES - 1) & ~(unsigned)(V_LANES - 1);
    for (unsigned d = 0; n < padded && d <= s->t->cnt; d++)
        memset(n0 + d * CAMBI_ROOM + n, 0, (padded - n) * sizeof *n0);
    memset(s->best, 0, padded * sizeof *s->best);
    for (unsigned d = 1; d <= s->t->cnt; d++)
        if (steps >> (d - 1) & 1)
            cambi_step_contrast(s, n0, d, padded);
    cambi_add_up(s, padded);
    for (unsigned i = 0; s->c->map && i < n; i++)
        s->c->map[cambi_places(s, set)[i]] = s->best[i];
}

static SIMD_NOINLINE void cambi_drain(CambiWork *s, unsigned set,
                                      uint32_t steps)
{
    cambi_evaluate(s, set, steps, CAMBI_QUEUE);
    const unsigned rest = s->fill[set] -= CAMBI_QUEUE;
    uint16_t *n = cambi_queue(s, set);
    for (unsigned d = 0; d <= s->t->cnt; d++, n += CAMBI_ROOM)
        memmove(n, n + CAMBI_QUEUE, rest * sizeof *n);
    uint32_t *place = cambi_places(s, set);
    memmove(place, place + CAMBI_QUEUE, rest * sizeof *place);
}

/* Up to V_RUN pixels of one value; n is where their counts are. Whole vectors
 * are stored, the next pixels overwrite what is too much. */
static inline SIMD_INLINE void cambi_queue_few(CambiWork *s, const uint16_t *n,
                                               uint32_t steps, unsigned place,
                                               unsigned cnt, unsigned few)
{
    vrun more[CAMBI_FEW];
    unsigned set = 0;
    SIMD_UNROLL
    for (unsigned d = 0; d < few; d++) {
        const ptrdiff_t away = (ptrdiff_t)(d + 1) * s->pitch;
        more[d] = v_max_run(v_load_run(n + away), v_load_run(n - away));
        set |= (unsigned)v_any_run(more[d]) << d;
    }
    set &= steps;
    if (!set)
        return;
    const unsigned at = s->fill[set];
    uint16_t *queue = cambi_queue(s, set) + at;
    v_store_run(queue, v_load_run(n));
    SIMD_UNROLL
    for (unsigned d = 0; d < few; d++)
        v_store_run(queue + (d + 1) * CAMBI_ROOM, more[d]);
    if (s->c->map)
        cambi_put_places(cambi_places(s, set) + at, place);
    s->fill[set] = at + cnt;
    if (at + cnt >= CAMBI_QUEUE)
        cambi_drain(s, set, set);
}

/* The same for any number of steps: all share a queue, those that do not count
 * here have no pixels. */
static void cambi_queue_many(CambiWork *s, const uint16_t *n, uint32_t steps,
                             unsigned place, unsigned cnt)
{
    const unsigned at = s->fill[0];
    uint16_t *queue = cambi_queue(s, 0) + at;
    memcpy(queue, n, cnt * sizeof *n);
    for (unsigned d = 1; d <= s->t->cnt; d++) {
        const ptrdiff_t away = (ptrdiff_t)d * s->pitch;
        queue += CAMBI_ROOM;
        const vrun more = v_max_run(v_load_run(n + away), v_load_run(n - away));
        v_store_run(queue, more);
        if (!(steps >> (d - 1) & 1))
            memset(queue, 0, cnt * sizeof *queue);
    }
    cambi_put_places(cambi_places(s, 0) + at, place);
    s->fill[0] = at + cnt;
    if (at + cnt >= CAMBI_QUEUE)
        cambi_drain(s, 0, UINT32_MAX);
}

static inline SIMD_INLINE void cambi_look_up(CambiWork *s, unsigned y,
                                             const CambiRuns *runs,
                                             unsigned few)
{
    for (unsigned i = 0; i < runs->cnt; i++) {
        const unsigned v = runs->begin[i] >> 16 & CAMBI_VALUE;
        const uint32_t steps = s->t->counts[v];
        const unsigned end = runs->end[i] & 0xffff;
        if (!steps)
            continue;
        const uint16_t *n = cambi_counts(s, (int)v);
        for (unsigned x = runs->begin[i] & 0xffff; x < end; x += V_RUN) {
            const unsigned cnt = end - x < V_RUN ? end - x : V_RUN;
            const unsigned place = y * s->c->w + x;
            if (few)
                cambi_queue_few(s, n + x, steps, place, cnt, few);
            else
                cambi_queue_many(s, n + x, steps, place, cnt);
        }
    }
}

static SIMD_NOINLINE void cambi_measure(CambiWork *s, unsigned y,
                                        const CambiRuns *runs)
{
    if (s->c->map)
        memset(s->c->map + (size_t)y * s->c->w, 0, s->c->w * sizeof *s->c->map);
    switch (s->t->cnt) {
    case 1: cambi_look_up(s, y, runs, 1); break;
    case 2: cambi_look_up(s, y, runs, 2); break;
    case 4: cambi_look_up(s, y, runs, 4); break;
    default: cambi_look_up(s, y, runs, 0);
    }
}

/* What is left in the queues, and the sums. */
static void cambi_finish(CambiWork *s, CambiSums *sums)
{
    const bool few = s->t->cnt <= CAMBI_FEW;
    for (unsigned set = 0; set < (few ? CAMBI_SETS : 1); set++)
        if (s->fill[set])
            cambi_evaluate(s, set, few ? set : UINT32_MAX, s->fill[set]);
    sums->sum +=
        (int64_t)(v_sum_f64(v_add_f64(s->sum_low, s->sum_high)) * 16777216.);
    sums->visible += v_sum32(s->visible);
}
