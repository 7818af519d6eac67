/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The engine: pairs of pictures in, features and scores out.
 *
 *     picture -> extractor -> collector -> model -> score -> log
 *
 * A context is told which features to extract, by name or through a model. Each
 * pair of pictures goes to every registered extractor; what those measure is
 * collected by feature name and frame index. A model turns the features of a
 * frame into its score, pooling turns the scores of frames into one.
 *
 *     VmafConfiguration cfg = { .n_threads = 4 };
 *     VmafModelConfig model_cfg = { .name = "vmaf" };
 *     VmafContext *vmaf;
 *     VmafModel *model;
 *     VmafPicture ref, dist;
 *     double score;
 *     int err = vmaf_init(&vmaf, cfg);
 *     err = vmaf_model_load(&model, &model_cfg, "vmaf_v0.6.1");
 *     err = vmaf_use_features_from_model(vmaf, model);
 *     for (unsigned i = 0; i < frames; i++) {
 *         err = vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV420P, 8, w, h);
 *         err = vmaf_picture_alloc(&dist, VMAF_PIX_FMT_YUV420P, 8, w, h);
 *         fill(&ref, &dist, i);
 *         err = vmaf_read_pictures(vmaf, &ref, &dist, i);
 *         if (err) {
 *             vmaf_picture_unref(&ref);
 *             vmaf_picture_unref(&dist);
 *         }
 *     }
 *     err = vmaf_read_pictures(vmaf, NULL, NULL, 0);
 *     err = vmaf_score_pooled(vmaf, model, VMAF_POOL_METHOD_MEAN, &score, 0,
 *                             frames - 1);
 *     vmaf_model_destroy(model);
 *     vmaf_close(vmaf);
 *
 * Calls return 0 or a negative errno value; the line that says why is printed
 * by log level and kept for pyvmaf_last_message() of pyvmaf/pyvmaf.h. NULL where
 * a pointer is needed is -EINVAL throughout.
 *
 * Threads. Contexts are independent of each other, except that the log level of
 * the last vmaf_init() is everyone's. Calls on one context may come from several
 * threads: those that change it (use, preallocate, read, write_output) wait for
 * each other, queries and imports and fetches do not wait for a frame in work.
 * Only vmaf_close() must be the last, with no other call under way. From within
 * an extractor, calls that change or close its own context are -EDEADLK.
 */
#ifndef LIBVMAF_H
#define LIBVMAF_H

#include <stdint.h>
#include <stdio.h>

#include "feature.h"
#include "model.h"
#include "picture.h"
#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum VmafLogLevel {
    VMAF_LOG_LEVEL_NONE = 0,
    VMAF_LOG_LEVEL_ERROR = 1,
    VMAF_LOG_LEVEL_WARNING = 2,
    VMAF_LOG_LEVEL_INFO = 3,
    VMAF_LOG_LEVEL_DEBUG = 4,
};

enum VmafOutputFormat {
    VMAF_OUTPUT_FORMAT_NONE = 0,
    VMAF_OUTPUT_FORMAT_XML = 1,
    VMAF_OUTPUT_FORMAT_JSON = 2,
    VMAF_OUTPUT_FORMAT_CSV = 3,
    VMAF_OUTPUT_FORMAT_SUB = 4,
};

enum VmafPoolingMethod {
    VMAF_POOL_METHOD_UNKNOWN = 0,
    VMAF_POOL_METHOD_MIN = 1,
    VMAF_POOL_METHOD_MAX = 2,
    VMAF_POOL_METHOD_MEAN = 3,
    VMAF_POOL_METHOD_HARMONIC_MEAN = 4, /* of score + 1, less 1 */
    VMAF_POOL_METHOD_NB = 5,
};

