/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Rows of a picture pair: samples become words, words that differ are moved
 * together, and these go through the loops of the other files block by block.
 */

/* Words of a row's pixels; [side][which word]. */
typedef struct CiedeRow {
    const CiedeDelta *call;
    CiedeLayout layout;
    uint32_t *chroma[2][2]; /* what chroma adds to them, all along the row */
    unsigned chroma_row;    /* whose that is */
    uint32_t *word[2][2];   /* of pixels that differ */
    bool next;              /* there is a row behind this one */
    CiedeBlock *block;
} CiedeRow;

static inline unsigned ciede_sample(const CiedeDelta *c, const void *row,
                                    unsigned x)
{
    return c->bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static inline vint ciede_samples(const CiedeDelta *c, const void *row,
                                 unsigned x)
{
    return c->bpc == 8 ? v_load8_32((const uint8_t *)row + x)
                       : v_load16_32((const uint16_t *)row + x);
}

static inline const void *ciede_plane_row(const CiedePicture *pic,
                                          unsigned plane, unsigned y)
{
    return (const uint8_t *)pic->plane[plane] +
           (ptrdiff_t)y * pic->stride[plane];
}

/* A vector of chroma, each lane 2^shift_x times, from `to` on. */
static inline void ciede_put_chroma(const CiedeDelta *c, uint32_t *to, vint a)
{
    if (c->shift_x) {
        v_store(to, v_twice32lo(a));
        v_store(to + V_LANES, v_twice32hi(a));
    } else {
        v_store(to, a);
    }
}

/* Row y of a side's chroma. Rows have room for two more vectors. */
static void ciede_spread(CiedeRow *r, unsigned side, unsigned y)
{
    const CiedeDelta *c = r->call;
    const CiedePicture *pic = side ? &c->dist : &c->ref;
    const void *cb = ciede_plane_row(pic, 1, y),
               *cr = ciede_plane_row(pic, 2, y);
    const CiedeLayout *f = &r->layout;
    uint32_t *const *to = r->chroma[side];
    const unsigned cnt = c->chroma_w, whole = cnt - cnt % V_LANES;
    for (unsigned x = 0; x < cnt; x += V_LANES) {
        uint32_t rest[2][V_LANES];
        vint u, v;
        if (x < whole) {
            u = ciede_samples(c, cb, x);
            v = ciede_samples(c, cr, x);
        } else { /* with the last one repeated */
            for (unsigned i = 0; i < V_LANES; i++) {
                const unsigned at = x + i < cnt ? x + i : cnt - 1;
                rest[0][i] = ciede_sample(c, cb, at);
                rest[1][i] = ciede_sample(c, cr, at);
            }
            u = v_load(rest[0]);
            v = v_load(rest[1]);
        }
        const vint low = v_shl32(u, (int)f->cb);
        const vint high = v_shl32(v, (int)f->cr);
        ciede_put_chroma(c, to[0] + (x << c->shift_x),
                         f->words == 1 ? v_or(low, high) : low);
        if (f->words == 2)
            ciede_put_chroma(c, to[1] + (x << c->shift_x), high);
    }
    /* An odd width's last pixel. */
    const unsigned end = cnt << c->shift_x;
    for (unsigned i = 0; end < c->w && i < f->words; i++)
        to[i][end] = to[i][end - 1];
}

/* What no whole vector covers, behind `cnt` words. */
static unsigned ciede_pack_rest(CiedeRow *r, const void *const luma[2],
                                unsigned x, unsigned cnt)
{
    for (; x < r->call->w; x++) {
        uint32_t differ = 0;
        for (unsigned i = 0; i < r->layout.words; i++) {
            uint32_t word[2];
            for (int side = 0; side < 2; side++) {
                word[side] = r->chroma[side][i][x];
                if (i == 0)
                    word[side] |= ciede_sample(r->call, luma[side], x);
                r->word[side][i][cnt] = word[side];
            }
            differ |= word[0] ^ word[1];
        }
        cnt += differ != 0;
    }
    return cnt;
}

/* The words of a row's pixels that differ; returns how many there are. */
static unsigned ciede_pack(CiedeRow *r, const void *const luma[2])
{
    const CiedeDelta *c = r->call;
    unsigned cnt = 0, x = 0;
    for (; x + V_LANES <= c->w; x += V_LANES) {
        const vint ref =
            v_or(ciede_samples(c, luma[0], x), v_load(r->chroma[0][0] + x));
        const vint dist =
            v_or(ciede_samples(c, luma[1], x), v_load(r->chroma[1][0] + x));
        vint differ = v_xor(ref, dist);
        if (r->layout.words == 2) {
            const vint more_ref = v_load(r->chroma[0][1] + x);
            const vint more_dist = v_load(r->chroma[1][1] + x);
            differ = v_or(differ, v_xor(more_ref, more_dist));
            v_compress32(r->word[0][1] + cnt, more_ref, differ);
            v_compress32(r->word[1][1] + cnt, more_dist, differ);
        }
        v_compress32(r->word[0][0] + cnt, ref, differ);
        cnt += v_compress32(r->word[1][0] + cnt, dist, differ);
    }
    return ciede_pack_rest(r, luma, x, cnt);
}

/* The pixel from the plain functions. */
static float ciede_plain(const CiedeLayout *f, const uint32_t *const word[2][2],
                         unsigned i)
{
    CiedeColour colour[2];
    for (int side = 0; side < 2; side++) {
        const uint32_t low = word[side][0][i], high = word[side][1][i];
        colour[side] = ciede_colour(low & f->mask, low >> f->cb & f->mask,
                                    high >> f->cr & f->mask, f->bpc);
    }
    return ciede_difference(&colour[0], &colour[1]);
}

/* Differences of `cnt` words, at most a block; two steps past them are there. */
static void ciede_run_block(const CiedeRow *r, const uint32_t *const word[2][2],
                            unsigned cnt, float *delta)
{
    CiedeBlock *k = r->block;
    const unsigned step = 2 * CIEDE_STEP;
    const unsigned whole = (cnt + step - 1) / step * step;
    memset(k->again, 0, sizeof(k->again));
    for (unsigned side = 0; side < 2; side++) {
        if (r->call->pairs)
            ciede_look_up(k, r->call->pairs, word[side][0], side, whole);
        else
            ciede_colours(k, &r->layout, word[side], side, whole);
    }
    ciede_differences(k, whole, delta);
    for (unsigned i = 0; i < CIEDE_BLOCK / 64; i++) {
        uint64_t again = k->again[i];
        for (; again; again &= again - 1) {
            const unsigned at = 64 * i + (unsigned)__builtin_ctzll(again);
            if (at < cnt)
                delta[at] = ciede_plain(&r->layout, word, at);
        }
    }
}

static inline unsigned ciede_chroma_row(const CiedeDelta *c, unsigned y)
{
    const unsigned row = y >> c->shift_y;
    return row < c->chroma_h ? row : c->chroma_h - 1;
}

/* Ask for a block's columns of a plane's row. */
static inline void ciede_expect(const CiedeDelta *c, const CiedePicture *pic,
                                unsigned plane, unsigned y, unsigned x)
{
    const size_t size = c->bpc == 8 ? sizeof(uint8_t) : sizeof(uint16_t);
    const unsigned shift = plane ? c->shift_x : 0;
    const char *row = ciede_plane_row(pic, plane, y);
    for (size_t at = 0; at < (CIEDE_BLOCK >> shift) * size; at += 64)
        v_prefetch(row + (x >> shift) * size + at);
}

/* Of what row y needs and the one before does not, a block's columns from x on:
 * a few lines at a time, as a whole row's would wait for each other. */
static void ciede_expect_block(const CiedeDelta *c, unsigned y, unsigned x)
{
    const unsigned chroma = ciede_chroma_row(c, y);
    const unsigned planes = chroma != ciede_chroma_row(c, y - 1) ? 3 : 1;
    for (unsigned i = 0; i < planes; i++) {
        ciede_expect(c, &c->ref, i, i ? chroma : y, x);
        ciede_expect(c, &c->dist, i, i ? chroma : y, x);
    }
}

static unsigned ciede_run_row(CiedeRow *r, unsigned y, float *delta)
{
    const CiedeDelta *c = r->call;
    const void *const luma[2] = { ciede_plane_row(&c->ref, 0, y),
                                  ciede_plane_row(&c->dist, 0, y) };
    const unsigned chroma = ciede_chroma_row(c, y);
    for (unsigned side = 0; side < 2 && r->chroma_row != chroma; side++)
        ciede_spread(r, side, chroma);
    r->chroma_row = chroma;
    const unsigned cnt = ciede_pack(r, luma);
    if (!cnt)
        return 0;
    for (int side = 0; side < 2; side++)
        for (unsigned i = 0; i < r->layout.words; i++)
            for (unsigned j = 0; j < 2 * CIEDE_STEP; j += V_LANES)
                v_store(r->word[side][i] + cnt + j,
                        v_set32(r->word[side][i][cnt - 1]));
    for (unsigned i = 0; i < cnt; i += CIEDE_BLOCK) {
        const uint32_t *const word[2][2] = {
            { r->word[0][0] + i, r->word[0][1] + i },
            { r->word[1][0] + i, r->word[1][1] + i },
        };
        const unsigned left = cnt - i;
        if (r->next)
            ciede_expect_block(c, y + 1, i);
        ciede_run_block(r, word, left < CIEDE_BLOCK ? left : CIEDE_BLOCK,
                        delta + i);
    }
    return cnt;
}

/* Every chroma and word row has the size of the widest. */
static void ciede_lay_out(CiedeRow *r, Workspace *ws, unsigned w,
                          unsigned words)
{
    const size_t size = (w + 2u * CIEDE_STEP + V_LANES) * sizeof(uint32_t);
    r->block = workspace_take(ws, sizeof(CiedeBlock));
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < words; i++) {
            r->chroma[side][i] = workspace_take(ws, size);
            r->word[side][i] = workspace_take(ws, size);
        }
        if (words == 1) { /* cr is there too */
            r->chroma[side][1] = r->chroma[side][0];
            r->word[side][1] = r->word[side][0];
        }
    }
}

