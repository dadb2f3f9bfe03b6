// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the live page shows: shots, queries, JSON and metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "page_json.h"
#include "page_text.h"
#include "top_flows.h"

static struct books books;

static struct page *make_page(void)
{
	const struct page_config config = {
		.idle_ns = 15 * SECOND,
		.max_rows = 1000,
		.seed = 7,
		.models = { "types<b>.model", NULL },
	};
	struct page *p = page_new(&config);

	assert_non_null(p);
	return p;
}

static struct sink_report report_at(uint64_t now_s)
{
	return (struct sink_report){
		.now_ns = NOON + now_s * SECOND,
		.interval_ns = 2 * SECOND,
		.live_flows = 3,
		.records = 5,
		.moved = { 100, 4000 },
		.books = &books,
		.source = "eth0 \"<img src=x>\"\n",
	};
}

static void end(struct page *p, uint64_t now_s)
{
	const struct sink_report r = report_at(now_s);

	page_report(p, &r);
}

/* The text, ended and to be freed. */
static char *text_of(struct buf *b)
{
	buf_char(b, '\0');
	assert_int_equal(b->error, 0);
	return b->data;
}

static bool has(struct buf *b, const char *wanted)
{
	bool found = strstr(text_of(b), wanted);

	if (!found)
		print_message("no %s in: %s\n", wanted, b->data);
	b->length--;
	return found;
}

/* Strings end, brackets match, no control characters are in strings. */
static void check_json(struct buf *b)
{
	const char *p = text_of(b);
	char open[64];
	int depth = 0;
	bool in_string = false;

	for (; *p; p++) {
		if (in_string) {
			assert_true((unsigned char)*p >= 0x20);
			if (*p == '\\')
				p++;
			else if (*p == '"')
				in_string = false;
		} else if (*p == '"') {
			in_string = true;
		} else if (*p == '{' || *p == '[') {
			assert_true(depth < 64);
			open[depth++] = *p == '{' ? '}' : ']';
		} else if (*p == '}' || *p == ']') {
			assert_true(depth > 0);
			assert_int_equal(open[--depth], *p);
		}
	}
	assert_int_equal(depth, 0);
	assert_false(in_string);
	b->length--;
}

/* Flow n has moved n kB. */
static void add_flows(struct page *p, uint32_t from, uint32_t to)
{
	struct made_flow f;

	for (; from <= to; from++)
		page_look(p, make_flow(&f, from, from * 1000, 2));
}

static struct buf flows_of(const struct page_shot *shot, const struct page_query *q)
{
	struct page_reader reader = { 0 };
	struct buf b = { 0 };

	page_json_flows(&b, &reader, shot, q);
	check_json(&b);
	page_reader_clear(&reader);
	return b;
}

static void set(struct page_query *q, const char *name, const char *value)
{
	char error[512];

	assert_int_equal(page_query_set(q, name, value, error, sizeof(error)), 0);
}

/* The source port of the first row. */
static int first_port(const struct page_shot *shot, const struct page_query *q)
{
	struct buf b = flows_of(shot, q);
	char *row = strstr(text_of(&b), "\n[\"");
	int port = 0;

	if (row)
		assert_int_equal(sscanf(row, "\n[\"%*[^\"]\",\"%*[^\"]\",%d", &port), 1);
	buf_clear(&b);
	return port;
}

static void before_the_first_interval_there_is_no_shot(void **state)
{
	struct page *p = make_page();

	assert_null(page_hold(p));
	page_release(p, NULL);
	page_free(p);
	page_free(NULL);
}

static void a_held_shot_stays_as_it_is(void **state)
{
	struct page *p = make_page();
	const struct page_shot *old, *new;
	int i;

	add_flows(p, 1, 2);
	end(p, 2);
	old = page_hold(p);
	for (i = 0; i < 5; i++) {
		add_flows(p, 3 + i, 3 + i);
		end(p, 4 + 2 * i);
		new = page_hold(p);
		assert_ptr_not_equal(old, new);
		assert_int_equal(new->number, 2 + i);
		assert_int_equal(new->model.n, 3 + i);
		page_release(p, new);
		assert_int_equal(old->number, 1);
		assert_int_equal(old->model.n, 2);
	}
	page_release(p, old);
	page_free(p);
}

