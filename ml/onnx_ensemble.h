/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A tree ensemble as ONNX has it, columns side by side: between the files of onnx_*.c. */
#ifndef WEIR_ONNX_ENSEMBLE_H
#define WEIR_ONNX_ENSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct model_draft;

/* What becomes of a row's sums. */
enum onnx_transform {
	ONNX_NONE,
	ONNX_LOGISTIC,
	ONNX_SOFTMAX,
};

struct onnx_ensemble {
	/* [n_nodes]; borrowed, but for the doubles */
	size_t n_nodes;
	const int64_t *tree, *node, *feature, *yes, *no;
	char *const *mode;
	double *threshold;
	double *cover; /* NULL: not known */
	/* [n_weights], of leaves */
	size_t n_weights;
	const int64_t *weight_tree, *weight_node, *weight_output;
	double *weight;
	double *base; /* [n_base]: 0 or a number an output */
	size_t n_base;
	enum onnx_transform transform;
	bool average;       /* a regressor's weights are averaged over the trees, not added */
	uint32_t n_outputs; /* classes or targets */
};

/* Put the trees into the draft, which has begun with its kind. 0 or negative. */
int onnx_take_trees(struct model_draft *d, const struct onnx_ensemble *e);

/* The same on the way out. Columns of integers are one allocation, those of floats another. */
struct onnx_columns {
	size_t n_nodes, n_weights;
	int64_t *tree, *node, *feature, *yes, *no, *missing;
	char **mode;
	float *threshold, *cover;
	int64_t *weight_tree, *weight_node, *weight_output;
	float *weight;
	float *base;
};

/* 0 or -ENOMEM; to be cleared in either case. */
int onnx_columns_fill(struct onnx_columns *c, const struct model *m);
void onnx_columns_clear(struct onnx_columns *c);

#endif
