// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Options and quantities: what is accepted, and word for word what is said otherwise.
 * Each case runs opt_parse() with stdout and stderr led into files and compares what came out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "opt.h"

#define SECOND 1000000000ULL
#define ARGS   48

struct settings {
	bool uniflow;
	bool quiet;
	uint64_t top;
	uint64_t flows;
	uint64_t idle;
	uint64_t interval;
	int mode;
	const char *file;
	struct opt_list outputs;
};

#define FIELD(member) offsetof(struct settings, member)
static const struct opt options[] = {
	{ "idle-timeout", 0, "TIME", OPT_DURATION, FIELD(idle), 0, 0, NULL, "end idle flows" },
	{ "interval", 'i', "TIME", OPT_DURATION, FIELD(interval), SECOND / 100, 3600 * SECOND, NULL,
	  "drain this often" },
	{ "top", 'n', "N", OPT_NUMBER, FIELD(top), 1, 1000, NULL, "rows shown" },
	{ "flows", 0, "N", OPT_NUMBER, FIELD(flows), 0, 0, NULL, "flows kept" },
	{ "mode", 'm', "MODE", OPT_CHOICE, FIELD(mode), 0, 0, "auto|xdp|tc", "how to attach" },
	{ "file", 'f', "PATH", OPT_TEXT, FIELD(file), 0, 0, NULL, "read this" },
	{ "output", 'o', "KIND:PATH", OPT_LIST, FIELD(outputs), 0, 0, NULL, "where records go" },
	{ "uniflow", 'u', NULL, OPT_FLAG, FIELD(uniflow), 0, 0, NULL, "one flow a direction" },
	{ "quiet", 'q', NULL, OPT_FLAG, FIELD(quiet), 0, 0, NULL, "say less" },
};

static const struct opt_command command = {
	.name = "monitor",
	.arguments = "IFACE...",
	.summary = "Count the flows of interfaces.",
	.details = "Ctrl-C ends it.",
	.options = options,
	.n_options = sizeof(options) / sizeof(*options),
};

static const struct settings defaults = {
	.idle = 15 * SECOND,
	.interval = 5 * SECOND,
	.top = 10,
	.flows = 1000000,
	.outputs = { .item = { "table:" }, .count = 1 },
};

struct outcome {
	enum opt_result result;
	struct settings settings;
	int argc;
	char *argv[ARGS];
	char out[4096];
	char err[4096];
};

static int redirect(int fd, FILE *to)
{
	int saved = dup(fd);

	assert_true(saved >= 0 && dup2(fileno(to), fd) == fd);
	return saved;
}

static void restore(int fd, int saved, FILE *from, char *text, size_t size)
{
	size_t n;

	dup2(saved, fd);
	close(saved);
	rewind(from);
	n = fread(text, 1, size - 1, from);
	text[n] = '\0';
	fclose(from);
}

/* Parse a command line of words separated by single blanks; words is cut up. */
static void parse(char *words, struct outcome *o)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out, saved_err;

	assert_true(out && err);
	*o = (struct outcome){ .settings = defaults };
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		assert_true(o->argc < ARGS - 1);
		o->argv[o->argc++] = word;
	}
	fflush(stdout);
	saved_out = redirect(STDOUT_FILENO, out);
	saved_err = redirect(STDERR_FILENO, err);
	o->result = opt_parse(&command, &o->settings, &o->argc, o->argv);
	fflush(stdout);
	restore(STDERR_FILENO, saved_err, err, o->err, sizeof(o->err));
	restore(STDOUT_FILENO, saved_out, out, o->out, sizeof(o->out));
}

static void assert_silent(const struct outcome *o)
{
	assert_string_equal(o->err, "");
	assert_string_equal(o->out, "");
	assert_int_equal(o->result, OPT_GO);
}

static void nothing_given_leaves_the_defaults(void **state)
{
	char words[] = "monitor";
	struct outcome o;

	parse(words, &o);
	assert_silent(&o);
	assert_int_equal(o.argc, 0);
	assert_null(o.argv[0]);
	assert_memory_equal(&o.settings, &defaults, sizeof(defaults));
}

