// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir apply MODEL... INPUT...: what models say of flows in files.
 *
 * A row is all that the input says of a flow (the fields of a record, or the columns of a CSV file
 * as they are), then class, class_probability, anomaly_score, is_anomaly and anomaly_reasons. Rows
 * wait until a batch is full, since models answer many faster than one. A model of hosts gives a
 * row for each host, window and role instead.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "apply_row.h"
#include "cmd.h"
#include "cmd_learn.h"
#include "dataset_flows.h"
#include "feature_host.h"
#include "field.h"
#include "log.h"
#include "out.h"
#include "verdict.h"

#define BATCH     256
#define HOSTS_MAX 1000000

struct apply_options {
	struct dataset_options data;
	const char *output;
};

#define O(member) offsetof(struct apply_options, member)

static const struct opt options[] = {
	{ "output", 'o', "csv:PATH", OPT_TEXT, O(output), 0, 0, NULL,
	  "where the rows go; PATH - is stdout" },
	DATASET_FLOW_OPTIONS(struct apply_options, data),
};

struct apply {
	struct verdicts *verdicts;
	struct out out;
	struct buf text;         /* the rows that wait, one behind another */
	size_t end[BATCH];       /* of each in text */
	double *rows[2];         /* [BATCH][n] of the classifier and the anomaly model */
	struct verdict *verdict; /* [BATCH] */
	size_t n;
	struct host_windows *hosts;
	uint64_t window_ns;
	char *header; /* what has been written; later inputs must have the same */
	int16_t needed[FEATURE_FIELDS];
	size_t n_needed;
	const char *path;
	uint64_t flows, anomalies;
	int failed;
	char error[1024];
};

/* Judge what waits and write it. */
static int finish_batch(struct apply *a)
{
	size_t i, from = 0;
	int m;

	memset(a->verdict, 0, a->n * sizeof(*a->verdict));
	for (m = 0; m < 2; m++)
		if (a->rows[m])
			verdicts_judge_vectors(a->verdicts, m, a->verdict, a->rows[m], a->n);
	for (i = 0; i < a->n; i++) {
		buf_put(&a->out.text, a->text.data + from, a->end[i] - from);
		apply_put_verdict(&a->out.text, &a->verdict[i]);
		a->anomalies += a->verdict[i].is_anomaly;
		from = a->end[i];
	}
	a->text.length = 0;
	a->n = 0;
	if (a->text.error)
		return -ENOMEM;
	return out_flush_if_full(&a->out);
}

/* The row at the end of text is whole. */
static int end_row(struct apply *a)
{
	a->end[a->n++] = a->text.length;
	return a->n < BATCH ? 0 : finish_batch(a);
}

static int refuse_header(struct apply *a)
{
	snprintf(a->error, sizeof(a->error),
	         "%s: has other columns than the inputs before it; apply to it alone", a->path);
	return -EINVAL;
}

/* Written once; every input must have the same columns. */
static int check_header(struct apply *a, const struct flows_view *view)
{
	struct buf b = { 0 };
	int failed = 0;

	apply_put_header(&b, view);
	buf_char(&b, '\0');
	if (b.error) {
		failed = -ENOMEM;
	} else if (a->header) {
		failed = strcmp(a->header, b.data) ? refuse_header(a) : 0;
	} else {
		a->header = strdup(b.data);
		buf_text(&a->out.text, b.data);
		apply_put_verdict_header(&a->out.text);
	}
	buf_clear(&b);
	return failed ? failed : a->header ? 0 : -ENOMEM;
}

static int take_flow(void *arg, const struct flows_view *view)
{
	struct apply *a = arg;
	const char *path = a->path;
	int m;

	a->flows++;
	if (a->hosts)
		return host_windows_add(a->hosts, view->who.src, view->who.dst, view->who.start_ns,
		                        view->values)
		               ? -ENOMEM
		               : a->failed;
	if (view->path != path || !a->header) {
		a->path = view->path;
		a->failed = check_header(a, view);
		if (a->failed)
			return a->failed;
	}
	for (m = 0; m < 2; m++)
		if (a->rows[m])
			feature_vector(verdicts_set(a->verdicts, m),
			               a->rows[m] + a->n * verdicts_set(a->verdicts, m)->n,
			               view->values);
	apply_put_row(&a->text, view);
	return end_row(a);
}

