/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Labels from a CSV file: what somebody knows about flows.
 *
 * Its columns, in any order: label, and any of file, src_ip, dst_ip, src_port, dst_port, protocol,
 * host, start_time, end_time; others are passed over. An empty cell says nothing. A row with all of
 * the five-tuple labels that flow, in either direction; of several such rows the one nearest in
 * time. Any other row labels all flows it fits, the first such row wins, and rows of flows win over
 * it: so a line can label a whole file, or a host for a while. host is either end.
 * file is relative to the folder of the CSV file. Times are seconds since 1970.
 */
#ifndef WEIR_LABELS_H
#define WEIR_LABELS_H

#include <stddef.h>
#include <stdint.h>

struct labels;

/* What is known of a flow, or of a host in a window, that labels are found by. */
struct label_flow {
	int64_t file; /* of labels_file(); -1: none that a label names */
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t protocol;
	uint64_t start_ns; /* since 1970; 0 with end_ns UINT64_MAX when not known */
	uint64_t end_ns;
};

/* NULL on failure with one line in error. */
struct labels *labels_open(const char *path, char *error, size_t size);

/* Accepts NULL. */
void labels_free(struct labels *labels);

/* The number of an input file, for label_flow. */
int64_t labels_file(const struct labels *labels, const char *path);

/* The label of a flow; NULL: none, "" if a row says nothing. Lives as long as the labels. */
const char *labels_find(const struct labels *labels, const struct label_flow *flow);

/* The label of a host in a time: the first row that names the host, or no host but the file. */
const char *labels_find_host(const struct labels *labels, int64_t file, const uint8_t host[16],
                             uint64_t start_ns, uint64_t end_ns);

/* Of an address as text: 16 bytes, IPv4 mapped. 0 or -EINVAL. */
int labels_parse_address(const char *text, uint8_t address[16]);

#endif
