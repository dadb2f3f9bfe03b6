/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How addresses and protocol numbers are written. */
#ifndef WEIR_ADDR_H
#define WEIR_ADDR_H

#include <stddef.h>
#include <stdint.h>

#define ADDR_TEXT 46 /* longest text of an address, with its NUL */

/*
 * Write the address (dotted quad for version 4, whose addresses are kept as ::ffff:a.b.c.d, else
 * RFC 5952) to text; its length comes back.
 */
size_t addr_format(const uint8_t address[16], int version, char text[ADDR_TEXT]);

/* IANA's keyword for an IP protocol number ("TCP"), or NULL for one without a well-known name. */
const char *addr_protocol_name(uint8_t protocol);

#endif
