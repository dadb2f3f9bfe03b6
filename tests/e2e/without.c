// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * without CALL COMMAND...: run the command as if the kernel had no such system call, by a seccomp
 * filter. CALL is membarrier, bpf, or bpf:N for one command of bpf() only (28: links).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* The kernel that knows a call but not its command says EINVAL. */
static int deny(unsigned int number, int command)
{
	unsigned int error = command < 0 ? ENOSYS : EINVAL;
	struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, command < 0 ? 0 : command, 0,
		         command < 0 ? 0 : 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	int command = -1, number;

	if (argc < 3)
		return 2;
	number = strcmp(argv[1], "membarrier") ? SYS_bpf : SYS_membarrier;
	if (!strncmp(argv[1], "bpf:", 4))
		command = atoi(argv[1] + 4);
	if (deny(number, command)) {
		perror("without");
		return 2;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}
