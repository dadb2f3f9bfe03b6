// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The live page's server without its sockets: who is served, and what is answered. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http_answer.h"
#include "top_flows.h"

static const char secret[] = "0123456789abcdef0123";

static void addresses_are_numbers_and_a_port(void **state)
{
	static const struct {
		const char *text;
		int family; /* 0: refused */
		bool is_loopback;
	} cases[] = {
		{ "127.0.0.1:9843", AF_INET, true },
		{ "127.9.9.9:1", AF_INET, true },
		{ "[::1]:9843", AF_INET6, true },
		{ "0.0.0.0:9843", AF_INET, false },
		{ "10.0.0.1:65535", AF_INET, false },
		{ "[::]:80", AF_INET6, false },
		{ "[2001:db8::1]:80", AF_INET6, false },
		{ "[::ffff:127.0.0.1]:80", AF_INET6, false },
		{ "127.0.0.1", 0, false },
		{ "127.0.0.1:", 0, false },
		{ "127.0.0.1:x", 0, false },
		{ "127.0.0.1:65536", 0, false },
		{ "127.0.0.1:80 ", 0, false },
		{ "127.0.0.1:-1", 0, false },
		{ "localhost:80", 0, false },
		{ "::1:80", 0, false },
		{ "[::1]80", 0, false },
		{ "[::1", 0, false },
		{ "[127.0.0.1]:80", 0, false },
		{ ":80", 0, false },
		{ "", 0, false },
	};
	struct http_address a;
	char error[160];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int failed = http_address_parse(&a, cases[i].text, error, sizeof(error));

		if ((failed != 0) != (cases[i].family == 0))
			fail_msg("%s", cases[i].text);
		if (failed)
			continue;
		assert_int_equal(a.socket.ss_family, cases[i].family);
		assert_int_equal(a.is_loopback, cases[i].is_loopback);
	}
	assert_int_equal(http_address_parse(&a, "here", error, sizeof(error)), -EINVAL);
	assert_string_equal(error,
	                    "--http here: no address and port; as 127.0.0.1:9843 or [::1]:9843");
}

static void a_token_is_itself_and_nothing_else(void **state)
{
	struct http_token t = { 0 };
	char error[160], big[HTTP_TOKEN_MAX + 3];

	assert_false(http_token_is(&t, ""));
	assert_false(http_token_is(&t, NULL));
	assert_int_equal(http_token_set(&t, secret, 20, error, sizeof(error)), 0);
	assert_true(http_token_is(&t, secret));
	assert_false(http_token_is(&t, NULL));
	assert_false(http_token_is(&t, ""));
	assert_false(http_token_is(&t, "0123456789abcdef012"));
	assert_false(http_token_is(&t, "0123456789abcdef0124"));
	assert_false(http_token_is(&t, "0123456789abcdef01230"));
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_false(http_token_is(&t, big));
	assert_int_equal(http_token_set(&t, big, HTTP_TOKEN_MAX, error, sizeof(error)), 0);
	assert_false(http_token_is(&t, big)); /* as far as it goes it is the same */
	big[HTTP_TOKEN_MAX] = '\0';
	assert_true(http_token_is(&t, big));
}

static void a_token_has_letters_that_travel(void **state)
{
	static const char *const wrong[] = { "",
		                             "short",
		                             "0123456789 abcdef",
		                             "0123456789abcde;",
		                             "0123456789abcdef\nx",
		                             "0123456789abcde\xff" };
	struct http_token t;
	char error[160], big[HTTP_TOKEN_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		        http_token_set(&t, wrong[i], strlen(wrong[i]), error, sizeof(error)),
		        -EINVAL);
	assert_string_equal(error, "it wants one line of 16 to 256 letters, digits and -._~+/=; as "
	                           "from 'openssl rand -hex 32'");
	memset(big, 'a', sizeof(big));
	assert_int_equal(http_token_set(&t, big, sizeof(big), error, sizeof(error)), -EINVAL);
	assert_int_equal(http_token_set(&t, "0123456789abcdef\r\n", 18, error, sizeof(error)), 0);
	assert_true(http_token_is(&t, "0123456789abcdef"));
	assert_int_equal(http_token_set(&t, "0123456789abcde\0f", 17, error, sizeof(error)),
	                 -EINVAL);
}

