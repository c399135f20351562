/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of one's own, a database in it, issuers that are only an id, and short ways to ask and to write.
 */
#ifndef TEST_SQLITE_FIXTURE_H
#define TEST_SQLITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "modules/sqlite/sqlite.h"

#define NOW 1790000000
#define SERIAL(s) ((vouch_span){ (const uint8_t *)(s), sizeof(s) - 1 })

struct vouch_issuer {
	uint8_t id[32];
	const char *name;
	uint8_t certificate[4];
};
extern const vouch_issuer issuer_a, issuer_b;

extern const vouch_source_ops *const ops;

struct folder {
	char path[64]; /* of the folder */
	char file[96]; /* of the database in it */
};

/* cmocka's setup and teardown; *state is a struct folder. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Opens "PATH" + parameters; an error fails the test. */
void *open_database(const char *file, const char *parameters);
/* The code that opening ends in; what it says is in err. */
int open_code(const char *file, const char *parameters, vouch_err *err);

vouch_status good(void);
vouch_status revoked(int reason, vouch_time when); /* reason: CRLReason, -1 none */
/* A transaction of one put. */
void record(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_status status);
/* What lookup returns; out is cleared. */
int look(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out);
void assert_status(void *ctx, vouch_span serial_number, enum vouch_cert_status expected);

/* Polls the source, as a responder does five times a second. */
void ask_feed(void *ctx);
/* A database with 01 good and 02 absent, open to be read and polled once. */
void *polled_database(const struct folder *f);

/* Runs SQL on the file, with a connection that knows nothing of vouch. */
void sql_on(const char *file, const char *sql);
int64_t sql_number(const char *file, const char *sql);

vouch_buf read_file(const char *file);
void write_file(const char *file, const void *data, size_t len);
bool file_exists(const char *file, const char *suffix);

#endif
