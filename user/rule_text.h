/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The {names} in the text of a rule. */
#ifndef WEIR_RULE_TEXT_H
#define WEIR_RULE_TEXT_H

#include "rule.h"

/* The name between braces that text begins with, and what is behind it; NULL: it is none. */
const char *rule_text_next(const char *text, char name[RULE_NAME + 1]);

/* "value" and "value1": 0, "value2": 1, ...; negative: something else. */
int rule_text_value(const char *name);

#endif
