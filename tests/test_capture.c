// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capture files: that every packet comes out whole with its lengths, time and link type, and what
 * is said of files that are damaged, cut or something else. The files are built here byte by byte,
 * written below a temporary directory, packed by zlib, or fed to stdin through a pipe.
 *
 * The three specimens (pcap, pcapng, and pcapng packed as gzip in two members) are also read cut
 * at every length and after thousands of random changes; the sanitizers watch.
 *
 * Long because the builder of files stands beside the cases: offsets in the messages are exact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "capture.h"

#define ROOM    (4u << 20)
#define SECOND  1000000000ull
#define T0      1700000000ull
#define US      0xa1b2c3d4u
#define NS      0xa1b23c4du
#define KUZNET  0xa1b2cd34u
#define IDB     1
#define PB      2
#define SPB     3
#define NRB     4
#define EPB     6
#define DAMAGES 4000

/* A file being built; numbers go in with the byte order of the moment. */
struct image {
	uint8_t data[ROOM];
	size_t length;
	bool big;
};

/* What a reading gave. */
struct reading {
	uint64_t packets;
	enum capture_status status;
	bool opened;
	double progress; /* at the end */
	char error[1024];
	struct capture_packet packet[16]; /* the first ones, without their data */
};

static char directory[] = "/tmp/weir-capture-XXXXXX";
static char file[64];
static struct image image, packed;
static struct reading reading;

static void put(const void *bytes, size_t n)
{
	assert_true(image.length + n <= ROOM);
	memcpy(image.data + image.length, bytes, n);
	image.length += n;
}

static void put_number(uint64_t value, int bytes)
{
	uint8_t byte;

	for (int i = 0; i < bytes; i++) {
		byte = (uint8_t)(value >> 8 * (image.big ? bytes - 1 - i : i));
		put(&byte, 1);
	}
}

static void put_16(uint64_t value)
{
	put_number(value, 2);
}

static void put_32(uint64_t value)
{
	put_number(value, 4);
}

/* Data bytes that tell where they came from: n of them, counting up from n. */
static void put_data(uint32_t n)
{
	uint8_t byte;

	for (uint32_t i = 0; i < n; i++) {
		byte = (uint8_t)(n + i);
		put(&byte, 1);
	}
}

static void begin(bool big)
{
	image.length = 0;
	image.big = big;
}

static void put_pcap_version(uint32_t magic, uint32_t minor, uint32_t snaplen, uint32_t link)
{
	put_32(magic);
	put_16(2);
	put_16(minor);
	put_32(0);
	put_32(0);
	put_32(snaplen);
	put_32(link);
}

static void put_pcap(uint32_t magic, uint32_t link)
{
	put_pcap_version(magic, 4, 65535, link);
}

static void put_record(uint32_t fraction, uint32_t captured, uint32_t length)
{
	put_32(T0);
	put_32(fraction);
	put_32(captured);
	put_32(length);
	put_data(captured);
}

static size_t begin_block(uint32_t type)
{
	put_32(type);
	put_32(0);
	return image.length - 8;
}

/* Pad, and write the length at both ends. */
static void end_block(size_t start)
{
	size_t end;

	while (image.length % 4)
		put("", 1);
	end = image.length + 4;
	image.length = start + 4;
	put_32(end - start);
	image.length = end - 4;
	put_32(end - start);
}

static void put_section(bool big)
{
	size_t block;

	image.big = big;
	block = begin_block(0x0a0d0d0a);
	put_32(0x1a2b3c4d);
	put_16(1);
	put_16(0);
	put_number(UINT64_MAX, 8);
	end_block(block);
}

/* resolution < 0: no option. */
static void put_interface(uint32_t link, uint32_t snaplen, int resolution, int64_t offset)
{
	size_t block = begin_block(IDB);

	put_16(link);
	put_16(0);
	put_32(snaplen);
	put_16(2); /* if_name, of an odd length */
	put_16(5);
	put("eth0\0\0\0", 8);
	if (resolution >= 0) {
		put_16(9);
		put_16(1);
		put((uint8_t[]){ (uint8_t)resolution, 0, 0, 0 }, 4);
	}
	if (offset) {
		put_16(14);
		put_16(8);
		put_number((uint64_t)offset, 8);
	}
	put_32(0);
	end_block(block);
}

