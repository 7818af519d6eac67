/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The scores of some frames, taken out of one context and put into another: how
 * ranges that were scored apart become one run, and how a run is resumed. Both
 * contexts have the same registrations in the same order. What an extractor
 * wrote of each frame is carried over; what it settles from that, whole-run
 * values and predictions are made anew by the context that has all frames, so
 * they are those of one run.
 */
#ifndef PYVMAF_PARTS_H
#define PYVMAF_PARTS_H

#include <stdbool.h>

#include "../libvmaf/libvmaf.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* A series of scores that one registration wrote. */
typedef struct PyvmafColumn {
    const char *name;      /* valid until vmaf_close() */
    unsigned registration; /* from 0, in the order of registration */
    bool kept;             /* not published, or of frames that are not scored */
    bool ordered;          /* by an extractor that is called in order */
    void *handle;
} PyvmafColumn;

/* The n-th column, published ones first, in the order of logs. -ENOENT: past the
 * last. */
int pyvmaf_column_at(VmafContext *vmaf, unsigned position,
                     PyvmafColumn *column);

/* The column's scores of the frames [begin, end) into `value`, NaN where there is
 * none, and whether there is one into `written`: those of extract(), or those of
 * settle(). */
int pyvmaf_column_scores(VmafContext *vmaf, const PyvmafColumn *column,
                         bool settled, unsigned begin, unsigned end,
                         double *value, unsigned char *written);

/* The n-th whole-run value, and the registration that set it. -ENOENT: past the
 * last. */
int pyvmaf_aggregate_at(VmafContext *vmaf, unsigned position, const char **name,
                        double *value, unsigned *registration);

/* Scores of successive frames, in the column's memory. */
typedef struct PyvmafRestoredColumn {
    PyvmafColumn column; /* name, registration and kept count */
    bool settled;
    const double *value;
    const unsigned char *written;
} PyvmafRestoredColumn;

typedef struct PyvmafRestored {
    enum VmafPixelFormat pix_fmt; /* of the pictures that were scored */
    unsigned bpc, w, h;
    unsigned begin, end; /* the frames [begin, end) */
    bool halo;           /* they were seen, but are not scored themselves */
    /* The frames will be read again for extractors that are called in order,
     * whose columns are left out; others do not see them. Otherwise columns of
     * such extractors hold what they settled, too. */
    bool replays;
    const PyvmafRestoredColumn *column;
    unsigned column_cnt;
} PyvmafRestored;

/*
 * Take over scores in place of reading pictures, in the order of frames, before
 * the first picture is read. Then either pictures go on behind the last frame,
 * of which the pairs before it that pyvmaf_halo() asks for are read again, or
 * the flush follows.
 *
 * -EINVAL: pictures were read, frames are out of order, the format differs from
 * that of frames before, or a value is there already.
 */
int pyvmaf_restore(VmafContext *vmaf, const PyvmafRestored *restored);

/* Take over a whole-run value of an extractor that is called in order. */
int pyvmaf_restore_aggregate(VmafContext *vmaf, unsigned registration,
                             const char *name, double value);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
