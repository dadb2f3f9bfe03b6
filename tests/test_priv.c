// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Giving up rights, each time in a child process, as it is for good. The child does one thing and
 * its exit code is the answer. Cases that need root to give something up are skipped without, those
 * of filters where the kernel has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "priv.h"
#include "priv_filter.h"

#define BPF_BIT       (1ULL << 39) /* CAP_BPF */
#define NET_ADMIN_BIT (1ULL << 12) /* CAP_NET_ADMIN */
#define NOBODY        65534

typedef int (*child_call)(const void *arg);

/* The exit code of call(arg) in a process of its own; 1000 and its signal when one ended it. */
static int in_child(child_call call, const void *arg)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child)
		_exit(call(arg));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int install_nothing(const void *arg)
{
	return -priv_filter_install(0);
}

static bool can_filter;

/* Can calls be filtered at all? Emulators of a processor have no filters. */
static int look_for_filters(void **state)
{
	can_filter = in_child(install_nothing, NULL) != ENOSYS;
	return 0;
}

/* Things to try: 0, or the errno. */
static int result_of(long result)
{
	return result < 0 ? errno : 0;
}

static int try_exec(void)
{
	char *const nothing[] = { NULL };

	return result_of(execve("/bin/true", nothing, nothing));
}

static int try_inet_socket(void)
{
	return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_netlink_socket(void)
{
	return result_of(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int try_write_file(void)
{
	char path[64];
	int failed;

	snprintf(path, sizeof(path), "/tmp/weir-test-priv-%d", getpid());
	failed = result_of(open(path, O_WRONLY | O_CREAT, 0600));
	return failed ? failed : result_of(unlink(path));
}

static void *do_nothing(void *arg)
{
	return arg;
}

static int try_thread(void)
{
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, do_nothing, NULL);

	return failed ? EPERM : pthread_join(thread, NULL);
}

static int try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	                       MAP_FAILED
	               ? errno
	               : 0;
}

static int try_load_program(void)
{
	union bpf_attr attributes = { .prog_type = BPF_PROG_TYPE_XDP };

	return result_of(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)));
}

static int try_trace(void)
{
	return result_of(ptrace(PTRACE_TRACEME, 0, 0, 0));
}

static int try_kill(void)
{
	return result_of(kill(getppid(), 0));
}

static int try_set_capabilities(void)
{
	uint32_t header[2] = { 0x20080522, 0 }, data[6] = { 0 };

	return result_of(syscall(SYS_capset, header, data));
}

/* A map command on no map: what is not EPERM came from the kernel's map code. */
static int try_map(void)
{
	union bpf_attr attributes = { .map_fd = -1 };

	syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attributes, sizeof(attributes));
	return errno == EBADF ? 0 : errno;
}

static int try_read_file(void)
{
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return errno;
	fclose(f);
	return 0;
}

static int try_memory(void)
{
	char *p = malloc(64 << 20);

	if (!p)
		return ENOMEM;
	memset(p, 1, 64 << 20);
	p = realloc(p, 128 << 20);
	free(p);
	return p ? 0 : ENOMEM;
}

static int try_interface_name(void)
{
	char name[IF_NAMESIZE];

	return if_indextoname(1, name) ? 0 : errno;
}

static const struct {
	const char *what;
	int (*attempt)(void);
	unsigned int needs; /* any of these allows it */
	bool always;
} attempts[] = {
	{ "read a file", try_read_file, 0, true },
	{ "take and return memory", try_memory, 0, true },
	{ "ask for an interface's name", try_interface_name, 0, true },
	{ "use a map", try_map, 0, true },
	{ "make a connection", try_inet_socket, PRIV_NETWORK, false },
	{ "make a file", try_write_file, PRIV_WRITE_FILES, false },
	{ "start a thread", try_thread, PRIV_THREADS, false },
	{ "talk to netlink", try_netlink_socket, PRIV_NET_ADMIN | PRIV_NETWORK, false },
	{ "set capabilities", try_set_capabilities, PRIV_NET_ADMIN, false },
	{ "run a program", try_exec, 0, false },
	{ "make memory executable", try_executable_memory, 0, false },
	{ "load a BPF program", try_load_program, 0, false },
	{ "be traced", try_trace, 0, false },
	{ "signal another process", try_kill, 0, false },
};

#define N_ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

struct filtered {
	size_t attempt;
	unsigned int needs;
};

static int attempt_filtered(const void *arg)
{
	const struct filtered *f = arg;

	if (priv_filter_install(f->needs))
		return 255;
	return attempts[f->attempt].attempt();
}

