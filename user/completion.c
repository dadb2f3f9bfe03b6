// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Completion scripts from the option tables. What a value or an argument is, is read from the name
 * that the table gives it: IFACE an interface, NAME a user, TIME and N something to type, the rest
 * files; a choice brings its own words. All text of the tables is quoted for the shell it goes to.
 */
#include "completion.h"

#include <string.h>

#include "sink.h"

enum thing { THING_NONE, THING_FILE, THING_INTERFACE, THING_USER, THING_OUTPUT, THING_CHOICE };

static enum thing thing_of(const char *name)
{
	static const char *const typed[] = { "", "TIME", "N", "SHELL" };
	size_t i;

	for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		if (!name || !strcmp(name, typed[i]))
			return THING_NONE;
	if (strstr(name, "IFACE"))
		return THING_INTERFACE;
	if (!strcmp(name, "NAME"))
		return THING_USER;
	return strncmp(name, "KIND:", 5) ? THING_FILE : THING_OUTPUT;
}

static enum thing value_of(const struct opt *o)
{
	return o->kind == OPT_CHOICE ? THING_CHOICE : thing_of(o->value);
}

/* "a|b|c" with another separator. */
static void put_choices(struct buf *b, const char *choices)
{
	for (; *choices; choices++)
		buf_char(b, *choices == '|' ? ' ' : *choices);
}

static void put_outputs(struct buf *b)
{
	size_t i;

	for (i = 0; sink_kinds[i]; i++)
		buf_format(b, "%s%s:", i ? " " : "", sink_kinds[i]->name);
}

/* A word list: the choices, or the kinds of output. */
static void put_words(struct buf *b, const struct opt *o)
{
	if (o->kind == OPT_CHOICE)
		put_choices(b, o->choices);
	else
		put_outputs(b);
}

/* The inside of single quotes; the characters of special get a backslash besides. */
static void put_quoted(struct buf *b, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_text(b, "'\\'");
		else if (strchr(special, *text))
			buf_char(b, '\\');
		buf_char(b, *text);
	}
}

static void put_bash_value(struct buf *b, const char *command, const struct opt *o)
{
	enum thing thing = value_of(o);

	if (!o->value)
		return;
	buf_format(b, "\t'%s --%s'", command, o->name);
	if (o->letter)
		buf_format(b, " | '%s -%c'", command, o->letter);
	buf_text(b, ") ");
	if (thing == THING_FILE)
		buf_text(b, "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))");
	else if (thing == THING_USER)
		buf_text(b, "COMPREPLY=($(compgen -u -- \"$word\"))");
	else if (thing == THING_NONE)
		buf_text(b, "COMPREPLY=()");
	if (thing == THING_OUTPUT || thing == THING_CHOICE) {
		buf_text(b, "COMPREPLY=($(compgen -W '");
		put_words(b, o);
		buf_text(b, "' -- \"$word\"))");
	}
	buf_text(b, thing == THING_OUTPUT ? "; compopt -o nospace; return ;;\n" : "; return ;;\n");
}

static void put_bash_command(struct buf *b, const struct opt_command *c)
{
	enum thing thing = thing_of(c->arguments);
	size_t i;

	buf_format(b, "\t%s) options='--help", c->name);
	for (i = 0; i < c->n_options; i++)
		buf_format(b, " --%s", c->options[i].name);
	buf_format(b, "' things=%s ;;\n",
	           thing == THING_INTERFACE ? "interfaces"
	           : thing == THING_FILE    ? "files"
	                                    : "none");
}

