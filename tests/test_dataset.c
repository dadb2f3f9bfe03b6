// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Data sets from captures and CSV that are made here: snapshots and their weights, classes, limits,
 * folders, splits, and that a capture and the CSV that was made of it give the same vectors.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataset.h"
#include "field.h"
#include "split.h"
#include "table.h"

#define CASE(test) cmocka_unit_test(test)

static char folder[] = "/tmp/test_dataset.XXXXXX";
static char error[1024];

static const char *in_folder(const char *name)
{
	static char path[4][256];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

static void put_u32(FILE *f, uint32_t x)
{
	fwrite(&x, 4, 1, f);
}

/* A UDP packet of `payload` zeros: flow n is 10.0.0.n:5000+n to 10.0.1.1:port. */
static void put_packet(FILE *f, int n, uint16_t port, double time, uint32_t payload)
{
	uint8_t p[28] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 10, 0, 1, 1 };
	static const uint8_t zeros[1500];
	uint16_t from = 5000 + n;

	p[2] = (28 + payload) >> 8;
	p[3] = 28 + payload;
	p[15] = n;
	p[20] = from >> 8;
	p[21] = from;
	p[22] = port >> 8;
	p[23] = port;
	p[24] = (8 + payload) >> 8;
	p[25] = 8 + payload;
	put_u32(f, (uint32_t)time);
	put_u32(f, (uint32_t)((time - floor(time)) * 1e6 + 0.5));
	put_u32(f, 28 + payload);
	put_u32(f, 28 + payload);
	fwrite(p, sizeof(p), 1, f);
	fwrite(zeros, payload, 1, f);
}

static FILE *begin_capture(const char *name)
{
	FILE *f = fopen(in_folder(name), "wb");

	assert_non_null(f);
	put_u32(f, 0xa1b2c3d4);
	put_u32(f, 4 << 16 | 2);
	put_u32(f, 0);
	put_u32(f, 0);
	put_u32(f, 65535);
	put_u32(f, 101); /* raw IP */
	return f;
}

/* Flows 1..n, flow i with i packets, one a tenth of a second, payload 100 + i. */
static const char *make_capture(const char *name, int n, uint16_t port)
{
	FILE *f = begin_capture(name);
	int i, k;

	for (k = 0; k < n; k++)
		for (i = k + 1; i <= n; i++)
			put_packet(f, i, port, 1000 + k * 0.1, 100 + i);
	fclose(f);
	return in_folder(name);
}

static const char *make_text(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return in_folder(name);
}

static struct dataset *begin(const struct dataset_options *o, const char *list)
{
	static struct feature_set set;
	struct dataset *d;

	assert_int_equal(feature_set_parse(&set, list, error, sizeof(error)), 0);
	d = dataset_new(o, &set, o->label_rules || o->labels || o->label_column, NULL, error,
	                sizeof(error));
	return d;
}

static struct dataset *read_all(const struct dataset_options *o, const char *list, const char *path)
{
	struct dataset *d = begin(o, list);

