/* SPDX-License-Identifier: Apache-2.0 */
/* Reading. */
#include "modules/mysql/lookup.h"

#include "modules/mysql/own.h"
#include "modules/mysql/pool.h"
#include "modules/mysql/record.h"
#include "modules/mysql/report.h"

#define PAGE 1000 /* rows, as MYSQL_EACH says */

struct sought {
	const vouch_issuer *issuer;
	vouch_span serial_number;
	vouch_status *out;
};

static int
failed(const struct mysql_source *source, const struct mysql_connection *c, vouch_err *err)
{
	return mysql_report(err, &source->address, c, "cannot read");
}

static int
find(struct mysql_source *source, struct mysql_connection *c, void *arg, vouch_err *err)
{
	const struct sought *sought = arg;
	const struct mysql_value values[] = { mysql_octets(vouch_issuer_id(sought->issuer)),
		mysql_number((int64_t)sought->serial_number.len), mysql_octets(sought->serial_number) };
	int code = VOUCH_ENOTFOUND;

	if (!mysql_run(c, MYSQL_LOOKUP, values))
		return failed(source, c, err);
	switch (mysql_next(c, MYSQL_LOOKUP)) {
	case MYSQL_ROW_READ:
		vouch_status_clear(sought->out);
		code = mysql_record_read(c->cells, &source->address, sought->out, err);
		break;
	case MYSQL_FAILED:
		code = failed(source, c, err);
		break;
	case MYSQL_END:
		break;
	}
	mysql_done(c, MYSQL_LOOKUP);
	return code;
}

int
mysql_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	struct mysql_source *source = ctx;
	struct sought sought = { issuer, serial_number, out };

	(void)now;
	if (source->address.query != NULL)
		return mysql_own_lookup(source, issuer, serial_number, out, err);
	return mysql_pool_ask(source, find, &sought, err);
}

/* --- Listing --------------------------------------------------------------------------------------------- */

struct page {
	const vouch_issuer *issuer;
	vouch_buf after;
	vouch_status_cb *cb;
	void *arg;
	unsigned rows;
};

/* One row; what the caller says. */
static int
hand_on(const struct mysql_source *source, const struct mysql_connection *c, struct page *page,
    vouch_err *err)
{
	vouch_span serial_number = c->cells[MYSQL_RECORD_WIDTH].octets;
	vouch_status status;

	vouch_status_init(&status);
	page->rows++;
	page->after.len = 0;
	int code = mysql_record_read(c->cells, &source->address, &status, err);
	if (code == VOUCH_OK &&
	    vouch_buf_append(&page->after, serial_number.data, serial_number.len) != VOUCH_OK)
		code = mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
	if (code == VOUCH_OK)
		/* Whoever is told may ask on this connection, whose cells are its own then. */
		code = page->cb(page->arg, (vouch_span){ page->after.data, page->after.len }, &status);
	vouch_status_clear(&status);
	return code;
}

static int
read_page(struct mysql_source *source, struct mysql_connection *c, struct page *page, vouch_err *err)
{
	struct mysql_value length = mysql_number((int64_t)page->after.len);
	const struct mysql_value values[] = { mysql_octets(vouch_issuer_id(page->issuer)), length, length,
		mysql_octets((vouch_span){ page->after.data, page->after.len }) };
	enum mysql_step step = MYSQL_FAILED;
	int code = VOUCH_OK;

	page->rows = 0;
	if (!mysql_run(c, MYSQL_EACH, values))
		return failed(source, c, err);
	while (code == VOUCH_OK && (step = mysql_next(c, MYSQL_EACH)) == MYSQL_ROW_READ)
		code = hand_on(source, c, page, err);
	if (code == VOUCH_OK && step == MYSQL_FAILED)
		code = failed(source, c, err);
	mysql_done(c, MYSQL_EACH);
	return code;
}

int
mysql_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	struct mysql_source *source = ctx;
	struct mysql_connection *c = NULL;
	struct page page = { .issuer = issuer, .cb = cb, .arg = arg };

	(void)now;
	if (source->address.query != NULL)
		return mysql_fail(err, VOUCH_EREFUSED, &source->address.shown,
		    "tables of one's own cannot be listed: a query asks for one certificate");
	int code = mysql_pool_take_own(source, &c, err);
	if (code != VOUCH_OK)
		return code;
	c->error = 0;
	if (vouch_buf_append(&page.after, after.data, after.len) != VOUCH_OK)
		code = mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
	do {
		if (code == VOUCH_OK)
			code = read_page(source, c, &page, err);
	} while (code == VOUCH_OK && page.rows == PAGE);
	mysql_pool_give(source, c, c->error != 0);
	vouch_buf_free(&page.after);
	return code;
}