static void put_packet(uint32_t type, uint32_t interface, uint64_t ticks, uint32_t captured,
                       uint32_t length)
{
	size_t block = begin_block(type);

	if (type == PB) {
		put_16(interface);
		put_16(7); /* drops */
	} else if (type == EPB) {
		put_32(interface);
	}
	if (type != SPB) {
		put_32(ticks >> 32);
		put_32(ticks & UINT32_MAX);
		put_32(captured);
	}
	put_32(length);
	put_data(captured);
	end_block(block);
}

static void put_unknown(uint32_t type, uint32_t length)
{
	size_t block = begin_block(type);

	put_data(length);
	end_block(block);
}

/* image into packed, behind what is there, as one gzip member. */
static void pack(void)
{
	z_stream z = { .next_in = image.data, .avail_in = (uInt)image.length };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = packed.data + packed.length;
	z.avail_out = (uInt)(ROOM - packed.length);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.length += z.total_out;
	deflateEnd(&z);
}

static void write_file(const void *bytes, size_t n)
{
	FILE *f;

	unlink(file); /* ext4 writes to the disk at once what replaces a truncated file */
	f = fopen(file, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Every byte is touched, so that the sanitizers see one that is not there. */
static void check_data(const struct capture_packet *p, bool known)
{
	volatile uint8_t touched = 0;

	for (uint32_t i = 0; i < p->captured; i++) {
		touched += p->data[i];
		if (known)
			assert_int_equal(p->data[i], (uint8_t)(p->captured + i));
	}
	(void)touched;
	assert_true(p->length >= p->captured);
	assert_true(p->link >= 0 && p->link < PARSE_N_LINKS);
}

/* known: the data are those of put_data(). */
static void read_path(const char *path, bool known)
{
	struct capture_packet p;
	struct capture *c;

	memset(&reading, 0, sizeof(reading));
	c = capture_open(path, reading.error, sizeof(reading.error));
	reading.opened = c != NULL;
	if (!c)
		return;
	while ((reading.status = capture_next(c, &p)) == CAPTURE_PACKET) {
		check_data(&p, known);
		if (reading.packets < 16)
			reading.packet[reading.packets] = p;
		reading.packets++;
	}
	assert_int_equal(capture_next(c, &p), reading.status);
	snprintf(reading.error, sizeof(reading.error), "%s", capture_error(c));
	reading.progress = capture_progress(c);
	capture_close(c);
}

static void read_image(void)
{
	write_file(image.data, image.length);
	read_path(file, true);
}

static void read_packed(void)
{
	write_file(packed.data, packed.length);
	read_path(file, true);
}

/* What a pipe holds at once is enough for the specimens. */
static void read_stdin(const struct image *from)
{
	int saved = dup(STDIN_FILENO), ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], from->data, from->length), from->length);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	read_path("-", true);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

static void assert_all_read(uint64_t packets)
{
	assert_string_equal(reading.error, "");
	assert_true(reading.opened);
	assert_int_equal(reading.status, CAPTURE_END);
	assert_int_equal(reading.packets, packets);
}

static void assert_packet(int i, uint32_t captured, uint32_t length, uint64_t time_ns,
                          enum parse_link link)
{
	const struct capture_packet *p = &reading.packet[i];

	assert_int_equal(p->captured, captured);
	assert_int_equal(p->length, length);
	assert_int_equal(p->time_ns, time_ns);
	assert_int_equal(p->link, link);
}

/* text: the message behind "FILE: ". */
static void assert_failed(uint64_t packets, const char *text)
{
	char expected[1024];

	snprintf(expected, sizeof(expected), "%s: %s", file, text);
	assert_string_equal(reading.error, expected);
	assert_int_equal(reading.packets, packets);
	assert_true(!reading.opened || reading.status == CAPTURE_FAILED);
}

/* Three packets; specimen_end[] are the lengths at which 0, 1, 2, 3 of them are whole. */
static size_t specimen_end[4];

static void build_pcap(void)
{
	begin(false);
	put_pcap(US, 1);
	for (int i = 0; i < 3; i++) {
		specimen_end[i] = image.length;
		put_record((uint32_t)i, 60 + (uint32_t)i, 1514);
	}
	specimen_end[3] = image.length;
}

