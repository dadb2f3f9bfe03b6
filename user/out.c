// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Buffered output with an error that sticks. A file is emptied by the first write, not by opening.
 */
#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_FULL (256 * 1024)

static void open_file(struct out *out, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;

	out->fd = open(path, flags | O_EXCL, 0644);
	out->created = out->fd >= 0;
	if (out->fd < 0 && errno == EEXIST) {
		out->fd = open(path, flags, 0644);
		out->stale = out->fd >= 0;
	}
}

int out_open(struct out *out, const char *path)
{
	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if (strcmp(path, "-") == 0)
		out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		open_file(out, path);
	if (out->fd < 0)
		return -errno;
	if ((fcntl(out->fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return 0;
	close(out->fd);
	out->fd = -1;
	return -EBADF;
}

void out_abandon(struct out *out, const char *path)
{
	if (out->fd < 0)
		return;
	close(out->fd);
	out->fd = -1;
	buf_clear(&out->text);
	if (out->created)
		unlink(path);
}

/* What an earlier run left makes way. */
static void empty_stale(struct out *out)
{
	struct stat status;

	if (out->stale && !fstat(out->fd, &status) && S_ISREG(status.st_mode) &&
	    ftruncate(out->fd, 0))
		out->error = -errno;
	out->stale = false;
}

int out_flush(struct out *out)
{
	size_t done = 0;
	ssize_t n;

	if (out->text.error && !out->error)
		out->error = out->text.error;
	if (!out->error)
		empty_stale(out);
	while (!out->error && done < out->text.length) {
		n = write(out->fd, out->text.data + done, out->text.length - done);
		if (n > 0)
			done += n;
		else if (n < 0 && errno != EINTR)
			out->error = -errno;
	}
	out->text.length = 0;
	return out->error;
}

int out_flush_if_full(struct out *out)
{
	return out->text.length < OUT_FULL ? out->error : out_flush(out);
}

int out_close(struct out *out)
{
	int error = out_flush(out);

	if (out->fd >= 0 && close(out->fd) && !error)
		error = -errno;
	out->fd = -1;
	buf_clear(&out->text);
	return error;
}
