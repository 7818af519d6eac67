/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What pyvmaf adds to libvmaf's interface, besides extractor.h. */
#ifndef PYVMAF_H
#define PYVMAF_H

#include <stddef.h>

#include "../libvmaf/libvmaf.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/*
 * The last line at level ERROR or WARNING that a call on this thread logged,
 * whether or not it was printed; "" when there is none. When a call reports what
 * failed in a worker thread, that line becomes the caller's. Valid until the
 * thread's next call into the library.
 */
const char *pyvmaf_last_message(void);

/* Forget that line. */
void pyvmaf_clear_last_message(void);

/*
 * Make a picture over memory that is not the library's: no copy is made. Sizes
 * follow vmaf_picture_alloc(), `stride` is in bytes and at least a row; 16-bit
 * samples need even addresses and strides. The memory must stay as it is until
 * release(cookie), which is called once, by any thread, when the last reference
 * goes: the engine looks back two frames, and worker threads run behind.
 * `release` may be NULL; it must not call the library.
 *
 * -EINVAL: a pointer is NULL where the format needs it, a stride or address does
 * not fit, or format, depth or size is out of range. -ENOMEM. On failure nothing
 * is released and `*pic` is as it was.
 */
int pyvmaf_picture_wrap(VmafPicture *pic, enum VmafPixelFormat pix_fmt,
                        unsigned bpc, unsigned w, unsigned h,
                        void *const data[3], const ptrdiff_t stride[3],
                        void (*release)(void *cookie), void *cookie);

/* Take one more reference to the picture `src`, for instance one that was lent
 * to an extractor; `dst` is overwritten and goes by vmaf_picture_unref(). Any
 * thread. -EINVAL when `src` holds no picture. */
int pyvmaf_picture_ref(VmafPicture *dst, const VmafPicture *src);

/*
 * Pictures of odd sizes round their chroma down, as in libvmaf; files round it
 * up. Say that the memory of `pic` holds that further sample of each row and
 * that further row, before it is handed over; extractors to which the edge
 * matters ask. -EINVAL when `pic` holds no picture or its rows are too short.
 */
int pyvmaf_picture_set_edge(VmafPicture *pic);

/* 1 when pyvmaf_picture_set_edge() was called for the picture, else 0. */
int pyvmaf_picture_has_edge(const VmafPicture *pic);

/* The name of the n-th built-in model; NULL past the last. */
const char *pyvmaf_builtin_model_at(unsigned position);

/*
 * Load whichever it is, built in by `version` or in the file `path`: a single
 * model, with NULL in `*model_collection`, or a collection, as
 * vmaf_model_collection_load() does. The file is read once. On failure neither
 * is set.
 */
int pyvmaf_model_load_any(VmafModel **model,
                          VmafModelCollection **model_collection,
                          VmafModelConfig *cfg, const char *version);
int pyvmaf_model_load_any_from_path(VmafModel **model,
                                    VmafModelCollection **model_collection,
                                    VmafModelConfig *cfg, const char *path);

/* The name under which a model's scores are stored. */
const char *pyvmaf_model_name(const VmafModel *model);

/* The published name of a model's n-th feature; NULL past the last. Valid as
 * long as the model is, until its next overload. */
const char *pyvmaf_model_feature_at(VmafModel *model, unsigned position);

/*
 * What a model computes, for code that computes the same in another way, for
 * instance with gradients. With x the rescaled features,
 *
 *     raw = sum(coefficient * exp(-gamma * |x - vector|^2)) - rho
 *     score = finish((raw - intercept) / slope)
 *
 * where finish() is transform and clip. Arrays belong to the model.
 */
