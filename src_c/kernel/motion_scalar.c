/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "scalar.h"
uint64_t motion_sad_scalar(const MotionSad *sad)
{
    (void)sad;
    return 0;
}
size_t motion_scratch_size(unsigned w, unsigned h)
{
    return (size_t)w * h;
}
