// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities, asked of the kernel directly: the drop must never hang on an optional library.
 *
 * The order of the drop matters. Emptying the bounding set and changing the user take capabilities
 * themselves, so they come first; a change of user empties the effective set but not the permitted
 * one (PR_SET_KEEPCAPS). Then, with nothing in effect, the maps are tried, as the answer depends on
 * the kernel and its settings; then the permitted set shrinks to what is left to need. no_new_privs
 * makes that final: no program that this process might run gets more than it has. Processes that
 * run programs are started then, before the filter, which would bind them too. What was not granted
 * (a container's root without CAP_SETUID) is told, not an error, unless it was asked for.
 */
#include "priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "priv_filter.h"

#define NOBODY    65534
#define BIT(cap)  (1ULL << (cap))
#define HIGHEST   63
#define NAME_SIZE 33

struct sets {
	uint64_t effective, permitted, inheritable;
};

struct person {
	uid_t uid;
	gid_t gid;
	char name[NAME_SIZE];
};

static void get_sets(struct sets *s)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &header, data); /* of ourselves it cannot fail */
	s->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	s->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	s->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
}

static int set_sets(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)effective, .permitted = (uint32_t)permitted },
		{ .effective = effective >> 32, .permitted = permitted >> 32 },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static bool has(int cap)
{
	struct sets s;

	get_sets(&s);
	return s.effective & BIT(cap);
}

bool priv_can_attach(char *missing, size_t size)
{
	static const struct {
		int cap;
		int instead;
		const char *name;
	} needed[] = {
		{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF" },
		{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON" },
		{ CAP_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	};
	size_t i, used = 0;

	*missing = '\0';
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has(needed[i].cap) && !has(needed[i].instead) && used < size)
			used += snprintf(missing + used, size - used, "%s%s", used ? ", " : "",
			                 needed[i].name);
	return !used;
}

bool priv_can_change_user(void)
{
	return has(CAP_SETUID) && has(CAP_SETGID);
}

bool priv_can_empty_bounding_set(void)
{
	return has(CAP_SETPCAP);
}

/* By name, or by number; nobody is known even where there is no list of users. */
static int find_person(const char *user, struct person *who)
{
	const struct passwd *entry = getpwnam(user);
	char *end;
	unsigned long number = strtoul(user, &end, 10);
	bool is_number = *user >= '0' && *user <= '9' && !*end && number < UINT32_MAX;

	if (!entry && is_number)
		entry = getpwuid(number);
	if (!entry && !is_number && strcmp(user, "nobody"))
		return -ENOENT;
	snprintf(who->name, sizeof(who->name), "%s", user);
	who->uid = entry ? entry->pw_uid : is_number ? number : NOBODY;
	who->gid = entry ? entry->pw_gid : is_number ? number : NOBODY;
	return 0;
}

/* The effective capabilities go with root; the permitted ones stay for now. */
static int become(const struct person *who)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) ||
	    setresgid(who->gid, who->gid, who->gid) || setresuid(who->uid, who->uid, who->uid))
		return -errno;
	return 0;
}

/* 0 with the user's name in who, negative with the reason in told. */
static int change_user(const struct priv_config *config, struct person *who, char *told,
                       size_t size)
{
	bool can = priv_can_change_user();
	int failed;

	if (!config->user && (geteuid() || !can || config->needs & PRIV_WRITE_FILES)) {
		who->uid = geteuid();
		snprintf(who->name, sizeof(who->name), "%u", who->uid);
		return 0;
	}
	failed = find_person(config->user ? config->user : "nobody", who);
	if (failed) {
		snprintf(told, size, "--user %s: no such user; name one that is there, or a number",
		         config->user);
		return failed;
	}
	failed = who->uid == geteuid() ? 0 : become(who);
	if (failed)
		snprintf(told, size, "--user %s: cannot change to it: %s%s", who->name,
		         strerror(-failed),
		         can ? "" : "; this process lacks CAP_SETUID or CAP_SETGID");
	return failed;
}

static bool empty_bounding_set(void)
{
	int cap;

	if (!priv_can_empty_bounding_set())
		return false;
	for (cap = 0; cap <= HIGHEST; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) && errno != EINVAL)
			return false;
	return true;
}

/* What has to stay, in effect and in reserve. */
static uint64_t kept_in_effect(const struct priv_config *config, uint64_t permitted)
{
	if (!config->maps_work || config->maps_work(config->arg))
		return 0;
	return permitted & BIT(CAP_BPF) ? BIT(CAP_BPF) : permitted & BIT(CAP_SYS_ADMIN);
}

static uint64_t kept_in_reserve(const struct priv_config *config, uint64_t permitted)
{
	return config->needs & PRIV_NET_ADMIN ? permitted & BIT(CAP_NET_ADMIN) : 0;
}

/* 0 with what is left in now. */
static int shrink_sets(const struct priv_config *config, struct sets *now)
{
	struct sets before;
	uint64_t effective, permitted;
	int failed;

	get_sets(&before);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	failed = set_sets(0, before.permitted);
	if (failed)
		return failed;
	effective = kept_in_effect(config, before.permitted);
	permitted = effective | kept_in_reserve(config, before.permitted);
	failed = set_sets(effective, permitted);
	if (!failed && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		failed = -errno;
	get_sets(now);
	if (!failed && (now->effective != effective || now->permitted != permitted))
		failed = -EPERM;
	return failed;
}

static void tell(const struct sets *now, bool bounded, const struct person *who, int filtered,
                 char *told, size_t size)
{
	const char *filter = "filtered";
	const char *kept = now->permitted & BIT(CAP_NET_ADMIN)
	                           ? "CAP_NET_ADMIN in reserve, to remove clsact filters at the end"
	                           : "none";

	if (filtered)
		filter = priv_filter_is_built() ? "not filtered: the kernel cannot"
		                                : "not filtered: built without libseccomp";
	if (now->effective)
		kept = now->permitted & BIT(CAP_NET_ADMIN)
		               ? "CAP_BPF, which this kernel's maps need, and CAP_NET_ADMIN in "
		                 "reserve"
		               : "CAP_BPF, which this kernel's maps need";
	snprintf(told, size, "rights given up: capabilities left: %s%s; user %s; system calls %s",
	         kept, bounded ? "" : " (bounding set as it was)", who->name, filter);
}

int priv_drop(const struct priv_config *config, char *told, size_t size)
{
	bool bounded = empty_bounding_set();
	struct person who;
	struct sets now;
	int failed = change_user(config, &who, told, size);

	if (failed)
		return failed;
	failed = shrink_sets(config, &now);
	if (failed) {
		snprintf(told, size,
		         "cannot give up rights: %s; --sandbox=no goes on with all of them",
		         strerror(-failed));
		return failed;
	}
	failed = config->launch ? config->launch(config->arg, told, size) : 0;
	if (failed)
		return failed;
	failed = priv_filter_install(config->needs);
	if (failed && failed != -ENOSYS) {
		snprintf(told, size, "cannot filter system calls: %s; --sandbox=no goes without",
		         strerror(-failed));
		return failed;
	}
	tell(&now, bounded, &who, failed, told, size);
	return 0;
}

int priv_confine(void)
{
	int failed = set_sets(0, 0);

	if (!failed)
		failed = priv_filter_commands();
	return failed == -ENOSYS ? 0 : failed;
}

int priv_raise_net_admin(void)
{
	struct sets s;

	get_sets(&s);
	return set_sets(s.effective | (s.permitted & BIT(CAP_NET_ADMIN)), s.permitted);
}
