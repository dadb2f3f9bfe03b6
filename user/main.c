// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir COMMAND ...: find the command and run it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"

const struct opt_command *const cmd_all[] = {
	&cmd_monitor, &cmd_top,      &cmd_read,       &cmd_fields, &cmd_doctor,
	&cmd_train,   &cmd_evaluate, &cmd_apply,      &cmd_model,  &cmd_plot,
	&cmd_report,  &cmd_health,   &cmd_completion, NULL,
};

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "weir counts network flows in the kernel and tells what they are.\n\n"
	            "usage: weir COMMAND [OPTION...] [ARGUMENT...]\n\n");
	for (i = 0; cmd_all[i]; i++)
		fprintf(to, "  %-10s %-13s %s\n", cmd_all[i]->name, cmd_all[i]->arguments,
		        cmd_all[i]->summary);
	fprintf(to, "\nweir COMMAND --help tells its options; man weir tells the rest.\n");
}

static const struct opt_command *find(const char *name)
{
	size_t i;

	for (i = 0; cmd_all[i]; i++)
		if (!strcmp(cmd_all[i]->name, name))
			return cmd_all[i];
	return NULL;
}

static int refuse(const char *name)
{
	char known[256] = "";
	size_t i, used = 0;

	for (i = 0; cmd_all[i] && used < sizeof(known); i++)
		used += snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
		                 cmd_all[i]->name);
	log_error("%s: no such command; there are %s: see 'weir help'", name, known);
	return CMD_USAGE;
}

/* weir help, weir help COMMAND, and what people type for them. */
static int help(int argc, char **argv)
{
	static char *words[] = { NULL, "--help", NULL };
	const struct opt_command *command;

	if (argc < 3) {
		usage(stdout);
		return CMD_DONE;
	}
	command = find(argv[2]);
	if (!command)
		return refuse(argv[2]);
	words[0] = argv[2];
	return command->run(command, 2, words);
}

/* A file opened later must not become stdin, stdout or stderr because that was closed. */
static void occupy_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct opt_command *command;

	occupy_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	if (!name) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V") || !strcmp(name, "version")) {
		printf("weir %s\n", WEIR_VERSION);
		return CMD_DONE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		return help(argc, argv);
	command = find(name);
	return command ? command->run(command, argc - 1, argv + 1) : refuse(name);
}
