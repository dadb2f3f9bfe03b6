// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir fields: the field table, or with --features the feature schema, for people or as JSON. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "cmd.h"
#include "feature.h"
#include "field.h"
#include "log.h"

struct fields_options {
	bool json;
	bool features;
};

static const struct opt options[] = {
	{ "json", 'j', NULL, OPT_FLAG, offsetof(struct fields_options, json), 0, 0, NULL,
	  "as a JSON array" },
	{ "features", 'f', NULL, OPT_FLAG, offsetof(struct fields_options, features), 0, 0, NULL,
	  "what models are told of a flow, or of a host in a window, instead" },
};

static void print_text(struct buf *b)
{
	size_t i;

	buf_format(b, "%-20s %-8s %-9s %-5s %s\n", "FIELD", "TYPE", "UNIT", "IPFIX", "MEANING");
	for (i = 0; i < n_fields; i++) {
		const struct field *f = &fields[i];
		char ipfix[8] = "-";

		if (f->ipfix)
			snprintf(ipfix, sizeof(ipfix), "%u", f->ipfix);
		buf_format(b, "%-20s %-8s %-9s %-5s %s\n", f->name, field_type_name(f->type),
		           *f->unit ? f->unit : "-", ipfix, f->meaning);
	}
}

static void print_json(struct buf *b)
{
	size_t i;

	for (i = 0; i < n_fields; i++) {
		const struct field *f = &fields[i];

		buf_format(b, "%s{\"name\":\"%s\",\"type\":\"%s\",\"unit\":", i ? ",\n " : "[",
		           f->name, field_type_name(f->type));
		field_put_json_text(b, f->unit);
		buf_format(b, ",\"ipfix\":%u,\"meaning\":", f->ipfix);
		field_put_json_text(b, f->meaning);
		buf_char(b, '}');
	}
	buf_text(b, "]\n");
}

/* The hash that models of all features of a block would carry. */
static uint64_t block_hash(enum feature_block block)
{
	struct feature_set set;
	char error[128];

	feature_set_parse(&set, feature_block_name(block), error, sizeof(error));
	return feature_set_hash(&set);
}

static void print_features_text(struct buf *b)
{
	size_t i;

	buf_format(b,
	           "schema version %d; --features takes blocks and names; guide3 is three of "
	           "guide6\n%-7s %-24s %s\n",
	           FEATURE_VERSION, "BLOCK", "FEATURE", "MEANING");
	for (i = 0; i < n_features; i++)
		buf_format(b, "%-7s %-24s %s\n", feature_block_name(features[i].block),
		           features[i].name, features[i].meaning);
}

static void print_features_json(struct buf *b)
{
	size_t i;
	int block;

	buf_format(b, "{\"version\":%d,\"blocks\":{", FEATURE_VERSION);
	for (block = FEATURE_FLOW; block <= FEATURE_HOST; block++)
		buf_format(b, "%s\"%s\":\"%016" PRIx64 "\"", block ? "," : "",
		           feature_block_name(block), block_hash(block));
	buf_text(b, "},\n\"features\":[");
	for (i = 0; i < n_features; i++) {
		buf_format(b, "%s{\"name\":\"%s\",\"block\":\"%s\",\"meaning\":", i ? ",\n " : "",
		           features[i].name, feature_block_name(features[i].block));
		field_put_json_text(b, features[i].meaning);
		buf_char(b, '}');
	}
	buf_text(b, "]}\n");
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct fields_options o = { 0 };
	struct buf b = { 0 };

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc) {
		log_error("fields: takes no argument, was given '%s'", argv[0]);
		return CMD_USAGE;
	}
	if (o.features)
		(o.json ? print_features_json : print_features_text)(&b);
	else
		(o.json ? print_json : print_text)(&b);
	fwrite(b.data, 1, b.length, stdout);
	buf_clear(&b);
	return CMD_DONE;
}

const struct opt_command cmd_fields = {
	.name = "fields",
	.arguments = "",
	.summary = "what a record says: name, type, unit, IPFIX element, meaning",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
