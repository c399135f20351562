/* SPDX-License-Identifier: Apache-2.0 */
/* The change log: what was committed since somebody last asked. */
#include "modules/mysql/changes.h"

#include <string.h>

#include "modules/mysql/own.h"
#include "modules/mysql/record.h"
#include "modules/mysql/report.h"
#include "modules/register/position.h"

/* A responder remembers no more, and "all" costs less than reading them. */
#define CHANGES_TOLD 65536

/* A cursor: the database, the last position of its log, and the random token that stands there. */
enum { CURSOR_ID = 0, CURSOR_POSITION = 16, CURSOR_TOKEN = 24, CURSOR_LENGTH = 32 };
enum { ID_LENGTH = 16, TOKEN_LENGTH = 8 };

static int
failed(const struct mysql_source *source, const struct mysql_connection *c, vouch_err *err)
{
	return mysql_report(err, &source->address, c, "cannot read");
}

/* The first row of a statement; VOUCH_ENOTFOUND: there is none.  To be done with in any case. */
static int
first_row(const struct mysql_source *source, struct mysql_connection *c, enum mysql_statement which,
    const struct mysql_value *values, vouch_err *err)
{
	if (!mysql_run(c, which, values))
		return failed(source, c, err);
	switch (mysql_next(c, which)) {
	case MYSQL_ROW_READ:
		return VOUCH_OK;
	case MYSQL_END:
		return VOUCH_ENOTFOUND;
	case MYSQL_FAILED:
		break;
	}
	return failed(source, c, err);
}

static int
read_head(const struct mysql_source *source, struct mysql_connection *c, uint8_t head[CURSOR_LENGTH],
    vouch_err *err)
{
	const struct mysql_cell *cells = c->cells;
	int code = first_row(source, c, MYSQL_HEAD, NULL, err);

	if (code == VOUCH_ENOTFOUND ||
	    (code == VOUCH_OK && (cells[0].octets.len != ID_LENGTH || cells[2].octets.len != TOKEN_LENGTH)))
		code = mysql_fail(err, VOUCH_EIO, &source->address.shown, "vouch_register has lost its row");
	if (code == VOUCH_OK) {
		memcpy(head + CURSOR_ID, cells[0].octets.data, ID_LENGTH);
		register_position_write(head + CURSOR_POSITION, cells[1].number);
		memcpy(head + CURSOR_TOKEN, cells[2].octets.data, TOKEN_LENGTH);
	}
	mysql_done(c, MYSQL_HEAD);
	return code;
}

/*
 * *known when the log still holds the very entry that the cursor stands at: then what came later is all that
 * changed.  Not so for another database, a restored backup, a copy that went another way, and a log that has been
 * pruned.
 */
static int
find_mark(const struct mysql_source *source, struct mysql_connection *c, const uint8_t *cursor,
    const uint8_t *head, bool *known, vouch_err *err)
{
	const struct mysql_value position = mysql_number(register_position_read(cursor + CURSOR_POSITION));

	*known = false;
	if (memcmp(cursor + CURSOR_ID, head + CURSOR_ID, ID_LENGTH) != 0)
		return VOUCH_OK;
	int code = first_row(source, c, MYSQL_MARK, &position, err);
	if (code == VOUCH_OK)
		*known = c->cells[0].octets.len == TOKEN_LENGTH &&
		    memcmp(c->cells[0].octets.data, cursor + CURSOR_TOKEN, TOKEN_LENGTH) == 0;
	mysql_done(c, MYSQL_MARK);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

static int
count_after(const struct mysql_source *source, struct mysql_connection *c, int64_t position, int64_t *count,
    vouch_err *err)
{
	const struct mysql_value value = mysql_number(position);
	int code = first_row(source, c, MYSQL_COUNT, &value, err);

	*count = code == VOUCH_OK ? c->cells[0].number : 0;
	mysql_done(c, MYSQL_COUNT);
	return code;
}

int
mysql_round_add(struct mysql_round *round, vouch_span serial_number)
{
	const uint8_t length[2] = { (uint8_t)(serial_number.len >> 8), (uint8_t)serial_number.len };

	if (serial_number.len == 0 || serial_number.len > UINT16_MAX) {
		round->all = true;
		return VOUCH_OK;
	}
	int code = vouch_buf_append(&round->serials, length, sizeof(length));
	return code == VOUCH_OK ? vouch_buf_append(&round->serials, serial_number.data, serial_number.len) :
				  code;
}

static int
read_after(const struct mysql_source *source, struct mysql_connection *c, int64_t position,
    struct mysql_round *round, vouch_err *err)
{
	const struct mysql_value value = mysql_number(position);
	enum mysql_step step = MYSQL_FAILED;
	int code = VOUCH_OK;

	if (!mysql_run(c, MYSQL_CHANGES, &value))
		return failed(source, c, err);
	while (code == VOUCH_OK && (step = mysql_next(c, MYSQL_CHANGES)) == MYSQL_ROW_READ)
		code = mysql_round_add(round, c->cells[0].octets);
	if (code != VOUCH_OK)
		code = mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
	else if (step == MYSQL_FAILED)
		code = failed(source, c, err);
	mysql_done(c, MYSQL_CHANGES);
	return code;
}

/* In one moment of the database. */
static int
read_changes(const struct mysql_source *source, struct mysql_connection *c, uint8_t head[CURSOR_LENGTH],
    struct mysql_round *round, vouch_err *err)
{
	bool known = false;
	int64_t count = 0, position = register_position_read(round->cursor.data + CURSOR_POSITION);
	int code = read_head(source, c, head, err);

	if (code == VOUCH_OK)
		code = find_mark(source, c, round->cursor.data, head, &known, err);
	if (code == VOUCH_OK && known)
		code = count_after(source, c, position, &count, err);
	if (code != VOUCH_OK)
		return code;
	round->all = !known || count > CHANGES_TOLD;
	return round->all ? VOUCH_OK : read_after(source, c, position, round, err);
}

static int
set_cursor(const struct mysql_source *source, struct mysql_round *round, const uint8_t head[CURSOR_LENGTH],
    vouch_err *err)
{
	round->cursor.len = 0;
	if (vouch_buf_append(&round->cursor, head, CURSOR_LENGTH) == VOUCH_OK)
		return VOUCH_OK;
	return mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
}

static int
round_on(struct mysql_source *source, struct mysql_connection *c, void *arg, vouch_err *err)
{
	struct mysql_round *round = arg;
	uint8_t head[CURSOR_LENGTH];
	int code = read_head(source, c, head, err);

	round->all = false;
	round->serials.len = 0;
	if (code != VOUCH_OK)
		return code;
	if (round->cursor.len != CURSOR_LENGTH) {
		round->all = true;
		return set_cursor(source, round, head, err);
	}
	if (memcmp(round->cursor.data, head, CURSOR_LENGTH) == 0)
		return VOUCH_OK;
	if (!mysql_exec(c, "START TRANSACTION WITH CONSISTENT SNAPSHOT"))
		return failed(source, c, err);
	code = read_changes(source, c, head, round, err);
	/* What was only read is neither kept nor lost. */
	(void)mysql_roll_back(c);
	return code == VOUCH_OK ? set_cursor(source, round, head, err) : code;
}

int
mysql_round_make(struct mysql_source *source, struct mysql_round *round, vouch_err *err)
{
	if (source->address.query != NULL)
		return mysql_own_round(source, round, err);
	return mysql_pool_follow(source, round_on, round, err);
}
