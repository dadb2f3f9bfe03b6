// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ONNX files: any bytes. What is taken is asked and goes out again. */
#include <stdlib.h>

#include "ask.h"
#include "onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char error[300];
	struct model *m = onnx_import(data, length, error, sizeof(error));
	size_t out_length;
	void *out;

	if (!m)
		return 0;
	ask(m);
	if (onnx_export(m, &out, &out_length, error, sizeof(error)))
		abort();
	free(out);
	model_close(m);
	return 0;
}
