/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Talk to the person at the terminal, on stderr, one line a message: "weir: ...". */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Messages above this level are not printed. LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
