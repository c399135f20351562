/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with an index.txt, and short words for what its source says. */
#ifndef TEST_INDEX_FIXTURE_H
#define TEST_INDEX_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"

#define NOW INT64_C(1795341600) /* 2026-11-22T10:00:00Z */
#define V(serial) "V\t301122100000Z\t\t" serial "\tunknown\t/CN=" serial "\n"
#define R(serial, revocation) "R\t301122100000Z\t" revocation "\t" serial "\tunknown\t/CN=" serial "\n"
#define GONE(serial) "V\t251122100000Z\t\t" serial "\tunknown\t/CN=" serial "\n" /* expired a year ago */

struct folder {
	char path[64];
	char file[80];
};

int folder_setup(void **state);
int folder_teardown(void **state);
/* Writes the file anew where it is, or beside it and then in its place, as openssl does. */
void overwrite(const struct folder *f, const char *text, size_t len);
void replace(const struct folder *f, const char *text);
void remove_index(const struct folder *f);

/* Fails the test unless it opens. */
vouch_source *open_index(const struct folder *f);
/* "good", "revoked keyCompromise 2026-11-22T10:00:00Z", "not found", or the name of a failure. */
const char *status_of(vouch_source *source, const char *serial_number);
void assert_status(vouch_source *source, const char *serial_number, const char *expected);
/* The serial numbers that are told, each with a space behind it; "all " for all. */
void assert_changes(vouch_source *source, vouch_buf *cursor, const char *expected);
/* Asks until nothing is pending any more, or the source fails; what it said is in err. */
int follow(vouch_source *source, vouch_buf *cursor, vouch_err *err);

extern const vouch_issuer one_ca, another_ca;

#endif
