// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Labels by nDPI: of packets made here, and, where WEIR_CAPTURES is set, the share of the flows of
 * other people's captures that get the protocol which ndpiReader 4.2 told of them.
 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv.h"
#include "dataset_flows.h"
#include "label_ndpi.h"
#include "labels.h"
#include "parse.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL
#define HEADERS    40
#define FRAME_MAX  600

static const char request[] = "GET /a HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: x\r\n\r\n";
static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi";

/* A client's first words in TLS 1.2: two cipher suites, the name www.example.org. */
static const uint8_t hello[] = {
	0x16, 0x03, 0x01, 0x00, 0x45, 0x01, 0x00, 0x00, 0x41, 0x03, 0x03, 1,    2,    3,    4,
	5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,   16,   17,   18,   19,
	20,   21,   22,   23,   24,   25,   26,   27,   28,   29,   30,   31,   32,   0x00, 0x00,
	0x02, 0x13, 0x01, 0x01, 0x00, 0x00, 0x16, 0x00, 0x00, 0x00, 0x12, 0x00, 0x10, 0x00, 0x00,
	0x0d, 'e',  'x',  'a',  'm',  'p',  'l',  'e',  '.',  'o',  'r',  'g',  '.',  '.',
};

struct frame {
	uint8_t byte[FRAME_MAX];
	uint32_t length;
	struct flow_packet packet;
};

static char error[512];

static void parse(struct frame *f, uint64_t time_ns)
{
	memset(&f->packet, 0, sizeof(f->packet));
	f->packet.time_ns = time_ns;
	assert_int_equal(
	        parse_packet(&f->packet, f->byte, f->byte + f->length, f->length, PARSE_IP, 0),
	        FLOW_OK);
}

/* TCP of 10.0.0.1:`port` to 10.0.0.2:`service`, or back. */
static struct frame make(uint16_t port, uint16_t service, bool back, const void *payload, size_t n,
                         uint64_t time_ns)
{
	struct frame f = { .byte = { 0x45, 0, 0,  0, 0, 0, 0,  0, 64, 6,
		                     0,    0, 10, 0, 0, 1, 10, 0, 0,  2 },
		           .length = HEADERS + n };
	uint16_t from = back ? service : port, to = back ? port : service;

	f.byte[2] = f.length >> 8;
	f.byte[3] = f.length;
	f.byte[15] = back ? 2 : 1;
	f.byte[19] = back ? 1 : 2;
	f.byte[20] = from >> 8;
	f.byte[21] = from;
	f.byte[22] = to >> 8;
	f.byte[23] = to;
	f.byte[26] = 1; /* sequence and acknowledgement numbers */
	f.byte[30] = 1;
	f.byte[32] = 0x50;
	f.byte[33] = 0x18;
	f.byte[34] = 0x20;
	memcpy(f.byte + HEADERS, payload, n);
	parse(&f, time_ns);
	return f;
}

static struct label_ndpi *open_labels(uint64_t max_flows, uint64_t idle_ns)
{
	struct label_ndpi *n = label_ndpi_new(max_flows, idle_ns, error, sizeof(error));

	if (!n)
		print_error("%s\n", error);
	assert_non_null(n);
	return n;
}

static void add(struct label_ndpi *n, const struct frame *f)
{
	assert_int_equal(label_ndpi_add(n, &f->packet, f->byte, f->length), 0);
}

static void talk_http(struct label_ndpi *n, uint16_t port, uint64_t time_ns)
{
	struct frame f = make(port, 8081, false, request, sizeof(request) - 1, time_ns);

	add(n, &f);
	f = make(port, 8081, true, reply, sizeof(reply) - 1, time_ns + 1000);
	add(n, &f);
}

static const char *find(struct label_ndpi *n, const struct frame *f)
{
	return label_ndpi_find(n, &f->packet.key, false);
}

static void packets_tell_the_protocol_wherever_it_is_spoken(void **state)
{
	struct label_ndpi *n = open_labels(10, 0);
	struct frame http = make(4000, 8081, false, "", 0, SECOND);
	struct frame tls = make(4001, 9999, false, hello, sizeof(hello), SECOND);

	talk_http(n, 4000, SECOND);
	add(n, &tls);
	assert_int_equal(label_ndpi_count(n), 2);
	assert_string_equal(find(n, &http), "http");
	assert_string_equal(find(n, &tls), "tls");
	assert_int_equal(label_ndpi_count(n), 0);
	label_ndpi_free(n);
}

static void both_directions_are_one_flow(void **state)
{
	struct label_ndpi *n = open_labels(10, 0);
	struct frame back = make(4000, 8081, true, "", 0, SECOND);

	talk_http(n, 4000, SECOND);
	assert_int_equal(label_ndpi_count(n), 1);
	assert_string_equal(find(n, &back), "http");
	label_ndpi_free(n);
}

