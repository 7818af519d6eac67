/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The plain kernel's eigenvalues. */
#ifndef KERNEL_SPEED_EIGEN_H
#define KERNEL_SPEED_EIGEN_H

#include "speed.h"

/* In: diagonal and sub-diagonal of a tridiagonal matrix. Out: its eigenvalues,
 * in the order in which they appear on the diagonal. */
void speed_diagonalise(float d[SPEED_CELLS], float b[SPEED_CELLS - 1]);

#endif
