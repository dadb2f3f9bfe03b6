// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What weir top draws at several sizes, and where its keys lead. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "top_flows.h"
#include "top_view.h"

static const struct books books;

struct stage {
	struct top_model *model;
	struct top_state state;
	struct top_list list;
	struct top_canvas canvas;
};

static void draw(struct stage *s, int width, int height)
{
	assert_int_equal(top_canvas_reset(&s->canvas, width, height), 0);
	top_view_draw(&s->canvas, &s->state, &s->list, s->model);
}

/* Twenty flows, flow n having moved (20 - n) kB; flow 2 anomalous. */
static void begin(struct stage *s, bool judged)
{
	const struct top_config config = { .live = true, .max_rows = 100, .seed = 42 };
	struct made_flow f;
	uint32_t i;

	setenv("TZ", "UTC", 1);
	memset(s, 0, sizeof(*s));
	s->model = top_model_new(&config);
	assert_non_null(s->model);
	top_state_init(&s->state, true);
	for (i = 0; i < 20; i++) {
		make_flow(&f, i, 1000 * (20 - i), 2);
		if (judged)
			judge_flow(&f, "web", i == 2 ? -0.75 : -0.5);
		top_model_look(s->model, &f.record);
	}
	end_interval(s->model, 2, 210000, &books);
}

static void end(struct stage *s)
{
	top_model_free(s->model);
	top_list_clear(&s->list);
	top_canvas_clear(&s->canvas);
}

static const char *line(const struct stage *s, int y)
{
	static char text[1024];

	top_canvas_line(&s->canvas, y, text, sizeof(text));
	return text;
}

static void press(struct stage *s, const char *keys)
{
	for (; *keys; keys++) {
		top_state_key(&s->state, *keys == '\n' ? TOP_KEY_ENTER : *keys, &s->list, s->model);
		draw(s, 80, 24);
	}
}

static int style_at(const struct stage *s, int y, int x)
{
	return s->canvas.cells[y * s->canvas.width + x].style;
}

static void the_usual_window_is_filled(void **state)
{
	struct stage s;

	begin(&s, false);
	draw(&s, 80, 24);
	assert_string_equal(
	        line(&s, 0),
	        "weir top  eth0                                                          22:13:22");
	assert_string_equal(line(&s, 1), "50 pps  105 kB/s  20 flows live, 0 ended");
	assert_string_equal(
	        line(&s, 4),
	        "  PROTO SOURCE                DESTINATION               RATEv   BYTES PACKETS");
	assert_string_equal(
	        line(&s, 5),
	        "  TCP   10.0.0.0:1024         192.0.2.0:443         10.0 kB/s 20.0 kB       4");
	assert_string_equal(
	        line(&s, 6),
	        "  TCP   10.0.0.1:1025         192.0.2.1:443          9.5 kB/s 19.0 kB       4");
	assert_string_equal(line(&s, 22), "Complete: seen 0 packets (0 B) = 0 in flows");
	assert_string_equal(line(&s, 23),
	                    "? help  q quit  / filter  g group  < > sort  Enter details");
	assert_int_equal(style_at(&s, 5, 10), TOP_SELECTED);
	assert_int_equal(style_at(&s, 6, 10), TOP_PLAIN);
	end(&s);
}

static void a_wide_window_has_all_columns(void **state)
{
	struct stage s;

	begin(&s, true);
	draw(&s, 200, 60);
	assert_string_equal(
	        line(&s, 6),
	        "  PROTO     SOURCE                DESTINATION               RATEv       PPS"
	        "   BYTES PACKETS    AGE  SCORE CLASS");
	assert_string_equal(
	        line(&s, 9),
	        "! TCP       10.0.0.2:1026         192.0.2.2:443          9.0 kB/s     2 pps"
	        " 18.0 kB       4  1.0 s  -0.75 web");
	assert_int_equal(style_at(&s, 9, 20), TOP_WARN);
	end(&s);
}

static void a_small_window_keeps_the_essence(void **state)
{
	struct stage s;

	begin(&s, true);
	draw(&s, 40, 10);
	assert_string_equal(line(&s, 1), "50 pps  105 kB/s  20 flows live, 0 ended");
	assert_string_equal(line(&s, 2), "  SOURCE        DESTINATION       RATEv");
	assert_string_equal(line(&s, 3), "  10.0.0.0:1024 192.0.2.0:443 10.0 kB/s");
	assert_string_equal(line(&s, 8), "  10.0.0.5:1029 192.0.2.5:443  7.5 kB/s");
	assert_string_equal(line(&s, 9), "? help  q quit  / filter  g group  < > ~");
	end(&s);
}

