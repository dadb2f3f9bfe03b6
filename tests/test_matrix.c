// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Labelled rows: names, groups, growing, sorting of classes, taking rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matrix.h"

static const char *const columns[] = { "bytes", "packets" };

static struct matrix *make(void)
{
	struct matrix *m = matrix_new(2, columns);

	assert_non_null(m);
	return m;
}

static void add(struct matrix *m, double a, double b, const char *label, uint32_t group)
{
	const double row[] = { a, b };

	assert_int_equal(matrix_add_row(m, row, label, 0.5f, group), 0);
}

static void a_new_matrix_has_copies_of_the_names_and_no_rows(void **state)
{
	char name[] = "x";
	const char *names[] = { name };
	struct matrix *m = matrix_new(1, names);

	name[0] = 'y';
	assert_string_equal(m->column_names[0], "x");
	assert_int_equal(m->n_rows, 0);
	assert_int_equal(m->n_classes, 0);
	matrix_free(m);
	matrix_free(NULL);
}

static void many_rows_are_kept_as_given(void **state)
{
	struct matrix *m = make();
	size_t i;

	for (i = 0; i < 1000; i++)
		add(m, (double)i, -(double)i, i % 3 ? "other" : NULL, (uint32_t)i / 10);
	assert_int_equal(m->n_rows, 1000);
	for (i = 0; i < 1000; i++) {
		assert_true(matrix_row(m, i)[0] == (double)i);
		assert_true(matrix_row(m, i)[1] == -(double)i);
		assert_int_equal(m->label[i], i % 3 ? 0 : -1);
		assert_true(m->weight[i] == 0.5f);
		assert_int_equal(m->group[i], i / 10);
	}
	assert_true(matrix_memory(m) >= 1000 * (2 * 8 + 4 + 4 + 4));
	assert_true(matrix_memory(m) < 3000 * (2 * 8 + 4 + 4 + 4));
	matrix_free(m);
}

static void the_same_group_twice_is_one(void **state)
{
	struct matrix *m = make();

	assert_int_equal(matrix_add_group(m, "a.pcap"), 0);
	assert_int_equal(matrix_add_group(m, "b.pcap"), 1);
	assert_int_equal(matrix_add_group(m, "b.pcap"), 1);
	assert_int_equal(matrix_add_group(m, "a.pcap"), 0);
	assert_int_equal(m->n_groups, 2);
	assert_string_equal(m->group_names[1], "b.pcap");
	matrix_free(m);
}

static void sorted_classes_take_the_labels_with_them(void **state)
{
	static const char *const labels[] = { "tls", "dns", NULL, "tls", "Zoom", "ftp" };
	static const int32_t sorted[] = { 3, 1, -1, 3, 0, 2 };
	struct matrix *m = make();
	size_t i;

	for (i = 0; i < 6; i++)
		add(m, 0, 0, labels[i], 0);
	assert_int_equal(m->label[0], 0);
	assert_int_equal(matrix_sort_classes(m), 0);
	for (i = 0; i < 6; i++)
		assert_int_equal(m->label[i], sorted[i]);
	assert_string_equal(m->class_names[0], "Zoom");
	assert_string_equal(m->class_names[3], "tls");
	matrix_free(m);
}

static void a_matrix_without_classes_sorts_to_itself(void **state)
{
	struct matrix *m = make();

	add(m, 1, 2, NULL, 0);
	assert_int_equal(matrix_sort_classes(m), 0);
	assert_int_equal(m->n_classes, 0);
	assert_int_equal(m->label[0], -1);
	matrix_free(m);
}

static void taken_rows_keep_all_classes_and_groups(void **state)
{
	static const size_t rows[] = { 3, 0, 3 };
	struct matrix *m = make(), *part;
	size_t i;

	for (i = 0; i < 4; i++) {
		char name[] = { 'a' + (char)i, '\0' };

		add(m, (double)i, 0, name, (uint32_t)matrix_add_group(m, name));
	}
	part = matrix_take(m, rows, 3);
	matrix_free(m);
	assert_non_null(part);
	assert_int_equal(part->n_rows, 3);
	assert_int_equal(part->n_classes, 4);
	assert_int_equal(part->n_groups, 4);
	for (i = 0; i < 3; i++) {
		assert_true(matrix_row(part, i)[0] == (double)rows[i]);
		assert_int_equal(part->label[i], rows[i]);
		assert_int_equal(part->group[i], rows[i]);
	}
	add(part, 9, 9, "b", 0);
	assert_int_equal(part->label[3], 1);
	matrix_free(part);
}

static void no_rows_can_be_taken(void **state)
{
	struct matrix *m = make(), *part = matrix_take(m, NULL, 0);

	assert_non_null(part);
	assert_int_equal(part->n_rows, 0);
	add(part, 1, 1, "a", 0);
	assert_int_equal(part->n_rows, 1);
	matrix_free(part);
	matrix_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_matrix_has_copies_of_the_names_and_no_rows),
		cmocka_unit_test(many_rows_are_kept_as_given),
		cmocka_unit_test(the_same_group_twice_is_one),
		cmocka_unit_test(sorted_classes_take_the_labels_with_them),
		cmocka_unit_test(a_matrix_without_classes_sorts_to_itself),
		cmocka_unit_test(taken_rows_keep_all_classes_and_groups),
		cmocka_unit_test(no_rows_can_be_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