static void with_all_shots_held_the_last_one_stays(void **state)
{
	struct page *p = make_page();
	const struct page_shot *held[3], *last;
	int i;

	for (i = 0; i < 3; i++) {
		end(p, 2 + i);
		held[i] = page_hold(p);
	}
	end(p, 9);
	last = page_hold(p);
	assert_int_equal(last->number, 3);
	page_release(p, last);
	page_release(p, held[0]);
	end(p, 11);
	last = page_hold(p);
	assert_int_equal(last->number, 4);
	page_release(p, last);
	for (i = 1; i < 3; i++)
		page_release(p, held[i]);
	page_free(p);
}

static void flows_are_sorted_searched_and_limited(void **state)
{
	struct page *p = make_page();
	const struct page_shot *shot;
	struct page_query q;
	struct buf b;

	add_flows(p, 1, 300);
	end(p, 2);
	shot = page_hold(p);
	page_query_init(&q);
	assert_int_equal(first_port(shot, &q), 1324);
	set(&q, "desc", "0");
	assert_int_equal(first_port(shot, &q), 1025);
	set(&q, "sort", "src_ip");
	assert_int_equal(first_port(shot, &q), 1025);
	set(&q, "desc", "1");
	assert_int_equal(first_port(shot, &q), 1324);
	set(&q, "q", "port 1100");
	set(&q, "limit", "3");
	assert_int_equal(first_port(shot, &q), 1100);
	set(&q, "q", "not port 1324");
	b = flows_of(shot, &q);
	assert_true(has(&b, "\"flows\":300,\"passing\":299,"));
	assert_true(has(&b, ",1323,443,\"TCP\",4,299000,"));
	assert_null(strstr(b.data, ",1320,443,"));
	buf_clear(&b);
	set(&q, "q", "proto udp");
	assert_int_equal(first_port(shot, &q), 0);
	page_release(p, shot);
	page_free(p);
}

static void flows_that_did_not_move_can_be_left_out(void **state)
{
	struct page *p = make_page();
	const struct page_shot *shot;
	struct page_query q;
	struct buf b;

	add_flows(p, 1, 300);
	end(p, 2);
	add_flows(p, 11, 13);
	end(p, 4);
	shot = page_hold(p);
	page_query_init(&q);
	set(&q, "moved", "1");
	assert_int_equal(first_port(shot, &q), 1037);
	b = flows_of(shot, &q);
	assert_true(has(&b, "\"flows\":300,\"passing\":3,"));
	assert_null(strstr(b.data, ",1038,443,"));
	buf_clear(&b);
	page_release(p, shot);
	page_free(p);
}

/* Hosts of one flow each but for the last, which has many small ones. */
static void bars_are_the_largest_by_each_measure(void **state)
{
	struct page *p = make_page();
	struct page_reader reader = { 0 };
	const struct page_shot *shot;
	struct buf b = { 0 };
	struct made_flow f;
	int i;

	for (i = 1; i <= 200; i++) {
		make_flow(&f, i, i <= 100 ? 100000 + i : 100, 2);
		f.record.key.dst[15] = f.record.key.src[15] ^ 0x80;
		if (i > 100)
			memset(f.record.key.src + 12, 9, 4);
		f.record.moved_packets[0] = i == 150 ? 9000 : 1;
		page_look(p, &f.record);
	}
	end(p, 2);
	shot = page_hold(p);
	page_json_summary(&b, &reader, shot, NOON);
	check_json(&b);
	assert_true(has(&b, "{\"name\":\"9.9.9.9\",\"flows\":100,"));
	assert_true(has(&b, "{\"name\":\"10.0.0.100\",\"flows\":1,"));
	assert_true(has(&b, "{\"name\":\"192.0.2.22\",\"flows\":1,"));
	assert_null(strstr(b.data, "{\"name\":\"10.0.0.50\""));
	buf_clear(&b);
	page_reader_clear(&reader);
	page_release(p, shot);
	page_free(p);
}

