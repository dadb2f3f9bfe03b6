// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Load the programs and make their maps. Attaching is in probe_attach.c.
 *
 * The object file is part of this binary. Sizes and constants are set between open and load; the
 * tables of the flows are made here, one for each CPU that is online and each of two epochs.
 */
#include "probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "priv.h"
#include "probe_attach.h"

extern const char weir_bpf_start[], weir_bpf_end[];

#define KERNEL_FLOWS_MOST  65536
#define KERNEL_FLOWS_ALL   262144 /* over all CPUs, where there are many */
#define KERNEL_FLOWS_LEAST 8192

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("%s", line);
	return 0;
}

static bool cpu_is_online(uint32_t cpu)
{
	char path[64], online = '1';
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	f = fopen(path, "re");
	if (!f) { /* CPU 0 often has no such file; a CPU that is not there has no folder */
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", cpu);
		return access(path, F_OK) == 0;
	}
	if (fread(&online, 1, 1, f) != 1)
		online = '1';
	fclose(f);
	return online == '1';
}

static int map_fd(const struct probe *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->object, name);
}

static int set_constants(struct probe *p, const struct probe_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->object, ".rodata.config");
	struct flow_config constants = {
		.cpus = p->maps.cpus,
		.half = p->maps.kernel_flows / 2,
		.frags = p->frags,
		.test_clock = config->test_clock,
	};

	return bpf_map__set_initial_value(map, &constants, sizeof(constants));
}

static int set_sizes(struct probe *p)
{
	struct bpf_map *flows = bpf_object__find_map_by_name(p->object, "flows");
	struct bpf_map *stats = bpf_object__find_map_by_name(p->object, "stats");

	return bpf_map__set_max_entries(flows, 2 * p->maps.cpus) ||
	       bpf_map__set_max_entries(stats, 2 * p->maps.cpus);
}

/* One table a slot. */
static int make_tables(struct probe *p)
{
	uint32_t slot;
	int outer = map_fd(p, "flows"), fd;

	for (slot = 0; slot < 2 * p->maps.cpus; slot++) {
		if (!cpu_is_online(slot % p->maps.cpus))
			continue;
		fd = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_flows", sizeof(struct flow_key),
		                    sizeof(struct flow_entry), p->maps.kernel_flows, NULL);
		if (fd < 0)
			return -errno;
		p->maps.tables[slot] = fd;
		if (bpf_map_update_elem(outer, &slot, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int share_memory(struct probe *p)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct bpf_map *bss = bpf_object__find_map_by_name(p->object, ".bss");
	void *at;

	p->stats_size = 2 * p->maps.cpus * sizeof(struct flow_stats);
	p->stats_size = (p->stats_size + page - 1) / page * page;
	at = mmap(NULL, p->stats_size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd(p, "stats"), 0);
	if (at == MAP_FAILED)
		return -errno;
	p->maps.stats = at;
	/* The kernel's memory itself: what libbpf calls the initial value is a copy of ours. */
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	if (at == MAP_FAILED)
		return -errno;
	p->maps.epoch = at;
	p->maps.outer = map_fd(p, "flows");
	p->maps.overflow = map_fd(p, "overflow");
	p->maps.wake = map_fd(p, "wake");
	return 0;
}

static void choose_programs(struct probe *p)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, p->object)
	{
		bpf_program__set_autoload(program,
		                          probe_wants_program(p, bpf_program__name(program)));
		if (bpf_program__type(program) == BPF_PROG_TYPE_XDP && p->frags)
			bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	}
}

static int load(struct probe *p, const struct probe_config *config)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "weir");
	int error;

	p->object = bpf_object__open_mem(weir_bpf_start, weir_bpf_end - weir_bpf_start, &opts);
	if (!p->object)
		return -errno;
	p->frags = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL) == 1;
	if (set_constants(p, config) || set_sizes(p))
		return -EINVAL;
	choose_programs(p);
	error = bpf_object__load(p->object);
	if (!error)
		error = make_tables(p);
	return error ? error : share_memory(p);
}

