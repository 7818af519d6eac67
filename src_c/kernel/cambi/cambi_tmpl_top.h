/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The sum of the greatest values, in the order in which the definition's
 * partition leaves them.
 *
 * A step of the partition exchanges, from both ends inwards, values that are
 * not above a pivot with values that are not below it. No place is looked at
 * again once its value has been exchanged, so the places where the scans stop
 * can be listed for a block of values ahead.
 */

enum { CAMBI_BLOCK = 256 };

/* Places in a block where a scan stops, in ascending order. */
typedef struct CambiStops {
    size_t first, behind; /* of those that are left */
    uint32_t at[CAMBI_BLOCK + V_LANES];
} CambiStops;

typedef struct CambiRange {
    ptrdiff_t first, last;
} CambiRange;

static void cambi_find_stops(CambiStops *stops, const float *value, float pivot,
                             bool from_below)
{
    const vflt p = v_set_f32(pivot);
    const ptrdiff_t next = from_below ? CAMBI_BLOCK : -CAMBI_BLOCK;
    size_t cnt = 0;
    for (unsigned i = 0; i < CAMBI_BLOCK; i += V_LANES) {
        const vflt v = v_load_f32(value + i);
        __builtin_prefetch(value + i + next); /* forwards, block by block back:
                                                 hardware foresees nothing */
        const vmask stop = from_below ? v_ge_f32(p, v) : v_ge_f32(v, p);
        cnt += v_compress32(stops->at + cnt, cambi_from(i),
                            v_keep(stop, v_set32(1)));
    }
    stops->first = 0;
    stops->behind = cnt;
}

static inline size_t cambi_left_over(const CambiStops *stops)
{
    return stops->behind - stops->first;
}

static inline void cambi_exchange(float *a, float *b)
{
    const float kept = *a;
    *a = *b;
    *b = kept;
}

/* As many pairs as both have. */
static void cambi_exchange_stops(float *low, CambiStops *up, float *high,
                                 CambiStops *down)
{
    const size_t ups = cambi_left_over(up), downs = cambi_left_over(down);
    const size_t pairs = ups < downs ? ups : downs;
    const uint32_t *from_first = up->at + up->first;
    const uint32_t *from_last = down->at + down->behind - 1;
    for (size_t i = 0; i < pairs; i++)
        cambi_exchange(&low[from_first[i]], &high[*(from_last - i)]);
    up->first += pairs;
    down->behind -= pairs;
}

/* As long as the range has a block for each scan; what is left of it. */
static SIMD_NOINLINE CambiRange cambi_part_blocks(float *value,
                                                  CambiRange range, float pivot)
{
    CambiStops up = { 0 }, down = { 0 };
    while (range.last - range.first >= 2 * CAMBI_BLOCK) {
        float *low = value + range.first;
        float *high = value + range.last - (CAMBI_BLOCK - 1);
        if (!cambi_left_over(&up))
            cambi_find_stops(&up, low, pivot, true);
        if (!cambi_left_over(&down))
            cambi_find_stops(&down, high, pivot, false);
        cambi_exchange_stops(low, &up, high, &down);
        range.first += cambi_left_over(&up) ? 0 : CAMBI_BLOCK;
        range.last -= cambi_left_over(&down) ? 0 : CAMBI_BLOCK;
    }
    if (cambi_left_over(&up))
        range.first += up.at[up.first];
    if (cambi_left_over(&down))
        range.last -= CAMBI_BLOCK - 1 - down.at[down.behind - 1];
    return range;
}

/* Where the scans have met: `first` is the one from below. */
static CambiRange cambi_part(float *value, CambiRange range, float pivot)
{
    CambiRange at = cambi_part_blocks(value, range, pivot);
    while (at.first <= at.last) {
        while (value[at.first] > pivot)
            at.first++;
        while (value[at.last] < pivot)
            at.last--;
        if (at.first <= at.last)
            cambi_exchange(&value[at.first++], &value[at.last--]);
    }
    return at;
}

static bool cambi_all_zero(const float *value, CambiRange range)
{
    ptrdiff_t i = range.first;
    for (; i + V_LANES <= range.last + 1; i += V_LANES)
        if (v_any_bits(v_load(value + i)))
            return false;
    for (; i <= range.last; i++)
        if (value[i] != 0.f)
            return false;
    return true;
}

static double cambi_top(float *value, size_t n, size_t cnt)
{
    const ptrdiff_t k = (ptrdiff_t)cnt;
    CambiRange range = { 0, (ptrdiff_t)n - 1 };
    while (cnt < n && range.first < range.last) {
        const float pivot = value[k];
        if (pivot == 0.f && cambi_all_zero(value, range))
            break; /* no exchange would show */
        const CambiRange met = cambi_part(value, range, pivot);
        if (met.last < k)
            range.first = met.first;
        if (k < met.first)
            range.last = met.last;
    }
    double sum = 0.;
    for (size_t i = 0; i < cnt; i++)
        sum += (double)value[i];
    return sum;
}
