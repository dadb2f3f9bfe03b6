/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The baseline that every classifier of flows has to beat: the class that training saw most at a
 * protocol and responder's port, else at the protocol, else at all.
 */
#ifndef WEIR_EVALUATE_PORTS_H
#define WEIR_EVALUATE_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "dataset.h"

struct ports;

/* From the rows of d with a class and fold[row] != without (fold NULL: all). NULL: no memory. */
struct ports *ports_learn(const struct dataset *d, const int32_t *fold, int32_t without);

/* Accepts NULL. */
void ports_free(struct ports *p);

/* The class; -1 if nothing was learned. */
int32_t ports_ask(const struct ports *p, uint8_t protocol, uint16_t port);

/* The class seen most of all; -1: none. */
int32_t ports_majority(const struct ports *p);

/* As text for a model's metadata ("5;6/443=9;17=7"), at most 1,000 entries, and back. */
void ports_put(struct buf *b, const struct ports *p);
struct ports *ports_parse(const char *text, size_t n_classes);

#endif
