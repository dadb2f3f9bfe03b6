// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Is this a model file, and one that can be used as it lies? Checked are, in this order: magic,
 * version, length, counts, checksum, numbers, every tree (forest_check), every name. After that
 * nothing is checked again.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forest_plan.h"
#include "json.h"
#include "model_file.h"

#define NAME_MAX_BYTES 255

static int fail(char *error, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static int fail(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return -EINVAL;
}

/* What each kind of model is made of. */
static const char *check_kind(const struct model_header *h)
{
	uint32_t outputs = h->n_classes;
	static const uint32_t forests[] = {
		[MODEL_FOREST_CLASSIFIER] = FOREST_MEAN,
		[MODEL_BOOST_CLASSIFIER] = FOREST_SUM,
		[MODEL_ANOMALY] = FOREST_PATH,
	};

	if (h->kind > MODEL_ANOMALY)
		return "its kind is not known";
	if (h->forest_kind != forests[h->kind])
		return "its kind of forest does not fit its kind of model";
	if (h->kind == MODEL_ANOMALY ? h->n_classes != 0 : h->n_classes < 2)
		return "its number of classes does not fit its kind";
	if (h->kind == MODEL_ANOMALY || (h->kind == MODEL_BOOST_CLASSIFIER && outputs == 2))
		outputs = 1;
	if (h->n_outputs != outputs)
		return "its number of outputs does not fit its classes";
	return NULL;
}

static int check_header(const struct model_header *h, size_t length, char *error, size_t size)
{
	static const uint8_t zero[sizeof(h->unused)];
	struct model_layout l;
	const char *wrong;

	if (memcmp(h->magic, MODEL_MAGIC, sizeof(h->magic)))
		return fail(error, size, "it is not a weir model file");
	if (h->version != MODEL_VERSION)
		return fail(error, size, "its version is %u, this weir reads %u", h->version,
		            MODEL_VERSION);
	if (h->length != length)
		return fail(error, size, "it is %zu bytes long and says %llu", length,
		            (unsigned long long)h->length);
	wrong = check_kind(h);
	if (wrong)
		return fail(error, size, "%s", wrong);
	if (!h->n_features || h->n_features > MODEL_FEATURES_MAX ||
	    h->n_classes > MODEL_CLASSES_MAX)
		return fail(error, size,
		            "it has %u features and %u classes; up to %u and %u can be",
		            h->n_features, h->n_classes, MODEL_FEATURES_MAX, MODEL_CLASSES_MAX);
	if ((h->flags & ~(MODEL_HAS_SCALER | MODEL_HAS_USUAL)) ||
	    memcmp(h->unused, zero, sizeof(zero)) || !h->text_bytes ||
	    h->text_bytes > MODEL_TEXT_MAX)
		return fail(error, size, "its header has unknown parts");
	model_lay_out(&l, h);
	if (l.length != length)
		return fail(error, size, "its parts do not fill its length");
	if (model_checksum(h, length) != h->checksum)
		return fail(error, size, "its checksum is wrong: the file is damaged");
	return 0;
}

static int check_numbers(const struct model *m, char *error, size_t size)
{
	uint32_t i;

	if (!isfinite(m->threshold))
		return fail(error, size, "its threshold is no finite number");
	for (i = 0; i < MODEL_QUANTILES; i++)
		if (!isfinite(m->quantile[i]) || (i && m->quantile[i] < m->quantile[i - 1]))
			return fail(error, size, "its quantiles do not ascend (at %u)", i);
	for (i = 0; m->mean && i < m->n_features; i++)
		if (!isfinite(m->mean[i]) || !isfinite(m->scale[i]) || m->scale[i] <= 0)
			return fail(error, size, "its scaler is not finite or not above 0 (at %u)",
			            i);
	for (i = 0; m->usual && i < m->n_features * 3; i++)
		if (!isfinite(m->usual[i]))
			return fail(error, size, "its usual ranges are not finite (at %u)", i / 3);
	return 0;
}

/* Bytes of the UTF-8 character at s, 0 if it is none or a control character. */
static int character(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2, i;
	uint32_t code = n == 1 ? *s : *s & (0x7f >> n);

	if (*s >= 0xf8 || (*s >= 0x80 && *s < 0xc0))
		return 0;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

static bool is_text(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n;

	for (; *s; s += n) {
		n = character(s);
		if (!n)
			return false;
	}
	return true;
}

/* Take n names from *text, which goes on behind them. */
static int take_names(const char **names, uint32_t n, const char **text, const char *end,
                      char *error, size_t size)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		const char *stop = memchr(*text, 0, (size_t)(end - *text));

		if (!stop || stop == *text || stop - *text > NAME_MAX_BYTES || !is_text(*text))
			return fail(error, size,
			            "a name is empty, too long or not UTF-8 text (at %u)", i);
		names[i] = *text;
		*text = stop + 1;
	}
	return 0;
}

