/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The two formats with one line per frame: CSV, and MicroDVD subtitles. */
#include <string.h>

#include "output_writer.h"

/* A name that would break the table is quoted, by RFC 4180. */
static void output_csv_field(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

/* A frame's missing scores leave no gap, as in libvmaf: its row is shorter. */
void output_write_csv(OutputWriter *w)
{
    const char *name;
    unsigned frame;
    fputs("Frame,", w->file);
    for (unsigned column = 0; (name = output_name(w, column)); column++) {
        output_csv_field(w->file, name);
        fputc(',', w->file);
    }
    fputc('\n', w->file);
    while (output_next_frame(w, &frame)) {
        unsigned column = 0;
        double value;
        fprintf(w->file, "%u,", frame);
        while (output_next_score(w, frame, &column, &value))
            fprintf(w->file, "%s,", output_number(value).text);
        fputc('\n', w->file);
    }
}

void output_write_sub(OutputWriter *w)
{
    unsigned frame;
    while (output_next_frame(w, &frame)) {
        unsigned column = 0;
        const char *name;
        double value;
        fprintf(w->file, "{%u}{%u}frame: %u|", frame, frame + 1, frame);
        while ((name = output_next_score(w, frame, &column, &value)))
            fprintf(w->file, "%s: %s|", name, output_number(value).text);
        fputc('\n', w->file);
    }
}
