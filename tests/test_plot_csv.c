// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Flow records out of CSV: every layout of cells, and every mistake with its line. The fast cut of
 * rows without quotes is held against the full one on random rows.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows_csv.h"
#include "rng.h"

#define LEAST "src_ip,dst_ip,protocol,duration,bytes,packets\n"

static char path[64];

static void write_file(const void *bytes, size_t n)
{
	int fd;

	strcpy(path, "/tmp/weir-test-csv.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static struct flows_csv *open_text(const char *content)
{
	struct flows_csv *f;
	char error[512];

	write_file(content, strlen(content));
	f = flows_csv_open(path, error, sizeof(error));
	unlink(path);
	if (!f)
		print_message("%s\n", error);
	assert_non_null(f);
	return f;
}

static void assert_text(struct flows_text got, const char *wanted)
{
	assert_int_equal(got.n, strlen(wanted));
	assert_memory_equal(got.at, wanted, got.n);
}

static void columns_are_found_by_name_in_any_order(void **state)
{
	struct flows_csv *f = open_text(
	        "\xef\xbb\xbfx,packets,anomaly_score,bytes,duration,start_time,protocol,class,"
	        "dst_port,src_port,dst_ip,src_ip,is_anomaly,class_probability,anomaly_reasons,y\r\n"
	        "1,2,-0.5,300,1.000000001,1730118600.25,17,\"a,\"\"b\"\"\nc\",53,4000,::1,10.0.0.1,"
	        "True,0.75,because,2\r\n"
	        "\r\n"
	        "1,4,,500,6e-06,0,6,,0,0,b,a,0,,,");
	struct flows_row row;

	assert_int_equal(flows_csv_next(f, &row), 1);
	assert_text(row.src_ip, "10.0.0.1");
	assert_text(row.dst_ip, "::1");
	assert_int_equal(row.src_port, 4000);
	assert_int_equal(row.dst_port, 53);
	assert_int_equal(row.protocol, 17);
	assert_true(row.is_anomaly);
	assert_int_equal(row.start_ns, 1730118600250000000);
	assert_int_equal(row.duration_ns, 1000000001);
	assert_int_equal(row.bytes, 300);
	assert_int_equal(row.packets, 2);
	assert_true(row.score == -0.5 && row.probability == 0.75);
	assert_text(row.class_name, "a,\"b\"\nc");
	assert_text(row.reasons, "because");
	assert_int_equal(flows_csv_next(f, &row), 1);
	assert_true(isnan(row.score) && isnan(row.probability) && !row.is_anomaly);
	assert_int_equal(row.duration_ns, 6000);
	assert_int_equal(row.class_name.n + row.reasons.n, 0);
	assert_int_equal(flows_csv_next(f, &row), 0);
	assert_true(flows_csv_has_times(f));
	flows_csv_close(f);
}

static void columns_that_may_be_absent_are(void **state)
{
	struct flows_csv *f = open_text(LEAST "a,b,1,0,60,1");
	struct flows_row row;

	assert_false(flows_csv_has_times(f));
	assert_int_equal(flows_csv_next(f, &row), 1);
	assert_text(row.src_ip, "a");
	assert_int_equal(row.bytes, 60);
	assert_int_equal(row.packets, 1);
	assert_int_equal(row.start_ns + row.dst_port + row.src_port, 0);
	assert_true(isnan(row.score));
	assert_int_equal(flows_csv_next(f, &row), 0);
	flows_csv_close(f);
}

static void real_numbers_are_those_of_the_c_library(void **state)
{
	static const char *const numbers[] = { "0",
		                               "-0",
		                               "-0.5",
		                               ".5",
		                               "5.",
		                               "0.1",
		                               "-0.43215",
		                               "1e-3",
		                               "+1",
		                               "-1.0E2",
		                               "999999999999999",
		                               "0.123456789012345",
		                               "0.1234567890123456",
		                               "12345678.9012345",
		                               "-0.7000000000000001",
		                               "123456789012345678" };
	char content[256];
	struct flows_row row;
	struct flows_csv *f;
	double wanted;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(content, sizeof(content),
		         "anomaly_score,src_ip,dst_ip,protocol,duration,bytes,packets\n"
		         "%s,a,b,6,1,60,1\n",
		         numbers[i]);
		f = open_text(content);
		assert_int_equal(flows_csv_next(f, &row), 1);
		wanted = strtod(numbers[i], NULL);
		assert_memory_equal(&row.score, &wanted, sizeof(wanted));
		flows_csv_close(f);
	}
}

static void a_mistake_in_a_row_is_told_with_its_line(void **state)
{
	static const struct {
		const char *row, *error;
	} cases[] = {
		{ "a,b,6,1,60", "has more or fewer cells than the header" },
		{ "a,b,6,1,60,1,", "has more or fewer cells than the header" },
		{ "\"a\",b,6,1,60", "has fewer cells than the header" },
		{ "\"a\",b,6,1,60,1,2",
		  "has text behind a closing quote, or more cells than the header" },
		{ "\"a\"x,b,6,1,60,1",
		  "has text behind a closing quote, or more cells than the header" },
		{ "a,b,x,1,60,1", "column 'protocol': 'x' is no count" },
		{ "a,b,256,1,60,1", "column 'protocol': '256' is no count in range" },
		{ "a,b,-6,1,60,1", "column 'protocol': '-6' is no count" },
		{ "a,b,6,1,,1", "column 'bytes': '' is no count" },
		{ "a,b,6,1,99999999999999999999,1",
		  "column 'bytes': '99999999999999999999' is no count" },
		{ "a,b,6,1,2000000000000000000,1",
		  "column 'bytes': '2000000000000000000' is no count in range" },
		{ "a,b,6,1.5x,60,1", "column 'duration': '1.5x' is no number of seconds" },
		{ "a,b,6,nan,60,1", "column 'duration': 'nan' is no number of seconds" },
		{ "a,b,6,-1,60,1", "column 'duration': '-1' is no number of seconds" },
		{ "a,b,6,,60,1", "column 'duration': '' is no number of seconds" },
		{ "a,b,6,1e300,60,1", "column 'duration': '1e300' is no number of seconds" },
		{ "a,b,6,1.2.3,60,1", "column 'duration': '1.2.3' is no number of seconds" },
		{ "a,b,6,.,60,1", "column 'duration': '.' is no number of seconds" },
	};
	char content[256], wanted[256];
	struct flows_row row;
	struct flows_csv *f;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(content, sizeof(content), LEAST "\"a\nb\",b,6,1,60,1\n%s\n", cases[i].row);
		f = open_text(content);
		assert_int_equal(flows_csv_next(f, &row), 1);
		assert_true(flows_csv_next(f, &row) < 0);
		snprintf(wanted, sizeof(wanted), "%s: line 4: %s", path, cases[i].error);
		assert_string_equal(flows_csv_error(f), wanted);
		flows_csv_close(f);
	}
}

