// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CSV: what is read from a text, cell by cell, and what is said where it cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "csv.h"

#define CASE(test) cmocka_unit_test(test)

/* All rows as "cell|cell/cell|cell", or the message. */
static const char *read_all(const char *text, size_t length)
{
	static char out[4096];
	char error[512];
	struct csv *csv = csv_from_bytes("x.csv", text, length, error, sizeof(error));
	size_t used = 0, i;
	int status;

	out[0] = '\0';
	if (!csv) {
		snprintf(out, sizeof(out), "%s", error);
		return out;
	}
	while ((status = csv_next(csv)) > 0)
		for (i = 0; i < csv_columns(csv); i++)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s",
			                         i      ? "|"
			                         : used ? "/"
			                                : "",
			                         csv_text(csv, i));
	if (status < 0)
		snprintf(out, sizeof(out), "%s", csv_error(csv));
	csv_close(csv);
	return out;
}

static void rows_and_cells_are_those_of_rfc_4180(void **state)
{
	static const struct {
		const char *text, *rows;
	} cases[] = {
		{ "a,b\n1,2\n3,4\n", "1|2/3|4" },
		{ "a,b\r\n1,2\r\n", "1|2" },
		{ "a,b\n1,2", "1|2" },
		{ "a,b\n,\n", "|" },
		{ "a\n\n\n1\n", "1" },
		{ "a,b\n\"1,2\",3\n", "1,2|3" },
		{ "a,b\n\"say \"\"so\"\"\",3\n", "say \"so\"|3" },
		{ "a,b\n\"two\nlines\",3\n", "two\nlines|3" },
		{ "\"a\",\"b\"\n\"\",3\n", "|3" },
		{ "\xef\xbb\xbf"
		  "a,b\n1,2\n",
		  "1|2" },
		{ "a,b\n", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(read_all(cases[i].text, strlen(cases[i].text)), cases[i].rows);
}

static void a_mistake_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "x.csv: line 1: is empty; a header with the names of the columns is "
		      "expected" },
		{ "\n", "x.csv: line 1: is empty; a header with the names of the columns is "
		        "expected" },
		{ "a,b,a\n", "x.csv: line 1: the column 'a' is there twice" },
		{ "a,b\n1,2\n3\n", "x.csv: line 3: has 1 cells where the header has 2" },
		{ "a,b\n1,2,3\n", "x.csv: line 2: has more than 2 cells" },
		{ "a,b\n\"x\ny\",2\n\"q\"r,2\n",
		  "x.csv: line 4: cell 1: text behind the closing quote" },
		{ "a,b\n1,\"2\n", "x.csv: line 2: has a quote that is not closed" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(read_all(cases[i].text, strlen(cases[i].text)),
		                    cases[i].message);
	assert_string_equal(read_all("a\n1\0\n", 5),
	                    "x.csv: line 2: has a NUL byte; this is no CSV file");
}

static void a_row_without_end_is_refused_after_a_megabyte(void **state)
{
	size_t length = CSV_ROW_MAX + 100;
	char *text = malloc(length);

	assert_non_null(text);
	memset(text, 'x', length);
	memcpy(text, "a\n", 2);
	assert_string_equal(read_all(text, length),
	                    "x.csv: line 2: is longer than 1 MB; is this a CSV file?");
	free(text);
}

static void a_number_must_be_finite_and_all_of_its_cell(void **state)
{
	static const char text[] = "n\n1.5e3\n-0\n12x\nnan\n-inf\n\"\"\n";
	static const char *const messages[] = {
		"x.csv: line 4: column 'n': '12x' is no number",
		"x.csv: line 5: column 'n' is nan; leave the row out, or put in the number it "
		"stands for",
		"x.csv: line 6: column 'n' is -inf; leave the row out, or put in the number it "
		"stands for",
		"x.csv: line 7: column 'n' is empty; a number is needed",
	};
	struct csv *csv = csv_from_bytes("x.csv", text, strlen(text), NULL, 0);
	double x = -1;
	size_t i;

	assert_int_equal(csv_next(csv), 1);
	assert_int_equal(csv_number(csv, 0, &x), 0);
	assert_true(x == 1500);
	assert_int_equal(csv_next(csv), 1);
	assert_int_equal(csv_number(csv, 0, &x), 0);
	assert_true(x == 0);
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		assert_int_equal(csv_next(csv), 1);
		assert_true(csv_number(csv, 0, &x) < 0);
		assert_string_equal(csv_error(csv), messages[i]);
	}
	assert_int_equal(csv_next(csv), 0);
	csv_close(csv);
}

static void a_time_keeps_its_nanoseconds(void **state)
{
	static const char text[] = "t\n1250184228.643833\n0.000000001\n7\n"
	                           "4734231571822.5\n1e9\n1.2.3\n-1\n";
	static const uint64_t times[] = { 1250184228643833000, 1, 7000000000, 9000000000500000000 };
	struct csv *csv = csv_from_bytes("x.csv", text, strlen(text), NULL, 0);
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(csv_next(csv), 1);
		assert_int_equal(csv_time(csv, 0, &ns), 0);
		assert_true(ns == times[i]);
	}
	while (csv_next(csv) > 0)
		assert_true(csv_time(csv, 0, &ns) < 0);
	assert_string_equal(csv_error(csv), "x.csv: line 8: column 't': '-1' is no time in seconds "
	                                    "since 1970");
	csv_close(csv);
}

/* Rows lie across the refills of the source. */
static void a_long_file_is_read_to_its_end(void **state)
{
	char path[] = "/tmp/test_csv.XXXXXX", error[256];
	int fd = mkstemp(path), i;
	FILE *file = fdopen(fd, "w");
	struct csv *csv;
	double x;

	assert_non_null(file);
	fprintf(file, "n,text\n");
	for (i = 0; i < 200000; i++)
		fprintf(file, "%d,\"some text, %d\"\n", i, i);
	fclose(file);
	csv = csv_open(path, error, sizeof(error));
	assert_non_null(csv);
	for (i = 0; csv_next(csv) > 0; i++) {
		assert_int_equal(csv_number(csv, 0, &x), 0);
		assert_true(x == i);
		assert_int_equal(csv_line(csv), i + 2);
	}
	assert_int_equal(i, 200000);
	csv_close(csv);
	unlink(path);
	assert_null(csv_open(path, error, sizeof(error)));
	assert_non_null(strstr(error, ": cannot open: No such file or directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rows_and_cells_are_those_of_rfc_4180),
		CASE(a_mistake_is_told_with_its_line),
		CASE(a_row_without_end_is_refused_after_a_megabyte),
		CASE(a_number_must_be_finite_and_all_of_its_cell),
		CASE(a_time_keeps_its_nanoseconds),
		CASE(a_long_file_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
