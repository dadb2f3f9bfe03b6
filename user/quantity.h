/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers and durations as people write them: "64k", "1.5M", "5s", "250ms", "2m". */
#ifndef WEIR_QUANTITY_H
#define WEIR_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

enum quantity_kind {
	QUANTITY_NUMBER,   /* k, M and G are powers of 1,000 */
	QUANTITY_DURATION, /* in ns; ns, us, ms, s, m, h, d; a bare number is seconds */
};

/*
 * Parse the whole of text. 0; -EINVAL: no such thing, or not exact (1.5 as a number, 0.5ns);
 * -ERANGE: more than 64 bits hold.
 */
int quantity_parse(enum quantity_kind kind, const char *text, uint64_t *value);

/* Write value in the largest unit that holds it exactly: "15s", "250ms", "1M", "0". */
void quantity_format(enum quantity_kind kind, uint64_t value, char *text, size_t size);

#endif
