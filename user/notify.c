// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * sd_notify(3) is a datagram of NAME=VALUE lines to a socket that the environment names; a name
 * that begins with @ is abstract. The heartbeat is one line, replaced in place at each interval:
 * it never grows, and a reader that comes in between sees the old text or the new.
 */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE 512

static int connect_manager(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length = name ? strlen(name) : 0;
	int fd;

	if (!length || length >= sizeof(to.sun_path) || (*name != '/' && *name != '@'))
		return -1;
	memcpy(to.sun_path, name, length);
	if (*name == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + length)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Is the watchdog meant for us, and how often? */
static uint64_t read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

int notify_open(struct notify *n, const char *heartbeat)
{
	n->manager = connect_manager(getenv("NOTIFY_SOCKET"));
	n->watchdog_ns = n->manager >= 0 ? read_watchdog() : 0;
	n->heartbeat = -1;
	if (!heartbeat)
		return 0;
	n->heartbeat = open(heartbeat, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	return n->heartbeat < 0 ? -errno : 0;
}

void notify_manager(const struct notify *n, const char *message)
{
	if (n->manager >= 0)
		send(n->manager, message, strlen(message), MSG_NOSIGNAL);
}

void notify_status(const struct notify *n, const char *line)
{
	int length = strcspn(line, "\n");
	char text[LINE];

	snprintf(text, sizeof(text), "STATUS=%.*s", length, line);
	notify_manager(n, text);
	length = snprintf(text, sizeof(text), "%.*s\n", length, line);
	if (length >= LINE)
		length = LINE - 1;
	if (n->heartbeat >= 0 && pwrite(n->heartbeat, text, length, 0) == length &&
	    ftruncate(n->heartbeat, length))
		return; /* an old line's tail stays behind the new one: only the first is read */
}

void notify_close(struct notify *n)
{
	if (n->manager >= 0)
		close(n->manager);
	if (n->heartbeat >= 0)
		close(n->heartbeat);
	n->manager = n->heartbeat = -1;
}

int notify_read_heartbeat(const char *path, double *age_s, char *line, size_t size)
{
	struct stat status;
	struct timespec now;
	FILE *f = fopen(path, "re");

	if (!f || fstat(fileno(f), &status)) {
		int error = -errno;

		if (f)
			fclose(f);
		return error;
	}
	if (!fgets(line, size, f))
		*line = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	clock_gettime(CLOCK_REALTIME, &now);
	*age_s = (now.tv_sec - status.st_mtim.tv_sec) +
	         (now.tv_nsec - status.st_mtim.tv_nsec) / 1e9;
	return 0;
}
