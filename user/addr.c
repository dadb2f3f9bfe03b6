// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Addresses and protocol names as text. IPv4 by hand, because it is written twice a record; IPv6
 * by inet_ntop(), which follows RFC 5952. Names are IANA's keywords for what is met in practice.
 */
#include "addr.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const protocol_names[256] = {
	[0] = "HOPOPT",     [1] = "ICMP",   [2] = "IGMP",   [4] = "IPv4",     [6] = "TCP",
	[8] = "EGP",        [9] = "IGP",    [17] = "UDP",   [27] = "RDP",     [33] = "DCCP",
	[41] = "IPv6",      [46] = "RSVP",  [47] = "GRE",   [50] = "ESP",     [51] = "AH",
	[58] = "ICMPv6",    [59] = "NoNxt", [88] = "EIGRP", [89] = "OSPF",    [94] = "IPIP",
	[97] = "ETHERIP",   [98] = "ENCAP", [103] = "PIM",  [108] = "IPComp", [112] = "VRRP",
	[115] = "L2TP",     [124] = "ISIS", [132] = "SCTP", [133] = "FC",     [135] = "Mobility",
	[136] = "UDPLite",  [137] = "MPLS", [139] = "HIP",  [140] = "Shim6",  [142] = "ROHC",
	[143] = "Ethernet",
};

static char *put_byte(char *p, unsigned int value)
{
	if (value >= 100)
		*p++ = '0' + value / 100;
	if (value >= 10)
		*p++ = '0' + value / 10 % 10;
	*p++ = '0' + value % 10;
	return p;
}

size_t addr_format(const uint8_t address[16], int version, char text[ADDR_TEXT])
{
	char *p = text;
	int i;

	if (version != 4) {
		inet_ntop(AF_INET6, address, text, ADDR_TEXT);
		return strlen(text);
	}
	for (i = 12; i < 16; i++) {
		p = put_byte(p, address[i]);
		*p++ = i < 15 ? '.' : '\0';
	}
	return p - text - 1;
}

const char *addr_protocol_name(uint8_t protocol)
{
	return protocol_names[protocol];
}
