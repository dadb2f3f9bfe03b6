// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The model file. All numbers are little endian, all sections begin at a multiple of 64 bytes and
 * follow one another in this order, so the counts in the header tell where everything lies:
 *
 *     header     128 bytes        struct model_header
 *     quantile   f64[101]         of the scores; all 0: not known
 *     mean       f64[n_features]  with MODEL_HAS_SCALER
 *     scale      f64[n_features]  with MODEL_HAS_SCALER
 *     usual      f64[n_features][3] with MODEL_HAS_USUAL
 *     baseline   f64[n_outputs]   with FOREST_SUM
 *     root       u32[n_trees]
 *     depth      u32[n_trees]
 *     nodes      [n_nodes]        threshold f32, feature u32, left u32, value u32
 *     cover      f32[n_nodes]
 *     values     f64[n_values]
 *     text       feature names, class names, about: each with a NUL at its end
 *
 * What is between the sections is 0. A file is used as it lies in memory once model_decode() has
 * checked it. The checksum finds damage, not malice; what it passes is checked all the same.
 */
#include "model_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 64

/* Counts are 32 bits, elements at most 24 bytes: nothing here overflows 64 bits. */
void model_lay_out(struct model_layout *l, const struct model_header *h)
{
	const bool scaler = h->flags & MODEL_HAS_SCALER, usual = h->flags & MODEL_HAS_USUAL;
	const uint64_t f64 = sizeof(double), u32 = sizeof(uint32_t);
	const uint64_t bytes[MODEL_SECTIONS] = {
		[SECTION_QUANTILE] = MODEL_QUANTILES * f64,
		[SECTION_MEAN] = scaler ? h->n_features * f64 : 0,
		[SECTION_SCALE] = scaler ? h->n_features * f64 : 0,
		[SECTION_USUAL] = usual ? h->n_features * 3 * f64 : 0,
		[SECTION_BASELINE] = h->forest_kind == FOREST_SUM ? h->n_outputs * f64 : 0,
		[SECTION_ROOT] = h->n_trees * u32,
		[SECTION_DEPTH] = h->n_trees * u32,
		[SECTION_NODES] = h->n_nodes * (uint64_t)sizeof(struct forest_node),
		[SECTION_COVER] = h->n_nodes * (uint64_t)sizeof(float),
		[SECTION_VALUES] = h->n_values * f64,
		[SECTION_TEXT] = h->text_bytes,
	};
	uint64_t at = sizeof(*h);
	int i;

	memcpy(l->bytes, bytes, sizeof(bytes));
	for (i = 0; i < MODEL_SECTIONS; i++) {
		at = (at + ALIGN - 1) / ALIGN * ALIGN;
		l->at[i] = at;
		at += bytes[i];
	}
	l->length = at;
}

/* One word into a sum: what differs before differs after, whatever the word. */
static inline uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15;
	return sum ^ sum >> 32;
}

/* Four sums side by side, so that they need not wait for each other. */
static void sum_up(uint64_t lane[4], const char *bytes, size_t n)
{
	uint64_t word[4] = { 0 };
	size_t i, k;

	for (i = 0; i < n; i += sizeof(word)) {
		memcpy(word, bytes + i, sizeof(word));
		for (k = 0; k < 4; k++)
			lane[k] = mix(lane[k], word[k]);
	}
}

uint64_t model_checksum(const void *data, size_t length)
{
	uint64_t lane[4] = { 1, 2, 3, 4 }, sum = length;
	size_t whole = length / sizeof(lane) * sizeof(lane), k;
	char part[sizeof(lane)] = { 0 };
	struct model_header h;

	memcpy(&h, data, sizeof(h));
	h.checksum = 0;
	sum_up(lane, (const char *)&h, sizeof(h));
	sum_up(lane, (const char *)data + sizeof(h), whole - sizeof(h));
	memcpy(part, (const char *)data + whole, length - whole);
	sum_up(lane, part, sizeof(part));
	for (k = 0; k < 4; k++)
		sum = mix(sum, lane[k]);
	return sum;
}

static const char *about(const struct model *m)
{
	return m->about ? m->about : "{}";
}

static uint64_t text_bytes(const struct model *m)
{
	uint64_t bytes = strlen(about(m)) + 1;
	uint32_t i;

	for (i = 0; i < m->n_features; i++)
		bytes += strlen(m->feature_names[i]) + 1;
	for (i = 0; i < m->n_classes; i++)
		bytes += strlen(m->class_names[i]) + 1;
	return bytes;
}

static void put_names(char *to, const struct model *m)
{
	uint32_t i;

	for (i = 0; i < m->n_features; i++)
		to = stpcpy(to, m->feature_names[i]) + 1;
	for (i = 0; i < m->n_classes; i++)
		to = stpcpy(to, m->class_names[i]) + 1;
	stpcpy(to, about(m));
}

static void put_sections(char *to, const struct model_layout *l, const struct model *m)
{
	const struct forest *f = &m->forest;
	const void *const from[] = {
		[SECTION_QUANTILE] = m->quantile, [SECTION_MEAN] = m->mean,
		[SECTION_SCALE] = m->scale,       [SECTION_USUAL] = m->usual,
		[SECTION_BASELINE] = f->baseline, [SECTION_ROOT] = f->root,
		[SECTION_DEPTH] = f->depth,       [SECTION_NODES] = f->nodes,
		[SECTION_COVER] = f->cover,       [SECTION_VALUES] = f->values,
	};
	int i;

	for (i = 0; i < SECTION_TEXT; i++)
		if (l->bytes[i])
			memcpy(to + l->at[i], from[i], l->bytes[i]);
	put_names(to + l->at[SECTION_TEXT], m);
}

static int refuse(char *error, size_t size, int status, const char *why)
{
	snprintf(error, size, "%s", why);
	return status;
}

static struct model_header make_header(const struct model *m)
{
	const struct forest *f = &m->forest;

	return (struct model_header){
		.magic = MODEL_MAGIC,
		.version = MODEL_VERSION,
		.flags = (m->mean ? MODEL_HAS_SCALER : 0) | (m->usual ? MODEL_HAS_USUAL : 0),
		.schema = m->schema,
		.kind = m->kind,
		.forest_kind = f->kind,
		.n_features = m->n_features,
		.n_classes = m->n_classes,
		.n_outputs = f->n_outputs,
		.n_trees = f->n_trees,
		.n_nodes = f->n_nodes,
		.n_values = f->n_values,
		.max_samples = f->max_samples,
		.threshold = m->threshold,
		.text_bytes = (uint32_t)text_bytes(m),
	};
}

int model_encode(const struct model *m, void **data, size_t *length, char *error, size_t size)
{
	struct model_header h = make_header(m);
	struct model_layout l;
	struct model *check;
	char *bytes;

	if (text_bytes(m) > MODEL_TEXT_MAX)
		return refuse(error, size, -EINVAL, "its names and notes are too long");
	model_lay_out(&l, &h);
	bytes = aligned_alloc(ALIGN, (l.length + ALIGN - 1) / ALIGN * ALIGN);
	if (!bytes)
		return refuse(error, size, -ENOMEM, "no memory");
	memset(bytes, 0, l.length);
	h.length = l.length;
	memcpy(bytes, &h, sizeof(h));
	put_sections(bytes, &l, m);
	h.checksum = model_checksum(bytes, l.length);
	memcpy(bytes, &h, sizeof(h));
	check = model_decode(bytes, l.length, error, size);
	if (!check) {
		free(bytes);
		return -EINVAL;
	}
	model_close(check);
	*data = bytes;
	*length = l.length;
	return 0;
}
