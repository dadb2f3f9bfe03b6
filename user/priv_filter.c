// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The filter: a list of calls, some only with certain arguments; everything else fails with EPERM.
 * Killing instead would end a collector for a library's new habit, so a denied call is survived,
 * counted and told. The counting is done by SECCOMP_RET_TRAP: the kernel sends SIGSYS, whose
 * handler puts the EPERM into the register of the result itself. That needs SIGSYS unblocked, which
 * is not for us to say in threads of libraries; with PRIV_THREADS the kernel returns the EPERM and
 * logs. So it does for what starts a process.
 *
 * What stays possible with every need: no program is run, no memory becomes executable, no BPF
 * program is loaded or attached, no other process is traced or signalled.
 */
#include "priv_filter.h"

#include <errno.h>

#include "priv.h"

#ifdef HAVE_LIBSECCOMP

#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CALL(name)  SCMP_SYS(name)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define WRITING     (O_ACCMODE | O_CREAT | O_TRUNC)

/* clang-format off */

/* Always: memory, clocks, descriptors that are open, signals, the end. */
static const int always[] = {
	CALL(brk), CALL(mremap), CALL(munmap), CALL(madvise), CALL(clock_gettime),
	CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep), CALL(gettimeofday), CALL(time),
	CALL(timerfd_settime), CALL(timerfd_gettime), CALL(read), CALL(readv), CALL(pread64),
	CALL(write), CALL(writev), CALL(pwrite64), CALL(lseek), CALL(ftruncate), CALL(fsync),
	CALL(fdatasync), CALL(close), CALL(fcntl), CALL(poll), CALL(ppoll), CALL(epoll_wait),
	CALL(epoll_pwait), CALL(epoll_ctl), CALL(fstat), CALL(newfstatat), CALL(statx), CALL(stat),
	CALL(access), CALL(faccessat), CALL(getdents64), CALL(readlink), CALL(readlinkat),
	CALL(membarrier), CALL(futex), CALL(sched_yield), CALL(getpid), CALL(gettid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid), CALL(uname), CALL(sysinfo), CALL(getrandom),
	CALL(getrusage), CALL(sched_getaffinity), CALL(rt_sigaction), CALL(rt_sigprocmask),
	CALL(rt_sigreturn), CALL(sigaltstack), CALL(restart_syscall), CALL(wait4), CALL(exit),
	CALL(exit_group),
};

static const int network[] = {
	CALL(socket), CALL(socketpair), CALL(connect), CALL(bind), CALL(listen), CALL(accept),
	CALL(accept4), CALL(sendto), CALL(sendmsg), CALL(sendmmsg), CALL(recvfrom), CALL(recvmsg),
	CALL(recvmmsg), CALL(getsockopt), CALL(setsockopt), CALL(getsockname), CALL(getpeername),
	CALL(shutdown), CALL(select), CALL(pselect6), CALL(pipe2), CALL(eventfd2),
	CALL(epoll_create1), CALL(sendfile), CALL(timerfd_create),
};

static const int write_files[] = {
	CALL(open), CALL(openat), CALL(unlink), CALL(unlinkat), CALL(rename), CALL(renameat),
	CALL(renameat2), CALL(mkdir), CALL(mkdirat), CALL(fchmod), CALL(fallocate), CALL(flock),
	CALL(utimensat),
};

static const int threads[] = {
	CALL(set_robust_list), CALL(rseq), CALL(sched_setaffinity), CALL(sched_getparam),
	CALL(sched_getscheduler), CALL(setpriority),
};

/* Beside settings of the terminal and stopping oneself, see allow_terminal(). */
static const int terminal[] = { CALL(dup2), CALL(dup3), CALL(getpgrp), CALL(getpgid) };

/* Removing a clsact filter: a netlink conversation. */
static const int net_admin[] = {
	CALL(capget), CALL(capset), CALL(setsockopt), CALL(bind), CALL(getsockname), CALL(sendto),
	CALL(sendmsg), CALL(recvmsg), CALL(recvfrom),
};

/* clang-format on */

static const enum bpf_cmd map_commands[] = {
	BPF_MAP_LOOKUP_ELEM,  BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
};

static volatile sig_atomic_t n_denied, first_denied;

static int allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < n && !failed; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return failed;
}

/* Allow the call if (argument & mask) == value. */
static int allow_if(scmp_filter_ctx filter, int call, unsigned int argument, uint64_t mask,
                    uint64_t value)
{
	struct scmp_arg_cmp equal = {
		.arg = argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &equal);
}

