/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Every extractor, without a model. */
#include "client.h"

/* Its name, and one of the features that it publishes. CIEDE2000 is left out:
 * at odd sizes the peer reads chroma that is not there. */
static const char *const extractor[][2] = {
    { "vif", "VMAF_integer_feature_vif_scale0_score" },
    { "adm", "VMAF_integer_feature_adm2_score" },
    { "motion", "VMAF_integer_feature_motion2_score" },
    { "psnr", "psnr_cb" },
    { "psnr_hvs", "psnr_hvs" },
    { "cambi", "Cambi_feature_cambi_score" },
    { "float_ssim", "float_ssim" },
    { "float_ms_ssim", "float_ms_ssim" },
    { "speed_chroma", "Speed_chroma_feature_speed_chroma_uv_score" },
    { "speed_temporal", "Speed_temporal_feature_speed_temporal_score" },
#ifndef PEER
    { "ciede", "ciede2000" },
    { "float_psnr", "float_psnr" },
    { "float_vif", "VMAF_feature_vif_scale0_score" },
    { "float_adm", "VMAF_feature_adm2_score" },
    { "float_motion", "VMAF_feature_motion2_score" },
    { "float_moment", "float_moment_ref1st" },
    { "float_ansnr", "float_ansnr" },
#endif
};
enum { EXTRACTORS = sizeof extractor / sizeof *extractor };

int main(int argc, char **argv)
{
    VmafContext *vmaf = context_of(argc, argv);
    double score;
    for (int e = 0; e < EXTRACTORS; e++)
        check(vmaf_use_feature(vmaf, extractor[e][0], NULL), extractor[e][0]);
    for (unsigned i = 0; i < FRAMES; i++)
        read_pair(vmaf, i);
    flush(vmaf);
    for (int e = 0; e < EXTRACTORS; e++) {
        for (unsigned i = 0; i < FRAMES; i++) {
            check(vmaf_feature_score_at_index(vmaf, extractor[e][1], &score, i),
                  extractor[e][1]);
            printf("%s %u %.17g\n", extractor[e][0], i, score);
        }
    }
    check(vmaf_close(vmaf), "vmaf_close");
    return 0;
}
