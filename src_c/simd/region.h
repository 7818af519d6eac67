/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Compiler target regions: code between BEGIN and END may use the named
 * instruction sets while the file is compiled with the flags of all others.
 * Include every system header before a region begins. An instruction set that
 * is the target's baseline needs none.
 */
#ifndef SIMD_REGION_H
#define SIMD_REGION_H

#define SIMD_PRAGMA(text) _Pragma(#text)

#if defined(__aarch64__)
#define SIMD_REGION_BEGIN(features)
#define SIMD_REGION_END
#elif defined(__clang__)
#define SIMD_REGION_BEGIN(features)                                            \
    SIMD_PRAGMA(clang attribute push(__attribute__((target(features))),        \
                                     apply_to = function))
#define SIMD_REGION_END SIMD_PRAGMA(clang attribute pop)
#else
#define SIMD_REGION_BEGIN(features)                                            \
    SIMD_PRAGMA(GCC push_options) SIMD_PRAGMA(GCC target(features))
#define SIMD_REGION_END SIMD_PRAGMA(GCC pop_options)
#endif

/* For a stage with its own need of registers: merged into its caller, the
 * compiler would keep constants of several stages and run out. */
#define SIMD_NOINLINE __attribute__((noinline))

/* For what must become part of its caller, whose constants shape it; the
 * compiler's own limit on size depends on the instruction set. */
#define SIMD_INLINE __attribute__((always_inline))

/* Ahead of a loop over a constant number of steps: all of them one by one.
 * Under sanitizers, which add code to each, compilers would take minutes. */
#if defined(__SANITIZE_ADDRESS__)
#define SIMD_UNROLL
#elif defined(__clang__)
#define SIMD_UNROLL SIMD_PRAGMA(clang loop unroll(full))
#else
#define SIMD_UNROLL SIMD_PRAGMA(GCC unroll 32)
#endif

/* Makes the value of `v` sit in a register here. GCC else gathers the products
 * of a chain of multiply-adds before it adds them, and runs out of registers;
 * or it loads a value again for each use. */
#define SIMD_FIX(v) __asm__("" : "+" SIMD_REGISTER(v))

/* Hides where a pointer comes from. What is loaded through it is loaded here,
 * and addresses are constant distances from it. */
#define SIMD_HIDE(pointer) __asm__("" : "+r"(pointer))

/* Asks for the cache line of a row that a later row of output reads, without
 * waiting: a row is read once, in one burst, which processors do not foresee.
 * Into the second level: what comes before it would push it out of the first. */
static inline void v_prefetch(const void *p) { __builtin_prefetch(p, 0, 2); }

#if defined(__aarch64__)
#define SIMD_REGISTER "w"
#else
#define SIMD_REGISTER "v"
#endif

#endif
