/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Completion scripts for shells, written from the tables of commands and options. */
#ifndef WEIR_COMPLETION_H
#define WEIR_COMPLETION_H

#include "buf.h"
#include "opt.h"

/* commands ends with a NULL. Errors are the buffer's. */
void completion_put_bash(struct buf *b, const struct opt_command *const *commands);
void completion_put_zsh(struct buf *b, const struct opt_command *const *commands);
void completion_put_fish(struct buf *b, const struct opt_command *const *commands);

#endif
