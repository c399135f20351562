/* SPDX-License-Identifier: Apache-2.0 */
/* How a source follows its index.txt: when it is read, and what is accepted in place of what was there. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "status/index.h"

#define NANOSECONDS INT64_C(1000000000)
/*
 * `openssl ca` renames the old file before the new one, and some editors write the file where it is: for so many
 * rounds that is no trouble.
 */
#define ROUNDS_UNDECIDED 5
#define READS_AT_ONCE 3

void
index_data_free(struct index_data *data)
{
	if (data == NULL || --data->references != 0)
		return;
	index_table_free(data->table);
	free(data);
}

/* --- Trouble ------------------------------------------------------------------------------------------ */

/* The data stay, as of now: answers say so by their thisUpdate. */
static int
set_trouble(struct index_source *s, vouch_err *err)
{
	static const char kept[] = "; what was read before stays in use";
	size_t len = strlen(err->msg);

	if (len + sizeof(kept) <= sizeof(err->msg) && s->data != NULL && err->code != VOUCH_ENOMEM)
		memcpy(err->msg + len, kept, sizeof(kept));
	pthread_mutex_lock(&s->swapping);
	s->trouble = *err;
	pthread_mutex_unlock(&s->swapping);
	return err->code;
}

static void
clear_trouble(struct index_source *s)
{
	s->undecided = 0;
	pthread_mutex_lock(&s->swapping);
	err_or(&s->trouble, NULL);
	pthread_mutex_unlock(&s->swapping);
}

/* Nothing is new.  Only who follows writes `trouble`. */
static int
as_before(const struct index_source *s, vouch_err *err)
{
	*err = s->trouble;
	return err->code;
}

/* Not there, or being written: that may pass. */
static int
wait_for_it(struct index_source *s, vouch_err *err)
{
	if (s->trouble.code == VOUCH_OK && ++s->undecided < ROUNDS_UNDECIDED) {
		err_or(err, NULL);
		return VOUCH_OK;
	}
	err->code = err->code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : VOUCH_EIO; /* those two are answers */
	return set_trouble(s, err);
}

/* --- What is lost ------------------------------------------------------------------------------------- */

struct loss {
	size_t count;
	vouch_time written;   /* when the new file was */
	uint32_t last_line;   /* of the old one */
	bool of_use, of_last; /* a row that has not expired; the last row */
	vouch_buf first;      /* a serial number */
	int code;
};

static int
count_loss(void *arg, const struct index_record *before, const struct index_record *after)
{
	struct loss *loss = arg;

	if (after != NULL)
		return 0;
	if (loss->count++ == 0)
		loss->code = vouch_serial_format(&loss->first, before->serial_number);
	loss->of_use = loss->of_use || (before->type != INDEX_EXPIRED && before->not_after >= loss->written);
	loss->of_last = loss->of_last || before->line == loss->last_line;
	return loss->code;
}

/*
 * A CA forgets no certificate before it has expired, and what it forgets then is not what it issued last: other rows
 * are missing from a file that is cut off, or not this CA's.  Who has removed rows on purpose opens the source anew.
 */
static int
check_loss(const struct index_source *s, const struct index_table *table,
    const struct index_identity *identity, vouch_err *err)
{
	struct loss loss = { .written = identity->modified / NANOSECONDS };

	if (s->data == NULL)
		return VOUCH_OK;
	if (index_table_count(table) == 0 && index_table_count(s->data->table) > 0)
		return err_set(err, VOUCH_EREFUSED, "%s: it is empty, and was not before", s->path);
	loss.last_line = index_table_last_line(s->data->table);
	(void)index_table_compare(s->data->table, table, count_loss, &loss);
	int code = loss.code;
	if (code != VOUCH_OK)
		code = err_nomem(err);
	else if (loss.of_use || loss.of_last)
		code = err_set(err, VOUCH_EREFUSED,
		    "%s: it has shrunk: %zu rows are gone, the first is serial number %.*s", s->path,
		    loss.count, loss.first.len < 44 ? (int)loss.first.len : 44,
		    (const char *)loss.first.data);
	vouch_buf_free(&loss.first);
	return code;
}

