/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One function a kind of picture, for its script and for its numbers. */
#ifndef WEIR_PLOT_KINDS_H
#define WEIR_PLOT_KINDS_H

#include "plot.h"

/* Bins, bars and lanes shown. */
#define PLOT_BINS_SHOWN 400
#define PLOT_TOP_MAX    40

void plot_volume_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_volume_table(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_timeline_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_timeline_table(struct buf *b, struct plot_data *d, const struct plot_page *page);

void plot_protocols_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_protocols_table(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_talkers_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_talkers_table(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_ports_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_ports_table(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_classes_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_classes_table(struct buf *b, struct plot_data *d, const struct plot_page *page);

void plot_anomalies_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_space_script(struct buf *b, struct plot_data *d, const struct plot_page *page);
void plot_points_table(struct buf *b, struct plot_data *d, const struct plot_page *page);

#endif
