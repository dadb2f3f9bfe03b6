// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Options from a table. A cursor cuts argv into tokens (operand, option with its value, --help,
 * mistake); each value is checked by its row's kind and stored at the row's offset.
 *
 * Order: the caller's defaults, then the environment, then the command line; an empty variable is
 * an unset one. What comes later replaces what came before, a list as a whole. Getopt's habits
 * hold: options and operands mix, "--name=value" and "--name value", "-n5" and "-n 5", flags in
 * one cluster; but names are never abbreviated, so that new options break no script. A flag takes
 * "=no", to take back what the environment set. --help wins over any mistake. A row whose max is
 * 0 has no upper limit.
 *
 * Parsing and --help share this file, long as it is: both are readings of the same rows.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "opt.h"
#include "quantity.h"

#define OPT_NAME_BYTES 64

enum token_kind {
	TOKEN_END,
	TOKEN_OPERAND,
	TOKEN_OPTION,
	TOKEN_HELP,
	TOKEN_UNKNOWN,
	TOKEN_VALUE_MISSING,
};

struct token {
	enum token_kind kind;
	const struct opt *opt;
	char *text; /* operand, value (NULL: a bare flag), or the unknown option's name */
	int length; /* of an unknown name; a letter is 1, --name has its dashes */
};

struct cursor {
	const struct opt_command *command;
	char **argv;
	int argc;
	int at;
	char *cluster; /* the rest of "-abc", or NULL */
	bool is_past_options;
};

static const struct opt *find_name(const struct opt_command *command, const char *name, size_t n)
{
	for (size_t i = 0; i < command->n_options; i++) {
		const struct opt *o = &command->options[i];

		if (strlen(o->name) == n && !memcmp(o->name, name, n))
			return o;
	}
	return NULL;
}

static const struct opt *find_letter(const struct opt_command *command, char letter)
{
	for (size_t i = 0; i < command->n_options; i++)
		if (letter && command->options[i].letter == letter)
			return &command->options[i];
	return NULL;
}

static struct token option_token(struct cursor *c, const struct opt *o, char *value)
{
	if (!value && o->kind != OPT_FLAG) {
		if (c->at == c->argc)
			return (struct token){ TOKEN_VALUE_MISSING, o, NULL, 0 };
		value = c->argv[c->at++];
	}
	return (struct token){ TOKEN_OPTION, o, value, 0 };
}

static struct token long_token(struct cursor *c, char *text)
{
	size_t n = strcspn(text + 2, "=");
	const struct opt *o = find_name(c->command, text + 2, n);

	if (o)
		return option_token(c, o, text[2 + n] ? text + 2 + n + 1 : NULL);
	if (!strcmp(text, "--help"))
		return (struct token){ TOKEN_HELP, NULL, NULL, 0 };
	return (struct token){ TOKEN_UNKNOWN, NULL, text, (int)n + 2 };
}

static struct token short_token(struct cursor *c)
{
	char *letter = c->cluster;
	const struct opt *o = find_letter(c->command, *letter);
	char *rest = letter[1] ? letter + 1 : NULL;

	c->cluster = o && o->kind != OPT_FLAG ? NULL : rest;
	if (o)
		return option_token(c, o, o->kind == OPT_FLAG ? NULL : rest);
	if (*letter == 'h')
		return (struct token){ TOKEN_HELP, NULL, NULL, 0 };
	return (struct token){ TOKEN_UNKNOWN, NULL, letter, 1 };
}

static struct token next_token(struct cursor *c)
{
	char *text;

	if (c->cluster)
		return short_token(c);
	if (c->at < c->argc && !c->is_past_options && !strcmp(c->argv[c->at], "--")) {
		c->is_past_options = true;
		c->at++;
	}
	if (c->at == c->argc)
		return (struct token){ TOKEN_END, NULL, NULL, 0 };
	text = c->argv[c->at++];
	if (c->is_past_options || text[0] != '-' || !text[1])
		return (struct token){ TOKEN_OPERAND, NULL, text, 0 };
	if (text[1] == '-')
		return long_token(c, text);
	c->cluster = text + 1;
	return short_token(c);
}

static enum quantity_kind quantity_kind(enum opt_kind kind)
{
	return kind == OPT_DURATION ? QUANTITY_DURATION : QUANTITY_NUMBER;
}

