/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What users say about alerts, for `monitor`, `read` and `top`. */
#ifndef WEIR_ALERT_OPTIONS_H
#define WEIR_ALERT_OPTIONS_H

#include "opt.h"

struct alert_options {
	const char *rules;     /* NULL: the built-in ones */
	struct opt_list sinks; /* none, and no rules: no alerts */
};

/* clang-format off */
#define ALERT_OPTIONS(type, m)                                                                     \
	{ "alerts", 'A', "KIND:TO", OPT_LIST, offsetof(type, m.sinks), 0, 0, NULL,                 \
	  "tell alerts to stderr:, json:PATH, syslog:, webhook:URL, alertmanager:URL or command:PATH" },  \
	{ "rules", 'r', "FILE", OPT_TEXT, offsetof(type, m.rules), 0, 0, NULL,                     \
	  "what to alert on (man weir-rules); without it the built-in rules" }
/* clang-format on */

#endif
