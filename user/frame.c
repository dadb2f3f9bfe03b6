// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frames of captures.
 *
 * The same way through the same parsers as in the kernel: the short one for common packets, the
 * long one for the rest, then a look at the head of the payload. Interface and direction are those
 * that are zero, since files do not tell.
 */
#include "frame.h"

#include "head.h"
#include "parse_common.h"

enum flow_cause frame_parse(struct flow_packet *k, const struct capture_packet *frame)
{
	static const struct parse_place nowhere;
	const uint8_t *end = frame->data + frame->captured;
	enum flow_cause cause = FLOW_OK;

	if (frame->link == PARSE_ETHERNET &&
	    parse_common(k, frame->data, end, frame->length, &nowhere)) {
		flow_zero(&k->head);
	} else {
		flow_zero(k);
		cause = parse_packet(k, frame->data, end, frame->length, frame->link, 0);
	}
	k->time_ns = frame->time_ns;
	if (cause == FLOW_OK)
		head_look(k, frame->data, end);
	return cause;
}