static int set_quantity(const struct opt *o, const char *where, const char *text, void *field)
{
	enum quantity_kind kind = quantity_kind(o->kind);
	bool is_negative = *text == '-';
	uint64_t max = o->max ? o->max : UINT64_MAX;
	uint64_t value = 0;
	char limit[32];
	int err = quantity_parse(kind, text + is_negative, &value);

	if (err == -EINVAL) {
		log_error("%s: '%s' is not %s", where, text,
		          o->kind == OPT_DURATION ? "a duration; try 5s, 250ms, 2m or 1h"
		                                  : "a whole number; try 1000, 64k or 2M");
		return -EINVAL;
	}
	if (is_negative || (!err && value < o->min)) {
		quantity_format(kind, o->min, limit, sizeof(limit));
		log_error("%s: %s is too small; at least %s", where, text, limit);
		return -EINVAL;
	}
	if (err || value > max) {
		quantity_format(kind, max, limit, sizeof(limit));
		log_error("%s: %s is too large; at most %s", where, text, limit);
		return -EINVAL;
	}
	*(uint64_t *)field = value;
	return 0;
}

static int set_flag(const char *where, const char *text, bool *field)
{
	static const char *const words[] = { "0", "1", "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; text && i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(text, words[i])) {
			*field = i & 1;
			return 0;
		}
	if (text) {
		log_error("%s: '%s' is neither yes nor no", where, text);
		return -EINVAL;
	}
	*field = true;
	return 0;
}

/* "auto|xdp|tc" as "auto, xdp or tc". */
static void format_choices(const char *choices, char *text, size_t size)
{
	size_t used = 0;

	for (const char *last = strrchr(choices, '|'); *choices && used + 5 < size; choices++)
		if (*choices != '|')
			text[used++] = *choices;
		else
			used += (size_t)sprintf(text + used, choices == last ? " or " : ", ");
	text[used] = '\0';
}

static int set_choice(const struct opt *o, const char *where, const char *text, int *field)
{
	const char *choice = o->choices;
	char list[256];

	for (int i = 0;; i++) {
		size_t n = strcspn(choice, "|");

		if (strlen(text) == n && !memcmp(choice, text, n)) {
			*field = i;
			return 0;
		}
		if (!choice[n])
			break;
		choice += n + 1;
	}
	format_choices(o->choices, list, sizeof(list));
	log_error("%s: '%s' is not a choice; choose %s", where, text, list);
	return -EINVAL;
}

static int add_item(const char *where, const char *text, struct opt_list *list)
{
	if (list->count == OPT_LIST_MAX) {
		log_error("%s: given too often; at most %d times", where, OPT_LIST_MAX);
		return -EINVAL;
	}
	list->item[list->count++] = text;
	return 0;
}

/* Check and store one value; on failure one message has been printed. */
static int set_value(const struct opt *o, const char *where, const char *text, void *values)
{
	void *field = (char *)values + o->offset;

	switch (o->kind) {
	case OPT_FLAG:
		return set_flag(where, text, field);
	case OPT_NUMBER:
	case OPT_DURATION:
		return set_quantity(o, where, text, field);
	case OPT_CHOICE:
		return set_choice(o, where, text, field);
	case OPT_TEXT:
		*(const char **)field = text;
		return 0;
	case OPT_LIST:
		return add_item(where, text, field);
	}
	return -EINVAL;
}

static void clear_list(const struct opt *o, void *values)
{
	if (o->kind == OPT_LIST)
		((struct opt_list *)((char *)values + o->offset))->count = 0;
}

