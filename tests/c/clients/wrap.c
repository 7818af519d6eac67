/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Wrap memory of the client's and have it back. The peer cannot, so there it is
 * copied, as its clients do. */
#include "client.h"

#ifndef PEER
#include <pyvmaf/pyvmaf.h>
#endif

enum { STRIDE = WIDTH + 14, SIZE = STRIDE * (HEIGHT + 2 * (HEIGHT / 2)) };

static void lay_out(uint8_t *memory, void *data[3])
{
    data[0] = memory;
    data[1] = memory + STRIDE * HEIGHT;
    data[2] = memory + STRIDE * (HEIGHT + HEIGHT / 2);
}

static uint8_t *decode(int side, unsigned frame)
{
    uint8_t *memory = (uint8_t *)malloc(SIZE);
    void *data[3];
    check(!memory, "malloc");
    lay_out(memory, data);
    for (int p = 0; p < 3; p++)
        fill((uint8_t *)data[p], STRIDE, p ? WIDTH / 2 : WIDTH,
             p ? HEIGHT / 2 : HEIGHT, side, frame);
    return memory;
}

static void wrap(VmafPicture *pic, uint8_t *memory)
{
    void *data[3];
    lay_out(memory, data);
#ifdef PEER
    check(vmaf_picture_alloc(pic, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT),
          "vmaf_picture_alloc");
    for (int p = 0; p < 3; p++)
        for (unsigned y = 0; y < pic->h[p]; y++)
            memcpy((uint8_t *)pic->data[p] + y * pic->stride[p],
                   (uint8_t *)data[p] + y * STRIDE, pic->w[p]);
    free(memory);
#else
    const ptrdiff_t stride[3] = { STRIDE, STRIDE, STRIDE };
    check(pyvmaf_picture_wrap(pic, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT, data,
                              stride, free, memory),
          "pyvmaf_picture_wrap");
#endif
}

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model = model_of("vmaf_v0.6.1neg");
    check(vmaf_use_features_from_model(vmaf, model), "features");
    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture ref, dist;
        wrap(&ref, decode(0, i));
        wrap(&dist, decode(1, i));
        check(vmaf_read_pictures(vmaf, &ref, &dist, i), "vmaf_read_pictures");
    }
    flush(vmaf);
    print_scores(vmaf, model, "neg");
    vmaf_model_destroy(model);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
