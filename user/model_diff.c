// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a model differs from another: what it knows, what it is asked, how it is made. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model_show.h"

/* One fact of both: "NAME: OLD -> NEW", if they are not the same text. */
static void put_fact(struct buf *b, const char *name, const char *old, const char *new)
{
	if (!strcmp(old, new))
		return;
	buf_format(b, "%s: ", name);
	buf_escaped(b, old);
	buf_text(b, " -> ");
	buf_escaped(b, new);
	buf_char(b, '\n');
}

static void put_number(struct buf *b, const char *name, double old, double new)
{
	if (old != new)
		buf_format(b, "%s: %.10g -> %.10g\n", name, old, new);
}

static bool has(const char **names, uint32_t n, const char *name)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Each of a that is not in b. */
static void put_missing(struct buf *out, const char *what, char sign, const char **a, uint32_t n_a,
                        const char **b, uint32_t n_b)
{
	uint32_t i;

	for (i = 0; i < n_a; i++) {
		if (has(b, n_b, a[i]))
			continue;
		buf_format(out, "%s %c ", what, sign);
		buf_escaped(out, a[i]);
		buf_char(out, '\n');
	}
}

static bool put_names(struct buf *b, const char *what, const char **old, uint32_t n_old,
                      const char **new, uint32_t n_new)
{
	size_t from = b->length;
	uint32_t i;

	put_missing(b, what, '-', old, n_old, new, n_new);
	put_missing(b, what, '+', new, n_new, old, n_old);
	if (b->length != from || n_old != n_new)
		return false;
	for (i = 0; i < n_old; i++)
		if (strcmp(old[i], new[i]) != 0) {
			buf_format(b, "%s: the same in another order\n", what);
			return false;
		}
	return true;
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static const char *kind(const struct model *m)
{
	static const char *const names[] = { "forest", "boost", "anomaly" };

	return names[m->kind];
}

/* Of features that are the same in both: how many are scaled otherwise. */
static void put_scaler(struct buf *b, const struct model *old, const struct model *new)
{
	uint32_t i, n = 0;

	if (!old->mean || !new->mean)
		return;
	for (i = 0; i < old->n_features; i++)
		n += old->mean[i] != new->mean[i] || old->scale[i] != new->scale[i];
	if (n)
		buf_format(b, "scaler: %u of %u features are scaled otherwise\n", n,
		           old->n_features);
}

static bool same_splits(const struct forest *a, const struct forest *b)
{
	uint32_t i;

	for (i = 0; i < a->n_nodes; i++)
		if (a->nodes[i].threshold != b->nodes[i].threshold ||
		    a->nodes[i].feature != b->nodes[i].feature ||
		    a->nodes[i].left != b->nodes[i].left)
			return false;
	return true;
}

/* How far the values of two leaves are apart, over all leaves; the splits are the same. */
static double values_apart(const struct forest *a, const struct forest *b)
{
	uint32_t width = a->kind == FOREST_MEAN ? a->n_outputs : 1, i, k;
	double apart = 0;

	for (i = 0; i < a->n_nodes; i++)
		for (k = 0; a->nodes[i].left == i && k < width; k++)
			apart = fmax(apart, fabs(a->values[a->nodes[i].value + k] -
			                         b->values[b->nodes[i].value + k]));
	return apart;
}

static void put_forest(struct buf *b, const struct forest *old, const struct forest *new)
{
	put_number(b, "trees", old->n_trees, new->n_trees);
	put_number(b, "nodes", old->n_nodes, new->n_nodes);
	put_number(b, "samples a tree", old->max_samples, new->max_samples);
	if (old->n_nodes != new->n_nodes)
		return;
	if (!same_splits(old, new))
		buf_text(b, "trees: other splits\n");
	else if (old->kind == new->kind &&
	         old->n_outputs == new->n_outputs &&values_apart(old, new) > 0)
		buf_format(b, "trees: the same splits, leaves differ by up to %.3g\n",
		           values_apart(old, new));
}

bool model_show_difference(struct buf *b, const struct model *old, const struct model *new)
{
	size_t from = b->length;

	put_fact(b, "kind", kind(old), kind(new));
	put_names(b, "class", old->class_names, old->n_classes, new->class_names, new->n_classes);
	if (old->schema != new->schema)
		buf_format(b, "schema: %016llx -> %016llx\n", (unsigned long long)old->schema,
		           (unsigned long long)new->schema);
	put_fact(b, "scaled", yes_no(old->mean), yes_no(new->mean));
	if (put_names(b, "feature", old->feature_names, old->n_features, new->feature_names,
	              new->n_features))
		put_scaler(b, old, new);
	put_number(b, "threshold", old->threshold, new->threshold);
	put_forest(b, &old->forest, &new->forest);
	put_fact(b, "about", old->about, new->about);
	return b->length != from;
}