static void a_guess_by_port_is_no_label(void **state)
{
	struct label_ndpi *n = open_labels(10, 0);
	uint8_t noise[100];
	struct frame f;
	int i;

	for (i = 0; i < 100; i++)
		noise[i] = i * 37 + 0x91;
	for (i = 0; i < 40; i++) {
		f = make(4000, 80, i & 1, noise, sizeof(noise), SECOND + i);
		add(n, &f);
	}
	assert_null(find(n, &f));
	assert_null(find(n, &f));
	label_ndpi_free(n);
}

/* Each frame is a whole request but for what the case takes from it. */
static void what_is_not_whole_is_passed_over(void **state)
{
	struct label_ndpi *n = open_labels(10, 0);
	struct frame cut = make(4000, 8081, false, request, sizeof(request) - 1, SECOND);
	struct frame clipped = make(4001, 8081, false, request, sizeof(request) - 1, SECOND);
	struct frame fragment = make(4002, 8081, false, request, sizeof(request) - 1, SECOND);

	assert_int_equal(label_ndpi_add(n, &cut.packet, cut.byte, cut.length - 1), 0);
	assert_int_equal(label_ndpi_add(n, &cut.packet, cut.byte, 0), 0);
	assert_null(find(n, &cut));
	clipped.byte[2] = 0xff;
	parse(&clipped, SECOND);
	add(n, &clipped);
	assert_null(find(n, &clipped));
	fragment.byte[6] = 0x20;
	parse(&fragment, SECOND);
	add(n, &fragment);
	assert_null(find(n, &fragment));
	label_ndpi_free(n);
}

static void no_more_flows_are_looked_at_than_allowed(void **state)
{
	struct label_ndpi *n = open_labels(2, 0);
	struct frame f = make(4002, 8081, false, "", 0, SECOND);

	talk_http(n, 4000, SECOND);
	talk_http(n, 4001, SECOND);
	talk_http(n, 4002, SECOND);
	assert_int_equal(label_ndpi_count(n), 2);
	assert_null(find(n, &f));
	f = make(4000, 8081, false, "", 0, SECOND);
	assert_string_equal(find(n, &f), "http");
	talk_http(n, 4002, SECOND);
	f = make(4002, 8081, false, "", 0, SECOND);
	assert_string_equal(find(n, &f), "http");
	label_ndpi_free(n);
}

/* A request of client i; not of port i, since the library believes in some ports. */
static struct frame make_request(int i)
{
	struct frame f = make(4000, 8081, false, request, sizeof(request) - 1, SECOND);

	f.byte[13] = i >> 8;
	f.byte[14] = i;
	parse(&f, SECOND);
	return f;
}

static void thousands_of_flows_are_found_again(void **state)
{
	struct label_ndpi *n = open_labels(5000, 0);
	struct frame f;
	int i;

	for (i = 0; i < 5000; i++) {
		f = make_request(i);
		add(n, &f);
	}
	assert_int_equal(label_ndpi_count(n), 5000);
	for (i = 0; i < 5000; i++) {
		f = make_request(i);
		assert_string_equal(find(n, &f), "http");
	}
	label_ndpi_free(n);
}

static void a_flow_that_goes_on_keeps_its_label(void **state)
{
	struct label_ndpi *n = open_labels(10, 0);
	struct frame f = make(4000, 8081, false, "", 0, SECOND);

	assert_null(label_ndpi_find(n, &f.packet.key, true));
	add(n, &f);
	assert_null(label_ndpi_find(n, &f.packet.key, true));
	talk_http(n, 4000, SECOND); /* the look before has not ended it */
	assert_string_equal(label_ndpi_find(n, &f.packet.key, true), "http");
	assert_string_equal(label_ndpi_find(n, &f.packet.key, true), "http");
	assert_string_equal(find(n, &f), "http");
	assert_null(find(n, &f));
	label_ndpi_free(n);
}

static void silent_flows_are_forgotten(void **state)
{
	struct label_ndpi *n = open_labels(10, 10 * SECOND);
	struct frame f = make(4000, 8081, false, "", 0, 30 * SECOND);

	talk_http(n, 4000, SECOND);
	talk_http(n, 4001, 8 * SECOND);
	label_ndpi_sweep(n, 12 * SECOND);
	assert_int_equal(label_ndpi_count(n), 1);
	talk_http(n, 4000, 13 * SECOND);
	add(n, &f); /* later than idle: another flow, of which nothing is known */
	assert_null(find(n, &f));
	label_ndpi_free(n);
}