static int take_text(struct model *m, const char *text, size_t bytes, char *error, size_t size)
{
	const char *end = text + bytes;
	int status = take_names(m->feature_names, m->n_features, &text, end, error, size);

	if (!status)
		status = take_names(m->class_names, m->n_classes, &text, end, error, size);
	if (status)
		return status;
	m->about = text;
	if (text == end || memchr(text, 0, (size_t)(end - text)) != end - 1 || *text != '{' ||
	    !json_is_valid(text, (size_t)(end - 1 - text)))
		return fail(error, size, "its notes are not a JSON object");
	return 0;
}

/* The file is never written to: these pointers lose their const only to fit struct forest. */
static void *place(const struct model_header *h, const struct model_layout *l, enum model_section s)
{
	return l->bytes[s] ? (char *)(uintptr_t)h + l->at[s] : NULL;
}

static void point(struct model *m, const struct model_header *h, const struct model_layout *l)
{
	m->kind = h->kind;
	m->schema = h->schema;
	m->n_features = h->n_features;
	m->n_classes = h->n_classes;
	m->threshold = h->threshold;
	memcpy(m->quantile, place(h, l, SECTION_QUANTILE), sizeof(m->quantile));
	m->mean = place(h, l, SECTION_MEAN);
	m->scale = place(h, l, SECTION_SCALE);
	m->usual = place(h, l, SECTION_USUAL);
	m->forest = (struct forest){
		.kind = h->forest_kind,
		.n_features = h->n_features,
		.n_outputs = h->n_outputs,
		.n_trees = h->n_trees,
		.n_nodes = h->n_nodes,
		.n_values = h->n_values,
		.max_samples = h->max_samples,
		.root = place(h, l, SECTION_ROOT),
		.depth = place(h, l, SECTION_DEPTH),
		.nodes = place(h, l, SECTION_NODES),
		.cover = place(h, l, SECTION_COVER),
		.values = place(h, l, SECTION_VALUES),
		.baseline = place(h, l, SECTION_BASELINE),
	};
}

struct model *model_decode(const void *data, size_t length, char *error, size_t size)
{
	const struct model_header *h = data;
	struct model_layout l;
	struct model *m;

	if (length < sizeof(*h)) {
		fail(error, size, "it is too short for a model file");
		return NULL;
	}
	if (check_header(h, length, error, size))
		return NULL;
	model_lay_out(&l, h);
	m = calloc(1, sizeof(*m) + (h->n_features + (size_t)h->n_classes) * sizeof(char *));
	if (!m) {
		fail(error, size, "no memory");
		return NULL;
	}
	m->feature_names = (const char **)(m + 1);
	m->class_names = m->feature_names + h->n_features;
	point(m, h, &l);
	if (!check_numbers(m, error, size) && !forest_check(&m->forest, error, size) &&
	    !take_text(m, place(h, &l, SECTION_TEXT), l.bytes[SECTION_TEXT], error, size)) {
		m->forest.plan = forest_plan_new(&m->forest);
		return m;
	}
	free(m);
	return NULL;
}
