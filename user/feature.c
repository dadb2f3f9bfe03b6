// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From fields to a vector. Here NaN and infinity end: what is not finite becomes 0. */
#include "feature.h"

#include <math.h>

#include "field.h"

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static double log_of(double x)
{
	return x > 0 ? log1p(x) : 0;
}

static double nth_data(const double *sizes, double n)
{
	int i;

	for (i = 0; i < FLOW_FIRST; i++)
		if (sizes[i] > 0 && --n == 0)
			return sizes[i];
	return -1;
}

static double make(const struct feature *f, const double *at, double b)
{
	double a = at ? *at : 0;

	switch (f->rule) {
	case FEATURE_VALUE:
		return a;
	case FEATURE_LOG:
		return log_of(a * f->n);
	case FEATURE_REST:
		return log_of(a - b);
	case FEATURE_SHARE:
		return share(a, b);
	case FEATURE_PART:
		return share(a, a + b);
	case FEATURE_RATIO:
		return log_of(a) - log_of(b);
	case FEATURE_IS:
		return a == f->n;
	case FEATURE_ICMP:
		return a == 1 || a == 58;
	case FEATURE_OTHER:
		return a != 1 && a != 58 && a != 6 && a != 17;
	case FEATURE_NTH:
		return b >= f->n ? a : -1;
	case FEATURE_DATA:
		return nth_data(at, f->n);
	case FEATURE_HOSTS:
		break;
	}
	return 0;
}

void feature_vector(const struct feature_set *set, double *out, const double *values)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		out[i] = make(set->feature[i], set->a[i] < 0 ? NULL : &values[set->a[i]],
		              set->b[i] < 0 ? 0 : values[set->b[i]]);
		if (!isfinite(out[i]))
			out[i] = 0;
	}
}

double feature_field_value(int field, const struct flow_record *r)
{
	const struct field *f = &fields[field];
	union field_value v;

	if (f->size)
		return (double)field_member(f, r);
	f->get(r, f, &v);
	switch (f->type) {
	case FIELD_COUNT:
		return (double)v.count;
	case FIELD_SECONDS:
		return (double)v.count / 1e9;
	case FIELD_REAL:
		return v.real;
	default:
		return 0;
	}
}

void feature_from_record(const struct feature_set *set, double *out, const struct flow_record *r)
{
	double values[FEATURE_FIELDS];
	size_t i;

	for (i = 0; i < set->n_needed; i++)
		values[set->needed[i]] = feature_field_value(set->needed[i], r);
	feature_vector(set, out, values);
}
