// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * First who asks, then what for. Without a token the server is on loopback and the Host header has
 * to name it; with one, all but /healthz demands it: as a bearer, as the cookie, or once in the
 * address of the page, which then sets the cookie.
 *
 * The page has no script, style or data within it; the browser is told to run nothing but the
 * files that are named here.
 */
#include "http_answer.h"

#include <string.h>

#define HTML  "text/html; charset=utf-8"
#define JS    "text/javascript; charset=utf-8"
#define CSS   "text/css; charset=utf-8"
#define JSON  "application/json"
#define PLAIN "text/plain; charset=utf-8"

extern const char live_html_start[], live_html_end[], live_css_start[], live_css_end[];
extern const char live_js_start[], live_js_end[], live_d3_start[], live_d3_end[];

const char *const http_headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
	  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
	{ NULL, NULL },
};

static const struct {
	const char *path, *type, *start, *end;
} files[] = {
	{ "/", HTML, live_html_start, live_html_end },
	{ "/live.css", CSS, live_css_start, live_css_end },
	{ "/live.js", JS, live_js_start, live_js_end },
	{ "/d3.js", JS, live_d3_start, live_d3_end },
};

static void refuse(struct http_response *r, unsigned int status, const char *error)
{
	r->status = status;
	r->type = JSON;
	r->text.length = 0;
	r->text.error = 0;
	page_json_error(&r->text, error);
}

struct parse {
	struct page_query query;
	char error[512];
};

static int set_parameter(void *arg, const char *name, const char *value)
{
	struct parse *p = arg;

	return page_query_set(&p->query, name, value ? value : "", p->error, sizeof(p->error));
}

static void answer_flows(struct http_answerer *a, const struct http_request *q,
                         struct http_response *r, const struct page_shot *shot)
{
	struct parse p = { .error = "" };

	page_query_init(&p.query);
	q->parameters(q, set_parameter, &p);
	if (p.error[0])
		refuse(r, 400, p.error);
	else
		page_json_flows(&r->text, &a->reader, shot, &p.query);
}

/* Of what the interval left. */
static void answer_shot(struct http_answerer *a, const struct http_request *q,
                        struct http_response *r, const struct page_shot *shot, uint64_t now_ns)
{
	r->type = JSON;
	if (!strcmp(q->path, "/api/flows")) {
		answer_flows(a, q, r, shot);
	} else if (!strcmp(q->path, "/api/summary")) {
		page_json_summary(&r->text, &a->reader, shot, now_ns);
	} else if (!strcmp(q->path, "/api/alerts")) {
		buf_put(&r->text, shot->alerts.data, shot->alerts.length);
	} else if (!strcmp(q->path, "/metrics")) {
		r->type = "text/plain; version=0.0.4; charset=utf-8";
		buf_put(&r->text, shot->metrics.data, shot->metrics.length);
	} else {
		refuse(r, 404, "there is no such page");
	}
	if (r->text.error)
		refuse(r, 503, "no memory for an answer");
}

static bool answer_file(const struct http_request *q, struct http_response *r)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].path, q->path))
			continue;
		r->type = files[i].type;
		r->fixed = files[i].start;
		r->fixed_length = files[i].end - files[i].start;
		return true;
	}
	return false;
}

static void answer(struct http_answerer *a, const struct http_request *q, struct http_response *r,
                   uint64_t now_ns)
{
	const struct page_shot *shot;

	if (answer_file(q, r))
		return;
	shot = page_hold(a->page);
	if (shot)
		answer_shot(a, q, r, shot, now_ns);
	else
		refuse(r, 503, "the first interval is not over yet");
	page_release(a->page, shot);
}

static bool is_allowed(const struct http_answerer *a, const struct http_request *q,
                       struct http_response *r)
{
	bool knows = http_token_is(&a->token, http_bearer(q->authorization)) ||
	             http_token_is(&a->token, q->cookie);

	if (!a->token.length) {
		if (!http_host_is_local(q->host))
			refuse(r, 421, "the Host header names another machine; ask for localhost");
		return r->status == 200;
	}
	if (!knows && !strcmp(q->path, "/"))
		r->sets_cookie = knows = http_token_is(&a->token, q->token);
	if (!knows)
		refuse(r, 401,
		       "a token is needed: open /?token=TOKEN, or send Authorization: Bearer "
		       "TOKEN");
	return knows;
}

void http_answer(struct http_answerer *a, const struct http_request *q, struct http_response *r,
                 uint64_t now_ns)
{
	bool is_health = !strcmp(q->path, "/healthz");

	*r = (struct http_response){ .status = 200, .type = PLAIN };
	if (strcmp(q->method, "GET") && strcmp(q->method, "HEAD"))
		refuse(r, 405, "only GET and HEAD");
	else if (!(is_health && a->token.length) && !is_allowed(a, q, r))
		return;
	else if (is_health)
		buf_text(&r->text, "ok\n");
	else
		answer(a, q, r, now_ns);
}
