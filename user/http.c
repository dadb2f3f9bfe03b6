// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libmicrohttpd around http_answer.c. One thread serves all clients without waiting for any: an
 * answer is made whole in memory, and goes out as the client takes it. What a client can cost is
 * bounded: bytes of a request, connections in all and of one address, idle time, and the time from
 * one finished request to the next, beyond which its socket is shut. The thread is a little less
 * urgent than the loop's.
 */
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBMICROHTTPD

#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_answer.h"

#define CLIENTS       64
#define CLIENTS_OF_IP 32
#define REQUEST_BYTES 16384
#define IDLE_S        10
#define REQUEST_S     30 /* from one finished request to the next */
#define NICE          5
#define SECOND        1000000000ULL

/* A connection. */
struct client {
	struct client *next, **at;
	int fd;
	uint64_t since_ns; /* it came, or its last request was finished */
};

struct http {
	struct page *page;
	struct http_address address;
	struct http_answerer answerer;
	char cookie[32]; /* its name: cookies do not tell ports apart */
	int fd;          /* it listens; -1: the library has it */
	struct MHD_Daemon *daemon;
	bool is_nice;
	pthread_mutex_t lock; /* of clients: */
	struct client *clients;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static unsigned int port_of(const struct http_address *a)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&a->socket;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->socket;

	return ntohs(in->sin_family == AF_INET ? in->sin_port : in6->sin6_port);
}

static int read_token(struct http_token *t, const char *path, char *error, size_t size)
{
	char text[HTTP_TOKEN_MAX + 3], why[160];
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file) {
		snprintf(error, size, "--http-token-file %s: cannot read: %s", path,
		         strerror(errno));
		return -EIO;
	}
	n = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (!http_token_set(t, text, n, why, sizeof(why)))
		return 0;
	snprintf(error, size, "--http-token-file %s: cannot take the token: %s", path, why);
	return -EINVAL;
}

static int open_socket(struct http *h, const char *name, char *error, size_t size)
{
	struct sockaddr *address = (struct sockaddr *)&h->address.socket;
	const int yes = 1;

	h->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd >= 0 && !setsockopt(h->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
	    !bind(h->fd, address, h->address.length) && !listen(h->fd, CLIENTS) &&
	    !getsockname(h->fd, address, &h->address.length))
		return 0;
	snprintf(error, size, "--http %s: cannot listen: %s%s", name, strerror(errno),
	         errno == EADDRINUSE ? "; take another port" : "");
	return -EIO;
}

static int set_up(struct http *h, const struct http_options *o, char *error, size_t size)
{
	int failed = http_address_parse(&h->address, o->listen, error, size);

	if (failed)
		return failed;
	if (!h->address.is_loopback && !o->token_file) {
		snprintf(error, size,
		         "--http %s: others can reach this address: add --http-token-file FILE, "
		         "or listen on 127.0.0.1",
		         o->listen);
		return -EINVAL;
	}
	if (o->token_file)
		failed = read_token(&h->answerer.token, o->token_file, error, size);
	return failed ? failed : open_socket(h, o->listen, error, size);
}

struct http *http_open(const struct http_options *options, const struct page_config *page,
                       char *error, size_t size)
{
	struct http *h = calloc(1, sizeof(*h));
	int failed;

	if (h) {
		h->fd = -1;
		pthread_mutex_init(&h->lock, NULL);
		h->answerer.page = h->page = page_new(page);
	}
	if (!h || !h->page) {
		snprintf(error, size, "--http: no memory");
		http_close(h);
		errno = ENOMEM;
		return NULL;
	}
	failed = set_up(h, options, error, size);
	if (!failed)
		return h;
	http_close(h);
	errno = -failed;
	return NULL;
}

/* Called with the lock held. */
static void shut_slow(struct http *h)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	struct client *c;

	for (c = h->clients; c; c = c->next)
		if (now_ns - c->since_ns > REQUEST_S * SECOND)
			shutdown(c->fd, SHUT_RDWR);
}

void http_sweep(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	shut_slow(h);
	pthread_mutex_unlock(&h->lock);
}

static void add_client(struct http *h, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *c = calloc(1, sizeof(*c));

	*context = c;
	if (!c)
		return;
	c->fd = info->connect_fd;
	c->since_ns = clock_ns(CLOCK_MONOTONIC);
	c->next = h->clients;
	c->at = &h->clients;
	if (c->next)
		c->next->at = &c->next;
	h->clients = c;
}

static void remove_client(struct client *c)
{
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	free(c);
}

/* The library closes the socket after this, so that nobody else's is ever shut. */
static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
	struct http *h = arg;

	if (!h->is_nice) {
		h->is_nice = true;
		setpriority(PRIO_PROCESS, gettid(), NICE);
	}
	pthread_mutex_lock(&h->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		add_client(h, connection, context);
	else if (*context)
		remove_client(*context);
	shut_slow(h);
	pthread_mutex_unlock(&h->lock);
}

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
	struct http *h = arg;
	struct client *c = client_of(connection);

	if (!c)
		return;
	pthread_mutex_lock(&h->lock);
	c->since_ns = clock_ns(CLOCK_MONOTONIC);
	pthread_mutex_unlock(&h->lock);
}

