// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report's page as built without a charting library: this file puts its own parts in place of
 * those the Makefile embeds, with an empty d3. And the page's data: valid JSON whatever the names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "report.h"

#define PART(name, content)                                                                        \
	__asm__(".section .rodata\n.global " name "_start\n" name "_start: .ascii \"" content      \
	        "\"\n.global " name "_end\n" name "_end:\n.byte 0\n.text\n")

PART("report_html", "{{nonce}}|{{css}}|{no{{d3}}|{{pictures}}|{{data}}|{{js}}{");
PART("report_css", "p { color: {{js}} }");
PART("report_js", "go()");
PART("report_d3", "");

#define HEADER                                                                                     \
	"src_ip,dst_ip,src_port,dst_port,protocol,duration,bytes,packets,start_time,class,"        \
	"anomaly_score,is_anomaly,anomaly_reasons\n"

static const char hostile[] = HEADER
        "10.0.0.1,10.0.0.2,1,443,6,1.5,3000,30,1730118600.5,</"
        "script><b>&amp;,-0.7,1,\"\"\"\\\x1b\"\n"
        "{{js}},10.0.0.2,1,443,6,0,60,1,1730118601,\xff\xe2\x80\xa8,-0.4,0,\n"
        "10.0.0.3,10.0.0.2,1,53,17,0,100,1,1730118602,,,,\n";

static struct plot_data *read_text(const char *content)
{
	struct plot_data *d = plot_data_new();
	char path[] = "/tmp/weir-test-report.XXXXXX", error[512];
	int fd = mkstemp(path);

	assert_non_null(d);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	assert_int_equal(plot_data_read(d, path, error, sizeof(error)), 0);
	unlink(path);
	plot_data_finish(d);
	return d;
}

/* The data as parsed JSON; text[] is its own. */
static struct json parse(const struct buf *text)
{
	struct json j;
	char error[256];

	if (json_parse(&j, text->data, text->length - 1, error, sizeof(error)))
		fail_msg("%s", error);
	return j;
}

static void the_data_is_json_whatever_the_names(void **state)
{
	char *files[] = { "<img>.csv", "\xff\"\x1b[m" };
	struct report r = { .title = "</title>", .files = files, .n_files = 2 };
	struct plot_data *d = read_text(hostile);
	struct buf b = { 0 };
	uint32_t classes, names;
	struct json j;

	report_json(&b, d, &r);
	assert_null(memchr(b.data, '<', b.length));
	assert_null(memchr(b.data, '>', b.length));
	assert_null(memchr(b.data, '&', b.length));
	buf_char(&b, '\0');
	j = parse(&b);
	assert_string_equal(json_text(&j, json_member(&j, 0, "title")), "</title>");
	names = json_member(&j, 0, "files");
	assert_string_equal(json_text(&j, json_first(names)), "<img>.csv");
	classes = json_member(&j, json_member(&j, 0, "classes"), "bars");
	assert_int_equal(j.tokens[classes].count, 2);
	assert_string_equal(json_text(&j, json_member(&j, json_first(classes), "name")),
	                    "</script><b>&amp;");
	json_clear(&j);
	buf_clear(&b);
	plot_data_free(d);
}

static double sum_of(const struct json *j, uint32_t array)
{
	uint32_t i, t = json_first(array);
	double sum = 0;

	for (i = 0; i < j->tokens[array].count; i++, t = json_next(j, t))
		sum += json_number(j, t);
	return sum;
}

static void its_numbers_are_those_of_the_records(void **state)
{
	struct report r = { 0 };
	struct plot_data *d = read_text(hostile);
	struct buf b = { 0 };
	uint32_t total, volume;
	struct json j;

	report_json(&b, d, &r);
	buf_char(&b, '\0');
	j = parse(&b);
	total = json_member(&j, 0, "total");
	volume = json_member(&j, 0, "volume");
	assert_float_equal(json_number(&j, json_member(&j, total, "flows")), 3, 0);
	assert_float_equal(json_number(&j, json_member(&j, total, "bytes")), 3160, 0);
	assert_float_equal(json_number(&j, json_member(&j, total, "anomalies")), 1, 0);
	assert_float_equal(json_number(&j, json_member(&j, total, "scored")), 2, 0);
	assert_float_equal(sum_of(&j, json_member(&j, volume, "bytes")), 3160, 0);
	assert_float_equal(sum_of(&j, json_member(&j, volume, "packets")), 32, 0);
	assert_int_equal(j.tokens[json_member(&j, 0, "points")].count, 3);
	assert_int_equal(j.tokens[json_member(&j, 0, "anomalies")].count, 1);
	json_clear(&j);
	buf_clear(&b);
	plot_data_free(d);
}

