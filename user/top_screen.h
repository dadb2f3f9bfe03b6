/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal of weir top: ncursesw, and the promise that the terminal is afterwards what it was,
 * however the process ends (but by SIGKILL).
 */
#ifndef WEIR_TOP_SCREEN_H
#define WEIR_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "top_canvas.h"

/* Can there be a screen? 0, or negative with one line in error. */
int top_screen_check(char *error, size_t size);

/*
 * Take the terminal. What the process writes to stderr from now on is kept back; it can be read,
 * and comes out with top_screen_close(). 0, or negative with one line in error. There is one
 * screen.
 */
int top_screen_open(char *error, size_t size);

/* Give the terminal back. May be called at any time, also without top_screen_open(). */
void top_screen_close(void);

/* Can the terminal show more than ASCII? */
bool top_screen_is_unicode(void);

/* The window's size as it is now. */
void top_screen_size(int *width, int *height);

/* Is the terminal ready to be written to? One that was stopped (^S) would stop the counting. */
bool top_screen_takes(void);

/* Show the canvas, which is as large as the window. */
void top_screen_show(const struct top_canvas *c);

/* The next key that was pressed, as top_state_key() takes it; -1: none. */
int top_screen_key(void);

/* Has the terminal gone? To be asked when it has something to read and there is no key. */
bool top_screen_is_gone(void);

/* Give the terminal back, stop like any program until SIGCONT, and take it again. */
void top_screen_suspend(void);

/* Readable when there is a message; its last line is put into text. */
int top_screen_messages(void);
void top_screen_read_message(char *text, size_t size);

#endif
