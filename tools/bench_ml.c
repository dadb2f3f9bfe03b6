// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_ml: what applying a model costs, beside scikit-learn in the same run and on the same trees,
 * both with one thread and in processor time. bench_sklearn.py, beside this program's source,
 * trains and exports; it is run by $PYTHON or, as Debian installs it, /usr/bin/python3. Without
 * scikit-learn the forests are our own, and our times are printed alone.
 *
 * Also measured is how long it takes to open the model's file, checked and ready for use.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model_import.h"
#include "rng.h"
#include "train.h"

#define ROWS    4096
#define COLUMNS 72
#define CLASSES 15
#define REPEATS 15

static char folder[] = "/tmp/weir-bench-XXXXXX";

struct subject {
	const char *name, *what;
	double batch_target, single_target; /* times faster than scikit-learn; 0: none */
	double batch_ns, single_ns;         /* scikit-learn's; 0: not known */
};

static struct subject subjects[] = {
	{ "forest", "forest, 100 trees, depth 10, 15 classes", 4, 1000, 0, 0 },
	{ "deep", "the same without a bound on the depth", 0, 0, 0, 0 },
	{ "isolation", "isolation forest, 100 trees", 25, 0, 0, 0 },
};

#define N_SUBJECTS (sizeof(subjects) / sizeof(*subjects))

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const char *file_in(const char *name, const char *suffix)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	return path;
}

/* A whole file with a NUL behind it, or NULL. */
static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	text = calloc(*length + 1, 1);
	if (text && fread(text, 1, *length, file) != *length) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

/* Have scikit-learn measured. Did it work? */
static bool run_python(void)
{
	const char *python = getenv("PYTHON");
	char command[400], name[20], how[20];
	bool any = false;
	double ns;
	FILE *in;
	size_t i;

	snprintf(command, sizeof(command), "%s tools/bench_sklearn.py %s",
	         python ? python : "/usr/bin/python3", folder);
	in = popen(command, "r");
	if (!in)
		return false;
	while (fscanf(in, "%19s %19s %lf", name, how, &ns) == 3)
		for (i = 0; i < N_SUBJECTS; i++)
			if (!strcmp(name, subjects[i].name)) {
				*(strcmp(how, "batch") ? &subjects[i].single_ns
				                       : &subjects[i].batch_ns) = ns;
				any = true;
			}
	return pclose(in) == 0 && any;
}

static struct matrix *make_matrix(void)
{
	static char names[COLUMNS][8];
	const char *columns[COLUMNS];
	double row[COLUMNS];
	struct matrix *m;
	struct rng rng;
	int i, k;

	for (k = 0; k < COLUMNS; k++) {
		snprintf(names[k], sizeof(names[k]), "f%d", k);
		columns[k] = names[k];
	}
	m = matrix_new(COLUMNS, columns);
	rng_seed(&rng, 1, 0);
	for (i = 0; m && i < ROWS; i++) {
		uint32_t class = (uint32_t)rng_below(&rng, CLASSES);

		for (k = 0; k < COLUMNS; k++)
			row[k] = exp(3 * rng_real(&rng) + sin(class * (k + 1.0)));
		if (matrix_add_row(m, row, names[class], 1, 0)) {
			matrix_free(m);
			return NULL;
		}
	}
	return m;
}

/* Our own forest in the place of an imported one. */
static struct model *train(const struct subject *s, const struct matrix *m, char *error,
                           size_t size)
{
	struct train_forest p = train_forest_defaults;
	struct train_isolation q = train_isolation_defaults;
	struct model model = {
		.n_features = COLUMNS,
		.feature_names = (const char **)m->column_names,
		.class_names = (const char **)m->class_names,
	}, *opened = NULL;
	struct forest *f;

	p.max_depth = strcmp(s->name, "forest") ? 0 : 10;
	if (strcmp(s->name, "isolation") != 0) {
		f = train_forest_fit(&p, m, error, size);
		model.n_classes = (uint32_t)m->n_classes;
	} else {
		f = train_isolation_fit(&q, m, error, size);
		model.kind = MODEL_ANOMALY;
	}
	if (!f)
		return NULL;
	model.forest = *f;
	if (!model_save(&model, file_in(s->name, ".weir"), error, size))
		opened = model_open(file_in(s->name, ".weir"), error, size);
	forest_free(f);
	return opened;
}

static struct model *import(const struct subject *s, char *error, size_t size)
{
	size_t length;
	char *text = read_file(file_in(s->name, ".json"), &length);
	struct model *m = text ? model_import_json(text, length, error, size) : NULL;
	struct model *opened = NULL;

	free(text);
	if (m && !model_save(m, file_in(s->name, ".weir"), error, size))
		opened = model_open(file_in(s->name, ".weir"), error, size);
	model_close(m);
	return opened;
}

