/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Ask for the score of the frame before while others are being read, as an
 * encoder does that decides by it. Where it is not there yet, it comes later. */
#include "client.h"

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    VmafModel *model = model_of("vmaf_v0.6.1");
    double score;
    check(vmaf_use_features_from_model(vmaf, model), "features");
    for (unsigned i = 0; i < FRAMES; i++) {
        read_pair(vmaf, i);
        if (i && !vmaf_score_at_index(vmaf, model, &score, i - 1))
            printf("then %u %.17g\n", i - 1, score);
    }
    flush(vmaf);
    print_scores(vmaf, model, "vmaf");
    vmaf_model_destroy(model);
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