static void a_bearer_is_found_in_its_header(void **state)
{
	assert_string_equal(http_bearer("Bearer x"), "x");
	assert_string_equal(http_bearer("bearer   x"), "x");
	assert_null(http_bearer("Basic x"));
	assert_null(http_bearer("Bearer"));
	assert_null(http_bearer(NULL));
}

static void only_names_of_this_machine_are_local(void **state)
{
	static const char *const local[] = { "localhost", "localhost:9843", "LOCALHOST:1",
		                             "127.0.0.1", "127.0.0.1:9843", "127.1.2.3",
		                             "[::1]",     "[::1]:9843" };
	static const char *const other[] = { "",
		                             "evil.example",
		                             "localhost.evil.example",
		                             "127.0.0.1.evil.example",
		                             "127.0.0.1:9843.evil.example",
		                             "10.0.0.1",
		                             "[::2]:1",
		                             "[::1",
		                             "[::1]x",
		                             "localhost:",
		                             "localhost:x",
		                             "evil:80@localhost" };
	size_t i;

	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (!http_host_is_local(local[i]))
			fail_msg("%s", local[i]);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (http_host_is_local(other[i]))
			fail_msg("%s", other[i]);
	assert_false(http_host_is_local(NULL));
}

/* A server with one interval behind it, and what is asked of it. */
struct asked {
	struct http_answerer answerer;
	struct http_request q;
	struct http_response r;
	const char *name, *value; /* a parameter */
};

static void tell_parameter(const struct http_request *q,
                           int (*call)(void *arg, const char *name, const char *value), void *arg)
{
	const struct asked *a = q->arg;

	if (a->name)
		call(arg, a->name, a->value);
}

static void set_up(struct asked *a)
{
	static const struct books books;
	const struct page_config config = { .max_rows = 10, .idle_ns = SECOND, .seed = 1 };
	const struct sink_report r = {
		.now_ns = NOON,
		.interval_ns = SECOND,
		.books = &books,
		.source = "eth0",
	};

	memset(a, 0, sizeof(*a));
	a->answerer.page = page_new(&config);
	assert_non_null(a->answerer.page);
	page_report(a->answerer.page, &r);
	a->q = (struct http_request){
		.method = "GET",
		.host = "localhost:9843",
		.parameters = tell_parameter,
		.arg = a,
	};
}

static void clear(struct asked *a)
{
	page_reader_clear(&a->answerer.reader);
	page_free(a->answerer.page);
}

static unsigned int ask(struct asked *a, const char *path)
{
	bool has_body;

	a->q.path = path;
	http_answer(&a->answerer, &a->q, &a->r, NOON);
	has_body = a->r.fixed || a->r.text.length;
	buf_clear(&a->r.text);
	assert_true(has_body);
	return a->r.status;
}

static void everything_there_is_is_answered(void **state)
{
	static const struct {
		const char *path, *type;
	} cases[] = {
		{ "/", "text/html; charset=utf-8" },
		{ "/live.js", "text/javascript; charset=utf-8" },
		{ "/live.css", "text/css; charset=utf-8" },
		{ "/api/flows", "application/json" },
		{ "/api/summary", "application/json" },
		{ "/api/alerts", "application/json" },
		{ "/metrics", "text/plain; version=0.0.4; charset=utf-8" },
		{ "/healthz", "text/plain; charset=utf-8" },
	};
	struct asked a;
	size_t i;

	set_up(&a);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ask(&a, cases[i].path), 200);
		assert_string_equal(a.r.type, cases[i].type);
		assert_false(a.r.sets_cookie);
	}
	assert_int_equal(ask(&a, "/api"), 404);
	assert_int_equal(ask(&a, "/../etc/passwd"), 404);
	a.name = "limit";
	a.value = "1000000";
	assert_int_equal(ask(&a, "/api/flows"), 400);
	a.value = NULL;
	assert_int_equal(ask(&a, "/api/flows"), 400);
	clear(&a);
}