typedef struct PyvmafModelView {
    unsigned feature_cnt;
    double gamma, rho;
    unsigned vector_cnt,
        width; /* width: values of a vector, feature_cnt or more */
    const double *coefficient; /* one per vector */
    const double *vector;      /* vector after vector */
    double slope, intercept;   /* 1 and 0 without normalisation */
    int transforms;  /* nonzero: the four that follow apply, in this order */
    double power[3]; /* of y^0, y^1, y^2 */
    unsigned knot_cnt;
    const double *knot;       /* x and y of each */
    int not_above, not_below; /* than the score before the transform */
    int clips;
    double clip_min, clip_max;
    double
        chroma; /* a feature `chroma_target` of 0 becomes chroma * (1 - guide); 0: it does not */
    unsigned chroma_guide, chroma_target;
} PyvmafModelView;

/* One input of a model: slope * value + intercept goes into the sum. */
typedef struct PyvmafModelFeature {
    const char *name;      /* as in the file */
    const char *published; /* with its options, as in logs */
    const char *extractor; /* NULL: none provides it */
    double slope, intercept;
    unsigned option_cnt;
} PyvmafModelFeature;

/* Fill `*view`, which is valid as long as the model. -EINVAL: NULL. */
int pyvmaf_model_view(const VmafModel *model, PyvmafModelView *view);

/* Fill `*feature` with the n-th input; valid until the model's next overload.
 * -EINVAL: NULL, or no such input. */
int pyvmaf_model_feature(VmafModel *model, unsigned position,
                         PyvmafModelFeature *feature);

/* The n-th option of an input, as text. -EINVAL: NULL, or no such option. */
int pyvmaf_model_option(const VmafModel *model, unsigned feature,
                        unsigned position, const char **key,
                        const char **value);

/* The n-th member that votes in a collection; NULL past the last. It belongs to
 * the collection. */
VmafModel *pyvmaf_model_member_at(const VmafModelCollection *collection,
                                  unsigned position);

/* The instruction set whose kernels a context with this mask uses: "scalar",
 * "avx2", "avx512", "avx512vnni" or "neon". */
const char *pyvmaf_cpu_name(uint64_t cpumask);

/* Stored names in the order of logs; NULL past the last. The order is that of
 * an unthreaded run, whatever the threads did; it is final after the flush. A
 * name stays valid until vmaf_close(). */
const char *pyvmaf_feature_name_at(VmafContext *vmaf, unsigned position);

/* The short form of a feature's name, as logs print it, or `name` itself where
 * there is none. Valid as long as `name` is. */
const char *pyvmaf_feature_alias(const char *name);

/* The name under which its extractor publishes a feature with these options, of
 * which NULL is none, into `size` bytes. -EINVAL: no extractor provides it, or an
 * option's value is not allowed. -ENOSPC: the name is longer. */
int pyvmaf_feature_published(char *name, size_t size, const char *feature,
                             const VmafFeatureDictionary *options);

/*
 * Pictures of 9 to 15 bits are searched for samples beyond that depth, which have
 * no score that instruction sets agree on; vmaf_read_pictures() refuses them. One
 * pass over the planes that an extractor reads. 0 leaves it out: the caller has
 * checked them. Any time.
 */
int pyvmaf_check_samples(VmafContext *vmaf, int check);

/* One past the highest frame index with a score. */
unsigned pyvmaf_frame_count(VmafContext *vmaf);

/* How many pairs vmaf_read_pictures() took. Any thread. */
unsigned pyvmaf_read_count(VmafContext *vmaf);

/* The earliest frame at which an extractor failed, so that scores lack there;
 * UINT_MAX: none. Any thread. */
unsigned pyvmaf_failed_frame(VmafContext *vmaf);

/*
 * The scores of the frames low, low + step, ... up to `high`, by published name
 * or alias, NaN where there is none, into `out`, which has room for all of them.
 * -EINVAL: low is above high, step is 0. A name that nobody knows is no error.
 */
int pyvmaf_feature_scores(VmafContext *vmaf, const char *feature_name,
                          unsigned low, unsigned high, unsigned step,
                          double *out);

/* The same for a model, whose scores are predicted where they can be. */
int pyvmaf_model_scores(VmafContext *vmaf, VmafModel *model, unsigned low,
                        unsigned high, unsigned step, double *out);

