/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attributes of an ONNX node, in whichever of their forms they came. */
#ifndef WEIR_ONNX_ATTRIBUTE_H
#define WEIR_ONNX_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include <onnx.pb-c.h> /* made from onnx.proto */

#include "model_draft.h"

enum onnx_tensor_type {
	TENSOR_FLOAT = 1,
	TENSOR_STRING = 8,
	TENSOR_DOUBLE = 11,
};

/* NULL: there is none. */
const Onnx__Attribute *onnx_find(const Onnx__Node *node, const char *name);

/* Finite numbers called name, or name_as_tensor, allocated; *n is 0 where there are none. */
int onnx_numbers(struct model_draft *d, const Onnx__Node *node, const char *name, double **to,
                 size_t *n);

/* The n integers called prefix_name, borrowed. 0 or negative. */
int onnx_integers(struct model_draft *d, const Onnx__Node *node, const char *prefix,
                  const char *name, const int64_t **to, size_t n);

/* A string that may be missing. */
static inline const char *onnx_text(const char *s)
{
	return s ? s : "";
}

#endif