/* The protocol as the label of weir: of TLS.Google tls. Only what was seen in the bytes. */
static bool name_of(struct csv *csv, int protocol, int confidence, char name[64])
{
	size_t i;

	snprintf(name, 64, "%s", csv_text(csv, protocol));
	if (strcmp(name, "Z39.50"))
		name[strcspn(name, ".")] = '\0';
	for (i = 0; name[i]; i++)
		name[i] = tolower((unsigned char)name[i]);
	return !strcmp(csv_text(csv, confidence), "DPI");
}

struct agreement {
	struct labels *labels;
	int64_t file;
	unsigned int known, same, none;
};

static int compare(void *arg, const struct flows_view *view)
{
	struct agreement *a = arg;
	struct label_flow who = view->who;
	const char *theirs;

	who.file = a->file;
	theirs = labels_find(a->labels, &who);
	if (!theirs)
		return 0;
	a->known++;
	a->none += !view->label;
	a->same += view->label && !strcmp(view->label, theirs);
	if (view->label && strcmp(view->label, theirs))
		print_message("# %s: %s, ndpiReader: %s\n", view->path, view->label, theirs);
	return 0;
}

/* labels.csv with the protocol in the place of the label. */
static struct labels *protocols_of(const char *folder)
{
	static const char *const names[] = { "file",     "src_ip",   "dst_ip",    "src_port",
		                             "dst_port", "protocol", "start_time" };
	char path[512], name[64], copy[] = "/tmp/test_label_ndpi.XXXXXX";
	FILE *out = fdopen(mkstemp(copy), "w");
	struct labels *labels;
	struct csv *csv;
	size_t i;

	snprintf(path, sizeof(path), "%s/dev/labels.csv", folder);
	csv = csv_open(path, error, sizeof(error));
	assert_non_null(csv);
	assert_non_null(out);
	fputs("file,src_ip,dst_ip,src_port,dst_port,protocol,start_time,label\n", out);
	while (csv_next(csv) > 0) {
		if (!name_of(csv, csv_column(csv, "ndpi_protocol"),
		             csv_column(csv, "ndpi_confidence"), name))
			continue;
		for (i = 0; i < 7; i++)
			fprintf(out, "%s%s%s,", i ? "" : folder, i ? "" : "/dev/",
			        csv_text(csv, csv_column(csv, names[i])));
		fprintf(out, "%s\n", name);
	}
	fclose(out);
	csv_close(csv);
	labels = labels_open(copy, error, sizeof(error));
	remove(copy);
	return labels;
}

static void labels_are_those_of_ndpireader(void **state)
{
	static const char *const files[] = {
		"ICS-Security-Tools/modbus_test_2.pcap",
		"nDPI/sites.pcapng",
		"nDPI/webex.pcap",
		"nDPI/quic_interop_V.pcapng",
		"nDPI/whatsapp_login_call.pcap",
		"nfstream/skype.pcap",
		"snort3_demo/sessions_100conn_10cps_10sec.pcap",
		"zeek/Traces__wikipedia.pcap",
		"zeek/krb__kinit.pcap",
	};
	const char *folder = getenv("WEIR_CAPTURES");
	struct agreement a = { 0 };
	struct flows_options o = { .idle_ns = 600 * SECOND,
		                   .max_flows = 100000,
		                   .by_ndpi = true,
		                   .take = compare,
		                   .arg = &a };
	char path[512];
	size_t i;

	if (!folder || !*folder)
		skip();
	a.labels = protocols_of(folder);
	assert_non_null(a.labels);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/dev/%s", folder, files[i]);
		a.file = labels_file(a.labels, path);
		assert_int_equal(flows_read(&o, path, error, sizeof(error)), 0);
	}
	labels_free(a.labels);
	print_message("# of %u flows that ndpiReader names by their bytes, %u the same, %u none\n",
	              a.known, a.same, a.none);
	assert_true(a.known > 0);
	assert_true(a.same >= 0.98 * a.known);
}

/* A program without the library says so, and there is nothing to test. */
static int tell_what_is_missing(void)
{
	printf("1..1\nok 1 - labels by nDPI # SKIP %s\n", error);
	return strstr(error, "install libndpi-dev") ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packets_tell_the_protocol_wherever_it_is_spoken),
		CASE(both_directions_are_one_flow),
		CASE(a_guess_by_port_is_no_label),
		CASE(what_is_not_whole_is_passed_over),
		CASE(no_more_flows_are_looked_at_than_allowed),
		CASE(thousands_of_flows_are_found_again),
		CASE(a_flow_that_goes_on_keeps_its_label),
		CASE(silent_flows_are_forgotten),
		CASE(labels_are_those_of_ndpireader),
	};

	if (label_ndpi_check(error, sizeof(error)))
		return tell_what_is_missing();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
