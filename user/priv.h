/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rights that watching an interface takes, and how they are given up once it is watched. */
#ifndef WEIR_PRIV_H
#define WEIR_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Has this process what loading and attaching needs: CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or
 * CAP_SYS_ADMIN in place of the first two? What is missing goes to text: "CAP_BPF, CAP_PERFMON".
 */
bool priv_can_attach(char *missing, size_t size);

/* What the rest of the run goes on to need, beside maps, timers, clocks and open descriptors. */
enum priv_need {
	PRIV_NET_ADMIN = 1 << 0,   /* remove clsact filters at the end */
	PRIV_NETWORK = 1 << 1,     /* make and answer connections, look names up */
	PRIV_WRITE_FILES = 1 << 2, /* make, rename and remove files */
	PRIV_THREADS = 1 << 3,     /* start threads */
	PRIV_TERMINAL = 1 << 4,    /* set up the terminal, stop for the shell's job control */
};

struct priv_config {
	const char *user; /* name or number; NULL: nobody, if that can be had and no file is to be
	                     made */
	unsigned int needs;
	/*
	 * Asked while no capability is in effect: are the maps still ours to use? Before Linux 5.19
	 * they are not where kernel.unprivileged_bpf_disabled is set; then CAP_BPF is kept.
	 */
	bool (*maps_work)(void *arg);
	/*
	 * Rights are gone, and calls not yet filtered: start the processes that are to run beside
	 * this one. 0, or negative with the reason in error. NULL: there are none.
	 */
	int (*launch)(void *arg, char *error, size_t size);
	void *arg; /* of both */
};

/*
 * Give up what attaching took: all capabilities (also of the bounding and ambient sets), the user,
 * the right to gain any back, and system calls that the needs do not name. Call it before the
 * first thread. 0 with what is left now in told; or negative with the reason, and rights half
 * given up: end the process.
 */
int priv_drop(const struct priv_config *config, char *told, size_t size);

/*
 * In such a process, which runs programs that others wrote: give up what this one keeps in reserve,
 * and the calls that no ordinary program makes. 0, or a negative errno.
 */
int priv_confine(void);

/* Put CAP_NET_ADMIN, kept by PRIV_NET_ADMIN, into effect. 0, or a negative errno. */
int priv_raise_net_admin(void);

/* Could priv_drop() change the user, and empty the bounding set? For weir doctor. */
bool priv_can_change_user(void);
bool priv_can_empty_bounding_set(void);

#endif
