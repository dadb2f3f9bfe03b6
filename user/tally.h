/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Amounts by address in bounded memory: exact until 65,536 addresses, then the small are let go. */
#ifndef WEIR_TALLY_H
#define WEIR_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally;

struct tally_row {
	uint8_t address[16];
	int version;
	uint64_t packets;
	uint64_t bytes;
};

/* NULL with errno set: ENOMEM. */
struct tally *tally_new(void);

/* Accepts NULL. */
void tally_free(struct tally *t);

void tally_add(struct tally *t, const uint8_t address[16], int version, uint64_t packets,
               uint64_t bytes);

/* The n addresses with most packets, most first, into rows; how many comes back. */
size_t tally_top(const struct tally *t, struct tally_row *rows, size_t n);

/* Most packets that any count may be short of; 0: all are exact. */
uint64_t tally_error(const struct tally *t);

#endif