/*
 * Settled frames: those whose every score is final, so that they can be used
 * while others are still being read. Features that look ahead delay them:
 * v0.6.1 by one frame, models with motion's five-frame window by two.
 *
 * pyvmaf_next_settled() steps through the frames that were read, in the order
 * of their indices, once. -EAGAIN: the next one is not settled yet. -ENODATA:
 * the run was flushed, there are no more. Frames after a gap in the numbering
 * settle at the flush; one that was read after a later one had been handed out
 * is not handed out any more.
 *
 * pyvmaf_wait_settled() waits for it, at most so many milliseconds; -EAGAIN:
 * they have passed. Any thread may call them while others read.
 */
int pyvmaf_next_settled(VmafContext *vmaf, unsigned *index);
int pyvmaf_wait_settled(VmafContext *vmaf, unsigned *index,
                        unsigned milliseconds);

/*
 * Hand over a pair that neighbours need but that is not scored itself: before
 * the first and after the last frame of a range, in order and without gaps. With
 * as many of them as pyvmaf_halo() says, the scores of a range are, to the bit,
 * those of the whole run. Pictures are taken over as by vmaf_read_pictures().
 */
int pyvmaf_read_halo(VmafContext *vmaf, VmafPicture *ref, VmafPicture *dist,
                     unsigned index);

/*
 * Several distorted streams against one reference, whose half of the work is
 * done once; each has its own context, and gets the numbers, to the bit, that
 * vmaf_read_pictures() would give it. What the streams register may differ: they
 * share what they have in common. The frames of all run on the threads of the
 * first one, so the others need none.
 */
typedef struct PyvmafStream {
    VmafContext *context;
    VmafPicture *dist;
    /* Set by the call: 0, or what vmaf_read_pictures() would have returned here,
     * and pyvmaf_last_message() said. */
    int err;
    char reason[1024];
} PyvmafStream;

/*
 * Read a frame of `cnt` streams, at most PYVMAF_LANE_MAX; `halo`: it is not
 * scored itself, as with pyvmaf_read_halo(). All pictures are taken over,
 * whatever comes out. What is wrong with a stream's picture, or fails in its
 * extractors, is that stream's error and takes nothing from the others; the
 * first one is returned. Nothing is read where the call itself is wrong
 * (-EINVAL): something is NULL, two streams have the same context or picture, a
 * context is flushed.
 */
int pyvmaf_read_together(PyvmafStream *stream, unsigned cnt, VmafPicture *ref,
                         unsigned index, int halo);

/* How many frames before and after a range what is registered needs, where there
 * are so many; UINT_MAX before: all. */
int pyvmaf_halo(VmafContext *vmaf, unsigned *before, unsigned *after);

/* Wait until vmaf_read_pictures() would find room for a frame, or all work is
 * done, at most so many milliseconds; -EAGAIN: they have passed. For callers who
 * must not wait in one piece. Any thread. */
int pyvmaf_wait_room(VmafContext *vmaf, unsigned milliseconds);
int pyvmaf_wait_idle(VmafContext *vmaf, unsigned milliseconds);

/* Drop the frames that no worker has begun, and from now on those that would
 * wait for one: closing then waits for the frames at work only. A call after it
 * reports them, -ECANCELED, as do calls that wait for a settled frame. Any thread. */
int pyvmaf_abandon(VmafContext *vmaf);

/* vmaf_fetch_preallocated_picture() that waits at most so many milliseconds;
 * -EAGAIN: they have passed. */
int pyvmaf_fetch_picture(VmafContext *vmaf, VmafPicture *pic,
                         unsigned milliseconds);

/*
 * A function that is no part of the interface, by name; NULL: there is none. Of
 * use to pyvmaf's own Python part, whose tests call the kernels one by one; each
 * release may change what there is.
 */
typedef void (*PyvmafFunction)(void);
PyvmafFunction pyvmaf_internal(const char *name);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
