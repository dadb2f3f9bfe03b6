// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The link types of capture files (tcpdump.org/linktypes.html): which of them the parser reads, and
 * what the commoner others are called, for the message that refuses them.
 */
#include "capture_format.h"

struct link_type {
	uint16_t number; /* LINKTYPE_ */
	int8_t link;     /* enum parse_link, or -1 */
	const char *name;
};

static const struct link_type link_types[] = {
	{ 0, PARSE_NULL, "BSD loopback" },
	{ 1, PARSE_ETHERNET, "Ethernet" },
	{ 9, PARSE_PPP, "PPP" },
	{ 12, PARSE_IP, "raw IP" },
	{ 14, PARSE_IP, "raw IP" },
	{ 50, PARSE_PPP, "PPP in HDLC" },
	{ 101, PARSE_IP, "raw IP" },
	{ 108, PARSE_NULL, "OpenBSD loopback" },
	{ 113, PARSE_SLL, "Linux cooked" },
	{ 228, PARSE_IP, "raw IPv4" },
	{ 229, PARSE_IP, "raw IPv6" },
	{ 276, PARSE_SLL2, "Linux cooked v2" },
	{ 6, -1, "Token Ring" },
	{ 7, -1, "ARCNET" },
	{ 8, -1, "SLIP" },
	{ 10, -1, "FDDI" },
	{ 51, -1, "PPPoE without Ethernet" },
	{ 100, -1, "ATM RFC 1483" },
	{ 104, -1, "Cisco HDLC" },
	{ 105, -1, "IEEE 802.11" },
	{ 107, -1, "Frame Relay" },
	{ 109, -1, "OpenBSD IPsec" },
	{ 117, -1, "OpenBSD pflog" },
	{ 119, -1, "IEEE 802.11 with Prism header" },
	{ 122, -1, "IP over Fibre Channel" },
	{ 127, -1, "IEEE 802.11 with radiotap header" },
	{ 138, -1, "IP over FireWire" },
	{ 140, -1, "MTP2" },
	{ 141, -1, "MTP3" },
	{ 143, -1, "DOCSIS" },
	{ 144, -1, "Linux IrDA" },
	{ 147, -1, "user-defined 0" },
	{ 163, -1, "IEEE 802.11 with AVS header" },
	{ 166, -1, "PPP with direction, of pppd" },
	{ 177, -1, "Linux LAPD" },
	{ 187, -1, "Bluetooth HCI H4" },
	{ 189, -1, "Linux USB" },
	{ 192, -1, "Per-Packet Information" },
	{ 195, -1, "IEEE 802.15.4 with FCS" },
	{ 197, -1, "Endace ERF" },
	{ 201, -1, "Bluetooth HCI H4 with direction" },
	{ 204, -1, "PPP with direction" },
	{ 220, -1, "Linux USB, padded" },
	{ 224, -1, "Fibre Channel FC-2" },
	{ 227, -1, "Linux SocketCAN" },
	{ 230, -1, "IEEE 802.15.4" },
	{ 231, -1, "D-Bus" },
	{ 239, -1, "Linux nflog" },
	{ 240, -1, "Hilscher netANALYZER" },
	{ 247, -1, "InfiniBand" },
	{ 249, -1, "USBPcap" },
	{ 251, -1, "Bluetooth Low Energy" },
	{ 252, -1, "Wireshark upper PDU" },
	{ 253, -1, "Linux netlink" },
	{ 256, -1, "Bluetooth Low Energy with header" },
	{ 272, -1, "nRF Sniffer" },
	{ 274, -1, "Ethernet mPackets" },
};

static const struct link_type *find_link(uint32_t number)
{
	size_t i;

	for (i = 0; i < sizeof(link_types) / sizeof(*link_types); i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

int capture_link(uint32_t number)
{
	const struct link_type *known = find_link(number);

	return known ? known->link : -1;
}

enum capture_status capture_fail_link(struct capture *c, const char *where, uint32_t number)
{
	const struct link_type *known = find_link(number);

	return capture_fail(c,
	                    "%slink type %u (%s) is not supported; weir reads Ethernet, raw IP, "
	                    "Linux cooked (SLL, SLL2), PPP and BSD loopback",
	                    where, number, known ? known->name : "unknown to weir");
}
