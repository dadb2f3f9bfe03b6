// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capture files, read by our own hand: source.c gives the bytes, capture_pcap.c and
 * capture_pcapng.c know the two formats, capture_link.c the link types, and here is what they
 * share: which format it is, and the words for what is wrong.
 *
 * libpcap is not used: it refuses pcapng files whose interfaces differ in link type, does not say
 * where a file is cut, and takes several times as long for each packet.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_format.h"

struct stranger {
	const char *bytes;
	const char *name;
	const char *remedy;
	const char *rest; /* of the remedy, behind the file's name */
};

/* Files people hand to capture readers, and how to make captures of them. */
static const struct stranger strangers[] = {
	{ "\x28\xb5\x2f\xfd", "packed by zstd", "zstd -dc", " | weir read -" },
	{ "\xfd\x37\x7a\x58", "packed by xz", "xz -dc", " | weir read -" },
	{ "BZh", "packed by bzip2", "bzip2 -dc", " | weir read -" },
	{ "\x04\x22\x4d\x18", "packed by lz4", "lz4 -dc", " | weir read -" },
	{ "PK\x03\x04", "a zip archive", "unzip -p", " | weir read -" },
	{ "snoop", "a Solaris snoop file", "editcap -F pcap", " new.pcap" },
	{ "GMBU", "a Network Monitor file", "editcap -F pcap", " new.pcap" },
	{ "XCP", "a NetXRay file", "editcap -F pcap", " new.pcap" },
	{ "TRSNIFF", "a Sniffer file", "editcap -F pcap", " new.pcap" },
	{ "btsnoop", "a Bluetooth log without IP packets", "look at it: tshark -r", "" },
};

static enum capture_status next_after_failure(struct capture *c, struct capture_packet *p)
{
	(void)c;
	(void)p;
	return CAPTURE_FAILED;
}

enum capture_status capture_fail(struct capture *c, const char *format, ...)
{
	va_list args;
	int used = snprintf(c->error, sizeof(c->error), "%s: ", c->name);

	if (used < 0 || (size_t)used >= sizeof(c->error))
		used = 0; /* a name that leaves no room for the reason */
	va_start(args, format);
	vsnprintf(c->error + used, sizeof(c->error) - (size_t)used, format, args);
	va_end(args);
	c->next = next_after_failure;
	return CAPTURE_FAILED;
}

/* "; the 16 whole packets before were read" */
static const char *packets_before(const struct capture *c, char *text, size_t size)
{
	if (c->packets == 0)
		return "; no whole packet comes before";
	if (c->packets == 1)
		return "; the 1 whole packet before was read";
	snprintf(text, size, "; the %llu whole packets before were read",
	         (unsigned long long)c->packets);
	return text;
}

enum capture_status capture_fail_cut(struct capture *c, const char *what, uint64_t start)
{
	const char *broken = source_error(&c->source);
	char before[64];

	if (*broken)
		return capture_fail(c, "%s%s", broken, packets_before(c, before, sizeof(before)));
	return capture_fail(c, "cut short in %s at byte %llu%s", what, (unsigned long long)start,
	                    packets_before(c, before, sizeof(before)));
}

enum capture_status capture_fail_cut_packet(struct capture *c, uint64_t start)
{
	char what[32];

	snprintf(what, sizeof(what), "packet %llu", (unsigned long long)c->packets + 1);
	return capture_fail_cut(c, what, start);
}

enum capture_status capture_end(struct capture *c)
{
	return *source_error(&c->source) ? capture_fail_cut(c, "", 0) : CAPTURE_END;
}

/* n: bytes at p, at most 8 of a file that is neither pcap nor pcapng. */
static int fail_stranger(struct capture *c, const uint8_t *p, size_t n)
{
	const struct stranger *s = strangers, *end = s + sizeof(strangers) / sizeof(*strangers);
	char bytes[16] = "";
	size_t i;

	for (; s < end; s++)
		if (n >= strlen(s->bytes) && !memcmp(p, s->bytes, strlen(s->bytes)))
			return capture_fail(c, "%s, not a capture file weir reads; try: %s %s%s",
			                    s->name, s->remedy, c->name, s->rest);
	for (i = 0; i < n && i < 4; i++)
		snprintf(bytes + 3 * i, sizeof(bytes) - 3 * i, " %02x", p[i]);
	return capture_fail(c,
	                    "not a capture file (first bytes%s); weir reads pcap and pcapng, also "
	                    "gzip-compressed",
	                    bytes);
}

static bool magic_is_pcap(uint32_t magic)
{
	return magic == CAPTURE_MICROSECONDS || magic == CAPTURE_NANOSECONDS ||
	       magic == CAPTURE_KUZNETSOV;
}

static int start_format(struct capture *c)
{
	const uint8_t *p = source_peek(&c->source, 4);
	size_t left;
	uint32_t magic;

	if (!p && *source_error(&c->source))
		return capture_fail(c, "%s", source_error(&c->source));
	left = source_left(&c->source);
	if (!left)
		return capture_fail(c, "empty file");
	if (!p)
		return fail_stranger(c, c->source.pos, left);
	memcpy(&magic, p, sizeof(magic));
	c->swapped = magic_is_pcap(__builtin_bswap32(magic));
	if (magic == CAPTURE_PCAPNG)
		return capture_pcapng_start(c);
	if (c->swapped || magic_is_pcap(magic))
		return capture_pcap_start(c);
	return fail_stranger(c, p, left);
}

static int start_source(struct capture *c, const char *path)
{
	int error = source_open(&c->source, path);

	if (error == -EISDIR)
		return capture_fail(c, "a directory; name a capture file in it");
	if (error)
		return capture_fail(c, "cannot open: %s", strerror(-error));
	return start_format(c);
}

struct capture *capture_open(const char *path, char *error, size_t size)
{
	const char *name = strcmp(path, "-") ? path : "stdin";
	struct capture *c = calloc(1, sizeof(*c));

	if (c)
		c->name = strdup(name);
	if (!c || !c->name) {
		snprintf(error, size, "%s: out of memory", name);
		goto out;
	}
	if (start_source(c, path) == 0)
		return c;
	snprintf(error, size, "%s", c->error);
out:
	capture_close(c);
	return NULL;
}

enum capture_status capture_next(struct capture *c, struct capture_packet *packet)
{
	return c->next(c, packet);
}

const char *capture_error(const struct capture *c)
{
	return c->error;
}

double capture_progress(const struct capture *c)
{
	return source_progress(&c->source);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	source_close(&c->source);
	free(c->interfaces);
	free(c->name);
	free(c);
}