/* Two sections, three interfaces, each kind of packet block, and blocks that are passed over. */
static void build_pcapng(void)
{
	begin(false);
	put_section(false);
	put_interface(1, 0, -1, 0);
	put_interface(101, 0, 9, 0);
	put_unknown(NRB, 20);
	specimen_end[0] = image.length;
	put_packet(EPB, 1, T0 * SECOND + 5, 61, 1400);
	specimen_end[1] = image.length;
	put_packet(SPB, 0, 0, 33, 33);
	specimen_end[2] = image.length;
	put_section(true);
	put_unknown(0x80000001, 7);
	put_interface(113, 65535, 3, 0);
	put_packet(PB, 0, T0 * 1000 + 250, 46, 46);
	specimen_end[3] = image.length;
}

static void assert_pcapng_specimen(void)
{
	assert_all_read(3);
	assert_packet(0, 61, 1400, T0 * SECOND + 5, PARSE_IP);
	assert_packet(1, 33, 33, T0 * SECOND + 5, PARSE_ETHERNET);
	assert_packet(2, 46, 46, T0 * SECOND + 250000000, PARSE_SLL);
}

static void pcap_is_read_in_both_byte_orders_and_both_clocks(void **state)
{
	for (int kind = 0; kind < 4; kind++) {
		begin(kind & 1);
		put_pcap(kind & 2 ? NS : US, 1);
		put_record(0, 60, 60);
		put_record(999999, 54, 1514);
		put_record(7, 0, 0);
		put_record(1000, 70, 20); /* more captured than there was: some writers do */
		read_image();
		assert_all_read(4);
		assert_packet(0, 60, 60, T0 * SECOND, PARSE_ETHERNET);
		assert_packet(1, 54, 1514, T0 * SECOND + (kind & 2 ? 999999 : 999999000),
		              PARSE_ETHERNET);
		assert_packet(2, 0, 0, T0 * SECOND + (kind & 2 ? 7 : 7000), PARSE_ETHERNET);
		assert_packet(3, 70, 70, T0 * SECOND + (kind & 2 ? 1000 : 1000000), PARSE_ETHERNET);
	}
}

static void old_kinds_of_pcap_are_read(void **state)
{
	begin(true);
	put_pcap(KUZNET, 1);
	for (int i = 0; i < 2; i++) {
		put_32(T0);
		put_32(3);
		put_32(60);
		put_32(1514);
		put_number(0x123456789, 8);
		put_data(60);
	}
	read_image();
	assert_all_read(2);
	assert_packet(1, 60, 1514, T0 * SECOND + 3000, PARSE_ETHERNET);

	begin(false);
	put_pcap_version(US, 3, 65535, 1);
	put_record(3, 60, 1514);
	put_32(T0);
	put_32(4);
	put_32(1514); /* before 2.4 the lengths stood the other way round */
	put_32(60);
	put_data(60);
	read_image();
	assert_all_read(2);
	assert_packet(0, 60, 1514, T0 * SECOND + 3000, PARSE_ETHERNET);
	assert_packet(1, 60, 1514, T0 * SECOND + 4000, PARSE_ETHERNET);
}

static void every_link_type_the_parser_knows_is_read(void **state)
{
	static const struct {
		uint32_t number;
		enum parse_link link;
	} cases[] = {
		{ 1, PARSE_ETHERNET },
		{ 101, PARSE_IP },
		{ 12, PARSE_IP },
		{ 14, PARSE_IP },
		{ 228, PARSE_IP },
		{ 229, PARSE_IP },
		{ 0, PARSE_NULL },
		{ 108, PARSE_NULL },
		{ 113, PARSE_SLL },
		{ 9, PARSE_PPP },
		{ 276, PARSE_SLL2 },
		{ 50, PARSE_PPP },
		{ 0x54000001, PARSE_ETHERNET }, /* with an FCS of 4 bytes */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(i & 1);
		put_pcap(US, cases[i].number);
		put_record(0, 20, 20);
		read_image();
		assert_all_read(1);
		assert_int_equal(reading.packet[0].link, cases[i].link);
	}
}

static void pcapng_sections_and_interfaces_keep_their_own_order_link_and_clock(void **state)
{
	build_pcapng();
	read_image();
	assert_pcapng_specimen();
}

