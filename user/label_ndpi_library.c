// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * nDPI is not linked but opened, since only the training of models wants it, and it would cost
 * whoever collects flows 1.4 MB of memory and the container 3.4 MB (with libgcrypt).
 */
#include "label_ndpi_library.h"

#include <errno.h>
#include <stdio.h>

#ifdef LABEL_NDPI_WORKS

#include <dlfcn.h>

#define NAME "libndpi.so.4.2"

static int refuse(char *error, size_t size, const char *why)
{
	snprintf(error, size, "--label ndpi: cannot open libndpi 4.2: %s; install libndpi-dev",
	         why);
	return -ENOTSUP;
}

static int find_calls(struct label_ndpi_library *l)
{
#define FIND(name)                                                                                 \
	l->name = (__typeof__(l->name))dlsym(l->handle, #name);                                    \
	if (!l->name)                                                                              \
		return -ENOTSUP;
	LABEL_NDPI_CALLS(FIND)
#undef FIND
	return 0;
}

int label_ndpi_library_open(struct label_ndpi_library *l, char *error, size_t size)
{
	const char *why;

	l->handle = dlopen(NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!l->handle || find_calls(l)) {
		why = dlerror();
		return refuse(error, size, why ? why : "it lacks a function");
	}
	if (l->ndpi_get_api_version() != NDPI_API_VERSION)
		return refuse(error, size, "what is installed is another version");
	return 0;
}

#else

int label_ndpi_library_open(struct label_ndpi_library *l, char *error, size_t size)
{
	snprintf(error, size,
	         "--label ndpi: this weir was built without libndpi 4.2; install libndpi-dev and "
	         "build it again");
	return -ENOTSUP;
}

#endif
