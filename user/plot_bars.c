// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lists that are drawn as bars. A host's bytes are those of all flows it takes part in, so over all
 * hosts they are twice the bytes of the records; everything else adds up to the records' sums.
 */
#include "plot_bars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

static const struct {
	uint16_t port;
	const char *service;
} services[] = {
	{ 20, "ftp-data" },     { 21, "ftp" },          { 22, "ssh" },
	{ 23, "telnet" },       { 25, "smtp" },         { 53, "dns" },
	{ 67, "dhcp" },         { 68, "dhcp" },         { 69, "tftp" },
	{ 80, "http" },         { 88, "kerberos" },     { 102, "iso-tsap" },
	{ 110, "pop3" },        { 111, "rpcbind" },     { 123, "ntp" },
	{ 135, "msrpc" },       { 137, "netbios" },     { 138, "netbios" },
	{ 139, "netbios" },     { 143, "imap" },        { 161, "snmp" },
	{ 162, "snmp-trap" },   { 179, "bgp" },         { 389, "ldap" },
	{ 443, "https" },       { 445, "smb" },         { 465, "smtps" },
	{ 500, "ike" },         { 502, "modbus" },      { 514, "syslog" },
	{ 546, "dhcpv6" },      { 547, "dhcpv6" },      { 554, "rtsp" },
	{ 587, "submission" },  { 631, "ipp" },         { 636, "ldaps" },
	{ 853, "dns-tls" },     { 873, "rsync" },       { 993, "imaps" },
	{ 995, "pop3s" },       { 1194, "openvpn" },    { 1433, "mssql" },
	{ 1521, "oracle" },     { 1812, "radius" },     { 1883, "mqtt" },
	{ 1900, "ssdp" },       { 2049, "nfs" },        { 3128, "proxy" },
	{ 3306, "mysql" },      { 3389, "rdp" },        { 3478, "stun" },
	{ 4500, "ipsec-nat" },  { 4789, "vxlan" },      { 5060, "sip" },
	{ 5061, "sips" },       { 5222, "xmpp" },       { 5353, "mdns" },
	{ 5355, "llmnr" },      { 5432, "postgres" },   { 5672, "amqp" },
	{ 5683, "coap" },       { 5900, "vnc" },        { 6379, "redis" },
	{ 6443, "kubernetes" }, { 8080, "http-alt" },   { 8443, "https-alt" },
	{ 8883, "mqtts" },      { 9092, "kafka" },      { 9200, "elastic" },
	{ 20000, "dnp3" },      { 27017, "mongodb" },   { 44818, "ethernet-ip" },
	{ 47808, "bacnet" },    { 51820, "wireguard" },
};

const char *plot_port_service(uint16_t port)
{
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].port == port)
			return services[i].service;
	return "";
}

void plot_protocol_name(uint8_t protocol, char *name, size_t size)
{
	const char *known = addr_protocol_name(protocol);

	if (known)
		snprintf(name, size, "%s", known);
	else
		snprintf(name, size, "protocol %u", protocol);
}

/* Take a bar in its place; what falls off the end goes to the others. */
static void place(struct plot_bars *bars, const struct plot_bar *bar, size_t n, bool by_flows)
{
	const struct plot_bar *off = bar;
	struct plot_bar last;
	size_t at = bars->used;
	uint64_t key = by_flows ? bar->sum.flows : bar->sum.bytes;

	while (at && key > (by_flows ? bars->bar[at - 1].sum.flows : bars->bar[at - 1].sum.bytes))
		at--;
	if (at < n) {
		if (bars->used == n) {
			last = bars->bar[n - 1];
			off = &last;
		} else {
			bars->used++;
			off = NULL;
		}
		memmove(&bars->bar[at + 1], &bars->bar[at],
		        (bars->used - at - 1) * sizeof(bars->bar[0]));
		bars->bar[at] = *bar;
	}
	if (!off)
		return;
	bars->n_others++;
	bars->others.flows += off->sum.flows;
	bars->others.packets += off->sum.packets;
	bars->others.bytes += off->sum.bytes;
}

