// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/flow.h against a reference that computes each field from the whole list of packets, in the
 * plainest way there is; and merging against adding.
 *
 * Packets are drawn at random from a fixed seed. The merge must give, byte for byte, what adding
 * gives wherever one partial ends before the other begins. retransmits and out_of_order alone may
 * differ, by no more than the segments that begin at or below the end of the earlier partial.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow.h"
#include "side.h"

#define MAX_PACKETS 64
#define ROUNDS      400

struct trace {
	struct flow_packet packet[MAX_PACKETS];
	uint32_t n;
};

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(random_state >> 33) % below;
}

/* Gaps of every size, from none to over 2^32 ticks. */
static uint64_t draw_gap(void)
{
	uint64_t one = 1;

	switch (draw(8)) {
	case 0:
		return 0;
	case 1:
		return draw(1024);
	case 2:
		return (one << (42 + draw(3))) + draw(100000);
	default:
		return (one << draw(36)) + draw(1000);
	}
}

enum draw_order { IN_ORDER, ANY_ORDER };

static void draw_trace(struct trace *t, uint32_t n, enum draw_order order)
{
	uint32_t seq = draw(2) ? 0xffffff00U : draw(1 << 30), i;
	uint64_t now = 1 + draw(1 << 30);

	t->n = n;
	for (i = 0; i < n; i++) {
		struct flow_packet *k = &t->packet[i];

		memset(k, 0, sizeof(*k));
		now += draw_gap();
		k->time_ns = now;
		k->key.protocol = 6;
		k->segments = 1;
		k->link_length = 14;
		k->headers = 54;
		k->payload = draw(3) ? draw(1461) : 0;
		k->ip_length = 40 + k->payload;
		k->length = 54 + k->payload;
		k->tcp_flags = draw(4) ? FLOW_ACK : draw(256) & ~(FLOW_SYN | FLOW_FIN);
		k->tcp_window = draw(65536);
		k->ttl = 30 + draw(100);
		k->tos = draw(256);
		k->icmp = draw(65536);
		if (k->payload && draw(4)) /* else it was not at hand */
			k->head = (struct flow_head){ 8, draw(9), draw(9), draw(9) };
		if (draw(12) == 0)
			k->fragment = FLOW_LATER_FRAGMENT;
		k->tcp_seq = seq;
		if (order == ANY_ORDER && draw(4) == 0)
			k->tcp_seq += draw(2) ? draw(3000) : -draw(3000);
		else if (!k->fragment)
			seq += k->payload;
	}
}

static uint32_t bin_of(uint64_t value, const uint64_t *bounds)
{
	uint32_t i;

	for (i = 0; i < 7 && value > bounds[i]; i++)
		;
	return i;
}

static const uint64_t payload_bounds[7] = { 0, 32, 64, 128, 256, 512, 1024 };
static const uint64_t iat_bounds[7] = { 15, 127, 1023, 8191, 65535, 524287, 4194303 };

#define KEEP_MIN(a, b) ((a) = (b) < (a) ? (b) : (a))
#define KEEP_MAX(a, b) ((a) = (b) > (a) ? (b) : (a))

static uint64_t square(uint64_t value)
{
	return value * value;
}

static void reference_gaps(struct flow_side *r, const struct flow_packet *k, uint32_t n)
{
	unsigned __int128 sum = 0;
	uint64_t last = k[0].time_ns;
	uint32_t i;

	r->iat_min = 0xffffffff;
	for (i = 1; i < n; i++) {
		uint64_t now = k[i].time_ns < last ? last : k[i].time_ns;
		uint64_t ticks = now / 1024 - last / 1024;

		KEEP_MIN(ticks, 0xffffffffULL);
		KEEP_MIN(r->iat_min, ticks);
		KEEP_MAX(r->iat_max, ticks);
		r->iat_hist[bin_of(ticks, iat_bounds)]++;
		sum += (unsigned __int128)ticks * ticks;
		last = now;
	}
	r->first_ns = k[0].time_ns;
	r->last_ns = last;
	r->iat_sq = (uint64_t)sum;
	r->iat_sq_high = (uint32_t)(sum >> 64);
}

