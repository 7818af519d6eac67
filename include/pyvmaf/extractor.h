/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Feature extractors registered at run time.
 *
 * An extractor is a row of callbacks with an option table. The built-in ones
 * (vif, adm, motion, ...) are rows of the same type, so a registered extractor
 * is an equal: vmaf_use_feature(), models, decorated names, worker threads,
 * subsampling, pooling and logs treat it alike.
 *
 *     static int extract(void *state, const PyvmafFrame *frame,
 *                        PyvmafScores *scores)
 *     {
 *         const double mean = mean_of(frame->dist);
 *         return pyvmaf_scores_append(scores, "brightness", mean, frame->index);
 *     }
 *
 *     static const char *const features[] = { "brightness", NULL };
 *     static const PyvmafExtractor row = {
 *         .name = "brightness", .features = features, .extract = extract,
 *     };
 *     pyvmaf_register_extractor(&row);
 *     vmaf_use_feature(vmaf, "brightness", NULL);
 */
#ifndef PYVMAF_EXTRACTOR_H
#define PYVMAF_EXTRACTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "../libvmaf/libvmaf.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum PyvmafOptionType {
    PYVMAF_OPTION_BOOL = 0,   /* stored as bool */
    PYVMAF_OPTION_INT = 1,    /* stored as int */
    PYVMAF_OPTION_DOUBLE = 2, /* stored as double */
    PYVMAF_OPTION_STRING = 3, /* stored as const char *, owned by the engine */
};

enum PyvmafOptionFlags {
    /* A value other than the default becomes part of published names. */
    PYVMAF_OPTION_FEATURE_PARAM = 1,
};

typedef struct PyvmafOption {
    const char *name;  /* NULL ends a table */
    const char *alias; /* short form in published names; NULL: name itself */
    const char *help;
    enum PyvmafOptionType type;
    size_t offset;            /* of the parsed value in the extractor's state */
    double default_number;    /* bool: 0 or 1; int; double */
    const char *default_text; /* string; may be NULL */
    double min, max;          /* int and double, inclusive */
    unsigned flags;           /* enum PyvmafOptionFlags */
} PyvmafOption;

/* Planes of a picture, a bit each. */
enum PyvmafPlanes {
    PYVMAF_LUMA = 1,
    PYVMAF_CHROMA = 2 | 4,
    PYVMAF_PLANES = PYVMAF_LUMA | PYVMAF_CHROMA,
};

/*
 * What an extractor needs of the engine. Each need is declared by itself and
 * paid for by itself: an extractor that has none sees the frames that are
 * scored, in any order, on all threads at once.
 */
typedef struct PyvmafNeeds {
    bool every_frame; /* also the frames that subsampling leaves out */
    bool in_order;    /* one instance, called in the order of submission on the
                       * thread that submits */
    /* Pictures that were read before: how many of each side, at most
     * PYVMAF_EARLIER_MAX. */
    unsigned earlier_ref, earlier_dist;
    /* Until a frame's scores are final: how many frames after it must be known.
     * Only settle() writes so late. */
    unsigned look_ahead;
    /* For the scores of a range of frames to be those of the whole run: how
     * many frames before it must be read; UINT_MAX: all. */
    unsigned look_back;
    /* Planes of each side (enum PyvmafPlanes) that it never reads a sample of:
     * what no extractor of a context reads is not searched for samples beyond
     * the depth. */
    unsigned unread_ref, unread_dist;
} PyvmafNeeds;

#define PYVMAF_EARLIER_MAX 8

/* What one instance is made for. Valid during init only. */
typedef struct PyvmafExtractorInit {
    enum VmafPixelFormat pix_fmt;
    unsigned bpc, w, h; /* of luma */
    unsigned cpu_flags; /* instruction sets that may be used */
    unsigned n_threads; /* of the context; 0: the caller's alone */
    void *user;         /* PyvmafExtractor.user */
    /* The owning context, as a key for shared state; calling it from an
     * extractor, other than for scores, is -EDEADLK. */
    const VmafContext *context;
} PyvmafExtractorInit;

/* A frame that was read before; ref and dist are NULL where they were not asked
 * for, and all is when there is none. */
typedef struct PyvmafEarlier {
    unsigned index;
    const VmafPicture *ref, *dist;
} PyvmafEarlier;

/* One frame pair. The pictures are lent for the duration of the call. */
typedef struct PyvmafFrame {
    unsigned index;
    const VmafPicture *ref, *dist;
    /* Seen by those who need neighbours, but not scored: what is appended for
     * it is kept. */
    bool halo;
    /* No sample of the planes that are read has more bits than the depth;
     * false: nobody looked. */
    bool samples_checked;
    /* earlier[k] was read k + 1 calls before, whatever its index. */
    PyvmafEarlier earlier[PYVMAF_EARLIER_MAX];
} PyvmafFrame;

/* The frames [begin, end), all of which an extractor has now seen. Spans of a
 * registration follow each other from `base`, the first frame that it saw,
 * without gaps; the last one, which may be empty, comes at the end of the run.
 * Frames after a gap in the numbering are in no span. */
typedef struct PyvmafSpan {
    unsigned base, begin, end;
    bool last;
} PyvmafSpan;

/* Where an instance puts its scores; it adds the decoration of names. */
typedef struct PyvmafScores PyvmafScores;

/* One of several registrations that a call serves. */
typedef struct PyvmafShare {
    const void *settings; /* what configure() left of its state */
    PyvmafScores *scores;
} PyvmafShare;

/* Most registrations of a stream that one call serves. */
#define PYVMAF_SHARE_MAX 8

