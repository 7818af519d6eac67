/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ANSNR written once over vector operations. Columns are lanes in the windows,
 * which then keep the definition's order; rows are lanes in the sums, where one
 * lane must add one row from left to right. Strips of columns keep the rows in
 * the cache; a row's sums are carried from strip to strip.
 */
#include "ansnr.h"
#include "ansnr_constants.h"

#include "kernel/luma_tmpl.h"

enum {
    ANSNR_STRIP = 480, /* most columns worked on together */
    ANSNR_REACH = 2,   /* of the larger window */
    ANSNR_AHEAD = 8,   /* rows that are asked for before they are needed */
    ANSNR_ROWS = 2 * ANSNR_REACH + 1,
    /* Room for the reach and whole vectors; no power of two, or rows would meet in
     * the cache. */
    ANSNR_PITCH = ANSNR_STRIP + 48,
};

typedef struct AnsnrScratch {
    float value[ANSNR_PITCH];
    /* Rows filtered across, one slot per row of the larger window: the distorted
     * one by each of its window's three distinct rows, the reference by the
     * first of its two; the second is twice that. */
    float dist[ANSNR_ROWS][3][ANSNR_PITCH], ref[ANSNR_ROWS][ANSNR_PITCH];
    /* Terms of V_LANES rows. */
    float signal[V_LANES][ANSNR_PITCH], noise[V_LANES][ANSNR_PITCH];
} AnsnrScratch;

static size_t ansnr_scratch_size(unsigned w)
{
    (void)w;
    return sizeof(AnsnrScratch);
}

typedef struct AnsnrStrip {
    const Ansnr *call;
    Luma ref, dist;
    unsigned x, n;
    AnsnrScratch *scratch;
} AnsnrStrip;

static inline SIMD_INLINE vflt ansnr_window(const float *at, const float tap[3])
{
    const vflt outer = v_set_f32(tap[0]), inner = v_set_f32(tap[1]);
    vflt sum = v_mul_f32(v_load_f32(at), outer);
    sum = v_add_f32(sum, v_mul_f32(v_load_f32(at + 1), inner));
    sum = v_add_f32(sum, v_mul_f32(v_load_f32(at + 2), v_set_f32(tap[2])));
    sum = v_add_f32(sum, v_mul_f32(v_load_f32(at + 3), inner));
    return v_add_f32(sum, v_mul_f32(v_load_f32(at + 4), outer));
}

/* Row y of both pictures across. Sums of the reference's window are exact: its
 * taps are powers of two, and 20 bits hold its largest sum. */
static void ansnr_across(const AnsnrStrip *p, unsigned y)
{
    const ptrdiff_t begin = (ptrdiff_t)p->x - ANSNR_REACH;
    const ptrdiff_t end = (ptrdiff_t)p->x + p->n + ANSNR_REACH;
    AnsnrScratch *s = p->scratch;
    const unsigned slot = y % ANSNR_ROWS;

    if (y + ANSNR_AHEAD < p->call->h) {
        luma_prefetch(&p->dist, luma_row(&p->dist, y + ANSNR_AHEAD), p->x,
                      p->n);
        luma_prefetch(&p->ref, luma_row(&p->ref, y + ANSNR_AHEAD), p->x, p->n);
    }
    luma_reflected(&p->dist, luma_row(&p->dist, y), begin, end, 1, s->value);
    for (unsigned x = 0; x < p->n; x += V_LANES)
        for (unsigned v = 0; v < 3; v++)
            v_store_f32(&s->dist[slot][v][x],
                        ansnr_window(&s->value[x], ansnr_dist_taps[v]));

    const vflt outer = v_set_f32(ansnr_ref_taps[0][0]);
    const vflt inner = v_set_f32(ansnr_ref_taps[0][1]);
    luma_reflected(&p->ref, luma_row(&p->ref, y), begin, end, 1, s->value);
    for (unsigned x = 0; x < p->n; x += V_LANES) {
        const float *at = &s->value[x + 1];
        const vflt sides = v_add_f32(v_load_f32(at), v_load_f32(at + 2));
        v_store_f32(&s->ref[slot][x],
                    v_add_f32(v_mul_f32(sides, outer),
                              v_mul_f32(v_load_f32(at + 1), inner)));
    }
}

static unsigned ansnr_slot(const AnsnrStrip *p, unsigned y, int v)
{
    return (unsigned)luma_reflect((ptrdiff_t)y + v, p->call->h, 1) % ANSNR_ROWS;
}

