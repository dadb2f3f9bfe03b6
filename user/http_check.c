// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Addresses are numbers, so that nobody has to be asked what they mean. A token may travel in a
 * header, a query and a cookie, so it has only letters that are themselves in all of them.
 */
#include "http_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_TEXT 64

static bool parse_port(const char *text, unsigned int *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end || end - text > 5 || n > UINT16_MAX)
		return false;
	*port = n;
	return true;
}

static bool set_ipv4(struct http_address *a, const char *host, unsigned int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->socket;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	a->length = sizeof(*in);
	if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
		return false;
	a->is_loopback = ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return true;
}

static bool set_ipv6(struct http_address *a, const char *host, unsigned int port)
{
	struct sockaddr_in6 *in = (struct sockaddr_in6 *)&a->socket;

	in->sin6_family = AF_INET6;
	in->sin6_port = htons(port);
	a->length = sizeof(*in);
	if (inet_pton(AF_INET6, host, &in->sin6_addr) != 1)
		return false;
	a->is_loopback = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
	return true;
}

/* "HOST" and "PORT" of "HOST:PORT" or "[HOST]:PORT"; is_ipv6 tells the brackets. */
static bool split_address(const char *text, char host[HOST_TEXT], const char **port, bool *is_ipv6)
{
	const char *end;
	size_t n;

	*is_ipv6 = *text == '[';
	text += *is_ipv6;
	end = strchr(text, *is_ipv6 ? ']' : ':');
	n = end ? (size_t)(end - text) : HOST_TEXT;
	if (n >= HOST_TEXT || (*is_ipv6 && end[1] != ':'))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = end + 1 + *is_ipv6;
	return true;
}

int http_address_parse(struct http_address *a, const char *text, char *error, size_t size)
{
	struct http_address new = { 0 };
	char host[HOST_TEXT];
	const char *rest;
	unsigned int port;
	bool is_ipv6;

	if (!split_address(text, host, &rest, &is_ipv6) || !parse_port(rest, &port) ||
	    !(is_ipv6 ? set_ipv6(&new, host, port) : set_ipv4(&new, host, port))) {
		snprintf(error, size,
		         "--http %.80s: no address and port; as 127.0.0.1:9843 or [::1]:9843",
		         text);
		return -EINVAL;
	}
	*a = new;
	return 0;
}

int http_token_set(struct http_token *t, const char *text, size_t length, char *error, size_t size)
{
	static const char marks[] = "-._~+/=";
	size_t i;

	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr(marks, text[i])))
			break;
	if (i < length || length < HTTP_TOKEN_MIN || length > HTTP_TOKEN_MAX) {
		snprintf(error, size,
		         "it wants one line of %d to %d letters, digits and %s; as from "
		         "'openssl rand -hex 32'",
		         HTTP_TOKEN_MIN, HTTP_TOKEN_MAX, marks);
		return -EINVAL;
	}
	memset(t, 0, sizeof(*t));
	memcpy(t->text, text, length);
	t->length = length;
	return 0;
}

bool http_token_is(const struct http_token *t, const char *text)
{
	char given[HTTP_TOKEN_MAX + 1] = { 0 };
	size_t length = text ? strnlen(text, HTTP_TOKEN_MAX + 1) : 0, i;
	volatile unsigned char differs = 0;

	memcpy(given, text ? text : "", length > HTTP_TOKEN_MAX ? HTTP_TOKEN_MAX : length);
	for (i = 0; i < sizeof(given); i++)
		differs |= given[i] ^ t->text[i];
	return !(differs | (length != t->length)) && t->length;
}

const char *http_bearer(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer ", 7))
		return NULL;
	return authorization + 7 + strspn(authorization + 7, " ");
}

bool http_host_is_local(const char *host)
{
	struct http_address a;
	char text[HOST_TEXT], error[160];
	const char *port;
	size_t n;
	unsigned int number;

	if (!host)
		return false;
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (n > strlen(host) || n + 3 > sizeof(text))
		return false;
	port = host[n] == ':' ? host + n + 1 : "0";
	if ((host[n] && host[n] != ':') || !parse_port(port, &number))
		return false;
	if (n == 9 && !strncasecmp(host, "localhost", n))
		return true;
	snprintf(text, sizeof(text), "%.*s:0", (int)n, host);
	return !http_address_parse(&a, text, error, sizeof(error)) && a.is_loopback;
}