static void every_size_is_drawn_within_its_bounds(void **state)
{
	struct stage s;
	int width, height;

	begin(&s, true);
	for (width = 1; width < 230; width += 7)
		for (height = 1; height < 70; height += 3) {
			s.state.mode = TOP_LIST;
			draw(&s, width, height);
			s.state.mode = TOP_HELP;
			draw(&s, width, height);
			top_state_key(&s.state, '?', &s.list, s.model);
			top_state_key(&s.state, TOP_KEY_ENTER, &s.list, s.model);
			draw(&s, width, height);
		}
	assert_int_equal(s.state.mode, TOP_DETAIL);
	end(&s);
}

static void letters_sort_and_turn(void **state)
{
	struct stage s;

	begin(&s, true);
	draw(&s, 80, 24);
	press(&s, "S");
	assert_non_null(strstr(line(&s, 4), "SOURCEv"));
	assert_non_null(strstr(line(&s, 5), "10.0.0.0:1024"));
	press(&s, "S");
	assert_non_null(strstr(line(&s, 4), "SOURCE^"));
	assert_non_null(strstr(line(&s, 5), "10.0.0.19:1043"));
	press(&s, "A");
	assert_non_null(strstr(line(&s, 5), "! TCP   10.0.0.2:1026"));
	press(&s, ">");
	assert_int_equal(s.state.query.sort, TOP_PROTOCOL);
	press(&s, "<");
	assert_int_equal(s.state.query.sort, TOP_SCORE);
	press(&s, "K"); /* a column that has no room else */
	assert_non_null(strstr(line(&s, 4), "PPSv"));
	end(&s);
}

static void the_cursor_moves_and_the_page_with_it(void **state)
{
	struct stage s;
	int i;

	begin(&s, false);
	draw(&s, 80, 24); /* 17 of 20 rows */
	for (i = 0; i < 18; i++)
		press(&s, "j");
	assert_int_equal(s.state.selected, 18);
	assert_int_equal(s.state.first, 2);
	assert_int_equal(style_at(&s, 21, 0), TOP_SELECTED);
	top_state_key(&s.state, TOP_KEY_END, &s.list, s.model);
	draw(&s, 80, 24);
	assert_non_null(strstr(line(&s, 21), "10.0.0.19:1043"));
	top_state_key(&s.state, TOP_KEY_PAGE_UP, &s.list, s.model);
	top_state_key(&s.state, TOP_KEY_PAGE_UP, &s.list, s.model);
	draw(&s, 80, 24);
	assert_int_equal(s.state.selected, 0);
	assert_int_equal(s.state.first, 0);
	end(&s);
}

static void a_filter_is_typed_corrected_and_cleared(void **state)
{
	struct stage s;

	begin(&s, true);
	draw(&s, 80, 24);
	press(&s, "/host x");
	assert_string_equal(line(&s, 23), "filter: host x");
	press(&s, "\n");
	assert_int_equal(s.state.mode, TOP_PROMPT);
	assert_non_null(strstr(line(&s, 23), "no address"));
	top_state_key(&s.state, TOP_KEY_BACKSPACE, &s.list, s.model);
	press(&s, "192.0.2.2\n");
	assert_int_equal(s.list.flows, 3);
	assert_non_null(strstr(line(&s, 23), "host 192.0.2.2: 3 flows"));
	top_state_key(&s.state, TOP_KEY_ESCAPE, &s.list, s.model);
	draw(&s, 80, 24);
	assert_int_equal(s.list.flows, 20);
	press(&s, "/nothing\n");
	assert_string_equal(line(&s, 6), "  no flow passes the filter");
	end(&s);
}

static void enter_leads_into_a_group_and_escape_back(void **state)
{
	struct stage s;

	begin(&s, true);
	draw(&s, 80, 24);
	press(&s, "g");
	assert_string_equal(
	        line(&s, 4),
	        "  GROUP                FLOWS     RATEv       PPS   BYTES PACKETS  UNUSUAL  SCORE");
	assert_string_equal(
	        line(&s, 5),
	        "  192.0.2.0                3 19.5 kB/s     6 pps 39.0 kB      12        0  -0.50");
	press(&s, "jj\n");
	assert_string_equal(s.state.filter_text, "host 192.0.2.2");
	assert_int_equal(s.state.query.group, TOP_BY_FLOW);
	assert_int_equal(s.list.flows, 3);
	top_state_key(&s.state, TOP_KEY_ESCAPE, &s.list, s.model);
	draw(&s, 80, 24);
	assert_int_equal(s.state.query.group, TOP_BY_HOST);
	assert_string_equal(s.state.filter_text, "");
	press(&s, "ggg\n");
	assert_string_equal(s.state.filter_text, "class \"web\"");
	assert_int_equal(s.list.flows, 20);
	end(&s);
}

static bool shows(struct stage *s, const char *text)
{
	int y;

	for (y = 0; y < 24; y++)
		if (strstr(line(s, y), text))
			return true;
	return false;
}

