// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libFuzzer target for the language of alert rules: whatever the bytes are, they are rules or one
 * message that names a line; rules that are taken are sane, and can be asked about a flow, shown to
 * the engine's windows and told as text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert_note.h"
#include "alert_window.h"
#include "rule.h"

#define CLAIM(claim)                                                                               \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rule(const struct rule *r)
{
	CLAIM(r->name[0] && strlen(r->name) <= RULE_NAME);
	CLAIM(r->severity <= RULE_CRITICAL);
	CLAIM(r->n_tests || r->n_conditions);
	CLAIM(r->n_tests <= RULE_TESTS && r->n_conditions <= RULE_CONDITIONS);
	CLAIM(r->n_distinct <= RULE_DISTINCT);
	CLAIM(!(r->group & ~r->key));
	CLAIM(!r->n_conditions == !r->window_ns);
	CLAIM(r->limit && r->limit_ns);
}

static void ignore(void *arg, const struct flow_key *key, const double *values)
{
	struct alert_cause cause = { .rule = arg, .key = key, .values = values };
	struct alert_note note;

	note_make(&note, &cause, 1);
	CLAIM(strlen(note.text) < NOTE_TEXT && strlen(note.key_text) < NOTE_KEY);
}

static void use_rule(struct rule *r, const struct flow_record *flow)
{
	static const struct alert_seed seed = { { 1, 2 } };
	const struct window_config config = {
		.rule = r, .interval_ns = 5000000000, .now_ns = 1, .max_keys = 4
	};
	const struct window_mode mode = { .has_learnt = true };
	struct alert_cause cause = { .rule = r, .key = &flow->key, .flow = flow };
	struct alert_look look;
	struct alert_note note;
	struct window *w;

	rule_takes(r, flow);
	if (!r->n_conditions) {
		note_make(&note, &cause, 1);
		return;
	}
	w = window_new(&config);
	CLAIM(w);
	alert_look_make(&look, flow, &seed);
	window_add(w, &look, false);
	window_evaluate(w, mode, ignore, r);
	window_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_side part = { .packets = 3, .bytes = 300, .tcp_flags = 2, .marks = 1 };
	struct flow_record flow = { .fwd = &part, .rev = &part, .end_ns = 5, .is_new = true };
	char error[512] = "";
	struct rules *rules = rules_parse("f", (const char *)data, size, error, sizeof(error));
	size_t i;

	CLAIM(!rules == !!error[0]);
	CLAIM(rules || !strncmp(error, "f: line ", 8));
	CLAIM(!strchr(error, '\n'));
	for (i = 0; rules && i < rules->n; i++) {
		check_rule(&rules->rule[i]);
		use_rule(&rules->rule[i], &flow);
	}
	rules_free(rules);
	return 0;
}
