/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is answered to a request; the part of the server that knows paths and headers. */
#ifndef WEIR_HTTP_ANSWER_H
#define WEIR_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "http_check.h"
#include "page.h"
#include "page_json.h"

/* A request, as the library tells of it. What it asks is told by calls. */
struct http_request {
	const char *method, *path;
	const char *host, *authorization, *cookie; /* values, or NULL; cookie: of ours */
	const char *token;                         /* ?token=, or NULL */
	/* Go through the parameters; stop when call returns other than 0. */
	void (*parameters)(const struct http_request *q,
	                   int (*call)(void *arg, const char *name, const char *value), void *arg);
	void *arg;
};

struct http_response {
	unsigned int status;
	const char *type;
	const void *fixed; /* text that lasts, of fixed_length; or NULL, and it is text: */
	size_t fixed_length;
	struct buf text;
	bool sets_cookie; /* the token came in the address: let it be a cookie from now on */
};

struct http_answerer {
	struct page *page;
	struct page_reader reader;
	struct http_token token;
};

/* now_ns since 1970. */
void http_answer(struct http_answerer *a, const struct http_request *q, struct http_response *r,
                 uint64_t now_ns);

/* Headers of every response: name and value, ended by a NULL. */
extern const char *const http_headers[][2];

#endif
