/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VIF written once over vector operations: fill the ring, filter four rows
 * down, filter them across, turn moments into sums, keep rows of the next scale.
 *
 * Columns are worked off in strips whose ring stays in the second-level cache,
 * and a strip's rows in blocks that stay in the first.
 */
#include "kernel/workspace.h"
#include "vif_sample.h"
#include "vif_strip.h"
#include "vif_tmpl_filter.h"
#include "vif_tmpl_log.h"
#include "vif_tmpl_stats.h"
#include "vif_tmpl_need.h"
#include "vif_tmpl_fill.h"
#include "vif_tmpl_rows.h"

static inline size_t vif_round_up(size_t n, size_t step)
{
    return (n + step - 1) / step * step;
}

static void vif_setup(VifWork *k, const VifScale *s)
{
    k->scale = s;
    k->radius = VIF_RADIUS(s->scale);
    k->slots = vif_pairs(s->scale) + 1;
    k->bytes = s->scale == 0 && s->bpc == 8;
    k->planes = k->bytes ? 5 : 8;
    k->square_shift = s->scale ? 16 : 2 * ((int)s->bpc - 8);
    k->flat = (uint16_t)((1u << ((s->scale ? 16 : s->bpc) - 7)) - 1);
    k->strip = vif_strip_width(s->w, k->slots * k->planes);
    vif_set_taps(&k->taps, s->scale);
    if (s->scale + 1 < VIF_SCALES)
        vif_set_taps(&k->next_taps, s->scale + 1);
}

/* Lay the strip out that begins at a column. */
static void vif_begin_strip(VifWork *k, unsigned begin, Workspace *ws)
{
    const VifScale *s = k->scale;
    k->begin = begin;
    k->cnt = s->w - begin < k->strip ? s->w - begin : k->strip;
    k->columns = vif_round_up(
        vif_round_up(k->cnt, VIF_COLUMN_STEP) + 2 * k->radius, VIF_COLUMN_STEP);
    k->blocks = (unsigned)((k->columns + VIF_BLOCK - 1) / VIF_BLOCK);
    k->block = workspace_take(ws, sizeof(VifBlock));
    for (int i = 0; i < VIF_ROWS; i++)
        k->rows[i] = workspace_take(ws, k->columns * 2 * VIF_MAX_PLANES);
    k->low = workspace_take(ws, k->columns * 2 * 2);
    for (int i = 0; i < 4; i++)
        k->line[i / 2][i % 2] = workspace_take(ws, k->columns * 2);
    k->facts = workspace_take(ws, k->slots * k->blocks * sizeof(VifFacts));
    k->ring = workspace_take(ws, k->slots * k->planes * k->columns * 4);
}

/* The `cnt` slots from pair `first` on. */
static void vif_slots(const VifWork *k, const char *slot[], unsigned first,
                      unsigned cnt)
{
    for (unsigned i = 0; i < cnt; i++)
        slot[i] =
            k->ring + (first + i) % k->slots * (k->planes * k->columns * 4);
}

/* Ask for the source of the VIF_ROWS rows from row y on under VIF_BLOCK columns
 * from x on, which the next group of rows brings into the ring. */
static void vif_expect(const VifWork *k, int y, size_t x)
{
    const VifScale *s = k->scale;
    const size_t size = k->bytes ? sizeof(uint8_t) : sizeof(uint16_t);
    const size_t from = (k->begin + x) * size, all = s->w * size;
    const size_t to =
        from + VIF_BLOCK * size < all ? from + VIF_BLOCK * size : all;
    for (int row = y > 0 ? y : 0; row < y + VIF_ROWS && row < (int)s->h; row++)
        for (size_t at = from; at < to; at += 64) {
            v_prefetch((const char *)s->ref + row * s->ref_stride + at);
            v_prefetch((const char *)s->dist + row * s->dist_stride + at);
        }
}

/* What the samples under the rows of all slots need, block by block. A block's
 * columns are filtered across together with the last ones of the block before
 * it. */
static void vif_needs(const VifWork *k, unsigned need[])
{
    VifFacts before = k->facts[0];
    for (unsigned b = 0; b < k->blocks; b++) {
        VifFacts here = k->facts[b];
        for (unsigned slot = 1;
             slot < k->slots && vif_need(here, k->flat) != VIF_NEED_ALL; slot++)
            here = vif_facts_of_both(here, k->facts[slot * k->blocks + b]);
        need[b] = vif_need(b ? vif_facts_of_both(before, here) : here, k->flat);
        before = here;
    }
    need[k->blocks] = 0;
}