static void put_hosts_header(struct apply *a)
{
	const struct feature_set *set = verdicts_set(a->verdicts, true);
	size_t i;

	buf_text(&a->out.text, "file,window_start,window,host,role,flows");
	for (i = 0; i < set->n; i++)
		buf_format(&a->out.text, ",%s", set->feature[i]->name);
	apply_put_verdict_header(&a->out.text);
}

static void take_host(void *arg, const struct host_window *w)
{
	struct apply *a = arg;
	const struct feature_set *set = verdicts_set(a->verdicts, true);
	double *row = a->rows[1] + a->n * set->n;
	char address[ADDR_TEXT];
	size_t i;

	if (a->failed)
		return;
	apply_put_text(&a->text, a->path);
	buf_char(&a->text, ',');
	buf_seconds(&a->text, w->start_ns);
	buf_char(&a->text, ',');
	buf_seconds(&a->text, a->window_ns);
	buf_char(&a->text, ',');
	buf_put(&a->text, address, addr_format(w->host, w->ip_version, address));
	buf_format(&a->text, ",%s,%" PRIu64, w->is_source ? "source" : "destination", w->flows);
	host_window_vector(set, row, w);
	for (i = 0; i < set->n; i++) {
		buf_char(&a->text, ',');
		buf_real(&a->text, row[i]);
	}
	a->failed = end_row(a);
}

static void need(struct apply *a, const int16_t *list, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < a->n_needed && a->needed[k] != list[i]; k++)
			;
		if (k == a->n_needed)
			a->needed[a->n_needed++] = list[i];
	}
}

/* Room for the rows of each model, and the fields they are made of. */
static int prepare(struct apply *a, const struct apply_options *o)
{
	const struct feature_set *set;
	struct dataset_options data;
	const int16_t *list;
	size_t n;
	int m;

	a->verdict = calloc(BATCH, sizeof(*a->verdict));
	for (m = 0; m < 2 && a->verdict; m++) {
		set = verdicts_set(a->verdicts, m);
		if (!set)
			continue;
		a->rows[m] = calloc(BATCH * set->n, sizeof(double));
		if (!a->rows[m])
			return -ENOMEM;
		need(a, set->needed, set->n_needed);
	}
	set = verdicts_set(a->verdicts, true);
	if (set && set->is_host) {
		data = o->data;
		learn_settle_hosts(&data, verdicts_anomaly(a->verdicts));
		a->window_ns = data.window_ns;
		a->hosts = host_windows_new(data.window_ns, HOSTS_MAX, take_host, a);
		n = host_windows_fields(&list);
		need(a, list, n);
		if (!a->hosts)
			return -ENOMEM;
		host_windows_need(a->hosts, data.min_flows);
	}
	return a->verdict ? 0 : -ENOMEM;
}

static void progress(void *arg, double part)
{
	const struct apply *a = arg;

	learn_progress(a->path ? a->path : "reading", part);
}

static int read_input(struct apply *a, const struct apply_options *o, const char *path)
{
	struct flows_options flows = {
		.idle_ns = o->data.idle_ns,
		.active_ns = o->data.active_ns,
		.max_flows = o->data.max_flows,
		.needed = a->needed,
		.n_needed = a->n_needed,
		.asked_by = "the models",
		.progress = progress,
		.progress_arg = a,
		.take = take_flow,
		.arg = a,
	};
	int result;

	if (a->hosts)
		a->path = path;
	*a->error = '\0';
	result = flows_read(&flows, path, a->error, sizeof(a->error));
	if (a->hosts)
		host_windows_flush(a->hosts, UINT64_MAX);
	learn_progress_end();
	if (a->failed)
		result = a->failed;
	if (result == -EIO && *a->error) { /* a capture that broke: its flows are out */
		log_warn("%s; what came before it is used", a->error);
		return 0;
	}
	if (result && !*a->error && result != -EPIPE)
		snprintf(a->error, sizeof(a->error), "%s: %s", path, strerror(-result));
	return result;
}