	assert_non_null(d);
	*error = '\0';
	if (dataset_add(d, path, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(matrix_sort_classes(d->m), 0);
	return d;
}

/* "flow:packets*weight ..." sorted by flow and packets; flow is told by its payload. */
static const char *rows_of(const struct dataset *d)
{
	static char text[4096];
	size_t used = 0, i;
	int flow, packets;

	*text = '\0';
	for (flow = 0; flow < 100; flow++)
		for (packets = 0; packets < 100; packets++)
			for (i = 0; i < d->m->n_rows; i++)
				if (matrix_row(d->m, i)[0] == 100 + flow &&
				    d->tag[i].packets == (uint64_t)packets)
					used += snprintf(text + used, sizeof(text) - used,
					                 "%s%d:%d*%.3g", used ? " " : "", flow,
					                 packets, d->m->weight[i]);
	return text;
}

static void snapshots_weigh_what_one_flow_weighs(void **state)
{
	static const struct {
		const char *snapshots, *rows;
	} cases[] = {
		{ NULL, "1:1*1 2:2*1 3:3*1 4:4*1 5:5*1 6:6*1" },
		{ "all", "1:1*1 2:2*1 3:3*1 4:4*1 5:5*1 6:6*1" },
		{ "3,all", "1:1*1 2:2*1 3:3*1 4:3*0.5 4:4*0.5 5:3*0.5 5:5*0.5 6:3*0.5 6:6*0.5" },
		{ "3,5,all",
		  "1:1*1 2:2*1 3:3*1 4:3*0.5 4:4*0.5 5:3*0.5 5:5*0.5 6:3*0.333 6:5*0.333 "
		  "6:6*0.333" },
		{ "5", "1:1*1 2:2*1 3:3*1 4:4*1 5:5*1 6:5*1" },
	};
	const char *path = make_capture("snap.pcap", 6, 53);
	struct dataset_options o = dataset_defaults;
	struct dataset *d;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		o.snapshots = cases[i].snapshots;
		d = read_all(&o, "fwd_payload_max", path);
		assert_string_equal(rows_of(d), cases[i].rows);
		assert_int_equal(d->flows, 6);
		dataset_free(d);
	}
	o.snapshots = "3,x";
	assert_null(begin(&o, "flow"));
	assert_string_equal(error, "--snapshots: 'x' is no number of packets; try 3,5,8,16,64,all");
}

static void a_snapshot_has_the_class_of_the_end(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;
	size_t i;

	o.snapshots = "3,all";
	o.label_rules = make_text("rules", "long if packets > 4\nshort\n");
	d = read_all(&o, "fwd_payload_max", make_capture("rules.pcap", 6, 53));
	assert_int_equal(d->m->n_rows, 9);
	for (i = 0; i < d->m->n_rows; i++)
		assert_string_equal(d->m->class_names[d->m->label[i]],
		                    matrix_row(d->m, i)[0] > 104 ? "long" : "short");
	dataset_free(d);
}

static void flows_get_labels_by_file_and_five_tuple(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;

	make_capture("one.pcap", 3, 53);
	make_capture("two.pcap", 3, 53);
	o.labels = make_text("labels.csv",
	                     "file,src_ip,dst_ip,src_port,dst_port,protocol,start_time,label\n"
	                     "one.pcap,10.0.0.2,10.0.1.1,5002,53,17,1000,name\n"
	                     "two.pcap,10.0.1.1,10.0.0.3,53,5003,17,1000,other\n"
	                     "two.pcap,10.0.1.1,10.0.0.1,53,5001,17,1000,\n");
	d = begin(&o, "fwd_payload_max");
	assert_non_null(d);
	assert_int_equal(dataset_add(d, in_folder("one.pcap"), error, sizeof(error)), 0);
	assert_int_equal(dataset_add(d, in_folder("two.pcap"), error, sizeof(error)), 0);
	assert_string_equal(rows_of(d), "2:2*1 3:3*1");
	assert_int_equal(d->unlabelled, 4);
	assert_string_equal(d->m->class_names[d->m->label[0]], "name");
	assert_string_equal(d->m->group_names[d->m->group[1]], in_folder("two.pcap"));
	dataset_free(d);
}

static void a_limit_for_each_class_keeps_whole_flows(void **state)
{
	struct dataset_options o = dataset_defaults;
	const char *path = make_capture("limit.pcap", 20, 53);
	struct dataset *d, *again;
	size_t i;

	o.label_rules = make_text("rules", "even if fwd_payload_max in 102,104,106,108,110,112\n"
	                                   "odd\n");
	o.per_file = 3;
	o.snapshots = "1,all";
	d = read_all(&o, "fwd_payload_max", path);
	again = read_all(&o, "fwd_payload_max", path);
	assert_int_equal(d->surplus, 14);
	assert_true(d->m->n_rows >= 11);
	for (i = 0; i < d->m->n_rows; i++)
		assert_true(matrix_row(d->m, i)[0] == matrix_row(again->m, i)[0]);
	dataset_free(d);
	dataset_free(again);
}

static void write_record(void *arg, const struct flow_record *record)
{
	struct flow_record r = *record;
	union field_value v;
	struct buf b = { 0 };
	size_t i;

	r.wall_ns = 0;
	for (i = 0; i < n_fields; i++) {
		if (i)
			buf_char(&b, ',');
		fields[i].get(&r, &fields[i], &v);
		field_put_csv(&b, &fields[i], &v);
	}
	buf_char(&b, '\n');
	fwrite(b.data, 1, b.length, arg);
	buf_clear(&b);
}

/* The CSV that `weir read` makes of the flows of make_capture(). */
static const char *make_csv(const char *name, int n, uint16_t port)
{
	FILE *f = fopen(in_folder(name), "w");
	struct table_config config = { .max_flows = 1000, .emit = write_record, .arg = f };
	struct table *t = table_new(&config);
	struct flow_packet packet;
	size_t i;
	int k, flow;

	for (i = 0; i < n_fields; i++)
		fprintf(f, "%s%s", i ? "," : "", fields[i].name);
	fputc('\n', f);
	for (k = 0; k < n; k++)
		for (flow = k + 1; flow <= n; flow++) {
			memset(&packet, 0, sizeof(packet));
			packet.key = (struct flow_key){
				.src = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = flow },
				.dst = { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = 1, [15] = 1 },
				.src_port = 5000 + flow,
				.dst_port = port,
				.protocol = 17,
				.ip_version = 4,
			};
			packet.time_ns = 1000000000000 + k * 100000000ULL;
			packet.length = packet.ip_length = 128 + flow;
			packet.payload = 100 + flow;
			packet.headers = 28;
			packet.head = (struct flow_head){ .bytes = 8, .zero = 8 };
			packet.segments = 1;
			packet.ttl = 64;
			assert_int_equal(table_add_packet(t, &packet), 0);
		}
	table_flush(t, RECORD_FORCED);
	table_free(t);
	fclose(f);
	return in_folder(name);
}

