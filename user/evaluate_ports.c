// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts in three flat tables: by protocol and port, by protocol, and over all. */
#include "evaluate_ports.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1000 /* entries that are worth a place in a model */

struct place { /* a protocol and port */
	uint32_t where;
	int32_t class;
	double weight; /* of the class there */
};

struct ports {
	struct place *place; /* sorted by where */
	size_t n;
	int32_t protocol[256];
	int32_t majority;
};

static int by_where(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	return x->class < y->class ? -1 : x->class > y->class;
}

static int by_weight(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return by_where(a, b);
}

static uint32_t where_of(uint8_t protocol, uint16_t port)
{
	return (uint32_t)protocol << 16 | port;
}

/* The heaviest class; the first of equal ones; -1: none. */
static int32_t heaviest(const double *weight, size_t n)
{
	size_t best = 0, i;

	for (i = 1; i < n; i++)
		if (weight[i] > weight[best])
			best = i;
	return n && weight[best] > 0 ? (int32_t)best : -1;
}

/* Add up rows of the same place and class, then keep the heaviest class of each place. */
static void keep_heaviest(struct ports *p)
{
	size_t i, n = 0;

	qsort(p->place, p->n, sizeof(*p->place), by_where);
	for (i = 0; i < p->n; i++)
		if (n && !by_where(&p->place[n - 1], &p->place[i]))
			p->place[n - 1].weight += p->place[i].weight;
		else
			p->place[n++] = p->place[i];
	p->n = n;
	for (i = n = 0; i < p->n; i++)
		if (!n || p->place[n - 1].where != p->place[i].where)
			p->place[n++] = p->place[i];
		else if (p->place[i].weight > p->place[n - 1].weight)
			p->place[n - 1] = p->place[i];
	p->n = n;
}

static void count(struct ports *p, const struct dataset *d, const int32_t *fold, int32_t without,
                  double *sums)
{
	const struct matrix *m = d->m;
	double *all = sums + 256 * m->n_classes;
	size_t i, k;

	for (i = 0; i < m->n_rows; i++) {
		if (m->label[i] < 0 || (fold && fold[i] == without))
			continue;
		p->place[p->n++] = (struct place){
			where_of(d->tag[i].protocol, d->tag[i].dst_port),
			m->label[i],
			m->weight[i],
		};
		sums[d->tag[i].protocol * m->n_classes + m->label[i]] += m->weight[i];
		all[m->label[i]] += m->weight[i];
	}
	for (k = 0; k < 256; k++)
		p->protocol[k] = heaviest(sums + k * m->n_classes, m->n_classes);
	p->majority = heaviest(all, m->n_classes);
	keep_heaviest(p);
}

struct ports *ports_learn(const struct dataset *d, const int32_t *fold, int32_t without)
{
	struct ports *p = calloc(1, sizeof(*p));
	double *sums = calloc(257 * d->m->n_classes + 1, sizeof(*sums));

	if (p)
		p->place = calloc(d->m->n_rows + 1, sizeof(*p->place));
	if (p && p->place && sums) {
		count(p, d, fold, without, sums);
	} else {
		ports_free(p);
		p = NULL;
	}
	free(sums);
	return p;
}

void ports_free(struct ports *p)
{
	if (p)
		free(p->place);
	free(p);
}

int32_t ports_ask(const struct ports *p, uint8_t protocol, uint16_t port)
{
	uint32_t where = where_of(protocol, port);
	size_t low = 0, high = p->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p->place[middle].where < where)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < p->n && p->place[low].where == where)
		return p->place[low].class;
	return p->protocol[protocol] >= 0 ? p->protocol[protocol] : p->majority;
}

int32_t ports_majority(const struct ports *p)
{
	return p->majority;
}

void ports_put(struct buf *b, const struct ports *p)
{
	struct place *sorted = calloc(p->n + 1, sizeof(*sorted));
	size_t i;

	buf_format(b, "%d", p->majority);
	for (i = 0; i < 256; i++)
		if (p->protocol[i] >= 0)
			buf_format(b, ";%zu=%d", i, p->protocol[i]);
	if (sorted)
		memcpy(sorted, p->place, p->n * sizeof(*sorted));
	else
		b->error = -12; /* ENOMEM */
	if (sorted)
		qsort(sorted, p->n, sizeof(*sorted), by_weight);
	for (i = 0; sorted && i < p->n && i < TEXT_MAX; i++)
		buf_format(b, ";%u/%u=%d", sorted[i].where >> 16, sorted[i].where & 0xffff,
		           sorted[i].class);
	free(sorted);
}

/* "6/443=9" or "6=9"; what is malformed is passed over, as a baseline is all it spoils. */
static void parse_entry(struct ports *p, const char *text, size_t n_classes)
{
	unsigned long protocol, port = 0, class;
	char *end;

	protocol = strtoul(text, &end, 10);
	if (*end == '/')
		port = strtoul(end + 1, &end, 10) | 0x10000;
	if (*end != '=')
		return;
	class = strtoul(end + 1, &end, 10);
	if (protocol > 255 || (port & ~0x10000UL) > 65535 || class >= n_classes)
		return;
	if (!port)
		p->protocol[protocol] = class;
	else if (p->n < TEXT_MAX)
		p->place[p->n++] = (struct place){ where_of(protocol, port & 0xffff), class, 1 };
}

struct ports *ports_parse(const char *text, size_t n_classes)
{
	struct ports *p = calloc(1, sizeof(*p));
	size_t i;
	long majority;

	if (p)
		p->place = calloc(TEXT_MAX, sizeof(*p->place));
	if (!p || !p->place) {
		ports_free(p);
		return NULL;
	}
	for (i = 0; i < 256; i++)
		p->protocol[i] = -1;
	majority = strtol(text, NULL, 10);
	p->majority = majority >= 0 && (size_t)majority < n_classes ? (int32_t)majority : -1;
	for (text = strchr(text, ';'); text; text = strchr(text, ';'))
		parse_entry(p, ++text, n_classes);
	keep_heaviest(p);
	return p;
}
