// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Label rules: the guide's example, each condition at its borders, and mistakes with their line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feature.h"
#include "label_rules.h"

#define CASE(test) cmocka_unit_test(test)

static const char *const guide = "# the guide's _label_flow\n"
                                 "high_traffic if bytes_per_second > 1000000  # 1 MB/s\n"
                                 "web_traffic if dst_port in 80,443\n"
                                 "\n"
                                 "other\n";

static struct label_rules *parse(const char *text, char *error, size_t size)
{
	return label_rules_parse("r", text, strlen(text), error, size);
}

/* The class of a flow with these two fields. */
static const char *class_of(const char *text, double rate, double port)
{
	static char label[64];
	double values[FEATURE_FIELDS] = { 0 };
	char error[256] = "";
	struct label_rules *rules = parse(text, error, sizeof(error));
	const char *found;

	assert_string_equal(error, "");
	assert_non_null(rules);
	values[feature_field("bytes_per_second")] = rate;
	values[feature_field("dst_port")] = port;
	found = label_rules_apply(rules, values);
	snprintf(label, sizeof(label), "%s", found ? found : "(none)");
	label_rules_free(rules);
	return label;
}

static void the_rules_of_the_guide_give_its_classes(void **state)
{
	assert_string_equal(class_of(guide, 1000001, 80), "high_traffic");
	assert_string_equal(class_of(guide, 1000000, 80), "web_traffic");
	assert_string_equal(class_of(guide, 0, 443), "web_traffic");
	assert_string_equal(class_of(guide, 0, 22), "other");
}

static void each_condition_holds_up_to_its_border(void **state)
{
	static const struct {
		const char *condition;
		const char *holds; /* for the ports 79, 80, 81 */
	} cases[] = {
		{ "dst_port < 80", "100" },
		{ "dst_port <= 80", "110" },
		{ "dst_port > 80", "001" },
		{ "dst_port >= 80", "011" },
		{ "dst_port == 80", "010" },
		{ "dst_port != 80", "101" },
		{ "dst_port in 79-80", "110" },
		{ "dst_port not in 79-80", "001" },
		{ "dst_port in 79,81", "101" },
		{ "dst_port in 1-79,81-90", "101" },
		{ "dst_port>=80 and dst_port<81", "010" },
		{ "dst_port in -5--1", "000" },
	};
	char text[128];
	size_t i;
	int port;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (port = 79; port <= 81; port++) {
			snprintf(text, sizeof(text), "yes if %s", cases[i].condition);
			assert_string_equal(class_of(text, 0, port),
			                    cases[i].holds[port - 79] == '1' ? "yes" : "(none)");
		}
}

static void the_fields_of_conditions_are_listed_once(void **state)
{
	struct label_rules *rules = parse("a if dst_port < 5 and bytes > 1\nb if dst_port > 7\nc",
	                                  NULL, 0);
	const int16_t *list;

	assert_int_equal(label_rules_fields(rules, &list), 2);
	assert_int_equal(list[0], feature_field("dst_port"));
	assert_int_equal(list[1], feature_field("bytes"));
	label_rules_free(rules);
}

static void a_mistake_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "r: line 0: no rule; one is: other" },
		{ "# nothing\n\n", "r: line 2: no rule; one is: other" },
		{ "a\nweb if port in 80\n",
		  "r: line 2: there is no field 'port'; 'weir fields' lists them" },
		{ "web if src_ip == 1", "r: line 1: the field 'src_ip' is no number, which rules "
		                        "need" },
		{ "web when dst_port == 1", "r: line 1: behind the class 'web' stands neither 'if' "
		                            "nor the end of the line" },
		{ "web if", "r: line 1: a condition is missing, as in: dst_port in 80,443" },
		{ "web if dst_port = 80", "r: line 1: '=' is no comparison; there are < <= > >= == "
		                          "!= in and not in" },
		{ "web if dst_port", "r: line 1: '' is no comparison; there are < <= > >= == != in "
		                     "and not in" },
		{ "web if dst_port > x", "r: line 1: a number is missing behind '>', here is x" },
		{ "web if dst_port > nan", "r: line 1: a number is missing behind '>', here is "
		                           "nan" },
		{ "web if dst_port in", "r: line 1: numbers are missing behind 'in', as in "
		                        "80,443" },
		{ "web if dst_port in 80,", "r: line 1: numbers are missing behind 'in', as in "
		                            "80,443" },
		{ "web if dst_port in 90-80", "r: line 1: '90-80' is no number and no range" },
		{ "web if dst_port in 90-", "r: line 1: '90-' is no range, as 8000-8099 is" },
		{ "web if dst_port not 80", "r: line 1: 'in' is missing behind 'not'" },
		{ "web if dst_port in 80 or bytes > 1", "r: line 1: 'or' was not expected here; "
		                                        "conditions are joined by 'and'" },
	};
	char error[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(parse(cases[i].text, error, sizeof(error)));
		assert_string_equal(error, cases[i].message);
	}
	assert_null(label_rules_parse("r", "a\0b", 3, error, sizeof(error)));
	assert_string_equal(error, "r: line 1: has a NUL byte; this is no text");
	assert_null(label_rules_open("/nonexistent/rules", error, sizeof(error)));
	assert_string_equal(error, "/nonexistent/rules: cannot open: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_rules_of_the_guide_give_its_classes),
		CASE(each_condition_holds_up_to_its_border),
		CASE(the_fields_of_conditions_are_listed_once),
		CASE(a_mistake_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
