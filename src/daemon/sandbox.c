/* SPDX-License-Identifier: Apache-2.0 */
/* What a process can still do. */
#include "daemon/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/identity.h"
#include "daemon/sandbox_filter.h"
#include "daemon/sandbox_grants.h"
#include "daemon/sandbox_watched.h"

/* One row is one role. */
static const struct {
	bool has_landlock, has_files, may_connect, keeps_capabilities, root_keeps_capabilities;
} roles[] = {
	[SANDBOX_SUPERVISOR] = { .keeps_capabilities = true },
	[SANDBOX_SIGNER] = { .has_landlock = true },
	[SANDBOX_SIGNER_TOKENS] = { .root_keeps_capabilities = true },
	[SANDBOX_SERVER] = { .has_landlock = true, .has_files = true, .root_keeps_capabilities = true },
	[SANDBOX_SERVER_CONNECTS] = { .has_landlock = true,
	    .has_files = true,
	    .may_connect = true,
	    .root_keeps_capabilities = true },
};

/* Where there is no /proc nobody can count. */
static bool
has_threads(void)
{
	size_t tasks = 0;
	const struct dirent *entry;
	DIR *dir = opendir("/proc/self/task");

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		tasks += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return tasks > 1;
}

static int
drop_capabilities(enum sandbox_role role, vouch_err *err)
{
	if (roles[role].keeps_capabilities || (roles[role].root_keeps_capabilities && geteuid() == 0))
		return VOUCH_OK;
	return identity_drop_capabilities(err);
}

static int
allow_files(struct landlock *rules, enum sandbox_role role, const struct sandbox_paths *paths,
    struct sandbox_report *report, vouch_err *err)
{
	int rc = VOUCH_OK;

	if (roles[role].has_files && paths != NULL)
		rc = sandbox_grant(rules, paths, report->mixed, err);
	for (const char *const *file = sandbox_watched_files; *file != NULL && rc == VOUCH_OK; file++)
		rc = landlock_allow(rules, *file, LANDLOCK_READ, err);
	return rc;
}

static int
restrict_files(enum sandbox_role role, const struct sandbox_paths *paths, struct sandbox_report *report,
    vouch_err *err)
{
	struct landlock rules;

	if (landlock_open(&rules, roles[role].may_connect, err) != VOUCH_OK)
		return err->code;
	report->landlock_abi = rules.abi;
	report->without_landlock = rules.abi == 0;
	int rc = allow_files(&rules, role, paths, report, err);
	if (rc == VOUCH_OK)
		rc = landlock_enforce(&rules, err);
	landlock_close(&rules);
	return rc;
}

static int
enter(enum sandbox_role role, const struct sandbox_paths *paths, struct sandbox_report *report,
    vouch_err *err)
{
	/* A sanitizer's runtime may have a thread of its own. */
	if (has_threads() && !sandbox_is_watched)
		return err_set(err, VOUCH_EREFUSED, "the process has threads already");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(err, VOUCH_EIO, "no_new_privs: %s", strerror(errno));
	if (drop_capabilities(role, err) != VOUCH_OK)
		return err->code;
	if (roles[role].has_landlock && restrict_files(role, paths, report, err) != VOUCH_OK)
		return err->code;
	return sandbox_filter_load(role, err);
}

int
sandbox_enter(enum sandbox_role role, const struct sandbox_paths *paths, struct sandbox_report *report,
    vouch_err *err)
{
	*report = (struct sandbox_report){ 0 };
	return enter(role, paths, report, err) == VOUCH_OK ? VOUCH_OK : err_prefix(err, "sandbox");
}
