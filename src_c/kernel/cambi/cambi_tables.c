/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The constants of CAMBI's contrast. */
#include <math.h>
#include <pthread.h>

#include "cambi.h"

static float reciprocal[CAMBI_RECIPROCALS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Nine digits are enough to tell any two binary32 numbers apart, but the
 * nearest one of the printed number is not always that of 1/n. */
static const uint16_t one_ulp_more[] = {
    82, 83, 244, 488, 564, 614, 664, 1419, 1699, 1906, 2443, 2740, 3812, 4130,
};
static const uint16_t one_ulp_less[] = {
    504,  510,  528,  749,  760,  892,  2040, 2071, 2112, 2223,
    2555, 2927, 3285, 3515, 3525, 3705, 3795, 3797, 3837, 3885,
    4033, 4080, 4091, 4095, 4142, 4203, 4218, 4224,
};

static void make_reciprocals(void)
{
    for (int n = 1; n < CAMBI_RECIPROCALS; n++)
        reciprocal[n] = (float)(1. / n);
    for (size_t i = 0; i < sizeof one_ulp_more / sizeof *one_ulp_more; i++) {
        float *r = &reciprocal[one_ulp_more[i]];
        *r = nextafterf(*r, 1.f);
    }
    for (size_t i = 0; i < sizeof one_ulp_less / sizeof *one_ulp_less; i++) {
        float *r = &reciprocal[one_ulp_less[i]];
        *r = nextafterf(*r, 0.f);
    }
}

const float *cambi_reciprocals(void)
{
    pthread_once(&once, make_reciprocals);
    return reciprocal;
}

const int *cambi_weights(void)
{
    static const int weight[CAMBI_MAX_STEPS] = {
        1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8,
        8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    };
    return weight;
}
