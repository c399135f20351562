/* SPDX-License-Identifier: Apache-2.0 */
/* What is imported: rows compared with a register, and written where they say more, some thousand in a transaction. */
#include "cli/import_batch.h"
#include "cli/command.h"
#include "base/date.h"
#include "base/span.h"

#include <stdlib.h>

#define ROWS 2000 /* a transaction of tens of milliseconds: others write in between */
#define TOLD 20	  /* refused rows that are told one by one */

enum verdict { SAME, ADD, CHANGE, KEEP, WEAKER };

/* --- What a row says beyond the register -------------------------------------------------------------- */

static bool
is_revoked(const vouch_status *status)
{
	return status->cert_status == VOUCH_REVOKED;
}

static bool
is_on_hold(const vouch_status *status)
{
	return is_revoked(status) && status->revocation_reason == VOUCH_REASON_CERTIFICATE_HOLD;
}

/* Facts of the certificate, which no status contradicts.  True: there was one to add. */
static bool
add_facts(vouch_status *known, const vouch_status *row, vouch_err *err)
{
	bool added = false;

	if (known->not_after == VOUCH_TIME_ABSENT && row->not_after != VOUCH_TIME_ABSENT) {
		known->not_after = row->not_after;
		added = true;
	}
	if (known->has_certificate_sha256 == 0 && row->has_certificate_sha256 != 0) {
		memcpy(known->certificate_sha256, row->certificate_sha256, sizeof(known->certificate_sha256));
		known->has_certificate_sha256 = 1;
		added = true;
	}
	if (known->single_extensions.len == 0 && row->single_extensions.len > 0) {
		added = true;
		if (buf_append_span(&known->single_extensions, span_buf(&row->single_extensions)) != VOUCH_OK)
			err_nomem(err);
	}
	return added;
}

static void
take_revocation(vouch_status *known, const vouch_status *row)
{
	known->cert_status = row->cert_status;
	known->revocation_time = row->revocation_time;
	if (row->revocation_reason != VOUCH_REASON_ABSENT || is_on_hold(known))
		known->revocation_reason = row->revocation_reason;
	if (row->invalidity_date != VOUCH_TIME_ABSENT)
		known->invalidity_date = row->invalidity_date;
}

/* Both revoked, both for good or both on hold: earlier is stronger, and a reason or an invalidity date says more. */
static enum verdict
compare_revocations(vouch_status *known, const vouch_status *row)
{
	bool adds_reason = known->revocation_reason == VOUCH_REASON_ABSENT &&
	    row->revocation_reason != VOUCH_REASON_ABSENT;
	bool adds_date = known->invalidity_date == VOUCH_TIME_ABSENT &&
	    row->invalidity_date != VOUCH_TIME_ABSENT;
	bool is_earlier = row->revocation_time < known->revocation_time;
	bool differs = row->revocation_time != known->revocation_time ||
	    (row->revocation_reason != VOUCH_REASON_ABSENT &&
		row->revocation_reason != known->revocation_reason) ||
	    (row->invalidity_date != VOUCH_TIME_ABSENT && row->invalidity_date != known->invalidity_date);

	if (is_earlier) {
		take_revocation(known, row);
		return CHANGE;
	}
	if (adds_reason)
		known->revocation_reason = row->revocation_reason;
	if (adds_date)
		known->invalidity_date = row->invalidity_date;
	if (adds_reason || adds_date)
		return CHANGE;
	return differs ? KEEP : SAME;
}

/* known becomes what is to be recorded. */
static enum verdict
compare_statuses(vouch_status *known, const vouch_status *row)
{
	if (!is_revoked(row) && known->cert_status == VOUCH_UNKNOWN) {
		known->cert_status = row->cert_status;
		return CHANGE;
	}
	if (!is_revoked(row))
		return is_revoked(known) ? WEAKER : SAME;
	if (!is_revoked(known) || (is_on_hold(known) && !is_on_hold(row))) {
		known->revocation_reason = VOUCH_REASON_ABSENT;
		take_revocation(known, row);
		return CHANGE;
	}
	if (is_on_hold(row) && !is_on_hold(known))
		return WEAKER;
	return compare_revocations(known, row);
}