static void only_reading_is_allowed(void **state)
{
	static const char *const methods[] = { "POST",  "PUT", "DELETE", "OPTIONS", "CONNECT",
		                               "TRACE", "get", "",       "PATCH",   "PROPFIND" };
	struct asked a;
	size_t i;

	set_up(&a);
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		a.q.method = methods[i];
		assert_int_equal(ask(&a, "/api/summary"), 405);
		assert_int_equal(ask(&a, "/healthz"), 405);
	}
	a.q.method = "HEAD";
	assert_int_equal(ask(&a, "/api/summary"), 200);
	clear(&a);
}

static void a_name_that_was_made_to_point_here_is_refused(void **state)
{
	struct asked a;

	set_up(&a);
	a.q.host = "evil.example:9843";
	assert_int_equal(ask(&a, "/"), 421);
	assert_int_equal(ask(&a, "/api/flows"), 421);
	assert_int_equal(ask(&a, "/metrics"), 421);
	assert_int_equal(ask(&a, "/healthz"), 421);
	a.q.host = NULL;
	assert_int_equal(ask(&a, "/api/flows"), 421);
	clear(&a);
}

static void where_a_token_is_demanded_nothing_goes_without(void **state)
{
	static const char *const paths[] = { "/",          "/live.js",     "/live.css",
		                             "/api/flows", "/api/summary", "/api/alerts",
		                             "/metrics",   "/nowhere" };
	struct asked a;
	char error[160];
	size_t i;

	set_up(&a);
	assert_int_equal(
	        http_token_set(&a.answerer.token, secret, strlen(secret), error, sizeof(error)), 0);
	a.q.host = "monitor.example";
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		a.q.authorization = a.q.cookie = a.q.token = NULL;
		assert_int_equal(ask(&a, paths[i]), 401);
		a.q.authorization = "Bearer 0123456789abcdef0124";
		a.q.cookie = "0123456789abcdef012";
		assert_int_equal(ask(&a, paths[i]), 401);
		a.q.authorization = "Bearer 0123456789abcdef0123";
		assert_int_not_equal(ask(&a, paths[i]), 401);
		a.q.authorization = NULL;
		a.q.cookie = secret;
		assert_int_not_equal(ask(&a, paths[i]), 401);
		assert_false(a.r.sets_cookie);
	}
	a.q.cookie = NULL;
	assert_int_equal(ask(&a, "/healthz"), 200);
	clear(&a);
}

static void a_token_in_the_address_is_for_the_page_and_becomes_a_cookie(void **state)
{
	struct asked a;
	char error[160];

	set_up(&a);
	assert_int_equal(
	        http_token_set(&a.answerer.token, secret, strlen(secret), error, sizeof(error)), 0);
	a.q.token = secret;
	assert_int_equal(ask(&a, "/"), 200);
	assert_true(a.r.sets_cookie);
	assert_int_equal(ask(&a, "/api/flows"), 401);
	a.q.token = "0123456789abcdef0124";
	assert_int_equal(ask(&a, "/"), 401);
	assert_false(a.r.sets_cookie);
	clear(&a);
}

static void headers_let_nothing_else_run(void **state)
{
	const char *policy = NULL;
	int i;

	for (i = 0; http_headers[i][0]; i++)
		if (!strcmp(http_headers[i][0], "Content-Security-Policy"))
			policy = http_headers[i][1];
	assert_non_null(policy);
	assert_non_null(strstr(policy, "default-src 'none'"));
	assert_non_null(strstr(policy, "frame-ancestors 'none'"));
	assert_null(strstr(policy, "unsafe"));
	assert_null(strchr(policy, '*'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_numbers_and_a_port),
		cmocka_unit_test(a_token_is_itself_and_nothing_else),
		cmocka_unit_test(a_token_has_letters_that_travel),
		cmocka_unit_test(a_bearer_is_found_in_its_header),
		cmocka_unit_test(only_names_of_this_machine_are_local),
		cmocka_unit_test(everything_there_is_is_answered),
		cmocka_unit_test(only_reading_is_allowed),
		cmocka_unit_test(a_name_that_was_made_to_point_here_is_refused),
		cmocka_unit_test(where_a_token_is_demanded_nothing_goes_without),
		cmocka_unit_test(a_token_in_the_address_is_for_the_page_and_becomes_a_cookie),
		cmocka_unit_test(headers_let_nothing_else_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
