// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a report tells beside the records: the books of a run, and the models that judged.
 *
 * Both come from files and are hostile: the last line of the books is parsed before it becomes part
 * of the page's JSON, a model is opened as for use.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "json.h"
#include "model.h"
#include "report.h"
#include "source.h"

#define LINE_MAX_BYTES (1 << 20)

void report_clear(struct report *r)
{
	buf_clear(&r->stats);
	buf_clear(&r->models);
}

/* Take the next line, without its LF, into line. 1; 0 at the end; -E2BIG; -EIO. */
static int next_line(struct source *s, struct buf *line)
{
	const uint8_t *lf;
	size_t n;

	while (!(lf = memchr(s->pos, '\n', source_left(s)))) {
		if (source_left(s) > LINE_MAX_BYTES)
			return -E2BIG;
		if (!source_fill(s, source_left(s) + 1))
			break;
	}
	if (!lf && *source_error(s))
		return -EIO;
	n = lf ? (size_t)(lf - s->pos) : source_left(s);
	if (!lf && !n)
		return 0;
	line->length = 0;
	buf_put(line, s->pos, n);
	s->pos += n + !!lf;
	return line->error ? line->error : 1;
}

/* Are these the books? Terminates the line. */
static bool is_books(struct buf *line, char *why, size_t size)
{
	struct json j = { 0 };
	struct buf copy = { 0 };
	bool good = false;

	buf_put(&copy, line->data, line->length);
	buf_char(&copy, '\0');
	snprintf(why, size, "no memory");
	if (!copy.error && !json_parse(&j, copy.data, copy.length - 1, why, size)) {
		good = json_member(&j, 0, "seen") && json_member(&j, 0, "causes");
		snprintf(why, size, "it has no 'seen' and 'causes'");
		json_clear(&j);
	}
	buf_clear(&copy);
	return good;
}

static int take_books(struct report *r, const char *path, struct buf *line, char *error,
                      size_t size)
{
	char why[256];

	if (!line->length || !is_books(line, why, sizeof(why))) {
		snprintf(error, size,
		         "%s: cannot take the books from its last line: %s; -o stats:FILE of weir "
		         "monitor or read writes them",
		         path, line->length ? why : "it is empty");
		return -EINVAL;
	}
	buf_text(&r->stats, r->stats.length ? ",{\"file\":" : "{\"file\":");
	field_put_json_text(&r->stats, path);
	buf_text(&r->stats, ",\"books\":");
	buf_put(&r->stats, line->data, line->length);
	buf_char(&r->stats, '}');
	return r->stats.error;
}

int report_add_stats(struct report *r, const char *path, char *error, size_t size)
{
	struct source source = { 0 };
	struct buf line = { 0 };
	int got = source_open(&source, path);

	if (got) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-got));
		return got;
	}
	while ((got = next_line(&source, &line)) > 0)
		;
	if (!got)
		got = take_books(r, path, &line, error, size);
	else
		snprintf(error, size, "%s: cannot read the books: %s", path,
		         got == -E2BIG ? "a line is longer than 1 MB; -o stats:FILE writes them"
		         : got == -EIO ? source_error(&source)
		                       : strerror(-got));
	buf_clear(&line);
	source_close(&source);
	return got;
}

static void put_names(struct buf *b, const char *key, const char *const *names, size_t n)
{
	size_t i;

	buf_format(b, ",\"%s\":[", key);
	for (i = 0; i < n; i++) {
		buf_text(b, i ? "," : "");
		field_put_json_text(b, names[i]);
	}
	buf_char(b, ']');
}

static void put_model(struct buf *b, const char *path, const struct model *m)
{
	static const char *const kinds[] = {
		[MODEL_FOREST_CLASSIFIER] = "random forest classifier",
		[MODEL_BOOST_CLASSIFIER] = "gradient boosting classifier",
		[MODEL_ANOMALY] = "isolation forest",
	};

	buf_text(b, b->length ? ",{\"file\":" : "{\"file\":");
	field_put_json_text(b, path);
	buf_format(b, ",\"kind\":\"%s\",\"trees\":%u", kinds[m->kind], m->forest.n_trees);
	put_names(b, "features", m->feature_names, m->n_features);
	put_names(b, "classes", m->class_names, m->n_classes);
	if (m->kind == MODEL_ANOMALY) {
		buf_text(b, ",\"threshold\":");
		buf_real(b, m->threshold);
	}
	if (m->about && json_is_valid(m->about, strlen(m->about)))
		buf_format(b, ",\"about\":%s", m->about);
	buf_char(b, '}');
}

int report_add_model(struct report *r, const char *path, char *error, size_t size)
{
	struct model *m = model_open(path, error, size);

	if (!m)
		return -EINVAL;
	put_model(&r->models, path, m);
	model_close(m);
	if (r->models.error)
		snprintf(error, size, "%s: no memory", path);
	return r->models.error;
}
