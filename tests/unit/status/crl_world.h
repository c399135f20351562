/* SPDX-License-Identifier: Apache-2.0 */
/* A source of CRLs for tests: its issuers, what is loaded into it, and what it says. */
#ifndef TEST_CRL_WORLD_H
#define TEST_CRL_WORLD_H

#include "crl_draft.h"

struct crl_world {
	EVP_PKEY *key, *other_key;
	vouch_issuer *issuer, *other; /* CN=CA, CN=Other */
	vouch_source *source;
	vouch_err err; /* of the last load */
};

/* With the first issuer attached, or with both. */
void crl_world_open(struct crl_world *w, const char *parameters, unsigned issuers);
void crl_world_close(struct crl_world *w);
vouch_issuer *crl_world_issuer(const char *subject, EVP_PKEY *key);

/* Loads octets under a name, in slices of that many octets (0: one). */
int crl_world_load_octets(struct crl_world *w, const char *name, vouch_span octets, size_t slice);
/* key and issuer are the first one's, unless they are set. */
int crl_world_load(struct crl_world *w, const char *name, const struct crl_draft *draft);
vouch_buf crl_world_make(const struct crl_world *w, const struct crl_draft *draft);

struct crl_answer {
	int code;
	uint8_t status, reason;
	vouch_time time, invalidity_date, this_update, next_update;
	char detail[256];
	uint8_t extensions[128];
	size_t extensions_len;
	vouch_err err;
};
struct crl_answer crl_world_ask(struct crl_world *w, const vouch_issuer *issuer, const char *serial_number,
    vouch_time now);

#define assert_revoked(w, serial) \
	assert_int_equal(crl_world_ask(w, (w)->issuer, serial, DRAFT_NOW).status, VOUCH_REVOKED)
#define assert_good(w, serial) \
	assert_int_equal(crl_world_ask(w, (w)->issuer, serial, DRAFT_NOW).status, VOUCH_GOOD)
#define assert_unknown(w, serial) \
	assert_int_equal(crl_world_ask(w, (w)->issuer, serial, DRAFT_NOW).status, VOUCH_UNKNOWN)
#define assert_code(w, serial, wanted) \
	assert_int_equal(crl_world_ask(w, (w)->issuer, serial, DRAFT_NOW).code, wanted)

/* A file in a folder of this test's own, written anew and renamed into place; the path is borrowed until the next call. */
const char *crl_world_file(const char *name, vouch_span octets);
const char *crl_world_folder(void);
void crl_world_remove_files(void);

#endif
