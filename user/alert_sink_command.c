// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A command for each alert, which it finds on its standard input as one line of JSON; no shell, no
 * arguments. Exit code 0 is delivery, all else is tried again, a few times.
 *
 * An agent whose calls are filtered cannot start programs. So a helper process is forked when its
 * rights are gone and the filter has not come yet: it is who the agent has become, has no
 * capability and no way to one, and confines itself further (priv_confine()). It waits on a socket
 * for alerts and runs the command for them, one at a time. It ends when the socket does, and ends
 * the command with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alert_sink_kind.h"
#include "priv.h"

#define MESSAGE_MAX 8192
#define COMMAND_MS  30000 /* a command that takes longer is killed */
#define TRIES       5

/* What the helper answers: the status of wait(2), or the first or second of these. */
#define NOT_STARTED (-1)
#define TOO_SLOW    (-2)

struct helper {
	int fd;
	pid_t pid;
	bool is_waiting; /* for an answer to what was sent before */
};

/* In the helper's child. */
static void become(const char *path, int input)
{
	char *const arguments[] = { (char *)path, NULL };
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) < 0)
		_exit(126);
	execv(path, arguments);
	_exit(127);
}

/* The message fits a pipe, so writing it waits for nobody. -1: could not be started. */
static pid_t start_command(const char *path, const char *message, size_t length)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	if (write(ends[1], message, length) != (ssize_t)length) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	pid = fork();
	if (!pid)
		become(path, ends[0]);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

/* Has the process ended before time is up, and before the agent went? */
static bool await_end(int fd, int process)
{
	struct pollfd wait[2] = { { .fd = process, .events = POLLIN }, { .fd = fd } };

	while (poll(wait, 2, COMMAND_MS) < 0)
		if (errno != EINTR)
			return false;
	return wait[0].revents;
}

static int run_command(int fd, const char *path, const char *message, size_t length)
{
	pid_t pid = start_command(path, message, length);
	int process, status = 0;
	bool has_ended;

	if (pid < 0)
		return NOT_STARTED;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	has_ended = process >= 0 && await_end(fd, process);
	if (!has_ended)
		kill(pid, SIGKILL);
	if (process >= 0)
		close(process);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return has_ended ? status : TOO_SLOW;
}

/* The helper: keeps nothing open but the socket and what is for people. Its first answer is 0, or
 * why it is not confined. */
static void help(int fd, const char *path, bool confined)
{
	char message[MESSAGE_MAX];
	int status = confined ? priv_confine() : 0;
	ssize_t length;

	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	signal(SIGINT, SIG_IGN); /* the agent's end is the helper's */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (send(STDIN_FILENO, &status, sizeof(status), MSG_NOSIGNAL) < 0 || status)
		_exit(1);
	while ((length = recv(STDIN_FILENO, message, sizeof(message), 0)) > 0) {
		status = run_command(STDIN_FILENO, path, message, (size_t)length);
		if (send(STDIN_FILENO, &status, sizeof(status), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static int open_command(struct alert_sink *s, char *error, size_t size)
{
	struct helper *h;

	if (access(s->target, X_OK)) {
		snprintf(error, size, "%s: is no program to be run: %s", s->name, strerror(errno));
		return -EINVAL;
	}
	h = calloc(1, sizeof(*h));
	if (!h) {
		snprintf(error, size, "%s: no memory", s->name);
		return -EINVAL;
	}
	h->fd = -1;
	s->state = h;
	return 0;
}

/* 0, or a negative errno. */
static int start_helper(struct helper *h, const char *path, bool confined)
{
	int ends[2], status = -EPIPE;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	h->fd = ends[0];
	h->pid = fork();
	if (!h->pid)
		help(ends[1], path, confined);
	if (h->pid < 0)
		status = -errno;
	close(ends[1]);
	recv(h->fd, &status, sizeof(status), 0); /* at its end there is nothing to receive */
	return status;
}

static int launch_command(struct alert_sink *s, bool confined, char *error, size_t size)
{
	int failed;

	if (access(s->target, X_OK)) {
		snprintf(error, size,
		         "%s: user %u cannot run it: %s; put it where that user can, or name "
		         "another by --user",
		         s->name, getuid(), strerror(errno));
		return -EINVAL;
	}
	failed = start_helper(s->state, s->target, confined);
	if (failed)
		snprintf(error, size, "%s: cannot start a helper: %s", s->name, strerror(-failed));
	return failed ? -EINVAL : 0;
}

static enum sink_result judge(struct alert_sink *s, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return SINK_DELIVERED;
	if (status == NOT_STARTED)
		snprintf(s->why, sizeof(s->why), "cannot be started");
	else if (status == TOO_SLOW)
		snprintf(s->why, sizeof(s->why), "did not end within %d s", COMMAND_MS / 1000);
	else if (WIFEXITED(status))
		snprintf(s->why, sizeof(s->why), "exit code %d", WEXITSTATUS(status));
	else
		snprintf(s->why, sizeof(s->why), "killed by signal %d", WTERMSIG(status));
	return SINK_AGAIN;
}

static enum sink_result await_answer(struct alert_sink *s, struct helper *h)
{
	int most = COMMAND_MS + 1000, status = 0, got;
	struct pollfd wait = { .fd = h->fd, .events = POLLIN };

	/* in pieces, since stopping shortens it */
	for (got = 0; most > 0 && got <= 0; most -= 100) {
		if (!alert_sink_patience_ms(s, 100))
			break;
		got = poll(&wait, 1, 100);
	}
	if (got <= 0) {
		snprintf(s->why, sizeof(s->why), "does not end");
		return SINK_AGAIN;
	}
	h->is_waiting = false;
	if (recv(h->fd, &status, sizeof(status), 0) == sizeof(status))
		return judge(s, status);
	snprintf(s->why, sizeof(s->why), "the helper that runs it is gone");
	return SINK_AGAIN;
}

static enum sink_result deliver_command(struct alert_sink *s, struct alert_note *const *notes,
                                        size_t n)
{
	struct helper *h = s->state;
	struct buf b = { 0 };
	bool sent;

	if (h->is_waiting) /* the same note, whose command has not ended */
		return await_answer(s, h);
	note_put_json(&b, notes[0]);
	buf_char(&b, '\n');
	sent = !b.error && b.length <= MESSAGE_MAX &&
	       send(h->fd, b.data, b.length, MSG_NOSIGNAL) >= 0;
	buf_clear(&b);
	if (!sent) {
		snprintf(s->why, sizeof(s->why), "the helper that runs it is gone");
		return SINK_AGAIN;
	}
	h->is_waiting = true;
	return await_answer(s, h);
}

static void close_command(struct alert_sink *s)
{
	struct helper *h = s->state;

	if (h->fd >= 0)
		close(h->fd);
	while (h->pid > 0 && waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(h);
}

const struct alert_sink_kind alert_sink_command = {
	.name = "command",
	.help = "run a program, the alert as JSON on its standard input",
	.example = "command:/usr/local/bin/on-alert",
	.batch = 1,
	.tries = TRIES,
	.open = open_command,
	.launch = launch_command,
	.deliver = deliver_command,
	.close = close_command,
};
