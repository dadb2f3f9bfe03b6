// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Few keys are sorted by insertion; more by radix from the lowest digit, with as many digits as
 * makes the sum of moves and of counters to clear least.
 */
#include "train_sort.h"

#include <string.h>

#define INSERTION_MAX 28
#define DIGIT_MAX     11 /* bits */

static void sort_by_insertion(uint64_t *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t key = keys[i];
		size_t k = i;

		for (; k && keys[k - 1] >> 32 > key >> 32; k--)
			keys[k] = keys[k - 1];
		keys[k] = key;
	}
}

/* A digit costs about 2 for each key (to count, to move) and 1 for each counter. */
static unsigned digit_width(size_t n, unsigned bits)
{
	unsigned best = DIGIT_MAX;
	uint64_t least = UINT64_MAX;

	for (unsigned digits = 1; digits <= 6; digits++) {
		unsigned width = (bits + digits - 1) / digits;
		uint64_t cost = digits * (2 * (uint64_t)n + (UINT64_C(1) << width));

		if (width <= DIGIT_MAX && cost < least) {
			least = cost;
			best = width;
		}
	}
	return best;
}

static void sort_by_digit(uint64_t *out, const uint64_t *in, size_t n, unsigned shift,
                          unsigned width)
{
	uint32_t place[1 << DIGIT_MAX], mask = (1u << width) - 1, sum = 0;

	memset(place, 0, sizeof(*place) << width);
	for (size_t i = 0; i < n; i++)
		place[in[i] >> shift & mask]++;
	for (uint32_t d = 0; d <= mask; d++) {
		uint32_t count = place[d];

		place[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		out[place[in[i] >> shift & mask]++] = in[i];
}

uint64_t *train_sort(uint64_t *keys, uint64_t *scratch, size_t n, unsigned bits)
{
	unsigned width, done;

	if (n <= INSERTION_MAX) {
		sort_by_insertion(keys, n);
		return keys;
	}
	width = bits ? digit_width(n, bits) : 0;
	for (done = 0; done < bits; done += width) {
		uint64_t *sorted = scratch;

		sort_by_digit(sorted, keys, n, 32 + done, width);
		scratch = keys;
		keys = sorted;
	}
	return keys;
}
