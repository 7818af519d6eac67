/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Motion written once over vector operations, for up to 14 bits: differences
 * and column sums have 16 bits, and products are summed in pairs. A row whose
 * column sums need 17, as at a hard cut, takes plain loops; deeper samples go
 * to the plain kernel.
 */
#include "kernel/workspace.h"
#include "motion_smooth.h"

enum {
    MOTION_STEP = 2 * V_LANES, /* 16-bit lanes */
    MOTION_LEFT = 32,          /* room before a row of column sums */
    MOTION_MAX_BPC = 14,
    MOTION_AHEAD = 2,           /* rows */
    MOTION_MAX_WIDTH = 1 << 17, /* a lane adds up 2^15 w / V_LANES < 2^32 */
};

/* Two 16-bit factors in each lane. */
static inline vint motion_taps(uint32_t first, uint32_t second)
{
    return v_set32(first | second << 16);
}

/* Difference of row `y`, earlier minus current, with zeros up to a whole
 * vector. False when there is none. */
static bool motion_difference(const MotionSad *s, unsigned y, int16_t *out)
{
    const uint8_t *e =
        (const uint8_t *)s->earlier + (ptrdiff_t)y * s->earlier_stride;
    const uint8_t *f =
        (const uint8_t *)s->current + (ptrdiff_t)y * s->current_stride;
    const uint16_t *e16 = (const void *)e, *f16 = (const void *)f;
    const bool deep = s->bpc > 8;
    /* The same place some rows on, clamped to the last. */
    const ptrdiff_t ahead =
        y + MOTION_AHEAD < s->h ? MOTION_AHEAD : s->h - 1 - y;
    const uint8_t *e_next = e + ahead * s->earlier_stride;
    const uint8_t *f_next = f + ahead * s->current_stride;
    const size_t size = deep ? sizeof(uint16_t) : sizeof(uint8_t);
    vint any = v_set32(0);
    int tail = 0;
    unsigned x = 0;

    for (; x + MOTION_STEP <= s->w; x += MOTION_STEP) {
        v_prefetch(e_next + x * size);
        v_prefetch(f_next + x * size);
        vint d = deep ? v_sub16(v_load(e16 + x), v_load(f16 + x))
                      : v_sub16(v_load8(e + x), v_load8(f + x));
        any = v_or(any, d);
        v_store(out + x, d);
    }
    for (; x < s->w; x++)
        tail |= out[x] = (int16_t)(deep ? e16[x] - f16[x] : e[x] - f[x]);
    for (; x % MOTION_STEP; x++)
        out[x] = 0;
    return tail || v_any_bits(any);
}

/* Column sums of five rows. False when one may not fit 16 bits. The sum of two
 * differences does, at up to 14 bits. */
static bool motion_down(const int16_t *const row[MOTION_ROWS], unsigned w,
                        unsigned bpc, int16_t *v)
{
    const uint16_t *tap = motion_window;
    const vint outer = motion_taps(tap[0], tap[1]);
    const vint centre = motion_taps(tap[2], 0);
    const vint zero = v_set32(0), round = v_set32(1u << (bpc - 1));
    vint top = zero;
    for (unsigned x = 0; x < w; x += MOTION_STEP) {
        vint s0 = v_add16(v_load(row[0] + x), v_load(row[4] + x));
        vint s1 = v_add16(v_load(row[1] + x), v_load(row[3] + x));
        vint c = v_load(row[2] + x);
        vint lo = v_dot16(round, v_zip16lo(s0, s1), outer);
        vint hi = v_dot16(round, v_zip16hi(s0, s1), outer);
        lo = v_sar32(v_dot16(lo, v_zip16lo(c, zero), centre), (int)bpc);
        hi = v_sar32(v_dot16(hi, v_zip16hi(c, zero), centre), (int)bpc);
        vint sum = v_pack16(lo, hi);
        v_store(v + x, sum);
        top = v_max16(top, v_xor(sum, v_sar16(sum, 15)));
    }
    /* Packing saturates: 32767 and -32768 stand for anything beyond. */
    top = v_add16(top, v_set16(1));
    return !v_any_bits(v_and(top, v_set16(0x8000)));
}

/* Sum of absolute values of the smoothed row. The taps add up to 65536, so a
 * sum stays within 32767 * 65536 + 32768 < 2^31. */