/* "csv:PATH", or a path. */
static int open_output(struct apply *a, const char *output)
{
	const char *path = !output ? "-" : !strncmp(output, "csv:", 4) ? output + 4 : output;
	int failed = out_open(&a->out, *path ? path : "-");

	if (failed)
		log_error("-o %s: cannot open for writing: %s", output, strerror(-failed));
	return failed;
}

static int work(struct apply *a, const struct apply_options *o, char **inputs, int n)
{
	int failed = prepare(a, o), i;

	if (failed) {
		log_error("apply: no memory");
		return CMD_FAILED;
	}
	if (open_output(a, o->output))
		return CMD_FAILED;
	if (a->hosts)
		put_hosts_header(a);
	for (i = 0; i < n && !failed; i++)
		failed = read_input(a, o, inputs[i]);
	if (!failed)
		failed = finish_batch(a);
	if (failed && failed != -EPIPE)
		log_error("%s", *a->error ? a->error : strerror(-failed));
	i = out_close(&a->out);
	if (!failed && i && i != -EPIPE)
		log_error("-o %s: cannot write: %s", o->output ? o->output : "csv:-", strerror(-i));
	failed = failed ? failed : i;
	if (!failed)
		log_info("%" PRIu64 " flows judged%s; %" PRIu64 " anomalies", a->flows,
		         a->hosts ? " by host and window" : "", a->anomalies);
	return failed && failed != -EPIPE ? CMD_FAILED : CMD_DONE;
}

/* The operands that are models come first: those that begin as model files do. */
static int load_models(struct apply *a, int argc, char **argv)
{
	const struct feature_set *set;
	char error[1024];
	int n;

	for (n = 0; n < argc && learn_is_model(argv[n]); n++)
		if (verdicts_load(a->verdicts, argv[n], error, sizeof(error))) {
			log_error("%s", error);
			return -EINVAL;
		}
	set = verdicts_set(a->verdicts, true);
	if (set && set->is_host && verdicts_set(a->verdicts, false)) {
		log_error(
		        "apply: a model of hosts and one of flows give different rows; apply them "
		        "one after another");
		return -EINVAL;
	}
	return n;
}

static void apply_clear(struct apply *a)
{
	verdicts_free(a->verdicts);
	host_windows_free(a->hosts);
	buf_clear(&a->text);
	free(a->rows[0]);
	free(a->rows[1]);
	free(a->verdict);
	free(a->header);
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct apply_options o = { .data = dataset_defaults };
	struct apply a = { .verdicts = verdicts_new() };
	int models, result = CMD_FAILED;

	o.data.window_ns = o.data.min_flows = 0;
	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		verdicts_free(a.verdicts);
		return CMD_DONE;
	case OPT_WRONG:
		verdicts_free(a.verdicts);
		return CMD_USAGE;
	default:
		break;
	}
	if (!a.verdicts) {
		log_error("apply: no memory");
		return CMD_FAILED;
	}
	verdicts_allow_hosts(a.verdicts);
	models = load_models(&a, argc, argv);
	if (models == 0 || models == argc) {
		log_error("apply: which %s? weir apply MODEL... INPUT...",
		          models ? "input" : "model");
		result = CMD_USAGE;
	} else if (models > 0) {
		result = work(&a, &o, argv + models, argc - models);
	}
	apply_clear(&a);
	return result;
}

const struct opt_command cmd_apply = {
	.name = "apply",
	.arguments = "MODEL... INPUT...",
	.summary = "flow CSV with what models say: class, anomaly score, reasons",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
