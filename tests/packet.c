// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The builder of test packets; the table of cases is in packet_cases.c.
 *
 * One pass appends the layers, then the length fields are filled in, then a second pass applies
 * what spoils the frame. Checksums are left zero: weir does not look at them.
 */
#include "packet.h"

#include <string.h>

const uint8_t packet_address[2][2][16] = {
	{
	        { [10] = 0xff, 0xff, 10, 1, 2, 3 },
	        { [10] = 0xff, 0xff, 192, 168, 5, 6 },
	},
	{
	        { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	        { 0x20, 0x01, 0x0d, 0xb8, 0xf0, 0xf1, 0xf2, 0xf3, 0, 0, 0, 0, 0, 0, 0, 1 },
	},
};

static uint8_t *append(struct packet *p, uint32_t bytes)
{
	uint8_t *at = p->data + p->length;

	memset(at, 0, bytes);
	p->length += bytes;
	return at;
}

static void put_16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void append_16(struct packet *p, uint32_t value)
{
	put_16(append(p, 2), value);
}

/* Name the layer about to be appended in the one before. */
static void name_layer(struct packet *p, uint32_t type)
{
	if (p->next == PACKET_NEXT_PPP && type == PARSE_TYPE_IPV4)
		type = 0x21;
	if (p->next == PACKET_NEXT_PPP && type == PARSE_TYPE_IPV6)
		type = 0x57;
	if (p->next == PACKET_NEXT_PROTOCOL)
		p->data[p->next_at] = type == PARSE_TYPE_IPV4   ? 4
		                      : type == PARSE_TYPE_IPV6 ? 41
		                                                : type;
	else if (p->next != PACKET_NEXT_NONE)
		put_16(p->data + p->next_at, type);
	p->next = PACKET_NEXT_NONE;
}

static void expect_name(struct packet *p, enum packet_next next, uint32_t at)
{
	p->next = next;
	p->next_at = at;
}

static void length_field(struct packet *p, uint32_t at, uint32_t from)
{
	p->field[p->n_fields].at = at;
	p->field[p->n_fields++].from = from;
}

/* The transport offset is that of what follows the first IP header. */
static void begin_transport(struct packet *p)
{
	if (p->ip != UINT32_MAX && p->transport == UINT32_MAX)
		p->transport = p->length;
}

static void append_ethernet(struct packet *p)
{
	static const uint8_t mac[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	memcpy(append(p, 12), mac, 12);
	expect_name(p, PACKET_NEXT_ETHERTYPE, p->length);
	append(p, 2);
}

static void append_ppp(struct packet *p, uint32_t hdlc)
{
	if (hdlc)
		append_16(p, 0xff03);
	expect_name(p, PACKET_NEXT_PPP, p->length);
	append(p, 2);
}

static void append_tag(struct packet *p, uint32_t type, uint32_t tci)
{
	name_layer(p, type);
	append_16(p, tci);
	expect_name(p, PACKET_NEXT_ETHERTYPE, p->length);
	append(p, 2);
}

static void append_pppoe(struct packet *p)
{
	name_layer(p, PARSE_TYPE_PPPOE);
	length_field(p, p->length + 4, p->length + 6);
	memcpy(append(p, 4), "\x11\x00\x00\x07", 4);
	append(p, 2);
	append_ppp(p, 0);
}

static void append_label(struct packet *p, uint32_t type, uint32_t bottom)
{
	name_layer(p, type);
	append_16(p, 0x0012);
	append_16(p, 0x3040 | bottom << 8);
}

static void append_ipv4(struct packet *p, uint32_t words)
{
	uint32_t at = p->length;
	uint8_t *ip;

	name_layer(p, PARSE_TYPE_IPV4);
	begin_transport(p);
	if (p->ip == UINT32_MAX)
		p->ip = at;
	ip = append(p, 20 + words * 4);
	ip[0] = 0x45 + words;
	ip[1] = PACKET_TOS;
	put_16(ip + 4, 0x1111);
	ip[8] = PACKET_TTL;
	memcpy(ip + 12, packet_address[0][0] + 12, 4);
	memcpy(ip + 16, packet_address[0][1] + 12, 4);
	memset(ip + 20, 1, words * 4); /* no-operation */
	length_field(p, at + 2, at);
	expect_name(p, PACKET_NEXT_PROTOCOL, at + 9);
}

static void append_ipv6(struct packet *p)
{
	uint32_t at = p->length;
	uint8_t *ip;

	name_layer(p, PARSE_TYPE_IPV6);
	begin_transport(p);
	if (p->ip == UINT32_MAX)
		p->ip = at;
	ip = append(p, 40);
	put_16(ip, 0x6000 | PACKET_TOS << 4 | 0xf); /* and a flow label */
	ip[7] = PACKET_TTL;
	memcpy(ip + 8, packet_address[1][0], 16);
	memcpy(ip + 24, packet_address[1][1], 16);
	length_field(p, at + 4, at + 40);
	expect_name(p, PACKET_NEXT_PROTOCOL, at + 6);
}

static void append_extension(struct packet *p, uint32_t type, uint32_t bytes)
{
	uint32_t at = p->length;

	name_layer(p, type);
	begin_transport(p);
	append(p, bytes);
	p->data[at + 1] = type == PARSE_AH ? bytes / 4 - 2 : bytes / 8 - 1;
	if (type == PARSE_FRAGMENT)
		p->data[at + 1] = 0;
	expect_name(p, PACKET_NEXT_PROTOCOL, at);
}

static void append_tcp(struct packet *p, uint32_t flags, uint32_t words)
{
	uint8_t *tcp;

	name_layer(p, PARSE_TCP);
	begin_transport(p);
	append_16(p, PACKET_SRC_PORT);
	append_16(p, PACKET_DST_PORT);
	append_16(p, PACKET_SEQ >> 16);
	append_16(p, PACKET_SEQ & 0xffff);
	tcp = append(p, 12 + words * 4);
	tcp[4] = (5 + words) << 4;
	tcp[5] = flags;
	put_16(tcp + 6, PACKET_WINDOW);
	memset(tcp + 12, 1, words * 4);
}

/* UDP and SCTP begin alike. */
static void append_ports(struct packet *p, uint32_t protocol, uint32_t rest)
{
	name_layer(p, protocol);
	begin_transport(p);
	if (protocol == PARSE_UDP)
		length_field(p, p->length + 4, p->length);
	append_16(p, PACKET_SRC_PORT);
	append_16(p, PACKET_DST_PORT);
	append(p, rest);
}

static void append_icmp(struct packet *p, const struct packet_op *op)
{
	name_layer(p, op->c);
	begin_transport(p);
	append_16(p, op->a << 8 | op->b);
	append(p, 6);
}

static void append_payload(struct packet *p, uint32_t bytes)
{
	uint8_t *at;
	uint32_t i;

	begin_transport(p);
	at = append(p, bytes);
	for (i = 0; i < bytes; i++)
		at[i] = 0x41 + i % 53;
}

static void append_layer(struct packet *p, const struct packet_op *op)
{
	switch (op->layer) {
	case LAYER_ETHERNET:
		append_ethernet(p);
		break;
	case LAYER_COOKED:
		expect_name(p, PACKET_NEXT_ETHERTYPE, p->length + op->b);
		append(p, op->a);
		break;
	case LAYER_PPP:
		append_ppp(p, op->a);
		break;
	case LAYER_LOOPBACK:
		append(p, 4)[0] = op->a;
		break;
	case LAYER_TAG:
		append_tag(p, op->a, op->b);
		break;
	case LAYER_PPPOE:
		append_pppoe(p);
		break;
	case LAYER_MPLS:
		append_label(p, op->a, op->b);
		break;
	case LAYER_TYPE:
		name_layer(p, op->a);
		break;
	case LAYER_IPV4:
		append_ipv4(p, op->a);
		break;
	case LAYER_IPV6:
		append_ipv6(p);
		break;
	case LAYER_EXTENSION:
		append_extension(p, op->a, op->b);
		break;
	case LAYER_TCP:
		append_tcp(p, op->a, op->b);
		break;
	case LAYER_UDP:
		append_ports(p, PARSE_UDP, 4);
		break;
	case LAYER_SCTP:
		append_ports(p, PARSE_SCTP, 8);
		break;
	case LAYER_ICMP:
		append_icmp(p, op);
		break;
	case LAYER_PAYLOAD:
		append_payload(p, op->a);
		break;
	default:
		break;
	}
}

static void spoil(struct packet *p, const struct packet_op *op)
{
	uint8_t *at = p->data + op->a + (op->layer == LAYER_SET_IP ? p->ip : p->transport);

	if (op->layer == LAYER_PADDING) {
		append(p, op->a);
	} else if (op->layer == LAYER_CUT) {
		p->length = op->a;
	} else if (op->layer == LAYER_SET_IP || op->layer == LAYER_SET_TRANSPORT) {
		if (op->c == 1)
			*at = op->b;
		else
			put_16(at, op->b);
	}
}

void packet_build(struct packet *packet, const struct packet_op *op)
{
	uint32_t i, n;

	packet->length = packet->n_fields = 0;
	packet->ip = packet->transport = UINT32_MAX;
	packet->next = PACKET_NEXT_NONE;
	for (n = 0; n < PACKET_OPS && op[n].layer != LAYER_END; n++)
		append_layer(packet, &op[n]);
	for (i = 0; i < packet->n_fields; i++)
		put_16(packet->data + packet->field[i].at, packet->length - packet->field[i].from);
	for (i = 0; i < n; i++)
		spoil(packet, &op[i]);
}

int packet_has_ports(uint8_t protocol)
{
	return protocol == PARSE_TCP || protocol == PARSE_UDP || protocol == PARSE_SCTP;
}