static void details_tell_the_verdict_and_every_field(void **state)
{
	struct made_flow f;
	struct stage s;

	begin(&s, true);
	draw(&s, 80, 24);
	press(&s, "jj\n");
	assert_string_equal(line(&s, 2), "TCP  10.0.0.2:1026 > 192.0.2.2:443");
	assert_string_equal(line(&s, 3), "live: 4 packets, 18.0 kB in 1.0 s; now 9.0 kB/s");
	assert_string_equal(
	        line(&s, 4),
	        "class web, 90 % sure.  anomaly score -0.75, ANOMALOUS: fwd_syn 900 (usual 1..2)");
	assert_string_equal(
	        line(&s, 6),
	        "src_ip                         10.0.0.2 protocol_name                       TCP");
	top_state_key(&s.state, TOP_KEY_END, &s.list, s.model);
	draw(&s, 80, 24);
	assert_true(shows(&s, " coalesced "));
	make_flow(&f, 2, 0, 2);
	f.record.end = RECORD_IDLE;
	memset(f.record.moved_packets, 0, sizeof(f.record.moved_packets));
	top_model_record(s.model, &f.record);
	draw(&s, 80, 24);
	assert_string_equal(line(&s, 3), "ended: 4 packets, 18.0 kB in 1.0 s");
	end(&s);
}

static void hostile_names_stay_text(void **state)
{
	struct made_flow f;
	struct stage s;
	int x, y, mode;

	begin(&s, true);
	make_flow(&f, 50, 90000, 2);
	judge_flow(&f, "\x1b[2J\x9b\xe2\x80\xae\r\n\x07<b>", -0.75);
	top_model_look(s.model, &f.record);
	end_interval(s.model, 2, 210000, &books);
	strcpy(s.model->source, "e\x1b]0;x\x07");
	strcpy(s.state.message, "\x1b[31mred");
	for (mode = 0; mode < 3; mode++) {
		draw(&s, 120, 30);
		for (y = 0; y < 30; y++)
			for (x = 0; x < 120; x++)
				assert_in_range(s.canvas.cells[y * 120 + x].c, 0x20, 0x7e);
		if (!mode)
			assert_non_null(strstr(line(&s, 5), "\\x1b[2J"));
		assert_non_null(strstr(line(&s, 0), "e\\x1b]0;x\\x07"));
		press(&s, mode ? "\n" : "g");
	}
	end(&s);
}

static void the_curve_has_blocks_only_in_unicode(void **state)
{
	struct stage s;
	int i;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	begin(&s, false);
	for (i = 1; i <= 8; i++)
		end_interval(s.model, 2 + i, 1000 * i, &books);
	top_canvas_reset(&s.canvas, 80, 1);
	top_curve_draw(&s.canvas, 0, 1, s.model);
	assert_non_null(strstr(line(&s, 0), "# 105 kB/s, 18.0 s")
	                        ?: strstr(line(&s, 0), "105 kB/s, 18.0 s"));
	for (i = 0; i < 80; i++)
		assert_true(s.canvas.cells[i].c < 0x80);
	s.canvas.unicode = true;
	top_canvas_reset(&s.canvas, 80, 1);
	top_curve_draw(&s.canvas, 0, 1, s.model);
	assert_non_null(strstr(line(&s, 0), "\xe2\x96\x88\xe2\x96\x81"));
	setlocale(LC_CTYPE, "C");
	end(&s);
}

static void wide_characters_take_two_cells_and_others_none(void **state)
{
	struct top_canvas c = { .unicode = true };
	char text[64];

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	assert_int_equal(top_canvas_reset(&c, 10, 1), 0);
	assert_int_equal(top_canvas_put(&c, 0, 0, -1, TOP_PLAIN, "a\xe4\xb8\xad\xcc\x81z"), 5);
	top_canvas_line(&c, 0, text, sizeof(text));
	assert_string_equal(text, "a\xe4\xb8\xad?z");
	assert_int_equal(c.cells[2].c, 0);
	top_canvas_put(&c, 0, 0, 3, TOP_PLAIN, "ab\xe4\xb8\xad");
	top_canvas_line(&c, 0, text, sizeof(text));
	assert_memory_equal(text, "ab~", 3);
	setlocale(LC_CTYPE, "C");
	top_canvas_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_window_is_filled),
		cmocka_unit_test(a_wide_window_has_all_columns),
		cmocka_unit_test(a_small_window_keeps_the_essence),
		cmocka_unit_test(every_size_is_drawn_within_its_bounds),
		cmocka_unit_test(letters_sort_and_turn),
		cmocka_unit_test(the_cursor_moves_and_the_page_with_it),
		cmocka_unit_test(a_filter_is_typed_corrected_and_cleared),
		cmocka_unit_test(enter_leads_into_a_group_and_escape_back),
		cmocka_unit_test(details_tell_the_verdict_and_every_field),
		cmocka_unit_test(hostile_names_stay_text),
		cmocka_unit_test(the_curve_has_blocks_only_in_unicode),
		cmocka_unit_test(wide_characters_take_two_cells_and_others_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
