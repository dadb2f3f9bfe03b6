// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens when: flows only change the model; a report or a key draws. So the cost of the
 * screen does not grow with the traffic, and a terminal that takes nothing costs nothing.
 */
#include "top.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top_screen.h"
#include "top_view.h"

#define MESSAGE_REPORTS 3 /* that a message is shown for */

struct top {
	struct top_model *model;
	struct top_model *frozen; /* while paused; else NULL */
	struct top_list list;
	struct top_state state;
	struct top_canvas canvas;
	struct loop *loop;
	bool is_open;
	bool stale; /* the list is older than the model */
	int message_age;
};

struct top *top_new(const struct top_config *config)
{
	struct top *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->model = top_model_new(config);
	if (!t->model) {
		free(t);
		return NULL;
	}
	top_state_init(&t->state, config->live);
	return t;
}

void top_free(struct top *t)
{
	if (!t)
		return;
	top_model_free(t->model);
	top_model_free(t->frozen);
	top_list_clear(&t->list);
	top_canvas_clear(&t->canvas);
	free(t);
}

void top_look(struct top *t, const struct flow_record *r)
{
	t->stale = true;
	top_model_look(t->model, r);
}

void top_record(struct top *t, const struct flow_record *r)
{
	t->stale = true;
	top_model_record(t->model, r);
}

static const struct top_model *shown(const struct top *t)
{
	return t->frozen ? t->frozen : t->model;
}

/* Into memory only. */
static void redraw(struct top *t)
{
	int width, height;

	top_screen_size(&width, &height);
	t->canvas.unicode = top_screen_is_unicode();
	if (!top_canvas_reset(&t->canvas, width, height))
		top_view_draw(&t->canvas, &t->state, &t->list, shown(t));
	t->stale = false;
}

static void show(struct top *t)
{
	if (!t->is_open || !top_screen_takes())
		return;
	redraw(t);
	top_screen_show(&t->canvas);
}

void top_report(struct top *t, const struct sink_report *r)
{
	top_model_report(t->model, r);
	t->stale = true;
	if (t->message_age && !--t->message_age)
		t->state.message[0] = '\0';
	show(t);
}

/* Freeze what is shown, or let it go on. */
static void follow_pause(struct top *t)
{
	if (t->state.paused == (t->frozen != NULL))
		return;
	t->stale = true;
	if (!t->state.paused) {
		top_model_free(t->frozen);
		t->frozen = NULL;
		return;
	}
	t->frozen = top_model_copy(t->model);
	if (t->frozen)
		return;
	t->state.paused = false;
	snprintf(t->state.notice, sizeof(t->state.notice), "no memory to pause");
}

static void on_keys(void *arg)
{
	struct top *t = arg;
	int key = top_screen_key();

	if (key < 0 && top_screen_is_gone()) {
		loop_stop(t->loop);
		return;
	}
	for (; key >= 0; key = top_screen_key()) {
		if (t->stale)
			redraw(t); /* what the keys mean depends on what is there */
		top_state_key(&t->state, key, &t->list, shown(t));
		follow_pause(t);
		redraw(t);
	}
	if (t->state.quit)
		loop_stop(t->loop);
	else
		show(t);
}

static void on_message(void *arg)
{
	struct top *t = arg;

	top_screen_read_message(t->state.message, sizeof(t->state.message));
	t->message_age = MESSAGE_REPORTS;
	show(t);
}

static void on_window(void *arg)
{
	show(arg);
}

static void on_stop(void *arg)
{
	top_screen_suspend();
	show(arg);
}

int top_open(struct top *t, struct loop *loop, char *error, size_t size)
{
	int failed = top_screen_open(error, size);

	if (failed)
		return failed;
	t->is_open = true;
	t->loop = loop;
	loop_on_hangup(loop, NULL, NULL);
	failed = loop_add(loop, STDIN_FILENO, on_keys, t);
	if (!failed)
		failed = loop_add(loop, top_screen_messages(), on_message, t);
	if (!failed)
		failed = loop_on_signal(loop, SIGWINCH, on_window, t);
	if (!failed)
		failed = loop_on_signal(loop, SIGTSTP, on_stop, t);
	if (failed) {
		top_close(t);
		snprintf(error, size, "top: cannot follow the terminal: %s", strerror(-failed));
		return failed;
	}
	show(t);
	return 0;
}

void top_close(struct top *t)
{
	t->is_open = false;
	top_screen_close();
}

int top_browse(struct top *t, char *error, size_t size)
{
	struct loop *loop = loop_open();
	int failed;

	if (!loop) {
		snprintf(error, size, "top: cannot make an event loop");
		return -ENOMEM;
	}
	failed = top_open(t, loop, error, size);
	if (!failed)
		failed = loop_run(loop);
	top_close(t);
	loop_close(loop);
	return failed;
}
