/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rights that watching an interface takes. */
#ifndef WEIR_PRIV_H
#define WEIR_PRIV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Has this process what loading and attaching needs: CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or
 * CAP_SYS_ADMIN in place of the first two? What is missing goes to text: "CAP_BPF, CAP_PERFMON".
 */
bool priv_can_attach(char *missing, size_t size);

#endif
