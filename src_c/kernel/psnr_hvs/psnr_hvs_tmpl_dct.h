/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The DCT by lifting steps of eight vectors, lanes side by side. Included twice:
 * over LANE(name) operations of 16-bit lanes and of 32-bit lanes.
 *
 * Over all blocks of samples up to 2^b - 1, no value on the way exceeds 2.83
 * times that in the first pass, over columns, and 8.0001 times in the second
 * (the L1 norms of the linear maps, and roundings). So 16-bit lanes hold the
 * first pass at 12 bits and the second at 11, and what is halved is below 2^14.
 */

/* The even half, of four sums. */
static inline void LANE(even)(const PsnrHvsFactors *f, vint c[4])
{
    c[0] = LANE(sub)(c[0], LANE(scaled)(c[1], f->n13573));
    c[1] = LANE(add)(c[1], LANE(scaled)(c[0], f->n23170));
    c[0] = LANE(sub)(c[0], LANE(scaled)(c[1], f->n13573));
    c[3] = LANE(sub)(c[3], LANE(scaled)(c[2], f->n21895));
    c[2] = LANE(add)(c[2], LANE(scaled)(c[3], f->n30274));
    c[3] = LANE(sub)(c[3], LANE(scaled)(c[2], f->n21895));
}

/* The odd half, of four differences; `h0` is half of the first. */
static inline void LANE(odd)(const PsnrHvsFactors *f, vint a[4], vint h0)
{
    a[2] = LANE(add)(a[2], LANE(scaled)(a[1], f->n19195));
    a[1] = LANE(add)(a[1], LANE(scaled)(a[2], f->n23170));
    a[2] = LANE(sub)(a[2], LANE(scaled)(a[1], f->n29956));
    a[3] = LANE(sub)(LANE(half)(f, a[1]), a[3]);
    a[1] = LANE(sub)(a[1], a[3]);
    a[2] = LANE(sub)(h0, a[2]);
    a[0] = LANE(sub)(a[0], a[2]);
    a[3] = LANE(add)(a[3], LANE(scaled)(a[0], f->n3227));
    a[0] = LANE(sub)(a[0], LANE(scaled)(a[3], f->n6393));
    a[3] = LANE(add)(a[3], LANE(scaled)(a[0], f->n3227));
    a[1] = LANE(add)(a[1], LANE(scaled)(a[2], f->n9940));
    a[2] = LANE(sub)(a[2], LANE(scaled)(a[1], f->n18205));
    a[1] = LANE(add)(a[1], LANE(scaled)(a[2], f->n9940));
}

static inline void LANE(transform)(const PsnrHvsFactors *f,
                                   vint p[PSNR_HVS_SIZE])
{
    vint a[4], c[4];
    a[0] = LANE(sub)(p[0], p[7]);
    const vint h0 = LANE(half)(f, a[0]), b0 = LANE(sub)(p[0], h0);
    const vint b1 = LANE(add)(p[1], p[6]), h1 = LANE(half)(f, b1);
    a[1] = LANE(sub)(p[6], h1);
    a[2] = LANE(sub)(p[2], p[5]);
    const vint b2 = LANE(sub)(p[2], LANE(half)(f, a[2]));
    const vint b3 = LANE(add)(p[3], p[4]), h3 = LANE(half)(f, b3);
    a[3] = LANE(sub)(h3, p[4]);
    c[0] = LANE(add)(b0, h3);
    c[3] = LANE(sub)(c[0], b3);
    c[2] = LANE(sub)(h1, b2);
    c[1] = LANE(sub)(c[2], b1);
    LANE(even)(f, c);
    LANE(odd)(f, a, h0);
    p[0] = c[0];
    p[1] = a[0];
    p[2] = c[2];
    p[3] = a[2];
    p[4] = c[1];
    p[5] = a[1];
    p[6] = c[3];
    p[7] = a[3];
}
