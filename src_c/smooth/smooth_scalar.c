/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <math.h>
#include <string.h>

#include "smooth_tmpl.h"

const SmoothKernels smooth_kernels_scalar = SMOOTH_TABLE;
