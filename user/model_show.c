// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A model as text for people and as JSON. Its names come from a file and are escaped. */
#include "model_show.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static const char *const kind_names[] = {
	[MODEL_FOREST_CLASSIFIER] = "forest classifier",
	[MODEL_BOOST_CLASSIFIER] = "boosted classifier",
	[MODEL_ANOMALY] = "isolation forest",
};

static uint32_t deepest(const struct forest *f)
{
	uint32_t depth = 0, t;

	for (t = 0; t < f->n_trees; t++)
		depth = f->depth[t] > depth ? f->depth[t] : depth;
	return depth;
}

/* How many branches ask for each feature; allocated. */
static uint32_t *count_splits(const struct forest *f)
{
	uint32_t *splits = calloc(f->n_features, sizeof(*splits)), i;

	for (i = 0; splits && i < f->n_nodes; i++)
		if (f->nodes[i].left != i)
			splits[f->nodes[i].feature]++;
	return splits;
}

static bool has_quantiles(const struct model *m)
{
	return m->quantile[0] != 0 || m->quantile[MODEL_QUANTILES - 1] != 0;
}

static void put_classes(struct buf *b, const struct model *m)
{
	uint32_t i;

	buf_format(b, "classes    %u:", m->n_classes);
	for (i = 0; i < m->n_classes; i++) {
		buf_char(b, ' ');
		buf_escaped(b, m->class_names[i]);
	}
	buf_char(b, '\n');
}

static void put_scores(struct buf *b, const struct model *m)
{
	if (m->kind == MODEL_ANOMALY)
		buf_format(b, "threshold  %.6g: an anomaly scores below it\n", m->threshold);
	if (has_quantiles(m))
		buf_format(b, "%s 1 %% %.4g, 10 %% %.4g, 50 %% %.4g, 90 %% %.4g, 99 %% %.4g\n",
		           m->kind == MODEL_ANOMALY ? "scores    " : "certainty ", m->quantile[1],
		           m->quantile[10], m->quantile[50], m->quantile[90], m->quantile[99]);
}

/* A line a feature: how often it is asked for, how it is scaled, what is usual. */
static void put_features(struct buf *b, const struct model *m)
{
	uint32_t *splits = count_splits(&m->forest), i;

	buf_format(b, "\n%-24s %8s", "FEATURE", "SPLITS");
	if (m->mean)
		buf_format(b, " %12s %12s", "MEAN", "SCALE");
	if (m->usual)
		buf_format(b, " %12s %12s %12s", "5 %", "MEDIAN", "95 %");
	buf_char(b, '\n');
	for (i = 0; i < m->n_features; i++) {
		size_t from = b->length;

		buf_escaped(b, m->feature_names[i]);
		buf_format(b, "%*s %8u", (int)(b->length - from < 24 ? 24 - (b->length - from) : 0),
		           "", splits ? splits[i] : 0);
		if (m->mean)
			buf_format(b, " %12.6g %12.6g", m->mean[i], m->scale[i]);
		if (m->usual)
			buf_format(b, " %12.6g %12.6g %12.6g", m->usual[i * 3], m->usual[i * 3 + 1],
			           m->usual[i * 3 + 2]);
		buf_char(b, '\n');
	}
	free(splits);
}

void model_show_text(struct buf *b, const struct model *m, const char *path)
{
	const struct forest *f = &m->forest;

	buf_text(b, "model      ");
	buf_escaped(b, path);
	buf_format(b, ", %zu bytes\nkind       %s\n", m->map_size, kind_names[m->kind]);
	buf_format(b, "trees      %u, up to %u deep, %u nodes, %u values\n", f->n_trees, deepest(f),
	           f->n_nodes, f->n_values);
	if (m->n_classes)
		put_classes(b, m);
	buf_format(b, "features   %u, %s", m->n_features, m->mean ? "scaled" : "as they are");
	if (m->schema)
		buf_format(b, ", schema %016llx\n", (unsigned long long)m->schema);
	else
		buf_text(b, ", of no schema: only their names count\n");
	if (m->kind == MODEL_ANOMALY)
		buf_format(b, "samples    %u a tree\n", f->max_samples);
	put_scores(b, m);
	model_show_about(b, m->about);
	put_features(b, m);
}

static void put_numbers(struct buf *b, const char *name, const double *numbers, size_t n)
{
	size_t i;

	buf_format(b, ",\"%s\":[", name);
	for (i = 0; i < n; i++)
		buf_format(b, "%s%.17g", i ? "," : "", numbers[i]);
	buf_char(b, ']');
}

static void put_names(struct buf *b, const char *name, const char **names, uint32_t n)
{
	uint32_t i;

	buf_format(b, ",\"%s\":[", name);
	for (i = 0; i < n; i++) {
		buf_text(b, i ? "," : "");
		field_put_json_text(b, names[i]);
	}
	buf_char(b, ']');
}

static void put_splits(struct buf *b, const struct model *m)
{
	uint32_t *splits = count_splits(&m->forest), i;

	buf_text(b, ",\"splits\":[");
	for (i = 0; splits && i < m->n_features; i++)
		buf_format(b, "%s%u", i ? "," : "", splits[i]);
	buf_char(b, ']');
	free(splits);
}

void model_show_json(struct buf *b, const struct model *m, const char *path)
{
	static const char *const kinds[] = { "forest", "boost", "anomaly" };
	const struct forest *f = &m->forest;

	buf_text(b, "{\"model\":");
	field_put_json_text(b, path);
	buf_format(b, ",\"bytes\":%zu,\"kind\":\"%s\",\"schema\":\"%016llx\"", m->map_size,
	           kinds[m->kind], (unsigned long long)m->schema);
	buf_format(b, ",\"trees\":%u,\"depth\":%u,\"nodes\":%u,\"values\":%u", f->n_trees,
	           deepest(f), f->n_nodes, f->n_values);
	put_names(b, "feature_names", m->feature_names, m->n_features);
	if (m->n_classes)
		put_names(b, "class_names", m->class_names, m->n_classes);
	if (m->kind == MODEL_ANOMALY)
		buf_format(b, ",\"max_samples\":%u,\"threshold\":%.17g", f->max_samples,
		           m->threshold);
	if (has_quantiles(m))
		put_numbers(b, "quantiles", m->quantile, MODEL_QUANTILES);
	if (m->mean) {
		put_numbers(b, "mean", m->mean, m->n_features);
		put_numbers(b, "scale", m->scale, m->n_features);
	}
	if (m->usual)
		put_numbers(b, "usual", m->usual, (size_t)m->n_features * 3);
	put_splits(b, m);
	buf_format(b, ",\"about\":%s}\n", m->about);
}
