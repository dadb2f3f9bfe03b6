// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * crossval forest|boost|isolation SEED: weir's trainers on a CSV file, for comparisons.
 *
 * Standard input has a header, feature columns and, last, the columns label, weight and fold. Each
 * fold is predicted by a model trained on the rows of all the others; rows of weight 0 are only
 * predicted. Standard output gets, row by row, the predicted label or, for the isolation forest,
 * the mean path length. Parameters are the defaults. See compare_train.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "train.h"

#define COLUMNS_MAX 4096
#define N_LAST      3 /* columns that are no features */

struct method {
	const char *name;
	struct forest *(*fit)(uint64_t seed, const struct matrix *m, char *error, size_t size);
};

static void die(const char *what)
{
	fprintf(stderr, "crossval: %s\n", what);
	exit(1);
}

static struct forest *fit_forest(uint64_t seed, const struct matrix *m, char *error, size_t size)
{
	struct train_forest p = train_forest_defaults;

	p.common.random_state = seed;
	return train_forest_fit(&p, m, error, size);
}

static struct forest *fit_boost(uint64_t seed, const struct matrix *m, char *error, size_t size)
{
	struct train_boost p = train_boost_defaults;

	p.common.random_state = seed;
	return train_boost_fit(&p, m, error, size);
}

static struct forest *fit_isolation(uint64_t seed, const struct matrix *m, char *error, size_t size)
{
	struct train_isolation p = train_isolation_defaults;

	p.common.random_state = seed;
	return train_isolation_fit(&p, m, error, size);
}

static const struct method methods[] = {
	{ "forest", fit_forest },
	{ "boost", fit_boost },
	{ "isolation", fit_isolation },
	{ NULL, NULL },
};

/* Cut the line at its commas; the number of fields. Fields are not quoted here. */
static size_t cut(char *line, char **fields)
{
	size_t n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (line && n < COLUMNS_MAX)
		fields[n++] = strsep(&line, ",");
	return n;
}

static struct matrix *read_matrix(FILE *in)
{
	char *line = NULL, *fields[COLUMNS_MAX];
	struct matrix *m;
	size_t size = 0, n;

	if (getline(&line, &size, in) < 0)
		die("no header");
	n = cut(line, fields);
	m = n > N_LAST ? matrix_new(n - N_LAST, (const char *const *)fields) : NULL;
	while (m && getline(&line, &size, in) >= 0) {
		double row[COLUMNS_MAX];
		int64_t fold;

		if (cut(line, fields) != n)
			die("a row is not as wide as the header");
		for (size_t c = 0; c < n - N_LAST; c++)
			row[c] = strtod(fields[c], NULL);
		fold = matrix_add_group(m, fields[n - 1]);
		if (fold < 0 || matrix_add_row(m, row, fields[n - 3], strtof(fields[n - 2], NULL),
		                               (uint32_t)fold))
			die("out of memory");
	}
	free(line);
	if (!m || matrix_sort_classes(m))
		die("out of memory, or fewer than four columns");
	return m;
}

static struct matrix *take_others(const struct matrix *m, uint32_t fold)
{
	size_t *rows = malloc(m->n_rows * sizeof(*rows)), n = 0;
	struct matrix *taken;

	for (size_t i = 0; rows && i < m->n_rows; i++)
		if (m->group[i] != fold)
			rows[n++] = i;
	taken = rows ? matrix_take(m, rows, n) : NULL;
	if (!taken)
		die("out of memory");
	free(rows);
	return taken;
}

/* The class with the largest output, or the mean path length. */
static double answer(const struct forest *f, const struct matrix *m, size_t i)
{
	float row[COLUMNS_MAX];
	double out[COLUMNS_MAX];
	uint32_t best = 0;

	for (size_t c = 0; c < m->n_columns; c++)
		row[c] = (float)matrix_row(m, i)[c];
	forest_apply(f, out, row, 1);
	if (f->kind == FOREST_PATH)
		return out[0];
	if (f->n_outputs == 1)
		return out[0] > 0;
	for (uint32_t k = 1; k < f->n_outputs; k++)
		if (out[k] > out[best])
			best = k;
	return best;
}

int main(int argc, char **argv)
{
	const struct method *method = methods;
	char error[256];
	struct matrix *m;
	double *answers;

	while (argc == 3 && method->name && strcmp(method->name, argv[1]))
		method++;
	if (argc != 3 || !method->name) {
		fputs("usage: crossval forest|boost|isolation SEED <FILE.csv\n", stderr);
		return 2;
	}
	m = read_matrix(stdin);
	answers = calloc(m->n_rows + 1, sizeof(*answers));
	for (uint32_t fold = 0; answers && fold < m->n_groups; fold++) {
		struct matrix *others = take_others(m, fold);
		struct forest *f = method->fit(strtoull(argv[2], NULL, 10), others, error,
		                               sizeof(error));

		if (!f)
			die(error);
		for (size_t i = 0; i < m->n_rows; i++)
			if (m->group[i] == fold)
				answers[i] = answer(f, m, i);
		forest_free(f);
		matrix_free(others);
	}
	for (size_t i = 0; answers && i < m->n_rows; i++)
		if (!strcmp(method->name, "isolation"))
			printf("%.17g\n", answers[i]);
		else
			puts(m->class_names[(size_t)answers[i]]);
	free(answers);
	matrix_free(m);
	return 0;
}