/* Calls that are harmless with some arguments only. */
static int allow_harmless(scmp_filter_ctx filter)
{
	const uint64_t whole = UINT32_MAX;
	size_t i;
	int failed = allow_if(filter, CALL(mmap), 2, PROT_EXEC, 0) ||
	             allow_if(filter, CALL(mprotect), 2, PROT_EXEC, 0) ||
	             allow_if(filter, CALL(open), 1, WRITING, O_RDONLY) ||
	             allow_if(filter, CALL(openat), 2, WRITING, O_RDONLY) ||
	             allow_if(filter, CALL(ioctl), 1, whole, TIOCGWINSZ) ||
	             allow_if(filter, CALL(ioctl), 1, whole, TCGETS) ||
	             allow_if(filter, CALL(ioctl), 1, whole, SIOCGIFNAME) ||
	             allow_if(filter, CALL(ioctl), 1, whole, FIONBIO) ||
	             allow_if(filter, CALL(ioctl), 1, whole, FIONREAD) ||
	             allow_if(filter, CALL(prlimit64), 2, UINT64_MAX, 0) ||
	             allow_if(filter, CALL(tgkill), 0, whole, getpid()) ||
	             allow_if(filter, CALL(sendto), 4, UINT64_MAX, 0) ||
	             /* to ask for an interface's name; it cannot be connected */
	             allow_if(filter, CALL(socket), 0, whole, AF_UNIX);

	for (i = 0; i < COUNT(map_commands) && !failed; i++)
		failed = allow_if(filter, CALL(bpf), 0, whole, map_commands[i]);
	return failed ? -EINVAL : 0;
}

/* clone3 hides its flags in memory; told that there is none, the C library takes clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	int failed = allow(filter, threads, COUNT(threads));

	if (!failed)
		failed = allow_if(filter, CALL(clone), 0, CLONE_THREAD, CLONE_THREAD);
	if (!failed)
		failed = allow_if(filter, CALL(prctl), 0, UINT64_MAX, PR_SET_NAME);
	if (!failed)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	return failed;
}

/* Around these the C library blocks all signals, and a trap whose signal is blocked kills. */
static int deny_children(scmp_filter_ctx filter)
{
	static const int calls[] = { CALL(clone), CALL(clone3), CALL(vfork), CALL(execve) };
	int failed = 0;
	size_t i;

	for (i = 0; i < COUNT(calls) && !failed; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	return failed;
}

/* Of signals only those to itself. */
static int allow_terminal(scmp_filter_ctx filter)
{
	static const unsigned int requests[] = { TCSETS, TCSETSW, TCSETSF, TCFLSH, TIOCGPGRP };
	int failed = allow(filter, terminal, COUNT(terminal));
	size_t i;

	for (i = 0; i < COUNT(requests) && !failed; i++)
		failed = allow_if(filter, CALL(ioctl), 1, UINT32_MAX, requests[i]);
	return failed ? failed : allow_if(filter, CALL(kill), 0, UINT32_MAX, getpid());
}

static int add_rules(scmp_filter_ctx filter, unsigned int needs, bool trap)
{
	int failed = allow(filter, always, COUNT(always));

	if (!failed)
		failed = allow_harmless(filter);
	if (!failed && needs & PRIV_NETWORK)
		failed = allow(filter, network, COUNT(network));
	if (!failed && needs & PRIV_WRITE_FILES)
		failed = allow(filter, write_files, COUNT(write_files));
	if (!failed && needs & PRIV_THREADS)
		failed = allow_threads(filter);
	else if (!failed && trap)
		failed = deny_children(filter);
	if (!failed && needs & PRIV_NET_ADMIN)
		failed = allow(filter, net_admin, COUNT(net_admin));
	if (!failed && needs & PRIV_NET_ADMIN)
		failed = allow_if(filter, CALL(socket), 0, UINT32_MAX, AF_NETLINK);
	if (!failed && needs & PRIV_TERMINAL)
		failed = allow_terminal(filter);
	return failed;
}

static void on_denied(int signal, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	if (!n_denied)
		first_denied = info->si_syscall;
	n_denied = n_denied + 1;
#if defined(__x86_64__)
	at->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
	at->uc_mcontext.regs[0] = -EPERM;
#endif
}

/* May denied calls be trapped and counted here? */
static bool can_trap(unsigned int needs)
{
#if defined(__x86_64__) || defined(__aarch64__)
	struct sigaction action = { .sa_sigaction = on_denied, .sa_flags = SA_SIGINFO };

	return !(needs & PRIV_THREADS) && !sigaction(SIGSYS, &action, NULL);
#else
	return false;
#endif
}

bool priv_filter_is_built(void)
{
	return true;
}

int priv_filter_install(unsigned int needs)
{
	scmp_filter_ctx filter;
	bool trap;
	int failed;

	trap = can_trap(needs);
	filter = seccomp_init(trap ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);      /* API levels below 3: no log */
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's own reason */
	failed = add_rules(filter, needs, trap);
	if (!failed)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed == -EINVAL ? -ENOSYS : failed;
}

unsigned int priv_filter_denied(int *first)
{
	*first = first_denied;
	return n_denied;
}

#else

bool priv_filter_is_built(void)
{
	return false;
}

int priv_filter_install(unsigned int needs)
{
	return -ENOSYS;
}

unsigned int priv_filter_denied(int *first)
{
	*first = 0;
	return 0;
}

#endif
