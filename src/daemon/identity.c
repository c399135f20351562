/* SPDX-License-Identifier: Apache-2.0 */
/* Whose rights a process has. */
#include "daemon/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#define ENTRY_MAX \
	((size_t)1 << 20) /* of a line of passwd; NSS says ERANGE for one that is longer than the buffer */

struct identity {
	uid_t uid;
	gid_t gid;
};

static int
fail(vouch_err *err, const char *user, const char *step)
{
	return err_set(err, VOUCH_EIO, "user %s: %s: %s", user, step, strerror(errno));
}

static int
look_up(const char *user, struct identity *out, vouch_err *err)
{
	struct passwd entry, *found = NULL;
	char *text = NULL;
	int rc = ERANGE;

	for (size_t size = 1024; rc == ERANGE && size <= ENTRY_MAX; size *= 4) {
		char *longer = realloc(text, size);

		if (longer == NULL) {
			free(text);
			return err_nomem(err);
		}
		text = longer;
		rc = getpwnam_r(user, &entry, text, size, &found);
	}
	if (found != NULL)
		*out = (struct identity){ entry.pw_uid, entry.pw_gid };
	free(text);
	if (found != NULL)
		return VOUCH_OK;
	return rc == 0 || rc == ENOENT ? err_set(err, VOUCH_EINVAL, "user %s: there is no such user", user) :
					 err_set(err, VOUCH_EIO, "user %s: %s", user, strerror(rc));
}

/* What may be taken: root's own rights are none to change to, and only root can change. */
static int
find(const char *user, struct identity *out, vouch_err *err)
{
	if (look_up(user, out, err) != VOUCH_OK)
		return err->code;
	if (out->uid == 0)
		return err_set(err, VOUCH_EREFUSED, "user %s: has the rights of root: name another", user);
	if (geteuid() != 0 && (geteuid() != out->uid || getuid() != out->uid))
		return err_set(err, VOUCH_EREFUSED,
		    "user %s: only root can take another user's rights; start it as root or as %s", user,
		    user);
	return VOUCH_OK;
}

int
identity_check(const char *user, vouch_err *err)
{
	struct identity identity = { 0 };

	return user == NULL ? VOUCH_OK : find(user, &identity, err);
}

/* They go with the user id, unless somebody arranged otherwise (securebits). */
int
identity_drop_capabilities(vouch_err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } },
				      left[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capset, &header, none) != 0 || syscall(SYS_capget, &header, left) != 0)
		return err_set(err, VOUCH_EIO, "capabilities cannot be given up: %s", strerror(errno));
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if ((left[i].permitted | left[i].effective) != 0)
			return err_set(err, VOUCH_EIO, "capabilities are left");
	}
	return VOUCH_OK;
}

static int
verify(const char *user, const struct identity *identity, vouch_err *err)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return fail(err, user, "getresuid");
	for (size_t i = 0; i < 3; i++) {
		if (uid[i] != identity->uid || gid[i] != identity->gid)
			return err_set(err, VOUCH_EIO, "user %s: the rights were not taken", user);
	}
	bool is_back = setresuid(0, 0, 0) == 0 || setuid(0) == 0 || seteuid(0) == 0;
	if (identity->gid != 0)
		is_back = is_back || setgid(0) == 0 || setegid(0) == 0;
	return is_back ? err_set(err, VOUCH_EIO, "user %s: the rights of root came back", user) : VOUCH_OK;
}

static int
take(const char *user, const struct identity *identity, vouch_err *err)
{
	if (initgroups(user, identity->gid) != 0)
		return fail(err, user, "setgroups");
	if (setresgid(identity->gid, identity->gid, identity->gid) != 0)
		return fail(err, user, "setresgid");
	if (setresuid(identity->uid, identity->uid, identity->uid) != 0)
		return fail(err, user, "setresuid");
	if (identity_drop_capabilities(err) != VOUCH_OK)
		return err_prefix(err, "user %s", user);
	return verify(user, identity, err);
}

int
identity_take(const char *user, vouch_err *err)
{
	struct identity identity = { 0 };

	if (user == NULL)
		return VOUCH_OK;
	if (find(user, &identity, err) != VOUCH_OK)
		return err->code;
	if (geteuid() != 0)
		return VOUCH_OK;
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	if (take(user, &identity, err) != VOUCH_OK)
		return err->code;
	/* The kernel made it fs.suid_dumpable, which an administrator may have set to 1. */
	if (dumpable == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail(err, user, "PR_SET_DUMPABLE");
	return VOUCH_OK;
}

int
identity_give(const char *user, const char *path, vouch_err *err)
{
	struct identity identity = { 0 };

	if (user == NULL || geteuid() != 0)
		return VOUCH_OK;
	if (find(user, &identity, err) != VOUCH_OK)
		return err->code;
	if (lchown(path, identity.uid, identity.gid) != 0)
		return err_set(err, VOUCH_EIO, "%s: cannot be given to user %s: %s", path, user,
		    strerror(errno));
	return VOUCH_OK;
}
