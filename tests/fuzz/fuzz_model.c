// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Model files: any bytes, with the length and the checksum that fit them, since guessing those
 * would be all that happened otherwise. What is taken is asked, and written as it was read.
 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "model_file.h"

static void check_again(const struct model *m)
{
	char error[300];
	size_t length;
	void *data;

	if (model_encode(m, &data, &length, error, sizeof(error)))
		abort();
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct model_header h;
	char error[300];
	struct model *m;
	uint8_t *copy = malloc(length ? length : 1);

	memcpy(copy, data, length);
	if (length >= sizeof(h)) {
		memcpy(&h, copy, sizeof(h));
		memcpy(h.magic, MODEL_MAGIC, sizeof(h.magic));
		h.length = length;
		memcpy(copy, &h, sizeof(h));
		h.checksum = model_checksum(copy, length);
		memcpy(copy, &h, sizeof(h));
	}
	m = model_from_bytes(copy, length, error, sizeof(error));
	if (m) {
		ask(m);
		check_again(m);
	}
	model_close(m);
	free(copy);
	return 0;
}
