/* SPDX-License-Identifier: Apache-2.0 */
/* What is imported: rows compared with a register, and written where they say more, some thousand in a transaction. */
#ifndef CLI_IMPORT_BATCH_H
#define CLI_IMPORT_BATCH_H

#include "cli/progress.h"

struct import_row {
	vouch_buf serial_number;
	vouch_status status;
	bool is_certificate; /* its file says that it was issued, and nothing of its status */
};

struct import_counts {
	size_t added, changed, unchanged;
	size_t kept;	/* revoked in both; what the register says is stronger, and stays */
	size_t refused; /* less than what the register says, or against a rule */
	size_t skipped; /* nothing to record: of another issuer, no certificate, unknown */
};

struct import_batch {
	/* Of the caller. */
	vouch_source *to;
	const vouch_issuer *issuer;
	vouch_time now;
	bool dry_run;
	struct cli_progress progress;
	/* For reading. */
	struct import_counts counts;
	/* The rest belongs to import_batch.c, and starts as zero. */
	struct import_row *rows;
	size_t row_count;
	bool expects_changes; /* the last rows were new: a transaction is begun at once */
};

/*
 * One row; what is in it is copied.  Refused ones are told on stderr, the first of them by name, and are no error: an
 * error ends the import, with the rows before this batch recorded.
 */
VOUCH_MUST int import_batch_add(struct import_batch *batch, vouch_span serial_number,
    const vouch_status *status, bool is_certificate, vouch_err *err);
/* Writes what is left. */
VOUCH_MUST int import_batch_flush(struct import_batch *batch, vouch_err *err);
void import_batch_skip(struct import_batch *batch);
/* Something that is no row of the issuer's, and should be one: told like a refused row. */
void import_batch_refuse(struct import_batch *batch, const char *text);
void import_batch_clear(struct import_batch *batch);

#endif
