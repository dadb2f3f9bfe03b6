// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Running gnuplot.
 *
 * No shell is involved. The script lies in an unlinked temporary file that is gnuplot's standard
 * input, its complaints in another, and the picture comes through a pipe, so that nobody waits for
 * anybody. gnuplot is told to leave the user's and the system's start files alone.
 */
#include "plot_gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Write the script to a file without a name and go back to its start. NULL with errno. */
static FILE *store(const struct buf *script)
{
	FILE *file = tmpfile();

	if (!file)
		return NULL;
	if (fwrite(script->data, 1, script->length, file) == script->length && !fflush(file) &&
	    !fseek(file, 0, SEEK_SET))
		return file;
	fclose(file);
	return NULL;
}

static int start(FILE *script, FILE *complaints, int picture, pid_t *pid)
{
	char *words[] = { "gnuplot", "--default-settings", "-", NULL };
	posix_spawn_file_actions_t actions;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
	failed = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -failed;
}

static void take_picture(int from, struct buf *image)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_put(image, bytes, (size_t)n);
}

/* The first line of its complaints that says something. */
static void quote_complaint(FILE *complaints, char *error, size_t size)
{
	char line[256] = "it told no reason", next[256];
	size_t n;

	rewind(complaints);
	while (fgets(next, sizeof(next), complaints))
		if (strspn(next, " \t^\n") < strlen(next) && !strstr(next, "$")) {
			memcpy(line, next, sizeof(line));
			break;
		}
	n = strcspn(line, "\n");
	line[n] = '\0';
	snprintf(error, size, "gnuplot: cannot draw: %s", line);
}

/* -ENOENT: where the C library cannot tell that a program is not there, its exit code 127 does. */
static int await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int draw(FILE *script, FILE *complaints, struct buf *image, char *error, size_t size)
{
	size_t before = image->length;
	int pipes[2], failed;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC)) {
		snprintf(error, size, "gnuplot: cannot start: %s", strerror(errno));
		return -errno;
	}
	failed = start(script, complaints, pipes[1], &pid);
	close(pipes[1]);
	if (!failed) {
		take_picture(pipes[0], image);
		failed = await(pid);
		if (!failed && image->length == before)
			failed = -EIO;
		if (failed)
			quote_complaint(complaints, error, size);
	} else {
		snprintf(error, size, "gnuplot: cannot start: %s", strerror(-failed));
	}
	if (failed == -ENOENT)
		snprintf(error, size,
		         "gnuplot: cannot draw: it is not installed; install gnuplot-nox, or take "
		         "the numbers by --table");
	close(pipes[0]);
	return failed;
}

int plot_gnuplot_run(const struct buf *script, struct buf *image, char *error, size_t size)
{
	FILE *input = script->error ? NULL : store(script), *complaints = tmpfile();
	int failed = -EIO;

	if (input && complaints)
		failed = draw(input, complaints, image, error, size);
	else
		snprintf(error, size, "gnuplot: cannot store its script: %s",
		         strerror(script->error ? -script->error : errno));
	if (input)
		fclose(input);
	if (complaints)
		fclose(complaints);
	return failed;
}
