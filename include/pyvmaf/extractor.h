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

/* What one instance is made for. Valid during init only. */
typedef struct PyvmafExtractorInit {
    enum VmafPixelFormat pix_fmt;
    unsigned bpc, w, h; /* of luma */
    unsigned cpu_flags; /* instruction sets that may be used */
    unsigned n_threads; /* of the context; 0: the caller's alone */
    void *user;         /* PyvmafExtractor.user */
    /* Whom the instance works for: an identity to share things by; calls on it
     * from an extractor would wait for themselves. */
    const VmafContext *context;
} PyvmafExtractorInit;

/* One frame pair. The pictures are lent for the duration of the call. */
typedef struct PyvmafFrame {
    unsigned index;
    const VmafPicture *ref, *dist;
    /* The reference pictures read one and two calls earlier; NULL when there
     * is none or PYVMAF_EXTRACTOR_PREV_REF is not set. */
    const VmafPicture *prev_ref, *prev_prev_ref;
} PyvmafFrame;

/* Where an instance puts its scores; it adds the decoration of names. */
typedef struct PyvmafScores PyvmafScores;

enum PyvmafExtractorFlags {
    /* One instance sees every frame, in order of submission, on the thread
     * that submits it. */
    PYVMAF_EXTRACTOR_TEMPORAL = 1,
    /* Every frame is seen, in any order, with the earlier references. */
    PYVMAF_EXTRACTOR_PREV_REF = 2,
};

/*
 * Callbacks return 0 or a negative errno value, which the caller of
 * vmaf_read_pictures() gets; a reason goes to pyvmaf_extractor_log() first. They
 * may ask their context for scores but must not change it. `state` is zero-filled memory
 * of `state_size` bytes with the option values written at their offsets; there
 * is one for each instance, and one instance is used by one thread at a time.
 * With worker threads there may be several instances at once, except for
 * temporal extractors. flush() runs once, after all frames, on one instance.
 * init may be NULL, as may flush and close. close() runs once for each
 * successful init().
 */
typedef struct PyvmafExtractor {
    const char *name;
    const char *help;
    unsigned flags;              /* enum PyvmafExtractorFlags */
    const char *const *features; /* provided names, NULL-terminated */
    const PyvmafOption *options; /* ends with a NULL name; may be NULL */
    size_t state_size;
    void *user;
    int (*init)(void *state, const PyvmafExtractorInit *init);
    int (*extract)(void *state, const PyvmafFrame *frame, PyvmafScores *scores);
    int (*flush)(void *state, PyvmafScores *scores);
    int (*close)(void *state);
} PyvmafExtractor;

/* Publish `value` under `name` (decorated when `name` is a provided one).
 * -EINVAL when the slot is already written. -ENOMEM. */
int pyvmaf_scores_append(PyvmafScores *scores, const char *name, double value,
                         unsigned index);

/* Read back a value that this registration published. -EINVAL when missing. */
int pyvmaf_scores_get(PyvmafScores *scores, const char *name, double *value,
                      unsigned index);

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
 * uses it is closed. Thread-safe. -EINVAL: the row is malformed; the line says
 * how. -EEXIST: the name is known. -ENOMEM.
 */
int pyvmaf_register_extractor(const PyvmafExtractor *extractor);

/* Forget a registered extractor; contexts that use it keep doing so. -ENOENT
 * when the name is unknown or built in. */
int pyvmaf_unregister_extractor(const char *name);

/* The known extractors in look-up order, built-in ones first; NULL past the
 * last. */
const PyvmafExtractor *pyvmaf_extractor_at(unsigned position);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
