/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of interfaces by index, remembered: a record may outlive its interface. */
#ifndef WEIR_IFNAME_H
#define WEIR_IFNAME_H

#include <stdint.h>

/* The name remembered or found for ifindex; "if42" when the system knows none. Never NULL. */
const char *ifname_of(uint32_t ifindex);

#endif
