/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sorting numbers that carry something: the number in the high half, what it carries in the low. */
#ifndef WEIR_TRAIN_SORT_H
#define WEIR_TRAIN_SORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sort keys[n] by their high 32 bits, of which only the lowest `bits` are used; equal ones stay in
 * their order. The result is in keys or in scratch[n]: it is returned.
 */
uint64_t *train_sort(uint64_t *keys, uint64_t *scratch, size_t n, unsigned bits);

#endif