static void every_way_to_write_an_option_means_the_same(void **state)
{
	static const char *const lines[] = {
		"monitor --top 7 --uniflow --quiet --mode tc eth0 -",
		"monitor --top=7 --uniflow --quiet --mode=tc eth0 -",
		"monitor eth0 -n7 -uq -mtc -",
		"monitor eth0 - -uqn 7 -m tc",
		"monitor -q -u -n 7 -m tc eth0 -- -",
		"monitor -n 3 -n 7 --mode xdp --mode tc -u --uniflow=no --uniflow=yes -q eth0 -",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char words[256];
		struct outcome o;

		strcpy(words, lines[i]);
		parse(words, &o);
		assert_silent(&o);
		assert_int_equal(o.settings.top, 7);
		assert_true(o.settings.uniflow && o.settings.quiet);
		assert_int_equal(o.settings.mode, 2);
		assert_int_equal(o.argc, 2);
		assert_string_equal(o.argv[0], "eth0");
		assert_string_equal(o.argv[1], "-");
		assert_null(o.argv[2]);
	}
}

static void two_dashes_end_the_options(void **state)
{
	char words[] = "monitor -u -- -q --top -- x";
	struct outcome o;

	parse(words, &o);
	assert_silent(&o);
	assert_false(o.settings.quiet);
	assert_int_equal(o.argc, 4);
	assert_string_equal(o.argv[0], "-q");
	assert_string_equal(o.argv[1], "--top");
	assert_string_equal(o.argv[2], "--");
	assert_string_equal(o.argv[3], "x");
}

static void an_option_takes_the_next_word_whatever_it_is(void **state)
{
	char words[] = "monitor --file --help -f -- x";
	struct outcome o;

	parse(words, &o);
	assert_silent(&o);
	assert_string_equal(o.settings.file, "--");
	assert_int_equal(o.argc, 1);
	assert_string_equal(o.argv[0], "x");
}

static void durations_take_units_and_decimals(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t ns;
	} cases[] = {
		{ "0", 0, 0 },
		{ "5", 0, 5 * SECOND },
		{ "5s", 0, 5 * SECOND },
		{ "0.5", 0, SECOND / 2 },
		{ "1.50s", 0, 3 * SECOND / 2 },
		{ "250ms", 0, SECOND / 4 },
		{ "10us", 0, 10000 },
		{ "1ns", 0, 1 },
		{ "0.000000001", 0, 1 },
		{ "0.0000000010000", 0, 1 },
		{ "2m", 0, 120 * SECOND },
		{ "0.1m", 0, 6 * SECOND },
		{ "1h", 0, 3600 * SECOND },
		{ "1.5d", 0, 129600 * SECOND },
		{ "18446744073.709551615", 0, UINT64_MAX },
		{ "18446744073.709551616", -EINVAL, 0 },
		{ "18446744074", -EINVAL, 0 },
		{ "99999999999999999999999999", -EINVAL, 0 },
		{ "0.0000000001", -EINVAL, 0 },
		{ "0.5ns", -EINVAL, 0 },
		{ "1.05ns", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "5.", -EINVAL, 0 },
		{ "5.s", -EINVAL, 0 },
		{ "1.2.3s", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ " 5s", -EINVAL, 0 },
		{ "5s ", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "+5s", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t ns = 77;
		int result = opt_parse_duration(cases[i].text, &ns);

		if (result != cases[i].result || ns != (result ? 77 : cases[i].ns))
			fail_msg("'%s': %d, %llu ns", cases[i].text, result,
			         (unsigned long long)ns);
	}
}

