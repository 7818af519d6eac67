/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Values of a whole sequence by name, in the order of the registrations that set
 * them, whenever they do. */
#ifndef AGGREGATE_H
#define AGGREGATE_H

typedef struct Aggregate {
    char *name;
    double value;
    unsigned rank; /* of the registration */
} Aggregate;

typedef struct Aggregates {
    Aggregate *item;
    unsigned cnt;
} Aggregates;

/* An equal value again changes nothing. -EINVAL: another one. -ENOMEM. */
int aggregates_set(Aggregates *list, const char *name, double value,
                   unsigned rank);
void aggregates_free(Aggregates *list);

#endif
