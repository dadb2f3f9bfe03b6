// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pcapgen: write a capture of an exactly known number of packets and flows; the same seed writes
 * the same bytes.
 *
 * Every flow speaks at least once; all other packets are drawn by Zipf's law. Three flows in four
 * are TCP: handshake, requests one way and mostly full segments the other, FIN both ways with the
 * last two packets, sequence numbers that hold together. The rest are UDP, half of them short
 * questions and answers, half long streams. Packets are evenly spaced in time.
 *
 * Payloads are zeros. IP checksums are right; those of TCP and UDP are 0, as where the network
 * card fills them in.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "log.h"
#include "opt.h"

#define PCAP_NANOSECONDS 0xa1b23c4d
#define PCAP_ETHERNET    1
#define SEGMENT          1460
#define STREAM           1200 /* payload of a long UDP flow's packets */
#define SECOND           1000000000ULL
#define START_S          1700000000U
#define OUT_BUFFER       (1 << 20)

struct settings {
	uint64_t packets, flows, seed, duration_ns;
	const char *zipf;
	double exponent;
};

#define AT(member) offsetof(struct settings, member)

static const struct opt rows[] = {
	{ "packets", 0, "N", OPT_NUMBER, AT(packets), 1, UINT32_MAX, NULL, "how many to write" },
	{ "flows", 0, "N", OPT_NUMBER, AT(flows), 1, 1 << 24, NULL, "of how many flows" },
	{ "zipf", 0, "S", OPT_TEXT, AT(zipf), 0, 0, NULL,
	  "the k-th flow has weight 1/k^S, 0 uniform" },
	{ "duration", 0, "TIME", OPT_DURATION, AT(duration_ns), 1, 100000 * SECOND, NULL,
	  "from the first packet to the last" },
	{ "seed", 0, "N", OPT_NUMBER, AT(seed), 0, 0, NULL, "of all chance" },
};

static const struct opt_command command = {
	.name = "pcapgen",
	.arguments = "FILE",
	.summary = "Write a capture of exactly known packets and flows ('-': stdout).",
	.options = rows,
	.n_options = sizeof(rows) / sizeof(rows[0]),
};

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link;
};

struct pcap_record {
	uint32_t seconds, nanoseconds, captured, length;
};

/* What a flow is, by its number alone, and how far it has come. */
struct flow {
	uint32_t packets, sent; /* in all, and so far */
	uint32_t seq[2];        /* next of either side; 0 is the one that asks */
};

struct facts {
	uint32_t address[2];
	uint16_t port[2];
	bool tcp, stream;
};

/* One packet of a flow. */
struct shape {
	int side; /* who sends */
	uint8_t flags;
	uint32_t payload;
};

struct frame {
	struct pcap_record record;
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
		uint8_t payload[ETH_FRAME_LEN];
	};
} __attribute__((packed));

struct generator {
	const struct settings *settings;
	struct dice dice;
	struct flow *flows;
	FILE *file;
	uint64_t bytes;
	struct frame frame;
};

static struct facts flow_facts(const struct settings *s, uint32_t number)
{
	static const uint16_t services[] = { 443, 443, 80, 22, 25, 993, 8080, 5432 };
	struct dice d = { s->seed + ((uint64_t)number << 20) };
	struct facts f = { .tcp = number % 4 != 3, .stream = number % 8 == 7 };

	f.address[0] = 0x0a000000 + number; /* 10.0.0.0/8: the flows' keys differ by this alone */
	f.address[1] = 0xc6120000 + dice_below(&d, 4096); /* 198.18.0.0/15 */
	f.port[0] = 32768 + dice_below(&d, 28000);
	f.port[1] = f.tcp ? services[dice_below(&d, 8)] : f.stream ? 443 : 53;
	return f;
}

static struct shape tcp_shape(struct generator *g, const struct flow *f)
{
	uint32_t i = f->sent, left = f->packets - f->sent;
	struct shape s = { .side = dice_below(&g->dice, 2), .flags = TH_ACK };

	if (i < 3) {
		s.side = i == 1;
		s.flags = i == 0 ? TH_SYN : i == 1 ? TH_SYN | TH_ACK : TH_ACK;
	} else if (left <= 2 && f->packets > 4) {
		s.side = left == 1;
		s.flags |= TH_FIN;
	} else if (s.side) {
		s.payload = dice_below(&g->dice, 2) ? SEGMENT : 1 + dice_below(&g->dice, SEGMENT);
		s.flags |= s.payload < SEGMENT ? TH_PUSH : 0;
	} else if (dice_below(&g->dice, 5) < 2) {
		s.payload = 1 + dice_below(&g->dice, 600);
		s.flags |= TH_PUSH;
	}
	return s;
}

static struct shape udp_shape(struct generator *g, const struct flow *f, bool stream)
{
	struct shape s = { .side = stream ? f->sent && dice_below(&g->dice, 4) : f->sent % 2 };

