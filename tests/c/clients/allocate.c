/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Allocate, fill and read; a picture that was not read is released. */
#include "client.h"

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model = model_of("vmaf_v0.6.1");
    check(vmaf_use_features_from_model(vmaf, model), "features");
    VmafPicture ref, dist;
    for (unsigned i = 0; i < FRAMES; i++) {
        allocate(&ref, 0, i);
        allocate(&dist, 1, i);
        check(vmaf_read_pictures(vmaf, &ref, &dist, i), "vmaf_read_pictures");
    }
    allocate(&ref, 0, FRAMES);
    check(vmaf_picture_unref(&ref), "vmaf_picture_unref");
    flush(vmaf);
    print_scores(vmaf, model, "vmaf");
    vmaf_model_destroy(model);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