/* Sequence numbers without their wrap: relative to the end so far. */
static void reference_sequence(struct flow_side *r, const struct flow_packet *k, uint32_t n)
{
	int64_t next = 0, begin, end;
	int known = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint32_t span = k[i].payload + !!(k[i].tcp_flags & FLOW_SYN) +
		                !!(k[i].tcp_flags & FLOW_FIN);

		if (k[i].fragment || !span)
			continue;
		begin = known ? next + (int32_t)(k[i].tcp_seq - (uint32_t)next) : k[i].tcp_seq;
		end = begin + span;
		if (!known)
			r->seq_first = k[i].tcp_seq;
		r->retransmits += known && begin < next;
		r->out_of_order += known && begin > next;
		next = known && next > end ? next : end;
		known = 1;
	}
	r->seq_next = (uint32_t)next;
	if (known)
		r->marks |= FLOW_SEQ_VALID;
}

static void reference_tcp(struct flow_side *r, const struct flow_packet *k, uint32_t n)
{
	uint32_t i, bit;

	for (i = 0; i < n; i++) {
		if (k[i].fragment == FLOW_LATER_FRAGMENT)
			continue;
		for (bit = 0; bit < 8; bit++)
			r->tcp_flag[bit] += k[i].tcp_flags >> bit & 1;
		r->tcp_flags |= k[i].tcp_flags;
		if ((k[i].tcp_flags & (FLOW_SYN | FLOW_ACK)) == FLOW_SYN)
			r->marks |= FLOW_SYN_ONLY;
		if ((k[i].tcp_flags & (FLOW_SYN | FLOW_ACK)) == (FLOW_SYN | FLOW_ACK))
			r->marks |= FLOW_SYN_ACK;
		if (!r->window_set)
			r->window_first = r->window_min = r->window_max = k[i].tcp_window;
		r->window_set = 1;
		KEEP_MIN(r->window_min, k[i].tcp_window);
		KEEP_MAX(r->window_max, k[i].tcp_window);
	}
	reference_sequence(r, k, n);
}

static void reference(struct flow_side *r, const struct flow_packet *k, uint32_t n)
{
	uint32_t i;

	memset(r, 0, sizeof(*r));
	r->packets = n;
	r->length_min = r->payload_min = 0xffff;
	r->ttl_min = 0xff;
	r->tos_first = k[0].tos;
	r->icmp_first = k[0].icmp;
	for (i = 0; i < n; i++) {
		uint32_t length = k[i].length, payload = k[i].payload;

		r->bytes += length;
		r->ip_bytes += k[i].ip_length;
		if (!r->payload_bytes && payload)
			r->head = k[i].head;
		r->payload_bytes += payload;
		r->length_sq += square(length);
		r->payload_sq += square(payload);
		r->payload_hist[bin_of(payload, payload_bounds)]++;
		KEEP_MIN(length, 65535U);
		KEEP_MIN(payload, 65535U);
		KEEP_MIN(r->length_min, length);
		KEEP_MAX(r->length_max, length);
		KEEP_MIN(r->payload_min, payload);
		KEEP_MAX(r->payload_max, payload);
		KEEP_MIN(r->ttl_min, k[i].ttl);
		KEEP_MAX(r->ttl_max, k[i].ttl);
		if (r->n_first < 8)
			r->first_payload[r->n_first++] = payload;
		r->marks |= 0x10 << (k[i].tos & 3);
		r->fragments += k[i].fragment != FLOW_WHOLE;
	}
	reference_gaps(r, k, n);
	if (k[0].key.protocol == 6)
		reference_tcp(r, k, n);
}

static void add_all(struct flow_partial *p, const struct flow_packet *k, uint32_t n)
{
	uint32_t i;

	flow_start(p, &k[0]);
	for (i = 1; i < n; i++)
		flow_add(p, &k[i]);
}

static struct flow_side read_of(const struct flow_partial *p)
{
	struct flow_side side;

	memset(&side, 0, sizeof(side)); /* padding too, as it is compared */
	side_read(&side, p);
	return side;
}

/* Equal in every byte; the first field that differs is named. */
static void assert_reads(const struct flow_partial *partial, const struct flow_side *must)
{
	struct flow_side side = read_of(partial), *is = &side;

#define SAME(field) assert_int_equal(is->field, must->field)
	SAME(packets);
	SAME(bytes);
	SAME(ip_bytes);
	SAME(payload_bytes);
	SAME(first_ns);
	SAME(last_ns);
	SAME(iat_min);
	SAME(iat_max);
	SAME(iat_sq);
	SAME(iat_sq_high);
	SAME(iat_adjust);
	SAME(length_min);
	SAME(length_max);
	SAME(payload_min);
	SAME(payload_max);
	SAME(ttl_min);
	SAME(ttl_max);
	SAME(tcp_flags);
	SAME(marks);
	SAME(length_sq);
	SAME(payload_sq);
	SAME(seq_first);
	SAME(seq_next);
	SAME(retransmits);
	SAME(out_of_order);
	SAME(window_first);
	SAME(window_min);
	SAME(window_max);
	SAME(tos_first);
	SAME(icmp_first);
	SAME(n_first);
	SAME(fragments);
#undef SAME
	assert_memory_equal(is, must, sizeof(*is));
}