static int
copy(vouch_status *out, const vouch_status *from)
{
	vouch_buf extensions = { 0 };
	int ret = buf_append_span(&extensions, span_buf(&from->single_extensions));

	*out = *from;
	out->single_extensions = extensions;
	out->detail = (vouch_buf){ 0 };
	/* The source's word about its own data; a register is always as of now. */
	out->this_update = out->next_update = VOUCH_TIME_ABSENT;
	if (!is_revoked(out)) {
		out->revocation_reason = VOUCH_REASON_ABSENT;
		out->revocation_time = out->invalidity_date = VOUCH_TIME_ABSENT;
	}
	/* RFC 5280 5.3.1: unspecified is better left out. */
	if (out->revocation_reason == VOUCH_REASON_UNSPECIFIED)
		out->revocation_reason = VOUCH_REASON_ABSENT;
	return ret;
}

/* *known is initialised; a moment after all others shows a record as it is, even if it is dated in the future. */
static int
judge(struct import_batch *b, const struct import_row *row, enum verdict *verdict, vouch_status *known,
    vouch_err *err)
{
	int found = vouch_source_lookup(b->to, b->issuer, span_buf(&row->serial_number), DATE_LAST, known,
	    err);

	if (found == VOUCH_ENOTFOUND) {
		*verdict = ADD;
		return copy(known, &row->status) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
	}
	if (found != VOUCH_OK)
		return found;
	vouch_buf_free(&known->detail);
	known->this_update = known->next_update = VOUCH_TIME_ABSENT;
	*verdict = row->is_certificate ? SAME : compare_statuses(known, &row->status);
	if (*verdict != WEAKER && add_facts(known, &row->status, err))
		*verdict = CHANGE;
	return err->code == VOUCH_ENOMEM ? err->code : VOUCH_OK;
}

/* --- Rows that are told ------------------------------------------------------------------------------- */

void
import_batch_refuse(struct import_batch *batch, const char *text)
{
	cli_progress_end(&batch->progress);
	if (batch->counts.refused < TOLD)
		cli_failf("import", "%s", text);
	else if (batch->counts.refused == TOLD)
		cli_failf("import", "further ones are only counted");
	batch->counts.refused++;
}

static void
refuse(struct import_batch *b, const struct import_row *row, const char *why)
{
	vouch_buf text = { 0 }, serial = { 0 };

	if (vouch_serial_format(&serial, span_buf(&row->serial_number)) == VOUCH_OK &&
	    buf_printf(&text, "serial number %.*s: %s", (int)serial.len, (const char *)serial.data, why) ==
		VOUCH_OK &&
	    vouch_buf_append(&text, "", 1) == VOUCH_OK)
		import_batch_refuse(b, (const char *)text.data);
	else
		import_batch_refuse(b, "out of memory");
	vouch_buf_free(&text);
	vouch_buf_free(&serial);
}

static void
refuse_weaker(struct import_batch *b, const struct import_row *row, const vouch_status *known)
{
	refuse(b, row,
	    is_on_hold(known) ?
		"on hold in the register, which the source does not say: vouch release lifts it" :
		is_revoked(&row->status) ?
		"revoked for good in the register, and only on hold in the source" :
		"revoked in the register, and good in the source");
}

/* --- A batch ------------------------------------------------------------------------------------------ */

/* A rule that the row breaks is no reason to end; whatever else fails is. */
static int
put(struct import_batch *b, const struct import_row *row, enum verdict verdict, const vouch_status *known,
    vouch_err *err)
{
	int ret = vouch_source_put(b->to, b->issuer, span_buf(&row->serial_number), known, b->now, err);

	if (ret == VOUCH_EREFUSED) {
		refuse(b, row, err->msg);
		return VOUCH_OK;
	}
	if (ret == VOUCH_OK)
		*(verdict == ADD ? &b->counts.added : &b->counts.changed) += 1;
	return ret;
}

static void
count(struct import_batch *b, const struct import_row *row, enum verdict verdict, const vouch_status *known)
{
	switch (verdict) {
	case SAME:
		b->counts.unchanged++;
		break;
	case KEEP:
		b->counts.kept++;
		break;
	case WEAKER:
		refuse_weaker(b, row, known);
		break;
	case ADD:
		b->counts.added++;
		break;
	case CHANGE:
		b->counts.changed++;
		break;
	}
}