static void what_is_no_csv_of_flows_is_refused_at_the_door(void **state)
{
	static const struct {
		const char *content;
		size_t n;
		const char *error;
	} cases[] = {
		{ "", 0, "line 1: is empty; a header with the names of the columns is expected" },
		{ "\n\n", 2,
		  "line 1: is empty; a header with the names of the columns is expected" },
		{ "a,b\n1,2\n", 8,
		  "line 1: there is no column 'src_ip'; flow records are what weir read -o "
		  "csv:FILE writes" },
		{ "src_ip,src_ip\n", 14, "line 1: the column 'src_ip' is there twice" },
		{ "a\0b\n", 4, "line 1: has a NUL byte; this is no CSV file" },
		{ "\"a\n", 3,
		  "line 1: has text behind a closing quote, or more cells than the header" },
	};
	char error[512], wanted[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].content, cases[i].n);
		assert_null(flows_csv_open(path, error, sizeof(error)));
		snprintf(wanted, sizeof(wanted), "%s: %s", path, cases[i].error);
		assert_string_equal(error, wanted);
		unlink(path);
	}
}

static void captures_are_told_from_records(void **state)
{
	static const char magics[][5] = { "\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4",
		                          "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d",
		                          "\x0a\x0d\x0d\x0a" };
	char error[512], wanted[512];
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		write_file(magics[i], 4);
		assert_null(flows_csv_open(path, error, sizeof(error)));
		snprintf(wanted, sizeof(wanted),
		         "%s: cannot read flow records: this is a capture; make them first: weir "
		         "read "
		         "-o csv:flows.csv %s",
		         path, path);
		assert_string_equal(error, wanted);
		unlink(path);
	}
}

