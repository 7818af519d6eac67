/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * LIBSVM's model text: a header of keywords with arguments, the word SV, then
 * one line for each support vector: its coefficient and the index:value pairs
 * that are not zero. Kept as a dense matrix, since the sum over all indices is
 * the same to the bit as over those present.
 */
#include "svm.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/number.h"

typedef struct SvmReader {
    const char *at;
    unsigned line;
    Reason *reason;
} SvmReader;

static const char svm_number_characters[] = "+-.0123456789eE";

static int svm_fail(const SvmReader *r, const char *what)
{
    const size_t len = strcspn(r->at, " \r\n");
    const char *end = r->at[len] == '\r' ? "a carriage return"
                      : len              ? ""
                      : r->at[len]       ? "the end of the line"
                                         : "the end of the text";
    return reason_set(
        r->reason, "SVM text line %u: expected %s, found %.*s%s%s", r->line,
        what, len > 40 ? 40 : (int)len, r->at, len && *end ? " and " : "", end);
}

static void svm_skip_blanks(SvmReader *r)
{
    r->at += strspn(r->at, " ");
}

/* The header does not care where its lines end. */
static void svm_skip_space(SvmReader *r)
{
    for (; *r->at == ' ' || *r->at == '\n'; r->at++)
        r->line += *r->at == '\n';
}

static bool svm_take_word(SvmReader *r, const char *word)
{
    const size_t len = strlen(word);
    if (strncmp(r->at, word, len) || !strchr(" \n", r->at[len]))
        return false;
    r->at += len;
    return true;
}

/* Plain decimal numbers: strtod() alone would take nan and hex as well. */
static int svm_take_number(SvmReader *r, double *number)
{
    char *end;
    const size_t len = strspn(r->at, svm_number_characters);
    const double v = number_parse(r->at, &end);
    if (!len || end != r->at + len || !isfinite(v))
        return svm_fail(r, "a number");
    *number = v;
    r->at = end;
    return 0;
}

static int svm_take_integer(SvmReader *r, unsigned max, unsigned *integer)
{
    unsigned v = 0;
    const size_t len = strspn(r->at, "0123456789");
    if (!len || len > 9)
        return svm_fail(r, "a whole number");
    for (size_t i = 0; i < len; i++)
        v = v * 10 + (unsigned)(r->at[i] - '0');
    if (v > max)
        return svm_fail(r, "a smaller number");
    *integer = v;
    r->at += len;
    return 0;
}

typedef struct SvmHeader {
    bool has_type, has_kernel, has_gamma, has_rho, has_class_cnt, has_total;
    unsigned total;
} SvmHeader;

static int svm_read_choice(SvmReader *r, const char *choice, bool *has)
{
    *has = true;
    return svm_take_word(r, choice) ? 0 : svm_fail(r, choice);
}

/* Entries that regression with this kernel has no use for. */
static int svm_skip_entry(SvmReader *r)
{
    static const char *const known[] = { "degree", "coef0", "probA",
                                         "probB",  "label", "nr_sv" };
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!svm_take_word(r, known[i]))
            continue;
        const bool two = i >= 4; /* one number for each of two classes */
        double unused;
        svm_skip_space(r);
        int err = svm_take_number(r, &unused);
        if (!err && two) {
            svm_skip_space(r);
            err = svm_take_number(r, &unused);
        }
        return err;
    }
    return svm_fail(r, "a keyword of the SVM header");
}

static int svm_read_entry(SvmReader *r, Svm *svm, SvmHeader *h)
{
    if (svm_take_word(r, "svm_type")) {
        svm_skip_space(r);
        return svm_read_choice(r, "nu_svr", &h->has_type);
    }
    if (svm_take_word(r, "kernel_type")) {
        svm_skip_space(r);
        return svm_read_choice(r, "rbf", &h->has_kernel);
    }
    if (svm_take_word(r, "nr_class")) {
        svm_skip_space(r);
        return svm_read_choice(r, "2", &h->has_class_cnt);
    }
    if (svm_take_word(r, "gamma")) {
        svm_skip_space(r);
        h->has_gamma = true;
        return svm_take_number(r, &svm->gamma);
    }
    if (svm_take_word(r, "rho")) {
        svm_skip_space(r);
        h->has_rho = true;
        return svm_take_number(r, &svm->rho);
    }
    if (svm_take_word(r, "total_sv")) {
        svm_skip_space(r);
        h->has_total = true;
        return svm_take_integer(r, SVM_VECTOR_MAX, &h->total);
    }
    return svm_skip_entry(r);
}

