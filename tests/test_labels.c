// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Labels from CSV: which row a flow gets, by five-tuple, time, file and host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "labels.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL

static char path[] = "/tmp/test_labels.XXXXXX";

static struct labels *load(const char *text, char *error, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return labels_open(path, error, size);
}

static struct labels *load_good(const char *text)
{
	char error[512] = "";
	struct labels *labels = load(text, error, sizeof(error));

	assert_string_equal(error, "");
	assert_non_null(labels);
	return labels;
}

/* 10.0.0.1:4000 to 10.0.0.2:80 by TCP. */
static struct label_flow flow(uint64_t start_s, uint64_t end_s)
{
	struct label_flow f = {
		.file = -1,
		.src_port = 4000,
		.dst_port = 80,
		.protocol = 6,
		.start_ns = start_s * SECOND,
		.end_ns = end_s * SECOND,
	};

	assert_int_equal(labels_parse_address("10.0.0.1", f.src), 0);
	assert_int_equal(labels_parse_address("10.0.0.2", f.dst), 0);
	return f;
}

static const char *find(const char *text, struct label_flow f)
{
	static char label[64];
	struct labels *labels = load_good(text);
	const char *found = labels_find(labels, &f);

	snprintf(label, sizeof(label), "%s", found ? found : "(none)");
	labels_free(labels);
	return label;
}

#define HEAD "src_ip,dst_ip,src_port,dst_port,protocol,start_time,label\n"

static void a_five_tuple_fits_in_either_direction(void **state)
{
	struct label_flow f = flow(100, 110), other = f;

	assert_string_equal(find(HEAD "10.0.0.1,10.0.0.2,4000,80,6,100,web\n", f), "web");
	assert_string_equal(find(HEAD "10.0.0.2,10.0.0.1,80,4000,6,100,web\n", f), "web");
	assert_string_equal(find(HEAD "10.0.0.1,10.0.0.2,80,4000,6,100,web\n", f), "(none)");
	assert_string_equal(find(HEAD "10.0.0.1,10.0.0.2,4000,80,17,100,web\n", f), "(none)");
	other.src_port = 4001;
	assert_string_equal(find(HEAD "10.0.0.1,10.0.0.2,4000,80,6,100,web\n", other), "(none)");
}

static void of_several_rows_the_nearest_in_time_counts(void **state)
{
	static const char text[] = HEAD "10.0.0.1,10.0.0.2,4000,80,6,100,first\n"
	                                "10.0.0.1,10.0.0.2,4000,80,6,500.5,second\n";

	assert_string_equal(find(text, flow(100, 110)), "first");
	assert_string_equal(find(text, flow(200, 210)), "first"); /* goes on after a timeout */
	assert_string_equal(find(text, flow(500, 510)), "second");
	assert_string_equal(find(text, flow(900, 910)), "second");
	assert_string_equal(find(text, flow(10, 20)), "(none)"); /* over before any began */
	assert_string_equal(find(text, flow(10, 99)), "first");  /* clocks may be a second off */
}

static void a_row_with_an_end_is_over_then(void **state)
{
	static const char text[] = "src_ip,dst_ip,src_port,dst_port,protocol,start_time,end_time,"
	                           "label\n10.0.0.1,10.0.0.2,4000,80,6,100,110,web\n";

	assert_string_equal(find(text, flow(105, 120)), "web");
	assert_string_equal(find(text, flow(112, 120)), "(none)");
}

static void rows_of_hosts_and_times_label_what_they_fit(void **state)
{
	static const char text[] = "host,start_time,end_time,label\n"
	                           "10.0.0.9,,,other\n"
	                           "10.0.0.2,100,110,bad\n"
	                           ",0,1000,fine\n";

	assert_string_equal(find(text, flow(105, 106)), "bad");
	assert_string_equal(find(text, flow(90, 99)), "fine");
	assert_string_equal(find(text, flow(111, 112)), "fine");
	assert_string_equal(find(text, flow(2000, 2001)), "(none)");
}

static void a_row_of_the_flow_wins_over_one_of_its_host(void **state)
{
	static const char text[] = "host,src_ip,dst_ip,src_port,dst_port,protocol,label\n"
	                           "10.0.0.1,,,,,,host\n"
	                           ",10.0.0.1,10.0.0.2,4000,80,6,flow\n";

	assert_string_equal(find(text, flow(1, 2)), "flow");
}

static void a_host_is_labelled_in_a_window(void **state)
{
	struct labels *labels = load_good("host,start_time,end_time,label\n"
	                                  "10.0.0.2,100,110,bad\n,0,1000,fine\n");
	uint8_t host[16];

	labels_parse_address("10.0.0.2", host);
	assert_string_equal(labels_find_host(labels, -1, host, 60 * SECOND, 120 * SECOND), "bad");
	assert_string_equal(labels_find_host(labels, -1, host, 120 * SECOND, 180 * SECOND), "fine");
	labels_parse_address("10.0.0.3", host);
	assert_string_equal(labels_find_host(labels, -1, host, 60 * SECOND, 120 * SECOND), "fine");
	labels_free(labels);
}

static void a_file_is_found_from_the_folder_of_the_labels(void **state)
{
	struct labels *labels;
	struct label_flow f = flow(1, 2);
	char text[256];

	snprintf(text, sizeof(text), "file,label\n%s,here\n/nowhere/x.pcap,there\n", path + 5);
	labels = load_good(text);
	f.file = labels_file(labels, path);
	assert_true(f.file >= 0);
	assert_string_equal(labels_find(labels, &f), "here");
	f.file = labels_file(labels, "/nowhere/x.pcap");
	assert_string_equal(labels_find(labels, &f), "there");
	f.file = labels_file(labels, "/nowhere/y.pcap");
	assert_true(f.file < 0);
	assert_null(labels_find(labels, &f));
	labels_free(labels);
}

static void a_mistake_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "src_ip\n10.0.0.1\n", ": has no column 'label'; its header has to name one" },
		{ "host,label\n10.0.0,x\n", ": line 2: column 'host': '10.0.0' is no address" },
		{ "src_port,label\n65536,x\n", ": line 2: column 'src_port': '65536' is out of "
		                               "range" },
		{ "protocol,label\n6,x\nTCP,x\n", ": line 3: column 'protocol': 'TCP' is no "
		                                  "number" },
		{ "host,label\n,x\n", ": line 2: says of nothing that it is 'x'" },
	};
	char error[512], expected[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(load(cases[i].text, error, sizeof(error)));
		snprintf(expected, sizeof(expected), "%s%s", path, cases[i].message);
		assert_string_equal(error, expected);
	}
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_five_tuple_fits_in_either_direction),
		CASE(of_several_rows_the_nearest_in_time_counts),
		CASE(a_row_with_an_end_is_over_then),
		CASE(rows_of_hosts_and_times_label_what_they_fit),
		CASE(a_row_of_the_flow_wins_over_one_of_its_host),
		CASE(a_host_is_labelled_in_a_window),
		CASE(a_file_is_found_from_the_folder_of_the_labels),
		CASE(a_mistake_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
