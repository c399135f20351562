/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: the kernel's lists of what a process may do with files and TCP ports. */
#include "daemon/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

/* Newer than the headers of the oldest system that we build on; the numbers are the kernel's interface. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

struct ruleset {
	uint64_t files, ports,
	    scoped; /* an older kernel reads the first ones, and wants zeros in the others */
};

#define ABI_PORTS 4
#define ABI_SCOPES 6

/* Access to files that each ABI added. */
static const struct {
	int abi;
	uint64_t files;
} known[] = {
	{ 1, (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 },
	{ 2, LANDLOCK_ACCESS_FS_REFER },
	{ 3, FS_TRUNCATE },
	{ 5, FS_IOCTL_DEV },
};

#define READ_FILES LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDERS LANDLOCK_ACCESS_FS_READ_DIR
#define WRITE_FILES (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define WRITE_FOLDERS (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

static const struct {
	uint64_t file, folder;
} granted[] = {
	[LANDLOCK_READ] = { READ_FILES, READ_FILES | READ_FOLDERS },
	[LANDLOCK_WRITE] = { READ_FILES | WRITE_FILES,
	    READ_FILES | READ_FOLDERS | WRITE_FILES | WRITE_FOLDERS },
};

static int
fail(vouch_err *err, const char *what)
{
	return err_set(err, VOUCH_EIO, "landlock: %s: %s", what, strerror(errno));
}

/* 0: not in this kernel, not started with it, or hidden by a container. */
static int
find_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

int
landlock_open(struct landlock *out, bool may_connect, vouch_err *err)
{
	struct ruleset all = { 0 };
	int abi = find_abi();

	*out = (struct landlock){ .fd = -1, .abi = abi };
	if (abi == 0)
		return VOUCH_OK;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		all.files |= known[i].abi <= abi ? known[i].files : 0;
	if (abi >= ABI_PORTS)
		all.ports = NET_BIND_TCP | (may_connect ? 0 : NET_CONNECT_TCP);
	if (abi >= ABI_SCOPES)
		all.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	long fd = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0U);
	if (fd < 0)
		return fail(err, "rules");
	out->fd = (int)fd;
	out->files = all.files;
	return VOUCH_OK;
}

int
landlock_allow(struct landlock *rules, const char *path, enum landlock_access access, vouch_err *err)
{
	struct stat st;

	if (rules->fd < 0)
		return VOUCH_OK;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? fail(err, path) : VOUCH_OK;
	int rc = fstat(fd, &st);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	rule.allowed_access = rules->files &
	    (S_ISDIR(st.st_mode) ? granted[access].folder : granted[access].file);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
	if (rc != 0)
		rc = fail(err, path);
	close(fd);
	return rc;
}

int
landlock_enforce(struct landlock *rules, vouch_err *err)
{
	if (rules->fd >= 0 && syscall(SYS_landlock_restrict_self, rules->fd, 0U) != 0)
		return fail(err, "restrict");
	return VOUCH_OK;
}

void
landlock_close(struct landlock *rules)
{
	if (rules->fd >= 0)
		close(rules->fd);
	rules->fd = -1;
}
