// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Opening, saving and asking models. Asking needs no memory but the stack: rows are scaled in
 * float64, cast to float32 as scikit-learn casts them, and applied a block at a time.
 */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forest_plan.h"
#include "model_file.h"

#define EIGHT       8
#define BLOCK_ROWS  256
#define BLOCK_CELLS 32768 /* floats on the stack: 128 KiB */

_Static_assert(BLOCK_CELLS >= MODEL_FEATURES_MAX, "a block holds at least one row");

struct model *model_from_bytes(const void *data, size_t length, char *error, size_t size)
{
	struct model *m;
	void *copy;

	if ((uintptr_t)data % _Alignof(max_align_t) == 0)
		return model_decode(data, length, error, size);
	copy = malloc(length ? length : 1);
	if (!copy) {
		snprintf(error, size, "no memory");
		return NULL;
	}
	memcpy(copy, data, length);
	m = model_decode(copy, length, error, size);
	if (!m) {
		free(copy);
		return NULL;
	}
	m->map = copy;
	m->map_size = length;
	return m;
}

/*
 * The file's bytes, or NULL with errno set. They are read, though they could be mapped: a file that
 * is written over in place would change or cut a model that is in use.
 */
static void *read_file(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	char *data = NULL;
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		error = errno;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		error = EINVAL;
	else if (!(data = malloc(st.st_size)))
		error = ENOMEM;
	while (!error && n && done < (size_t)st.st_size) {
		n = read(fd, data + done, st.st_size - done);
		if (n > 0)
			done += n;
		else if (n < 0 && errno != EINTR)
			error = errno;
	}
	close(fd);
	if (error) {
		free(data);
		errno = error;
		return NULL;
	}
	*length = done;
	return data;
}

struct model *model_open(const char *path, char *error, size_t size)
{
	static const char next[] = "make one with 'weir train' or 'weir model import'";
	char reason[200];
	size_t length;
	void *data = read_file(path, &length);
	struct model *m;

	if (!data) {
		snprintf(error, size, "%s: cannot read the model: %s; %s", path,
		         errno == EINVAL ? "it is empty or not a file" : strerror(errno), next);
		return NULL;
	}
	m = model_decode(data, length, reason, sizeof(reason));
	if (!m) {
		snprintf(error, size, "%s: cannot use the model: %s; %s", path, reason, next);
		free(data);
		return NULL;
	}
	m->map = data;
	m->map_size = length;
	return m;
}

void model_close(struct model *m)
{
	if (!m)
		return;
	forest_plan_free(m->forest.plan);
	free(m->map);
	free(m);
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			length -= (size_t)n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* So that the new name itself is on the disk; where a folder cannot be synced, it is not. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

static int replace_file(const char *path, const char *data, size_t length)
{
	struct stat st;
	char *fresh;
	int fd, status;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EEXIST;
	if (asprintf(&fresh, "%s.new.%d", path, (int)getpid()) < 0)
		return -ENOMEM;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	status = fd < 0 ? -errno : write_all(fd, data, length);
	if (fd >= 0 && close(fd) && !status)
		status = -errno;
	if (!status && rename(fresh, path))
		status = -errno;
	if (status && fd >= 0)
		unlink(fresh);
	if (!status)
		sync_folder(path);
	free(fresh);
	return status;
}

int model_save(const struct model *m, const char *path, char *error, size_t size)
{
	char reason[200];
	size_t length;
	void *data;
	int status = model_encode(m, &data, &length, reason, sizeof(reason));

	if (status) {
		snprintf(error, size, "%s: cannot save the model: %s", path, reason);
		return status;
	}
	status = replace_file(path, data, length);
	free(data);
	if (status)
		snprintf(error, size, "%s: cannot save the model: %s; name another file with -o",
		         path,
		         status == -EEXIST ? "something that is no file is there"
		                           : strerror(-status));
	return status;
}

/* (x - mean) / scale of n features, in eights, which compilers put into vectors. */
static inline void scale_some(float *scaled, const double *row, const double *mean,
                              const double *scale, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		scaled[i] = (float)(mean ? (row[i] - mean[i]) / scale[i] : row[i]);
}

void model_scale_row(const struct model *m, float *scaled, const double *row)
{
	uint32_t n = m->n_features, i = 0;

	if (m->mean)
		for (; i + EIGHT <= n; i += EIGHT)
			scale_some(scaled + i, row + i, m->mean + i, m->scale + i, EIGHT);
	else
		for (; i + EIGHT <= n; i += EIGHT)
			scale_some(scaled + i, row + i, NULL, NULL, EIGHT);
	if (i < n && m->mean)
		scale_some(scaled + i, row + i, m->mean + i, m->scale + i, n - i);
	else if (i < n)
		scale_some(scaled + i, row + i, NULL, NULL, n - i);
}

/* forest_apply() on unscaled rows: out[n][n_outputs]. */
static void apply(const struct model *m, double *out, const double *rows, size_t n)
{
	_Alignas(64) float scaled[BLOCK_CELLS];
	size_t fit = BLOCK_CELLS / m->n_features, i, k, block;

	if (fit > BLOCK_ROWS)
		fit = BLOCK_ROWS;
	for (i = 0; i < n; i += block) {
		block = n - i < fit ? n - i : fit;
		for (k = 0; k < block; k++)
			model_scale_row(m, scaled + k * m->n_features,
			                rows + (i + k) * m->n_features);
		forest_apply(&m->forest, out + i * m->forest.n_outputs, scaled, block);
	}
}

/* In place, as scikit-learn's softmax: the largest is taken away first. */
static void softmax(double *x, uint32_t n)
{
	double max = x[0], sum = 0;
	uint32_t i;

	for (i = 1; i < n; i++)
		max = x[i] > max ? x[i] : max;
	for (i = 0; i < n; i++) {
		x[i] = exp(x[i] - max);
		sum += x[i];
	}
	for (i = 0; i < n; i++)
		x[i] /= sum;
}

/* From log-odds in the first half of proba[n][2], the last first, since they lie close together. */
static void logistic(double *proba, size_t n)
{
	while (n--) {
		double second = 1 / (1 + exp(-proba[n]));

		proba[n * 2 + 1] = second;
		proba[n * 2] = 1 - second;
	}
}

void model_predict_proba(const struct model *m, double *proba, const double *rows, size_t n)
{
	size_t i;

	apply(m, proba, rows, n);
	if (m->kind != MODEL_BOOST_CLASSIFIER)
		return;
	if (m->forest.n_outputs == 1)
		logistic(proba, n);
	else
		for (i = 0; i < n; i++)
			softmax(proba + i * m->n_classes, m->n_classes);
}

void model_score_samples(const struct model *m, double *score, const double *rows, size_t n)
{
	double usual = forest_average_path(m->forest.max_samples);
	size_t i;

	apply(m, score, rows, n);
	for (i = 0; i < n; i++)
		score[i] = -exp2(usual > 0 ? -score[i] / usual : -1);
}