static void a_capture_and_its_csv_give_the_same_vectors(void **state)
{
	static const char all[] = "flow,ports,first8,guide6";
	struct dataset_options o = dataset_defaults;
	struct dataset *a = read_all(&o, all, make_capture("same.pcap", 6, 53));
	struct dataset *b = read_all(&o, all, make_csv("same.csv", 6, 53));
	size_t i, k, c, found = 0, payload = 20; /* fwd_payload_min */

	assert_string_equal(a->m->column_names[payload], "fwd_payload_min");
	assert_int_equal(a->m->n_rows, 6);
	assert_int_equal(b->m->n_rows, 6);
	for (i = 0; i < 6; i++)
		for (k = 0; k < 6; k++) {
			const double *x = matrix_row(a->m, i), *y = matrix_row(b->m, k);

			if (x[payload] != y[payload])
				continue;
			found++;
			for (c = 0; c < a->m->n_columns; c++)
				if (fabs(x[c] - y[c]) > 1e-9 * (1 + fabs(x[c])))
					fail_msg("%s: %.17g, %.17g", a->m->column_names[c], x[c],
					         y[c]);
		}
	assert_int_equal(found, 6);
	dataset_free(a);
	dataset_free(b);
}

static void the_columns_of_the_guide_do_for_its_features(void **state)
{
	static const char text[] =
	        "src_ip,dst_ip,src_port,dst_port,protocol,duration,bytes,packets,"
	        "bytes_per_second,packets_per_second,avg_packet_size\n"
	        "10.0.0.1,10.0.0.2,5000,80,6,2,3000,6,1500,3,500\n"
	        "10.0.0.1,10.0.0.2,5001,22,6,1,2000000,6,2000000,6,333333\n";
	struct dataset_options o = dataset_defaults;
	struct dataset *d;

	o.label_rules = make_text("rules", "high_traffic if bytes_per_second > 1000000\n"
	                                   "web_traffic if dst_port in 80,443\nother\n");
	d = read_all(&o, "guide6", make_text("guide.csv", text));
	assert_int_equal(d->m->n_rows, 2);
	assert_true(matrix_row(d->m, 0)[0] == 2 && matrix_row(d->m, 0)[5] == 500);
	assert_string_equal(d->m->class_names[d->m->label[0]], "web_traffic");
	assert_string_equal(d->m->class_names[d->m->label[1]], "high_traffic");
	dataset_free(d);
	d = begin(&o, "flow");
	assert_true(dataset_add(d, in_folder("guide.csv"), error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "guide.csv: has no column 'fwd_packets', which the features "
	                              "or the label rules need; the guide's eleven columns do for "
	                              "--features guide6 and guide3, 'weir read -o csv:' writes "
	                              "all"));
	dataset_free(d);
}

static void a_column_labels_and_groups_rows(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;

	o.label_column = "kind";
	d = read_all(&o, "bytes", make_text("kinds.csv", "bytes,kind,file\n1,a,x\n2,,x\n3,b,y\n"));
	assert_int_equal(d->m->n_rows, 2);
	assert_int_equal(d->unlabelled, 1);
	assert_string_equal(d->m->group_names[d->m->group[1]], "y");
	dataset_free(d);
	o.label_column = "sort";
	d = begin(&o, "bytes");
	assert_true(dataset_add(d, in_folder("kinds.csv"), error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "kinds.csv: has no column 'sort' for --label-column"));
	dataset_free(d);
}

