/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Models made elsewhere: what tools/export_sklearn.py writes of scikit-learn's, and the JSON of
 * XGBoost. See model_import.c for the format.
 */
#ifndef WEIR_MODEL_IMPORT_H
#define WEIR_MODEL_IMPORT_H

#include <stddef.h>

#include "model.h"

struct json;
struct model_draft;

/*
 * text[length], '\0' behind it, is written to and may be freed afterwards. NULL with the reason in
 * error.
 */
struct model *model_import_json(char *text, size_t length, char *error, size_t size);

/* For model_import.c: begin the draft with the XGBoost model at token t. 0 or negative. */
int import_xgboost(struct model_draft *d, const struct json *j, uint32_t t);

#endif
