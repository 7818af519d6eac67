/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <math.h>

#include "output_writer.h"
#include "text/utf8.h"

static void output_json_string(FILE *file, const char *text)
{
    fputc('"', file);
    while (*text) {
        uint32_t point;
        const unsigned len = utf8_decode(text, &point);
        if (!len)
            fputs("\\ufffd", file);
        else if (point < 0x20)
            fprintf(file, "\\u%04x", (unsigned)point);
        else if (point == '"' || point == '\\')
            fprintf(file, "\\%c", (int)point);
        else
            fwrite(text, 1, len, file);
        text += len ? len : 1;
    }
    fputc('"', file);
}

/* One "name": value line. The comma that it may need before it is the
 * caller's: `separator` ends the line before. JSON has no NaN or infinity. */
static void output_json_entry(FILE *file, const char *separator,
                              const char *name, double value)
{
    fputs(separator, file);
    output_json_string(file, name);
    fprintf(file, ": %s", isfinite(value) ? output_number(value).text : "null");
}

static void output_json_frames(OutputWriter *w)
{
    const char *separator = "\n";
    unsigned frame;
    fputs("  \"frames\": [", w->file);
    for (; output_next_frame(w, &frame); separator = ",\n") {
        unsigned column = 0;
        const char *name, *line = "\n        ";
        double value;
        fprintf(w->file,
                "%s    {\n      \"frameNum\": %u,\n"
                "      \"metrics\": {",
                separator, frame);
        for (; (name = output_next_score(w, frame, &column, &value));
             line = ",\n        ")
            output_json_entry(w->file, line, name, value);
        fputs("\n      }\n    }", w->file);
    }
    fputs("\n  ],\n", w->file);
}

static void output_json_pooled(OutputWriter *w)
{
    const char *name, *separator = "\n    ";
    fputs("  \"pooled_metrics\": {", w->file);
    for (unsigned column = 0; (name = output_name(w, column)); column++) {
        PoolingSums sums;
        const char *line = "\n      ";
        fputs(separator, w->file);
        separator = ",\n    ";
        output_json_string(w->file, name);
        fputs(": {", w->file);
        if (output_pool(w, column, &sums)) {
            for (unsigned i = 0; i < OUTPUT_POOL_CNT; i++) {
                output_json_entry(w->file, line, output_pools[i].name,
                                  pooling_value(&sums, output_pools[i].method));
                line = ",\n      ";
            }
        }
        fputs("\n    }", w->file);
    }
    fputs("\n  },\n", w->file);
}

void output_write_json(OutputWriter *w)
{
    const double fps = output_fps(w);
    const char *name, *separator = "\n    ";
    double value;
    fputs("{\n  \"version\": ", w->file);
    output_json_string(w->file, vmaf_version());
    fprintf(w->file, ",\n  \"fps\": %s,\n",
            isfinite(fps) ? output_fps_number(fps).text : "null");
    output_json_frames(w);
    output_json_pooled(w);
    fputs("  \"aggregate_metrics\": {", w->file);
    for (unsigned i = 0;
         (name = collector_aggregate_at(w->collector, i, &value, NULL)); i++) {
        output_json_entry(w->file, separator, name, value);
        separator = ",\n    ";
    }
    fputs("\n  }\n}\n", w->file);
}
