/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in a folder, as the kernel tells it (inotify): for sources whose file is replaced by another of its
 * name, which no watch of the file itself would show.
 *
 * News make who waits look sooner; they are no reason not to look: a file system may tell nothing (NFS), and the
 * number of watches is limited.
 */
#ifndef STATUS_FOLDER_H
#define STATUS_FOLDER_H

#include <vouch.h>

struct folder_watch;

enum folder_news {
	FOLDER_QUIET,	/* nothing was told */
	FOLDER_STIRRED, /* something happened to the name, or to the folder itself */
	FOLDER_SETTLED /* the last that happened to the name: it was closed after writing, or renamed to be this */
};

/*
 * The folder may come into being later.  Only lack of memory is an error: where the kernel has no watch to give, there
 * are never any news.
 */
VOUCH_MUST int folder_watch_open(struct folder_watch **out, const char *folder, vouch_err *err);
void folder_watch_free(struct folder_watch *watch);
/* Readable when there are news; -1: there are never any. */
int folder_watch_fd(const struct folder_watch *watch);
/* The news of one name (NULL: of any) since the last call; those of other names are forgotten.  One thread at a time. */
enum folder_news folder_watch_take(struct folder_watch *watch, const char *name);

#endif
