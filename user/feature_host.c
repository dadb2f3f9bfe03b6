// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Host windows: an open hash table from (host, window, role) to sums and sketches.
 *
 * All that is kept merges: sums, sums of squares, and sketches of distinct peers, ports and pairs.
 * Sizes and times of flows differ by orders of magnitude, so moments are taken of their logarithms.
 */
#include "feature_host.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature_sketch.h"
#include "field.h"

#define SLOTS_MIN 1024

struct moments {
	double sum, squares;
};

struct host {
	uint8_t address[16];
	uint64_t window; /* its number */
	bool is_source;
	uint64_t flows, no_reply, syn_only, rst, tcp, udp, icmp;
	double packets_out, packets_in, bytes_out, bytes_in, payload;
	struct moments bytes, packets, time;
	struct sketch peers, ports, pairs;
};

enum wanted {
	DST_PORT,
	PROTOCOL,
	DURATION,
	FWD_PACKETS,
	REV_PACKETS,
	FWD_BYTES,
	REV_BYTES,
	FWD_PAYLOAD,
	REV_PAYLOAD,
	FWD_SYN,
	FWD_RST,
	REV_RST,
	N_WANTED,
};

struct host_windows {
	uint64_t window_ns;
	uint32_t max_hosts;
	host_windows_emit emit;
	void *arg;
	uint64_t min_flows;
	int16_t field[N_WANTED];
	struct host **slot;  /* [n_slots], a power of two; NULL: free */
	struct host **order; /* [n_slots], for flushes */
	uint32_t n_slots;
	uint32_t used;
};

static const char *const wanted_names[N_WANTED] = {
	[DST_PORT] = "dst_port",
	[PROTOCOL] = "protocol",
	[DURATION] = "duration",
	[FWD_PACKETS] = "fwd_packets",
	[REV_PACKETS] = "rev_packets",
	[FWD_BYTES] = "fwd_bytes",
	[REV_BYTES] = "rev_bytes",
	[FWD_PAYLOAD] = "fwd_payload_bytes",
	[REV_PAYLOAD] = "rev_payload_bytes",
	[FWD_SYN] = "fwd_syn",
	[FWD_RST] = "fwd_rst",
	[REV_RST] = "rev_rst",
};

size_t host_windows_fields(const int16_t **list)
{
	static int16_t field[N_WANTED]; /* the same every time it is filled */
	int i;

	for (i = 0; i < N_WANTED; i++)
		field[i] = (int16_t)feature_field(wanted_names[i]);
	*list = field;
	return N_WANTED;
}

struct host_windows *host_windows_new(uint64_t window_ns, uint32_t max_hosts,
                                      host_windows_emit emit, void *arg)
{
	struct host_windows *w = calloc(1, sizeof(*w));
	const int16_t *field;

	if (!w)
		return NULL;
	host_windows_fields(&field);
	memcpy(w->field, field, sizeof(w->field));
	w->window_ns = window_ns;
	w->max_hosts = max_hosts;
	w->emit = emit;
	w->arg = arg;
	w->n_slots = SLOTS_MIN;
	w->slot = calloc(w->n_slots, sizeof(*w->slot));
	w->order = calloc(w->n_slots, sizeof(*w->order));
	if (w->slot && w->order)
		return w;
	host_windows_free(w);
	return NULL;
}

void host_windows_free(struct host_windows *w)
{
	uint32_t i;

	if (!w)
		return;
	for (i = 0; w->slot && i < w->n_slots; i++)
		free(w->slot[i]);
	free(w->slot);
	free(w->order);
	free(w);
}

static uint32_t hash(const uint8_t address[16], uint64_t window, bool is_source)
{
	uint64_t high, low, h;

	memcpy(&high, address, 8);
	memcpy(&low, address + 8, 8);
	h = (high ^ low * 0x9e3779b97f4a7c15) + window * 0xd1b54a32d192ed03 + is_source;
	h = (h ^ h >> 32) * 0xff51afd7ed558ccd;
	return (uint32_t)(h ^ h >> 29);
}