/* Of a partial both ways are one, to the byte: what is kept high is there only where it must be. */
static void assert_same(const struct flow_partial *is, const struct flow_partial *must)
{
	static const struct flow_high none;
	struct flow_side side = read_of(must);

	assert_int_equal(is->has_high, !!memcmp(&is->high, &none, sizeof(none)));
	assert_reads(is, &side);
	assert_memory_equal(is, must, sizeof(*is));
}

static void adding_agrees_with_the_plain_computation(void **state)
{
	struct flow_partial is;
	struct flow_side must;
	struct trace t;
	uint32_t round, i;

	for (round = 0; round < ROUNDS; round++) {
		draw_trace(&t, 1 + draw(MAX_PACKETS), ANY_ORDER);
		if (round % 3 == 0) /* a clock that steps back now and then */
			for (i = 1; i < t.n; i += 1 + draw(9))
				t.packet[i].time_ns -= draw(1 << 20);
		if (round % 5 == 0)
			for (i = 0; i < t.n; i++)
				t.packet[i].key.protocol = 17;
		add_all(&is, t.packet, t.n);
		reference(&must, t.packet, t.n);
		assert_reads(&is, &must);
	}
}

/* How many of the later packets begin at or below the end that the earlier ones reached. */
static uint32_t below_the_end(const struct flow_partial *early, const struct flow_packet *k,
                              uint32_t n)
{
	uint32_t i, below = 0;

	for (i = 0; i < n && early->marks & FLOW_SEQ_VALID; i++)
		below += !k[i].fragment && (int32_t)(k[i].tcp_seq - early->seq_next) <= 0;
	return below;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static void cutting_anywhere_and_merging_equals_adding(void **state)
{
	struct flow_partial all, a, b;
	struct trace t;
	uint32_t round, cut, below;

	for (round = 0; round < ROUNDS; round++) {
		draw_trace(&t, 2 + draw(MAX_PACKETS - 1), round & 1 ? ANY_ORDER : IN_ORDER);
		add_all(&all, t.packet, t.n);
		for (cut = 1; cut < t.n; cut++) {
			add_all(&a, t.packet, cut);
			add_all(&b, t.packet + cut, t.n - cut);
			below = below_the_end(&a, t.packet + cut, t.n - cut);
			flow_merge(&a, &b);
			if (round & 1) {
				assert_true(apart(a.retransmits, all.retransmits) <= below);
				assert_true(apart(a.out_of_order, all.out_of_order) <= below);
				a.retransmits = all.retransmits;
				a.out_of_order = all.out_of_order;
			}
			assert_same(&a, &all);
		}
	}
}

/* Cut into parts of random length; how many there are. */
static uint32_t cut_apart(struct flow_partial *part, uint32_t max, const struct trace *t)
{
	uint32_t n = 0, from = 0, length;

	while (from < t->n && n < max) {
		length = n == max - 1 ? t->n - from : 1 + draw(t->n - from);
		add_all(&part[n++], t->packet + from, length);
		from += length;
	}
	return n;
}

static void merging_many_parts_equals_adding_in_any_grouping(void **state)
{
	struct flow_partial all, part[6], left, right;
	struct trace t;
	uint32_t round, n, i;

	for (round = 0; round < ROUNDS * 4; round++) {
		draw_trace(&t, 1 + draw(MAX_PACKETS), IN_ORDER);
		add_all(&all, t.packet, t.n);
		n = cut_apart(part, 6, &t);
		left = part[0];
		for (i = 1; i < n; i++)
			flow_merge(&left, &part[i]);
		right = part[n - 1];
		for (i = n - 1; i-- > 0;) {
			struct flow_partial early = part[i];

			flow_merge(&early, &right);
			right = early;
		}
		assert_same(&left, &all);
		assert_same(&right, &all);
	}
}

static void merging_does_not_ask_who_comes_first(void **state)
{
	struct flow_partial a, b, ab, ba;
	struct trace t, u;
	uint32_t round, cut;

	for (round = 0; round < ROUNDS * 4; round++) {
		draw_trace(&t, 2 + draw(MAX_PACKETS - 1), ANY_ORDER);
		cut = 1 + draw(t.n - 1);
		add_all(&a, t.packet, cut);
		add_all(&b, t.packet + cut, t.n - cut);
		if (round & 1) { /* overlapping: of another trace, from within the first */
			draw_trace(&u, 1 + draw(MAX_PACKETS), ANY_ORDER);
			u.packet[0].time_ns = t.packet[0].time_ns + draw(1000);
			add_all(&b, u.packet, u.n);
		}
		if (a.first_ns == b.first_ns && a.last_ns == b.last_ns)
			continue; /* nothing tells which is the earlier */
		ab = a;
		flow_merge(&ab, &b);
		ba = b;
		flow_merge(&ba, &a);
		assert_same(&ba, &ab);
	}
}

static void packets_of_one_moment_keep_their_order(void **state)
{
	struct flow_partial all, a, b;
	struct trace t;

	draw_trace(&t, 4, IN_ORDER);
	t.packet[1].time_ns = t.packet[2].time_ns = t.packet[0].time_ns;
	t.packet[3].time_ns = t.packet[0].time_ns + 5000;
	add_all(&all, t.packet, 4);
	add_all(&a, t.packet, 2);
	add_all(&b, t.packet + 2, 2);
	flow_merge(&b, &a);
	assert_same(&b, &all);
}

static uint64_t gaps_in(const struct flow_partial *p)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < FLOW_BINS; i++)
		n += flow_bin(p->iat_hist, p->high.iat_hist, i);
	return n;
}

