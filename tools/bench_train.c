// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_train [ROWS]: what training costs, beside scikit-learn in the same run, both with one
 * thread, in processor time. Rows (8,000 unless told) resemble flows: 72 columns, 15 classes of
 * unequal size; a third of the columns are flags and small counts, the others continuous, some of
 * them 0 in most rows.
 *
 * scikit-learn is run by bench_train.py through $PYTHON or, as Debian installs it,
 * /usr/bin/python3; without it our times are printed alone.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "matrix.h"
#include "rng.h"
#include "train.h"

#define COLUMNS 72
#define CLASSES 15
#define RUNS    3

struct method {
	const char *name;
	const char *what;
	struct forest *(*fit)(const struct matrix *m, char *error, size_t size);
};

static struct forest *fit_forest(const struct matrix *m, char *error, size_t size)
{
	struct train_forest p = train_forest_defaults;

	p.common.n_jobs = 1;
	return train_forest_fit(&p, m, error, size);
}

static struct forest *fit_boost(const struct matrix *m, char *error, size_t size)
{
	struct train_boost p = train_boost_defaults;

	p.common.n_jobs = 1;
	return train_boost_fit(&p, m, error, size);
}

static struct forest *fit_isolation(const struct matrix *m, char *error, size_t size)
{
	struct train_isolation p = train_isolation_defaults;

	p.common.n_jobs = 1;
	return train_isolation_fit(&p, m, error, size);
}

static const struct method methods[] = {
	{ "forest", "random forest, 100 trees", fit_forest },
	{ "boost", "boosting, 100 iterations", fit_boost },
	{ "isolation", "isolation forest, 100 trees", fit_isolation },
};

#define N_METHODS (sizeof(methods) / sizeof(*methods))

static void die(const char *what)
{
	fprintf(stderr, "bench_train: %s\n", what);
	exit(1);
}

/* Near enough normal: the sum of four uniform numbers, of deviation 1. */
static double normal(struct rng *r)
{
	return (rng_real(r) + rng_real(r) + rng_real(r) + rng_real(r) - 2) * 1.7320508;
}

static void make_row(struct rng *r, uint32_t class, double *row)
{
	for (uint32_t c = 0; c < COLUMNS; c++) {
		double centre = (class * 7 + c * 13) % 11 / 4.0;
		double x = centre + normal(r);

		if (c % 3 == 0)
			row[c] = fmax(0, floor(x * (c % 2 ? 1 : 3)));
		else
			row[c] = c % 6 == 1 && rng_real(r) < 0.7 ? 0 : x;
	}
}

static struct matrix *make_rows(size_t n)
{
	const char *names[COLUMNS];
	struct matrix *m;
	struct rng r;

	for (int c = 0; c < COLUMNS; c++)
		names[c] = "x";
	m = matrix_new(COLUMNS, names);
	rng_seed(&r, 1, 0);
	for (size_t i = 0; m && i < n; i++) {
		uint32_t class = (uint32_t)(CLASSES * rng_real(&r) * rng_real(&r));
		double row[COLUMNS];
		char label[8];

		snprintf(label, sizeof(label), "%c", 'a' + class);
		make_row(&r, class, row);
		if (matrix_add_row(m, row, label, 1, 0))
			die("no memory for the rows");
	}
	if (!m || matrix_sort_classes(m))
		die("no memory for the rows");
	return m;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double measure(const struct method *method, const struct matrix *m)
{
	double best = INFINITY, start;
	char error[256];

	for (int i = 0; i < RUNS; i++) {
		struct forest *f;

		start = now();
		f = method->fit(m, error, sizeof(error));
		if (!f)
			die(error);
		best = fmin(best, now() - start);
		forest_free(f);
	}
	return best;
}

static int write_rows(const struct matrix *m, const char *path)
{
	uint64_t head[2] = { m->n_rows, m->n_columns };
	FILE *out = fopen(path, "wb");
	int ok = out && fwrite(head, sizeof(head), 1, out) == 1 &&
	         fwrite(m->values, sizeof(*m->values) * m->n_columns, m->n_rows, out) ==
	                 m->n_rows &&
	         fwrite(m->label, sizeof(*m->label), m->n_rows, out) == m->n_rows;

	return out && !fclose(out) && ok;
}

/* Their seconds by method, NAN where there are none. */
static void ask_scikit_learn(const struct matrix *m, double *seconds)
{
	const char *python = getenv("PYTHON");
	char path[] = "/tmp/bench_train.XXXXXX", command[512], name[32];
	int fd = mkstemp(path);
	double value;
	FILE *in;

	if (fd < 0 || !write_rows(m, path))
		die("cannot write a temporary file");
	close(fd);
	snprintf(command, sizeof(command), "%s tools/bench_train.py %s",
	         python ? python : "/usr/bin/python3", path);
	in = popen(command, "r");
	while (in && fscanf(in, "%31s %lf", name, &value) == 2)
		for (size_t i = 0; i < N_METHODS; i++)
			if (!strcmp(methods[i].name, name))
				seconds[i] = value;
	if (in)
		pclose(in);
	unlink(path);
}

int main(int argc, char **argv)
{
	size_t n_rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 8000;
	double theirs[N_METHODS] = { NAN, NAN, NAN }, ours[N_METHODS];
	struct matrix *m = make_rows(n_rows);

	for (size_t i = 0; i < N_METHODS; i++)
		ours[i] = measure(&methods[i], m);
	ask_scikit_learn(m, theirs);
	printf("training on %zu rows, %d columns, %d classes, one thread, processor time\n", n_rows,
	       COLUMNS, CLASSES);
	printf("  %-30s %12s %14s %8s\n", "", "weir", "scikit-learn", "ratio");
	for (size_t i = 0; i < N_METHODS; i++) {
		printf("  %-30s %9.1f ms", methods[i].what, ours[i] * 1e3);
		if (!isnan(theirs[i]))
			printf(" %11.1f ms %7.1fx", theirs[i] * 1e3, theirs[i] / ours[i]);
		putchar('\n');
	}
	matrix_free(m);
	return 0;
}