static void format_variable(const struct opt *o, char *name, size_t size)
{
	snprintf(name, size, "WEIR_%s", o->name);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

/* Several items of a list, separated by white space; they live as long as the process. */
static int set_items(const struct opt *o, const char *where, const char *text, void *values)
{
	char *words = strdup(text), *rest, *word;
	int wrong = words ? 0 : -ENOMEM;

	for (word = wrong ? NULL : strtok_r(words, " \t\n", &rest); word && !wrong;
	     word = strtok_r(NULL, " \t\n", &rest))
		wrong = set_value(o, where, word, values);
	return wrong;
}

static int read_environment(const struct opt_command *command, void *values)
{
	char name[OPT_NAME_BYTES];

	for (size_t i = 0; i < command->n_options; i++) {
		const struct opt *o = &command->options[i];
		const char *text;

		format_variable(o, name, sizeof(name));
		text = getenv(name);
		if (!text || !*text)
			continue;
		clear_list(o, values);
		if (o->kind == OPT_LIST && strpbrk(text, " \t\n")
		            ? set_items(o, name, text, values)
		            : set_value(o, name, text, values))
			return -EINVAL;
	}
	return 0;
}

static bool wants_help(struct cursor c)
{
	struct token t;

	while ((t = next_token(&c)).kind != TOKEN_END)
		if (t.kind == TOKEN_HELP)
			return true;
	return false;
}

/* A list on the command line replaces the one before it, as a whole. */
static void clear_given_lists(struct cursor c, void *values)
{
	struct token t;

	while ((t = next_token(&c)).kind != TOKEN_END)
		if (t.kind == TOKEN_OPTION)
			clear_list(t.opt, values);
}

static int take_option(const struct opt_command *command, const struct token *t, void *values)
{
	char where[OPT_NAME_BYTES];

	if (t->kind == TOKEN_UNKNOWN) {
		log_error("%s%.*s: unknown option; try: weir %s --help", t->length == 1 ? "-" : "",
		          t->length, t->text, command->name);
		return -EINVAL;
	}
	snprintf(where, sizeof(where), "--%s", t->opt->name);
	if (t->kind == TOKEN_OPTION)
		return set_value(t->opt, where, t->text, values);
	log_error("%s: its value is missing; give %s %s", where, where, t->opt->value);
	return -EINVAL;
}

enum opt_result opt_parse(const struct opt_command *command, void *values, int *argc, char **argv)
{
	struct cursor c = { .command = command, .argv = argv, .argc = *argc, .at = 1 };
	int operands = 0;
	struct token t;

	if (wants_help(c)) {
		opt_help(command, values, stdout);
		return OPT_HELP;
	}
	if (read_environment(command, values))
		return OPT_WRONG;
	clear_given_lists(c, values);
	while ((t = next_token(&c)).kind != TOKEN_END) {
		if (t.kind == TOKEN_OPERAND)
			argv[operands++] = t.text; /* never ahead of the cursor */
		else if (take_option(command, &t, values))
			return OPT_WRONG;
	}
	if (operands < *argc)
		argv[operands] = NULL;
	*argc = operands;
	return OPT_GO;
}

/* "5s", "auto", "table:, csv:-"; empty where nothing is set. */
static void format_default(const struct opt *o, const void *defaults, char *text, size_t size)
{
	const void *field = (const char *)defaults + o->offset;
	const struct opt_list *list = field;
	const char *choice = o->choices;
	size_t used = 0;

	text[0] = '\0';
	if (o->kind == OPT_FLAG && *(const bool *)field) {
		snprintf(text, size, "yes");
	} else if (o->kind == OPT_NUMBER || o->kind == OPT_DURATION) {
		if (*(const uint64_t *)field >= o->min) /* else: chosen later */
			quantity_format(quantity_kind(o->kind), *(const uint64_t *)field, text,
			                size);
	} else if (o->kind == OPT_CHOICE) {
		for (int i = *(const int *)field; i > 0; i--)
			choice += strcspn(choice, "|") + 1;
		snprintf(text, size, "%.*s", (int)strcspn(choice, "|"), choice);
	} else if (o->kind == OPT_TEXT && *(const char *const *)field) {
		snprintf(text, size, "%s", *(const char *const *)field);
	} else if (o->kind == OPT_LIST) {
		for (size_t i = 0; i < list->count && used < size; i++)
			used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
			                         list->item[i]);
	}
}

static int option_width(const struct opt *o)
{
	return (int)(strlen(o->name) + (o->value ? 1 + strlen(o->value) : 0));
}

static void print_option(const struct opt *o, const void *defaults, int width, FILE *to)
{
	char choices[256] = "", value[256];
	const char *between = "";

	format_default(o, defaults, value, sizeof(value));
	if (o->kind == OPT_CHOICE)
		format_choices(o->choices, choices, sizeof(choices));
	fprintf(to, o->letter ? "  -%c, " : "      ", o->letter);
	fprintf(to, "--%s%s%s%*s  %s", o->name, o->value ? " " : "", o->value ? o->value : "",
	        width - option_width(o), "", o->help);
	if (*choices)
		fprintf(to, ": %s", choices);
	if (*value || o->kind == OPT_LIST) {
		between = *value && o->kind == OPT_LIST ? "; " : "";
		fprintf(to, " (%s%s%s%s)", *value ? "default " : "", value, between,
		        o->kind == OPT_LIST ? "may be repeated" : "");
	}
	fputc('\n', to);
}

void opt_help(const struct opt_command *command, const void *defaults, FILE *to)
{
	char variable[OPT_NAME_BYTES];
	int width = (int)strlen("help");

	for (size_t i = 0; i < command->n_options; i++)
		if (option_width(&command->options[i]) > width)
			width = option_width(&command->options[i]);
	fprintf(to, "usage: weir %s [OPTION]...%s%s\n", command->name,
	        command->arguments && *command->arguments ? " " : "",
	        command->arguments ? command->arguments : "");
	fprintf(to, "\n%s\n\noptions:\n", command->summary);
	for (size_t i = 0; i < command->n_options; i++)
		print_option(&command->options[i], defaults, width, to);
	fprintf(to, "  %s --%-*s  show this help\n", find_letter(command, 'h') ? "   " : "-h,",
	        width, "help");
	if (command->n_options) {
		format_variable(command->options, variable, sizeof(variable));
		fprintf(to, "\nOptions are also read from the environment: --%s from %s.\n",
		        command->options->name, variable);
	}
	if (command->details)
		fprintf(to, "\n%s\n", command->details);
}

int opt_parse_duration(const char *text, uint64_t *ns)
{
	return quantity_parse(QUANTITY_DURATION, text, ns) ? -EINVAL : 0;
}