static int64_t gap_sum(const struct flow_partial *p)
{
	return (int64_t)(p->last_ns / 1024 - p->first_ns / 1024) + p->iat_adjust;
}

/* Deal the packets to CPUs and merge what they counted. */
static void merge_dealt(struct flow_partial *sum, const struct trace *t, uint32_t cpus)
{
	struct flow_partial part[4];
	uint32_t i, cpu, early;
	uint64_t gaps;
	int64_t ticks;
	int begun[4] = { 0 };

	for (i = 0; i < t->n; i++) {
		cpu = i < cpus ? i : draw(cpus);
		if (begun[cpu]++)
			flow_add(&part[cpu], &t->packet[i]);
		else
			flow_start(&part[cpu], &t->packet[i]);
	}
	*sum = part[0];
	for (cpu = 1; cpu < cpus; cpu++) {
		gaps = gaps_in(sum) + gaps_in(&part[cpu]);
		ticks = gap_sum(sum) + gap_sum(&part[cpu]);
		early = sum->last_ns <= part[cpu].first_ns;
		if (early)
			ticks += part[cpu].first_ns / 1024 - sum->last_ns / 1024;
		flow_merge(sum, &part[cpu]);
		assert_int_equal(gaps_in(sum), gaps + early);
		assert_int_equal(gap_sum(sum), ticks);
	}
}

static void overlapping_parts_merge_to_exact_sums(void **state)
{
	struct flow_partial all, sum;
	struct trace t;
	uint32_t round, cpus, i;

	for (round = 0; round < ROUNDS * 2; round++) {
		cpus = 2 + draw(3);
		draw_trace(&t, cpus + draw(MAX_PACKETS - cpus + 1), ANY_ORDER);
		for (i = 0; i < t.n; i++)
			t.packet[i].time_ns += i; /* no two at once: who is first is plain */
		add_all(&all, t.packet, t.n);
		merge_dealt(&sum, &t, cpus);
		assert_true(gaps_in(&sum) >= t.n - cpus);
		/* What overlapping parts cannot know is the order. All else must be exact. */
		memcpy(sum.iat_hist, all.iat_hist, sizeof(all.iat_hist));
		memcpy(sum.high.iat_hist, all.high.iat_hist, sizeof(all.high.iat_hist));
		memcpy(sum.first_payload, all.first_payload, sizeof(all.first_payload));
		sum.head = all.head;
		sum.iat_min = all.iat_min;
		sum.iat_max = all.iat_max;
		sum.iat_sq = all.iat_sq;
		sum.high.iat_sq = all.high.iat_sq;
		sum.has_high = all.has_high;
		sum.iat_adjust = all.iat_adjust;
		sum.retransmits = all.retransmits;
		sum.out_of_order = all.out_of_order;
		sum.seq_first = all.seq_first;
		sum.window_first = all.window_first;
		assert_same(&sum, &all);
	}
}