void plot_bars_protocols(struct plot_bars *bars, const struct plot_data *d, size_t n)
{
	struct plot_bar bar;
	int i;

	memset(bars, 0, sizeof(*bars));
	for (i = 0; i < 256; i++) {
		if (!d->protocol[i].flows)
			continue;
		memset(&bar, 0, sizeof(bar));
		plot_protocol_name((uint8_t)i, bar.name, sizeof(bar.name));
		bar.sum = d->protocol[i];
		place(bars, &bar, n, true);
	}
}

static void name_port(struct plot_bar *bar, enum plot_ported of, uint16_t port)
{
	static const char *const names[] = {
		[PLOT_TCP] = "TCP",
		[PLOT_UDP] = "UDP",
		[PLOT_SCTP] = "SCTP",
		[PLOT_OTHER] = "other",
	};
	const char *service = of == PLOT_OTHER ? "" : plot_port_service(port);

	if (of == PLOT_OTHER && !port)
		snprintf(bar->name, sizeof(bar->name), "without ports");
	else
		snprintf(bar->name, sizeof(bar->name), "%u/%s%s%s", port, names[of],
		         *service ? " " : "", service);
}

void plot_bars_ports(struct plot_bars *bars, const struct plot_data *d, size_t n)
{
	const struct plot_port *port = d->port;
	struct plot_bar bar;
	size_t i;

	memset(bars, 0, sizeof(*bars));
	for (i = 0; i < (size_t)PLOT_N_PORTED * PLOT_PORTS; i++, port++) {
		if (!port->flows)
			continue;
		memset(&bar, 0, sizeof(bar));
		name_port(&bar, (enum plot_ported)(i / PLOT_PORTS), (uint16_t)(i % PLOT_PORTS));
		bar.sum = (struct plot_sum){ .flows = port->flows, .bytes = port->bytes };
		place(bars, &bar, n, false);
	}
}

/* What the records hold, less what is in the bars. */
static void count_others(struct plot_bars *bars, const struct plot_top *top, uint64_t flows,
                         uint64_t bytes)
{
	size_t i;

	for (i = 0; i < bars->used; i++) {
		flows -= bars->bar[i].sum.flows;
		bytes -= bars->bar[i].sum.bytes;
	}
	bars->others.flows = flows;
	bars->others.bytes = bytes;
	bars->n_others = plot_top_names(top) - bars->used;
	bars->error = plot_top_error(top);
}

void plot_bars_hosts(struct plot_bars *bars, const struct plot_data *d, size_t n)
{
	struct plot_top_entry top[PLOT_BARS_MAX];
	struct plot_bar *bar = bars->bar;
	size_t i;

	memset(bars, 0, sizeof(*bars));
	bars->used = plot_top_list(d->hosts, top, n);
	for (i = 0; i < bars->used; i++, bar++) {
		snprintf(bar->name, sizeof(bar->name), "%.*s", PLOT_TOP_NAME, top[i].name);
		bar->sum = (struct plot_sum){ .flows = top[i].flows, .bytes = top[i].weight };
		bar->first = top[i].first;
	}
	count_others(bars, d->hosts, 2 * d->all.flows, 2 * d->all.bytes);
}

void plot_bars_classes(struct plot_bars *bars, const struct plot_data *d, size_t n)
{
	struct plot_top_entry top[PLOT_BARS_MAX];
	struct plot_bar *bar = bars->bar;
	size_t i;

	memset(bars, 0, sizeof(*bars));
	bars->used = plot_top_list(d->classes, top, n);
	for (i = 0; i < bars->used; i++, bar++) {
		snprintf(bar->name, sizeof(bar->name), "%.*s", PLOT_TOP_NAME, top[i].name);
		bar->sum.flows = top[i].weight;
	}
	count_others(bars, d->classes, d->classed, 0);
}
