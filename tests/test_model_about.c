// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Metadata of models as text: what a line holds, and where long ones are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model_show.h"

static void assert_shown(const char *about, const char *expected)
{
	struct buf b = { 0 };

	model_show_about(&b, about);
	buf_char(&b, '\0');
	assert_int_equal(b.error, 0);
	assert_string_equal(b.data, expected);
	buf_clear(&b);
}

static void each_key_has_a_line(void **state)
{
	assert_shown("{}", "");
	assert_shown("{\"weir\":\"0.1\",\"rows\":7,\"scaled\":false,\"none\":null,\"empty\":\"\"}",
	             "about      weir: 0.1\n"
	             "           rows: 7\n"
	             "           scaled: false\n"
	             "           none: null\n"
	             "           empty: \n");
}

static void what_is_in_a_value_is_told_in_its_line(void **state)
{
	assert_shown("{\"held_out\":{\"accuracy\":0.5,\"why\":{\"a\":[1]}},\"list\":[1,\"x\",[]]}",
	             "about      held_out: accuracy 0.5, why {\"a\":[1]}\n"
	             "           list: 1, \"x\", []\n");
}

static void long_lists_are_cut_between_their_parts(void **state)
{
	assert_shown(
	        "{\"ports\":\"12;1=24;6/443=75;6/80=22;17/5355=34;17/5353=35;17/123=46;17/137=44;"
	        "17/1900=66;17/443=52\"}",
	        "about      ports: "
	        "12;1=24;6/443=75;6/80=22;17/5355=34;17/5353=35;17/123=46;17/137=44;"
	        "... (2 more)\n");
	assert_shown(
	        "{\"n\":[10000000000,20000000000,30000000000,40000000000,50000000000,60000000000,"
	        "70000000000]}",
	        "about      n: 10000000000, 20000000000, 30000000000, 40000000000, 50000000000, "
	        "... (2 more)\n");
}

/* 68 bytes fit, and what has no parts is not cut. */
static void nothing_is_cut_that_fits(void **state)
{
	assert_shown(
	        "{\"a\":\"1234567890123456789012345678901234567890,123456789012345678901234567\"}",
	        "about      a: 1234567890123456789012345678901234567890,"
	        "123456789012345678901234567\n");
	assert_shown("{\"a\":\"1234567890123456789012345678901234567890,"
	             "1234567890123456789012345678\"}",
	             "about      a: 1234567890123456789012345678901234567890,... (1 more)\n");
	assert_shown("{\"a\":"
	             "\"12345678901234567890123456789012345678901234567890123456789012345678901\"}",
	             "about      a: "
	             "12345678901234567890123456789012345678901234567890123456789012345678901\n");
}

static void a_terminal_is_not_told_what_to_do(void **state)
{
	assert_shown("{\"a\\u001b[2J\":\"b\\u001b[2J\",\"c\":{\"d\\u0007\":1}}",
	             "about      a\\x1b[2J: b\\x1b[2J\n"
	             "           c: d\\x07 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_a_line),
		cmocka_unit_test(what_is_in_a_value_is_told_in_its_line),
		cmocka_unit_test(long_lists_are_cut_between_their_parts),
		cmocka_unit_test(nothing_is_cut_that_fits),
		cmocka_unit_test(a_terminal_is_not_told_what_to_do),
	};

	return cmocka_run_group_tests_name("model_about", tests, NULL, NULL);
}
