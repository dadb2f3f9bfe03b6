/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Labels by nDPI: what protocol the packets of a flow speak, as the library sees by their bytes.
 *
 * It goes along with a flow table: packets of flows that the table has come in here, records that
 * leave it are asked for here. Needs libndpi; without it label_ndpi_new() says so.
 */
#ifndef WEIR_LABEL_NDPI_H
#define WEIR_LABEL_NDPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow.h"

struct label_ndpi;

/* 0, or -ENOTSUP with one line in error: built without the library. */
int label_ndpi_check(char *error, size_t size);

/*
 * For one capture, since the library relates flows to each other. At most max_flows at a time are
 * looked at; flows silent for idle_ns (0: none) are over. NULL with one line in error.
 */
struct label_ndpi *label_ndpi_new(uint64_t max_flows, uint64_t idle_ns, char *error, size_t size);

/* Accepts NULL. */
void label_ndpi_free(struct label_ndpi *n);

/*
 * A packet of a flow, parsed from captured bytes at frame. What is not whole is passed over. 0 or
 * -ENOMEM.
 */
int label_ndpi_add(struct label_ndpi *n, const struct flow_packet *packet, const uint8_t *frame,
                   uint32_t captured);

/*
 * The protocol of a flow in lower case, valid until the next call, or NULL: the bytes do not tell.
 * goes_on: the flow is asked for again, else it is forgotten.
 */
const char *label_ndpi_find(struct label_ndpi *n, const struct flow_key *key, bool goes_on);

/* Forget the flows that are over at now_ns, which nobody may have asked for. */
void label_ndpi_sweep(struct label_ndpi *n, uint64_t now_ns);

/* Flows it knows. */
uint64_t label_ndpi_count(const struct label_ndpi *n);

#endif
