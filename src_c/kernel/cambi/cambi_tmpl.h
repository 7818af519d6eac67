/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* CAMBI written once over vector operations. */
#include "cambi.h"
#include "kernel/workspace.h"

enum { CAMBI_STEP = 2 * V_LANES }; /* 16-bit lanes */

static void *cambi_take(Workspace *ws, size_t cnt, size_t size)
{
    return workspace_take(ws, cnt * size);
}

static uint16_t *cambi_take_padded(Workspace *ws, size_t before, size_t cnt)
{
    uint16_t *samples = cambi_take(ws, before + cnt, sizeof(uint16_t));
    return samples ? samples + before : NULL;
}

/* first, first + 1, ... */
static inline vint cambi_from(uint32_t first)
{
    static const uint32_t ahead[16] = { 0, 1, 2,  3,  4,  5,  6,  7,
                                        8, 9, 10, 11, 12, 13, 14, 15 };
    return v_add32(v_set32(first), v_load(ahead));
}

/* Every second of the w samples of a row, from the first on. */
static void cambi_even(const uint16_t *row, uint16_t *out, unsigned w)
{
    const vint low = v_set32(0xffff);
    for (unsigned x = 0; x < w; x += 2 * CAMBI_STEP) {
        const vint a = v_and(v_load(row + x), low);
        const vint b = v_and(v_load(row + x + CAMBI_STEP), low);
        v_store(out + x / 2, v_narrow16(a, b));
    }
}

#include "cambi_tmpl_prepare.h"

#include "cambi_tmpl_contrast.h"
#include "cambi_tmpl_top.h"
