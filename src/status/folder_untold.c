/* SPDX-License-Identifier: Apache-2.0 */
/* Folders where the kernel tells nothing (systems without inotify): whoever waits looks from time to time. */
#include "status/folder.h"

#include <stdlib.h>

#include "base/err.h"

struct folder_watch {
	int fd;
};

int
folder_watch_open(struct folder_watch **out, const char *folder, vouch_err *err)
{
	struct folder_watch *w = malloc(sizeof(*w));

	(void)folder;
	if (w == NULL)
		return err_nomem(err);
	w->fd = -1;
	*out = w;
	return VOUCH_OK;
}

void
folder_watch_free(struct folder_watch *watch)
{
	free(watch);
}

int
folder_watch_fd(const struct folder_watch *watch)
{
	return watch->fd;
}

enum folder_news
folder_watch_take(struct folder_watch *watch, const char *name)
{
	(void)watch, (void)name;
	return FOLDER_QUIET;
}