static void a_super_packet_counts_as_its_segments(void **state)
{
	struct flow_partial is, must;
	struct flow_packet one[MAX_PACKETS], super;
	struct trace t;
	uint32_t round, i, n, size, last;

	for (round = 0; round < ROUNDS; round++) {
		n = 2 + draw(45);
		size = 1 + draw(1460);
		last = 1 + draw(size);
		draw_trace(&t, 2, IN_ORDER);
		super = t.packet[1];
		super.fragment = 0;
		super.tcp_flags = draw(256) & ~(FLOW_SYN | FLOW_RST); /* none has these */
		super.segments = n;
		super.segment_payload = size;
		super.payload = (n - 1) * size + last;
		super.ip_length = n * 40 + super.payload;
		super.length = n * 54 + super.payload;
		for (i = 0; i < n; i++) {
			one[i] = super;
			one[i].segments = 1;
			one[i].segment_payload = 0;
			one[i].payload = i == n - 1 ? last : size;
			one[i].ip_length = 40 + one[i].payload;
			one[i].length = 54 + one[i].payload;
			one[i].tcp_seq += i * size;
			one[i].tcp_flags &= (i == 0 ? 0xff : ~FLOW_CWR) &
			                    (i == n - 1 ? 0xff : ~(FLOW_FIN | FLOW_PSH));
		}
		if (round & 1) { /* as the first of its flow, or a later one */
			flow_start(&is, &super);
			add_all(&must, one, n);
		} else {
			flow_start(&is, &t.packet[0]);
			flow_add(&is, &super);
			flow_start(&must, &t.packet[0]);
			for (i = 0; i < n; i++)
				flow_add(&must, &one[i]);
		}
		assert_true(is.marks & FLOW_COALESCED);
		is.marks &= ~FLOW_COALESCED;
		assert_same(&is, &must);
	}
}

