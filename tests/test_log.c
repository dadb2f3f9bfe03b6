// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Messages: what reaches the terminal, byte for byte, on a file and on a pseudo-terminal. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static FILE *file;
static int saved_stderr;

static void begin(void)
{
	file = tmpfile();
	assert_non_null(file);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(saved_stderr >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
}

/* What was said since begin(). */
static void end(char *text, size_t size)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void control_characters_are_escaped(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "plain", "plain" },
		{ "\x1b[2J\x1b]0;title\a", "\\x1b[2J\\x1b]0;title\\x07" },
		{ "two\nlines\r\t", "two\\x0alines\\x0d\\x09" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b"
		  "2J",
		  "\\xc2\\x9b"
		  "2J" },
		{ "caf\xc3\xa9 \xc2\xa0 \xe6\xb5\x81", "caf\xc3\xa9 \xc2\xa0 \xe6\xb5\x81" },
		{ "\xc2", "\xc2" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char said[128], expected[128];

		sprintf(expected, "weir: %s\n", cases[i].said);
		begin();
		log_error("%s", cases[i].text);
		end(said, sizeof(said));
		assert_string_equal(said, expected);
	}
}

static void the_level_decides_what_is_said(void **state)
{
	static const char *const said[] = {
		[LOG_LEVEL_ERROR] = "weir: e\n",
		[LOG_LEVEL_WARN] = "weir: e\nweir: w\n",
		[LOG_LEVEL_INFO] = "weir: e\nweir: w\nweir: i\n",
		[LOG_LEVEL_DEBUG] = "weir: e\nweir: w\nweir: i\nweir: d\n",
	};

	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		char text[128];

		begin();
		log_set_level((enum log_level)level);
		log_error("e");
		log_warn("w");
		log_info("i");
		log_debug("d");
		log_set_level(LOG_LEVEL_INFO);
		end(text, sizeof(text));
		assert_string_equal(text, said[level]);
	}
}

static void a_long_message_is_cut_to_one_line(void **state)
{
	char text[3000], said[16384], expected[16384];

	for (int escaped = 0; escaped <= 1; escaped++) {
		size_t n = (size_t)sprintf(expected, "weir: ");

		memset(text, escaped ? '\x1b' : 'a', sizeof(text));
		begin();
		log_info("%.*s", (int)sizeof(text), text);
		end(said, sizeof(said));
		for (int i = 0; i < 2044; i++)
			n += (size_t)sprintf(expected + n, escaped ? "\\x1b" : "a");
		strcpy(expected + n, "...\n");
		assert_string_equal(said, expected);
	}
}

static void errno_outlives_a_message(void **state)
{
	char said[64];

	begin();
	close(STDERR_FILENO);
	errno = EXDEV;
	log_error("nobody hears this");
	assert_int_equal(errno, EXDEV);
	end(said, sizeof(said));
	assert_string_equal(said, "");
}

/* What one error and one note look like on a terminal of this kind. */
static void show_on_terminal(const char *term, char *text, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, saved;
	size_t used = 0;
	ssize_t n;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	setenv("TERM", term, 1);
	saved = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	log_error("bad");
	log_info("fine");
	dup2(saved, STDERR_FILENO);
	close(saved);
	do { /* the kernel hands on what was written when it comes to it */
		n = read(master, text + used, size - 1 - used);
		assert_true(n > 0);
		used += n;
		text[used] = '\0';
	} while (!strstr(text, "fine\r\n"));
	close(slave);
	close(master);
}

static void errors_are_coloured_only_on_a_terminal_that_wants_it(void **state)
{
	char text[128];

	unsetenv("NO_COLOR");
	show_on_terminal("xterm", text, sizeof(text));
	assert_string_equal(text, "\x1b[31mweir:\x1b[0m bad\r\nweir: fine\r\n");
	show_on_terminal("dumb", text, sizeof(text));
	assert_string_equal(text, "weir: bad\r\nweir: fine\r\n");
	setenv("NO_COLOR", "1", 1);
	show_on_terminal("xterm", text, sizeof(text));
	assert_string_equal(text, "weir: bad\r\nweir: fine\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(the_level_decides_what_is_said),
		cmocka_unit_test(a_long_message_is_cut_to_one_line),
		cmocka_unit_test(errno_outlives_a_message),
		cmocka_unit_test(errors_are_coloured_only_on_a_terminal_that_wants_it),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
