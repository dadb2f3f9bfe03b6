// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir COMMAND ...: find the command and run it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "log.h"

static const struct opt_command *const commands[] = {
	&cmd_monitor,
	&cmd_read,
	&cmd_fields,
	&cmd_doctor,

};

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "weir counts network flows in the kernel and tells what they are.\n\n"
	            "usage: weir COMMAND [OPTION...] [ARGUMENT...]\n\n");
	for (i = 0; i < CMD_COUNT(commands); i++)
		fprintf(to, "  %-8s %-12s %s\n", commands[i]->name, commands[i]->arguments,
		        commands[i]->summary);
	fprintf(to, "\nweir COMMAND --help tells its options; man weir tells the rest.\n");
}

static const struct opt_command *find(const char *name)
{
	size_t i;

	for (i = 0; i < CMD_COUNT(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct opt_command *command;
	static char *help[] = { NULL, "--help", NULL };

	signal(SIGPIPE, SIG_IGN);
	if (!name) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V") || !strcmp(name, "version")) {
		printf("weir %s\n", WEIR_VERSION);
		return CMD_DONE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		command = argc > 2 ? find(argv[2]) : NULL;
		if (!command) {
			usage(stdout);
			return CMD_DONE;
		}
		help[0] = argv[2];
		return command->run(command, 2, help);
	}
	command = find(name);
	if (!command) {
		log_error("%s: no such command; there are monitor, read, fields and doctor: see "
		          "'weir help'",
		          name);
		return CMD_USAGE;
	}
	return command->run(command, argc - 1, argv + 1);
}
