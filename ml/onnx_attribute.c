// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attributes of an ONNX node. Numbers are floats or, since version 3 of ai.onnx.ml, a tensor of
 * floats or doubles, in its own field or as raw bytes; all become float64.
 */
#include "onnx_attribute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Onnx__Attribute *onnx_find(const Onnx__Node *node, const char *name)
{
	size_t i;

	for (i = 0; i < node->n_attribute; i++)
		if (!strcmp(onnx_text(node->attribute[i]->name), name))
			return node->attribute[i];
	return NULL;
}

/* The numbers of a tensor, n of them; allocated. NULL: none, or of a type that is not read. */
static double *tensor_numbers(const Onnx__Tensor *t, size_t *n)
{
	size_t wide = t->data_type == TENSOR_DOUBLE ? sizeof(double) : sizeof(float), i;
	double *to;
	float x;

	if (t->data_type != TENSOR_FLOAT && t->data_type != TENSOR_DOUBLE)
		return NULL;
	*n = t->has_raw_data                 ? t->raw_data.len / wide
	     : t->data_type == TENSOR_DOUBLE ? t->n_double_data
	                                     : t->n_float_data;
	to = calloc(*n + 1, sizeof(*to));
	for (i = 0; to && i < *n; i++)
		if (t->has_raw_data && wide == sizeof(double)) {
			memcpy(&to[i], t->raw_data.data + i * wide, wide);
		} else if (t->has_raw_data) {
			memcpy(&x, t->raw_data.data + i * wide, wide);
			to[i] = x;
		} else {
			to[i] = wide == sizeof(double) ? t->double_data[i] : t->float_data[i];
		}
	return to;
}

/* Numbers called name, or name_as_tensor; *n is 0 where there are none. 0 or negative. */
int onnx_numbers(struct model_draft *d, const Onnx__Node *node, const char *name, double **to,
                 size_t *n)
{
	const Onnx__Attribute *plain = onnx_find(node, name), *tensor;
	char long_name[64];
	size_t i;

	*n = 0;
	snprintf(long_name, sizeof(long_name), "%s_as_tensor", name);
	tensor = onnx_find(node, long_name);
	if (tensor && tensor->t) {
		*to = tensor_numbers(tensor->t, n);
	} else {
		*n = plain ? plain->n_floats : 0;
		*to = calloc(*n + 1, sizeof(**to));
		for (i = 0; *to && i < *n; i++)
			(*to)[i] = plain->floats[i];
	}
	if (!*to)
		return draft_fail(d, "%s: float or double numbers are wanted", name);
	for (i = 0; i < *n; i++)
		if (!isfinite((*to)[i]))
			return draft_fail(d, "%s: a number is not finite (at %zu)", name, i);
	return 0;
}

/* n integers called name. 0 or negative. */
int onnx_integers(struct model_draft *d, const Onnx__Node *node, const char *prefix,
                  const char *name, const int64_t **to, size_t n)
{
	const Onnx__Attribute *a;
	char whole[64];

	snprintf(whole, sizeof(whole), "%s_%s", prefix, name);
	a = onnx_find(node, whole);
	if (!a || a->n_ints != n)
		return draft_fail(d, "%s: %zu integers are wanted", whole, n);
	*to = a->ints;
	return 0;
}
