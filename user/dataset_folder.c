// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Inputs of a data set: a file, or all captures in and below a folder, in the order of their names.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset_state.h"

/* nftw() has no argument for its callback. */
static _Thread_local struct walk {
	char **path;
	size_t n;
	bool failed;
} * walk;

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
	char **larger;

	if (type != FTW_F || flows_is_capture(path) != 1)
		return 0;
	larger = reallocarray(walk->path, walk->n + 1, sizeof(*larger));
	walk->path = larger ? larger : walk->path;
	walk->failed = !larger || !(larger[walk->n] = strdup(path));
	walk->n += !walk->failed;
	return walk->failed;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In a folder a file that cannot be read at all is told and left out. */
static int add_files(struct dataset_state *s, struct walk *w, const char *path, char *error,
                     size_t size)
{
	int result = 0;
	size_t i;

	if (w->failed) {
		snprintf(error, size, "%s: no memory for its files", path);
		return -ENOMEM;
	}
	if (!w->n) {
		snprintf(error, size, "%s: there is no capture in this folder", path);
		return -ENOENT;
	}
	qsort(w->path, w->n, sizeof(*w->path), by_name);
	for (i = 0; i < w->n && !result; i++) {
		result = dataset_add_file(s, w->path[i], error, size);
		if (!result || *s->trouble)
			continue;
		if (s->listener.warn)
			s->listener.warn(s->listener.arg, error);
		result = 0;
	}
	return result;
}

int dataset_add(struct dataset *d, const char *path, char *error, size_t size)
{
	struct walk w = { 0 };
	struct stat status;
	int result;

	if (stat(path, &status) || !S_ISDIR(status.st_mode))
		return dataset_add_file(d->state, path, error, size);
	walk = &w;
	nftw(path, visit, 16, 0);
	result = add_files(d->state, &w, path, error, size);
	while (w.n)
		free(w.path[--w.n]);
	free(w.path);
	return result;
}