static size_t ciede_scratch_size_simd(unsigned w)
{
    Workspace ws = { 0 };
    CiedeRow r;
    ciede_lay_out(&r, &ws, w, 2);
    return ws.used;
}

static void ciede_delta_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeDelta *c = call;
    Workspace ws = { .base = rows->scratch };
    CiedeRow r = { .call = c,
                   .layout = ciede_layout(c->bpc),
                   .chroma_row = UINT32_MAX };
    (void)sums;
    ciede_lay_out(&r, &ws, c->w, r.layout.words);
    for (unsigned y = rows->begin; y < rows->end; y++) {
        r.next = y + 1 < rows->end;
        c->cnt[y] =
            ciede_run_row(&r, c->first_row + y, c->delta + y * c->stride);
    }
}

/* Blocks of luma levels as if they were a row of pixels. */
static void ciede_shades_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const CiedeShades *c = call;
    const CiedeLayout layout = ciede_layout(8);
    CiedeBlock *k = rows->scratch;
    uint32_t level[CIEDE_BLOCK];
    const uint32_t *const word[2] = { level, level };
    (void)sums;
    for (unsigned y = rows->begin; y < rows->end; y += CIEDE_BLOCK) {
        const unsigned left = rows->end - y;
        const unsigned cnt = left < CIEDE_BLOCK ? left : CIEDE_BLOCK;
        for (unsigned i = 0; i < CIEDE_BLOCK; i++)
            level[i] = ((y + i) & 255) | c->cb << 8 | c->cr << 16;
        memset(k->again, 0, sizeof(k->again));
        ciede_colours(k, &layout, word, 0, CIEDE_BLOCK);
        for (unsigned i = 0; i < cnt; i++) {
            CiedeColour colour = { k->l[0][i], k->a[0][i], k->b[0][i],
                                   k->chroma[0][i] };
            if (k->again[i / 64] >> i % 64 & 1)
                colour = ciede_colour(y + i, c->cb, c->cr, 8);
            c->colour[y + i] = colour;
        }
    }
}