static void endless_rows_are_refused(void **state)
{
	size_t n = 3 << 20;
	char *content = malloc(n + 1);
	struct flows_row row;
	struct flows_csv *f;

	memset(content, 'a', n);
	content[n] = '\0';
	memcpy(content, LEAST, strlen(LEAST));
	f = open_text(content);
	assert_true(flows_csv_next(f, &row) < 0);
	assert_non_null(
	        strstr(flows_csv_error(f), "line 2: is longer than 1 MB; is this a CSV file?"));
	flows_csv_close(f);
	free(content);
}

/* Rows of n columns of random width; the wanted ones among them lie anywhere. */
static void rows_with_and_without_quotes_are_cut_alike(void **state)
{
	static const char *const wanted[] = { "src_ip", "dst_ip",  "protocol", "duration",
		                              "bytes",  "packets", "class",    "dst_port" };
	char plain[8192], quoted[8192], cell[32];
	struct flows_row a, b;
	size_t n, i, w, p, q;
	struct rng rng;
	int round;

	rng_seed(&rng, 5, 0);
	for (round = 0; round < 400; round++) {
		n = 8 + rng_below(&rng, 140);
		w = rng_below(&rng, n - 7); /* where the wanted ones begin */
		p = q = 0;
		for (i = 0; i < n; i++)
			p += (size_t)sprintf(plain + p, "%s%s%.0zu", i ? "," : "",
			                     i >= w && i < w + 8 ? wanted[i - w] : "other",
			                     i >= w && i < w + 8 ? 0 : i + 1);
		memcpy(quoted, plain, p);
		q = p;
		plain[p++] = quoted[q++] = '\n';
		for (i = 0; i < n; i++) {
			snprintf(cell, sizeof(cell), "%.*s",
			         i >= w && i < w + 8 ? 1 + (int)rng_below(&rng, 2)
			                             : (int)rng_below(&rng, 18),
			         "123456789012345678");
			p += (size_t)sprintf(plain + p, "%s%s", i ? "," : "", cell);
			q += (size_t)sprintf(quoted + q, "%s%s%s%s", i ? "," : "",
			                     i == n - 1 ? "\"" : "", cell, i == n - 1 ? "\"" : "");
		}
		struct flows_csv *f = open_text(plain), *g = open_text(quoted);

		assert_int_equal(flows_csv_next(f, &a), 1);
		assert_int_equal(flows_csv_next(g, &b), 1);
		assert_int_equal(a.bytes, b.bytes);
		assert_int_equal(a.packets, b.packets);
		assert_int_equal(a.dst_port, b.dst_port);
		assert_int_equal(a.duration_ns, b.duration_ns);
		assert_int_equal(a.class_name.n, b.class_name.n);
		assert_memory_equal(a.class_name.at, b.class_name.at, a.class_name.n);
		assert_int_equal(a.src_ip.n, b.src_ip.n);
		assert_memory_equal(a.src_ip.at, b.src_ip.at, a.src_ip.n);
		flows_csv_close(f);
		flows_csv_close(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_found_by_name_in_any_order),
		cmocka_unit_test(columns_that_may_be_absent_are),
		cmocka_unit_test(real_numbers_are_those_of_the_c_library),
		cmocka_unit_test(a_mistake_in_a_row_is_told_with_its_line),
		cmocka_unit_test(what_is_no_csv_of_flows_is_refused_at_the_door),
		cmocka_unit_test(captures_are_told_from_records),
		cmocka_unit_test(endless_rows_are_refused),
		cmocka_unit_test(rows_with_and_without_quotes_are_cut_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
