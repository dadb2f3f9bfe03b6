// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A model in the making. It becomes a model by being written to memory and opened there. */
#include "model_draft.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

#define NAME_BYTES 24
#define TREES_MAX  (1U << 22)

int draft_fail(struct model_draft *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->error, d->size, format, args);
	va_end(args);
	return -EINVAL;
}

static const char **make_names(char *names, uint32_t n, const char *before)
{
	const char **list = calloc(n + 1, sizeof(*list));
	uint32_t i;

	for (i = 0; list && i < n; i++) {
		snprintf(names + i * NAME_BYTES, NAME_BYTES, "%s%u", before, i);
		list[i] = names + i * NAME_BYTES;
	}
	return list;
}

int draft_begin(struct model_draft *d, enum model_kind kind, uint64_t n_features,
                uint64_t n_classes)
{
	static const enum forest_kind forests[] = {
		[MODEL_FOREST_CLASSIFIER] = FOREST_MEAN,
		[MODEL_BOOST_CLASSIFIER] = FOREST_SUM,
		[MODEL_ANOMALY] = FOREST_PATH,
	};
	uint32_t n_outputs = kind == MODEL_ANOMALY ? 1
	                     : kind == MODEL_BOOST_CLASSIFIER && n_classes == 2
	                             ? 1
	                             : (uint32_t)n_classes;

	if (!n_features || n_features > MODEL_FEATURES_MAX || n_classes > MODEL_CLASSES_MAX)
		return draft_fail(d,
		                  "it has %llu features and %llu classes; up to %u and %u can be",
		                  (unsigned long long)n_features, (unsigned long long)n_classes,
		                  MODEL_FEATURES_MAX, MODEL_CLASSES_MAX);
	if (kind == MODEL_ANOMALY ? n_classes != 0 : n_classes < 2)
		return draft_fail(d, "it has %u classes", (uint32_t)n_classes);
	d->m.kind = kind;
	d->m.n_features = (uint32_t)n_features;
	d->m.n_classes = (uint32_t)n_classes;
	d->names = calloc(n_features + n_classes, NAME_BYTES);
	if (d->names) {
		d->m.feature_names = make_names(d->names, d->m.n_features, "f");
		d->m.class_names = make_names(d->names + n_features * NAME_BYTES, d->m.n_classes,
		                              "");
	}
	d->forest = forest_new(forests[kind], d->m.n_features, n_outputs);
	if (!d->m.feature_names || !d->m.class_names || !d->forest) {
		draft_fail(d, "no memory");
		return -ENOMEM;
	}
	return 0;
}

void draft_number_class(struct model_draft *d, uint32_t i, int64_t number)
{
	char *name = d->names + ((size_t)d->m.n_features + i) * NAME_BYTES;

	snprintf(name, NAME_BYTES, "%lld", (long long)number);
	d->m.class_names[i] = name;
}

uint32_t *draft_order(struct model_draft *d, const uint32_t *output, uint32_t *n)
{
	uint32_t n_outputs = d->forest->n_outputs, *count, *order = NULL, most = 0, i;

	count = calloc(n_outputs, sizeof(*count));
	for (i = 0; count && i < *n; i++)
		if (++count[output[i]] > most)
			most = count[output[i]];
	if (count && (uint64_t)most * n_outputs <= TREES_MAX)
		order = malloc((most * n_outputs + 1) * sizeof(*order));
	if (!order) {
		free(count);
		draft_fail(d, count ? "too many trees" : "no memory");
		return NULL;
	}
	memset(order, 0xff, most * n_outputs * sizeof(*order));
	for (i = *n; i--;)
		order[--count[output[i]] * n_outputs + output[i]] = i;
	free(count);
	*n = most * n_outputs;
	return order;
}

int draft_add_nothing(struct model_draft *d)
{
	static const double zero = 0;
	static const struct forest_branch leaf = { .feature = -1, .value = &zero };

	return forest_add_tree(d->forest, &leaf, 1) ? draft_fail(d, "no memory") : 0;
}

int draft_scaler(struct model_draft *d)
{
	d->mean = calloc(d->m.n_features, sizeof(*d->mean));
	d->scale = calloc(d->m.n_features, sizeof(*d->scale));
	if (d->mean && d->scale)
		return 0;
	draft_fail(d, "no memory");
	return -ENOMEM;
}

struct model *draft_finish(struct model_draft *d)
{
	struct model *m;
	size_t length;
	void *data;

	d->m.forest = *d->forest;
	d->m.mean = d->mean;
	d->m.scale = d->scale;
	d->m.about = d->about;
	if (model_encode(&d->m, &data, &length, d->error, d->size))
		return NULL;
	m = model_decode(data, length, d->error, d->size);
	if (!m) {
		free(data);
		return NULL;
	}
	m->map = data;
	m->map_size = length;
	return m;
}

void draft_clear(struct model_draft *d)
{
	free(d->m.feature_names);
	free(d->m.class_names);
	forest_free(d->forest);
	free(d->mean);
	free(d->scale);
	free(d->names);
	free(d->about);
	*d = (struct model_draft){ 0 };
}

float draft_threshold(double t)
{
	float rounded = (float)t;

	return rounded > t ? nextafterf(rounded, -INFINITY) : rounded;
}
