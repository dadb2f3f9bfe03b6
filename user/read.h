/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run over capture files, which `read` and `top` share; it is in cmd_read.c. */
#ifndef WEIR_READ_H
#define WEIR_READ_H

#include "collect.h"

/* Called now and then: how far through the file, 0..1; negative: not known. */
typedef void (*read_progress)(const char *path, double part);

/* Read the n files, report, sum up; an exit code. What is called may be NULL. */
int read_run(const struct collect_options *o, char **paths, int n, read_progress progress,
             void (*progress_end)(void));

#endif