/* --- The new in place of the old ---------------------------------------------------------------------- */

static int
note_change(void *arg, const struct index_record *before, const struct index_record *after)
{
	change_log_add(arg, before != NULL ? before->serial_number : after->serial_number);
	return 0;
}

/* Who is told of a change looks it up after that: so it is noted when the new data are there. */
static void
note_changes(struct index_source *s, const struct index_data *before)
{
	change_log_begin(&s->log);
	if (before == NULL)
		change_log_add_all(&s->log);
	else
		(void)index_table_compare(before->table, s->data->table, note_change, &s->log);
}

static int
publish(struct index_source *s, struct index_table *takes_table, const struct index_identity *identity,
    vouch_err *err)
{
	struct index_data *data = calloc(1, sizeof(*data)), *before = s->data;

	if (data == NULL)
		return err_nomem(err);
	*data = (struct index_data){ .references = 1, .table = takes_table, .identity = *identity };
	pthread_mutex_lock(&s->swapping);
	s->data = data;
	err_or(&s->trouble, NULL);
	pthread_mutex_unlock(&s->swapping);
	note_changes(s, before);
	index_data_free(before);
	s->undecided = 0;
	return VOUCH_OK;
}

static int
take_over(struct index_source *s, struct index_table *takes_table, const struct index_identity *identity,
    vouch_err *err)
{
	int code = check_loss(s, takes_table, identity, err);

	return code == VOUCH_OK ? publish(s, takes_table, identity, err) : code;
}

static int
read_file(struct index_source *s, vouch_err *err)
{
	struct index_table *table = NULL;
	struct index_identity identity = { 0 };
	int code = index_file_read(s->path, &s->opener, &table, &identity, err);

	s->pending = identity;
	if (code != VOUCH_OK && code != VOUCH_EPARSE && code != VOUCH_EREFUSED && code != VOUCH_ELIMIT)
		return code; /* not for what is in the file: it is tried again */
	if (code == VOUCH_OK)
		code = take_over(s, table, &identity, err);
	if (code == VOUCH_OK)
		return VOUCH_OK;
	index_table_free(table);
	if (code != VOUCH_ENOMEM)
		s->refused = identity;
	return code;
}

static int
read_newer(struct index_source *s, vouch_err *err)
{
	/* Without news the same file is read once more: it may have changed after that, and look the same. */
	s->again = !s->again && folder_watch_fd(s->folder) < 0;
	int code = read_file(s, err);

	if (code == VOUCH_ENOTFOUND || code == VOUCH_EAGAIN)
		return wait_for_it(s, err);
	return code == VOUCH_OK ? VOUCH_OK : set_trouble(s, err);
}

int
index_follow(struct index_source *source, vouch_err *err)
{
	struct index_identity now;
	struct index_source *s = source;
	bool settled = folder_watch_take(s->folder, s->name) == FOLDER_SETTLED;
	int code = index_file_look(s->path, &now, err);

	if (code != VOUCH_OK)
		return code == VOUCH_ENOTFOUND ? wait_for_it(s, err) : set_trouble(s, err);
	if (settled || s->again)
		return read_newer(s, err);
	if (index_identity_equal(&now, &s->data->identity)) {
		clear_trouble(s);
		return VOUCH_OK;
	}
	if (index_identity_equal(&now, &s->refused))
		return as_before(s, err);
	/* It may still be written: it has to look the same twice. */
	if (index_identity_equal(&now, &s->pending))
		return read_newer(s, err);
	s->pending = now;
	return as_before(s, err);
}

int
index_read_anew(struct index_source *source, vouch_err *err)
{
	int code = VOUCH_EAGAIN;

	for (int i = 0; code == VOUCH_EAGAIN && i < READS_AT_ONCE; i++)
		code = read_file(source, err);
	if (code == VOUCH_OK)
		return VOUCH_OK;
	if (code == VOUCH_EAGAIN || code == VOUCH_ENOTFOUND)
		err->code = code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : VOUCH_EIO; /* those two are answers */
	return set_trouble(source, err);
}
