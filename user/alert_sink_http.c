// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Alerts by HTTP POST, with libcurl: one JSON object a request to a webhook, a list of what
 * Alertmanager wants to Alertmanager. An answer of 2xx is delivery; 408, 429, 5xx and no answer are
 * tried again; any other answer is a refusal. Redirects are not followed.
 */
#include "alert_sink_kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "priv.h"

#ifdef HAVE_LIBCURL

#include <curl/curl.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_MS 5000L
#define ANSWER_MS  15000L
#define LOOK_MS    100 /* how often a request looks whether it may go on */
#define API        "/api/v2/alerts"

struct http {
	CURL *curl;
	CURLM *multi; /* does the work, so that it can be left in the middle */
	struct curl_slist *headers;
	char host[64]; /* this one's name */
	char reason[CURL_ERROR_SIZE];
};

static size_t ignore(char *data, size_t size, size_t n, void *arg)
{
	return size * n;
}

static int set_options(const struct alert_sink *s, struct http *h)
{
	CURL *c = h->curl;

	return curl_easy_setopt(c, CURLOPT_URL, s->target) ||
#if LIBCURL_VERSION_NUM >= 0x075500
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ||
#else
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS) ||
#endif
	       curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers) ||
	       curl_easy_setopt(c, CURLOPT_USERAGENT, "weir/" WEIR_VERSION) ||
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ||
	       curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ANSWER_MS) ||
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore) ||
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->reason);
}

static void close_http(struct alert_sink *s)
{
	struct http *h = s->state;

	curl_slist_free_all(h->headers);
	curl_easy_cleanup(h->curl);
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup(); /* counted by libcurl, as the init was */
}

static int fail(struct alert_sink *s, const char *why, char *error, size_t size)
{
	if (s->state)
		close_http(s);
	snprintf(error, size, "%s: %s", s->name, why);
	return -EINVAL;
}

/* Whatever a lookup of names loads, it loads now: later no code may be loaded any more. */
static void warm_resolver(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;

	if (!getaddrinfo("localhost", "80", &hints, &found))
		freeaddrinfo(found);
}

static int open_http(struct alert_sink *s, char *error, size_t size)
{
	struct http *h;

	if (strncmp(s->target, "http://", 7) && strncmp(s->target, "https://", 8))
		return fail(s, "the URL has to begin with http:// or https://", error, size);
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return fail(s, "libcurl does not start", error, size);
	h = calloc(1, sizeof(*h));
	s->state = h;
	if (!h) {
		curl_global_cleanup();
		return fail(s, "no memory", error, size);
	}
	h->curl = curl_easy_init();
	h->multi = curl_multi_init();
	h->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (gethostname(h->host, sizeof(h->host) - 1))
		h->host[0] = '\0';
	if (!h->curl || !h->multi || !h->headers || set_options(s, h))
		return fail(s, "libcurl does not take this URL", error, size);
	warm_resolver();
	return 0;
}

/* "alertmanager:http://host:9093" means its API there. */
static int open_alertmanager(struct alert_sink *s, char *error, size_t size)
{
	size_t length = strlen(s->target);
	char *longer;

	if (strstr(s->target, "/api/"))
		return open_http(s, error, size);
	longer = realloc(s->target, length + sizeof(API));
	if (!longer)
		return fail(s, "no memory", error, size);
	s->target = longer;
	while (length && longer[length - 1] == '/')
		length--;
	memcpy(longer + length, API, sizeof(API));
	return open_http(s, error, size);
}

static enum sink_result judge(struct alert_sink *s, CURLcode failed)
{
	struct http *h = s->state;
	long status = 0;

	if (failed) {
		snprintf(s->why, sizeof(s->why), "%.180s",
		         *h->reason ? h->reason : curl_easy_strerror(failed));
		return SINK_AGAIN;
	}
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return SINK_DELIVERED;
	snprintf(s->why, sizeof(s->why), "HTTP status %ld", status);
	return status == 408 || status == 429 || status >= 500 ? SINK_AGAIN : SINK_REFUSED;
}

static CURLcode run(struct alert_sink *s, struct http *h)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	const CURLMsg *message;
	int running = 1, left;

	while (!curl_multi_perform(h->multi, &running) && running &&
	       alert_sink_patience_ms(s, LOOK_MS))
		curl_multi_poll(h->multi, NULL, 0, LOOK_MS, NULL);
	while ((message = curl_multi_info_read(h->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			result = message->data.result;
	return result;
}

static CURLcode perform(struct alert_sink *s, struct http *h)
{
	CURLcode result = CURLE_FAILED_INIT;

	if (curl_multi_add_handle(h->multi, h->curl))
		return result;
	result = run(s, h);
	curl_multi_remove_handle(h->multi, h->curl);
	return result;
}

static enum sink_result post(struct alert_sink *s, struct buf *b)
{
	struct http *h = s->state;
	enum sink_result result = SINK_AGAIN;

	h->reason[0] = '\0';
	if (b->error || curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE, (long)b->length) ||
	    curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, b->data))
		snprintf(s->why, sizeof(s->why), "no memory");
	else
		result = judge(s, perform(s, h));
	buf_clear(b);
	return result;
}

static enum sink_result deliver_webhook(struct alert_sink *s, struct alert_note *const *notes,
                                        size_t n)
{
	struct buf b = { 0 };

	note_put_json(&b, notes[0]);
	return post(s, &b);
}

static enum sink_result deliver_alertmanager(struct alert_sink *s, struct alert_note *const *notes,
                                             size_t n)
{
	const struct http *h = s->state;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		buf_char(&b, i ? ',' : '[');
		note_put_alertmanager(&b, notes[i], h->host);
	}
	buf_char(&b, ']');
	return post(s, &b);
}

#else

static int open_http(struct alert_sink *s, char *error, size_t size)
{
	snprintf(error, size,
	         "%s: this weir was built without libcurl; install libcurl4-gnutls-dev and build "
	         "it again",
	         s->name);
	return -EINVAL;
}

#define open_alertmanager    open_http
#define deliver_webhook      NULL
#define deliver_alertmanager NULL
#define close_http           NULL

#endif

const struct alert_sink_kind alert_sink_webhook = {
	.name = "webhook",
	.help = "JSON by HTTP POST",
	.example = "webhook:https://example.org/alerts",
	.needs = PRIV_NETWORK,
	.batch = 1,
	.open = open_http,
	.deliver = deliver_webhook,
	.close = close_http,
};

const struct alert_sink_kind alert_sink_alertmanager = {
	.name = "alertmanager",
	.help = "Alertmanager's API, version 2",
	.example = "alertmanager:http://localhost:9093",
	.needs = PRIV_NETWORK,
	.batch = SINK_BATCH,
	.wants_reminders = true,
	.open = open_alertmanager,
	.deliver = deliver_alertmanager,
	.close = close_http,
};
