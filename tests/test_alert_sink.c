// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where alerts go: each kind of sink, well, dead, slow and alive again. The web server is a thread
 * of the test on loopback; what weir says on stderr goes to a file that is looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "alert_sink.h"

#define CASE(test)  cmocka_unit_test(test)
#define MILLISECOND 1000000ULL
#define SECOND      1000000000ULL
#define DIR         "build/test_alert_sink"
#define PATIENCE_MS 10000

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5 * MILLISECOND }, NULL);
}

#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		uint64_t until = now(CLOCK_MONOTONIC) + PATIENCE_MS * MILLISECOND;                 \
		while (!(condition) && now(CLOCK_MONOTONIC) < until)                               \
			wait_a_little();                                                           \
		assert_true(condition);                                                            \
	} while (0)

/* stderr, as long as it is kept. */
static int saved_stderr = -1;

static void keep_stderr(void)
{
	int fd = open(DIR "/stderr", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

	assert_true(fd >= 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void give_stderr_back(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
}

/* A file's content; valid until the next call. */
static const char *content(const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

static struct alert_note make_note(unsigned int n)
{
	struct alert_note note = { .opened_ns = 1764000000 * SECOND,
		                   .changed_ns = 1764000000 * SECOND + n * 250 * MILLISECOND,
		                   .is_open = true,
		                   .severity = RULE_HIGH,
		                   .group = RULE_SRC_IP | RULE_DST_PORT,
		                   .value = n,
		                   .threshold = 0.5,
		                   .count = 1,
		                   .rule = "port-scan" };

	note.key.ip_version = 4;
	memcpy(note.key.src + 12, "\x0a\x00\x00\x07", 4);
	note.key.dst_port = 22;
	snprintf(note.key_text, sizeof(note.key_text), "src_ip=10.0.0.7 dst_port=22");
	snprintf(note.text, sizeof(note.text), "number %u \"\x1b[31m", n);
	return note;
}

static void send_some(struct alert_sink *s, unsigned int from, unsigned int to)
{
	struct alert_note note;

	for (; from < to; from++) {
		note = make_note(from);
		alert_sink_send(s, &note);
	}
}

static struct alert_sink *open_good(const char *format, ...)
{
	char spec[256], error[512];
	struct alert_sink *s;
	va_list args;

	va_start(args, format);
	vsnprintf(spec, sizeof(spec), format, args);
	va_end(args);
	s = alert_sink_open(spec, error, sizeof(error));
	if (!s && strstr(error, "without libcurl"))
		skip();
	if (!s || alert_sink_launch(s, false, error, sizeof(error)))
		fail_msg("%s", error);
	return s;
}

static struct alerts_counts counts(struct alert_sink *s)
{
	struct alerts_counts c = { 0 };

	alert_sink_count(s, &c);
	return c;
}

static struct alerts_counts close_within(struct alert_sink *s, uint64_t ms)
{
	struct alerts_counts c = { 0 };

	alert_sink_stop(s, now(CLOCK_REALTIME) + ms * MILLISECOND);
	alert_sink_close(s, &c);
	return c;
}

static void specs_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *spec, *message;
	} cases[] = {
		{ "pigeon:home",
		  "pigeon:home: no such kind of sink for alerts; there are stderr:, json:PATH, "
		  "syslog:, webhook:URL, alertmanager:URL and command:PATH" },
		{ "", ": no such kind of sink for alerts; there are stderr:, json:PATH, syslog:, "
		      "webhook:URL, alertmanager:URL and command:PATH" },
		{ "json", "json: says not where to; as in json:alerts.json" },
		{ "json:", "json:: says not where to; as in json:alerts.json" },
		{ "json:build/no/such/dir/x",
		  "json:build/no/such/dir/x: cannot open for writing: No such file or directory" },
		{ "command:",
		  "command:: says not where to; as in command:/usr/local/bin/on-alert" },
		{ "command:build/none",
		  "command:build/none: is no program to be run: No such file or directory" },
		{ "command:Makefile",
		  "command:Makefile: is no program to be run: Permission denied" },
	};
	char error[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(alert_sink_open(cases[i].spec, error, sizeof(error)));
		assert_string_equal(error, cases[i].message);
	}
}

static void a_file_gets_a_line_of_json_for_each(void **state)
{
	struct alert_sink *s = open_good("json:" DIR "/alerts");
	struct alerts_counts c;

	send_some(s, 0, 2);
	AWAIT(counts(s).delivered == 2);
	c = close_within(s, 1000);
	assert_int_equal(c.delivered, 2);
	assert_int_equal(c.undelivered, 0);
	assert_string_equal(
	        content(DIR "/alerts"),
	        "{\"event\":\"open\",\"time\":1764000000,\"opened\":1764000000,"
	        "\"rule\":\"port-scan\",\"severity\":\"high\",\"key\":{\"src_ip\":\"10.0.0.7\","
	        "\"dst_port\":\"22\"},\"value\":0,\"threshold\":0.5,\"count\":1,"
	        "\"text\":\"number 0 \\\"\\u001b[31m\"}\n"
	        "{\"event\":\"open\",\"time\":1764000000.25,\"opened\":1764000000,"
	        "\"rule\":\"port-scan\",\"severity\":\"high\",\"key\":{\"src_ip\":\"10.0.0.7\","
	        "\"dst_port\":\"22\"},\"value\":1,\"threshold\":0.5,\"count\":1,"
	        "\"text\":\"number 1 \\\"\\u001b[31m\"}\n");
	unlink(DIR "/alerts");
}

static void a_file_that_was_rotated_is_begun_anew(void **state)
{
	struct alert_sink *s = open_good("json:" DIR "/alerts");

	send_some(s, 0, 1);
	AWAIT(counts(s).delivered == 1);
	assert_int_equal(rename(DIR "/alerts", DIR "/alerts.1"), 0);
	send_some(s, 1, 2);
	AWAIT(counts(s).delivered == 2);
	close_within(s, 1000);
	assert_non_null(strstr(content(DIR "/alerts"), "number 1"));
	assert_null(strstr(content(DIR "/alerts"), "number 0"));
	assert_non_null(strstr(content(DIR "/alerts.1"), "number 0"));
	unlink(DIR "/alerts");
	unlink(DIR "/alerts.1");
}

static void a_full_disk_is_one_line_and_counted(void **state)
{
	struct alert_sink *s = open_good("json:/dev/full");
	struct alerts_counts c;
	const char *said;

	keep_stderr();
	send_some(s, 0, 3);
	AWAIT(strstr(content(DIR "/stderr"), "cannot deliver"));
	send_some(s, 3, 5);
	assert_int_equal(counts(s).waiting, 5);
	assert_int_equal(counts(s).undelivered, 0);
	c = close_within(s, 500);
	give_stderr_back();
	assert_int_equal(c.delivered, 0);
	assert_int_equal(c.undelivered, 5);
	said = content(DIR "/stderr");
	assert_string_equal(said, "weir: alerts: json:/dev/full: cannot deliver: cannot write: No "
	                          "space left on device; trying again, up to 1024 alerts wait\n"
	                          "weir: alerts: json:/dev/full: 0 delivered, 5 not\n");
}

static void stderr_gets_a_line_that_cannot_harm_a_terminal(void **state)
{
	struct alert_sink *s = open_good("stderr:");
	struct alert_note note = make_note(3);

	keep_stderr();
	alert_sink_send(s, &note);
	note.is_open = false;
	alert_sink_send(s, &note);
	AWAIT(counts(s).delivered == 2);
	close_within(s, 1000);
	give_stderr_back();
	assert_string_equal(content(DIR "/stderr"),
	                    "weir: ALERT high port-scan: number 3 \"\\x1b[31m\n"
	                    "weir: resolved port-scan: src_ip=10.0.0.7 dst_port=22 (after 750 "
	                    "ms)\n");
}

static int listen_for_log(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void a_system_log_that_comes_late_gets_all(void **state)
{
	struct alert_sink *s = open_good("syslog:" DIR "/log");
	char got[512];
	ssize_t n;
	int fd;

	keep_stderr();
	send_some(s, 0, 2);
	AWAIT(strstr(content(DIR "/stderr"), "cannot deliver"));
	fd = listen_for_log(DIR "/log");
	AWAIT(counts(s).delivered == 2);
	close_within(s, 1000);
	give_stderr_back();
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_int_equal(strncmp(got, "<27>Nov ", 8), 0); /* daemon, error */
	assert_non_null(strstr(got, " weir["));
	assert_non_null(strstr(got, "]: ALERT high port-scan: number 0"));
	close(fd);
	unlink(DIR "/log");
	assert_non_null(strstr(content(DIR "/stderr"), "delivers again; 0 were given up so far\n"));
}

/* A web server: answers each request with the next status of a list, the last for ever. */
struct server {
	int fd;
	uint16_t port;
	const char *statuses; /* "500 500 204" */
	pthread_t thread;
	pthread_mutex_t lock;
	char *bodies; /* one a line */
	size_t length;
	char head[2048]; /* of the last request */
	bool is_mute;    /* never answers */
};

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	getsockname(fd, (struct sockaddr *)&at, &size);
	close(fd);
	return ntohs(at.sin_port);
}

/* Read a request whole; its body. NULL: the client went. */
static char *read_request(struct server *v, int fd, char *request, size_t size)
{
	size_t have = 0, length;
	char *body = NULL, *field;
	ssize_t n;

	do {
		n = recv(fd, request + have, size - 1 - have, 0);
		if (n <= 0)
			return NULL;
		have += (size_t)n;
		request[have] = '\0';
		body = strstr(request, "\r\n\r\n");
		field = strcasestr(request, "content-length:");
		length = field ? strtoul(field + 15, NULL, 10) : 0;
	} while (!body || have - (size_t)(body + 4 - request) < length);
	pthread_mutex_lock(&v->lock);
	snprintf(v->head, sizeof(v->head), "%.*s", (int)(body - request), request);
	pthread_mutex_unlock(&v->lock);
	return body + 4;
}

static void keep_body(struct server *v, const char *body)
{
	size_t n = strlen(body);

	pthread_mutex_lock(&v->lock);
	v->bodies = realloc(v->bodies, v->length + n + 2);
	memcpy(v->bodies + v->length, body, n);
	memcpy(v->bodies + v->length + n, "\n", 2);
	v->length += n + 1;
	pthread_mutex_unlock(&v->lock);
}

static void *serve(void *arg)
{
	struct server *v = arg;
	static char request[1 << 18];
	char answer[128], *body;
	int fd, status;

	while ((fd = accept(v->fd, NULL, NULL)) >= 0) {
		while (!v->is_mute && (body = read_request(v, fd, request, sizeof(request)))) {
			status = atoi(v->statuses);
			if (strchr(v->statuses, ' '))
				v->statuses = strchr(v->statuses, ' ') + 1;
			if (status < 300)
				keep_body(v, body);
			snprintf(answer, sizeof(answer),
			         "HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok", status);
			send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		}
		if (v->is_mute)
			while (recv(fd, request, sizeof(request), 0) > 0)
				;
		close(fd);
	}
	return NULL;
}

static void start_server(struct server *v, uint16_t port, const char *statuses)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int yes = 1;

	v->port = port;
	v->statuses = statuses;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pthread_mutex_init(&v->lock, NULL);
	v->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(v->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	assert_int_equal(bind(v->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(v->fd, 8), 0);
	assert_int_equal(pthread_create(&v->thread, NULL, serve, v), 0);
}

/* All clients have gone. */
static void stop_server(struct server *v)
{
	shutdown(v->fd, SHUT_RDWR);
	pthread_join(v->thread, NULL);
	close(v->fd);
}

static void a_dead_webhook_gets_all_in_order_once_it_lives(void **state)
{
	uint16_t port = free_port();
	struct alert_sink *s = open_good("webhook:http://u:secret@127.0.0.1:%u/hook",
	                                 (unsigned int)port);
	struct server v = { .fd = -1 };
	char wanted[64];
	const char *at;
	unsigned int i;

	keep_stderr();
	send_some(s, 0, 5);
	AWAIT(strstr(content(DIR "/stderr"), "cannot deliver"));
	send_some(s, 5, 20);
	assert_int_equal(counts(s).waiting, 20);
	start_server(&v, port, "500 204");
	AWAIT(counts(s).delivered == 20);
	assert_int_equal(close_within(s, 1000).undelivered, 0);
	give_stderr_back();
	stop_server(&v);
	assert_int_equal(strncmp(v.head, "POST /hook HTTP/1.1\r\n", 21), 0);
	assert_non_null(strstr(v.head, "Content-Type: application/json"));
	assert_int_equal(count(v.bodies, "\"event\""), 20);
	for (at = v.bodies, i = 0; i < 20; i++) {
		snprintf(wanted, sizeof(wanted), "\"text\":\"number %u ", i);
		at = strstr(at, wanted);
		assert_non_null(at);
	}
	free(v.bodies);
	at = content(DIR "/stderr");
	assert_null(strstr(at, "secret"));
	assert_int_equal(count(at, "cannot deliver"), 1);
	assert_int_equal(count(at, "delivers again; 0 were given up so far"), 1);
	assert_int_equal(count(at, "\n"), 2);
}

static void a_webhook_dead_for_too_long_gets_the_newest_and_the_others_are_counted(void **state)
{
	uint16_t port = free_port();
	struct alert_sink *s = open_good("webhook:http://127.0.0.1:%u/", (unsigned int)port);
	struct server v = { .fd = -1 };
	struct alerts_counts c;
	const unsigned int all = 1 + ALERT_QUEUE + 100; /* the first is in hand */
	char wanted[64];

	keep_stderr();
	send_some(s, 0, 1);
	AWAIT(strstr(content(DIR "/stderr"), "cannot deliver"));
	send_some(s, 1, all);
	assert_int_equal(counts(s).waiting, 1 + ALERT_QUEUE);
	assert_int_equal(counts(s).undelivered, 100);
	start_server(&v, port, "204");
	AWAIT(counts(s).delivered == 1 + ALERT_QUEUE);
	c = close_within(s, 1000);
	give_stderr_back();
	stop_server(&v);
	assert_int_equal(c.delivered, 1 + ALERT_QUEUE);
	assert_int_equal(c.undelivered, 100);
	assert_int_equal(count(v.bodies, "\"event\""), 1 + ALERT_QUEUE);
	assert_non_null(strstr(v.bodies, "\"text\":\"number 0 "));
	assert_null(strstr(v.bodies, "\"text\":\"number 100 "));
	assert_non_null(strstr(v.bodies, "\"text\":\"number 101 "));
	snprintf(wanted, sizeof(wanted), "\"text\":\"number %u ", all - 1);
	assert_non_null(strstr(v.bodies, wanted));
	free(v.bodies);
	assert_non_null(
	        strstr(content(DIR "/stderr"), "delivers again; 100 were given up so far\n"));
}

static void a_refusal_is_counted_and_the_next_goes_on(void **state)
{
	uint16_t port = free_port();
	struct server v = { .fd = -1 };
	struct alert_sink *s;
	struct alerts_counts c;

	start_server(&v, port, "400 204");
	s = open_good("webhook:http://127.0.0.1:%u/", (unsigned int)port);
	keep_stderr();
	send_some(s, 0, 2);
	AWAIT(counts(s).delivered == 1);
	c = close_within(s, 1000);
	give_stderr_back();
	stop_server(&v);
	assert_int_equal(c.undelivered, 1);
	assert_non_null(strstr(v.bodies, "number 1"));
	assert_non_null(strstr(content(DIR "/stderr"), "/: does not take 1: HTTP status 400; given "
	                                               "up\n"));
	free(v.bodies);
}

static void a_mute_webhook_delays_neither_sending_nor_the_end(void **state)
{
	uint16_t port = free_port();
	struct server v = { .fd = -1, .is_mute = true };
	struct alerts_counts c;
	struct alert_sink *s;
	uint64_t began;

	start_server(&v, port, "204");
	s = open_good("webhook:http://127.0.0.1:%u/", (unsigned int)port);
	keep_stderr();
	began = now(CLOCK_MONOTONIC);
	send_some(s, 0, 3000);
	assert_true(now(CLOCK_MONOTONIC) - began < SECOND);
	assert_int_equal(counts(s).undelivered + counts(s).waiting, 3000);
	assert_in_range(counts(s).waiting, ALERT_QUEUE, ALERT_QUEUE + 1);
	began = now(CLOCK_MONOTONIC);
	c = close_within(s, 300);
	assert_true(now(CLOCK_MONOTONIC) - began < 2 * SECOND);
	give_stderr_back();
	stop_server(&v);
	assert_int_equal(c.delivered, 0);
	assert_int_equal(c.undelivered, 3000);
	assert_null(strstr(content(DIR "/stderr"), "cannot deliver")); /* nobody said so */
}

static void alertmanager_gets_its_own_format(void **state)
{
	uint16_t port = free_port();
	struct alert_note note = make_note(0);
	struct server v = { .fd = -1 };
	struct alert_sink *s;
	char host[64] = "", wanted[1024];

	start_server(&v, port, "200");
	s = open_good("alertmanager:http://127.0.0.1:%u/", (unsigned int)port);
	assert_true(alert_sink_wants_reminders(s));
	note.is_open = false;
	note.changed_ns += 61 * SECOND;
	strcpy(note.text, "text");
	alert_sink_send(s, &note);
	AWAIT(counts(s).delivered == 1);
	close_within(s, 1000);
	stop_server(&v);
	gethostname(host, sizeof(host) - 1);
	assert_int_equal(strncmp(v.head, "POST /api/v2/alerts HTTP/1.1\r\n", 30), 0);
	snprintf(wanted, sizeof(wanted),
	         "[{\"labels\":{\"alertname\":\"port-scan\",\"severity\":\"high\",\"job\":\"weir\","
	         "\"instance\":\"%s\",\"src_ip\":\"10.0.0.7\",\"dst_port\":\"22\"},"
	         "\"annotations\":{\"summary\":\"text\",\"value\":\"0\"},"
	         "\"startsAt\":\"2025-11-24T16:00:00.000Z\","
	         "\"endsAt\":\"2025-11-24T16:01:01.000Z\"}]\n",
	         host);
	assert_string_equal(v.bodies, wanted);
	free(v.bodies);
}

static void write_script(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s", text);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
}

static void a_command_finds_the_alert_on_its_input(void **state)
{
	struct alert_sink *s;

	/* fails once, and sees no argument */
	write_script(DIR "/on-alert", "[ $# = 0 ] || exit 3\n"
	                              "[ -e " DIR "/tried ] || { : >" DIR "/tried; exit 1; }\n"
	                              "cat >>" DIR "/got\n");
	s = open_good("command:" DIR "/on-alert");
	keep_stderr();
	send_some(s, 0, 2);
	AWAIT(counts(s).delivered == 2);
	close_within(s, 1000);
	give_stderr_back();
	assert_int_equal(count(content(DIR "/got"), "\"event\":\"open\""), 2);
	assert_int_equal(count(content(DIR "/got"), "\n"), 2);
	assert_non_null(
	        strstr(content(DIR "/stderr"), "cannot deliver: exit code 1; trying again"));
	unlink(DIR "/got");
	unlink(DIR "/tried");
}

static void a_command_that_hangs_ends_with_the_agent(void **state)
{
	struct alert_sink *s;
	uint64_t began;

	write_script(DIR "/hang", "echo $$ >" DIR "/pid\nexec sleep 60\n");
	s = open_good("command:" DIR "/hang");
	keep_stderr();
	send_some(s, 0, 2);
	AWAIT(strchr(content(DIR "/pid"), '\n'));
	began = now(CLOCK_MONOTONIC);
	assert_int_equal(close_within(s, 200).undelivered, 2);
	assert_true(now(CLOCK_MONOTONIC) - began < 2 * SECOND);
	give_stderr_back();
	AWAIT(kill(atoi(content(DIR "/pid")), 0) && errno == ESRCH);
	unlink(DIR "/pid");
}

static void the_engine_reaches_its_sinks(void **state)
{
	static const char *const sinks[] = { "json:" DIR "/a", "json:" DIR "/b" };
	struct alerts_config config = { .rules = DIR "/rules", .sinks = sinks, .n_sinks = 2 };
	struct flow_side part = { .packets = 1, .bytes = 60 };
	struct flow_record r = { .fwd = &part, .rev = &part, .is_new = true };
	struct alerts_counts c;
	struct alerts *a;
	char error[512];
	FILE *f = fopen(DIR "/rules", "w");

	fputs("rule any\nflow bytes > 100\n", f);
	fclose(f);
	a = alerts_open(&config, error, sizeof(error));
	assert_non_null(a);
	r.key.ip_version = 4;
	alerts_add(a, &r);
	alerts_tick(a, 1764000000 * SECOND);
	alerts_count(a, &c);
	assert_int_equal(c.opened, 1);
	alerts_close(a); /* waits for delivery */
	assert_int_equal(count(content(DIR "/a"), "\"rule\":\"any\""), 1);
	assert_int_equal(count(content(DIR "/b"),
	                       "\"text\":\"src_ip=0.0.0.0: a flow to 0.0.0.0 port "
	                       "0\""),
	                 1);
}

/* Also what a run that failed left behind. */
static void remove_files(void)
{
	static const char *const files[] = { "stderr", "on-alert", "hang", "rules",
		                             "a",      "b",        "got",  "tried",
		                             "alerts", "alerts.1", "pid",  "log" };
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), DIR "/%s", files[i]);
		unlink(path);
	}
}

static int set_up(void **state)
{
	remove_files();
	return mkdir(DIR, 0700) && errno != EEXIST;
}

static int clear_up(void **state)
{
	remove_files();
	return rmdir(DIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(specs_that_make_no_sense_are_refused),
		CASE(a_file_gets_a_line_of_json_for_each),
		CASE(a_file_that_was_rotated_is_begun_anew),
		CASE(a_full_disk_is_one_line_and_counted),
		CASE(stderr_gets_a_line_that_cannot_harm_a_terminal),
		CASE(a_system_log_that_comes_late_gets_all),
		CASE(a_dead_webhook_gets_all_in_order_once_it_lives),
		CASE(a_webhook_dead_for_too_long_gets_the_newest_and_the_others_are_counted),
		CASE(a_refusal_is_counted_and_the_next_goes_on),
		CASE(a_mute_webhook_delays_neither_sending_nor_the_end),
		CASE(alertmanager_gets_its_own_format),
		CASE(a_command_finds_the_alert_on_its_input),
		CASE(a_command_that_hangs_ends_with_the_agent),
		CASE(the_engine_reaches_its_sinks),
	};

	return cmocka_run_group_tests(tests, set_up, clear_up);
}