/* Row y down, into the terms of lane i. */
static void ansnr_down(const AnsnrStrip *p, unsigned y, unsigned i)
{
    AnsnrScratch *s = p->scratch;
    const float *d0 = s->dist[ansnr_slot(p, y, -2)][0];
    const float *d1 = s->dist[ansnr_slot(p, y, -1)][1];
    const float *d2 = s->dist[ansnr_slot(p, y, 0)][2];
    const float *d3 = s->dist[ansnr_slot(p, y, 1)][1];
    const float *d4 = s->dist[ansnr_slot(p, y, 2)][0];
    const float *r0 = s->ref[ansnr_slot(p, y, -1)];
    const float *r1 = s->ref[ansnr_slot(p, y, 0)];
    const float *r2 = s->ref[ansnr_slot(p, y, 1)];
    for (unsigned x = 0; x < p->n; x += V_LANES) {
        vflt d = v_add_f32(v_load_f32(d0 + x), v_load_f32(d1 + x));
        d = v_add_f32(d, v_load_f32(d2 + x));
        d = v_add_f32(d, v_load_f32(d3 + x));
        d = v_add_f32(d, v_load_f32(d4 + x));
        vflt r = v_load_f32(r1 + x);
        r = v_add_f32(v_add_f32(r, r),
                      v_add_f32(v_load_f32(r0 + x), v_load_f32(r2 + x)));
        const vflt e = v_sub_f32(r, d);
        v_store_f32(&s->signal[i][x], v_mul_f32(r, r));
        v_store_f32(&s->noise[i][x], v_mul_f32(e, e));
    }
}

/* Continue the sums of V_LANES rows with n terms each. */
static vflt ansnr_sum(vflt sum, const float (*term)[ANSNR_PITCH], unsigned n)
{
    for (unsigned x = 0; x < n; x += V_LANES) {
        vflt block[V_LANES];
        for (unsigned i = 0; i < V_LANES; i++)
            block[i] = v_load_f32(&term[i][x]);
        v_transpose_f32(block);
        for (unsigned i = 0; i < V_LANES && x + i < n; i++)
            sum = v_add_f32(sum, block[i]);
    }
    return sum;
}

/* Add the strip's terms of `cnt` rows from y on to the rows' sums. */
static void ansnr_add(const AnsnrStrip *p, unsigned y, unsigned cnt)
{
    const AnsnrScratch *s = p->scratch;
    AnsnrRow *row = p->call->row + y;
    float signal[V_LANES] = { 0.f }, noise[V_LANES] = { 0.f };
    for (unsigned i = 0; i < cnt; i++) {
        signal[i] = row[i].signal;
        noise[i] = row[i].noise;
    }
    v_store_f32(signal, ansnr_sum(v_load_f32(signal), s->signal, p->n));
    v_store_f32(noise, ansnr_sum(v_load_f32(noise), s->noise, p->n));
    for (unsigned i = 0; i < cnt; i++)
        row[i] = (AnsnrRow){ signal[i], noise[i] };
}

static void ansnr_strip(const AnsnrStrip *p, const Rows *rows)
{
    const unsigned h = p->call->h;
    /* The first row that is not filtered across yet. */
    unsigned next = rows->begin < ANSNR_REACH ? 0 : rows->begin - ANSNR_REACH;
    for (unsigned y = rows->begin; y < rows->end; y += V_LANES) {
        const unsigned left = rows->end - y;
        const unsigned cnt = left < V_LANES ? left : V_LANES;
        for (unsigned i = 0; i < cnt; i++) {
            for (; next <= y + i + ANSNR_REACH && next < h; next++)
                ansnr_across(p, next);
            ansnr_down(p, y + i, i);
        }
        ansnr_add(p, y, cnt);
    }
}

static void ansnr_rows_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const Ansnr *c = call;
    AnsnrStrip p = {
        .call = c,
        .ref = luma(c->ref, c->ref_stride, c->w, c->bpc, -128.f),
        .dist = luma(c->dist, c->dist_stride, c->w, c->bpc, -128.f),
        .scratch = rows->scratch,
    };
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y++)
        c->row[y] = (AnsnrRow){ 0.f, 0.f };
    for (; p.x < c->w; p.x += p.n) {
        p.n = c->w - p.x < ANSNR_STRIP ? c->w - p.x : ANSNR_STRIP;
        ansnr_strip(&p, rows);
    }
}