/* Whether a row is settled without a transaction; in one, it is settled in any case. */
static int
settle(struct import_batch *b, const struct import_row *row, bool in_transaction, bool *settled,
    vouch_err *err)
{
	vouch_status known;
	enum verdict verdict = SAME;

	vouch_status_init(&known);
	int ret = judge(b, row, &verdict, &known, err);
	bool writes = verdict == ADD || verdict == CHANGE;
	*settled = !writes || in_transaction || b->dry_run;
	if (ret == VOUCH_OK && writes && in_transaction)
		ret = put(b, row, verdict, &known, err);
	else if (ret == VOUCH_OK && *settled)
		count(b, row, verdict, &known);
	vouch_status_clear(&known);
	return ret;
}

/* Those that are settled leave the batch: what remains needs a transaction. */
static int
settle_without(struct import_batch *b, vouch_err *err)
{
	size_t left = 0;
	int ret = VOUCH_OK;

	for (size_t i = 0; i < b->row_count && ret == VOUCH_OK; i++) {
		bool settled = false;

		ret = settle(b, &b->rows[i], false, &settled, err);
		if (ret != VOUCH_OK || settled)
			continue;
		struct import_row row = b->rows[left];
		b->rows[left++] = b->rows[i];
		b->rows[i] = row;
	}
	b->expects_changes = left > b->row_count / 2;
	for (size_t i = left; ret == VOUCH_OK && i < b->row_count; i++) {
		vouch_buf_free(&b->rows[i].serial_number);
		vouch_status_clear(&b->rows[i].status);
	}
	if (ret == VOUCH_OK)
		b->row_count = left;
	return ret;
}

static int
settle_all(struct import_batch *b, vouch_err *err)
{
	size_t before = b->counts.added + b->counts.changed;
	bool settled;
	int ret = VOUCH_OK;

	for (size_t i = 0; i < b->row_count && ret == VOUCH_OK; i++)
		ret = settle(b, &b->rows[i], true, &settled, err);
	b->expects_changes = b->counts.added + b->counts.changed - before > b->row_count / 2;
	return ret;
}

/* What was counted and not written is not counted. */
static int
write_all(struct import_batch *b, vouch_err *err)
{
	struct import_counts before = b->counts;

	if (vouch_source_begin(b->to, err) != VOUCH_OK)
		return err->code;
	int ret = settle_all(b, err);
	if (ret != VOUCH_OK)
		vouch_source_abort(b->to);
	else
		ret = vouch_source_commit(b->to, err);
	if (ret != VOUCH_OK)
		b->counts = before;
	return ret;
}

static size_t
done(const struct import_batch *b)
{
	const struct import_counts *c = &b->counts;

	return c->added + c->changed + c->unchanged + c->kept + c->refused + c->skipped;
}

static void
empty(struct import_batch *b)
{
	for (size_t i = 0; i < b->row_count; i++) {
		vouch_buf_free(&b->rows[i].serial_number);
		vouch_status_clear(&b->rows[i].status);
	}
	b->row_count = 0;
}

int
import_batch_flush(struct import_batch *batch, vouch_err *err)
{
	int ret = batch->expects_changes && !batch->dry_run ? VOUCH_OK : settle_without(batch, err);

	if (ret == VOUCH_OK && batch->row_count > 0)
		ret = write_all(batch, err);
	empty(batch);
	cli_progress_step(&batch->progress, done(batch));
	return ret;
}

int
import_batch_add(struct import_batch *batch, vouch_span serial_number, const vouch_status *status,
    bool is_certificate, vouch_err *err)
{
	if (batch->rows == NULL)
		batch->rows = calloc(ROWS, sizeof(*batch->rows));
	if (batch->rows == NULL)
		return err_nomem(err);
	struct import_row *row = &batch->rows[batch->row_count];
	*row = (struct import_row){ .is_certificate = is_certificate };
	vouch_status_init(&row->status);
	batch->row_count++; /* what is in it is freed with the others */
	if (buf_append_span(&row->serial_number, serial_number) != VOUCH_OK ||
	    copy(&row->status, status) != VOUCH_OK)
		return err_nomem(err);
	return batch->row_count < ROWS ? VOUCH_OK : import_batch_flush(batch, err);
}

void
import_batch_skip(struct import_batch *batch)
{
	batch->counts.skipped++;
}

void
import_batch_clear(struct import_batch *batch)
{
	empty(batch);
	free(batch->rows);
	batch->rows = NULL;
}
