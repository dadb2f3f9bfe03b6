// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* In place of onnx_*.c where weir is built without libprotobuf-c. */
#include <errno.h>
#include <stdio.h>

#include "onnx.h"

const bool onnx_is_built = false;

static void refuse(char *error, size_t size)
{
	snprintf(error, size,
	         "this weir was built without ONNX; install libprotobuf-c-dev and "
	         "protobuf-c-compiler and build it again");
}

struct model *onnx_import(const void *data, size_t length, char *error, size_t size)
{
	refuse(error, size);
	return NULL;
}

int onnx_export(const struct model *m, void **data, size_t *length, char *error, size_t size)
{
	refuse(error, size);
	return -ENOTSUP;
}
