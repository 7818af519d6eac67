/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "output_writer.h"
#include "text/utf8.h"

static bool output_xml_between(uint32_t point, char low, char high)
{
    return point >= (unsigned char)low && point <= (unsigned char)high;
}

/* A name as an attribute's name. What XML does not allow there is spelled
 * _xHHHH_ by its code point, as XML tools that encode names do. */
static void output_xml_attribute(OutputWriter *w, const char *name,
                                 double value)
{
    if (!*name)
        fputs("_x0000_", w->file);
    for (const char *s = name; *s;) {
        uint32_t point;
        const unsigned len = utf8_decode(s, &point);
        const bool starts = output_xml_between(point, 'a', 'z') ||
                            output_xml_between(point, 'A', 'Z') || point == '_';
        const bool goes_on =
            output_xml_between(point, '0', '9') || point == '-' || point == '.';
        if (starts || (goes_on && s != name))
            fputc((int)point, w->file);
        else
            fprintf(w->file, "_x%04x_", len ? (unsigned)point : 0xfffd);
        s += len ? len : 1;
    }
    fprintf(w->file, "=\"%s\" ", output_number(value).text);
}

/* Text between double quotes. Other control characters have no spelling. */
static void output_xml_text(FILE *file, const char *text)
{
    while (*text) {
        uint32_t point;
        const unsigned len = utf8_decode(text, &point);
        if (!len ||
            (point < 0x20 && point != '\t' && point != '\n' && point != '\r'))
            fputs("&#xFFFD;", file);
        else if (point < 0x20 || point == '"' || point == '&' || point == '<' ||
                 point == '>')
            fprintf(file, "&#%u;", (unsigned)point);
        else
            fwrite(text, 1, len, file);
        text += len ? len : 1;
    }
}

static void output_xml_frames(OutputWriter *w)
{
    unsigned frame;
    fputs("  <frames>\n", w->file);
    while (output_next_frame(w, &frame)) {
        unsigned column = 0;
        const char *name;
        double value;
        fprintf(w->file, "    <frame frameNum=\"%u\" ", frame);
        while ((name = output_next_score(w, frame, &column, &value)))
            output_xml_attribute(w, name, value);
        fputs("/>\n", w->file);
    }
    fputs("  </frames>\n", w->file);
}

static void output_xml_pooled(OutputWriter *w)
{
    const char *name;
    fputs("  <pooled_metrics>\n", w->file);
    for (unsigned column = 0; (name = output_name(w, column)); column++) {
        PoolingSums sums;
        fputs("    <metric name=\"", w->file);
        output_xml_text(w->file, name);
        fputs("\" ", w->file);
        if (output_pool(w, column, &sums)) {
            for (unsigned i = 0; i < OUTPUT_POOL_CNT; i++)
                output_xml_attribute(
                    w, output_pools[i].name,
                    pooling_value(&sums, output_pools[i].method));
        }
        fputs("/>\n", w->file);
    }
    fputs("  </pooled_metrics>\n", w->file);
}

void output_write_xml(OutputWriter *w)
{
    const char *name;
    double value;
    fputs("<VMAF version=\"", w->file);
    output_xml_text(w->file, vmaf_version());
    fprintf(w->file,
            "\">\n"
            "  <params qualityWidth=\"%u\" qualityHeight=\"%u\" />\n"
            "  <fyi fps=\"%s\" />\n",
            w->info->w, w->info->h, output_fps_number(output_fps(w)).text);
    output_xml_frames(w);
    output_xml_pooled(w);
    fputs("  <aggregate_metrics ", w->file);
    for (unsigned i = 0;
         (name = collector_aggregate_at(w->collector, i, &value, NULL)); i++)
        output_xml_attribute(w, name, value);
    fputs("/>\n</VMAF>\n", w->file);
}
