/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Label rules: a class for a flow by what its fields say, for lack of better knowledge.
 *
 *     # one rule a line; the first that holds gives the class
 *     high_traffic if bytes_per_second > 1000000
 *     web_traffic  if dst_port in 80,443 and protocol in 6,17
 *     other
 *
 * A rule is a class and, behind "if", conditions joined by "and": a field of `weir fields` that is
 * a number, one of < <= > >= == != and a number, or "in" (or "not in") and numbers or ranges as
 * 8000-8099, by commas. A rule without conditions always holds. A class has no spaces. A flow that
 * no rule meets has no class.
 */
#ifndef WEIR_LABEL_RULES_H
#define WEIR_LABEL_RULES_H

#include <stddef.h>
#include <stdint.h>

struct label_rules;

/* From a file. NULL on failure with one line in error: "FILE: line N: ...". */
struct label_rules *label_rules_open(const char *path, char *error, size_t size);

/* From text of n bytes. */
struct label_rules *label_rules_parse(const char *name, const char *text, size_t n, char *error,
                                      size_t size);

/* Accepts NULL. */
void label_rules_free(struct label_rules *rules);

/* The fields that the conditions look at, indices of the field table; how many comes back. */
size_t label_rules_fields(const struct label_rules *rules, const int16_t **list);

/* The class of a flow whose values[field] are set; NULL: none. Lives as long as the rules. */
const char *label_rules_apply(const struct label_rules *rules, const double *values);

#endif
