/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that a watching weir may make; see enum priv_need for what widens them. */
#ifndef WEIR_PRIV_FILTER_H
#define WEIR_PRIV_FILTER_H

#include <stdbool.h>

/* Was weir built with libseccomp? */
bool priv_filter_is_built(void);

/*
 * From here on any other call fails with EPERM and is counted. For good, and for all threads to
 * come. 0, or a negative errno; -ENOSYS where it is not built or the kernel has none.
 */
int priv_filter_install(unsigned int needs);

/*
 * The filter of a process that runs programs, and theirs: all but what leads out of its bounds (see
 * priv_filter_commands.c). As above.
 */
int priv_filter_commands(void);

/* Calls denied so far, and the number of the first; with PRIV_THREADS only the kernel's log knows.
 */
unsigned int priv_filter_denied(int *first);

#endif