static void payload_sizes_fall_into_their_bins(void **state)
{
	static const struct {
		uint64_t payload;
		uint32_t bin;
	} rows[] = {
		{ 0, 0 },     { 1, 1 },     { 32, 1 },     { 33, 2 },         { 64, 2 },
		{ 65, 3 },    { 128, 3 },   { 129, 4 },    { 256, 4 },        { 257, 5 },
		{ 512, 5 },   { 513, 6 },   { 1024, 6 },   { 1025, 7 },       { 1460, 7 },
		{ 65535, 7 }, { 65536, 7 }, { 524288, 7 }, { 0xffffffff, 7 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(flow_payload_bin(rows[i].payload), rows[i].bin);
}

static void gaps_fall_into_their_bins(void **state)
{
	static const struct {
		uint64_t ticks;
		uint32_t bin;
	} rows[] = {
		{ 0, 0 },       { 1, 0 },          { 15, 0 },     { 16, 1 },     { 127, 1 },
		{ 128, 2 },     { 1023, 2 },       { 1024, 3 },   { 8191, 3 },   { 8192, 4 },
		{ 65535, 4 },   { 65536, 5 },      { 524287, 5 }, { 524288, 6 }, { 4194303, 6 },
		{ 4194304, 7 }, { 0xffffffff, 7 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(flow_iat_bin(rows[i].ticks), rows[i].bin);
}

static const struct flow_packet plain = {
	.key = { .protocol = 17 },
	.length = 60,
	.ip_length = 46,
	.payload = 18,
	.segments = 1,
	.headers = 42,
	.link_length = 14,
	.ttl = 64,
};

/* A partial with two packets this far apart. */
static void two_apart(struct flow_partial *p, uint64_t first_ns, uint64_t second_ns)
{
	struct flow_packet k = plain;

	k.time_ns = first_ns;
	flow_start(p, &k);
	k.time_ns = second_ns;
	flow_add(p, &k);
}

static void a_gap_beyond_2_to_the_32_ticks_counts_as_the_longest(void **state)
{
	struct flow_partial p;

	two_apart(&p, 0, 0xffffffffULL * 1024);
	assert_int_equal(p.iat_max, 0xffffffff);
	assert_int_equal(p.iat_sq, square(0xffffffff));
	two_apart(&p, 0, 0x100000000ULL * 1024);
	assert_int_equal(p.iat_min, 0xffffffff);
	assert_int_equal(p.iat_max, 0xffffffff);
	assert_int_equal(p.iat_sq, square(0xffffffff));
	assert_int_equal(p.iat_hist[7], 1);
	two_apart(&p, 0, UINT64_MAX);
	assert_int_equal(p.iat_max, 0xffffffff);
	assert_int_equal(p.iat_sq, square(0xffffffff));
	assert_int_equal(p.high.iat_sq, 0);
}

static void squared_gaps_carry_beyond_64_bits(void **state)
{
	const uint64_t step = 0x100000000ULL * 1024;
	unsigned __int128 sum = (unsigned __int128)square(0xffffffff) * 5;
	struct flow_partial p, q;
	struct flow_packet k = plain;
	int i;

	two_apart(&p, 0, step);
	k.time_ns = 2 * step;
	flow_add(&p, &k);
	two_apart(&q, 3 * step, 4 * step);
	k.time_ns = 5 * step;
	flow_add(&q, &k);
	flow_merge(&p, &q); /* 2 + 2 gaps, and the one between */
	assert_int_equal(p.iat_sq, (uint64_t)sum);
	assert_int_equal(p.high.iat_sq, (uint64_t)(sum >> 64));
	for (i = 0; i < 40; i++)
		flow_merge(&p, &q); /* overlapping: two gaps more each time */
	sum += (unsigned __int128)square(0xffffffff) * 80;
	assert_int_equal(p.iat_sq, (uint64_t)sum);
	assert_int_equal(p.high.iat_sq, (uint64_t)(sum >> 64));
}

static void gaps_come_from_times_so_that_their_sum_does_not_drift(void **state)
{
	struct flow_packet k = plain;
	struct flow_partial p;
	uint32_t i;

	flow_start(&p, &k);
	for (i = 1; i <= 1000; i++) {
		k.time_ns = i * 1000; /* less than a tick each */
		flow_add(&p, &k);
	}
	assert_int_equal(gap_sum(&p), 1000000 / 1024);
	assert_int_equal(p.iat_sq, 976);
	assert_int_equal(p.iat_min, 0);
	assert_int_equal(p.iat_max, 1);
	assert_int_equal(read_of(&p).iat_hist[0], 1000);
}

static void a_clock_that_goes_back_stands_still(void **state)
{
	struct flow_packet k = plain;
	struct flow_partial p;

	two_apart(&p, 1000000, 2000000);
	k.time_ns = 500000;
	flow_add(&p, &k);
	assert_int_equal(p.first_ns, 1000000);
	assert_int_equal(p.last_ns, 2000000);
	assert_int_equal(p.iat_min, 0);
	k.time_ns = 2000000 + 100 * 1024;
	flow_add(&p, &k);
	assert_int_equal(p.last_ns, 2000000 + 100 * 1024);
	assert_int_equal(p.iat_hist[0], 1);
	assert_int_equal(p.iat_hist[1], 1);
	assert_int_equal(p.iat_hist[2], 1);
}

static void the_first_eight_payload_sizes_are_kept(void **state)
{
	static const uint16_t must[8] = { 0, 100, 200, 300, 400, 500, 600, 65535 };
	struct flow_packet k = plain;
	struct flow_partial p, early, late;
	uint32_t i;

	for (i = 0; i < 12; i++) {
		k.time_ns = i;
		k.payload = i == 7 ? 70000 : i * 100;
		if (i == 0)
			flow_start(&p, &k);
		else
			flow_add(&p, &k);
		if (i == 0)
			flow_start(&early, &k);
		else if (i < 3)
			flow_add(&early, &k);
		if (i == 3)
			flow_start(&late, &k);
		else if (i > 3)
			flow_add(&late, &k);
	}
	assert_int_equal(p.n_first, 8);
	assert_memory_equal(p.first_payload, must, sizeof(must));
	assert_int_equal(early.n_first, 3);
	flow_merge(&late, &early);
	assert_int_equal(late.n_first, 8);
	assert_memory_equal(late.first_payload, must, sizeof(must));
}

static void the_head_is_that_of_the_first_packet_with_payload(void **state)
{
	static const struct {
		uint32_t payload[3];
		uint8_t is; /* of the packets 0..2, whose heads have 1..3 bytes of text */
	} rows[] = {
		{ { 5, 5, 5 }, 1 }, { { 0, 5, 5 }, 2 }, { { 0, 0, 5 }, 3 },
		{ { 5, 0, 0 }, 1 }, { { 0, 5, 0 }, 2 }, { { 0, 0, 0 }, 0 },
	};
	struct flow_packet k[3];
	struct flow_partial all, early, late;
	size_t i, n, cut;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (n = 0; n < 3; n++) {
			k[n] = plain;
			k[n].time_ns = n;
			k[n].payload = rows[i].payload[n];
			k[n].head = (struct flow_head){ 0 };
			if (k[n].payload)
				k[n].head = (struct flow_head){ .bytes = 5, .text = n + 1 };
		}
		add_all(&all, k, 3);
		assert_int_equal(all.head.text, rows[i].is);
		assert_int_equal(all.head.bytes, rows[i].is ? 5 : 0);
		for (cut = 1; cut < 3; cut++) {
			add_all(&early, k, cut);
			add_all(&late, k + cut, 3 - cut);
			flow_merge(&late, &early);
			assert_memory_equal(&late.head, &all.head, sizeof(all.head));
		}
	}
}

static void a_head_that_was_not_at_hand_is_not_that_of_a_later_packet(void **state)
{
	struct flow_packet k = plain;
	struct flow_partial p;

	k.payload = 100;
	k.head = (struct flow_head){ 0 };
	flow_start(&p, &k);
	k.head = (struct flow_head){ .bytes = 8, .text = 8 };
	flow_add(&p, &k);
	assert_int_equal(p.head.bytes, 0);
	assert_int_equal(p.head.text, 0);
}

static void lengths_beyond_65535_are_that_in_the_extremes_only(void **state)
{
	struct flow_packet k = plain;
	struct flow_partial p;

	k.length = 100014;
	k.ip_length = 100000;
	k.payload = 99972;
	flow_start(&p, &k);
	assert_int_equal(p.length_min, 65535);
	assert_int_equal(p.length_max, 65535);
	assert_int_equal(p.payload_min, 65535);
	assert_int_equal(p.payload_max, 65535);
	assert_int_equal(read_of(&p).bytes, 100014);
	assert_int_equal(read_of(&p).length_sq, square(100014));
	assert_int_equal(read_of(&p).payload_sq, square(99972));
}

/* Every sum and bin, far past the part of it that lies with the others: added, and merged. */
static void sums_and_bins_go_on_where_their_low_part_ends(void **state)
{
	const uint64_t n = 70000;
	struct flow_packet k = plain;
	struct flow_partial p, q;
	struct flow_side side;

	k.key.protocol = 6;
	k.length = 65014;
	k.ip_length = 65000;
	k.payload = 64972;
	k.tcp_flags = FLOW_ACK | FLOW_CWR | FLOW_FIN;
	flow_start(&p, &k);
	for (uint64_t i = 1; i < n; i++)
		flow_add(&p, &k);
	for (uint64_t times = 1; times <= 3; times++) {
		side_read(&side, &p);
		assert_int_equal(side.packets, times * n);
		assert_int_equal(side.bytes, times * n * 65014);
		assert_int_equal(side.ip_bytes, times * n * 65000);
		assert_int_equal(side.payload_bytes, times * n * 64972);
		assert_int_equal(side.length_sq, times * n * square(65014));
		assert_int_equal(side.payload_sq, times * n * square(64972));
		assert_int_equal(side.payload_hist[7], times * n);
		assert_int_equal(side.iat_hist[0], times * n - 1); /* all at one time */
		for (int bit = 0; bit < 8; bit++)
			assert_int_equal(side.tcp_flag[bit],
			                 k.tcp_flags >> bit & 1 ? times * n : 0);
		assert_int_equal(flow_bytes(&p), side.bytes);
		assert_int_equal(flow_packets(&p), side.packets);
		if (times == 1)
			q = p;
		flow_merge(&p, &q);
	}
}

static void syn_and_fin_each_take_a_sequence_number(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t payload, next;
	} rows[] = {
		{ FLOW_SYN, 0, 1 },
		{ FLOW_SYN | FLOW_ACK, 5, 6 },
		{ FLOW_FIN | FLOW_ACK, 0, 1 },
		{ FLOW_FIN | FLOW_ACK, 100, 101 },
		{ FLOW_SYN | FLOW_FIN, 0, 2 },
		{ FLOW_SYN | FLOW_FIN, 10, 12 },
		{ FLOW_RST, 3, 3 },
		{ FLOW_ACK, 1, 1 },
	};
	struct flow_packet k = plain;
	struct flow_partial p;
	size_t i;

	k.key.protocol = 6;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		k.tcp_seq = 0xfffffffe;
		k.tcp_flags = rows[i].flags;
		k.payload = rows[i].payload;
		flow_start(&p, &k);
		assert_int_equal(p.marks & FLOW_SEQ_VALID, FLOW_SEQ_VALID);
		assert_int_equal(p.seq_first, 0xfffffffe);
		assert_int_equal(p.seq_next, (uint32_t)(0xfffffffe + rows[i].next));
	}
	k.tcp_flags = FLOW_ACK;
	k.payload = 0;
	flow_start(&p, &k);
	assert_int_equal(p.marks & FLOW_SEQ_VALID, 0);
}

static void retransmits_and_losses_are_told_by_sequence_number(void **state)
{
	static const struct {
		uint32_t seq, payload, retransmits, out_of_order;
	} rows[] = {
		{ 0xffffff00, 0x80, 0, 0 }, /* the first */
		{ 0xffffff80, 0x80, 0, 0 }, /* in order, up to the wrap */
		{ 0x00000000, 0x10, 0, 0 }, /* and behind it */
		{ 0xffffff80, 0x80, 1, 0 }, /* sent again */
		{ 0x00000010, 0x10, 1, 0 }, /* on */
		{ 0x00000030, 0x10, 1, 1 }, /* 0x20..0x2f is missing */
		{ 0x00000020, 0x10, 2, 1 }, /* there it is, late */
		{ 0x00000040, 0x00, 2, 1 }, /* a bare ACK says nothing */
		{ 0x00000000, 0x00, 2, 1 }, { 0x00000040, 0x01, 2, 1 },
	};
	struct flow_packet k = plain;
	struct flow_partial p;
	size_t i;

	k.key.protocol = 6;
	k.tcp_flags = FLOW_ACK;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		k.tcp_seq = rows[i].seq;
		k.payload = rows[i].payload;
		if (i)
			flow_add(&p, &k);
		else
			flow_start(&p, &k);
		assert_int_equal(p.retransmits, rows[i].retransmits);
		assert_int_equal(p.out_of_order, rows[i].out_of_order);
	}
	assert_int_equal(p.seq_next, 0x41);
}