struct walk {
	int (*call)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result take_parameter(void *arg, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
	struct walk *w = arg;

	return w->call(w->arg, name, value) ? MHD_NO : MHD_YES;
}

static void walk_parameters(const struct http_request *q,
                            int (*call)(void *arg, const char *name, const char *value), void *arg)
{
	struct walk w = { call, arg };

	MHD_get_connection_values(q->arg, MHD_GET_ARGUMENT_KIND, take_parameter, &w);
}

static void add_headers(const struct http *h, struct MHD_Response *out,
                        const struct http_response *r)
{
	char cookie[HTTP_TOKEN_MAX + 80];
	int i;

	for (i = 0; http_headers[i][0]; i++)
		MHD_add_response_header(out, http_headers[i][0], http_headers[i][1]);
	MHD_add_response_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(out, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (r->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(out, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (!r->sets_cookie)
		return;
	snprintf(cookie, sizeof(cookie), "%s=%s; HttpOnly; SameSite=Strict; Path=/", h->cookie,
	         h->answerer.token.text);
	MHD_add_response_header(out, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

static enum MHD_Result send_response(const struct http *h, struct MHD_Connection *connection,
                                     struct http_response *r)
{
	struct MHD_Response *out;
	enum MHD_Result result;

	if (r->fixed) /* it is not written to */
		out = MHD_create_response_from_buffer(r->fixed_length, (void *)(uintptr_t)r->fixed,
		                                      MHD_RESPMEM_PERSISTENT);
	else
		out = MHD_create_response_from_buffer(r->text.length, r->text.data,
		                                      MHD_RESPMEM_MUST_FREE);
	if (!out) {
		buf_clear(&r->text);
		return MHD_NO;
	}
	add_headers(h, out, r);
	result = MHD_queue_response(connection, r->status, out);
	MHD_destroy_response(out);
	return result;
}

/*
 * A request is told of twice, first when only its headers are there. One that is refused is
 * answered then, so that no body is ever waited for.
 */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **context)
{
	static int seen;
	struct http *h = arg;
	const struct http_request q = {
		.method = method,
		.path = path,
		.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
		.authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
		                                             "Authorization"),
		.cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, h->cookie),
		.token = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token"),
		.parameters = walk_parameters,
		.arg = connection,
	};
	struct http_response r;
	bool reads = !strcmp(method, "GET") || !strcmp(method, "HEAD");

	if (!*context && reads) {
		*context = &seen;
		return MHD_YES;
	}
	if (*data_size)
		return MHD_NO; /* a body where none belongs */
	http_answer(&h->answerer, &q, &r, clock_ns(CLOCK_REALTIME));
	return send_response(h, connection, &r);
}

static void tell(const struct http *h, char *told, size_t size)
{
	const void *in =
	        h->address.socket.ss_family == AF_INET
	                ? (const void *)&((const struct sockaddr_in *)&h->address.socket)->sin_addr
	                : &((const struct sockaddr_in6 *)&h->address.socket)->sin6_addr;
	char host[INET6_ADDRSTRLEN];
	bool is_ipv6 = h->address.socket.ss_family == AF_INET6;

	inet_ntop(h->address.socket.ss_family, in, host, sizeof(host));
	snprintf(told, size, "live page: http://%s%s%s:%u/%s%s", is_ipv6 ? "[" : "", host,
	         is_ipv6 ? "]" : "", port_of(&h->address),
	         h->answerer.token.length ? "?token=..." : "",
	         h->address.is_loopback
	                 ? ""
	                 : "; weir has no TLS of its own, so who listens on the way reads the "
	                   "token: put a proxy with TLS or a tunnel before it");
}

int http_start(struct http *h, char *told, size_t told_size, char *error, size_t size)
{
	snprintf(h->cookie, sizeof(h->cookie), "weir-%u", port_of(&h->address));
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, h,
	                             MHD_OPTION_LISTEN_SOCKET, h->fd, MHD_OPTION_CONNECTION_LIMIT,
	                             CLIENTS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, CLIENTS_OF_IP,
	                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
	                             MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	                             MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
	                             MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_END);
	if (!h->daemon) {
		snprintf(error, size, "--http: cannot start the server: %s",
		         errno ? strerror(errno) : "libmicrohttpd refused");
		return -EIO;
	}
	h->fd = -1;
	tell(h, told, told_size);
	return 0;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->fd >= 0)
		close(h->fd);
	page_reader_clear(&h->answerer.reader);
	page_free(h->page);
	pthread_mutex_destroy(&h->lock);
	explicit_bzero(&h->answerer.token, sizeof(h->answerer.token));
	free(h);
}

struct page *http_page(struct http *h)
{
	return h->page;
}

#else

struct http *http_open(const struct http_options *options, const struct page_config *page,
                       char *error, size_t size)
{
	snprintf(error, size,
	         "--http: this weir was built without libmicrohttpd; install libmicrohttpd-dev "
	         "and build it again");
	errno = ENOSYS;
	return NULL;
}

int http_start(struct http *h, char *told, size_t told_size, char *error, size_t size)
{
	return -ENOSYS;
}

void http_close(struct http *h)
{
}

struct page *http_page(struct http *h)
{
	return NULL;
}

void http_sweep(struct http *h)
{
}

#endif
