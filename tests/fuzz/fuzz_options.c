/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The input is a picture's format, an extractor's name and lines of key=value:
 * the extractor refuses its options, or scores two frames with them and every
 * log is written.
 */
#include <string.h>

#include "../c/toys.h"
#include "harness.h"

static const char *const words[] = { "true",
                                     "false",
                                     "0",
                                     "-1",
                                     "1e9",
                                     "2147483648",
                                     "nan",
                                     "inf",
                                     "0x10",
                                     "lanczos4",
                                     "pq",
                                     "\n",
                                     "=",
                                     "adm\n",
                                     "vif\n",
                                     "motion\n",
                                     "cambi\n",
                                     "float_vif\n",
                                     "speed_chroma\n",
                                     "debug=true",
                                     "\xff",
                                     "1.2.3",
                                     NULL };
const char *const *fuzz_words = words;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    CHECK(!vmaf_close(toys_context(0, 0))); /* sets the log level */
    return 0;
}

/* Of any format; samples within their depth. */
static int allocate(VmafPicture *pic, const unsigned char format[4],
                    unsigned seed)
{
    static const unsigned depths[] = { 8, 8, 10, 12, 16, 9, 14, 7 };
    const unsigned bpc = depths[format[1] % 8];
    const int err =
        vmaf_picture_alloc(pic, (enum VmafPixelFormat)(format[0] % 6), bpc,
                           1 + format[2], 1 + format[3]);
    for (unsigned p = 0; !err && p < 3; p++)
        for (unsigned y = 0; pic->data[p] && y < pic->h[p]; y++)
            for (unsigned x = 0; x < pic->w[p]; x++) {
                char *row =
                    (char *)pic->data[p] + (ptrdiff_t)y * pic->stride[p];
                const unsigned value = (x * 7 + y * 13 + seed * 31)
                                       << (bpc - 8);
                if (bpc == 8)
                    row[x] = (char)value;
                else
                    ((uint16_t *)(void *)row)[x] =
                        (uint16_t)(value & ((1u << bpc) - 1));
            }
    return err;
}

static void read_frames(VmafContext *ctx, const unsigned char format[4])
{
    for (unsigned i = 0; i < 2; i++) {
        VmafPicture ref, dist;
        if (allocate(&ref, format, i))
            return;
        CHECK(!allocate(&dist, format, i + 1));
        if (vmaf_read_pictures(ctx, &ref, &dist, i)) {
            vmaf_picture_unref(&ref);
            vmaf_picture_unref(&dist);
        }
    }
}

static void report(VmafContext *ctx)
{
    double score;
    toys_flush(ctx);
    for (unsigned i = 0; pyvmaf_feature_name_at(ctx, i); i++)
        vmaf_feature_score_pooled(ctx, pyvmaf_feature_name_at(ctx, i),
                                  VMAF_POOL_METHOD_MEAN, &score, 0, 1);
    for (int format = VMAF_OUTPUT_FORMAT_XML; format <= VMAF_OUTPUT_FORMAT_SUB;
         format++)
        vmaf_write_output(ctx, "/dev/null", (enum VmafOutputFormat)format);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    unsigned char format[4];
    char name[64], key[80], value[200];
    VmafFeatureDictionary *options = NULL;
    for (unsigned i = 0; i < 4; i++)
        format[i] = (unsigned char)input_byte(&in);
    input_text(&in, name, sizeof name, '\n');
    while (in.left) {
        input_text(&in, key, sizeof key, '=');
        input_text(&in, value, sizeof value, '\n');
        if (strcmp(key, "heatmaps_path")) /* it would write there */
            CHECK(!vmaf_feature_dictionary_set(&options, key, value));
    }
    VmafContext *ctx = toys_context(0, 1);
    if (vmaf_use_feature(ctx, name, options))
        vmaf_feature_dictionary_free(&options);
    else
        read_frames(ctx, format);
    report(ctx);
    CHECK(!vmaf_close(ctx));
    return 0;
}