static void explain_load(int error, char *text, size_t size)
{
	char missing[80];

	if (!priv_can_attach(missing, sizeof(missing)))
		snprintf(text, size,
		         "cannot load the kernel programs: this process lacks %s; run it as root, "
		         "or "
		         "with sudo",
		         missing);
	else if (error == -ENOMEM)
		snprintf(text, size,
		         "cannot make the kernel's flow tables: no memory; try a smaller "
		         "--kernel-flows");
	else if (error == -EPERM)
		snprintf(text, size,
		         "cannot load the kernel programs: refused in spite of the rights; a "
		         "container's "
		         "seccomp profile or kernel lockdown forbids bpf()");
	else if (error == -EINVAL || error == -EOPNOTSUPP || error == -ENOSYS)
		snprintf(text, size,
		         "cannot load the kernel programs: this kernel lacks a feature (%s); weir "
		         "needs "
		         "Linux 5.10 or later: see 'weir doctor'",
		         strerror(-error));
	else
		snprintf(text, size, "cannot load the kernel programs: %s; see 'weir doctor'",
		         strerror(-error));
}

static uint32_t default_kernel_flows(uint32_t cpus)
{
	uint32_t flows = KERNEL_FLOWS_ALL / cpus;

	if (flows > KERNEL_FLOWS_MOST)
		return KERNEL_FLOWS_MOST;
	return flows < KERNEL_FLOWS_LEAST ? KERNEL_FLOWS_LEAST : flows;
}

struct probe *probe_open(const struct probe_config *config, char *error, size_t size)
{
	struct probe *p = calloc(1, sizeof(*p));
	int cpus = libbpf_num_possible_cpus(), failed;
	uint32_t slot;

	libbpf_set_print(print_libbpf);
	if (!p || cpus < 1) {
		snprintf(error, size, "cannot start: no memory");
		free(p);
		return NULL;
	}
	p->no_tcx = config->no_tcx;
	p->maps.cpus = cpus;
	p->maps.kernel_flows = config->kernel_flows ? config->kernel_flows
	                                            : default_kernel_flows(cpus);
	p->maps.tables = calloc(2 * cpus, sizeof(int));
	for (slot = 0; p->maps.tables && slot < 2 * p->maps.cpus; slot++)
		p->maps.tables[slot] = -1;
	if (probe_choose(p, config, error, size)) {
		probe_close(p);
		return NULL;
	}
	failed = p->maps.tables ? load(p, config) : -ENOMEM;
	if (failed)
		explain_load(failed, error, size);
	else
		failed = probe_attach(p, error, size);
	if (failed) {
		probe_close(p);
		return NULL;
	}
	return p;
}

void probe_close(struct probe *p)
{
	uint32_t slot;

	if (!p)
		return;
	probe_detach(p);
	for (slot = 0; p->maps.tables && slot < 2 * p->maps.cpus; slot++)
		if (p->maps.tables[slot] >= 0)
			close(p->maps.tables[slot]);
	if (p->maps.stats)
		munmap(p->maps.stats, p->stats_size);
	if (p->maps.epoch)
		munmap((void *)p->maps.epoch, sysconf(_SC_PAGESIZE));
	free(p->maps.tables);
	bpf_object__close(p->object);
	free(p);
}

const struct probe_maps *probe_maps(const struct probe *p)
{
	return &p->maps;
}

const struct probe_attached *probe_attached(const struct probe *p, size_t *n)
{
	*n = p->n_attached;
	return p->attached;
}

int probe_program(const struct probe *p, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(p->object, name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

/* The kernel tells a map's memory in its descriptor's fdinfo. */
static uint64_t memory_of(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

uint64_t probe_memory(const struct probe *p)
{
	struct bpf_map *map;
	uint64_t bytes = 0;
	uint32_t slot;

	bpf_object__for_each_map(map, p->object) bytes += memory_of(bpf_map__fd(map));
	for (slot = 0; slot < 2 * p->maps.cpus; slot++)
		if (p->maps.tables[slot] >= 0)
			bytes += memory_of(p->maps.tables[slot]);
	return bytes;
}