static void wrong_queries_are_told(void **state)
{
	static const struct {
		const char *name, *value, *told;
	} cases[] = {
		{ "limit", "0", "limit: no number from 1 to 1000" },
		{ "limit", "1001", "limit: no number from 1 to 1000" },
		{ "limit", "-1", "limit: no number from 1 to 1000" },
		{ "limit", "99999999999999999999", "limit: no number from 1 to 1000" },
		{ "limit", "5x", "limit: no number from 1 to 1000" },
		{ "desc", "yes", "desc: 0 or 1" },
		{ "q", "port http", "port \"http\": no number up to 65535" },
		{ "sort", "anything",
		  "sort: no such column; there are protocol, src_ip, dst_ip, packets, bytes, "
		  "packets_per_second, bytes_per_second, duration, class, anomaly_score" },
	};
	char error[512], big[PAGE_PARAMETER + 1];
	struct page_query q;
	size_t i;

	page_query_init(&q);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(page_query_set(&q, cases[i].name, cases[i].value, error,
		                           sizeof(error)) < 0);
		assert_string_equal(error, cases[i].told);
	}
	memset(big, 'x', PAGE_PARAMETER);
	big[PAGE_PARAMETER] = '\0';
	assert_true(page_query_set(&q, "q", big, error, sizeof(error)) < 0);
	assert_string_equal(error, "a value is longer than 511 bytes");
	assert_int_equal(page_query_set(&q, "colour", "red", error, sizeof(error)), 0);
	assert_int_equal(q.limit, PAGE_FEW);
}

static void anomalies_come_with_their_reasons(void **state)
{
	struct page *p = make_page();
	const struct page_shot *shot;
	struct page_query q;
	struct made_flow f;
	struct buf b;

	add_flows(p, 1, 5);
	make_flow(&f, 9, 100, 2);
	judge_flow(&f, "<img src=x onerror=alert(1)>", -0.9);
	page_look(p, &f.record);
	end(p, 2);
	shot = page_hold(p);
	page_query_init(&q);
	set(&q, "sort", "anomaly_score");
	set(&q, "desc", "0");
	assert_int_equal(first_port(shot, &q), 1033);
	b = flows_of(shot, &q);
	assert_true(has(&b, "\"anomalies\":1,"));
	assert_true(has(&b, ",\"<img src=x onerror=alert(1)>\",0.9,-0.9,true,"
	                    "\"fwd_syn 900 (usual 1..2)\",false]"));
	assert_true(has(&b, ",null,null,null,false,\"\",false]"));
	buf_clear(&b);
	page_release(p, shot);
	page_free(p);
}

static void a_summary_is_json_whatever_the_names(void **state)
{
	struct page *p = make_page();
	struct page_reader reader = { 0 };
	const struct page_shot *shot;
	struct buf b = { 0 };

	books = (struct books){ .stats.seen = { 12, 1200 }, .added = { 10, 1000 } };
	books.stats.cause[FLOW_OK + 1] = (struct flow_count){ 2, 200 };
	add_flows(p, 1, 9);
	end(p, 2);
	end(p, 4);
	shot = page_hold(p);
	page_json_summary(&b, &reader, shot, NOON + 5 * SECOND);
	check_json(&b);
	assert_true(has(&b, "\"source\":\"eth0 \\\"<img src=x>\\\"\\u000a\""));
	assert_true(has(&b, "\"time\":1700000004,\"interval\":2,"));
	assert_true(has(&b, "\"age\":1,"));
	assert_true(has(&b, "\"complete\":true,\"books\":\"Complete: seen 12 packets"));
	assert_true(has(&b, "\"rates\":[[1700000002.000,2.000,4000,100,0,0],[1700000004.000,"));
	assert_true(has(&b, "\"models\":[\"types<b>.model\"]"));
	assert_true(has(&b, "\"protocols\":{\"names\":1,\"bars\":[{\"name\":\"TCP\",\"flows\":9,"));
	assert_true(has(&b, "\"talkers\":{\"names\":16,"));
	assert_true(has(&b, "\"ports\":{\"names\":1,\"bars\":[{\"name\":\"TCP 443\","));
	assert_true(has(&b, "\"alerts\":null,\"judged\":null"));
	buf_clear(&b);
	page_reader_clear(&reader);
	page_release(p, shot);
	page_free(p);
}