/* Of many records a part is kept, the most unusual among it; the sums are those of all. */
static void large_inputs_make_small_pages(void **state)
{
	struct report r = { 0 };
	struct plot_data *d;
	struct buf text = { 0 }, b = { 0 };
	struct json j;
	int i;

	buf_text(&text, HEADER);
	for (i = 0; i < 60000; i++)
		buf_format(&text,
		           "10.%d.%d.%d,192.0.2.1,1,%d,6,%d.5,%d,3,1730118600,c%d,-0.%d,0,\n",
		           i >> 16, i >> 8 & 255, i & 255, i & 0xffff, i % 60, 180 + i, i % 3000,
		           1000 + i % 7001);
	buf_char(&text, '\0');
	d = read_text(text.data);
	assert_int_equal(plot_data_points(d), PLOT_POINTS);
	assert_true(plot_data_point(d, 0)->score == -0.8);
	assert_true(plot_data_point(d, PLOT_ANOMALIES - 1)->score < -0.7);
	report_json(&b, d, &r);
	assert_in_range(b.length, 1000000, 3000000);
	buf_char(&b, '\0');
	j = parse(&b);
	assert_float_equal(json_number(&j, json_member(&j, json_member(&j, 0, "total"), "bytes")),
	                   180.0 * 60000 + 59999.0 * 30000, 0);
	json_clear(&j);
	buf_clear(&b);
	buf_clear(&text);
	plot_data_free(d);
}

static void the_page_puts_its_parts_where_the_frame_says(void **state)
{
	char *files[] = { "a.csv" };
	struct report r = { .files = files, .n_files = 1 };
	struct plot_data *d = read_text(HEADER);
	struct buf page = { 0 }, data = { 0 };
	char note[256] = "x";

	assert_false(report_has_charts());
	report_json(&data, d, &r);
	assert_int_equal(report_page(&page, d, &r, note, sizeof(note)), 0);
	assert_string_equal(note, "");
	buf_char(&page, '\0');
	assert_int_equal(strspn(page.data, "0123456789abcdef"), 32);
	assert_memory_equal(page.data + 32, "|p { color: {{js}} }|{no||", 26);
	assert_memory_equal(page.data + 58, data.data, data.length);
	assert_string_equal(page.data + 58 + data.length, "|go(){");
	buf_clear(&page);
	buf_clear(&data);
	plot_data_free(d);
}

static void without_charts_the_page_has_pictures_or_says_why_not(void **state)
{
	char *files[] = { "a.csv" }, *path = strdup(getenv("PATH") ? getenv("PATH") : "");
	struct report r = { .files = files, .n_files = 1 };
	struct plot_data *d = read_text(hostile);
	struct buf page = { 0 };
	char note[256];

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(report_page(&page, d, &r, note, sizeof(note)), 0);
	assert_non_null(strstr(note, "it is not installed; install gnuplot-nox"));
	buf_char(&page, '\0');
	assert_null(strstr(page.data, "<img"));
	setenv("PATH", path, 1);
	free(path);
	page.length = 0;
	assert_int_equal(report_page(&page, d, &r, note, sizeof(note)), 0);
	buf_char(&page, '\0');
	if (strstr(note, "not installed"))
		print_message("gnuplot is not installed: no pictures to look for\n");
	else
		assert_non_null(strstr(
		        page.data, "<figure><img alt=\"Traffic volume over time\" width=\"960\" "
		                   "src=\"data:image/svg+xml;base64,PD94bWwg"));
	buf_clear(&page);
	plot_data_free(d);
}

static int add_stats(struct report *r, const char *content, char *error, size_t size)
{
	char path[] = "/tmp/weir-test-stats.XXXXXX";
	int fd = mkstemp(path), failed;

	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	failed = report_add_stats(r, path, error, size);
	unlink(path);
	return failed;
}

static void the_books_are_those_of_the_last_line(void **state)
{
	static const char *const wrong[] = { "",
		                             "\n",
		                             "{\"seen\":{},\"causes\":{}}\nx\n",
		                             "[1]\n",
		                             "{\"seen\":{}}\n",
		                             "{\"seen\":{},\"causes\":{}} </script>\n" };
	struct report r = { 0 };
	char error[512];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(add_stats(&r, wrong[i], error, sizeof(error)) < 0);
		assert_non_null(strstr(error, "cannot take the books from its last line: "));
		assert_int_equal(r.stats.length, 0);
	}
	assert_int_equal(add_stats(&r, "{\"seen\":1,\"causes\":2}\n{\"seen\":3,\"causes\":{}}",
	                           error, sizeof(error)),
	                 0);
	buf_char(&r.stats, '\0');
	assert_non_null(strstr(r.stats.data, ",\"books\":{\"seen\":3,\"causes\":{}}}"));
	assert_null(strstr(r.stats.data, "\"seen\":1"));
	report_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_data_is_json_whatever_the_names),
		cmocka_unit_test(its_numbers_are_those_of_the_records),
		cmocka_unit_test(large_inputs_make_small_pages),
		cmocka_unit_test(the_page_puts_its_parts_where_the_frame_says),
		cmocka_unit_test(without_charts_the_page_has_pictures_or_says_why_not),
		cmocka_unit_test(the_books_are_those_of_the_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
