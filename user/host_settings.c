// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Settings of models of hosts, out of the metadata that weir train wrote.
 */
#include "host_settings.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

#define SECOND 1000000000ULL

/* A number of the metadata; without it or out of range: fallback. */
static double number_in(const struct model *m, const char *name, double most, double fallback)
{
	const char *at = m->about ? strstr(m->about, name) : NULL;
	double value = at ? strtod(at + strlen(name), NULL) : fallback;

	return value >= 1 && value <= most ? value : fallback;
}

uint64_t host_settings_window_ns(const struct model *m)
{
	return SECOND *
	       number_in(m, "\"window_s\":", HOST_WINDOW_MAX / SECOND, HOST_WINDOW_NS / SECOND);
}

uint64_t host_settings_min_flows(const struct model *m)
{
	return number_in(m, "\"min_flows\":", 1e6, HOST_MIN_FLOWS);
}