static void the_filter_lets_through_what_is_needed_and_nothing_else(void **state)
{
	static const unsigned int needs[] = { 0,
		                              PRIV_NET_ADMIN,
		                              PRIV_NETWORK,
		                              PRIV_WRITE_FILES,
		                              PRIV_THREADS,
		                              PRIV_NETWORK | PRIV_THREADS };
	struct filtered f;
	size_t i;

	if (!can_filter)
		skip();
	for (f.attempt = 0; f.attempt < N_ATTEMPTS; f.attempt++)
		for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
			bool may = attempts[f.attempt].always ||
			           attempts[f.attempt].needs & needs[i];
			int got;

			f.needs = needs[i];
			got = in_child(attempt_filtered, &f);
			if (got != (may ? 0 : EPERM))
				fail_msg("needs %#x: %s: got %d", needs[i],
				         attempts[f.attempt].what, got);
		}
}

static int count_denied(const void *arg)
{
	int first = 0;

	if (priv_filter_install(0))
		return 255;
	if (priv_filter_denied(&first) || try_inet_socket() != EPERM || try_trace() != EPERM)
		return 1;
	return priv_filter_denied(&first) == 2 && first == SYS_socket ? 0 : 2;
}

static void a_denied_call_is_counted_and_the_first_one_named(void **state)
{
	if (!can_filter)
		skip();
	assert_int_equal(in_child(count_denied, NULL), 0);
}

/* A line of /proc/self/status as a number. */
static uint64_t status_of(const char *name, int base)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	uint64_t value = ~0ULL;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, base);
	if (f)
		fclose(f);
	return value;
}

static bool say_yes(void *arg)
{
	return true;
}

static bool say_no(void *arg)
{
	return false;
}

struct drop {
	struct priv_config config;
	uint64_t effective, permitted;
	const char *told; /* a part of what is told */
	bool raise;
};

static int drop_and_look(const void *arg)
{
	const struct drop *d = arg;
	char told[320] = "";

	if (priv_drop(&d->config, told, sizeof(told)))
		return 1;
	if (!strstr(told, d->told))
		return 2;
	if (d->raise && priv_raise_net_admin())
		return 3;
	if (status_of("CapEff", 16) != d->effective || status_of("CapPrm", 16) != d->permitted)
		return 4;
	if (status_of("CapInh", 16) || status_of("CapAmb", 16) || status_of("CapBnd", 16))
		return 5;
	if (status_of("NoNewPrivs", 10) != 1 || getuid() != NOBODY || geteuid() != NOBODY ||
	    getgid() != NOBODY)
		return 6;
	if (status_of("Seccomp", 10) != (can_filter ? 2 : 0))
		return 7;
	return setuid(0) == -1 ? 0 : 8;
}

static void root_keeps_nothing_but_what_is_needed(void **state)
{
	static const struct drop drops[] = {
		{ { .needs = 0 }, 0, 0, "left: none; user nobody;", false },
		{ { .needs = 0, .maps_work = say_yes }, 0, 0, "left: none;", false },
		{ { .needs = 0, .maps_work = say_no },
		  BPF_BIT,
		  BPF_BIT,
		  "left: CAP_BPF, which",
		  false },
		{ { .needs = PRIV_NET_ADMIN, .maps_work = say_yes },
		  0,
		  NET_ADMIN_BIT,
		  "left: CAP_NET_ADMIN in reserve",
		  false },
		{ { .needs = PRIV_NET_ADMIN, .maps_work = say_yes },
		  NET_ADMIN_BIT,
		  NET_ADMIN_BIT,
		  "clsact",
		  true },
		{ { .needs = PRIV_NET_ADMIN, .maps_work = say_no },
		  BPF_BIT,
		  BPF_BIT | NET_ADMIN_BIT,
		  "left: CAP_BPF, which this kernel's maps need, and CAP_NET_ADMIN in reserve",
		  false },
		{ { .user = "65534", .needs = PRIV_NETWORK | PRIV_THREADS },
		  0,
		  0,
		  "user 65534; ",
		  false },
	};

	if (geteuid() || !priv_can_change_user() || !priv_can_empty_bounding_set())
		skip();
	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		int got = in_child(drop_and_look, &drops[i]);

		if (got)
			fail_msg("drop %zu: step %d", i, got);
	}
}

static int drop_to_nobody_there(const void *arg)
{
	struct priv_config config = { .user = "no-such-user-here" };
	char told[320] = "";

	return priv_drop(&config, told, sizeof(told)) == -ENOENT &&
	                       !strcmp(told, "--user no-such-user-here: no such user; name one "
	                                     "that is there, or a number")
	               ? 0
	               : 1;
}

struct launched {
	pid_t pid;
	int status; /* what came of it; negative: it was not launched */
};

