// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A command for each alert, which it finds on its standard input as one line of JSON; no shell, no
 * arguments. Exit code 0 is delivery, all else is tried again, a few times.
 *
 * An agent that gave its rights up cannot start programs. So a helper process is forked at the
 * start, with the rights of that time; it waits on a socket for alerts and runs the command for
 * them, one at a time. It ends when the socket does, and ends the command with it.
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

/* The helper: keeps nothing open but the socket and what is for people. */
static void help(int fd, const char *path)
{
	char message[MESSAGE_MAX];
	ssize_t length;
	int status;

	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	signal(SIGINT, SIG_IGN); /* the agent's end is the helper's */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while ((length = recv(STDIN_FILENO, message, sizeof(message), 0)) > 0) {
		status = run_command(STDIN_FILENO, path, message, (size_t)length);
		if (send(STDIN_FILENO, &status, sizeof(status), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static int fail(struct alert_sink *s, const char *what, char *error, size_t size)
{
	snprintf(error, size, "%s: %s: %s", s->name, what, strerror(errno));
	free(s->state);
	return -EINVAL;
}

static int open_command(struct alert_sink *s, char *error, size_t size)
{
	struct helper *h = calloc(1, sizeof(*h));
	int ends[2];

	s->state = h;
	if (!h)
		return fail(s, "cannot start", error, size);
	if (access(s->target, X_OK))
		return fail(s, "is no program to be run", error, size);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return fail(s, "cannot start a helper", error, size);
	h->fd = ends[0];
	h->pid = fork();
	if (!h->pid)
		help(ends[1], s->target);
	close(ends[1]);
	if (h->pid > 0)
		return 0;
	close(ends[0]);
	return fail(s, "cannot start a helper", error, size);
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

	close(h->fd);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
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
	.deliver = deliver_command,
	.close = close_command,
};
