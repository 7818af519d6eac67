/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Scores are cut at a limit. */
#ifndef FEATURE_SMALLER_H
#define FEATURE_SMALLER_H

/* `q` where they cannot be compared, as in libvmaf. */
static inline double smaller(double p, double q)
{
    return p < q ? p : q;
}

#endif