static void every_cause_has_a_name_of_its_own(void **state)
{
	static const char *const names[] = {
#define CAUSE_NAME(id, name, meaning) [id] = (name),
		FLOW_CAUSES(CAUSE_NAME)
#undef CAUSE_NAME
	};
	size_t i, j;

	assert_int_equal(sizeof(names) / sizeof(names[0]), FLOW_N_CAUSES);
	for (i = 0; i < FLOW_N_CAUSES; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
}

static int reseed(void **state)
{
	random_state = 20240229;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(adding_agrees_with_the_plain_computation, reseed),
		cmocka_unit_test_setup(cutting_anywhere_and_merging_equals_adding, reseed),
		cmocka_unit_test_setup(merging_many_parts_equals_adding_in_any_grouping, reseed),
		cmocka_unit_test_setup(merging_does_not_ask_who_comes_first, reseed),
		cmocka_unit_test_setup(packets_of_one_moment_keep_their_order, reseed),
		cmocka_unit_test_setup(overlapping_parts_merge_to_exact_sums, reseed),
		cmocka_unit_test_setup(a_super_packet_counts_as_its_segments, reseed),
		cmocka_unit_test(payload_sizes_fall_into_their_bins),
		cmocka_unit_test(gaps_fall_into_their_bins),
		cmocka_unit_test(a_gap_beyond_2_to_the_32_ticks_counts_as_the_longest),
		cmocka_unit_test(squared_gaps_carry_beyond_64_bits),
		cmocka_unit_test(gaps_come_from_times_so_that_their_sum_does_not_drift),
		cmocka_unit_test(a_clock_that_goes_back_stands_still),
		cmocka_unit_test(the_first_eight_payload_sizes_are_kept),
		cmocka_unit_test(the_head_is_that_of_the_first_packet_with_payload),
		cmocka_unit_test(a_head_that_was_not_at_hand_is_not_that_of_a_later_packet),
		cmocka_unit_test(lengths_beyond_65535_are_that_in_the_extremes_only),
		cmocka_unit_test(sums_and_bins_go_on_where_their_low_part_ends),
		cmocka_unit_test(syn_and_fin_each_take_a_sequence_number),
		cmocka_unit_test(retransmits_and_losses_are_told_by_sequence_number),
		cmocka_unit_test(every_cause_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