static void many_flows_of_a_class_from_one_file_count_as_their_root(void **state)
{
	static const double share[] = { 2 / 4., 2 / 4., 2 / 4., 2 / 4., 1, 1 };
	struct dataset_options o = dataset_defaults;
	double sum = 0;
	struct dataset *d;
	size_t i;

	o.label_column = "kind";
	d = read_all(&o, "bytes",
	             make_text("even.csv", "bytes,kind,file\n1,a,x\n2,a,x\n3,a,x\n4,a,x\n"
	                                   "5,b,x\n6,a,y\n"));
	assert_int_equal(dataset_even_files(d), 0);
	assert_int_equal(d->m->n_rows, 6);
	for (i = 0; i < 6; i++) {
		sum += d->m->weight[i];
		assert_true(fabs(d->m->weight[i] / d->m->weight[4] - share[i]) < 1e-6);
	}
	assert_true(fabs(sum - 6) < 1e-5);
	dataset_free(d);
}

static void what_cannot_be_used_is_told(void **state)
{
	static const struct {
		const char *name, *text, *message;
	} cases[] = {
		{ "empty.csv", "",
		  "empty.csv: line 1: is empty; a header with the names of the "
		  "columns is expected" },
		{ "nan.csv", "bytes\n1\nnan\n",
		  "nan.csv: line 3: column 'bytes' is nan; leave the "
		  "row out, or put in the number it stands for" },
		{ "short.csv", "bytes,x\n1\n",
		  "short.csv: line 2: has 1 cells where the header has "
		  "2" },
	};
	struct dataset_options o = dataset_defaults;
	struct dataset *d;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		d = begin(&o, "bytes");
		assert_true(dataset_add(d, make_text(cases[i].name, cases[i].text), error,
		                        sizeof(error)) < 0);
		assert_string_equal(error + strlen(folder) + 1, cases[i].message);
		dataset_free(d);
	}
	o.label_rules = "r";
	o.label_column = "c";
	assert_null(begin(&o, "bytes"));
	assert_string_equal(error,
	                    "give one of --label-rules, --labels, --label-column and --label: "
	                    "classes come from one place");
	o.label_column = NULL;
	o.label = DATASET_LABEL_NDPI;
	assert_null(begin(&o, "bytes"));
}

static void too_much_for_the_memory_is_told_before_it_is_too_late(void **state)
{
	struct dataset_options o = dataset_defaults;
	FILE *f = fopen(in_folder("big.csv"), "w");
	struct dataset *d;
	int i;

	fputs("bytes\n", f);
	for (i = 0; i < 50000; i++)
		fprintf(f, "%d\n", i);
	fclose(f);
	o.max_memory = 1000000;
	d = begin(&o, "bytes");
	assert_true(dataset_add(d, in_folder("big.csv"), error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "more than --max-memory (0.0 GB); try --per-file"));
	dataset_free(d);
}

static void a_folder_stands_for_its_captures(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;

	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	make_capture("sub/b.pcap", 2, 53);
	make_capture("sub/a.pcap", 3, 53);
	make_text("sub/notes.csv", "nothing to see\n");
	d = read_all(&o, "fwd_payload_max", in_folder("sub"));
	assert_int_equal(d->files, 2);
	assert_int_equal(d->m->n_rows, 5);
	assert_string_equal(d->m->group_names[0], in_folder("sub/a.pcap"));
	dataset_free(d);
	assert_int_equal(mkdir(in_folder("none"), 0700), 0);
	d = begin(&o, "flow");
	assert_true(dataset_add(d, in_folder("none"), error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "none: there is no capture in this folder"));
	dataset_free(d);
}

static void a_window_of_a_host_is_a_row_for_each_role(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;

	o.labels = make_text("hosts.csv", "host,label\n10.0.1.1,server\n");
	d = read_all(&o, "host_is_source,host_flows_log", make_capture("hosts.pcap", 5, 53));
	assert_int_equal(d->m->n_rows, 1); /* the clients have one flow each: fewer than two */
	assert_true(matrix_row(d->m, 0)[0] == 0);
	assert_true(fabs(matrix_row(d->m, 0)[1] - log1p(5)) < 1e-12);
	assert_string_equal(d->m->class_names[d->m->label[0]], "server");
	dataset_free(d);
	o.min_flows = 1;
	o.labels = NULL;
	d = read_all(&o, "host", in_folder("hosts.pcap"));
	assert_int_equal(d->m->n_rows, 6);
	dataset_free(d);
}

