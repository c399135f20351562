/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a folder, as the kernel tells it (inotify). */
#include "status/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/err.h"

/* Not IN_MODIFY, which tells of every write(2) of somebody who is not done. */
#define SETTLES (IN_CLOSE_WRITE | IN_MOVED_TO)
#define STIRS (IN_CREATE | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
#define ENDS (IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)
#define WATCHED (SETTLES | STIRS | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)
#define ROOM 4096 /* octets: several events, of which each has a name of at most NAME_MAX */

struct folder_watch {
	int fd, wd; /* -1: none */
	char path[];
};

static void
begin(struct folder_watch *w)
{
	w->wd = inotify_add_watch(w->fd, w->path, WATCHED);
}

int
folder_watch_open(struct folder_watch **out, const char *folder, vouch_err *err)
{
	size_t size = strlen(folder) + 1;
	struct folder_watch *w = malloc(sizeof(*w) + size);

	if (w == NULL)
		return err_nomem(err);
	memcpy(w->path, folder, size);
	w->wd = -1;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd >= 0)
		begin(w);
	*out = w;
	return VOUCH_OK;
}

void
folder_watch_free(struct folder_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

int
folder_watch_fd(const struct folder_watch *watch)
{
	return watch->fd;
}

/* What is in place of a folder that was moved away or removed is watched from the next call on. */
static enum folder_news
lose(struct folder_watch *w)
{
	if (w->wd >= 0)
		(void)inotify_rm_watch(w->fd, w->wd);
	w->wd = -1;
	return FOLDER_STIRRED;
}

static enum folder_news
judge(struct folder_watch *w, const struct inotify_event *event, const char *name, enum folder_news before)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		return FOLDER_STIRRED;
	if (event->wd != w->wd)
		return before; /* left over from a watch that was given up */
	if ((event->mask & ENDS) != 0)
		return lose(w);
	if (name != NULL && (event->len == 0 || strcmp(event->name, name) != 0))
		return before;
	return (event->mask & SETTLES) != 0 ? FOLDER_SETTLED : FOLDER_STIRRED;
}

enum folder_news
folder_watch_take(struct folder_watch *watch, const char *name)
{
	_Alignas(struct inotify_event) char events[ROOM];
	enum folder_news news = FOLDER_QUIET;
	ssize_t len;

	if (watch->fd < 0)
		return FOLDER_QUIET;
	if (watch->wd < 0) {
		begin(watch);
		news = watch->wd >= 0 ? FOLDER_STIRRED : FOLDER_QUIET;
	}
	while ((len = read(watch->fd, events, sizeof(events))) > 0) {
		for (size_t at = 0; at < (size_t)len;) {
			const struct inotify_event *event = (const void *)(events + at);
			news = judge(watch, event, name, news);
			at += sizeof(*event) + event->len;
		}
	}
	return news;
}
