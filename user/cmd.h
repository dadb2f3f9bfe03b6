/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The commands, one file each: cmd_NAME.c. */
#ifndef WEIR_CMD_H
#define WEIR_CMD_H

#include <stddef.h>

#include "opt.h"

enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
};

#define CMD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

extern const struct opt_command cmd_monitor, cmd_top, cmd_read, cmd_fields, cmd_doctor;
extern const struct opt_command cmd_plot, cmd_report;
extern const struct opt_command cmd_train, cmd_evaluate, cmd_apply, cmd_model;
extern const struct opt_command cmd_health, cmd_completion;

/* All of them, in the order of `weir help`, and a NULL. */
extern const struct opt_command *const cmd_all[];

#endif
