// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir completion SHELL: the completion script for it, on stdout. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "completion.h"
#include "log.h"

static const struct {
	const char *shell;
	void (*put)(struct buf *b, const struct opt_command *const *commands);
} shells[] = {
	{ "bash", completion_put_bash },
	{ "zsh", completion_put_zsh },
	{ "fish", completion_put_fish },
};

static int print(const char *shell)
{
	struct buf b = { 0 };
	size_t i;
	int result = CMD_USAGE;

	for (i = 0; i < CMD_COUNT(shells); i++)
		if (!strcmp(shells[i].shell, shell)) {
			shells[i].put(&b, cmd_all);
			result = b.error ? CMD_FAILED : CMD_DONE;
		}
	if (result == CMD_DONE)
		fwrite(b.data, 1, b.length, stdout);
	else
		log_error("completion: %s: %s", shell,
		          b.error ? "no memory" : "no script for this shell; bash, zsh or fish");
	buf_clear(&b);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	char none = 0;

	switch (opt_parse(self, &none, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc != 1) {
		log_error("completion: for which shell? weir completion bash, zsh or fish");
		return CMD_USAGE;
	}
	return print(argv[0]);
}

const struct opt_command cmd_completion = {
	.name = "completion",
	.arguments = "SHELL",
	.summary = "the completion script of a shell: bash, zsh or fish",
	.run = run,
};
