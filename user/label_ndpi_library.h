/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The library nDPI, opened when it is first asked for: see label_ndpi.c. */
#ifndef WEIR_LABEL_NDPI_LIBRARY_H
#define WEIR_LABEL_NDPI_LIBRARY_H

#include <stddef.h>

#ifdef HAVE_LIBNDPI
#include <ndpi_api.h>
#if NDPI_MAJOR == 4 && NDPI_MINOR == 2 /* later versions have other prototypes */
#define LABEL_NDPI_WORKS
#endif
#endif

/* What is called of it. */
#define LABEL_NDPI_CALLS(X)                                                                        \
	X(ndpi_get_api_version)                                                                    \
	X(ndpi_init_detection_module)                                                              \
	X(ndpi_set_protocol_detection_bitmask2)                                                    \
	X(ndpi_finalize_initialization)                                                            \
	X(ndpi_exit_detection_module)                                                              \
	X(ndpi_detection_get_sizeof_ndpi_flow_struct)                                              \
	X(ndpi_flow_malloc)                                                                        \
	X(ndpi_free_flow)                                                                          \
	X(ndpi_detection_process_packet)                                                           \
	X(ndpi_extra_dissection_possible)                                                          \
	X(ndpi_detection_giveup)                                                                   \
	X(ndpi_get_proto_name)

struct label_ndpi_library {
#ifdef LABEL_NDPI_WORKS
#define LABEL_NDPI_MEMBER(name) __typeof__(&(name)) name;
	LABEL_NDPI_CALLS(LABEL_NDPI_MEMBER)
#undef LABEL_NDPI_MEMBER
#endif
	void *handle;
};

/* It stays loaded. 0, or -ENOTSUP with one line in error. */
int label_ndpi_library_open(struct label_ndpi_library *library, char *error, size_t size);

#endif
