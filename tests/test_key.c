// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys made independent of direction, compared with the plain way to do it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "key.h"

#define ROUNDS 100000

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Addresses of few different bytes, so that all orders and equalities come up. */
static struct flow_key draw(uint64_t *state)
{
	struct flow_key key = { .protocol = 6, .ip_version = 6, .direction = 1, .vlan = { 7, 9 } };
	uint64_t chance = next(state);

	key.src[chance % 16] = chance >> 8 & 0x81;
	key.dst[chance % 16] = chance >> 16 & 0x81;
	key.src[chance >> 24 & 15] = 0xff;
	key.dst[chance >> 28 & 15] = 0xff;
	key.src_port = chance >> 32 & 3;
	key.dst_port = chance >> 36 & 3;
	return key;
}

static struct flow_key reverse(const struct flow_key *key)
{
	struct flow_key back = *key;

	memcpy(back.src, key->dst, 16);
	memcpy(back.dst, key->src, 16);
	back.src_port = key->dst_port;
	back.dst_port = key->src_port;
	return back;
}

static void the_smaller_end_by_bytes_comes_first(void **state)
{
	uint64_t x = 88172645463325252ULL;

	for (int i = 0; i < ROUNDS; i++) {
		struct flow_key key = draw(&x), expected = key;
		int order = memcmp(key.src, key.dst, 16);
		int turned = order > 0 || (order == 0 && key.src_port > key.dst_port);

		if (turned)
			expected = reverse(&key);
		expected.direction = 0;
		assert_int_equal(key_make_canonical(&key), turned);
		assert_memory_equal(&key, &expected, sizeof(key));
	}
}

static void both_ways_have_one_key_and_one_hash(void **state)
{
	uint64_t x = 88172645463325252ULL;

	for (int i = 0; i < ROUNDS; i++) {
		struct flow_key key = draw(&x), back = reverse(&key);

		assert_int_equal(key_hash(&key, x), key_hash(&back, x));
		key_make_canonical(&key);
		key_make_canonical(&back);
		assert_true(key_is(&key, &back));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smaller_end_by_bytes_comes_first),
		cmocka_unit_test(both_ways_have_one_key_and_one_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