void completion_put_bash(struct buf *b, const struct opt_command *const *commands)
{
	size_t i, k;

	buf_text(b, "# bash completion for weir; made by: weir completion bash\n"
	            "# shellcheck shell=bash disable=SC2207\n_weir()\n{\n"
	            "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	            "\tlocal command=${COMP_WORDS[1]} options='' things=none\n\n"
	            "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	            "\t\tCOMPREPLY=($(compgen -W 'help --version");
	for (i = 0; commands[i]; i++)
		buf_format(b, " %s", commands[i]->name);
	buf_text(b, "' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase \"$command $before\" in\n");
	for (i = 0; commands[i]; i++)
		for (k = 0; k < commands[i]->n_options; k++)
			put_bash_value(b, commands[i]->name, &commands[i]->options[k]);
	buf_text(b, "\tesac\n\tcase $command in\n");
	for (i = 0; commands[i]; i++)
		put_bash_command(b, commands[i]);
	buf_text(b, "\tesac\n"
	            "\tif [[ $word == -* ]]; then\n"
	            "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	            "\telif [ $things = interfaces ]; then\n"
	            "\t\tCOMPREPLY=($(compgen -W \"$(ls /sys/class/net)\" -- \"$word\"))\n"
	            "\telif [ $things = files ]; then\n"
	            "\t\tcompopt -o filenames\n"
	            "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	            "\tfi\n}\ncomplete -F _weir weir\n");
}

/* What zsh calls an action. */
static void put_zsh_action(struct buf *b, enum thing thing, const struct opt *o)
{
	if (thing == THING_FILE)
		buf_text(b, "_files");
	else if (thing == THING_INTERFACE)
		buf_text(b, "_net_interfaces");
	else if (thing == THING_USER)
		buf_text(b, "_users");
	else if (thing == THING_NONE)
		buf_char(b, ' ');
	if (thing == THING_CHOICE || thing == THING_OUTPUT) {
		buf_char(b, '(');
		put_words(b, o);
		buf_char(b, ')');
	}
}

static void put_zsh_option(struct buf *b, const struct opt *o)
{
	const char *again = o->kind == OPT_LIST ? "*" : "";

	if (o->letter)
		buf_format(b, " \\\n\t\t\t%s{-%c,--%s}'[", *again ? "'*'" : "", o->letter, o->name);
	else
		buf_format(b, " \\\n\t\t\t'%s--%s[", again, o->name);
	put_quoted(b, o->help, "[]\\");
	buf_char(b, ']');
	if (o->value) {
		buf_char(b, ':');
		put_quoted(b, o->value, ":\\");
		buf_char(b, ':');
		put_zsh_action(b, value_of(o), o);
	}
	buf_char(b, '\'');
}

static void put_zsh_command(struct buf *b, const struct opt_command *c)
{
	enum thing thing = thing_of(c->arguments);
	size_t i;

	buf_format(b, "\t%s)\n\t\t_arguments -s '--help[show its options]'", c->name);
	for (i = 0; i < c->n_options; i++)
		put_zsh_option(b, &c->options[i]);
	if (thing != THING_NONE) {
		buf_text(b, " \\\n\t\t\t'*:argument:");
		put_zsh_action(b, thing, NULL);
		buf_char(b, '\'');
	}
	buf_text(b, " ;;\n");
}

void completion_put_zsh(struct buf *b, const struct opt_command *const *commands)
{
	size_t i;

	buf_text(b, "#compdef weir\n# made by: weir completion zsh\n_weir()\n{\n"
	            "\tlocal -a commands\n\tlocal curcontext=$curcontext state line\n\n"
	            "\tcommands=(\n\t\t'help:the commands, or the options of one'\n");
	for (i = 0; commands[i]; i++) {
		buf_format(b, "\t\t'%s:", commands[i]->name);
		put_quoted(b, commands[i]->summary, ":\\");
		buf_text(b, "'\n");
	}
	buf_text(b, "\t)\n\t_arguments -C '1:command:->command' '*::argument:->argument'\n"
	            "\tif [[ $state == command ]]; then\n"
	            "\t\t_describe command commands\n\t\treturn\n\tfi\n"
	            "\tcase ${words[1]} in\n");
	for (i = 0; commands[i]; i++)
		put_zsh_command(b, commands[i]);
	buf_text(b, "\tesac\n}\nif [ \"${funcstack[1]}\" = _weir ]; then\n\t_weir \"$@\"\nelse\n"
	            "\tcompdef _weir weir\nfi\n");
}

static void put_fish_option(struct buf *b, const char *command, const struct opt *o)
{
	enum thing thing = value_of(o);

	buf_format(b, "complete -c weir -n '__fish_seen_subcommand_from %s' -l %s", command,
	           o->name);
	if (o->letter)
		buf_format(b, " -s %c", o->letter);
	if (o->value)
		buf_text(b, thing == THING_FILE ? " -r -F" : " -x");
	if (thing == THING_USER)
		buf_text(b, " -a '(__fish_complete_users)'");
	if (thing == THING_CHOICE || thing == THING_OUTPUT) {
		buf_text(b, " -a '");
		put_words(b, o);
		buf_char(b, '\'');
	}
	buf_text(b, " -d '");
	put_quoted(b, o->help, "\\");
	buf_text(b, "'\n");
}

static void put_fish_command(struct buf *b, const struct opt_command *c)
{
	enum thing thing = thing_of(c->arguments);
	size_t i;

	buf_format(b, "complete -c weir -f -n __fish_use_subcommand -a %s -d '", c->name);
	put_quoted(b, c->summary, "\\");
	buf_text(b, "'\n");
	if (thing != THING_FILE)
		buf_format(b, "complete -c weir -f -n '__fish_seen_subcommand_from %s'%s\n",
		           c->name,
		           thing == THING_INTERFACE ? " -a '(__fish_print_interfaces)'" : "");
	for (i = 0; i < c->n_options; i++)
		put_fish_option(b, c->name, &c->options[i]);
}

void completion_put_fish(struct buf *b, const struct opt_command *const *commands)
{
	size_t i;

	buf_text(b, "# fish completion for weir; made by: weir completion fish\n"
	            "complete -c weir -f -n __fish_use_subcommand -a help -d 'the commands'\n");
	for (i = 0; commands[i]; i++)
		put_fish_command(b, commands[i]);
}
