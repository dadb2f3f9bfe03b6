// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ncurses draws; keys, window changes and stopping come through the event loop, so none of its own
 * signal handlers is at work. Messages on stderr would tear the picture, so it leads into a pipe
 * meanwhile; they are shown in the last line, and written where they belong at the end.
 *
 * When the process crashes, nothing but write() and tcsetattr() may be called: the terminal's
 * settings and the sequences that leave its other screen are fetched beforehand.
 */
#include "top_screen.h"

#include <stdio.h>

#ifdef HAVE_NCURSESW

#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "buf.h"
#include "top_state.h"

#define KEPT_BYTES 65536 /* of messages */

static struct screen_state {
	SCREEN *screen;
	volatile sig_atomic_t is_open;
	struct termios before;
	char leave[256]; /* what gives the terminal back */
	size_t leave_length;
	int pipe[2]; /* stderr's */
	int error;   /* what stderr was */
	struct buf kept;
	bool registered;
	attr_t style[TOP_N_STYLES];
	short pair[TOP_N_STYLES];
} at = { .pipe = { -1, -1 }, .error = -1 };

int top_screen_check(char *error, size_t size)
{
	const char *term = getenv("TERM");
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		snprintf(error, size,
		         "top: stdin and stdout must be a terminal; 'weir monitor' "
		         "writes anywhere");
		return -ENOTTY;
	}
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK) {
		snprintf(error, size,
		         "top: no description of the terminal \"%s\"; set TERM, as in "
		         "TERM=vt100",
		         term ? term : "");
		return -ENOENT;
	}
	if (!cursor_address) {
		snprintf(error, size,
		         "top: the terminal \"%s\" cannot move its cursor; 'weir "
		         "monitor' needs no such thing",
		         term ? term : "");
		return -ENOTSUP;
	}
	del_curterm(cur_term);
	return 0;
}

static void remember(const char *sequence)
{
	size_t n = sequence ? strlen(sequence) : 0;

	if (n < sizeof(at.leave) - at.leave_length) {
		memcpy(at.leave + at.leave_length, sequence ? sequence : "", n);
		at.leave_length += n;
	}
}

/* Only what a signal handler may do. */
static void leave_at_once(void)
{
	ssize_t ignored;

	if (!at.is_open)
		return;
	at.is_open = 0;
	ignored = write(STDOUT_FILENO, at.leave, at.leave_length);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &at.before);
	dup2(at.error, STDERR_FILENO);
}

static void on_crash(int number)
{
	leave_at_once();
	signal(number, SIG_DFL); /* and again, to end as it would have */
	raise(number);
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_NODEFER };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static int divert_messages(void)
{
	at.error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (at.error < 0 || pipe2(at.pipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	return dup2(at.pipe[1], STDERR_FILENO) < 0 ? -errno : 0;
}

/* Everything that is in the pipe. */
static void read_messages(void)
{
	char text[1024];
	ssize_t n;

	while ((n = read(at.pipe[0], text, sizeof(text))) > 0)
		if (at.kept.length < KEPT_BYTES)
			buf_put(&at.kept, text, n);
}

static void restore_messages(void)
{
	size_t done = 0;
	ssize_t n;

	if (at.pipe[0] >= 0)
		read_messages();
	if (at.error >= 0) {
		dup2(at.error, STDERR_FILENO);
		close(at.error);
	}
	while (done < at.kept.length) {
		n = write(STDERR_FILENO, at.kept.data + done, at.kept.length - done);
		if (n <= 0)
			break;
		done += n;
	}
	buf_clear(&at.kept);
	if (at.pipe[0] >= 0)
		close(at.pipe[0]);
	if (at.pipe[1] >= 0)
		close(at.pipe[1]);
	at.pipe[0] = at.pipe[1] = at.error = -1;
}

static void choose_styles(void)
{
	const char *no_color = getenv("NO_COLOR");
	bool colours = has_colors() && !(no_color && *no_color) && start_color() == OK;

	at.style[TOP_PLAIN] = A_NORMAL;
	at.style[TOP_BOLD] = A_BOLD;
	at.style[TOP_DIM] = A_DIM;
	at.style[TOP_HEAD] = A_BOLD | A_UNDERLINE;
	at.style[TOP_SELECTED] = A_REVERSE;
	at.style[TOP_WARN] = A_BOLD;
	at.style[TOP_WARN_SELECTED] = A_REVERSE | A_BOLD;
	at.style[TOP_CURVE] = A_NORMAL;
	if (!colours || use_default_colors() != OK)
		return;
	init_pair(1, COLOR_RED, -1);
	init_pair(2, COLOR_CYAN, -1);
	at.pair[TOP_WARN] = at.pair[TOP_WARN_SELECTED] = 1;
	at.pair[TOP_CURVE] = at.pair[TOP_HEAD] = 2;
}

static int start_curses(char *error, size_t size)
{
	at.screen = newterm(NULL, stdout, stdin);
	if (!at.screen) {
		snprintf(error, size, "top: cannot use the terminal");
		return -ENOTTY;
	}
	set_term(at.screen);
	set_escdelay(50);
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	choose_styles();
	at.leave_length = 0;
	remember(exit_attribute_mode);
	remember(keypad_local);
	remember(cursor_normal);
	remember(exit_ca_mode ? exit_ca_mode : "\r\n");
	return 0;
}

int top_screen_open(char *error, size_t size)
{
	int failed = top_screen_check(error, size);

	if (failed)
		return failed;
	if (tcgetattr(STDIN_FILENO, &at.before) || divert_messages()) {
		snprintf(error, size, "top: cannot take the terminal: %s", strerror(errno));
		restore_messages();
		return -EIO;
	}
	failed = start_curses(error, size);
	if (failed) {
		restore_messages();
		return failed;
	}
	if (!at.registered)
		atexit(top_screen_close);
	at.registered = true;
	at.is_open = 1;
	catch_crashes();
	return 0;
}

void top_screen_close(void)
{
	if (!at.is_open)
		return;
	at.is_open = 0;
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &at.before);
	restore_messages();
	delscreen(at.screen);
	at.screen = NULL;
}

bool top_screen_is_unicode(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

void top_screen_size(int *width, int *height)
{
	struct winsize window;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) && window.ws_col && window.ws_row &&
	    (window.ws_col != COLS || window.ws_row != LINES))
		resizeterm(window.ws_row, window.ws_col);
	*width = COLS;
	*height = LINES;
}

