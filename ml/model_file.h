/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bytes of a model file; for model*.c and for those who damage files on purpose. */
#ifndef WEIR_MODEL_FILE_H
#define WEIR_MODEL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

#define MODEL_MAGIC    "weirmodl"
#define MODEL_VERSION  1
#define MODEL_TEXT_MAX (64U << 20)

struct model_header {
	char magic[8];
	uint32_t version;
	uint32_t flags; /* enum model_flag */
	uint64_t length;
	uint64_t checksum; /* of the whole file, this field being 0 */
	uint64_t schema;
	uint32_t kind, forest_kind;
	uint32_t n_features, n_classes, n_outputs;
	uint32_t n_trees, n_nodes, n_values;
	uint32_t max_samples;
	uint32_t text_bytes;
	double threshold;
	uint8_t unused[40]; /* 0 */
};

enum model_flag {
	MODEL_HAS_SCALER = 1,
	MODEL_HAS_USUAL = 2,
};

/* What follows the header, in this order. */
enum model_section {
	SECTION_QUANTILE,
	SECTION_MEAN,
	SECTION_SCALE,
	SECTION_USUAL,
	SECTION_BASELINE,
	SECTION_ROOT,
	SECTION_DEPTH,
	SECTION_NODES,
	SECTION_COVER,
	SECTION_VALUES,
	SECTION_TEXT,
	MODEL_SECTIONS,
};

struct model_layout {
	uint64_t at[MODEL_SECTIONS], bytes[MODEL_SECTIONS];
	uint64_t length;
};

_Static_assert(sizeof(struct model_header) == 128, "the header is two cache lines");
_Static_assert(sizeof(struct forest_node) == 16, "nodes lie in the file as in memory");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "model files are little endian");

/* Where everything lies by the header's counts. */
void model_lay_out(struct model_layout *l, const struct model_header *h);

/* The checksum that belongs into the header of these bytes, at least a header long. */
uint64_t model_checksum(const void *data, size_t length);

/* The bytes of m, one allocation. 0, or negative with one line in error. */
int model_encode(const struct model *m, void **data, size_t *length, char *error, size_t size);

/*
 * Check everything and point m (a model_close()able allocation) into data, which is aligned to 16
 * bytes. NULL with the reason in error.
 */
struct model *model_decode(const void *data, size_t length, char *error, size_t size);

#endif
