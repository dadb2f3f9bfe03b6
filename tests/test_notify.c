// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Signs of life: what a service manager's socket receives, and what a heartbeat says. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

struct manager {
	int fd;
	char name[64]; /* as NOTIFY_SOCKET has it */
};

/* name may begin with @, then it is abstract. */
static void listen_as(struct manager *m, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length;

	snprintf(m->name, sizeof(m->name), name, getpid());
	length = strlen(m->name);
	memcpy(at.sun_path, m->name, length);
	if (*m->name == '@')
		at.sun_path[0] = '\0';
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(m->fd >= 0);
	assert_false(bind(m->fd, (struct sockaddr *)&at,
	                  offsetof(struct sockaddr_un, sun_path) + length));
	setenv("NOTIFY_SOCKET", m->name, 1);
}

static void assert_hears(const struct manager *m, const char *message)
{
	char text[512];
	ssize_t n = recv(m->fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, message);
}

static void stop_listening(const struct manager *m)
{
	close(m->fd);
	if (*m->name == '/')
		unlink(m->name);
	unsetenv("NOTIFY_SOCKET");
}

static void a_manager_hears_messages_and_status(void **state)
{
	static const char *const names[] = { "/tmp/weir-test-notify-%d", "@weir-test-notify-%d" };

	for (size_t i = 0; i < 2; i++) {
		struct manager manager;
		struct notify n;

		listen_as(&manager, names[i]);
		assert_int_equal(notify_open(&n, NULL), 0);
		notify_manager(&n, "READY=1");
		notify_status(&n, "Complete: seen 1 packets\n");
		assert_hears(&manager, "READY=1");
		assert_hears(&manager, "STATUS=Complete: seen 1 packets");
		notify_close(&n);
		stop_listening(&manager);
	}
}

static void a_manager_that_is_not_there_is_none(void **state)
{
	static const char *const names[] = { "", "relative", "/tmp/weir-test-nobody-listens", "@" };
	struct notify n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_int_equal(notify_open(&n, NULL), 0);
		assert_int_equal(n.manager, -1);
		notify_manager(&n, "READY=1");
		notify_close(&n);
	}
	unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_only_for_the_process_it_names(void **state)
{
	char other[16], self[16];
	const char *const pids[] = { self, other, NULL };
	const uint64_t wanted[] = { 30000000000, 0, 30000000000 };
	struct manager manager;
	struct notify n;

	snprintf(self, sizeof(self), "%d", getpid());
	snprintf(other, sizeof(other), "%d", getpid() + 1);
	listen_as(&manager, "@weir-test-watchdog-%d");
	setenv("WATCHDOG_USEC", "30000000", 1);
	for (size_t i = 0; i < 3; i++) {
		unsetenv("WATCHDOG_PID");
		if (pids[i])
			setenv("WATCHDOG_PID", pids[i], 1);
		assert_int_equal(notify_open(&n, NULL), 0);
		assert_true(n.watchdog_ns == wanted[i]);
		notify_close(&n);
	}
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	stop_listening(&manager);
}

static void a_heartbeat_holds_the_last_line_and_its_time(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char path[64], line[64];
	struct notify n;
	double age;

	snprintf(path, sizeof(path), "/tmp/weir-test-heartbeat-%d", getpid());
	assert_int_equal(notify_open(&n, path), 0);
	notify_status(&n, "a long line of the books, not yet complete\n");
	notify_status(&n, "short");
	assert_int_equal(notify_read_heartbeat(path, &age, line, sizeof(line)), 0);
	assert_string_equal(line, "short");
	assert_true(age > -1 && age < 60);
	utimensat(AT_FDCWD, path, old, 0);
	assert_int_equal(notify_read_heartbeat(path, &age, line, sizeof(line)), 0);
	assert_true(age > 1e9);
	notify_status(&n, "again");
	assert_int_equal(notify_read_heartbeat(path, &age, line, sizeof(line)), 0);
	assert_true(age < 60);
	notify_close(&n);
	unlink(path);
	assert_int_equal(notify_read_heartbeat(path, &age, line, sizeof(line)), -ENOENT);
}

static void a_heartbeat_is_not_written_through_a_link(void **state)
{
	char path[64];
	struct notify n;

	snprintf(path, sizeof(path), "/tmp/weir-test-heartbeat-%d", getpid());
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(notify_open(&n, path), -ELOOP);
	unlink(path);
	assert_int_equal(notify_open(&n, "/nowhere/heartbeat"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manager_hears_messages_and_status),
		cmocka_unit_test(a_manager_that_is_not_there_is_none),
		cmocka_unit_test(the_watchdog_is_only_for_the_process_it_names),
		cmocka_unit_test(a_heartbeat_holds_the_last_line_and_its_time),
		cmocka_unit_test(a_heartbeat_is_not_written_through_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
