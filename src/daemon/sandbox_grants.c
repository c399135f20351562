/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as Landlock's rules: with nothing in them that is denied. */
#include "daemon/sandbox_grants.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "conf/conf.h"

struct grants {
	struct landlock *rules;
	struct conf_strings denied;  /* without symbolic links */
	struct conf_strings folders; /* that hold something denied, and are still to be taken apart */
	enum landlock_access access;
	char *mixed;
	vouch_err *err;
};

/* --- What is denied ----------------------------------------------------------------------------------- */

/* "/a/b" of "/a/b/c", "/" of "/c", "." of "c". */
static void
folder_of(char out[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (slash == NULL)
		snprintf(out, PATH_MAX, ".");
	else
		snprintf(out, PATH_MAX, "%.*s", len == 0 ? 1 : (int)len, path);
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
join(char out[PATH_MAX], const char *folder, const char *name)
{
	int len = snprintf(out, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);

	return len < PATH_MAX ? VOUCH_OK : VOUCH_ELIMIT;
}

/* A link to a key is denied as well: it may become the key one day. */
static int
deny(struct grants *g, const char *path)
{
	char folder[PATH_MAX], real[PATH_MAX], place[PATH_MAX];

	if (realpath(path, real) != NULL && conf_strings_add(&g->denied, real) != VOUCH_OK)
		return err_nomem(g->err);
	folder_of(folder, path);
	if (realpath(folder, real) == NULL)
		return VOUCH_OK;
	if (join(place, real, name_of(path)) != VOUCH_OK)
		return err_set(g->err, VOUCH_ELIMIT, "%s: the path is too long", path);
	return conf_strings_add(&g->denied, place) == VOUCH_OK ? VOUCH_OK : err_nomem(g->err);
}

/* Is `path` the other one, or in it? */
static bool
is_within(const char *path, const char *other)
{
	size_t len = strlen(other);

	if (strcmp(other, "/") == 0)
		return true;
	return strncmp(path, other, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool
is_denied(const struct grants *g, const char *path)
{
	for (size_t i = 0; i < g->denied.count; i++) {
		if (is_within(path, g->denied.items[i]))
			return true;
	}
	return false;
}

static bool
holds_denied(const struct grants *g, const char *folder)
{
	for (size_t i = 0; i < g->denied.count; i++) {
		if (is_within(g->denied.items[i], folder))
			return true;
	}
	return false;
}

/* --- What is granted ---------------------------------------------------------------------------------- */

/* A folder that holds something denied is put aside, to be taken apart. */
static int
grant_whole(struct grants *g, const char *path)
{
	if (is_denied(g, path))
		return VOUCH_OK;
	if (holds_denied(g, path))
		return conf_strings_add(&g->folders, path) == VOUCH_OK ? VOUCH_OK : err_nomem(g->err);
	return landlock_allow(g->rules, path, g->access, g->err);
}

/* Links are not followed: what they lead to is granted where it is, or not at all. */
static int
grant_entries(struct grants *g, const char *folder, const char *prefix)
{
	int rc = VOUCH_OK;
	char path[PATH_MAX];
	struct stat st;
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && rc == VOUCH_OK && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (join(path, folder, entry->d_name) == VOUCH_OK && lstat(path, &st) == 0 &&
		    !S_ISLNK(st.st_mode))
			rc = grant_whole(g, path);
	}
	if (dir != NULL)
		closedir(dir);
	return rc;
}

/* As many steps as there are folders above something denied. */
static int
take_apart(struct grants *g)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < g->folders.count && rc == VOUCH_OK; i++)
		rc = grant_entries(g, g->folders.items[i], "");
	conf_strings_clear(&g->folders);
	return rc;
}

/* The file alone, with "vouch.db-wal" and the like. */
static int
grant_among_denied(struct grants *g, const char *path, const char *folder)
{
	char prefix[NAME_MAX + 2];

	if (g->mixed[0] == '\0')
		memcpy(g->mixed, folder, strnlen(folder, SANDBOX_TEXT - 1)); /* zeroed: a long one is cut */
	if (is_denied(g, path))
		return VOUCH_OK;
	int rc = landlock_allow(g->rules, path, g->access, g->err);
	snprintf(prefix, sizeof(prefix), "%s-", name_of(path));
	return rc == VOUCH_OK ? grant_entries(g, folder, prefix) : rc;
}

static int
grant_file(struct grants *g, const char *path)
{
	char folder[PATH_MAX];

	folder_of(folder, path);
	return holds_denied(g, folder) ? grant_among_denied(g, path, folder) :
					 landlock_allow(g->rules, folder, g->access, g->err);
}

/* A file that is not there yet stands for its folder all the same. */
static int
grant(struct grants *g, const char *path)
{
	char folder[PATH_MAX], real[PATH_MAX], place[PATH_MAX];
	struct stat st;

	if (realpath(path, real) != NULL && stat(real, &st) == 0) {
		int rc = S_ISDIR(st.st_mode) ? grant_whole(g, real) : grant_file(g, real);

		return rc == VOUCH_OK ? take_apart(g) : rc;
	}
	folder_of(folder, path);
	if (realpath(folder, real) == NULL || join(place, real, name_of(path)) != VOUCH_OK)
		return VOUCH_OK;
	return grant_file(g, place);
}

static int
grant_exactly(struct grants *g, const char *path)
{
	char real[PATH_MAX];

	if (realpath(path, real) == NULL)
		return VOUCH_OK;
	int rc = grant_whole(g, real);
	return rc == VOUCH_OK ? take_apart(g) : rc;
}

typedef int grant_one(struct grants *g, const char *path);

static int
grant_all(struct grants *g, const char *const *paths, size_t count, grant_one *one,
    enum landlock_access access)
{
	int rc = VOUCH_OK;

	g->access = access;
	for (size_t i = 0; i < count && rc == VOUCH_OK; i++)
		rc = one(g, paths[i]);
	return rc;
}

static int
deny_all(struct grants *g, const struct sandbox_paths *paths)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < paths->denied_count && rc == VOUCH_OK; i++)
		rc = deny(g, paths->denied[i]);
	return rc;
}

