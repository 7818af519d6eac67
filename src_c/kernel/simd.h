/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Included first by every NAME_simd.c: the vector operations of KERNEL_SET, the
 * instruction set that the Makefile compiles the file for. It opens that set's
 * target region; SIMD_REGION_END closes it at the end of the file.
 */
#ifndef KERNEL_SIMD_H
#define KERNEL_SIMD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_QUOTE(text) #text
/* Spaces would become part of the file name. */
/* clang-format off */
#define KERNEL_SET_HEADER(set) KERNEL_QUOTE(simd/set.h)
/* clang-format on */
#include KERNEL_SET_HEADER(KERNEL_SET)

#define KERNEL_JOIN(name, set) name##_kernels_##set
#define KERNEL_SET_TABLE(name, set) KERNEL_JOIN(name, set)
#define KERNEL_TABLE_NAME(name) KERNEL_SET_TABLE(name, KERNEL_SET)

#endif
