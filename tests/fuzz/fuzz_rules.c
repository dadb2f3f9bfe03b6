// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Label rules: any text. Rules that are taken name fields that exist, and judge flows of any kind.
 */
#include <math.h>
#include <stdlib.h>

#include "feature.h"
#include "field.h"
#include "label_rules.h"

static void judge(const struct label_rules *rules)
{
	static const double some[] = { 0, 1, -1, 80, 443, 1e300, -1e300, INFINITY, NAN };
	double values[FEATURE_FIELDS];
	const char *label;
	size_t i, k;

	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		for (k = 0; k < FEATURE_FIELDS; k++)
			values[k] = some[(i + k * (i & 1)) % (sizeof(some) / sizeof(some[0]))];
		label = label_rules_apply(rules, values);
		if (label && !*label)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char error[512] = "";
	struct label_rules *rules = label_rules_parse("fuzz", (const char *)data, length, error,
	                                              sizeof(error));
	const int16_t *list;
	size_t n, i;

	if (!rules) {
		if (!*error)
			abort();
		return 0;
	}
	n = label_rules_fields(rules, &list);
	for (i = 0; i < n; i++)
		if (list[i] < 0 || (size_t)list[i] >= n_fields)
			abort();
	judge(rules);
	label_rules_free(rules);
	return 0;
}
