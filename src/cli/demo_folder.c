/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of vouch demo. */
#include "cli/demo_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static bool
is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Only what is made here is in it then, and may be taken away again. */
static int
check_empty(const char *folder, vouch_err *err)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return err_set(err, VOUCH_EIO, "%s: %s", folder, strerror(errno));
	while ((entry = readdir(dir)) != NULL && !is_entry(entry))
		;
	closedir(dir);
	return entry == NULL ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EREFUSED, "%s: has files in it; a new or an empty folder is wanted", folder);
}

static int
make_temporary(struct demo_folder *f, vouch_err *err)
{
	const char *base = getenv("TMPDIR");
	char path[sizeof(f->path)];
	int len = snprintf(path, sizeof(path), "%s/vouch-demo-XXXXXX",
	    base != NULL && base[0] != '\0' ? base : "/tmp");

	if (len >= (int)sizeof(path))
		return err_set(err, VOUCH_ELIMIT, "TMPDIR: the path is too long");
	if (mkdtemp(path) == NULL)
		return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
	memcpy(f->path, path, sizeof(path));
	f->made = f->is_temporary = true;
	return VOUCH_OK;
}

int
demo_folder_make(struct demo_folder *f, const char *folder, vouch_err *err)
{
	if (folder == NULL)
		return make_temporary(f, err);
	if (strlen(folder) >= sizeof(f->path))
		return err_set(err, VOUCH_ELIMIT, "--dir: the path is too long");
	if (mkdir(folder, 0755) == 0)
		f->made = true;
	else if (errno != EEXIST)
		return err_set(err, VOUCH_EIO, "%s: %s", folder, strerror(errno));
	if (check_empty(folder, err) != VOUCH_OK)
		return err->code;
	snprintf(f->path, sizeof(f->path), "%s", folder);
	return VOUCH_OK;
}

void
demo_folder_remove(const struct demo_folder *f)
{
	char path[sizeof(f->path) + 300];
	struct dirent *entry;
	DIR *dir = f->path[0] == '\0' ? NULL : opendir(f->path);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", f->path, entry->d_name);
		if (is_entry(entry))
			unlink(path);
	}
	closedir(dir);
	if (f->made)
		rmdir(f->path);
}
