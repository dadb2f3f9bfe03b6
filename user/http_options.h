/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What users say about the live page, for `monitor` and `top`. */
#ifndef WEIR_HTTP_OPTIONS_H
#define WEIR_HTTP_OPTIONS_H

#include "opt.h"

struct http_options {
	const char *listen;     /* NULL: no page */
	const char *token_file; /* NULL: no token */
};

/* clang-format off */
#define HTTP_OPTIONS(type, m)                                                                      \
	{ "http", 0, "ADDR:PORT", OPT_TEXT, offsetof(type, m.listen), 0, 0, NULL,                  \
	  "serve a live page, as 127.0.0.1:9843 or [::1]:9843; other addresses need a token" },    \
	{ "http-token-file", 0, "FILE", OPT_TEXT, offsetof(type, m.token_file), 0, 0, NULL,        \
	  "whoever asks for the page must know what is in this file" }
/* clang-format on */

#endif