/* 40 files of one to three flows of two classes. */
static struct dataset *many_files(void)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d;
	char name[32];
	int i;

	o.label_rules = make_text("rules", "a if dst_port < 100\nb\n");
	o.snapshots = "1,2,all";
	d = begin(&o, "dst_port");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "m%d.pcap", i);
		make_capture(name, 1 + i % 3, i % 2 ? 53 : 500);
		assert_int_equal(dataset_add(d, in_folder(name), error, sizeof(error)), 0);
	}
	return d;
}

static void folds_by_file_keep_files_whole_and_classes_even(void **state)
{
	struct dataset *d = many_files();
	int32_t *fold = calloc(d->m->n_rows, sizeof(*fold));
	size_t i, k, count[4][2] = { { 0 } };

	assert_int_equal(split_folds(fold, d, SPLIT_BY_FILE, 4, 1), 0);
	for (i = 0; i < d->m->n_rows; i++) {
		assert_true(fold[i] >= 0 && fold[i] < 4);
		count[fold[i]][d->m->label[i]]++;
		for (k = 0; k < i; k++)
			if (d->m->group[i] == d->m->group[k])
				assert_int_equal(fold[i], fold[k]);
	}
	for (i = 1; i < 4; i++)
		for (k = 0; k < 2; k++)
			assert_true(abs((int)count[i][k] - (int)count[0][k]) <= 4);
	assert_int_equal(split_folds(fold, d, SPLIT_BY_FILE, 41, 1), -22); /* EINVAL */
	free(fold);
	dataset_free(d);
}

static void a_part_is_about_as_large_as_asked_for(void **state)
{
	static const enum split_kind kinds[] = { SPLIT_BY_FILE, SPLIT_RANDOM };
	struct dataset *d = many_files();
	int32_t *fold = calloc(d->m->n_rows, sizeof(*fold));
	size_t i, k, n, kind;

	for (kind = 0; kind < 2; kind++) {
		assert_int_equal(split_part(fold, d, kinds[kind], 0.3, 7), 0);
		for (n = i = 0; i < d->m->n_rows; i++) {
			n += fold[i];
			for (k = 0; k < i; k++)
				if (kind && d->tag[i].flow == d->tag[k].flow)
					assert_int_equal(fold[i], fold[k]);
		}
		assert_true(n > 0.1 * d->m->n_rows && n < 0.5 * d->m->n_rows);
	}
	free(fold);
	dataset_free(d);
}

static void a_split_by_time_asks_about_the_later(void **state)
{
	struct dataset_options o = dataset_defaults;
	struct dataset *d = read_all(&o, "bytes",
	                             make_text("times.csv", "bytes,start_time\n5,50\n1,10\n4,40\n"
	                                                    "2,20\n3,30\n"));
	int32_t fold[5];
	size_t i;

	assert_int_equal(split_part(fold, d, SPLIT_BY_TIME, 0.4, 0), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(fold[i], matrix_row(d->m, i)[0] > 3);
	dataset_free(d);
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(snapshots_weigh_what_one_flow_weighs),
		CASE(a_snapshot_has_the_class_of_the_end),
		CASE(flows_get_labels_by_file_and_five_tuple),
		CASE(a_limit_for_each_class_keeps_whole_flows),
		CASE(a_capture_and_its_csv_give_the_same_vectors),
		CASE(the_columns_of_the_guide_do_for_its_features),
		CASE(a_column_labels_and_groups_rows),
		CASE(many_flows_of_a_class_from_one_file_count_as_their_root),
		CASE(what_cannot_be_used_is_told),
		CASE(too_much_for_the_memory_is_told_before_it_is_too_late),
		CASE(a_folder_stands_for_its_captures),
		CASE(a_window_of_a_host_is_a_row_for_each_role),
		CASE(folds_by_file_keep_files_whole_and_classes_even),
		CASE(a_part_is_about_as_large_as_asked_for),
		CASE(a_split_by_time_asks_about_the_later),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