typedef struct VmafConfiguration {
    /* Lines up to this level go to stderr; out of range is clamped. */
    enum VmafLogLevel log_level;
    /* Worker threads, at most 4096; 0: extractors run in the caller's thread.
     * Results do not depend on it. */
    unsigned n_threads;
    /* N > 1: extractors that carry nothing from frame to frame see only
     * indices that are multiples of N, pooling and logs keep only those.
     * Every frame must still be passed in. 0 and 1: all. */
    unsigned n_subsample;
    /* Instruction sets not to use, by bit: 1 SSE2 or NEON, 2 SSSE3, 4 SSE4.1,
     * 8 AVX2, 16 AVX-512, 32 AVX-512 of Ice Lake. Results do not depend on
     * it. */
    uint64_t cpumask;
    uint64_t gpumask; /* not used */
} VmafConfiguration;

typedef struct VmafPictureConfiguration {
    struct {
        unsigned w, h;
        unsigned bpc;
        enum VmafPixelFormat pix_fmt;
    } pic_params;
    unsigned pic_cnt;
} VmafPictureConfiguration;

typedef struct VmafContext VmafContext;

/*
 * Make a context, to be ended with vmaf_close().
 *
 * -EINVAL: `vmaf` is NULL or there are too many threads. -ENOMEM. -EAGAIN: the
 * system does not give that many threads. On failure `*vmaf` is NULL.
 */
int vmaf_init(VmafContext **vmaf, VmafConfiguration cfg);

/*
 * Register the extractors that the model's features come from, with the options
 * that the model sets. The model is only read; it stays the caller's.
 *
 * -EINVAL: no extractor provides one of the features, or an option value is not
 * allowed; the line names it. -ENOMEM. What was registered up to there stays.
 */
int vmaf_use_features_from_model(VmafContext *vmaf, VmafModel *model);

/* The same for every member of a collection; the main model is registered by
 * itself. */
int vmaf_use_features_from_model_collection(
    VmafContext *vmaf, VmafModelCollection *model_collection);

/*
 * Register the extractor `feature_name` ("vif", "adm", ...) with options, which
 * may be NULL. Extractors run in order of registration. Options that are not at
 * their defaults become part of the names of features:
 * "integer_vif_scale0_egl_1". An extractor that is registered with the same
 * such options already is not registered again: the earlier registration, with
 * its other options, serves both. An option that the extractor does not have is
 * ignored with a warning. After frames were read, the new extractor sees those
 * that follow.
 *
 * On success `opts_dict` is taken; on failure it stays the caller's. -EINVAL:
 * there is no such extractor, or an option value is not allowed. -ENOMEM.
 */
int vmaf_use_feature(VmafContext *vmaf, const char *feature_name,
                     VmafFeatureDictionary *opts_dict);

/*
 * Store a score that was measured elsewhere, under the name as given; models
 * find it by the published name of the feature they want. At any time.
 *
 * -EINVAL: there is a score of that name at that index, or the index is
 * UINT_MAX. -ENOMEM.
 */
int vmaf_import_feature_score(VmafContext *vmaf, const char *feature_name,
                              double value, unsigned index);

/*
 * Make the context's pool of `pic_cnt` pictures, which come back to it when
 * their last reference goes. Two are enough for a loop that fetches a pair at a
 * time; more keep worker threads busy: 2 * (n_threads + 1) + 1. A second call
 * replaces the pool.
 *
 * -EINVAL: size or count is 0, format or depth out of range. -EBUSY: there is a
 * pool, and the caller has some of its pictures. -ENOMEM.
 */
int vmaf_preallocate_pictures(VmafContext *vmaf, VmafPictureConfiguration cfg);

/*
 * Take a picture from the pool, waiting while none is free; it holds what its
 * last user left in it. The caller must not hold all of them while waiting.
 * Without vmaf_preallocate_pictures() a context with threads makes a pool of
 * 2 * n_threads + 2 once it has read a frame.
 *
 * -EINVAL: there is no pool. -ECANCELED: the pool was given up while waiting.
 * -ENOMEM.
 */
int vmaf_fetch_preallocated_picture(VmafContext *vmaf, VmafPicture *pic);

