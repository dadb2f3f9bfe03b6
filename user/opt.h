/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Command-line options from one table: a const row an option gives parsing, range errors, --help
 * and the man page's list. Each option is also read from the environment (--idle-timeout is
 * WEIR_IDLE_TIMEOUT; of a list, items between white space); the command line wins.
 */
#ifndef WEIR_OPT_H
#define WEIR_OPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum opt_kind {
	OPT_FLAG,     /* bool */
	OPT_NUMBER,   /* uint64_t, min..max; suffixes k, M, G are powers of 1,000 */
	OPT_DURATION, /* uint64_t nanoseconds, min..max; "5", "5s", "250ms", "10us", "2m", "1h",
	                 "1d" */
	OPT_CHOICE,   /* int: index in choices ("a|b|c") */
	OPT_TEXT,     /* const char * */
	OPT_LIST,     /* struct opt_list: may be given several times */
};

#define OPT_LIST_MAX 32

struct opt_list {
	const char *item[OPT_LIST_MAX];
	size_t count;
};

struct opt {
	const char *name;  /* long, without the dashes */
	char letter;       /* short, or 0 */
	const char *value; /* what its argument is called in --help; NULL for a flag */
	enum opt_kind kind;
	size_t offset; /* in the caller's struct, which holds the defaults */
	uint64_t min, max;
	const char *choices;
	const char *help; /* one line; the default is added from the struct */
};

struct opt_command {
	const char *name;      /* "monitor" */
	const char *arguments; /* "IFACE..." */
	const char *summary;   /* one line */
	const char *details;   /* printed under the options by --help; may be NULL */
	const struct opt *options;
	size_t n_options;
	int (*run)(const struct opt_command *self, int argc, char **argv); /* exit code */
};

enum opt_result {
	OPT_GO,    /* values are set; argv[0..*argc) are the operands */
	OPT_HELP,  /* help was printed to stdout: exit 0 */
	OPT_WRONG, /* one message was printed to stderr: exit 2 */
};

/*
 * Parse argv (argv[0] is the command's name) into values. On OPT_GO *argc and argv are left with
 * the operands alone, in order; "--" ends the options, "-" is an operand.
 */
enum opt_result opt_parse(const struct opt_command *command, void *values, int *argc, char **argv);

/* Print usage, options with their defaults, and details. */
void opt_help(const struct opt_command *command, const void *defaults, FILE *to);

/* Parse "5s" and the like. 0, or -EINVAL. */
int opt_parse_duration(const char *text, uint64_t *ns);

#endif
