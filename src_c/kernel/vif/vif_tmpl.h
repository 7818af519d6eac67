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

static char *vif_before(char *memory, size_t bytes)
{
    return memory ? memory - bytes : NULL;
}

static void vif_setup(VifWork *k, const VifScale *s)
{
    k->scale = s;
    k->radius = VIF_RADIUS(s->scale);
    k->slots = vif_pairs(s->scale) + 1;
    k->bytes = s->scale == 0 && s->bpc == 8;
    k->dist_plane = k->bytes ? 2 : 3;
    const unsigned planes = k->bytes ? 3 : 5;
    k->square_shift = s->scale ? 16 : 2 * ((int)s->bpc - 8);
    k->flat = (uint16_t)((1u << ((s->scale ? 16 : s->bpc) - 7)) - 1);
    k->ref = (VifPicture){ s->ref, s->ref_stride, s->next_ref, { 0 } };
    for (unsigned i = 0; i < s->lane_cnt; i++) {
        const VifLane *lane = &s->lane[i];
        k->side[i].dist = (VifPicture){
            lane->dist, lane->dist_stride, lane->next_dist, { 0 }
        };
        k->side[i].planes = planes + (i ? 0 : k->dist_plane);
    }
    /* Filtered rows and lines of further lanes are as much again as these. */
    const unsigned more = (s->lane_cnt - 1) * (VIF_ROWS * 5 / 2 + 1);
    k->strip = vif_strip_width(
        s->w, k->slots * (k->dist_plane + s->lane_cnt * planes) + more);
    vif_set_taps(&k->taps, s->scale);
    if (s->scale + 1 < VIF_SCALES)
        vif_set_taps(&k->next_taps, s->scale + 1);
}

/* All lanes but the first lack the planes of the reference: theirs begin before
 * what they have. */
static void vif_lay_out_side(const VifWork *k, VifSide *side, Workspace *ws)
{
    const bool first = side == k->side;
    const size_t row = k->columns * 2, lack = first ? 0 : VIF_DIST_ROW * row;
    for (int i = 0; i < VIF_ROWS; i++)
        side->rows[i] =
            vif_before(workspace_take(ws, VIF_MAX_ROWS * row - lack), lack);
    for (int i = 0; i < 2; i++)
        side->dist.line[i] = workspace_take(ws, row);
    side->slot_size = side->planes * k->columns * 4;
    if (side->slot_size % VIF_APART_OF < VIF_APART)
        side->slot_size += VIF_APART;
    side->facts = workspace_take(ws, k->slots * k->blocks * sizeof(VifFacts));
    side->ring = vif_before(workspace_take(ws, k->slots * side->slot_size),
                            first ? 0 : k->dist_plane * VIF_PLANE);
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
    const size_t some = (k->blocks - 1) * VIF_BLOCK + 2 * V_LANES;
    k->filled = vif_round_up(k->cnt + 2 * k->radius, 2 * V_LANES);
    k->filled = k->filled > some ? k->filled : some;
    k->block = workspace_take(ws, sizeof(VifBlock));
    k->left = NULL;
    if (s->lane_cnt > 1)
        k->left = workspace_take(ws, VIF_ROWS * k->blocks * sizeof(VifLeft));
    k->low = workspace_take(ws, k->columns * 2 * 2);
    for (int i = 0; i < 2; i++)
        k->ref.line[i] = workspace_take(ws, k->columns * 2);
    for (unsigned i = 0; i < s->lane_cnt; i++)
        vif_lay_out_side(k, &k->side[i], ws);
}

/* Ask for the source of the VIF_ROWS rows from row y on under VIF_BLOCK columns
 * from x on, which the next group of rows brings into the ring. */
static void vif_expect(const VifWork *k, const VifPicture *pic, int y, size_t x)
{
    const VifScale *s = k->scale;
    const size_t size = k->bytes ? sizeof(uint8_t) : sizeof(uint16_t);
    const size_t from = (k->begin + x) * size, all = s->w * size;
    const size_t to =
        from + VIF_BLOCK * size < all ? from + VIF_BLOCK * size : all;
    for (int row = y > 0 ? y : 0; row < y + VIF_ROWS && row < (int)s->h; row++)
        for (size_t at = from; at < to; at += 64)
            v_prefetch(pic->source + row * pic->stride + at);
}

/* What the samples of a distorted picture under the rows of all slots need,
 * block by block. A block's columns are filtered across together with the last
 * ones of the block before it. */
static void vif_needs(const VifWork *k, const VifSide *side, unsigned need[])
{
    VifFacts before = side->facts[0];
    for (unsigned b = 0; b < k->blocks; b++) {
        VifFacts here = side->facts[b];
        for (unsigned slot = 1;
             slot < k->slots && vif_need(here, k->flat) != VIF_NEED_ALL; slot++)
            here = vif_facts_of_both(here, side->facts[slot * k->blocks + b]);
        need[b] = vif_need(b ? vif_facts_of_both(before, here) : here, k->flat);
        before = here;
    }
    need[k->blocks] = 0;
}

/* What is left of a lane's need when the first lane has met its own. */
static inline unsigned vif_need_of(unsigned need, unsigned lane)
{
    return lane ? need & ~(unsigned)VIF_NEED_REF : need;
}

