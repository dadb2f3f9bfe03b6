// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A model's metadata for people: a line each, of long lists as much as fits into it. All is in
 * `weir model show --json`.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "model_show.h"

#define VALUE_WIDTH 68 /* bytes: a line ends near column 100 */

/* A value of metadata, piece by piece; what does not fit is counted. */
struct value {
	struct buf *b;
	size_t from; /* where the value begins in b */
	uint64_t left_out;
};

static void put_piece(struct value *v, const char *piece)
{
	size_t length = v->b->length - v->from;

	if (v->left_out || (length && length + strlen(piece) > VALUE_WIDTH))
		v->left_out++;
	else
		buf_escaped(v->b, piece);
}

/* Texts are often lists: names with commas, answers by port with semicolons. */
static void put_pieces_of_text(struct value *v, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ";,");
		char *piece = strndup(text, n += text[n] != '\0');

		put_piece(v, piece ? piece : "?");
		free(piece);
		text += n;
	}
}

static void put_pieces_of_members(struct value *v, const struct json *j, uint32_t list)
{
	bool named = json_type(j, list) == JSON_OBJECT;
	uint32_t t = json_first(list), i;

	for (i = 0; i < j->tokens[list].count; i++, t = json_next(j, t)) {
		const char *name = named ? json_text(j, t) : "";
		struct buf piece = { 0 };
		char *text;

		t = named ? json_next(j, t) : t;
		text = json_print(j, t);
		buf_format(&piece, "%s%s%s%s", name, named ? " " : "", text ? text : "?",
		           i + 1 < j->tokens[list].count ? ", " : "");
		buf_char(&piece, '\0');
		put_piece(v, piece.error ? "?" : piece.data);
		buf_clear(&piece);
		free(text);
	}
}

static void put_value(struct buf *b, const struct json *j, uint32_t t)
{
	struct value v = { b, b->length, 0 };
	char *text;

	if (json_type(j, t) == JSON_TEXT) {
		put_pieces_of_text(&v, json_text(j, t));
	} else if (json_type(j, t) == JSON_ARRAY || json_type(j, t) == JSON_OBJECT) {
		put_pieces_of_members(&v, j, t);
	} else {
		text = json_print(j, t);
		put_piece(&v, text ? text : "?");
		free(text);
	}
	if (v.left_out)
		buf_format(b, "... (%llu more)", (unsigned long long)v.left_out);
	buf_char(b, '\n');
}

void model_show_about(struct buf *b, const char *about)
{
	char *copy = strdup(about), error[128];
	uint32_t name, i;
	struct json j;

	if (!copy || json_parse(&j, copy, strlen(copy), error, sizeof(error))) {
		buf_text(b,
		         "about      no memory\n"); /* the model was checked when it was opened */
		free(copy);
		return;
	}
	for (i = 0, name = json_first(0); i < j.tokens[0].count; i++) {
		uint32_t value = json_next(&j, name);

		buf_text(b, i ? "           " : "about      ");
		buf_escaped(b, json_text(&j, name));
		buf_text(b, ": ");
		put_value(b, &j, value);
		name = json_next(&j, value);
	}
	json_clear(&j);
	free(copy);
}
