// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messages to stderr: "weir: " and the text, one write(2) each, so that lines of several processes
 * never mix. The prefix is coloured for errors and warnings, only on a terminal and never with
 * NO_COLOR.
 *
 * Names of files, interfaces and options end up in messages and may be hostile, so control
 * characters are written as \xNN: none of them reaches the terminal. Text past 2 KiB is cut and
 * ends in "...".
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LOG_TEXT_BYTES 2048

static enum log_level log_level = LOG_LEVEL_INFO;

static const char *const colours[] = {
	[LOG_LEVEL_ERROR] = "\x1b[31m",
	[LOG_LEVEL_WARN] = "\x1b[33m",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "",
};

static bool is_colourful(enum log_level level)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return *colours[level] && !(no_color && *no_color) && term && strcmp(term, "dumb") &&
	       isatty(STDERR_FILENO);
}

/* Bytes of a control character at text: C0, DEL, or C1 as UTF-8 writes it; 0 if there is none. */
static size_t control_length(const unsigned char *text)
{
	if (*text < 0x20 || *text == 0x7f)
		return 1;
	return text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f ? 2 : 0;
}

/* Write text to line with its control characters escaped, at most four bytes for one. */
static size_t escape(char *line, const char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	char *to = line;

	while (*from) {
		size_t control = control_length(from);

		if (!control)
			*to++ = (char)*from++;
		for (; control; control--)
			to += sprintf(to, "\\x%02x", *from++);
	}
	return (size_t)(to - line);
}

static void write_whole(const char *line, size_t length)
{
	while (length) {
		ssize_t written = write(STDERR_FILENO, line, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		line += written;
		length -= (size_t)written;
	}
}

static void log_text(enum log_level level, const char *format, va_list arguments)
{
	char text[LOG_TEXT_BYTES];
	char line[4 * LOG_TEXT_BYTES + 64];
	bool colour;
	size_t length;
	int wanted;
	int saved = errno;

	if (level > log_level)
		return;
	wanted = vsnprintf(text, sizeof(text), format, arguments);
	if (wanted < 0)
		return;
	if ((size_t)wanted >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	colour = is_colourful(level);
	length = (size_t)sprintf(line, "%sweir:%s ", colour ? colours[level] : "",
	                         colour ? "\x1b[0m" : "");
	length += escape(line + length, text);
	line[length++] = '\n';
	write_whole(line, length);
	errno = saved;
}

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_LEVEL_ERROR, format, arguments);
	va_end(arguments);
}

void log_warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_LEVEL_WARN, format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_LEVEL_INFO, format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_text(LOG_LEVEL_DEBUG, format, arguments);
	va_end(arguments);
}
