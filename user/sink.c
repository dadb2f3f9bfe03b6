// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The registry of outputs, and what they have in common: opening, flushing, failing aloud once. */
#include "sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

extern const struct sink_kind sink_table, sink_csv, sink_json, sink_stats, sink_top, sink_page;

const struct sink_kind *const sink_kinds[] = { &sink_table, &sink_csv, &sink_json, &sink_stats,
	                                       NULL };

struct sinks {
	struct sink_config config;
	size_t n;
	bool broke; /* one failed, and not because its reader left */
	struct sink list[];
};

static const char *path_of(const struct sink *s)
{
	const char *colon = strchr(s->name, ':');

	return colon && colon[1] ? colon + 1 : "-";
}

/* What to do about a file that cannot be opened. */
static void explain_open(const char *spec, int error, char *text, size_t size)
{
	const char *next = "";

	if (error == ENOENT)
		next = "; make the folder first (mkdir -p)";
	else if (error == EISDIR)
		next = "; name a file in it";
	else if (error == EACCES || error == EPERM || error == EROFS)
		next = "; take another path, or the rights";
	if (error == EBADF)
		snprintf(text, size, "-o %s: stdout is closed; name a file instead of -", spec);
	else
		snprintf(text, size, "-o %s: cannot open for writing: %s%s", spec, strerror(error),
		         next);
}

static int open_one(struct sink *s, const char *spec, char *error, size_t size)
{
	const char *colon = strchr(spec, ':');
	bool has_path = colon && colon[1];
	size_t length = colon ? (size_t)(colon - spec) : strlen(spec), i;
	int failed;

	for (i = 0; sink_kinds[i]; i++)
		if (strlen(sink_kinds[i]->name) == length &&
		    !strncmp(sink_kinds[i]->name, spec, length))
			s->kind = sink_kinds[i];
	if (!s->kind) {
		snprintf(error, size,
		         "-o %s: no such kind of output; there are table:, csv:PATH, json:PATH and "
		         "stats:PATH (PATH - is stdout)",
		         spec);
		return -EINVAL;
	}
	if (s->kind->needs_path && !has_path) {
		snprintf(error, size, "-o %s: needs a path, as in -o %s:flows.%s or -o %s:-", spec,
		         s->kind->name, s->kind->name, s->kind->name);
		return -EINVAL;
	}
	s->name = spec;
	failed = out_open(&s->out, path_of(s));
	if (failed) {
		explain_open(spec, -failed, error, size);
		return failed == -EINVAL ? -EIO : failed;
	}
	if (s->kind->begin)
		s->kind->begin(s);
	return 0;
}

struct sinks *sinks_open(const char *const *specs, size_t n, const struct sink_config *config,
                         char *error, size_t size)
{
	static const char *const fallback[] = { "table:" };
	struct sinks *s;
	size_t i;
	int failed;

	if (!n && !config->screen) {
		specs = fallback;
		n = 1;
	}
	s = calloc(1, sizeof(*s) + (n + 2) * sizeof(s->list[0]));
	if (!s) {
		snprintf(error, size, "cannot open the outputs: no memory");
		return NULL;
	}
	s->config = *config;
	for (i = 0; i < n; i++) {
		s->list[i].config = &s->config;
		s->list[i].out.fd = -1;
		s->n = i + 1;
		failed = open_one(&s->list[i], specs[i], error, size);
		if (failed) {
			s->n = i;
			sinks_abandon(s);
			errno = -failed;
			return NULL;
		}
	}
	if (config->screen)
		s->list[s->n++] = (struct sink){
			.kind = &sink_top,
			.name = "top:",
			.out.fd = -1,
			.config = &s->config,
			.state = config->screen,
		};
	if (config->page)
		s->list[s->n++] = (struct sink){
			.kind = &sink_page,
			.name = "page:",
			.out.fd = -1,
			.config = &s->config,
			.state = config->page,
		};
	return s;
}