/* What programs do, and what they must not; 0, or which of these is not so. */
static int try_as_program(void)
{
	char *const nothing[] = { NULL };
	pid_t child;
	int status = 1;

	if (priv_confine())
		return 1;
	if (status_of("CapPrm", 16) || status_of("CapEff", 16) || status_of("NoNewPrivs", 10) != 1)
		return 2;
	if (getuid() != NOBODY || (can_filter && status_of("Seccomp", 10) != 2))
		return 3;
	if (try_inet_socket() || try_netlink_socket() || try_write_file() || try_thread() ||
	    try_executable_memory())
		return 4;
	child = vfork();
	if (!child) {
		execve("/bin/true", nothing, nothing);
		_exit(1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		return 5;
	if (!can_filter)
		return 0;
	if (result_of(unshare(CLONE_NEWUSER)) != EPERM || try_trace() != EPERM ||
	    try_load_program() != EPERM)
		return 6;
	return result_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)) == EPERM ? 0 : 7;
}

static int launch_program(void *arg, char *error, size_t size)
{
	struct launched *l = arg;

	l->pid = fork();
	if (!l->pid)
		_exit(try_as_program());
	l->status = 0;
	return l->pid < 0 ? -errno : 0;
}

static int drop_and_launch(const void *arg)
{
	struct launched l = { .status = -1 };
	struct priv_config config = { .needs = PRIV_NET_ADMIN,
		                      .launch = launch_program,
		                      .arg = &l };
	char told[320] = "";

	if (priv_drop(&config, told, sizeof(told)))
		return 1;
	if (l.status || waitpid(l.pid, &l.status, 0) != l.pid)
		return 2;
	if (can_filter && try_exec() != EPERM)
		return 3;
	return l.status ? 10 + WEXITSTATUS(l.status) : 0;
}

static void a_process_for_programs_has_less_rights_and_another_filter(void **state)
{
	if (geteuid() || !priv_can_change_user() || !priv_can_empty_bounding_set())
		skip();
	assert_int_equal(in_child(drop_and_launch, NULL), 0);
}

static int refuse_to_launch(void *arg, char *error, size_t size)
{
	snprintf(error, size, "it cannot be run");
	return -EINVAL;
}

static int drop_in_vain(const void *arg)
{
	struct priv_config config = { .launch = refuse_to_launch };
	char told[320] = "";

	return priv_drop(&config, told, sizeof(told)) == -EINVAL &&
	                       !strcmp(told, "it cannot be run")
	               ? 0
	               : 1;
}

static void what_cannot_be_launched_is_told(void **state)
{
	assert_int_equal(in_child(drop_in_vain, NULL), 0);
}

static int drop_and_make_files(const void *arg)
{
	struct priv_config config = { .needs = PRIV_WRITE_FILES };
	uid_t before = getuid();
	char told[320] = "";

	if (priv_drop(&config, told, sizeof(told)))
		return 1;
	if (getuid() != before)
		return 2;
	return status_of("CapPrm", 16) ? 3 : try_write_file();
}

static void who_is_to_make_files_stays_who_it_is_without_rights(void **state)
{
	assert_int_equal(in_child(drop_and_make_files, NULL), 0);
}

static void an_unknown_user_is_told(void **state)
{
	assert_int_equal(in_child(drop_to_nobody_there, NULL), 0);
}

/* Without rights there is nothing to give up, but no_new_privs and the filter still come. */
static int drop_twice(const void *arg)
{
	struct priv_config config = { 0 };
	char told[320] = "";

	if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
		return 1;
	if (priv_drop(&config, told, sizeof(told)))
		return 2;
	if (!strstr(told, "left: none (bounding set as it was); user "))
		return 3;
	return status_of("NoNewPrivs", 10) == 1 && !status_of("CapPrm", 16) ? 0 : 4;
}

static void without_rights_the_user_stays(void **state)
{
	assert_int_equal(in_child(drop_twice, NULL), 0);
}

static int ask_for_another_user(const void *arg)
{
	struct priv_config config = { .user = "12345" };
	char told[320] = "";

	if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
		return 1;
	return priv_drop(&config, told, sizeof(told)) == -EPERM &&
	                       strstr(told, "--user 12345: cannot change to it: ") &&
	                       strstr(told, "lacks CAP_SETUID or CAP_SETGID")
	               ? 0
	               : 2;
}

static void a_user_that_cannot_be_had_is_an_error(void **state)
{
	assert_int_equal(in_child(ask_for_another_user, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filter_lets_through_what_is_needed_and_nothing_else),
		cmocka_unit_test(a_denied_call_is_counted_and_the_first_one_named),
		cmocka_unit_test(root_keeps_nothing_but_what_is_needed),
		cmocka_unit_test(a_process_for_programs_has_less_rights_and_another_filter),
		cmocka_unit_test(what_cannot_be_launched_is_told),
		cmocka_unit_test(who_is_to_make_files_stays_who_it_is_without_rights),
		cmocka_unit_test(an_unknown_user_is_told),
		cmocka_unit_test(without_rights_the_user_stays),
		cmocka_unit_test(a_user_that_cannot_be_had_is_an_error),
	};

	return cmocka_run_group_tests(tests, look_for_filters, NULL);
}