bool top_screen_takes(void)
{
	struct pollfd terminal = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&terminal, 1, 0) == 1 && terminal.revents & POLLOUT;
}

/* A run of cells of one style. */
static int show_run(const struct top_canvas *c, int y, int x)
{
	const struct top_cell *cell = &c->cells[y * c->width];
	wchar_t text[256];
	int n = 0, first = x;
	uint8_t style = cell[x].style;

	for (; x < c->width && cell[x].style == style && n < 255; x++)
		if (cell[x].c)
			text[n++] = cell[x].c;
	attr_set(at.style[style], at.pair[style], NULL);
	mvaddnwstr(y, first, text, n);
	return x;
}

void top_screen_show(const struct top_canvas *c)
{
	int x, y;

	if (!at.is_open || !c->cells)
		return;
	attr_set(A_NORMAL, 0, NULL);
	erase();
	for (y = 0; y < c->height; y++)
		for (x = 0; x < c->width;)
			x = show_run(c, y, x);
	refresh();
}

int top_screen_key(void)
{
	static const struct {
		int from, to;
	} keys[] = {
		{ KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN },
		{ KEY_LEFT, TOP_KEY_LEFT },
		{ KEY_RIGHT, TOP_KEY_RIGHT },
		{ KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END },
		{ KEY_ENTER, TOP_KEY_ENTER },
		{ '\r', TOP_KEY_ENTER },
		{ '\n', TOP_KEY_ENTER },
		{ 27, TOP_KEY_ESCAPE },
		{ KEY_BACKSPACE, TOP_KEY_BACKSPACE },
		{ 127, TOP_KEY_BACKSPACE },
		{ '\b', TOP_KEY_BACKSPACE },
	};
	int key = getch();
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].from)
			return keys[i].to;
	return key == ERR ? -1 : key < KEY_MIN ? key : 0;
}

bool top_screen_is_gone(void)
{
	int waiting = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &waiting) || !waiting;
}

void top_screen_suspend(void)
{
	if (!at.is_open)
		return;
	endwin();
	kill(getpid(), SIGSTOP);
	refresh(); /* here it goes on */
	curs_set(0);
}

int top_screen_messages(void)
{
	return at.pipe[0];
}

void top_screen_read_message(char *text, size_t size)
{
	const char *data, *end, *begin;

	read_messages();
	data = at.kept.data;
	if (!at.kept.length)
		return;
	end = data + at.kept.length - (data[at.kept.length - 1] == '\n');
	begin = memrchr(data, '\n', end - data);
	begin = begin ? begin + 1 : data;
	snprintf(text, size, "%.*s", (int)(end - begin), begin);
}

#else

#include <errno.h>

int top_screen_check(char *error, size_t size)
{
	snprintf(error, size,
	         "top: this weir was built without ncursesw; install libncurses-dev "
	         "and build again, or use 'weir monitor'");
	return -ENOSYS;
}

int top_screen_open(char *error, size_t size)
{
	return top_screen_check(error, size);
}

void top_screen_close(void)
{
}

bool top_screen_is_unicode(void)
{
	return false;
}

void top_screen_size(int *width, int *height)
{
	*width = *height = 0;
}

bool top_screen_takes(void)
{
	return false;
}

void top_screen_show(const struct top_canvas *c)
{
}

int top_screen_key(void)
{
	return -1;
}

bool top_screen_is_gone(void)
{
	return true;
}

void top_screen_suspend(void)
{
}

int top_screen_messages(void)
{
	return -1;
}

void top_screen_read_message(char *text, size_t size)
{
}

#endif
