/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one description of a flow record: CSV header, JSON keys, `weir fields`, later IPFIX. */
#ifndef WEIR_FIELD_H
#define WEIR_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "record.h"

enum field_type {
	FIELD_COUNT,   /* unsigned integer */
	FIELD_REAL,    /* double; NaN: empty, null */
	FIELD_SECONDS, /* nanoseconds in a uint64_t, written as seconds */
	FIELD_ADDRESS, /* 16 bytes and the IP version */
	FIELD_TEXT,    /* may be NULL: empty, null */
	FIELD_FLAG,    /* 0 or 1 in count, FIELD_ABSENT: empty, null */
};

#define FIELD_ABSENT UINT64_MAX

struct field_ip {
	const uint8_t *address;
	int version;
};

union field_value {
	uint64_t count; /* COUNT and SECONDS */
	double real;
	struct field_ip ip;
	const char *text;
};

struct field {
	const char *name;
	enum field_type type;
	const char *unit; /* "" for none */
	uint16_t ipfix;   /* IANA information element, 0: none (those that RFC 5103 reverses too) */
	const char *meaning; /* one line */
	void (*get)(const struct flow_record *r, const struct field *f, union field_value *v);
	uint8_t reverse; /* of the responder's direction */
	uint8_t size;    /* of the member at offset of struct flow_side; 0: not a plain member */
	uint16_t offset;
};

/* All fields, in the order of the outputs; the first eleven are those of the guide. */
extern const struct field fields[];
extern const size_t n_fields;

/* Of a direction in which nothing came: all such fields are 0, and need not be got. */
static inline bool field_is_zero(const struct field *f, const struct flow_record *r)
{
	return f->reverse && !r->rev->packets;
}

/*
 * A plain member, 0 in a direction in which nothing came: minima start at all ones. Read as eight
 * bytes, whatever its size, which the mask then leaves (struct flow_side ends in room for it).
 */
static inline uint64_t field_member(const struct field *f, const struct flow_record *r)
{
	const struct flow_side *side = f->reverse ? r->rev : r->fwd;
	unsigned int other_bits = 64 - 8 * f->size;
	uint64_t eight;

	if (!side->packets)
		return 0;
	memcpy(&eight, (const char *)side + f->offset, sizeof(eight));
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		eight <<= other_bits;
	return eight >> other_bits;
}

/* The name of a field's type: "integer", "real", ... */
const char *field_type_name(enum field_type type);

/* The reason a record was made: "idle", ... */
const char *record_end_name(enum record_end end);

/* Mean and population standard deviation of n values, exact until the last step. */
double field_mean(uint64_t sum, uint64_t n);
double field_deviation(uint64_t sum, uint64_t n, __uint128_t squares);

/* A number (COUNT, REAL, SECONDS) that is not absent, as digits.h writes it; the end comes back. */
char *field_put_number(char *to, const struct field *f, const union field_value *v);

/* A value as CSV (RFC 4180; text that a spreadsheet would take for a formula gets a quote). */
void field_put_csv(struct buf *b, const struct field *f, const union field_value *v);

/* A value as JSON (RFC 8259). */
void field_put_json(struct buf *b, const struct field *f, const union field_value *v);

/* Text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
void field_put_json_text(struct buf *b, const char *text);

#endif
