// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Load the programs and make their maps. Attaching is in probe_attach.c.
 *
 * The object file is part of this binary. Sizes and constants are set between open and load. There
 * is a table for each of two epochs and each CPU up to the last one that is online.
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
#include <sys/random.h>
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
		.tables = p->maps.tables,
		.entries = p->maps.kernel_flows,
		.index = flow_index_lines(p->maps.kernel_flows),
		.half = p->maps.kernel_flows / 2,
		.frags = p->frags,
		.test_clock = config->test_clock,
	};

	if (getrandom(constants.seed, sizeof(constants.seed), 0) != sizeof(constants.seed))
		return -EAGAIN;
	return bpf_map__set_initial_value(map, &constants, sizeof(constants));
}

static int set_size(struct probe *p, const char *name, uint64_t n)
{
	if (n > UINT32_MAX)
		return -ENOMEM;
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(p->object, name), n);
}

static int set_sizes(struct probe *p)
{
	uint64_t tables = 2 * p->maps.tables, flows = p->maps.kernel_flows;
	int failed = set_size(p, "stats", 2 * p->maps.cpus);

	if (!failed)
		failed = set_size(p, "entries", tables * flows);
	if (!failed)
		failed = set_size(p, "highs", tables * flows);
	if (!failed)
		failed = set_size(p, "places", tables * flow_index_lines(flows));
	return failed;
}

/* Share a map's memory, of this size, which becomes whole pages. NULL with errno set. */
static void *share(int fd, size_t *size, int protection)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at;

	*size = (*size + page - 1) / page * page;
	at = mmap(NULL, *size, protection, MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

static int share_memory(struct probe *p)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(p->object, ".bss");
	size_t page = 1, entries = 2 * (size_t)p->maps.tables * p->maps.kernel_flows;

	p->stats_size = 2 * p->maps.cpus * sizeof(struct flow_stats);
	p->entries_size = entries * sizeof(struct flow_entry);
	p->highs_size = entries * sizeof(struct flow_high);
	p->maps.stats = share(map_fd(p, "stats"), &p->stats_size, PROT_READ | PROT_WRITE);
	p->maps.entries = share(map_fd(p, "entries"), &p->entries_size, PROT_READ);
	p->maps.highs = share(map_fd(p, "highs"), &p->highs_size, PROT_READ);
	/* The kernel's memory itself: what libbpf calls the initial value is a copy of ours. */
	p->maps.epoch = share(bpf_map__fd(bss), &page, PROT_READ | PROT_WRITE);
	if (!p->maps.stats || !p->maps.entries || !p->maps.highs || !p->maps.epoch)
		return -errno;
	p->maps.overflow = map_fd(p, "overflow");
	p->maps.wake = map_fd(p, "wake");
	p->maps.grace = map_fd(p, "grace");
	p->maps.grace_inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_grace", sizeof(uint32_t),
	                                     sizeof(uint32_t), 1, NULL);
	return p->maps.grace_inner < 0 ? -errno : 0;
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
	error = set_constants(p, config);
	if (!error)
		error = set_sizes(p);
	if (error)
		return error;
	choose_programs(p);
	error = bpf_object__load(p->object);
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

/* How many CPUs there are up to the last that is online. */
static uint32_t count_tables(uint32_t cpus)
{
	while (cpus > 1 && !cpu_is_online(cpus - 1))
		cpus--;
	return cpus;
}

struct probe *probe_open(const struct probe_config *config, char *error, size_t size)
{
	struct probe *p = calloc(1, sizeof(*p));
	int cpus = libbpf_num_possible_cpus(), failed;

	libbpf_set_print(print_libbpf);
	if (!p || cpus < 1) {
		snprintf(error, size, "cannot start: no memory");
		free(p);
		return NULL;
	}
	p->no_tcx = config->no_tcx;
	p->maps.grace_inner = -1;
	p->maps.cpus = cpus;
	p->maps.tables = count_tables(cpus);
	p->maps.kernel_flows = config->kernel_flows ? config->kernel_flows
	                                            : default_kernel_flows(p->maps.tables);
	if (probe_choose(p, config, error, size)) {
		probe_close(p);
		return NULL;
	}
	failed = load(p, config);
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
	if (!p)
		return;
	probe_detach(p);
	if (p->maps.grace_inner >= 0)
		close(p->maps.grace_inner);
	if (p->maps.entries)
		munmap((void *)p->maps.entries, p->entries_size);
	if (p->maps.highs)
		munmap((void *)p->maps.highs, p->highs_size);
	if (p->maps.stats)
		munmap(p->maps.stats, p->stats_size);
	if (p->maps.epoch)
		munmap((void *)p->maps.epoch, sysconf(_SC_PAGESIZE));
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

	bpf_object__for_each_map(map, p->object) bytes += memory_of(bpf_map__fd(map));
	return bytes;
}