static void numbers_take_suffixes_and_their_limits(void **state)
{
	static const struct {
		const char *text;
		uint64_t flows;
	} cases[] = {
		{ "0", 0 },
		{ "64k", 64000 },
		{ "1.5M", 1500000 },
		{ "2G", 2000000000 },
		{ "7.0", 7 },
		{ "007", 7 },
		{ "18446744073709551615", UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char words[64];
		struct outcome o;

		sprintf(words, "monitor --flows %s", cases[i].text);
		parse(words, &o);
		assert_silent(&o);
		assert_true(o.settings.flows == cases[i].flows);
	}
}

static void a_mistake_is_answered_by_one_message(void **state)
{
	static const struct {
		const char *line, *err;
	} cases[] = {
		{ "--idle-timeout 5x",
		  "--idle-timeout: '5x' is not a duration; try 5s, 250ms, 2m or 1h" },
		{ "--idle-timeout=",
		  "--idle-timeout: '' is not a duration; try 5s, 250ms, 2m or 1h" },
		{ "-i 9ms", "--interval: 9ms is too small; at least 10ms" },
		{ "-i 0", "--interval: 0 is too small; at least 10ms" },
		{ "-i 2h", "--interval: 2h is too large; at most 1h" },
		{ "-i 9999999999999999999d",
		  "--interval: 9999999999999999999d is too large; at most 1h" },
		{ "--top 0", "--top: 0 is too small; at least 1" },
		{ "--top 1001", "--top: 1001 is too large; at most 1k" },
		{ "--top 2k", "--top: 2k is too large; at most 1k" },
		{ "--top -5", "--top: -5 is too small; at least 1" },
		{ "--top 5x", "--top: '5x' is not a whole number; try 1000, 64k or 2M" },
		{ "--top 1.5", "--top: '1.5' is not a whole number; try 1000, 64k or 2M" },
		{ "--top -x", "--top: '-x' is not a whole number; try 1000, 64k or 2M" },
		{ "--flows 18446744073709551616", "--flows: 18446744073709551616 is too large; at "
		                                  "most 18446744073709551615" },
		{ "--mode fast", "--mode: 'fast' is not a choice; choose auto, xdp or tc" },
		{ "--mode xd", "--mode: 'xd' is not a choice; choose auto, xdp or tc" },
		{ "--mode=", "--mode: '' is not a choice; choose auto, xdp or tc" },
		{ "--uniflow=perhaps", "--uniflow: 'perhaps' is neither yes nor no" },
		{ "--top", "--top: its value is missing; give --top N" },
		{ "eth0 -qo", "--output: its value is missing; give --output KIND:PATH" },
		{ "--bogus", "--bogus: unknown option; try: weir monitor --help" },
		{ "--bogus=5", "--bogus: unknown option; try: weir monitor --help" },
		{ "--to 5", "--to: unknown option; try: weir monitor --help" },
		{ "--=5", "--: unknown option; try: weir monitor --help" },
		{ "--help=5", "--help: unknown option; try: weir monitor --help" },
		{ "-qz", "-z: unknown option; try: weir monitor --help" },
		{ "--bogus --top 0", "--bogus: unknown option; try: weir monitor --help" },
		{ "--mode \x1b[2Jx\x7f\xc2\x9b", "--mode: '\\x1b[2Jx\\x7f\\xc2\\x9b' is not a "
		                                 "choice; choose auto, xdp or tc" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char words[128], expected[256];
		struct outcome o;

		sprintf(words, "monitor %s", cases[i].line);
		sprintf(expected, "weir: %s\n", cases[i].err);
		parse(words, &o);
		assert_string_equal(o.err, expected);
		assert_string_equal(o.out, "");
		assert_int_equal(o.result, OPT_WRONG);
	}
}

static void a_list_replaces_its_default_and_has_an_end(void **state)
{
	char two[] = "monitor -o csv:- --output=json:x", many[512] = "monitor";
	struct outcome o;

	parse(two, &o);
	assert_silent(&o);
	assert_int_equal(o.settings.outputs.count, 2);
	assert_string_equal(o.settings.outputs.item[0], "csv:-");
	assert_string_equal(o.settings.outputs.item[1], "json:x");
	for (int i = 0; i < OPT_LIST_MAX; i++)
		strcat(many, " -ox");
	parse(many, &o);
	assert_silent(&o);
	assert_int_equal(o.settings.outputs.count, OPT_LIST_MAX);
	strcpy(many, "monitor");
	for (int i = 0; i <= OPT_LIST_MAX; i++)
		strcat(many, " -ox");
	parse(many, &o);
	assert_string_equal(o.err, "weir: --output: given too often; at most 32 times\n");
	assert_int_equal(o.result, OPT_WRONG);
}

static void the_environment_comes_before_the_command_line(void **state)
{
	char bare[] = "monitor", both[] = "monitor --top 3 -o json:y --uniflow=no";
	struct outcome o;

	setenv("WEIR_TOP", "9", 1);
	setenv("WEIR_IDLE_TIMEOUT", "2m", 1);
	setenv("WEIR_OUTPUT", "csv:-", 1);
	setenv("WEIR_UNIFLOW", "1", 1);
	setenv("WEIR_MODE", "", 1);
	parse(bare, &o);
	assert_silent(&o);
	assert_int_equal(o.settings.top, 9);
	assert_true(o.settings.idle == 120 * SECOND);
	assert_true(o.settings.uniflow);
	assert_int_equal(o.settings.outputs.count, 1);
	assert_string_equal(o.settings.outputs.item[0], "csv:-");
	parse(both, &o);
	assert_silent(&o);
	assert_int_equal(o.settings.top, 3);
	assert_false(o.settings.uniflow);
	assert_int_equal(o.settings.outputs.count, 1);
	assert_string_equal(o.settings.outputs.item[0], "json:y");
}

static void a_variable_may_hold_several_items_of_a_list(void **state)
{
	char bare[] = "monitor";
	struct outcome o;

	setenv("WEIR_OUTPUT", "csv:-  stats:books.json\njson:y ", 1);
	parse(bare, &o);
	assert_silent(&o);
	assert_int_equal(o.settings.outputs.count, 3);
	assert_string_equal(o.settings.outputs.item[0], "csv:-");
	assert_string_equal(o.settings.outputs.item[1], "stats:books.json");
	assert_string_equal(o.settings.outputs.item[2], "json:y");
	free((char *)o.settings.outputs.item[0]);
}

static void a_wrong_variable_is_called_by_its_name(void **state)
{
	static const struct {
		const char *variable, *value, *err;
	} cases[] = {
		{ "WEIR_IDLE_TIMEOUT", "soon",
		  "weir: WEIR_IDLE_TIMEOUT: 'soon' is not a duration; try 5s, 250ms, 2m or 1h\n" },
		{ "WEIR_TOP", "0", "weir: WEIR_TOP: 0 is too small; at least 1\n" },
		{ "WEIR_MODE", "x",
		  "weir: WEIR_MODE: 'x' is not a choice; choose auto, xdp or tc\n" },
		{ "WEIR_UNIFLOW", "si", "weir: WEIR_UNIFLOW: 'si' is neither yes nor no\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char words[] = "monitor";
		struct outcome o;

		setenv(cases[i].variable, cases[i].value, 1);
		parse(words, &o);
		unsetenv(cases[i].variable);
		assert_string_equal(o.err, cases[i].err);
		assert_int_equal(o.result, OPT_WRONG);
	}
}

static void help_shows_every_option_with_its_default(void **state)
{
	static const char *const lines[] = {
		"monitor --help",
		"monitor -h",
		"monitor eth0 -qh --bogus --top 0",
	};
	const char *help =
	        "usage: weir monitor [OPTION]... IFACE...\n"
	        "\n"
	        "Count the flows of interfaces.\n"
	        "\n"
	        "options:\n"
	        "      --idle-timeout TIME  end idle flows (default 15s)\n"
	        "  -i, --interval TIME      drain this often (default 5s)\n"
	        "  -n, --top N              rows shown (default 10)\n"
	        "      --flows N            flows kept (default 1M)\n"
	        "  -m, --mode MODE          how to attach: auto, xdp or tc (default auto)\n"
	        "  -f, --file PATH          read this\n"
	        "  -o, --output KIND:PATH   where records go (default table:; may be repeated)\n"
	        "  -u, --uniflow            one flow a direction\n"
	        "  -q, --quiet              say less\n"
	        "  -h, --help               show this help\n"
	        "\n"
	        "Options are also read from the environment: --idle-timeout from "
	        "WEIR_IDLE_TIMEOUT.\n"
	        "\n"
	        "Ctrl-C ends it.\n";

	setenv("WEIR_TOP", "wrong", 1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char words[64];
		struct outcome o;

		strcpy(words, lines[i]);
		parse(words, &o);
		assert_string_equal(o.out, help);
		assert_string_equal(o.err, "");
		assert_int_equal(o.result, OPT_HELP);
	}
}

/* The caller's environment must not decide. */
static int forget_environment(void **state)
{
	static const char *const variables[] = {
		"WEIR_FILE",   "WEIR_FLOWS", "WEIR_IDLE_TIMEOUT", "WEIR_INTERVAL", "WEIR_MODE",
		"WEIR_OUTPUT", "WEIR_QUIET", "WEIR_TOP",          "WEIR_UNIFLOW",
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup(name, forget_environment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_given_leaves_the_defaults),
		CASE(every_way_to_write_an_option_means_the_same),
		CASE(two_dashes_end_the_options),
		CASE(an_option_takes_the_next_word_whatever_it_is),
		CASE(durations_take_units_and_decimals),
		CASE(numbers_take_suffixes_and_their_limits),
		CASE(a_mistake_is_answered_by_one_message),
		CASE(a_list_replaces_its_default_and_has_an_end),
		CASE(the_environment_comes_before_the_command_line),
		CASE(a_variable_may_hold_several_items_of_a_list),
		CASE(a_wrong_variable_is_called_by_its_name),
		CASE(help_shows_every_option_with_its_default),
	};

	return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