/* Statistics of a row of a block for a lane. */
static void vif_one_row(VifWork *k, unsigned n, unsigned row, VifColumns c,
                        unsigned block, unsigned need)
{
    VifSide *side = &k->side[n];
    const VifLane *lane = &k->scale->lane[n];
    const VifTurn turn = k->scale->lane_cnt == 1 ? VIF_ALONE
                         : n                     ? VIF_OTHER
                                                 : VIF_FIRST;
    k->block->left = k->left ? &k->left[row * k->blocks + block] : NULL;
    const unsigned cnt =
        vif_horizontal(k, side->rows[row], c, vif_need_of(need, n));
    if (need == VIF_NEED_ALL)
        vif_add_block(&side->sums, k->block, cnt, lane, turn);
    else if (need == VIF_NEED_REF)
        vif_add_equal(&side->sums, k->block, cnt, lane->limit_cnt, turn);
    else if (need)
        vif_add_flat(&side->sums, k->block, cnt);
}

/* Statistics for a lane of up to VIF_ROWS rows from the two pairs on. The
 * reference is flat in all lanes or in none, so the first one has what others
 * need of it. */
static void vif_some_rows(VifWork *k, unsigned n, unsigned pair, unsigned rows,
                          int next)
{
    const VifSide *side = &k->side[n];
    const char *slot[VIF_MAX_SLOTS];
    unsigned need[VIF_MAX_BLOCKS + 1];
    size_t end = vif_round_up(k->cnt, VIF_COLUMN_STEP), done = 0;
    vif_slots(k, side, slot, pair, k->slots);
    vif_needs(k, side, need);
    for (unsigned b = 0; b < k->blocks; b++) {
        VifColumns c = { b * VIF_BLOCK, (b + 1) * VIF_BLOCK };
        c.to = c.to < k->columns ? c.to : k->columns;
        if (!n)
            vif_expect(k, &k->ref, next, c.from);
        vif_expect(k, &side->dist, next, c.from);
        vif_vertical(k, side, slot, vif_filled(k, c),
                     vif_need_of(need[b] | need[b + 1], n));
        /* The window's right half must be there. */
        c = (VifColumns){ done,
                          c.to < k->columns ? c.to - VIF_COLUMN_STEP : end };
        for (unsigned row = 0; row < rows && need[b]; row++)
            vif_one_row(k, n, row, c, b, need[b]);
        done = c.to;
    }
}

/* Where in the reference and the first distorted picture, from a pair on, all
 * rows of a block are equal. */
static void vif_find_equal(const VifWork *k, unsigned top, unsigned pairs,
                           bool equal[])
{
    for (unsigned b = 0; b < k->blocks; b++) {
        const VifFacts *facts = k->side->facts + b;
        unsigned i = 0;
        while (i < pairs && facts[(top + i) % k->slots * k->blocks].equal)
            i++;
        equal[b] = i == pairs;
    }
}

/* The row of the next scale that rows y, y + 1 hold: pictures two by two. */
static void vif_keep_row(const VifWork *k, unsigned pair, unsigned y)
{
    const VifScale *s = k->scale;
    const unsigned kept = y + (y & 1), next = s->scale + 1;
    bool wanted = s->next_ref != NULL;
    for (unsigned n = 0; n < s->lane_cnt; n++)
        wanted |= s->lane[n].next_dist != NULL;
    if (next >= VIF_SCALES || !wanted || kept >= k->range->end ||
        kept / 2 >= s->h / 2)
        return;
    const unsigned first = (y & 1) + k->radius - VIF_RADIUS(next);
    const unsigned top = pair + first / 2, pairs = vif_pairs(next);
    VifTwo two = { .pic = { &k->ref, &k->side[0].dist },
                   .side = { &k->side[0], &k->side[0] },
                   .plane = { 0, k->dist_plane } };
    vif_find_equal(k, top, pairs, two.equal);
    for (unsigned n = 1;; n += 2) {
        vif_slots(k, two.side[0], two.slot[0], top, pairs);
        vif_slots(k, two.side[1], two.slot[1], top, pairs);
        vif_decimate(k, &two, first & 1, kept);
        if (n >= s->lane_cnt)
            break;
        const bool last = n + 1 == s->lane_cnt;
        for (unsigned i = 0; i < 2; i++) {
            two.side[i] = &k->side[last ? n : n + i];
            two.pic[i] = &two.side[i]->dist;
            two.plane[i] = k->dist_plane;
        }
        memset(two.equal, last, sizeof(two.equal));
    }
}

static void vif_strip(VifWork *k, VifSums *sums)
{
    const VifScale *s = k->scale;
    int top = (int)k->range->begin - (int)k->radius;
    unsigned filled = 0;
    for (unsigned i = 0; i < 2; i++)
        memset(k->ref.line[i], 0, k->columns * 2);
    for (unsigned n = 0; n < s->lane_cnt; n++) {
        memset(&k->side[n].sums, 0, sizeof(VifLanes));
        for (unsigned i = 0; i < 2; i++)
            memset(k->side[n].dist.line[i], 0, k->columns * 2);
    }
    for (unsigned y = k->range->begin, pair = 0; y < k->range->end; pair += 2) {
        unsigned left = k->range->end - y;
        unsigned rows = left < VIF_ROWS ? left : VIF_ROWS;
        for (; filled < pair + k->slots; filled++)
            vif_fill(k, top, filled);
        if (s->lane->limit_cnt) {
            for (unsigned n = 0; n < s->lane_cnt; n++)
                vif_some_rows(k, n, pair, rows, top + 2 * (int)filled);
            const VifLanes first = k->side[0].sums;
            for (unsigned n = 0; n < s->lane_cnt; n++)
                vif_flush(&k->side[n].sums, &first, &sums[n], rows * k->cnt,
                          s->lane[n].limit_cnt);
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

static size_t vif_scratch_size_simd(const VifScale *scale)
{
    Workspace ws = { NULL, 0 };
    VifWork k;
    vif_setup(&k, scale);
    vif_begin_strip(&k, 0, &ws);
    return ws.used;
}
