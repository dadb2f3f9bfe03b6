/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may be served: addresses, tokens and Host headers, looked at without a socket. */
#ifndef WEIR_HTTP_CHECK_H
#define WEIR_HTTP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define HTTP_TOKEN_MIN 16
#define HTTP_TOKEN_MAX 256

struct http_address {
	struct sockaddr_storage socket;
	socklen_t length;
	bool is_loopback;
};

struct http_token {
	size_t length; /* 0: none is demanded */
	char text[HTTP_TOKEN_MAX + 1];
};

/* "127.0.0.1:9843", "[::1]:9843". 0, or -EINVAL with what is wrong in error. */
int http_address_parse(struct http_address *a, const char *text, char *error, size_t size);

/* The one line of a token's file, its end taken off. 0, or -EINVAL with what is wrong in error. */
int http_token_set(struct http_token *t, const char *text, size_t length, char *error, size_t size);

/* Is it this token? Takes as long for every text. NULL is none. */
bool http_token_is(const struct http_token *t, const char *text);

/* The token in "Bearer TOKEN", or NULL. */
const char *http_bearer(const char *authorization);

/*
 * Does the Host header name this machine itself? A page elsewhere whose name was made to point here
 * (DNS rebinding) has its own name in it.
 */
bool http_host_is_local(const char *host);

#endif
