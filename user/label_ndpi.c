// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Labels by nDPI.
 *
 * Each flow has a state of the library until the protocol is known and no packet could tell more
 * of it, or PAYLOADS_MAX packets with payload or PACKETS_MAX packets were seen; then the
 * state (about 1 kB and what hangs on it) is given back and only a number stays. The label is the
 * protocol the application speaks: "tls" of what ndpiReader calls TLS.Google. What the library
 * guesses by port or address, or remembers of other flows, is no label.
 *
 * The library is given packets that are whole as their IP header says, of at most 65,535 bytes,
 * in memory of just that size, and no fragment. How well it is armed against what is in them is
 * its own matter.
 *
 * Not done: a TCP connection that was reported by the active timeout, closed in silence and then
 * opened anew with the same ports within the idle timeout keeps the label it had.
 */
#include "label_ndpi.h"

#include <errno.h>
#include <stdio.h>

#include "label_ndpi_library.h"

int label_ndpi_check(char *error, size_t size)
{
	struct label_ndpi_library library;

	return label_ndpi_library_open(&library, error, size);
}

#ifndef LABEL_NDPI_WORKS

struct label_ndpi *label_ndpi_new(uint64_t max_flows, uint64_t idle_ns, char *error, size_t size)
{
	label_ndpi_check(error, size);
	return NULL;
}

void label_ndpi_free(struct label_ndpi *n)
{
}

int label_ndpi_add(struct label_ndpi *n, const struct flow_packet *packet, const uint8_t *frame,
                   uint32_t captured)
{
	return 0;
}

const char *label_ndpi_find(struct label_ndpi *n, const struct flow_key *key, bool goes_on)
{
	return NULL;
}

void label_ndpi_sweep(struct label_ndpi *n, uint64_t now_ns)
{
}

uint64_t label_ndpi_count(const struct label_ndpi *n)
{
	return 0;
}

#else

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "key.h"

#define PAYLOADS_MAX 32
#define PACKETS_MAX  80 /* ndpiReader's limit for TCP */
#define CHAINS_MIN   1024
#define NAME_SIZE    64
#define MS           1000000

/* What is known of a flow. */
struct looked_at {
	struct flow_key key; /* canonical */
	struct looked_at *next;
	struct ndpi_flow_struct *state; /* NULL: has been decided */
	uint64_t last_ns;
	uint16_t protocol; /* NDPI_PROTOCOL_UNKNOWN: the bytes do not tell */
	uint8_t packets, payloads;
};

struct label_ndpi {
	struct label_ndpi_library call;
	struct ndpi_detection_module_struct *library;
	struct looked_at **chain; /* [n_chains], a power of two */
	uint64_t n_chains, count, max_flows, idle_ns, seed;
	char name[NAME_SIZE];
	uint8_t packet[UINT16_MAX];
};

/* All protocols, preferences as they come. */
static int start_library(struct label_ndpi *n, char *error, size_t size)
{
	NDPI_PROTOCOL_BITMASK all;

	if (label_ndpi_library_open(&n->call, error, size))
		return -ENOTSUP;
	n->library = n->call.ndpi_init_detection_module(ndpi_no_prefs);
	if (!n->library) {
		snprintf(error, size, "--label ndpi: no memory for the library");
		return -ENOMEM;
	}
	NDPI_BITMASK_SET_ALL(all);
	n->call.ndpi_set_protocol_detection_bitmask2(n->library, &all);
	n->call.ndpi_finalize_initialization(n->library);
	return 0;
}

struct label_ndpi *label_ndpi_new(uint64_t max_flows, uint64_t idle_ns, char *error, size_t size)
{
	struct label_ndpi *n = calloc(1, sizeof(*n));

	if (n)
		n->chain = calloc(CHAINS_MIN, sizeof(struct looked_at *));
	if (!n || !n->chain) {
		snprintf(error, size, "--label ndpi: no memory");
		label_ndpi_free(n);
		return NULL;
	}
	n->max_flows = max_flows;
	n->idle_ns = idle_ns;
	n->n_chains = CHAINS_MIN;
	if (getrandom(&n->seed, sizeof(n->seed), GRND_NONBLOCK) != sizeof(n->seed))
		n->seed = (uintptr_t)n;
	if (!start_library(n, error, size))
		return n;
	label_ndpi_free(n);
	return NULL;
}

static void free_flow(const struct label_ndpi *n, struct looked_at *f)
{
	if (f->state)
		n->call.ndpi_free_flow(f->state);
	free(f);
}

void label_ndpi_free(struct label_ndpi *n)
{
	struct looked_at *f, *next;
	uint64_t i;

	if (!n)
		return;
	for (i = 0; n->chain && i < n->n_chains; i++)
		for (f = n->chain[i]; f; f = next) {
			next = f->next;
			free_flow(n, f);
		}
	free(n->chain);
	if (n->library)
		n->call.ndpi_exit_detection_module(n->library);
	free(n);
}

/* Where the pointer to a flow is, or would be. */
static struct looked_at **place_of(const struct label_ndpi *n, const struct flow_key *key)
{
	struct looked_at **f = &n->chain[key_hash(key, n->seed) & (n->n_chains - 1)];

	while (*f && !key_is(&(*f)->key, key))
		f = &(*f)->next;
	return f;
}

static void forget(struct label_ndpi *n, struct looked_at **place)
{
	struct looked_at *f = *place;

	*place = f->next;
	n->count--;
	free_flow(n, f);
}

