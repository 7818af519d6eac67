/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/log.h"
#include "text/feature_name.h"
#include "text/number.h"
#include "output_writer.h"

const struct OutputPool output_pools[OUTPUT_POOL_CNT] = {
    { "min", VMAF_POOL_METHOD_MIN },
    { "max", VMAF_POOL_METHOD_MAX },
    { "mean", VMAF_POOL_METHOD_MEAN },
    { "harmonic_mean", VMAF_POOL_METHOD_HARMONIC_MEAN },
};

/* Times ten until at least 1: how many decimals a fraction starts with. */
static unsigned output_leading_decimals(double value)
{
    const double magnitude = fabs(value);
    unsigned cnt = 0;
    /* Where libvmaf's conversion to int ends; it prints six decimals there.
     * NaN fails the comparison as well. */
    if (!(magnitude < 2147483648.0))
        return 0;
    double fraction = magnitude - (double)(int)magnitude;
    for (; fraction > 0 && fraction < 1; fraction *= 10)
        cnt++;
    return cnt;
}

OutputNumber output_number(double value)
{
    OutputNumber n;
    if (isnan(value)) /* whatever its sign, which is no information */
        strcpy(n.text, "nan");
    else
        number_print(n.text, sizeof(n.text),
                     output_leading_decimals(value) <= 6 ? "%.6f" : "%.16f",
                     value);
    return n;
}

double output_fps(const OutputWriter *w)
{
    return w->info->picture_cnt / collector_seconds(w->collector);
}

OutputNumber output_fps_number(double fps)
{
    OutputNumber n;
    if (isnan(fps))
        strcpy(n.text, "nan");
    else
        number_print(n.text, sizeof(n.text), "%.2f", fps);
    return n;
}

const char *output_name(const OutputWriter *w, unsigned column)
{
    return column < w->column_cnt ? w->column[column].name : NULL;
}

const char *output_next_score(const OutputWriter *w, unsigned frame,
                              unsigned *column, double *value)
{
    while (*column < w->column_cnt) {
        const OutputColumn *const c = &w->column[(*column)++];
        if (!collector_get(w->collector, c->column, value, frame))
            return c->name;
    }
    return NULL;
}

bool output_next_frame(OutputWriter *w, unsigned *frame)
{
    while (w->next_frame < UINT_MAX &&
           collector_next_frame(w->collector, (unsigned)w->next_frame, frame)) {
        const uint64_t kept = pooling_on_grid(w->info->n_subsample, *frame);
        w->next_frame = kept == *frame ? kept + 1 : kept;
        if (kept == *frame)
            return true;
    }
    return false;
}

bool output_pool(const OutputWriter *w, unsigned column, PoolingSums *sums)
{
    unsigned missing;
    if (!w->info->picture_cnt)
        return false;
    const unsigned first = w->info->first_index;
    const PoolingRange range = { w->info->n_subsample, first,
                                 first + w->info->picture_cnt - 1 };
    return !pooling_sum(w->collector, w->column[column].column, &range, sums,
                        &missing);
}

/* The columns that there are now. */
static int output_list_columns(OutputWriter *w)
{
    CollectorColumn *column;
    unsigned capacity = 0;
    while ((column = collector_column_at(w->collector, w->column_cnt))) {
        if (w->column_cnt == capacity) {
            capacity = 2 * capacity + 16;
            OutputColumn *const grown =
                realloc(w->column, capacity * sizeof(*grown));
            if (!grown)
                return -ENOMEM;
            w->column = grown;
        }
        w->column[w->column_cnt++] =
            (OutputColumn){ feature_name_alias(collector_name(column)),
                            column };
    }
    return 0;
}

int output_write(Collector *collector, const OutputInfo *info, const char *path,
                 enum VmafOutputFormat format)
{
    static void (*const write[])(OutputWriter *) = {
        [VMAF_OUTPUT_FORMAT_XML] = output_write_xml,
        [VMAF_OUTPUT_FORMAT_JSON] = output_write_json,
        [VMAF_OUTPUT_FORMAT_CSV] = output_write_csv,
        [VMAF_OUTPUT_FORMAT_SUB] = output_write_sub,
    };
    if (!path)
        return -EINVAL;
    if (format < VMAF_OUTPUT_FORMAT_XML || format > VMAF_OUTPUT_FORMAT_SUB) {
        log_line(VMAF_LOG_LEVEL_ERROR, "unknown output format %d", (int)format);
        return -EINVAL;
    }
    OutputWriter w = { .collector = collector, .info = info };
    int err = output_list_columns(&w);
    if (err) {
        free(w.column);
        return err;
    }
    w.file = fopen(path, "w");
    if (!w.file) {
        err = -errno;
        free(w.column);
        log_line(VMAF_LOG_LEVEL_ERROR, "could not open file: %s: %s", path,
                 strerror(-err));
        return err;
    }
    /* Whichever write fails first leaves its cause; fclose() can fail too,
     * when it writes what is buffered. */
    errno = 0;
    write[format](&w);
    free(w.column);
    err = ferror(w.file) ? (errno ? -errno : -EIO) : 0;
    if (fclose(w.file) && !err)
        err = errno ? -errno : -EIO;
    if (err)
        log_line(VMAF_LOG_LEVEL_ERROR, "could not write file: %s: %s", path,
                 strerror(-err));
    return err;
}