/* The slot that holds it, or the free one that ends the search. */
static struct host **find(const struct host_windows *w, const uint8_t address[16], uint64_t window,
                          bool is_source)
{
	uint32_t i = hash(address, window, is_source);
	struct host *h;

	for (;; i++) {
		h = w->slot[i & (w->n_slots - 1)];
		if (!h || (h->window == window && h->is_source == is_source &&
		           !memcmp(h->address, address, 16)))
			return &w->slot[i & (w->n_slots - 1)];
	}
}

static void put_back(struct host_windows *w, struct host *h)
{
	*find(w, h->address, h->window, h->is_source) = h;
}

static int double_slots(struct host_windows *w)
{
	struct host **slot = calloc(2 * (size_t)w->n_slots, sizeof(*slot));
	struct host **order = realloc(w->order, 2 * (size_t)w->n_slots * sizeof(*order));
	struct host **old = w->slot;
	uint32_t n = w->n_slots, i;

	w->order = order ? order : w->order;
	if (!slot || !order) {
		free(slot);
		return -ENOMEM;
	}
	w->slot = slot;
	w->n_slots = 2 * n;
	for (i = 0; i < n; i++)
		if (old[i])
			put_back(w, old[i]);
	free(old);
	return 0;
}

static struct host *host_for(struct host_windows *w, const uint8_t address[16], uint64_t window,
                             bool is_source)
{
	struct host **slot = find(w, address, window, is_source);

	if (*slot)
		return *slot;
	if (w->used >= w->max_hosts)
		host_windows_flush(w, UINT64_MAX);
	if (2 * w->used >= w->n_slots && double_slots(w))
		return NULL;
	slot = find(w, address, window, is_source);
	*slot = calloc(1, sizeof(**slot));
	if (!*slot)
		return NULL;
	memcpy((*slot)->address, address, 16);
	(*slot)->window = window;
	(*slot)->is_source = is_source;
	w->used++;
	return *slot;
}

static void add_moment(struct moments *m, double amount)
{
	double x = amount > 0 ? log1p(amount) : 0;

	m->sum += x;
	m->squares += x * x;
}

static void add_flow(struct host *h, const uint8_t peer[16], const double v[N_WANTED])
{
	uint16_t port = v[DST_PORT];
	uint8_t pair[18];
	bool forth = h->is_source;

	memcpy(pair, peer, 16);
	memcpy(pair + 16, &port, 2);
	sketch_add(&h->peers, peer, 16);
	sketch_add(&h->ports, &port, 2);
	sketch_add(&h->pairs, pair, sizeof(pair));
	h->flows++;
	h->no_reply += v[REV_PACKETS] == 0;
	h->syn_only += v[FWD_SYN] > 0 && v[FWD_SYN] == v[FWD_PACKETS];
	h->rst += v[FWD_RST] + v[REV_RST] > 0;
	h->tcp += v[PROTOCOL] == 6;
	h->udp += v[PROTOCOL] == 17;
	h->icmp += v[PROTOCOL] == 1 || v[PROTOCOL] == 58;
	h->packets_out += v[forth ? FWD_PACKETS : REV_PACKETS];
	h->packets_in += v[forth ? REV_PACKETS : FWD_PACKETS];
	h->bytes_out += v[forth ? FWD_BYTES : REV_BYTES];
	h->bytes_in += v[forth ? REV_BYTES : FWD_BYTES];
	h->payload += v[FWD_PAYLOAD] + v[REV_PAYLOAD];
	add_moment(&h->bytes, v[FWD_BYTES] + v[REV_BYTES]);
	add_moment(&h->packets, v[FWD_PACKETS] + v[REV_PACKETS]);
	add_moment(&h->time, v[DURATION] * 1e6);
}

int host_windows_add(struct host_windows *w, const uint8_t src[16], const uint8_t dst[16],
                     uint64_t start_ns, const double *values)
{
	uint64_t window = start_ns / w->window_ns;
	double v[N_WANTED];
	struct host *h;
	int i;

	for (i = 0; i < N_WANTED; i++)
		v[i] = values[w->field[i]];
	h = host_for(w, src, window, true);
	if (!h)
		return -ENOMEM;
	add_flow(h, dst, v);
	h = host_for(w, dst, window, false);
	if (!h)
		return -ENOMEM;
	add_flow(h, src, v);
	return 0;
}

