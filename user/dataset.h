/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Data sets: inputs (captures, folders of captures, flow CSV) to a matrix of features with classes,
 * weights and groups, as the learners want it.
 */
#ifndef WEIR_DATASET_H
#define WEIR_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feature.h"
#include "matrix.h"

enum dataset_unit {
	DATASET_FLOW,
	DATASET_HOST, /* a host in a window, once as source and once as destination */
};

enum dataset_label {
	DATASET_LABEL_NONE,
	DATASET_LABEL_NDPI, /* what the packets of a capture speak */
};

struct dataset_options {
	const char *label_rules;  /* file */
	const char *labels;       /* CSV file */
	const char *label_column; /* of flow CSV */
	int label;                /* enum dataset_label */
	const char *snapshots;    /* "3,5,8,all"; NULL: all */
	uint64_t window_ns;       /* of hosts; 0: the model's, see host_settings.h */
	uint64_t min_flows;       /* of a host in a window; 0: the model's */
	uint64_t idle_ns, active_ns, max_flows;
	uint64_t per_file; /* flows of a class from one file at most; 0: all */
	uint64_t max_memory;
	uint64_t random_state;
};

extern const struct dataset_options dataset_defaults;

/* The options that train, evaluate and apply have in common. */
/* clang-format off */
#define DATASET_FLOW_OPTIONS(type, m)                                                              \
	{ "idle-timeout", 0, "TIME", OPT_DURATION, offsetof(type, m.idle_ns), 0, UINT64_MAX,       \
	  NULL, "of captures: a flow without packets for longer ends; 0: never" },                 \
	{ "active-timeout", 0, "TIME", OPT_DURATION, offsetof(type, m.active_ns), 0, UINT64_MAX,   \
	  NULL, "of captures: a flow that goes on is cut after this; 0: never" },                  \
	{ "max-flows", 0, "N", OPT_NUMBER, offsetof(type, m.max_flows), 1, 1000000000, NULL,       \
	  "flows kept at most; beyond, the least used leaves early" },                             \
	{ "window", 0, "TIME", OPT_DURATION, offsetof(type, m.window_ns), 1000000000,              \
	  86400000000000, NULL,                                                                    \
	  "length of a window of hosts; a model that judges has its own" },                        \
	{ "min-flows", 0, "N", OPT_NUMBER, offsetof(type, m.min_flows), 1, 1000000, NULL,          \
	  "flows that a host needs in a window; a model that judges has its own" }
#define DATASET_LABEL_OPTIONS(type, m)                                                             \
	{ "label", 0, "HOW", OPT_CHOICE, offsetof(type, m.label), 0, 0, "none|ndpi",               \
	  "classes of captures: ndpi: the protocol that nDPI sees in the packets" },               \
	{ "label-rules", 0, "FILE", OPT_TEXT, offsetof(type, m.label_rules), 0, 0, NULL,           \
	  "classes by rules, as: web_traffic if dst_port in 80,443" },                             \
	{ "labels", 0, "FILE", OPT_TEXT, offsetof(type, m.labels), 0, 0, NULL,                     \
	  "classes from CSV: label, and file, five-tuple, host, times" },                          \
	{ "label-column", 0, "NAME", OPT_TEXT, offsetof(type, m.label_column), 0, 0, NULL,         \
	  "classes from a column of flow CSV" },                                                   \
	{ "snapshots", 0, "LIST", OPT_TEXT, offsetof(type, m.snapshots), 0, 0, NULL,               \
	  "of captures: look at flows after so many packets, as 3,5,8,all" },                      \
	{ "per-file", 0, "N", OPT_NUMBER, offsetof(type, m.per_file), 0, UINT64_MAX, NULL,         \
	  "take at most N flows of a class from one file; 0: all" },                               \
	{ "max-memory", 0, "BYTES", OPT_NUMBER, offsetof(type, m.max_memory), 1000000, UINT64_MAX, \
	  NULL, "stop when the features take more; a third of the machine's if not given" },             \
	{ "random-state", 0, "N", OPT_NUMBER, offsetof(type, m.random_state), 0, UINT64_MAX, NULL, \
	  "seed of all that is drawn" }
/* clang-format on */

/* What a row is of, beside its features. */
struct dataset_tag {
	uint64_t flow;    /* rows of one flow share it */
	uint64_t time_ns; /* when the flow or window began */
	uint64_t packets; /* seen so far */
	bool is_end;      /* not a snapshot */
	uint8_t protocol;
	uint16_t dst_port;
};

struct dataset {
	struct matrix *m;
	struct dataset_tag *tag; /* [n_rows] */
	uint64_t files, flows;
	uint64_t unlabelled; /* flows left out since nothing says what they are */
	uint64_t surplus;    /* flows left out by per_file */
	struct dataset_state *state;
};

/* What dataset_add() tells meanwhile; either may be NULL. */
struct dataset_listener {
	void (*warn)(void *arg,
	             const char *message); /* a file broke, what came before it is kept */
	void (*progress)(void *arg, const char *path, double part); /* part < 0: not known */
	void *arg;
};

/*
 * An empty data set of these features; labelled: rows without a class are left out. NULL with one
 * line in error: options that do not go together, files of labels that cannot be read.
 */
struct dataset *dataset_new(const struct dataset_options *options, const struct feature_set *set,
                            bool labelled, const struct dataset_listener *listener, char *error,
                            size_t size);

/* Is there a way to tell the class of a flow? */
bool dataset_has_labels(const struct dataset *d);

/*
 * Add all of PATH, a file or a folder, of which captures are taken. 0, or negative with one line in
 * error.
 */
int dataset_add(struct dataset *d, const char *path, char *error, size_t size);

/*
 * Weigh rows so that n flows of a class from one file count as much as root n, and all rows as
 * much as before. 0 or -ENOMEM.
 */
int dataset_even_files(struct dataset *d);

/* Accepts NULL. */
void dataset_free(struct dataset *d);

#endif