/* One stream's part of a call that serves several, which have one reference:
 * pyvmaf_read_together(). */
typedef struct PyvmafLane {
    void *state; /* an instance of the stream's own */
    const PyvmafFrame *frame;
    const PyvmafShare *share; /* the registrations to serve */
    unsigned cnt;
    int err; /* 0, for the call to set where this lane fails */
} PyvmafLane;

/* Most lanes of a call. */
#define PYVMAF_LANE_MAX 16

/*
 * A row of callbacks. They return 0 or a negative errno value, which the caller
 * of vmaf_read_pictures() gets; a reason goes to pyvmaf_extractor_log() first.
 * They may ask their context for scores but must not change it.
 *
 * configure() runs in vmaf_use_feature(): `state` is zero-filled memory of
 * `state_size` bytes with the option values written at their offsets. It refuses
 * what can be refused without a picture, derives what depends on options only,
 * and may change the needs. What it leaves are the registration's settings.
 *
 * init() makes an instance: `state` starts as a copy of the settings. An
 * instance is used by one thread at a time; there may be several at once, except
 * for needs.in_order. It holds workspace only: what matters later is a score of
 * a frame, kept if it is not to be published.
 *
 * extract() scores a frame. settle() is called in order, as frames complete, for
 * scores that need neighbours or the whole run; its `state` is an instance that
 * is not in use (or settings, for a registration without any). close() runs once for each successful init().
 *
 * Two registrations with different options whose settings compatible() accepts
 * may share one extract_group() call, whose first share is the instance's own.
 * What it publishes must equal, bit for bit, what extract() publishes for each
 * alone. Registrations other than the first have no instances.
 *
 * extract_lanes() stands for extract() and extract_group() where there is work
 * that several distorted streams have in common. Every lane is what would be
 * such a call of its own, with the same result; index, halo, the reference and
 * as many earlier references as are needed are the same in all, and compatible()
 * accepts the settings of their first shares.
 *
 * Every callback may be NULL, but there must be extract() or extract_lanes().
 */
typedef struct PyvmafExtractor {
    const char *name;
    const char *help;
    /* Provided names, NULL-terminated: models may ask for them and options
     * decorate them. */
    const char *const *features;
    /* Further names that are published as they are, NULL-terminated. */
    const char *const *extras;
    /* Names of what is kept and not published, NULL-terminated. */
    const char *const *kept;
    const PyvmafOption *options; /* ends with a NULL name */
    size_t state_size;
    void *user;
    PyvmafNeeds needs;
    int (*configure)(void *state, PyvmafNeeds *needs);
    int (*init)(void *state, const PyvmafExtractorInit *init);
    int (*extract)(void *state, const PyvmafFrame *frame, PyvmafScores *scores);
    int (*settle)(void *state, const PyvmafSpan *span, PyvmafScores *scores);
    int (*close)(void *state);
    bool (*compatible)(const void *settings, const void *other);
    int (*extract_group)(void *state, const PyvmafShare *share, unsigned cnt,
                         const PyvmafFrame *frame);
    unsigned share_max; /* most shares of a lane; 0: PYVMAF_SHARE_MAX */
    void (*extract_lanes)(PyvmafLane *lane, unsigned cnt);
} PyvmafExtractor;

/* Publish `value` under `name`, which is decorated when it is a provided one;
 * a name of `kept` is kept. -EINVAL when the slot is already written. -ENOMEM. */
int pyvmaf_scores_append(PyvmafScores *scores, const char *name, double value,
                         unsigned index);

/* Read back a value that this registration published or kept. -EINVAL when
 * missing. */
int pyvmaf_scores_get(PyvmafScores *scores, const char *name, double *value,
                      unsigned index);

/* The same two by the position of the name in `features`, then `extras`, then
 * `kept`: nothing is looked up. */
int pyvmaf_scores_put(PyvmafScores *scores, unsigned position, double value,
                      unsigned index);
int pyvmaf_scores_at(PyvmafScores *scores, unsigned position, double *value,
                     unsigned index);

/* The first frame from `from` up that has a value at that position; UINT_MAX:
 * none. */
unsigned pyvmaf_scores_next(PyvmafScores *scores, unsigned position,
                            unsigned from);

/* Publish a value for the whole sequence, under the name as given; it appears
 * in logs only. -EINVAL when another value is written. -ENOMEM. */
int pyvmaf_scores_aggregate(PyvmafScores *scores, const char *name,
                            double value);

/* Write a line to the engine's log; what an extractor logs before it fails is
 * the reason that the caller sees. */
void pyvmaf_extractor_log(enum VmafLogLevel level, const char *message);

/*
 * Make `extractor` known to every context of the process. The row and all that
 * it points to must stay valid until it is unregistered and every context that
 * uses it is closed: pyvmaf_extractor_users(). Thread-safe. -EINVAL: the row is malformed; the line says
 * how. -EEXIST: the name is known. -ENOMEM.
 */
int pyvmaf_register_extractor(const PyvmafExtractor *extractor);

/* Forget a registered extractor; contexts that use it keep doing so. -ENOENT
 * when the name is unknown or built in. */
int pyvmaf_unregister_extractor(const char *name);

/* How many registrations in open contexts use that row, so that its owner knows
 * when it may go: when it was unregistered and this is 0. */
unsigned pyvmaf_extractor_users(const PyvmafExtractor *extractor);

/* The known extractors in look-up order, built-in ones first; NULL past the
 * last. */
const PyvmafExtractor *pyvmaf_extractor_at(unsigned position);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