/* Statistics of up to VIF_ROWS rows from the two pairs on. */
static void vif_some_rows(const VifWork *k, unsigned pair, unsigned rows,
                          int next, VifLanes *lanes)
{
    const VifScale *s = k->scale;
    const char *slot[VIF_MAX_SLOTS];
    unsigned need[VIF_MAX_BLOCKS + 1], *now = need;
    size_t end = vif_round_up(k->cnt, VIF_COLUMN_STEP), done = 0;
    vif_slots(k, slot, pair, k->slots);
    vif_needs(k, need);
    for (size_t x = 0; x < k->columns; x += VIF_BLOCK, now++) {
        size_t ready = x + VIF_BLOCK < k->columns ? x + VIF_BLOCK : k->columns;
        vif_expect(k, next, x);
        vif_vertical(k, slot, (VifColumns){ x, ready, 0 }, now[0] | now[1]);
        /* The window's right half must be there. */
        size_t to = ready < k->columns ? ready - VIF_COLUMN_STEP : end;
        for (unsigned i = 0; *now && i < rows; i++) {
            unsigned cnt = vif_horizontal(k, k->rows[i],
                                          (VifColumns){ done, to, 0 }, *now);
            if (*now == VIF_NEED_ALL)
                vif_add_block(lanes, k->block, cnt, s->limit, s->limit_cnt);
            else if (*now == VIF_NEED_REF)
                vif_add_equal(lanes, k->block, cnt, s->limit_cnt);
            else
                vif_add_flat(lanes, k->block, cnt);
        }
        done = to;
    }
}

/* The row of the next scale that rows y, y + 1 hold. */
static void vif_keep_row(const VifWork *k, unsigned pair, unsigned y)
{
    const VifScale *s = k->scale;
    unsigned kept = y + (y & 1);
    if (s->scale + 1 >= VIF_SCALES || (!s->next_ref && !s->next_dist) ||
        kept >= k->range->end || kept / 2 >= s->h / 2)
        return;
    const char *slot[VIF_MAX_STEPS];
    unsigned first = (y & 1) + k->radius - VIF_RADIUS(s->scale + 1);
    const unsigned top = pair + first / 2, pairs = vif_pairs(s->scale + 1);
    bool equal[VIF_MAX_BLOCKS];
    vif_slots(k, slot, top, pairs);
    for (unsigned b = 0; b < k->blocks; b++) {
        equal[b] = true;
        for (unsigned i = 0; i < pairs; i++)
            equal[b] &= k->facts[(top + i) % k->slots * k->blocks + b].equal;
    }
    vif_decimate(k, slot, first & 1, kept, equal);
}

static void vif_strip(VifWork *k, VifSums *sums)
{
    const VifScale *s = k->scale;
    int top = (int)k->range->begin - (int)k->radius;
    unsigned filled = 0;
    VifLanes lanes;
    memset(&lanes, 0, sizeof(lanes));
    for (int i = 0; i < 4; i++)
        memset(k->line[i / 2][i % 2], 0, k->columns * 2);
    for (unsigned y = k->range->begin, pair = 0; y < k->range->end; pair += 2) {
        unsigned left = k->range->end - y;
        unsigned rows = left < VIF_ROWS ? left : VIF_ROWS;
        for (; filled < pair + k->slots; filled++)
            vif_fill(k, top, filled);
        if (s->limit_cnt) {
            vif_some_rows(k, pair, rows, top + 2 * (int)filled, &lanes);
            vif_flush(&lanes, sums, rows * k->cnt, s->limit_cnt);
        }
        for (unsigned i = 0; i < rows; i += 2)
            vif_keep_row(k, pair + i / 2, y + i);
        y += rows;
    }
}

static void vif_scale_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const VifScale *scale = call;
    VifWork k = { .range = rows };
    vif_setup(&k, scale);
    for (unsigned x = 0; x < scale->w; x += k.strip) {
        Workspace ws = { rows->scratch, 0 };
        vif_begin_strip(&k, x, &ws);
        vif_strip(&k, (VifSums *)sums);
    }
}

/* The largest of the layouts of all scales, 8-bit samples and deeper ones. */
static size_t vif_scratch_size_simd(unsigned w)
{
    size_t most = 0;
    for (unsigned i = 0; i <= VIF_SCALES; i++) {
        const VifScale scale = { .w = w >> i % VIF_SCALES,
                                 .scale = i % VIF_SCALES,
                                 .bpc = i ? 16 : 8 };
        Workspace ws = { NULL, 0 };
        VifWork k;
        vif_setup(&k, &scale);
        vif_begin_strip(&k, 0, &ws);
        most = ws.used > most ? ws.used : most;
    }
    return most;
}
