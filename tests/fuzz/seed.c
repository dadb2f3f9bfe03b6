// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Write seeds for fuzz_parse into a folder: the crafted packets, and frames of capture files.
 *
 *     seed FOLDER [CAPTURE...]
 *
 * Of each capture the first FRAMES frames. Files that are no captures are passed over.
 */
#include <stdio.h>
#include <string.h>

#include "../packet.h"
#include "capture.h"

#define FRAMES    20
#define FRAME_MAX 2000

static const char *folder;
static unsigned int seeds;
static struct packet frame;

static int write_seed(enum parse_link link, uint32_t tag, const uint8_t *data, uint32_t captured,
                      uint32_t missing)
{
	const uint8_t prefix[4] = { link, tag ? 1 : 0, missing, missing >> 8 };
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%06u", folder, seeds++);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return -1;
	}
	fwrite(prefix, 1, sizeof(prefix), file);
	fwrite(data, 1, captured < FRAME_MAX ? captured : FRAME_MAX, file);
	return fclose(file);
}

static int write_crafted(void)
{
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		packet_build(&frame, packet_cases[i].op);
		if (write_seed(packet_cases[i].link, packet_cases[i].stripped, frame.data,
		               frame.length, 0))
			return -1;
	}
	return 0;
}

static int write_capture(const char *path)
{
	char error[256];
	struct capture *capture = capture_open(path, error, sizeof(error));
	struct capture_packet packet;
	int frames = 0, failed = 0;

	if (!capture)
		return 0;
	while (frames++ < FRAMES && !failed && capture_next(capture, &packet) == CAPTURE_PACKET)
		failed = write_seed(packet.link, 0, packet.data, packet.captured,
		                    packet.length - packet.captured);
	capture_close(capture);
	return failed;
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: seed FOLDER [CAPTURE...]\n");
		return 2;
	}
	folder = argv[1];
	if (write_crafted())
		return 1;
	for (i = 2; i < argc; i++)
		if (write_capture(argv[i]))
			return 1;
	printf("%u\n", seeds);
	return 0;
}
