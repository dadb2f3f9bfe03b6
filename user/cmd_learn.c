// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the learning commands share. */
#include "cmd_learn.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host_settings.h"
#include "log.h"
#include "model_file.h"
#include "out.h"

#define TELL_MEMORY 1000000000 /* bytes that are worth a word */

int learn_real(const char *option, const char *text, double min, double max, double *value)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || !isfinite(x)) {
		log_error("--%s: '%s' is no number; try 0.1", option, text);
		return -EINVAL;
	}
	if (x < min || x > max) {
		log_error("--%s: %s is out of range; %g to %g", option, text, min, max);
		return -EINVAL;
	}
	*value = x;
	return 0;
}

void learn_progress(const char *what, double part)
{
	static uint64_t last_ms;
	struct timespec now;
	uint64_t ms;

	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (ms - last_ms < 200)
		return;
	last_ms = ms;
	if (part >= 0)
		fprintf(stderr, "\r\033[K%.60s %3.0f %%", what, 100 * part);
	else
		fprintf(stderr, "\r\033[K%.60s", what);
	fflush(stderr);
}

void learn_progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static void warn(void *arg, const char *message)
{
	learn_progress_end();
	log_warn("%s; what came before it is used", message);
}

static void progress(void *arg, const char *path, double part)
{
	learn_progress(path, part);
}

struct dataset *learn_read(const struct dataset_options *options, const struct feature_set *set,
                           bool labelled, char **inputs, int n_inputs)
{
	static const struct dataset_listener listener = { warn, progress, NULL };
	struct dataset *d;
	char error[1024];
	int i;

	d = dataset_new(options, set, labelled, &listener, error, sizeof(error));
	for (i = 0; d && i < n_inputs; i++)
		if (dataset_add(d, inputs[i], error, sizeof(error))) {
			dataset_free(d);
			d = NULL;
		}
	learn_progress_end();
	if (d && matrix_sort_classes(d->m)) {
		snprintf(error, sizeof(error), "no memory");
		dataset_free(d);
		d = NULL;
	}
	if (!d)
		log_error("%s", error);
	else if (matrix_memory(d->m) >= TELL_MEMORY)
		log_info("%zu rows of features take %.1f GB; training needs about twice as much "
		         "again",
		         d->m->n_rows, matrix_memory(d->m) / 1e9);
	return d;
}

bool learn_is_model(const char *path)
{
	char magic[sizeof(MODEL_MAGIC) - 1];
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : NULL;
	bool is = file && fread(magic, sizeof(magic), 1, file) == 1 &&
	          !memcmp(magic, MODEL_MAGIC, sizeof(magic));

	if (file)
		fclose(file);
	return is;
}

struct model *learn_open(const char *path, struct feature_set *set)
{
	char error[1024];
	struct model *m = model_open(path, error, sizeof(error));

	if (!m) {
		log_error("%s", error);
		return NULL;
	}
	if (feature_set_from_names(set, m->feature_names, m->n_features, error, sizeof(error))) {
		log_error("%s: %s; the model was made for other features: train it again with "
		          "this weir",
		          path, error);
	} else if (m->schema && m->schema != feature_set_hash(set)) {
		log_error("%s: was made by another version of the features; train it again with "
		          "this weir",
		          path);
	} else {
		return m;
	}
	model_close(m);
	return NULL;
}

void learn_settle_hosts(struct dataset_options *o, const struct model *m)
{
	if (!o->window_ns)
		o->window_ns = host_settings_window_ns(m);
	if (!o->min_flows)
		o->min_flows = host_settings_min_flows(m);
}

bool learn_is_normal(const char *list, const char *class_name)
{
	size_t n;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (strlen(class_name) == n && !memcmp(list, class_name, n))
			return true;
		if (!list[n])
			return false;
	}
}

int learn_write(const char *path, const struct buf *b)
{
	struct out out;
	int failed = out_open(&out, path ? path : "-");

	if (!failed) {
		buf_put(&out.text, b->data, b->length);
		failed = out_close(&out);
	}
	if (failed && failed != -EPIPE)
		log_error("%s: cannot write: %s", path ? path : "stdout", strerror(-failed));
	return failed;
}