int
sandbox_grant(struct landlock *rules, const struct sandbox_paths *paths, char mixed[SANDBOX_TEXT],
    vouch_err *err)
{
	struct grants g = { .rules = rules, .mixed = mixed, .err = err };
	int rc = deny_all(&g, paths);

	if (rc == VOUCH_OK)
		rc = grant_all(&g, paths->exact, paths->exact_count, grant_exactly, LANDLOCK_READ);
	if (rc == VOUCH_OK)
		rc = grant_all(&g, paths->read, paths->read_count, grant, LANDLOCK_READ);
	if (rc == VOUCH_OK)
		rc = grant_all(&g, paths->write, paths->write_count, grant, LANDLOCK_WRITE);
	conf_strings_clear(&g.denied);
	conf_strings_clear(&g.folders);
	return rc;
}

bool
sandbox_is_mixed(const struct sandbox_paths *paths, const char *path)
{
	vouch_err unread;
	struct grants g = { .err = &unread };
	char folder[PATH_MAX], real[PATH_MAX];

	/* A link is followed to its file, as grant() does. */
	folder_of(folder, realpath(path, real) != NULL ? real : path);
	bool mixed = deny_all(&g, paths) != VOUCH_OK || realpath(folder, real) == NULL ||
	    holds_denied(&g, real);
	conf_strings_clear(&g.denied);
	return mixed;
}

bool
sandbox_is_linked(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) == NULL || strcmp(real, path) != 0;
}

/* --- What was granted --------------------------------------------------------------------------------- */

/*
 * A folder that holds nothing denied was granted whole.  In another one its entries were, for a folder,
 * or those that begin with the file's name.
 */
static bool
is_granted_by(const struct grants *g, const char *granted, bool exactly, const char *path)
{
	char root[PATH_MAX], folder[PATH_MAX], parent[PATH_MAX];
	struct stat st;
	bool is_folder = stat(granted, &st) == 0 && S_ISDIR(st.st_mode);

	folder_of(folder, granted);
	if (realpath(is_folder || exactly ? granted : folder, root) == NULL)
		return false;
	if (!is_within(path, root))
		return false;
	folder_of(parent, path);
	if (is_folder || exactly || !holds_denied(g, parent))
		return true;
	return strncmp(name_of(path), name_of(granted), strlen(name_of(granted))) == 0;
}

static bool
is_granted(const struct grants *g, const struct sandbox_paths *held, const char *path)
{
	bool found = false;

	for (size_t i = 0; i < held->exact_count && !found; i++)
		found = is_granted_by(g, held->exact[i], true, path);
	for (size_t i = 0; i < held->read_count && !found; i++)
		found = is_granted_by(g, held->read[i], false, path);
	for (size_t i = 0; i < held->write_count && !found; i++)
		found = is_granted_by(g, held->write[i], false, path);
	return found && !is_denied(g, path);
}

bool
sandbox_may_see(const struct sandbox_paths *held, const char *path)
{
	vouch_err unread;
	struct grants g = { .err = &unread }, places = { .err = &unread };
	bool found = deny_all(&g, held) != VOUCH_OK || deny(&places, path) != VOUCH_OK;

	for (size_t i = 0; i < places.denied.count && !found; i++)
		found = is_granted(&g, held, places.denied.items[i]);
	conf_strings_clear(&g.denied);
	conf_strings_clear(&places.denied);
	return found;
}