static void fail(struct sinks *all, struct sink *s, int error)
{
	s->failed = true;
	s->lost += s->pending;
	s->pending = 0;
	if (error == -EPIPE) {
		log_info("%s: the reader has gone after %" PRIu64 " records; this output stops",
		         s->name, s->written);
		return;
	}
	all->broke = true;
	log_error("%s: cannot write: %s; this output stops after %" PRIu64
	          " records, the others go on",
	          s->name, strerror(-error), s->written);
}

static void settle(struct sinks *all, struct sink *s, int error)
{
	if (error) {
		fail(all, s, error);
	} else if (!s->out.text.length) {
		s->written += s->pending;
		s->pending = 0;
	}
}

static bool takes_records(const struct sink *s)
{
	return s->kind->record || s->kind->write;
}

void sinks_record(struct sinks *all, const struct flow_record *r)
{
	struct sink *s;

	for (s = all->list; s < all->list + all->n; s++) {
		if (!takes_records(s) || (s->kind->write && all->config.ahead))
			continue;
		if (s->failed) {
			s->lost++;
			continue;
		}
		s->pending++;
		if (s->kind->write)
			s->kind->write(&s->out.text, r);
		else
			s->kind->record(s, r);
		settle(all, s, out_flush_if_full(&s->out));
	}
}

size_t sinks_count(const struct sinks *all)
{
	return all->n;
}

void sinks_write(const struct sinks *all, struct buf *text, const struct flow_record *r)
{
	size_t i;

	for (i = 0; all->config.ahead && i < all->n; i++)
		if (all->list[i].kind->write && !all->list[i].failed)
			all->list[i].kind->write(&text[i], r);
}

static void take(struct sinks *all, struct sink *s, const struct buf *text, uint32_t records)
{
	if (s->failed) {
		s->lost += records;
		return;
	}
	s->pending += records;
	buf_put(&s->out.text, text->data, text->length);
	if (text->error)
		s->out.text.error = text->error;
	settle(all, s, out_flush_if_full(&s->out));
}

void sinks_take(struct sinks *all, struct buf *text, uint32_t records)
{
	size_t i;

	for (i = 0; all->config.ahead && i < all->n; i++) {
		if (all->list[i].kind->write)
			take(all, &all->list[i], &text[i], records);
		text[i].length = 0;
	}
}

bool sinks_want_looks(const struct sinks *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].kind->look && !all->list[i].failed)
			return true;
	return false;
}

void sinks_look(struct sinks *all, const struct flow_record *r)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].kind->look && !all->list[i].failed)
			all->list[i].kind->look(&all->list[i], r);
}

void sinks_report(struct sinks *all, const struct sink_report *r)
{
	struct sink *s;

	for (s = all->list; s < all->list + all->n; s++) {
		if (s->failed)
			continue;
		if (s->kind->report)
			s->kind->report(s, r);
		settle(all, s, out_flush(&s->out));
	}
}

void sinks_final(struct sinks *all, const struct sink_report *r)
{
	struct sink *s;

	for (s = all->list; s < all->list + all->n; s++) {
		if (s->failed || !s->kind->final)
			continue;
		s->kind->final(s, r);
		settle(all, s, out_flush(&s->out));
	}
}

bool sinks_alive(const struct sinks *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!all->list[i].failed)
			return true;
	return false;
}

bool sinks_show_table(const struct sinks *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].kind == &sink_table || all->list[i].kind == &sink_top)
			return true;
	return false;
}

int sinks_close(struct sinks *all)
{
	struct sink *s;
	int error;
	bool broke;

	for (s = all->list; s < all->list + all->n; s++) {
		if (s->kind->end)
			s->kind->end(s);
		error = out_close(&s->out);
		if (!s->failed)
			settle(all, s, error);
		if (s->failed && s->lost && s->out.error != -EPIPE)
			log_warn("%s: %" PRIu64 " records written, %" PRIu64 " not", s->name,
			         s->written, s->lost);
	}
	broke = all->broke;
	free(all);
	return broke ? -EIO : 0;
}

void sinks_abandon(struct sinks *all)
{
	struct sink *s;

	for (s = all->list; s < all->list + all->n; s++) {
		if (s->kind->end)
			s->kind->end(s);
		out_abandon(&s->out, path_of(s));
	}
	free(all);
}
