// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Alerts on this machine: a line on stderr, JSON Lines in a file, and the system's log.
 *
 * The file is opened once, before rights are given up, and opened anew when its path has come to
 * name another file (logrotate), if that can be done. A line is whole or is not there: what a full
 * disk cut is cut off again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "alert_sink_kind.h"
#include "log.h"
#include "priv.h"

#define FILE_MODE 0640
#define DAEMON    3 /* RFC 3164: facility of system daemons */

static enum sink_result deliver_stderr(struct alert_sink *s, struct alert_note *const *notes,
                                       size_t n)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		note_put_line(&b, notes[i]);
		buf_char(&b, '\0');
		if (!b.error && notes[i]->is_open)
			log_warn("%s", b.data);
		else if (!b.error)
			log_info("%s", b.data);
		buf_clear(&b);
	}
	return SINK_DELIVERED;
}

const struct alert_sink_kind alert_sink_stderr = {
	.name = "stderr",
	.help = "a line on stderr",
	.batch = 1,
	.deliver = deliver_stderr,
};

static enum sink_result again(struct alert_sink *s, const char *what, int error)
{
	snprintf(s->why, sizeof(s->why), "%s: %s", what, strerror(error));
	return SINK_AGAIN;
}

static int *fd_of(struct alert_sink *s)
{
	return s->state;
}

static int keep_fd(struct alert_sink *s, int fd)
{
	s->state = malloc(sizeof(int));
	if (s->state)
		*fd_of(s) = fd;
	else if (fd >= 0)
		close(fd);
	return s->state ? 0 : -EINVAL;
}

static void close_fd(struct alert_sink *s)
{
	if (*fd_of(s) >= 0)
		close(*fd_of(s));
	free(s->state);
}

/* Not O_NONBLOCK: the thread may wait. But a FIFO that nobody reads is no reason to. */
static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	              FILE_MODE);

	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

static int open_json(struct alert_sink *s, char *error, size_t size)
{
	bool to_stdout = !strcmp(s->target, "-");
	int fd = to_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(s->target);

	if (fd >= 0 && !keep_fd(s, fd))
		return 0;
	snprintf(error, size, "%s: cannot open for writing: %s", s->name, strerror(errno));
	return -EINVAL;
}

/* Has the path come to name another file? */
static void follow(struct alert_sink *s)
{
	struct stat ours, named;
	int fd;

	if (!strcmp(s->target, "-") || fstat(*fd_of(s), &ours))
		return;
	if (!stat(s->target, &named) && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev)
		return;
	fd = open_file(s->target);
	if (fd < 0)
		return; /* no right to: the old file goes on */
	close(*fd_of(s));
	*fd_of(s) = fd;
}

/* Write all, or nothing that stays. 0, or a negative errno. */
static int write_whole(int fd, const char *data, size_t length)
{
	struct stat before;
	bool is_file = !fstat(fd, &before) && S_ISREG(before.st_mode);
	size_t done = 0;
	ssize_t n;
	int failed;

	while (done < length) {
		n = write(fd, data + done, length - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failed = n ? -errno : -EIO;
			if (is_file && done && ftruncate(fd, before.st_size))
				failed = -EIO;
			return failed;
		}
		done += (size_t)n;
	}
	return 0;
}

static enum sink_result deliver_json(struct alert_sink *s, struct alert_note *const *notes,
                                     size_t n)
{
	struct buf b = { 0 };
	int failed;
	size_t i;

	follow(s);
	for (i = 0; i < n; i++) {
		note_put_json(&b, notes[i]);
		buf_char(&b, '\n');
	}
	failed = b.error ? b.error : write_whole(*fd_of(s), b.data, b.length);
	buf_clear(&b);
	return failed ? again(s, "cannot write", -failed) : SINK_DELIVERED;
}

const struct alert_sink_kind alert_sink_json = {
	.name = "json",
	.help = "JSON Lines, appended to a file",
	.example = "json:alerts.json",
	.needs = PRIV_WRITE_FILES,
	.batch = SINK_BATCH,
	.open = open_json,
	.deliver = deliver_json,
	.close = close_fd,
};

static int connect_log(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, failed;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	failed = -errno;
	close(fd);
	return failed;
}

/* A log that is not there yet is one that is down. */
static int open_syslog(struct alert_sink *s, char *error, size_t size)
{
	int fd = connect_log(*s->target ? s->target : "/dev/log");

	if (!keep_fd(s, fd))
		return 0;
	snprintf(error, size, "%s: no memory", s->name);
	return -EINVAL;
}

static void put_syslog(struct buf *b, const struct alert_note *note)
{
	static const int priorities[] = {
		[RULE_INFO] = 6, [RULE_LOW] = 5,      [RULE_MEDIUM] = 4,
		[RULE_HIGH] = 3, [RULE_CRITICAL] = 2,
	};
	time_t seconds = (time_t)(note->changed_ns / 1000000000);
	char date[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	buf_format(b, "<%d>%s weir[%d]: ",
	           DAEMON << 3 | (note->is_open ? priorities[note->severity] : 6), date,
	           (int)getpid());
	note_put_line(b, note);
}

static enum sink_result deliver_syslog(struct alert_sink *s, struct alert_note *const *notes,
                                       size_t n)
{
	struct buf b = { 0 };
	int failed = 0;

	if (*fd_of(s) < 0)
		*fd_of(s) = connect_log(*s->target ? s->target : "/dev/log");
	if (*fd_of(s) < 0)
		return again(s, "cannot connect", -*fd_of(s));
	put_syslog(&b, notes[0]);
	if (b.error || send(*fd_of(s), b.data, b.length, MSG_NOSIGNAL) < 0) {
		failed = b.error ? -b.error : errno;
		close(*fd_of(s));
		*fd_of(s) = -1;
	}
	buf_clear(&b);
	return failed ? again(s, "cannot send", failed) : SINK_DELIVERED;
}

const struct alert_sink_kind alert_sink_syslog = {
	.name = "syslog",
	.help = "the system's log; syslog:PATH for another socket than /dev/log",
	.needs = PRIV_NETWORK,
	.batch = 1,
	.open = open_syslog,
	.deliver = deliver_syslog,
	.close = close_fd,
};
