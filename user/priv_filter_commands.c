// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The filter of programs that an operator has run on alerts. They may be anything and need most
 * calls, so here it is a list of what is refused: what leads from no rights to some (a user
 * namespace gives all capabilities within it), or to other processes, or to parts of the kernel
 * that are open to everybody and that no such program uses. What takes a capability fails without
 * this.
 */
#include "priv_filter.h"

#include <errno.h>

#ifdef HAVE_LIBSECCOMP

#include <sched.h>
#include <seccomp.h>
#include <stddef.h>

#define CALL(name)  SCMP_SYS(name)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* clang-format off */
static const int refused[] = {
	CALL(unshare), CALL(setns), CALL(bpf), CALL(perf_event_open), CALL(userfaultfd),
	CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register), CALL(ptrace),
	CALL(process_vm_readv), CALL(process_vm_writev), CALL(pidfd_getfd), CALL(kcmp),
	CALL(add_key), CALL(request_key), CALL(keyctl),
};
/* clang-format on */

/* clone3 hides its flags in memory; told that there is none, the C library takes clone. */
static int refuse_all(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp new_user = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER);
	int failed = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), CALL(clone), 1,
	                                    &new_user);
	size_t i;

	if (!failed)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	for (i = 0; i < COUNT(refused) && !failed; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	return failed;
}

/* Programs of the other word size are bound as well; without this they would be killed. */
static int add_sibling(scmp_filter_ctx filter)
{
	int failed = 0;

#if defined(__x86_64__)
	failed = seccomp_arch_add(filter, SCMP_ARCH_X86);
#elif defined(__aarch64__)
	failed = seccomp_arch_add(filter, SCMP_ARCH_ARM);
#endif
	return failed;
}

int priv_filter_commands(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed;

	if (!filter)
		return -ENOMEM;
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's own reason */
	failed = add_sibling(filter);
	if (!failed)
		failed = refuse_all(filter);
	if (!failed)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed == -EINVAL ? -ENOSYS : failed;
}

#else

int priv_filter_commands(void)
{
	return -ENOSYS;
}

#endif