static void rates_are_of_the_last_intervals_alone(void **state)
{
	struct page_history h = { 0 };
	struct sink_report r = report_at(0);
	const char *const models[PAGE_MODELS] = { NULL };
	struct buf b = { 0 };
	int i, n = 0;
	char *at;

	for (i = 1; i <= PAGE_HISTORY + 3; i++) {
		r.moved.bytes = i;
		page_history_add(&h, &r);
	}
	page_text_head(&b, &r, &h, models);
	assert_true(has(&b, "\"rates\":[[1700000000.000,2.000,4,"));
	for (at = strstr(text_of(&b), "\"rates\""); *at && *at != '\0'; at++)
		n += at[0] == '[' && at[1] == '1';
	assert_int_equal(n, PAGE_HISTORY);
	buf_clear(&b);
}

/* Every line is a comment or a sample; each name is told of first, and once. */
static void check_metrics(char *text)
{
	char seen[128][64], name[64], labels[64], *line, *rest;
	int n_seen = 0, n, i;
	double value;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "# HELP %63s ", name) == 1) {
			for (i = 0; i < n_seen; i++)
				assert_string_not_equal(seen[i], name);
			assert_true(n_seen < 128);
			strcpy(seen[n_seen++], name);
			assert_memory_equal(name, "weir_", 5);
			continue;
		}
		if (sscanf(line, "# TYPE %63s %63s", name, labels) == 2) {
			assert_string_equal(seen[n_seen - 1], name);
			assert_true(!strcmp(labels, "counter") || !strcmp(labels, "gauge"));
			assert_true(strcmp(labels, "counter") || strstr(name, "_total"));
			continue;
		}
		n = 0;
		if (sscanf(line, "%63[a-z_]{%63[^}]} %lf%n", name, labels, &value, &n) != 3)
			assert_int_equal(sscanf(line, "%63[a-z_] %lf%n", name, &value, &n), 2);
		assert_int_equal(line[n], '\0');
		assert_string_equal(seen[n_seen - 1], name);
	}
	assert_true(n_seen > 10);
}

static void metrics_have_the_form_of_prometheus(void **state)
{
	struct judged judged = { .flows = 8, .anomalies = 2 };
	struct sink_report r = report_at(3);
	struct buf b = { 0 };

	books = (struct books){ .stats.seen = { 12, 1200 }, .added = { 10, 1000 } };
	books.stats.cause[FLOW_OK + 1] = (struct flow_count){ 2, 200 };
	r.judged = &judged;
	page_text_metrics(&b, &r, 4);
	assert_true(has(&b, "\nweir_packets_total 12\n"));
	assert_true(has(&b, "\nweir_flow_bytes_total 1000\n"));
	assert_true(has(&b, "\nweir_outside_flows_packets_total{cause=\"not_ip\"} 2\n"));
	assert_true(has(&b, "\nweir_books_complete 1\n"));
	assert_true(has(&b, "\nweir_flows_live 3\n"));
	assert_true(has(&b, "\nweir_records_total 5\n"));
	assert_true(has(&b, "\nweir_interval_anomalies 2\n"));
	assert_true(has(&b, "\nweir_last_interval_timestamp_seconds 1700000003\n"));
	check_metrics(text_of(&b));
	buf_clear(&b);
}

static void without_alerts_there_are_no_events(void **state)
{
	struct sink_report r = report_at(1);
	struct buf b = { 0 };

	page_text_alerts(&b, &r);
	assert_string_equal(text_of(&b), "{\"time\":1700000001,\"counts\":null,\"events\":[]}");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_interval_there_is_no_shot),
		cmocka_unit_test(a_held_shot_stays_as_it_is),
		cmocka_unit_test(with_all_shots_held_the_last_one_stays),
		cmocka_unit_test(flows_are_sorted_searched_and_limited),
		cmocka_unit_test(flows_that_did_not_move_can_be_left_out),
		cmocka_unit_test(bars_are_the_largest_by_each_measure),
		cmocka_unit_test(wrong_queries_are_told),
		cmocka_unit_test(anomalies_come_with_their_reasons),
		cmocka_unit_test(a_summary_is_json_whatever_the_names),
		cmocka_unit_test(rates_are_of_the_last_intervals_alone),
		cmocka_unit_test(metrics_have_the_form_of_prometheus),
		cmocka_unit_test(without_alerts_there_are_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
