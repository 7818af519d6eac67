/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "utf8.h"

unsigned utf8_decode(const char *text, uint32_t *point)
{
    /* By length: smallest code point that needs it. Anything less is an
     * overlong form and forbidden. */
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)text;

    const unsigned len = s[0] < 0x80         ? 1
                         : s[0] >> 5 == 0x6  ? 2
                         : s[0] >> 4 == 0xe  ? 3
                         : s[0] >> 3 == 0x1e ? 4
                                             : 0;
    if (len < 2) {
        *point = s[0];
        return len;
    }
    uint32_t p = s[0] & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        p = p << 6 | (s[i] & 0x3f);
    }
    if (p < smallest[len] || p > 0x10ffff || (p >= 0xd800 && p <= 0xdfff))
        return 0;
    *point = p;
    return len;
}

unsigned utf8_encode(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    const unsigned len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (unsigned i = len - 1; i; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xff00u >> len & 0xff) | point);
    return len;
}
