/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows out of CSV files (RFC 4180, LF or CRLF), plain or gzip, of which the first names columns. */
#ifndef WEIR_CSV_H
#define WEIR_CSV_H

#include <stddef.h>
#include <stdint.h>

#define CSV_COLUMNS_MAX 4096
#define CSV_ROW_MAX     ((size_t)1 << 20) /* bytes */

struct csv;

/*
 * Open PATH ("-": stdin) and read its header. NULL on failure with one line in error: "FILE: line
 * 1: ...".
 */
struct csv *csv_open(const char *path, char *error, size_t size);

/* The same from memory, which is borrowed until csv_close(). */
struct csv *csv_from_bytes(const char *name, const void *bytes, size_t n, char *error, size_t size);

/* Where a column of this name is; -1: there is none. */
int csv_column(const struct csv *csv, const char *name);
size_t csv_columns(const struct csv *csv);
const char *csv_column_name(const struct csv *csv, size_t column);

/* The next row: 1; 0 at the end; a negative errno, and csv_error() tells. Empty lines are none. */
int csv_next(struct csv *csv);

/* A cell of the row at hand, without its quotes; valid until the next csv_next(). */
const char *csv_text(const struct csv *csv, size_t column);

/* A cell as a finite number. 0, or -EINVAL and csv_error() tells. */
int csv_number(struct csv *csv, size_t column, double *value);

/* Seconds as nanoseconds, exactly. 0, or -EINVAL and csv_error() tells. */
int csv_time(struct csv *csv, size_t column, uint64_t *ns);

/* The line on which the row at hand begins. */
uint64_t csv_line(const struct csv *csv);

/* "FILE: line N: what is wrong; what to do". */
const char *csv_error(const struct csv *csv);

/* Note a mistake of the row at hand that a caller found, for csv_error(). -EINVAL. */
int csv_fail(struct csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How far through the file, 0..1; negative where that is unknown. */
double csv_progress(const struct csv *csv);

/* Accepts NULL. */
void csv_close(struct csv *csv);

#endif
