/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pictures out of gnuplot, which is looked for in PATH when it is needed. */
#ifndef WEIR_PLOT_GNUPLOT_H
#define WEIR_PLOT_GNUPLOT_H

#include <stddef.h>

#include "buf.h"

/*
 * Run gnuplot on a script that draws to standard output, and append what it drew to image. 0;
 * -ENOENT: there is no gnuplot; another negative errno; and one line in error, which names the
 * next step.
 */
int plot_gnuplot_run(const struct buf *script, struct buf *image, char *error, size_t size);

#endif
