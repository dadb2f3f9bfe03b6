// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heads: bytes counted by kind as one would count them, and only those that are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "head.h"

#define HEADERS 54

/* The head of a packet whose payload is that long and of which so many bytes were captured. */
static struct flow_head head_of(const uint8_t *payload, uint32_t size, uint32_t captured,
                                uint8_t fragment)
{
	struct flow_packet k = { .headers = HEADERS, .payload = size, .fragment = fragment };
	uint8_t *frame = malloc(HEADERS + captured); /* ASan sees whoever reads behind it */

	assert_non_null(frame);
	memset(frame, 'h', HEADERS);
	memcpy(frame + HEADERS, payload, captured);
	head_look(&k, frame, frame + HEADERS + captured);
	free(frame);
	return k.head;
}

static void assert_head(struct flow_head is, uint32_t bytes, uint32_t text, uint32_t zero,
                        uint32_t high)
{
	assert_int_equal(is.bytes, bytes);
	assert_int_equal(is.text, text);
	assert_int_equal(is.zero, zero);
	assert_int_equal(is.high, high);
}

static void every_byte_in_every_place_is_of_its_kind(void **state)
{
	uint8_t payload[8];
	uint32_t byte, at, beside;

	for (beside = 0; beside < 256; beside += 85) /* 0, 'U', 170, 255 */
		for (byte = 0; byte < 256; byte++)
			for (at = 0; at < 8; at++) {
				memset(payload, (int)beside, 8);
				payload[at] = byte;
				assert_head(head_of(payload, 8, 8, FLOW_WHOLE), 8,
				            7 * (beside == 85) + (byte >= 32 && byte < 127),
				            7 * (beside == 0) + (byte == 0),
				            7 * (beside > 127) + (byte > 127));
			}
}

static void protocols_begin_as_they_do(void **state)
{
	assert_head(head_of((const uint8_t *)"GET / HTTP/1.1\r\n", 16, 16, FLOW_WHOLE), 8, 8, 0, 0);
	assert_head(head_of((const uint8_t *)"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 10, 10,
	                    FLOW_WHOLE),
	            8, 0, 2, 0);
	assert_head(head_of((const uint8_t *)"\0\1\0\0\0\6\1\3\0\0", 10, 10, FLOW_WHOLE), 8, 0, 4,
	            0);
}

static void a_short_payload_is_looked_at_as_far_as_it_goes(void **state)
{
	static const uint8_t payload[] = { 0, 0, 'a', 'b', 200, 0, 'c', 3 };

	assert_head(head_of(payload, 0, 0, FLOW_WHOLE), 0, 0, 0, 0);
	assert_head(head_of(payload, 0, 6, FLOW_WHOLE), 0, 0, 0, 0); /* padding is no payload */
	assert_head(head_of(payload, 1, 1, FLOW_WHOLE), 1, 0, 1, 0);
	assert_head(head_of(payload, 3, 8, FLOW_WHOLE), 3, 1, 2, 0);
	assert_head(head_of(payload, 7, 7, FLOW_WHOLE), 7, 3, 3, 1);
	assert_head(head_of(payload, 8, 8, FLOW_WHOLE), 8, 3, 3, 1);
}

static void what_was_not_captured_is_unknown(void **state)
{
	static const uint8_t payload[] = "abcdefgh";
	uint32_t captured;

	for (captured = 0; captured < 8; captured++)
		assert_head(head_of(payload, 100, captured, FLOW_WHOLE), 0, 0, 0, 0);
	assert_head(head_of(payload, 100, 8, FLOW_WHOLE), 8, 8, 0, 0);
	assert_head(head_of(payload, 5, 4, FLOW_WHOLE), 0, 0, 0, 0);
}

static void a_later_fragment_has_no_head(void **state)
{
	static const uint8_t payload[] = "abcdefgh";

	assert_head(head_of(payload, 8, 8, FLOW_FIRST_FRAGMENT), 8, 8, 0, 0);
	assert_head(head_of(payload, 8, 8, FLOW_LATER_FRAGMENT), 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_in_every_place_is_of_its_kind),
		cmocka_unit_test(protocols_begin_as_they_do),
		cmocka_unit_test(a_short_payload_is_looked_at_as_far_as_it_goes),
		cmocka_unit_test(what_was_not_captured_is_unknown),
		cmocka_unit_test(a_later_fragment_has_no_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