/* Twice as many chains; if there is no memory for them they grow longer instead. */
static void widen(struct label_ndpi *n)
{
	uint64_t n_old = n->n_chains, i;
	struct looked_at **old = n->chain, *f, *next, **place;

	n->chain = calloc(2 * n_old, sizeof(struct looked_at *));
	if (!n->chain) {
		n->chain = old;
		return;
	}
	n->n_chains = 2 * n_old;
	for (i = 0; i < n_old; i++)
		for (f = old[i]; f; f = next) {
			next = f->next;
			place = &n->chain[key_hash(&f->key, n->seed) & (n->n_chains - 1)];
			f->next = *place;
			*place = f;
		}
	free(old);
}

static struct looked_at *begin_flow(struct label_ndpi *n, const struct flow_key *key)
{
	struct looked_at *f = calloc(1, sizeof(*f)), **place;
	uint32_t size = n->call.ndpi_detection_get_sizeof_ndpi_flow_struct();

	if (f)
		f->state = n->call.ndpi_flow_malloc(size);
	if (!f || !f->state) {
		free(f);
		return NULL;
	}
	memset(f->state, 0, size);
	if (n->count >= n->n_chains)
		widen(n);
	f->key = *key;
	f->protocol = NDPI_PROTOCOL_UNKNOWN;
	place = place_of(n, key);
	*place = f;
	n->count++;
	return f;
}

static bool is_over(const struct label_ndpi *n, const struct looked_at *f, uint64_t now_ns)
{
	return n->idle_ns && now_ns > f->last_ns && now_ns - f->last_ns > n->idle_ns;
}

static bool is_undecided(const struct looked_at *f)
{
	return f->state->detected_protocol_stack[0] == NDPI_PROTOCOL_UNKNOWN;
}

/* What is known by now is kept, and the state given back. */
static void decide(struct label_ndpi *n, struct looked_at *f)
{
	uint16_t app = f->state->detected_protocol_stack[0];
	uint16_t master = f->state->detected_protocol_stack[1];
	ndpi_protocol last;
	uint8_t guessed;

	if (is_undecided(f)) {
		last = n->call.ndpi_detection_giveup(n->library, f->state, 0, &guessed);
		app = last.app_protocol;
		master = last.master_protocol;
	}
	if (f->state->confidence == NDPI_CONFIDENCE_DPI)
		f->protocol = master != NDPI_PROTOCOL_UNKNOWN ? master : app;
	n->call.ndpi_free_flow(f->state);
	f->state = NULL;
}

static void look_into(struct label_ndpi *n, struct looked_at *f, const struct flow_packet *packet,
                      const uint8_t *ip)
{
	ndpi_protocol found;

	memcpy(n->packet, ip, packet->ip_length);
	found = n->call.ndpi_detection_process_packet(n->library, f->state, n->packet,
	                                              packet->ip_length, packet->time_ns / MS);
	f->packets++;
	f->payloads += packet->payload > 0;
	if (f->packets >= PACKETS_MAX || f->payloads >= PAYLOADS_MAX ||
	    (found.app_protocol != NDPI_PROTOCOL_UNKNOWN &&
	     !n->call.ndpi_extra_dissection_possible(n->library, f->state)))
		decide(n, f);
}

int label_ndpi_add(struct label_ndpi *n, const struct flow_packet *packet, const uint8_t *frame,
                   uint32_t captured)
{
	struct flow_key key = packet->key;
	struct looked_at **place, *f;

	key_make_canonical(&key);
	place = place_of(n, &key);
	if (*place && is_over(n, *place, packet->time_ns))
		forget(n, place);
	f = *place_of(n, &key);
	if (!f && n->count >= n->max_flows)
		return 0; /* stays without a label, which the data set counts */
	if (!f && !(f = begin_flow(n, &key)))
		return -ENOMEM;
	if (packet->time_ns > f->last_ns)
		f->last_ns = packet->time_ns;
	if (f->state && packet->fragment == FLOW_WHOLE && !packet->is_clipped &&
	    packet->ip_length <= UINT16_MAX && packet->link_length <= captured &&
	    packet->ip_length <= captured - packet->link_length)
		look_into(n, f, packet, frame + packet->link_length);
	return 0;
}

const char *label_ndpi_find(struct label_ndpi *n, const struct flow_key *key, bool goes_on)
{
	struct flow_key canonical = *key;
	struct looked_at **place;
	uint16_t protocol;
	char *c;

	key_make_canonical(&canonical);
	place = place_of(n, &canonical);
	if (!*place)
		return NULL;
	if ((*place)->state && !(goes_on && is_undecided(*place)))
		decide(n, *place);
	protocol = (*place)->protocol;
	if (!goes_on)
		forget(n, place);
	if (protocol == NDPI_PROTOCOL_UNKNOWN)
		return NULL;
	snprintf(n->name, sizeof(n->name), "%s", n->call.ndpi_get_proto_name(n->library, protocol));
	for (c = n->name; *c; c++)
		*c = tolower((unsigned char)*c);
	return n->name;
}

void label_ndpi_sweep(struct label_ndpi *n, uint64_t now_ns)
{
	struct looked_at **place;
	uint64_t i;

	for (i = 0; i < n->n_chains; i++)
		for (place = &n->chain[i]; *place;)
			if (is_over(n, *place, now_ns))
				forget(n, place);
			else
				place = &(*place)->next;
}

uint64_t label_ndpi_count(const struct label_ndpi *n)
{
	return n->count;
}

#endif
