/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which flows to show, as people type it: words that all have to hold.
 *
 *	host 10.0.0.1, host 10.0.0.0/8, port 443, dport 443, proto udp, class web, anomalous
 *	anything else: part of "10.0.0.1:4000 10.0.0.2:443 TCP web", whatever its case
 *	"two words" in quotes are one; "not" before a condition turns it round
 */
#ifndef WEIR_TOP_FILTER_H
#define WEIR_TOP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top_model.h"

#define TOP_TERMS       8
#define TOP_FILTER_TEXT 128

enum top_term_kind {
	TOP_TERM_TEXT,
	TOP_TERM_HOST,
	TOP_TERM_PORT,
	TOP_TERM_DPORT,
	TOP_TERM_PROTO,
	TOP_TERM_CLASS,
	TOP_TERM_ANOMALOUS,
};

struct top_term {
	enum top_term_kind kind;
	bool negated;
	uint16_t number;
	uint8_t version;
	uint8_t prefix; /* bits of the 16 bytes */
	uint8_t address[16];
	char text[TOP_FILTER_TEXT];
};

struct top_filter {
	int n; /* 0: everything passes */
	struct top_term terms[TOP_TERMS];
};

/* 0, or -EINVAL with what is wrong in error. */
int top_filter_parse(struct top_filter *f, const char *text, char *error, size_t size);

bool top_filter_passes(const struct top_filter *f, const struct top_model *m,
                       const struct top_row *row);

/* "192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1" without a port. Its length. */
size_t top_endpoint(char *text, size_t size, const uint8_t address[16], int version, uint16_t port);

/* "TCP", or the number. */
void top_protocol(char *text, size_t size, uint8_t protocol);

#endif
