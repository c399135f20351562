/* SPDX-License-Identifier: Apache-2.0 */
/* Who opens files for the server that it may not open itself. */
#include "daemon/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/span.h"
#include "daemon/child.h"
#include "daemon/sandbox_paths.h"
#include "io/channel.h"

#define NAME "vouch-opener"
#define PATIENCE_S 5 /* a file system that hangs holds up a round of looking for changes, and no client */

struct opener {
	pthread_mutex_t asking; /* one question at a time on the channel */
	int channel;
	struct sandbox_paths *paths;
};

/* In both directions, of records with the number of the file; the answer has the descriptor, or says why not. */
enum opener_type { OPENER_OPEN = 1, OPENER_OPENED, OPENER_NOT_THERE, OPENER_FAILED };

/* --- The opener's own process ------------------------------------------------------------------------- */

static bool
is_denied(const struct sandbox_paths *paths, const struct stat *file)
{
	struct stat st;

	for (size_t i = 0; i < paths->denied_count; i++)
		if (stat(paths->denied[i], &st) == 0 && st.st_dev == file->st_dev &&
		    st.st_ino == file->st_ino)
			return true;
	return false;
}

/* A descriptor, or -1 with errno. */
static int
open_numbered(const struct sandbox_paths *paths, size_t number)
{
	struct stat st;

	if (number >= paths->opened_count) {
		errno = EINVAL;
		return -1;
	}
	int fd = open(paths->opened[number], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !is_denied(paths, &st))
		return fd;
	close(fd);
	errno = EACCES;
	return -1;
}

static int
answer(int channel, const struct sandbox_paths *paths, const struct io_message *question, vouch_err *err)
{
	char text[80];
	struct io_message message = { .type = OPENER_OPENED, .number = question->number };
	int fd = open_numbered(paths, question->number);

	if (fd < 0) {
		message.type = errno == ENOENT ? OPENER_NOT_THERE : OPENER_FAILED;
		message.body = span_string(strerror_r(errno, text, sizeof(text)));
	}
	int code = io_record_send(channel, &message, &fd, fd >= 0 ? 1 : 0, err);
	if (fd >= 0)
		close(fd);
	return code;
}

static int
opener_main(int channel, const struct plan_origin *origin, const struct plan *plan)
{
	struct sandbox_paths *paths = NULL;
	struct sandbox_report report;
	struct io_record record;
	vouch_err err;

	(void)origin;
	err_or(&err, NULL);
	int code = sandbox_paths_new(&paths, plan->conf, &err);
	if (code == VOUCH_OK)
		code = sandbox_enter(SANDBOX_SUPERVISOR, NULL, &report, &err);
	while (code == VOUCH_OK) {
		code = io_record_receive(channel, &record, &err);
		if (code == VOUCH_OK) {
			code = answer(channel, paths, &record.message, &err);
			io_record_close_fds(&record);
		}
	}
	sandbox_paths_free(paths);
	_exit(code == VOUCH_ENOTFOUND ? 0 : 1); /* what else there is in memory is the server's */
}

/* --- In the server ------------------------------------------------------------------------------------ */

static int
connect_to(struct opener *o, int channel, vouch_err *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	o->channel = channel;
	if (setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return VOUCH_OK;
	return err_set(err, VOUCH_EIO, "a channel to the opener: %s", strerror(errno));
}

int
opener_start(struct opener **out, const struct plan_origin *origin, const struct plan *plan, vouch_err *err)
{
	struct opener *o = calloc(1, sizeof(*o));
	int channel = -1;
	pid_t pid;

	if (o == NULL)
		return err_nomem(err);
	pthread_mutex_init(&o->asking, NULL);
	o->channel = -1;
	int code = sandbox_paths_new(&o->paths, plan->conf, err);
	if (code == VOUCH_OK)
		code = child_fork(&pid, &channel, NAME, opener_main, origin, plan, err);
	if (code == VOUCH_OK)
		code = connect_to(o, channel, err);
	if (code != VOUCH_OK) {
		opener_free(o);
		return code;
	}
	*out = o;
	return VOUCH_OK;
}

/* The source's path is absolute, the configuration's may be the part of it that was given. */
static bool
is_path(const char *given, const char *path)
{
	size_t given_len = strlen(given), len = strlen(path);

	if (given[0] == '/' || given_len >= len)
		return strcmp(given, path) == 0;
	return path[len - given_len - 1] == '/' && strcmp(path + len - given_len, given) == 0;
}

/* After a question that was not answered in time the channel is of no use: its answer may still come. */
static int
give_up(struct opener *o, const char *path, vouch_err *err)
{
	if (o->channel >= 0)
		close(o->channel);
	o->channel = -1;
	return err_set(err, VOUCH_EIO, "%s: who opens it for the server is away", path);
}

static int
take_answer(struct io_record *record, const char *path, int *fd, vouch_err *err)
{
	const struct io_message *m = &record->message;

	if (m->type == OPENER_OPENED && record->fd_count == 1) {
		*fd = record->fds[0];
		record->fd_count = 0;
		return VOUCH_OK;
	}
	return err_set(err, m->type == OPENER_NOT_THERE ? VOUCH_ENOTFOUND : VOUCH_EIO,
	    "%s: cannot open it: %.*s", path, (int)m->body.len, (const char *)m->body.data);
}

static int
ask(struct opener *o, const char *path, size_t number, int *fd, vouch_err *err)
{
	struct io_message question = { .type = OPENER_OPEN, .number = (uint16_t)number };
	struct io_record record;
	vouch_err unread;

	if (o->channel < 0 || io_record_send(o->channel, &question, NULL, 0, &unread) != VOUCH_OK ||
	    io_record_receive(o->channel, &record, &unread) != VOUCH_OK)
		return give_up(o, path, err);
	int code = take_answer(&record, path, fd, err);
	io_record_close_fds(&record);
	return code;
}

int
opener_open(void *arg, const char *path, int *fd, vouch_err *err)
{
	struct opener *o = arg;

	for (size_t i = 0; i < o->paths->opened_count && i <= UINT16_MAX; i++) {
		if (!is_path(o->paths->opened[i], path))
			continue;
		pthread_mutex_lock(&o->asking);
		int code = ask(o, path, i, fd, err);
		pthread_mutex_unlock(&o->asking);
		return code;
	}
	return err_set(err, VOUCH_EIO, "%s: the configuration does not name it", path);
}

bool
opener_is_away(struct opener *opener)
{
	pthread_mutex_lock(&opener->asking);
	bool away = opener->channel < 0;
	pthread_mutex_unlock(&opener->asking);
	return away;
}

void
opener_free(struct opener *opener)
{
	if (opener == NULL)
		return;
	if (opener->channel >= 0)
		close(opener->channel);
	sandbox_paths_free(opener->paths);
	pthread_mutex_destroy(&opener->asking);
	free(opener);
}
