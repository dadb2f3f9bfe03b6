/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Features: what a model is told about a flow, or about a host in a window of time.
 *
 * The schema is one table (feature_schema.c) of all features, in blocks. A feature set is a choice
 * of blocks, or of names; a model carries the names and the hash of its set. A flow's features are
 * made from fields of the field table, so that a flow record and a row of a flow CSV give the same
 * vector. Vectors are finite: what is undefined (a mean of nothing, a rate over no time) is 0.
 */
#ifndef WEIR_FEATURE_H
#define WEIR_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define FEATURE_VERSION 1 /* changes when a feature of a name changes its meaning */
#define FEATURE_MAX     160
#define FEATURE_FIELDS  256 /* room for a value of each field */

enum feature_block {
	FEATURE_FLOW,   /* port-free: protocol, sizes, times, flags */
	FEATURE_PORTS,  /* the responder's port, ICMP type */
	FEATURE_FIRST8, /* first eight payload sizes of each direction, and those with payload */
	FEATURE_GUIDE,  /* the six columns of the Python guide, as they are */
	FEATURE_HOST,   /* a host in a window: see feature_host.h */
};

/* How a feature comes from fields a and b and a number n. x / 0 is 0. */
enum feature_rule {
	FEATURE_VALUE, /* a */
	FEATURE_LOG,   /* log(1 + a n) */
	FEATURE_REST,  /* log(1 + a - b) */
	FEATURE_SHARE, /* a / b */
	FEATURE_PART,  /* a / (a + b) */
	FEATURE_RATIO, /* log((1 + a) / (1 + b)) */
	FEATURE_IS,    /* 1 if a is n */
	FEATURE_ICMP,  /* 1 if a is 1 or 58 */
	FEATURE_OTHER, /* 1 if a is none of TCP, UDP, ICMP, ICMPv6 */
	FEATURE_NTH,   /* a if b >= n, else -1: there was no n-th packet */
	FEATURE_DATA,  /* the n-th of a and the seven fields behind it that is not 0, else -1 */
	FEATURE_HOSTS, /* of a window, not of a flow */
};

struct feature {
	const char *name;
	enum feature_block block;
	enum feature_rule rule;
	const char *a, *b; /* field names; NULL: none */
	double n;
	const char *meaning; /* one line */
};

/* The schema. */
extern const struct feature features[];
extern const size_t n_features;

struct feature_set {
	size_t n;
	const struct feature *feature[FEATURE_MAX];
	int16_t a[FEATURE_MAX], b[FEATURE_MAX]; /* their fields; -1: none */
	size_t n_needed;
	int16_t needed[FEATURE_FIELDS]; /* fields that any of them is made of */
	bool is_host;
};

/* The name of a block, as --features takes it. */
const char *feature_block_name(enum feature_block block);

/*
 * A set from a list of "flow", "ports", "first8", "guide6", "guide3", "host" and names of single
 * features, each feature once, in the order given. 0, or -EINVAL with one line in error.
 */
int feature_set_parse(struct feature_set *set, const char *list, char *error, size_t size);

/* The set of a model, by its names. 0, or -EINVAL with the first unknown name in error. */
int feature_set_from_names(struct feature_set *set, const char *const *names, size_t n, char *error,
                           size_t size);

/* Of the version and the names, in order: FNV-1a, 64 bits. */
uint64_t feature_set_hash(const struct feature_set *set);

/* Where a field of this name is in the field table; -1: nowhere. */
int feature_field(const char *name);

/* out[set->n] from values[n_fields], of which the needed ones are set. */
void feature_vector(const struct feature_set *set, double *out, const double *values);

/* out[set->n] from a record. */
void feature_from_record(const struct feature_set *set, double *out, const struct flow_record *r);

/* A numeric field of a record: seconds, counts, reals; 0 for text and addresses. */
double feature_field_value(int field, const struct flow_record *r);

#endif