static void pcapng_clocks_have_any_resolution_and_offset(void **state)
{
	static const struct {
		int resolution;
		int64_t offset;
		uint64_t ticks;
		uint64_t time_ns;
	} cases[] = {
		{ -1, 0, T0 * 1000000 + 1, T0 * SECOND + 1000 },
		{ 0, 0, T0, T0 * SECOND },
		{ 6, 0, T0 * 1000000 + 1, T0 * SECOND + 1000 },
		{ 9, 0, T0 * SECOND + 123456789, T0 * SECOND + 123456789 },
		{ 10, 0, T0 * SECOND * 10 + 19, T0 * SECOND + 1 },
		{ 12, 0, 5000999, 5000 },
		{ 28, 0, UINT64_MAX, 1 },
		{ 127, 0, UINT64_MAX, 1 }, /* no such clock is: finest that we can tell */
		{ 0x80, 0, T0, T0 * SECOND },
		{ 0x80 | 10, 0, T0 * 1024 + 512, T0 * SECOND + SECOND / 2 },
		{ 0x80 | 32, 0, (T0 << 32) + (1u << 30), T0 * SECOND + SECOND / 4 },
		{ 0x80 | 127, 0, UINT64_MAX, 0 },
		{ 6, 1000, 5, 1000 * SECOND + 5000 },
		{ 6, -1000, T0 * 1000000, (T0 - 1000) * SECOND },
		{ 6, -1000, 5, 0 },              /* before 1970 */
		{ 6, 0, UINT64_MAX, INT64_MAX }, /* the year 586,524 */
		{ 6, INT64_MAX, 5, INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(i & 1);
		put_section(i & 1);
		put_interface(1, 0, cases[i].resolution, cases[i].offset);
		put_packet(EPB, 0, cases[i].ticks, 60, 60);
		read_image();
		assert_all_read(1);
		assert_int_equal(reading.packet[0].time_ns, cases[i].time_ns);
	}
}

static void a_simple_packet_is_cut_at_its_interfaces_snap_length(void **state)
{
	size_t block;

	begin(false);
	put_section(false);
	put_interface(1, 64, -1, 0);
	block = begin_block(SPB);
	put_32(1514);
	put_data(64);
	end_block(block);
	read_image();
	assert_all_read(1);
	assert_packet(0, 64, 1514, 0, PARSE_ETHERNET);
}

static void gzip_is_unpacked_whatever_its_members(void **state)
{
	packed.length = 0;
	build_pcapng();
	pack();
	read_packed();
	assert_pcapng_specimen();

	begin(false); /* a second member with a section of its own, then padding */
	put_section(true);
	put_interface(1, 0, -1, 0);
	put_packet(EPB, 0, 1, 60, 60);
	pack();
	memset(packed.data + packed.length, 0, 300000);
	packed.length += 300000;
	read_packed();
	assert_all_read(4);
}

static void stdin_is_read_from_a_pipe_and_left_open(void **state)
{
	build_pcapng();
	read_stdin(&image);
	assert_pcapng_specimen();
	assert_true(reading.progress < 0);
	packed.length = 0;
	pack();
	read_stdin(&packed);
	assert_pcapng_specimen();
	begin(false);
	read_stdin(&image);
	assert_string_equal(reading.error, "stdin: empty file");
}

/* More than the buffers hold, with packets and passed-over blocks over their ends. */
static void large_files_and_packets_pass_through_the_buffers(void **state)
{
	begin(false);
	put_pcap(US, 1);
	for (int i = 0; i < 1900; i++)
		put_record(0, 1 + (uint32_t)(i * 7919) % 3000, 3000);
	put_record(0, 262144, 262144);
	read_image();
	assert_all_read(1901);
	packed.length = 0;
	pack();
	read_packed();
	assert_all_read(1901);

	begin(true);
	put_section(true);
	put_interface(1, 0, -1, 0);
	put_packet(EPB, 0, 0, 1500000, 1500000);
	put_unknown(0x0bad, 2400000);
	put_packet(EPB, 0, 0, 60, 60);
	read_image();
	assert_all_read(2);
	packed.length = 0;
	pack();
	read_packed();
	assert_all_read(2);
}

static void a_cut_file_gives_the_whole_packets_and_tells_where_it_is_cut(void **state)
{
	build_pcap();
	image.length = specimen_end[2] + 30;
	read_image();
	assert_failed(2, "cut short in packet 3 at byte 177; the 2 whole packets before were read");
	image.length = specimen_end[1] + 3;
	read_image();
	assert_failed(1, "cut short in packet 2 at byte 100; the 1 whole packet before was read");
	image.length = specimen_end[0] + 75;
	read_image();
	assert_failed(0, "cut short in packet 1 at byte 24; no whole packet comes before");
	image.length = 20;
	read_image();
	assert_failed(0, "cut short in the file header at byte 0; no whole packet comes before");
	build_pcapng();
	image.length = specimen_end[1] - 4;
	read_image();
	assert_failed(0, "cut short in packet 1 at byte 140; no whole packet comes before");
	image.length = specimen_end[2] + 9;
	read_image();
	assert_failed(2, "cut short in a pcapng block at byte 288; the 2 whole packets before were "
	                 "read");
}

static void cut_anywhere_no_packet_before_the_cut_is_lost(void **state)
{
	static void (*const build[])(void) = { build_pcap, build_pcapng };
	static uint8_t whole[4096];
	size_t length, n;
	uint64_t packets;

	for (int format = 0; format < 2; format++) {
		build[format]();
		length = image.length;
		memcpy(whole, image.data, length);
		for (n = 0; n < length; n++) {
			write_file(whole, n);
			read_path(file, true);
			packets = (n >= specimen_end[1]) + (n >= specimen_end[2]);
			assert_int_equal(reading.packets, packets);
			assert_true(*reading.error || n == specimen_end[packets] || format == 1);
		}
	}
}

static void a_cut_or_damaged_gzip_file_is_not_taken_for_whole(void **state)
{
	char text[128];

	build_pcap();
	packed.length = 0;
	pack();
	for (size_t n = 2; n < packed.length; n++) {
		write_file(packed.data, n);
		read_path(file, true);
		assert_true(reading.packets <= 3);
		snprintf(text, sizeof(text), "%s: gzip data cut short at byte %zu", file, n);
		assert_memory_equal(reading.error, text, strlen(text));
	}
	packed.data[packed.length - 8] ^= 1; /* the checksum */
	read_packed();
	snprintf(text, sizeof(text),
	         "gzip data corrupt near byte %zu: incorrect data check; the 3 whole packets "
	         "before were read",
	         packed.length - 4);
	assert_failed(3, text);
	packed.data[packed.length - 8] ^= 1;
	packed.data[packed.length++] = 'x';
	read_packed();
	snprintf(text, sizeof(text),
	         "something else than gzip data follows at byte %zu; the 3 whole packets before "
	         "were read",
	         packed.length - 1);
	assert_failed(3, text);
}

static void what_is_no_capture_is_named_with_a_way_out(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} cases[] = {
		{ "", 0, "empty file" },
		{ "\x7f"
		  "ELF\2\1",
		  6,
		  "not a capture file (first bytes 7f 45 4c 46); weir reads pcap and pcapng, also "
		  "gzip-compressed" },
		{ "a", 1,
		  "not a capture file (first bytes 61); weir reads pcap and pcapng, also "
		  "gzip-compressed" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_file(cases[i].bytes, cases[i].n);
		read_path(file, false);
		assert_failed(0, cases[i].text);
		assert_false(reading.opened);
	}
	write_file("\x28\xb5\x2f\xfd\0\0\0", 7);
	read_path(file, false);
	snprintf(text, sizeof(text),
	         "packed by zstd, not a capture file weir reads; try: zstd -dc %s | weir read -",
	         file);
	assert_failed(0, text);
}

static void what_cannot_be_opened_or_read_is_told_with_the_reason(void **state)
{
	char text[256];

	read_path("/nonexistent/x.pcap", false);
	assert_string_equal(reading.error,
	                    "/nonexistent/x.pcap: cannot open: No such file or directory");
	read_path(directory, false);
	snprintf(text, sizeof(text), "%s: a directory; name a capture file in it", directory);
	assert_string_equal(reading.error, text);
	read_path("/proc/self/mem", false); /* nothing is mapped at its beginning */
	assert_string_equal(reading.error,
	                    "/proc/self/mem: cannot read at byte 0: Input/output error");
	if (geteuid() == 0)
		return; /* root may read everything */
	build_pcap();
	write_file(image.data, image.length);
	chmod(file, 0);
	read_path(file, false);
	chmod(file, 0600);
	assert_failed(0, "cannot open: Permission denied");
}

#define READS "; weir reads Ethernet, raw IP, Linux cooked (SLL, SLL2), PPP and BSD loopback"

static void an_unsupported_link_type_is_named(void **state)
{
	begin(false);
	put_pcap(US, 105);
	put_record(0, 60, 60);
	read_image();
	assert_failed(0, "link type 105 (IEEE 802.11) is not supported" READS);
	assert_false(reading.opened);
	begin(false);
	put_pcap(US, 65000);
	read_image();
	assert_failed(0, "link type 65000 (unknown to weir) is not supported" READS);
}

static void an_unsupported_interface_fails_at_its_first_packet_only(void **state)
{
	begin(false);
	put_section(false);
	put_interface(1, 0, -1, 0);
	put_interface(195, 0, -1, 0);
	put_packet(EPB, 0, 1, 60, 60);
	read_image();
	assert_all_read(1);
	put_packet(EPB, 1, 1, 60, 60);
	put_packet(EPB, 0, 1, 60, 60);
	read_image();
	assert_failed(1, "packet 2 at byte 192, of interface 1: link type 195 (IEEE 802.15.4 with "
	                 "FCS) is not supported" READS);
}

static void impossible_pcap_lengths_end_the_reading(void **state)
{
	begin(false);
	put_pcap(US, 1);
	put_record(0, 60, 60);
	put_32(T0);
	put_32(0);
	put_32(262145);
	put_32(60);
	read_image();
	assert_failed(1, "damaged at byte 100: packet 2 cannot have 262145 captured bytes (at most "
	                 "262144); the packets before it were read");
	begin(false);
	put_pcap_version(US, 4, 400000, 1); /* a snap length beyond the usual is believed */
	put_record(0, 300000, 300000);
	read_image();
	assert_all_read(1);
}

#define DAMAGED(type, why)                                                                         \
	"damaged at byte 72: a pcapng block of type " type " " why                                 \
	"; the packets before it were read"

/* Behind a section header and an interface, of 28 and 44 bytes, one block of 32-bit words. */
static void impossible_pcapng_blocks_end_the_reading(void **state)
{
	static const struct {
		uint32_t words[12];
		int n;
		const char *text;
	} cases[] = {
		{ { EPB, 8 }, 2, DAMAGED("0x6", "has an impossible length") },
		{ { NRB, 13 }, 4, DAMAGED("0x4", "has an impossible length") },
		{ { EPB, 0x2000000 }, 2, DAMAGED("0x6", "claims more than 16 MiB") },
		{ { EPB, 16, 0, 20 }, 4, DAMAGED("0x6", "has two different lengths") },
		{ { EPB, 16, 0, 16 }, 4, DAMAGED("0x6", "is too short") },
		{ { SPB, 12, 12 }, 3, DAMAGED("0x3", "is too short") },
		{ { IDB, 16, 1, 16 }, 4, DAMAGED("0x1", "is too short") },
		{ { IDB, 24, 1, 0, 9, 24 }, 6, DAMAGED("0x1", "has a damaged option") },
		{ { IDB, 24, 1, 0, 0x00400002, 24 }, 6, DAMAGED("0x1", "has a damaged option") },
		{ { EPB, 32, 1, 0, 0, 0, 0, 32 },
		  8,
		  DAMAGED("0x6", "names an interface that was not described") },
		{ { EPB, 36, 0, 0, 0, 5, 5, 0, 36 },
		  9,
		  DAMAGED("0x6", "is shorter than the packet it claims") },
		{ { SPB, 16, 1, 16 }, 4, DAMAGED("0x3", "is shorter than the packet it claims") },
		{ { 0x0a0d0d0a, 28, 5 }, 3, DAMAGED("0xa0d0d0a", "has no byte-order magic") },
		{ { 0x0a0d0d0a, 16, 0x1a2b3c4d, 16 }, 4, DAMAGED("0xa0d0d0a", "is too short") },
		{ { 0x0a0d0d0a, 28, 0x1a2b3c4d, 2, 0, 0, 28 },
		  7,
		  DAMAGED("0xa0d0d0a", "is of a version other than 1") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(false);
		put_section(false);
		put_interface(1, 0, 6, 0);
		assert_int_equal(image.length, 72);
		for (int w = 0; w < cases[i].n; w++)
			put_32(cases[i].words[w]);
		read_image();
		assert_failed(0, cases[i].text);
	}
}

static void progress_goes_by_the_bytes_of_the_file(void **state)
{
	struct capture_packet p;
	struct capture *c;
	char error[256];

	build_pcap();
	write_file(image.data, image.length);
	c = capture_open(file, error, sizeof(error));
	assert_true(capture_progress(c) < 0.2);
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	assert_true(capture_progress(c) > 0.2 && capture_progress(c) < 0.8);
	capture_close(c);
	capture_close(NULL);
	read_image();
	assert_true(reading.progress == 1);
	packed.length = 0;
	pack();
	read_packed();
	assert_true(reading.progress > 0.9 && reading.progress <= 1);
}

/* xorshift64: the same damage on every machine. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Set some bytes to any or to a treacherous value, and cut one time in four. */
static size_t damage(uint8_t *bytes, size_t n, uint64_t *seed)
{
	static const uint8_t treacherous[] = { 0, 1, 3, 4, 6, 0x7f, 0x80, 0xff };
	uint64_t changes = 1 + next_random(seed) % 6, r;

	while (changes--) {
		r = next_random(seed);
		bytes[r % n] = r >> 32 & 1 ? treacherous[r >> 40 & 7] : (uint8_t)(r >> 40);
	}
	r = next_random(seed);
	return r & 3 ? n : (r >> 8) % n;
}

static void random_damage_is_survived(void **state)
{
	static uint8_t specimen[3][4096], bytes[4096];
	uint64_t seed = 88172645463325252ull;
	size_t length[3], n;

	build_pcap();
	memcpy(specimen[0], image.data, length[0] = image.length);
	build_pcapng();
	memcpy(specimen[1], image.data, length[1] = image.length);
	packed.length = 0;
	pack();
	pack();
	memcpy(specimen[2], packed.data, length[2] = packed.length);
	for (int i = 0; i < DAMAGES; i++) {
		memcpy(bytes, specimen[i % 3], length[i % 3]);
		n = damage(bytes, length[i % 3], &seed);
		write_file(bytes, n);
		read_path(file, false);
		assert_true(reading.opened || *reading.error);
		assert_true(reading.status == CAPTURE_END || *reading.error);
		assert_true(reading.packets < 1000);
	}
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(file, sizeof(file), "%s/file", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(file);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_is_read_in_both_byte_orders_and_both_clocks),
		cmocka_unit_test(old_kinds_of_pcap_are_read),
		cmocka_unit_test(every_link_type_the_parser_knows_is_read),
		cmocka_unit_test(
		        pcapng_sections_and_interfaces_keep_their_own_order_link_and_clock),
		cmocka_unit_test(pcapng_clocks_have_any_resolution_and_offset),
		cmocka_unit_test(a_simple_packet_is_cut_at_its_interfaces_snap_length),
		cmocka_unit_test(gzip_is_unpacked_whatever_its_members),
		cmocka_unit_test(stdin_is_read_from_a_pipe_and_left_open),
		cmocka_unit_test(large_files_and_packets_pass_through_the_buffers),
		cmocka_unit_test(a_cut_file_gives_the_whole_packets_and_tells_where_it_is_cut),
		cmocka_unit_test(cut_anywhere_no_packet_before_the_cut_is_lost),
		cmocka_unit_test(a_cut_or_damaged_gzip_file_is_not_taken_for_whole),
		cmocka_unit_test(what_is_no_capture_is_named_with_a_way_out),
		cmocka_unit_test(what_cannot_be_opened_or_read_is_told_with_the_reason),
		cmocka_unit_test(an_unsupported_link_type_is_named),
		cmocka_unit_test(an_unsupported_interface_fails_at_its_first_packet_only),
		cmocka_unit_test(impossible_pcap_lengths_end_the_reading),
		cmocka_unit_test(impossible_pcapng_blocks_end_the_reading),
		cmocka_unit_test(progress_goes_by_the_bytes_of_the_file),
		cmocka_unit_test(random_damage_is_survived),
	};

	return cmocka_run_group_tests_name("capture", tests, make_directory, remove_directory);
}
