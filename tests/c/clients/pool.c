/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Pictures out of the context's own pool, which hands them out again. */
#include "client.h"

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model = model_of("vmaf_v0.6.1");
    VmafPictureConfiguration cfg;
    memset(&cfg, 0, sizeof cfg);
    cfg.pic_params.w = WIDTH;
    cfg.pic_params.h = HEIGHT;
    cfg.pic_params.bpc = 8;
    cfg.pic_params.pix_fmt = VMAF_PIX_FMT_YUV420P;
    cfg.pic_cnt = 16;
    check(vmaf_use_features_from_model(vmaf, model), "features");
    check(vmaf_preallocate_pictures(vmaf, cfg), "vmaf_preallocate_pictures");
    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture pic[2];
        for (int side = 0; side < 2; side++) {
            check(vmaf_fetch_preallocated_picture(vmaf, &pic[side]),
                  "vmaf_fetch_preallocated_picture");
            fill_picture(&pic[side], side, i);
        }
        check(vmaf_read_pictures(vmaf, &pic[0], &pic[1], i),
              "vmaf_read_pictures");
    }
    flush(vmaf);
    print_scores(vmaf, model, "vmaf");
    vmaf_model_destroy(model);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
