/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The histogram of the window around each column: a row of counts per value.
 * A run [a, b) of a row gives column x its box count
 *
 *     #{k in [a, b): |k - x| <= P} = F(x - a) - F(x - b),
 *     F(k) = clamp(k + P + 1, 0, 2P + 1),
 *
 * the columns from a on in the window less those from b on.
 */

enum {
    /* F is at hand for -CAMBI_RAMP <= k < CAMBI_RAMP, and constant outside. */
    CAMBI_RAMP = 6 * V_RUN + CAMBI_MAX_RADIUS + 64,
};

static inline uint16_t *cambi_counts(const CambiWork *s, int v)
{
    return s->count + (ptrdiff_t)(v - s->least) * s->pitch;
}

static void cambi_make_ramp(const CambiWork *s)
{
    const int radius = (int)s->radius;
    for (int k = -CAMBI_RAMP; k < CAMBI_RAMP; k++) {
        const int n = k + radius + 1;
        s->ramp[k] = (uint16_t)(n < 0                ? 0
                                : n > 2 * radius + 1 ? 2 * radius + 1
                                                     : n);
    }
}

/* Counts are used from the first run of a value on. */
static SIMD_NOINLINE void cambi_clear(const CambiWork *s, int v)
{
    const int cnt = (int)s->t->cnt;
    for (int u = v - cnt; u <= v + cnt; u++) {
        if (s->known[u - s->least])
            continue;
        memset(cambi_counts(s, u) - CAMBI_PAD, 0,
               sizeof *s->count * (size_t)s->pitch);
        s->known[u - s->least] = CAMBI_CLEARED;
    }
    s->known[v - s->least] = CAMBI_CLEARED_AROUND;
}

static inline void cambi_box(uint16_t *n, const uint16_t *from_a,
                             const uint16_t *from_b, int sign)
{
    const vrun box = v_sub_run(v_load_run(from_a), v_load_run(from_b));
    const vrun old = v_load_run(n);
    v_store_run(n, sign > 0 ? v_add_run(old, box) : v_sub_run(old, box));
}

/* Of the columns from x on, of a run that reaches far. */
static SIMD_NOINLINE void cambi_long_box(const CambiWork *s, uint16_t *n,
                                         const int run[2], int x, int sign)
{
    const int a = run[0], b = run[1], end = b + (int)s->radius;
    const int most = CAMBI_RAMP - V_RUN;
    for (; x < end; x += V_RUN) {
        const int from_a = x - a < most ? x - a : most;
        const int from_b = x - b > -CAMBI_RAMP ? x - b : -CAMBI_RAMP;
        cambi_box(n + x, s->ramp + from_a, s->ramp + from_b, sign);
    }
}

/* `blocks` vectors from an aligned column on are what most runs need; done
 * always, they cost less than a loop whose end is not foreseen. */
static inline SIMD_INLINE void cambi_count_runs(const CambiWork *s,
                                                const CambiRuns *runs, int sign,
                                                int blocks)
{
    const int radius = (int)s->radius;
    for (unsigned i = 0; i < runs->cnt; i++) {
        const int v = (int)(runs->begin[i] >> 16) & CAMBI_VALUE;
        const int a = (int)(runs->begin[i] & 0xffff);
        const int b = (int)(runs->end[i] & 0xffff);
        if (sign > 0 && s->known[v - s->least] != CAMBI_CLEARED_AROUND)
            cambi_clear(s, v);
        uint16_t *n = cambi_counts(s, v);
        int x = (a - radius) & -V_RUN;
        if (b - x < CAMBI_RAMP) {
            const uint16_t *from_a = s->ramp + (x - a);
            const uint16_t *from_b = s->ramp + (x - b);
            SIMD_UNROLL
            for (int j = 0; j < blocks * V_RUN; j += V_RUN)
                cambi_box(n + x + j, from_a + j, from_b + j, sign);
            x += blocks * V_RUN;
        }
        if (x < b + radius)
            cambi_long_box(s, n, (int[]){ a, b }, x, sign);
    }
}

/* Columns that a run of usual length reaches, with what alignment adds. */
static unsigned cambi_usual_reach(const CambiWork *s)
{
    return 2 * s->radius + s->radius / 2 + 4 + V_RUN - 1;
}

static inline SIMD_INLINE void cambi_count_signed(const CambiWork *s,
                                                  const CambiRuns *runs,
                                                  int sign)
{
    const unsigned reach = cambi_usual_reach(s);
    if (reach <= 2 * V_RUN)
        cambi_count_runs(s, runs, sign, 2);
    else if (reach <= 3 * V_RUN)
        cambi_count_runs(s, runs, sign, 3);
    else if (reach <= 4 * V_RUN)
        cambi_count_runs(s, runs, sign, 4);
    else
        cambi_count_runs(s, runs, sign, 6);
}

static SIMD_NOINLINE void cambi_add(const CambiWork *s, const CambiRuns *runs)
{
    cambi_count_signed(s, runs, 1);
}

static SIMD_NOINLINE void cambi_remove(const CambiWork *s,
                                       const CambiRuns *runs)
{
    cambi_count_signed(s, runs, -1);
}
