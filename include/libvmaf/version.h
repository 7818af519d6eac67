/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The version of the C interface that these headers describe; what build
 * answers is told by vmaf_version(). */
#ifndef LIBVMAF_VERSION_H
#define LIBVMAF_VERSION_H

#define VMAF_API_VERSION_MAJOR 3
#define VMAF_API_VERSION_MINOR 2
#define VMAF_API_VERSION_PATCH 0

#endif