static void ask(const struct model *m, double *out, const double *rows, size_t n)
{
	if (m->kind == MODEL_ANOMALY)
		model_score_samples(m, out, rows, n);
	else
		model_predict_proba(m, out, rows, n);
}

/* Nanoseconds a row, at best; step rows at a time. */
static double measure(const struct model *m, double *out, const double *rows, size_t step)
{
	double best = INFINITY;
	uint32_t width = m->n_classes ? m->n_classes : 1;
	int repeat;
	size_t i;

	for (repeat = 0; repeat < REPEATS; repeat++) {
		double start = now_ns();

		for (i = 0; i < ROWS; i += step)
			ask(m, out + i * width, rows + i * COLUMNS, step);
		best = fmin(best, now_ns() - start);
	}
	return best / ROWS;
}

static double measure_opening(const struct subject *s, char *error, size_t size)
{
	double best = INFINITY;
	int repeat;

	for (repeat = 0; repeat < REPEATS; repeat++) {
		double start = now_ns();
		struct model *m = model_open(file_in(s->name, ".weir"), error, size);

		best = fmin(best, now_ns() - start);
		model_close(m);
	}
	return best;
}

static const char *compare(const struct subject *s, const struct model *m, const double *out)
{
	size_t n = (size_t)ROWS * (m->n_classes ? m->n_classes : 1), length, i;
	char *bytes = read_file(file_in(s->name, ".out"), &length);
	double worst = 0, wanted;

	if (!bytes || length != n * sizeof(wanted)) {
		free(bytes);
		return "-";
	}
	for (i = 0; i < n; i++) {
		memcpy(&wanted, bytes + i * sizeof(wanted), sizeof(wanted));
		worst = fmax(worst, fabs(out[i] - wanted));
	}
	free(bytes);
	return worst == 0 ? "every bit" : worst < 1e-15 ? "within 1e-15" : "NO";
}

static void print_line(const struct subject *s, const char *how, double ns, double theirs)
{
	printf("  %-42s %-7s %9.0f", s->what, how, ns);
	if (theirs > 0)
		printf(" %12.0f %9.1f", theirs, theirs / ns);
	putchar('\n');
}

static void print_target(const struct subject *s, const char *how, double ns, double theirs,
                         double target)
{
	if (target > 0 && theirs > 0)
		printf("target: %s, %s; %.1f x scikit-learn; at least %.0f x; %s\n", s->what, how,
		       theirs / ns, target, theirs / ns >= target ? "met" : "missed");
}

static int bench(const struct subject *s, const struct matrix *own, const double *rows)
{
	char error[300] = "";
	struct model *m = own ? train(s, own, error, sizeof(error))
	                      : import(s, error, sizeof(error));
	double *out = malloc(sizeof(*out) * ROWS * CLASSES), batch, single, open_ms;

	if (!m || !out) {
		fprintf(stderr, "bench_ml: %s: %s\n", s->name, error);
		model_close(m);
		free(out);
		return 1;
	}
	single = measure(m, out, rows, 1);
	batch = measure(m, out, rows, ROWS);
	open_ms = measure_opening(s, error, sizeof(error)) / 1e6;
	print_line(s, "batch", batch, s->batch_ns);
	print_line(s, "single", single, s->single_ns);
	printf("  %-42s %-7s %9.2f ms, %.1f MB, %u nodes; answers equal: %s\n", "", "open", open_ms,
	       (double)m->map_size / 1e6, m->forest.n_nodes, compare(s, m, out));
	print_target(s, "batch", batch, s->batch_ns, s->batch_target);
	print_target(s, "single row", single, s->single_ns, s->single_target);
	printf("target: open %s; %.2f ms; at most 10; %s\n", s->what, open_ms,
	       open_ms <= 10 ? "met" : "missed");
	model_close(m);
	free(out);
	return 0;
}

static void remove_files(void)
{
	static const char *const suffixes[] = { ".json", ".out", ".weir" };
	size_t i, k;

	for (i = 0; i < N_SUBJECTS; i++)
		for (k = 0; k < 3; k++)
			unlink(file_in(subjects[i].name, suffixes[k]));
	unlink(file_in("rows", ""));
	rmdir(folder);
}

int main(void)
{
	struct matrix *own = NULL;
	char *bytes = NULL;
	const double *rows = NULL;
	size_t length = 0, i;
	int code = 0;

	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	if (run_python())
		rows = (const double *)(bytes = read_file(file_in("rows", ""), &length));
	if (length != sizeof(double) * ROWS * COLUMNS) {
		own = make_matrix();
		rows = own ? own->values : NULL;
	}
	printf("  %-42s %-7s %9s %12s %9s\n", "nanoseconds a row, one thread", "", "weir",
	       own ? "" : "scikit-learn", own ? "" : "ratio");
	for (i = 0; rows && i < N_SUBJECTS; i++)
		code |= bench(&subjects[i], own, rows);
	matrix_free(own);
	free(bytes);
	remove_files();
	return rows ? code : 1;
}
