/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Amounts for people: 1.2 MB/s, 3.4 kpps, 812 B. Powers of 1,000, three digits. */
#ifndef WEIR_UNITS_H
#define WEIR_UNITS_H

#include <stdint.h>

#define UNITS_TEXT 24

/* Each writes to text and returns it. */
const char *units_bytes(char text[UNITS_TEXT], double bytes); /* "1.2 MB" */
const char *units_count(char text[UNITS_TEXT], double count,
                        const char *unit);                        /* "3.4 kpps", "812" */
const char *units_duration(char text[UNITS_TEXT], uint64_t ns);   /* "1.5 s", "2 min", "350 ms" */
const char *units_grouped(char text[UNITS_TEXT + 8], uint64_t n); /* "1,234,567" */

/* The plural's ending. */
static inline const char *units_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

#endif