/*
 * Read a pair of pictures, or flush when both are NULL.
 *
 * The first reference picture fixes size, format and depth, which all others
 * must have. Indices should ascend from 0 without gaps: extractors that look
 * back take the pictures of the call before for the frame before, and each
 * index can be read once. On success both pictures are taken and the structs
 * zeroed; one picture may be passed as both. On failure they stay the
 * caller's. An extractor's failure skips the extractors after it for that frame
 * only, and frames may follow.
 *
 * With worker threads a frame is queued, and the call waits while n_threads
 * frames are waiting. A worker's error is reported once: by the next call that
 * reads, whose own frame is worked on all the same, or by the flush.
 * pyvmaf_last_message() names the frame. What fails in one extractor keeps no
 * other from running.
 *
 * The flush waits for the workers and lets extractors publish what they hold
 * back (motion2, motion3). It is done once, after the last frame; whatever it
 * returns, every extractor is flushed and everything that was measured can be
 * queried, and reading or flushing again is -EINVAL. The exception is a flush
 * before any extractor has worked: -EINVAL, if there is an extractor that needs
 * a frame, and frames may still follow.
 *
 * -EINVAL: exactly one picture is NULL, or one holds no reference; pictures
 * differ; the index was read before; the context is flushed. -ENOMEM. Anything
 * that an extractor returns.
 */
int vmaf_read_pictures(VmafContext *vmaf, VmafPicture *ref, VmafPicture *dist,
                       unsigned index);

/*
 * The model's score of a frame. It is predicted on first use and stored under
 * the model's name; a score that is stored there is returned as it is. Features
 * that extractors publish at the flush (motion2) are missing before it.
 *
 * -EINVAL: the model misses a feature at that index. -ENOMEM. On failure
 * `*score` is as it was, as in all calls below.
 */
int vmaf_score_at_index(VmafContext *vmaf, VmafModel *model, double *score,
                        unsigned index);

/* The same for a bootstrap collection; -EINVAL also when it is of another
 * type. */
int vmaf_score_at_index_model_collection(VmafContext *vmaf,
                                         VmafModelCollection *model_collection,
                                         VmafModelCollectionScore *score,
                                         unsigned index);

/*
 * A stored score by its published name ("VMAF_integer_feature_adm2_score") or
 * the short form that logs print ("integer_adm2").
 *
 * -EINVAL: there is none at that index, so far.
 */
int vmaf_feature_score_at_index(VmafContext *vmaf, const char *feature_name,
                                double *score, unsigned index);

/*
 * One score for the frames `index_low` to `index_high`, both included; of them,
 * those that subsampling keeps. All arithmetic is in index order.
 *
 * -EINVAL: low is above high, no such method, a frame has no score or cannot
 * be predicted, or subsampling keeps none of the frames.
 */
int vmaf_score_pooled(VmafContext *vmaf, VmafModel *model,
                      enum VmafPoolingMethod pool_method, double *score,
                      unsigned index_low, unsigned index_high);

/* The same for a bootstrap collection: bagging score, deviation and both ends
 * of the interval are pooled each by itself. */
int vmaf_score_pooled_model_collection(VmafContext *vmaf,
                                       VmafModelCollection *model_collection,
                                       enum VmafPoolingMethod pool_method,
                                       VmafModelCollectionScore *score,
                                       unsigned index_low, unsigned index_high);

/* The same for a stored feature, by published name or short form. */
int vmaf_feature_score_pooled(VmafContext *vmaf, const char *feature_name,
                              enum VmafPoolingMethod pool_method, double *score,
                              unsigned index_low, unsigned index_high);

/*
 * End a context: frames in work are finished, extractors closed, everything
 * freed. Pictures that the caller still holds stay valid, from a pool too.
 *
 * -EINVAL: `vmaf` is NULL.
 */
int vmaf_close(VmafContext *vmaf);

/*
 * Write everything that is stored to a file, which is replaced. It changes
 * nothing and may be done at any time, any number of times.
 *
 * -EINVAL: unknown format; no file is made then. Whatever errno opening and
 * writing the file gives.
 */
int vmaf_write_output(VmafContext *vmaf, const char *output_path,
                      enum VmafOutputFormat fmt);

/* What this library is, as logs name it; never NULL. */
const char *vmaf_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