	if (stream)
		s.payload = s.side ? STREAM : 24 + dice_below(&g->dice, 60);
	else
		s.payload = s.side ? 60 + dice_below(&g->dice, 452) : 28 + dice_below(&g->dice, 40);
	return s;
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* Fill the transport header; its length. */
static uint32_t fill_transport(struct frame *frame, struct flow *f, const struct facts *facts,
                               const struct shape *s)
{
	if (!facts->tcp) {
		frame->udp = (struct udphdr){ .source = htons(facts->port[s->side]),
			                      .dest = htons(facts->port[!s->side]),
			                      .len = htons(sizeof(frame->udp) + s->payload) };
		return sizeof(frame->udp);
	}
	frame->tcp = (struct tcphdr){ .th_sport = htons(facts->port[s->side]),
		                      .th_dport = htons(facts->port[!s->side]),
		                      .th_seq = htonl(f->seq[s->side]),
		                      .th_ack = htonl(f->seq[!s->side]),
		                      .th_off = 5,
		                      .th_flags = s->flags,
		                      .th_win = htons(65160 >> (f->sent % 3)) };
	f->seq[s->side] += s->payload + !!(s->flags & (TH_SYN | TH_FIN));
	return sizeof(frame->tcp);
}

static bool write_packet(struct generator *g, uint32_t number, uint64_t time_ns)
{
	struct facts facts = flow_facts(g->settings, number);
	struct frame *frame = &g->frame;
	struct flow *f = &g->flows[number];
	struct shape s = facts.tcp ? tcp_shape(g, f) : udp_shape(g, f, facts.stream);
	struct iphdr ip;
	uint32_t header, length;

	memset(frame->payload, 0, sizeof(struct tcphdr));
	header = fill_transport(frame, f, &facts, &s);
	length = sizeof(struct iphdr) + header + s.payload;
	f->sent++;
	ip = (struct iphdr){ .version = 4,
		             .ihl = 5,
		             .tot_len = htons(length),
		             .id = htons(f->sent),
		             .frag_off = htons(IP_DF),
		             .ttl = s.side ? 57 : 64,
		             .protocol = facts.tcp ? IPPROTO_TCP : IPPROTO_UDP,
		             .saddr = htonl(facts.address[s.side]),
		             .daddr = htonl(facts.address[!s.side]) };
	ip.check = ip_checksum(&ip);
	frame->ip = ip;
	frame->eth.h_source[5] = 1 + s.side;
	frame->eth.h_dest[5] = 2 - s.side;
	length += sizeof(struct ethhdr);
	if (length < ETH_ZLEN) /* padded, as short frames are on the wire */
		length = ETH_ZLEN;
	frame->record = (struct pcap_record){ START_S + time_ns / SECOND, time_ns % SECOND, length,
		                              length };
	g->bytes += sizeof(frame->record) + length;
	return fwrite(frame, sizeof(frame->record) + length, 1, g->file) == 1;
}

static bool write_header(struct generator *g)
{
	struct pcap_header h = { PCAP_NANOSECONDS, 2, 4, 0, 0, 65535, PCAP_ETHERNET };

	g->bytes = sizeof(h);
	g->frame.eth = (struct ethhdr){ { 2 }, { 2 }, htons(ETH_P_IP) };
	return fwrite(&h, sizeof(h), 1, g->file) == 1;
}

/* The flow of each packet: each flow once, evenly spread, and the others by chance. */
static uint32_t *draw_flows(struct generator *g, struct dice_zipf *zipf)
{
	const struct settings *s = g->settings;
	uint32_t *plan = malloc(s->packets * sizeof(*plan)), next = 0;

	for (uint64_t i = 0; plan && i < s->packets; i++) {
		bool turn = i * s->flows / s->packets >= next && next < s->flows;

		plan[i] = turn ? next++ : dice_zipf_draw(zipf, &g->dice);
		g->flows[plan[i]].packets++;
	}
	return plan;
}

/* 0, or -1 with errno set. */
static int generate(struct generator *g)
{
	const struct settings *s = g->settings;
	struct dice_zipf zipf = { 0 };
	uint32_t *plan = NULL;
	bool good = false;

	g->flows = calloc(s->flows, sizeof(*g->flows));
	if (g->flows && !dice_zipf_init(&zipf, s->flows, s->exponent)) {
		plan = draw_flows(g, &zipf);
		dice_zipf_clear(&zipf);
	}
	good = plan && write_header(g);
	for (uint64_t i = 0; good && i < s->packets; i++)
		good = write_packet(g, plan[i],
		                    (uint64_t)((double)s->duration_ns * i / s->packets));
	if (good)
		good = !fflush(g->file);
	free(plan);
	free(g->flows);
	return good ? 0 : -1;
}

static int write_file(const struct settings *s, const char *path)
{
	struct generator g = { .settings = s, .dice = { s->seed } };
	int failed;

	g.file = strcmp(path, "-") ? fopen(path, "wbe") : stdout;
	if (!g.file) {
		log_error("pcapgen: %s: cannot write: %s", path, strerror(errno));
		return 1;
	}
	setvbuf(g.file, NULL, _IOFBF, OUT_BUFFER);
	failed = generate(&g);
	if (failed)
		log_error("pcapgen: %s: cannot write: %s", path, strerror(errno));
	if (g.file != stdout && fclose(g.file) && !failed) {
		log_error("pcapgen: %s: cannot write: %s", path, strerror(errno));
		failed = -1;
	}
	if (!failed)
		fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " flows, %" PRIu64 " bytes\n",
		        s->packets, s->flows, g.bytes);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .packets = 3000000,
		              .flows = 200000,
		              .seed = 1,
		              .duration_ns = 10 * SECOND,
		              .zipf = "1" };
	enum opt_result parsed = opt_parse(&command, &s, &argc, argv);
	char end;

	if (parsed != OPT_GO)
		return parsed == OPT_HELP ? 0 : 2;
	if (argc != 1) {
		log_error("pcapgen: name one file; try: pcapgen --help");
		return 2;
	}
	if (sscanf(s.zipf, "%lf%c", &s.exponent, &end) != 1 ||
	    !(s.exponent >= 0 && s.exponent <= 5)) {
		log_error("pcapgen: --zipf: '%s' is not a number from 0 to 5", s.zipf);
		return 2;
	}
	if (s.packets < s.flows) {
		log_error("pcapgen: --packets: fewer than --flows, each of which has one");
		return 2;
	}
	return write_file(&s, argv[0]);
}
