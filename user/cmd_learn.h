/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the commands train, evaluate and apply share: reading inputs aloud, options that are real.
 */
#ifndef WEIR_CMD_LEARN_H
#define WEIR_CMD_LEARN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "dataset.h"
#include "model.h"

/* A real number of an option, min..max. 0, or -EINVAL with one message printed. */
int learn_real(const char *option, const char *text, double min, double max, double *value);

/* How far it is, on stderr if that is a terminal, a few times a second; part < 0: not known. */
void learn_progress(const char *what, double part);

/* Take the line of learn_progress() away. */
void learn_progress_end(void);

/* Windows of hosts that were not asked for otherwise (0) are as those that the model learned from.
 */
void learn_settle_hosts(struct dataset_options *o, const struct model *m);

/*
 * Read all inputs into a new data set; what breaks is told. NULL with one message printed. The set
 * is borrowed.
 */
struct dataset *learn_read(const struct dataset_options *options, const struct feature_set *set,
                           bool labelled, char **inputs, int n_inputs);

/* Does the file begin as a model? */
bool learn_is_model(const char *path);

/* Open a model and make the set of its features. NULL with one message printed. */
struct model *learn_open(const char *path, struct feature_set *set);

/* Is the class one of a list by commas ("normal,benign")? */
bool learn_is_normal(const char *list, const char *class_name);

/* Write to PATH ("-" or NULL: stdout). 0, or negative with one message printed. */
int learn_write(const char *path, const struct buf *b);

#endif