static int svm_read_header(SvmReader *r, Svm *svm)
{
    SvmHeader h = { 0 };
    for (;;) {
        svm_skip_space(r);
        if (svm_take_word(r, "SV"))
            break;
        const int err = svm_read_entry(r, svm, &h);
        if (err)
            return err;
        if (*r->at != ' ' && *r->at != '\n')
            return svm_fail(r, "a space or the end of the line");
    }
    const char *missing = !h.has_type        ? "svm_type"
                          : !h.has_kernel    ? "kernel_type"
                          : !h.has_gamma     ? "gamma"
                          : !h.has_rho       ? "rho"
                          : !h.has_class_cnt ? "nr_class"
                          : !h.total         ? "total_sv above 0"
                                             : NULL;
    if (missing)
        return reason_set(r->reason, "SVM text line %u: no %s before SV",
                          r->line, missing);
    svm->vector_cnt = h.total;
    svm_skip_blanks(r);
    if (*r->at != '\n')
        return svm_fail(r, "the end of the line");
    r->at++;
    r->line++;
    return 0;
}

/* index:value ... up to the end of the line. `row` is NULL when only the width
 * is wanted. */
static int svm_read_pairs(SvmReader *r, Svm *svm, double *row)
{
    unsigned previous = 0;
    for (;;) {
        double value;
        unsigned index;
        svm_skip_blanks(r);
        if (!*r->at || *r->at == '\n')
            break;
        int err = svm_take_integer(r, SVM_INDEX_MAX, &index);
        if (err)
            return err;
        if (index <= previous)
            return reason_set(r->reason,
                              "SVM text line %u: index %u does not "
                              "ascend",
                              r->line, index);
        previous = index;
        if (*r->at != ':')
            return svm_fail(r, "':' after an index");
        r->at++;
        err = svm_take_number(r, &value);
        if (err)
            return err;
        if (!strchr(" \n", *r->at))
            return svm_fail(r, "a space or the end of the line");
        if (row)
            row[index - 1] = value;
    }
    if (previous > svm->width)
        svm->width = previous;
    return 0;
}

/* Run once for the width, with `vector` NULL, and once to store. */
static int svm_read_body(SvmReader r, Svm *svm)
{
    for (unsigned k = 0; k < svm->vector_cnt; k++) {
        double coefficient;
        svm_skip_blanks(&r);
        int err = svm_take_number(&r, &coefficient);
        if (!err && !strchr(" \n", *r.at))
            err = svm_fail(&r, "a space or the end of the line");
        double *const row =
            svm->vector ? svm->vector + (size_t)k * svm->width : NULL;
        if (!err)
            err = svm_read_pairs(&r, svm, row);
        if (err)
            return err;
        if (row)
            svm->coefficient[k] = coefficient;
        if (*r.at) {
            r.at++;
            r.line++;
        }
    }
    svm_skip_space(&r);
    return *r.at ? svm_fail(&r, "no more lines than total_sv says") : 0;
}

int svm_parse(Svm **svm, const char *text, unsigned width, Reason *reason)
{
    SvmReader r = { .at = text, .line = 1, .reason = reason };
    Svm *s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;

    s->width = width;
    int err = svm_read_header(&r, s);
    if (!err)
        err = svm_read_body(r, s);
    if (err)
        goto fail;

    err = -ENOMEM;
    s->coefficient = calloc(s->vector_cnt, sizeof(double));
    /* One more than needed: support vectors may all be zero. */
    s->vector = calloc((size_t)s->vector_cnt * s->width + 1, sizeof(double));
    if (!s->coefficient || !s->vector)
        goto fail;
    err = svm_read_body(r, s);
    if (err)
        goto fail;
    *svm = s;
    return 0;

fail:
    svm_free(s);
    return err;
}

void svm_free(Svm *svm)
{
    if (!svm)
        return;
    free(svm->coefficient);
    free(svm->vector);
    free(svm);
}

double svm_predict(const Svm *svm, const double x[SVM_INDEX_MAX])
{
    double sum = 0;
    for (unsigned k = 0; k < svm->vector_cnt; k++) {
        const double *const v = svm->vector + (size_t)k * svm->width;
        double distance = 0;
        for (unsigned i = 0; i < svm->width; i++)
            distance += (x[i] - v[i]) * (x[i] - v[i]);
        sum += svm->coefficient[k] * exp(-svm->gamma * distance);
    }
    return sum - svm->rho;
}
