/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live page's server. It listens before rights are given up, and answers in one thread of its
 * own, which begins after: capabilities are a thread's own. It is given flows as an output
 * (sink_page.c).
 *
 *     http_open()    the socket is there
 *     priv_drop()    with HTTP_NEEDS among its needs
 *     http_start()   the thread is there
 *     http_close()
 */
#ifndef WEIR_HTTP_H
#define WEIR_HTTP_H

#include "http_options.h"
#include "page.h"
#include "priv.h"

#define HTTP_NEEDS (PRIV_NETWORK | PRIV_THREADS)

struct http;

/* NULL on failure with one line in error; errno is EINVAL when the options make no sense. */
struct http *http_open(const struct http_options *options, const struct page_config *page,
                       char *error, size_t size);

/* 0, or negative with one line in error. told: where the page is, and what to beware of. */
int http_start(struct http *h, char *told, size_t told_size, char *error, size_t size);

/* Accepts NULL. */
void http_close(struct http *h);

/* What it shows. */
struct page *http_page(struct http *h);

/* Now and then: drop clients that have taken too long. */
void http_sweep(struct http *h);

#endif
