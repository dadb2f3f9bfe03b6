// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CSV: any bytes. Every cell is read as text, number and time; what a row holds must be inside the
 * row, and a file read twice is read the same.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

static void use_row(struct csv *csv, uint64_t *sum)
{
	size_t i;
	double x;
	uint64_t ns;

	for (i = 0; i < csv_columns(csv); i++) {
		*sum = *sum * 31 + strlen(csv_text(csv, i)) + strlen(csv_column_name(csv, i));
		if (!csv_number(csv, i, &x) && !isfinite(x))
			abort();
		if (!csv_time(csv, i, &ns))
			*sum += ns;
	}
}

static uint64_t read_all(const uint8_t *data, size_t length)
{
	char error[512] = "";
	struct csv *csv = csv_from_bytes("fuzz", data, length, error, sizeof(error));
	uint64_t sum = 0, line = 0;
	int status;

	if (!csv) {
		if (!*error)
			abort();
		return 1;
	}
	while ((status = csv_next(csv)) > 0) {
		if (csv_line(csv) <= line)
			abort();
		line = csv_line(csv);
		use_row(csv, &sum);
	}
	if (status < 0 && !*csv_error(csv))
		abort();
	csv_close(csv);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	if (read_all(data, length) != read_all(data, length))
		abort();
	return 0;
}
