/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the clients share: frames to score, a way out, lines of numbers. A client
 * is a program of libvmaf's interface, written as such programs are; it builds
 * as C and as C++, against this library and against the peer.
 *
 *     CLIENT CPUMASK THREADS
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvmaf.h>

enum { WIDTH = 337, HEIGHT = 193, FRAMES = 4 };

static inline void check(int err, const char *what)
{
    if (!err)
        return;
    fprintf(stderr, "%s: %d\n", what, err);
    exit(1);
}

static inline VmafContext *context_of(int argc, char **argv)
{
    VmafConfiguration cfg;
    VmafContext *vmaf;
    if (argc != 3)
        exit(2);
    memset(&cfg, 0, sizeof cfg);
    cfg.log_level = VMAF_LOG_LEVEL_ERROR;
    cfg.cpumask = strtoul(argv[1], NULL, 0);
    cfg.n_threads = (unsigned)atoi(argv[2]);
    check(vmaf_init(&vmaf, cfg), "vmaf_init");
    return vmaf;
}

static inline VmafModel *model_of(const char *version)
{
    VmafModelConfig cfg;
    VmafModel *model;
    memset(&cfg, 0, sizeof cfg);
    cfg.name = version;
    check(vmaf_model_load(&model, &cfg, version), version);
    return model;
}

/* Texture that moves; side 1 has noise besides. */
static inline void fill(uint8_t *data, ptrdiff_t stride, unsigned w, unsigned h,
                        int side, unsigned frame)
{
    unsigned seed = 7 * frame + 1;
    for (unsigned y = 0; y < h; y++) {
        for (unsigned x = 0; x < w; x++) {
            const unsigned at = x + 2 * frame;
            unsigned value = 40 + (at * at / 9 + y * at / 7 + 3 * y) % 150;
            seed = seed * 1664525 + 1013904223;
            if (side)
                value += seed >> 27;
            data[(ptrdiff_t)y * stride + x] = (uint8_t)value;
        }
    }
}

static inline void fill_picture(VmafPicture *pic, int side, unsigned frame)
{
    for (int p = 0; p < 3; p++)
        fill((uint8_t *)pic->data[p], pic->stride[p], pic->w[p], pic->h[p],
             side, frame);
}

static inline void allocate(VmafPicture *pic, int side, unsigned frame)
{
    check(vmaf_picture_alloc(pic, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT),
          "vmaf_picture_alloc");
    fill_picture(pic, side, frame);
}

/* A fresh pair of pictures, handed over. */
static inline void read_pair(VmafContext *vmaf, unsigned frame)
{
    VmafPicture ref, dist;
    allocate(&ref, 0, frame);
    allocate(&dist, 1, frame);
    check(vmaf_read_pictures(vmaf, &ref, &dist, frame), "vmaf_read_pictures");
}

static inline void print_scores(VmafContext *vmaf, VmafModel *model,
                                const char *name)
{
    double score;
    for (unsigned i = 0; i < FRAMES; i++) {
        check(vmaf_score_at_index(vmaf, model, &score, i), name);
        printf("%s %u %.17g\n", name, i, score);
    }
    for (int pool = VMAF_POOL_METHOD_MIN; pool < VMAF_POOL_METHOD_NB; pool++) {
        check(vmaf_score_pooled(vmaf, model, (enum VmafPoolingMethod)pool,
                                &score, 0, FRAMES - 1),
              name);
        printf("%s pooled %d %.17g\n", name, pool, score);
    }
}

static inline void flush(VmafContext *vmaf)
{
    check(vmaf_read_pictures(vmaf, NULL, NULL, 0), "flush");
}

#endif