int host_windows_add_record(struct host_windows *w, const struct flow_record *r)
{
	double values[FEATURE_FIELDS];
	int i;

	for (i = 0; i < N_WANTED; i++)
		values[w->field[i]] = feature_field_value(w->field[i], r);
	return host_windows_add(w, r->key.src, r->key.dst, r->start_ns, values);
}

static double mean(const struct moments *m, double n)
{
	return m->sum / n;
}

static double deviation(const struct moments *m, double n)
{
	double variance = m->squares / n - mean(m, n) * mean(m, n);

	return variance > 0 ? sqrt(variance) : 0;
}

/* In the order of the schema's block. */
static void fill_features(double f[HOST_FEATURES], const struct host *h)
{
	double n = h->flows, pairs = sketch_count(&h->pairs);
	double packets = h->packets_out + h->packets_in;
	size_t i = 0;

	f[i++] = h->is_source;
	f[i++] = log1p(n);
	f[i++] = log1p(sketch_count(&h->peers));
	f[i++] = log1p(sketch_count(&h->ports));
	f[i++] = log1p(pairs);
	f[i++] = log1p(pairs > 0 ? n / pairs : 0);
	f[i++] = log1p(h->packets_out);
	f[i++] = log1p(h->packets_in);
	f[i++] = log1p(h->bytes_out);
	f[i++] = log1p(h->bytes_in);
	f[i++] = h->no_reply / n;
	f[i++] = h->syn_only / n;
	f[i++] = h->rst / n;
	f[i++] = h->tcp / n;
	f[i++] = h->udp / n;
	f[i++] = h->icmp / n;
	f[i++] = mean(&h->bytes, n);
	f[i++] = deviation(&h->bytes, n);
	f[i++] = mean(&h->packets, n);
	f[i++] = deviation(&h->packets, n);
	f[i++] = mean(&h->time, n);
	f[i++] = deviation(&h->time, n);
	f[i++] = log1p(packets > 0 ? h->payload / packets : 0);
}

static int compare(const void *a, const void *b)
{
	const struct host *x = *(struct host *const *)a, *y = *(struct host *const *)b;
	int order;

	if (x->window != y->window)
		return x->window < y->window ? -1 : 1;
	order = memcmp(x->address, y->address, 16);
	return order ? order : x->is_source - y->is_source;
}

static void emit_host(const struct host_windows *w, const struct host *h)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct host_window out = {
		.ip_version = memcmp(h->address, mapped, 12) ? 6 : 4,
		.is_source = h->is_source,
		.start_ns = h->window * w->window_ns,
		.flows = h->flows,
	};

	memcpy(out.host, h->address, 16);
	fill_features(out.feature, h);
	w->emit(w->arg, &out);
}

void host_windows_need(struct host_windows *w, uint64_t min_flows)
{
	w->min_flows = min_flows;
}

void host_windows_flush(struct host_windows *w, uint64_t now_ns)
{
	uint32_t n = 0, i;

	for (i = 0; i < w->n_slots; i++)
		if (w->slot[i])
			w->order[n++] = w->slot[i];
	qsort(w->order, n, sizeof(*w->order), compare);
	memset(w->slot, 0, w->n_slots * sizeof(*w->slot));
	w->used = 0;
	for (i = 0; i < n; i++) {
		if (now_ns != UINT64_MAX && (w->order[i]->window + 1) * w->window_ns > now_ns) {
			put_back(w, w->order[i]);
			w->used++;
			continue;
		}
		if (w->order[i]->flows >= w->min_flows)
			emit_host(w, w->order[i]);
		free(w->order[i]);
	}
}

void host_window_vector(const struct feature_set *set, double *out, const struct host_window *w)
{
	const struct feature *first = features;
	size_t i;

	while (first->block != FEATURE_HOST)
		first++;
	for (i = 0; i < set->n; i++)
		out[i] = w->feature[set->feature[i] - first];
}

uint32_t host_windows_count(const struct host_windows *w)
{
	return w->used;
}

uint64_t host_windows_memory(const struct host_windows *w)
{
	return (uint64_t)w->n_slots * 2 * sizeof(*w->slot) +
	       (uint64_t)w->used * sizeof(struct host);
}