static uint64_t motion_across_narrow(int16_t *v, unsigned w)
{
    const uint16_t *tap = motion_window;
    const vint c01 = motion_taps(tap[0], tap[1]);
    const vint c23 = motion_taps(tap[2], tap[1]);
    const vint c4 = motion_taps(tap[0], 0), round = v_set32(32768);
    vint total = v_set32(0);
    uint64_t sum = 0;
    unsigned x = 0;

    for (int i = 1; i <= MOTION_REACH; i++) {
        v[-i] = v[i];
        v[(int)w - 1 + i] = v[(int)w - 1 - i];
    }
    /* A load two samples to the left holds pairs for the even columns. */
    for (; x + MOTION_STEP <= w; x += MOTION_STEP) {
        const int16_t *p = v + x;
        vint even = v_dot16(round, v_load(p - 2), c01);
        vint odd = v_dot16(round, v_load(p - 1), c01);
        even = v_dot16(even, v_load(p), c23);
        odd = v_dot16(odd, v_load(p + 1), c23);
        even = v_sar32(v_dot16(even, v_load(p + 2), c4), 16);
        odd = v_sar32(v_dot16(odd, v_load(p + 3), c4), 16);
        total = v_add32(total, v_add32(v_abs32(even), v_abs32(odd)));
    }
    for (; x < w; x++) {
        const int16_t *p = v + x;
        int32_t s = motion_smooth(p[-2] + p[2], p[-1] + p[1], p[0], 16);
        sum += (uint32_t)(s < 0 ? -s : s);
    }
    return sum + (uint64_t)v_sum64(v_add64(v_set32(0), total));
}

/* The same for column sums of any size, in 32 bits. */
static uint64_t motion_down_across(const int16_t *const row[MOTION_ROWS],
                                   unsigned w, unsigned bpc, int32_t *v)
{
    for (unsigned x = 0; x < w; x++)
        v[x] = motion_smooth(row[0][x] + row[4][x], row[1][x] + row[3][x],
                             row[2][x], bpc);
    return motion_across(v, w);
}

/* A ring of differences, and a row of column sums in either width. */
typedef struct MotionMemory {
    int16_t *ring, *v;
    int32_t *wide;
} MotionMemory;

static void motion_lay_out(MotionMemory *memory, unsigned w, Workspace *ws)
{
    const size_t row = motion_row_length(w);
    memory->ring = workspace_take(ws, MOTION_ROWS * row * sizeof(int16_t));
    memory->v = workspace_take(ws, (MOTION_LEFT + row) * sizeof(int16_t));
    memory->wide = workspace_take(ws, row * sizeof(int32_t));
}

static size_t motion_scratch_size_simd(unsigned w)
{
    const size_t plain = motion_scratch_size_scalar(w);
    MotionMemory unused;
    Workspace ws = { NULL, 0 };
    motion_lay_out(&unused, w, &ws);
    return ws.used > plain ? ws.used : plain;
}

static void motion_sad_simd(const void *call, const Rows *rows, int64_t *sums)
{
    const MotionSad *sad = call;
    const size_t length = motion_row_length(sad->w);
    MotionMemory memory;
    motion_lay_out(&memory, sad->w, &(Workspace){ rows->scratch, 0 });
    int16_t *ring = memory.ring, *v = memory.v + MOTION_LEFT;
    int32_t *wide = memory.wide + MOTION_REACH;
    bool differs[MOTION_ROWS];
    unsigned y = rows->begin, next = y > MOTION_REACH ? y - MOTION_REACH : 0;
    uint64_t sum = 0;

    if (sad->bpc > MOTION_MAX_BPC || sad->w > MOTION_MAX_WIDTH) {
        motion_sad_scalar(sad, rows, sums);
        return;
    }
    for (; y < rows->end; y++) {
        const int16_t *row[MOTION_ROWS];
        bool any = false;
        for (; next < sad->h && next <= y + MOTION_REACH; next++)
            differs[next % MOTION_ROWS] = motion_difference(
                sad, next, ring + next % MOTION_ROWS * length);
        for (int k = 0; k < MOTION_ROWS; k++) {
            unsigned at = motion_mirror((int)y - MOTION_REACH + k, (int)sad->h);
            unsigned slot = at % MOTION_ROWS;
            row[k] = ring + slot * length;
            any |= differs[slot];
        }
        if (!any)
            continue;
        sum += motion_down(row, sad->w, sad->bpc, v)
                   ? motion_across_narrow(v, sad->w)
                   : motion_down_across(row, sad->w, sad->bpc, wide);
    }
    sums[0] += (int64_t)sum;
}
