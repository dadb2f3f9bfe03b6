/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Models as ONNX files: TreeEnsembleClassifier and TreeEnsembleRegressor of the domain ai.onnx.ml,
 * versions 1 to 3 (onnx.ai/onnx/operators). Built where libprotobuf-c and protoc-c are; elsewhere
 * both functions say so.
 */
#ifndef WEIR_ONNX_H
#define WEIR_ONNX_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

extern const bool onnx_is_built;

/*
 * The graph may be a Scaler, the ensemble, and what turns its answer into another shape (Cast,
 * Identity, ZipMap, Normalizer); a regressor is taken when a Sigmoid or Softmax follows, or when
 * onnx_export() wrote it of an anomaly model. NULL with the reason in error.
 */
struct model *onnx_import(const void *data, size_t length, char *error, size_t size);

/*
 * The file's bytes, allocated. It takes rows as they are, in float32: the scaler is folded into the
 * thresholds, so that each comparison comes out as ours for every row whose values are float32.
 * Quantiles and usual ranges are not in it. 0, or negative with the reason in error.
 */
int onnx_export(const struct model *m, void **data, size_t *length, char *error, size_t size);

#endif
