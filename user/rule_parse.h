/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that read rules share: a cursor over the words of a line, and their parts. */
#ifndef WEIR_RULE_PARSE_H
#define WEIR_RULE_PARSE_H

#include "rule.h"

#define RULE_LINE 1000            /* bytes of a line */
#define RULE_WORD (RULE_LINE + 1) /* room for any word of it */

struct rule_cursor {
	const char *name;    /* of the file */
	const char *p, *end; /* what is left of the line */
	unsigned int line;
	char *error;
	size_t size;
};

/* "FILE: line N: ..." into the error; -EINVAL comes back. */
int rule_fail(struct rule_cursor *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Begin a line: without its comment and the spaces around. 0; -EINVAL: too long, a quote that does
 * not end, or bytes that are no text.
 */
int rule_line(struct rule_cursor *c, const char *text, const char *end);

/*
 * The next word, an operator, a comma, or what stands between quotes (then quoted, unless NULL, is
 * true). Its length; 0: no more, or "".
 */
size_t rule_word(struct rule_cursor *c, char word[RULE_WORD], bool *quoted);

/* Take the next word if it is this one. */
bool rule_word_is(struct rule_cursor *c, const char *wanted);

/* Is nothing left of the line? */
bool rule_is_at_end(const struct rule_cursor *c);

/* How an amount may be written. */
enum rule_amount {
	AMOUNT_NUMBER,  /* -0.7, 100, 1.5M (powers of 1,000) */
	AMOUNT_NS,      /* 10s, as ns */
	AMOUNT_SECONDS, /* 250ms, as seconds */
};

/* The whole of text as an amount. */
bool rule_parse_amount(const char *text, enum rule_amount kind, double *value);

/* A duration between least and most ns. 0, or -EINVAL. */
int rule_parse_duration(struct rule_cursor *c, const char *what, uint64_t least, uint64_t most,
                        uint64_t *ns);

/* An operator, which has to come next. 0, or -EINVAL. */
int rule_parse_operator(struct rule_cursor *c, const char *behind, enum rule_operator *op);

/* Room for one more in the array that the pointer at array names; it doubles. */
bool rule_grow(void *array, size_t n, size_t item);

/* Read one test, one condition, into the rule. 0, or -EINVAL. */
int rule_parse_test(struct rule_cursor *c, struct rule *rule);
int rule_parse_condition(struct rule_cursor *c, struct rule *rule);

/* Are all {names} of the text known to a rule like this? 0, or -EINVAL. */
int rule_check_text(struct rule_cursor *c, const struct rule *rule);

void rule_clear(struct rule *rule);

#endif
