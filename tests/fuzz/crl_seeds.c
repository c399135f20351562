/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the corpus of fuzz_crl: crl_seeds CORPUS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../unit/status/crl_draft.h"
#include "base/span.h"
#include "crl_key.h"

#define ENTRIES(...) ((const struct draft_entry[]){ __VA_ARGS__, { 0 } })
#define LISTS_MAX 4
#define NOBODY DRAFT_DER("\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06Nobody")
/* CN=CA in another spelling (RFC 5280 7.1). */
#define SMALL_CA DRAFT_DER("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x02\x63\x61")

int
main(int argc, char **argv)
{
	EVP_PKEY *key = crl_fuzz_key();
	vouch_issuer *issuer = crl_fuzz_issuer(key, "CN=CA"), *other = crl_fuzz_issuer(key, "CN=Other");
	vouch_span own = vouch_issuer_subject(issuer), foreign = vouch_issuer_subject(other);
	const struct {
		const char *name;
		struct crl_draft drafts[LISTS_MAX];
	} seeds[] = {
		{ "full",
		    { { .number = 5,
			.entries = ENTRIES(
			    { .serial_number = "5", .reason = 1, .invalidity_date = DRAFT_NOW }) } } },
		{ "bare",
		    { { .number = DRAFT_NONE,
			.is_version_1 = true,
			.entries = ENTRIES({ .serial_number = "5" }) } } },
		{ "delta",
		    { { .number = 5,
			  .key_id = DRAFT_DER("id"),
			  .entries = ENTRIES({ .serial_number = "5", .reason = 6 }) },
			{ .number = 6,
			    .base = 5,
			    .key_id = DRAFT_DER("id"),
			    .entries = ENTRIES({ .serial_number = "5", .reason = 8 },
				{ .serial_number = "6" }) } } },
		{ "indirect",
		    { { .number = 5,
			.has_idp = true,
			.idp = IDP_INDIRECT,
			.entries = ENTRIES({ .serial_number = "5", .issuer = foreign },
			    { .serial_number = "6" }, { .serial_number = "7", .issuer = own }) } } },
		{ "kinds",
		    { { .number = 5, .has_idp = true, .idp = IDP_USER },
			{ .number = 5, .has_idp = true, .idp = IDP_CA } } },
		{ "reasons",
		    { { .number = 5, .has_idp = true, .idp = IDP_KEY_COMPROMISE },
			{ .number = 5, .has_idp = true, .idp = IDP_OTHER_REASONS } } },
		{ "points",
		    { { .number = 5, .has_idp = true, .idp = IDP_POINT("1") },
			{ .number = 5, .has_idp = true, .idp = IDP_POINT("2") } } },
		{ "chain",
		    { { .number = 5, .issuer = foreign, .entries = ENTRIES({ .serial_number = "5" }) },
			{ .number = 5, .entries = ENTRIES({ .serial_number = "6" }) },
			{ .number = 5, .issuer = NOBODY, .entries = ENTRIES({ .serial_number = "7" }) },
			{ .number = 6, .issuer = SMALL_CA, .entries = ENTRIES({ .serial_number = "8" }) } } },
		{ "dropped",
		    { { .number = 5,
			  .entries = ENTRIES({ .serial_number = "5" }, { .serial_number = "-6" }) },
			{ .number = 5, .issuer = foreign },
			{ .number = 5, .has_idp = true, .idp = IDP_ATTRIBUTE }, { .number = 6 } } },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", argv[1], seeds[i].name);
		FILE *file = fopen(path, "wb");
		for (size_t d = 0;
		     file != NULL && d < LISTS_MAX && (d == 0 || seeds[i].drafts[d].number != 0); d++) {
			struct crl_draft draft = seeds[i].drafts[d];
			draft.key = key;
			if (draft.issuer.len == 0)
				draft.issuer = own;
			vouch_buf list = crl_draft_make(&draft);
			(void)!fwrite(list.data, 1, list.len, file);
			vouch_buf_free(&list);
		}
		if (file == NULL || fclose(file) != 0)
			return 1;
	}
	vouch_issuer_free(issuer);
	vouch_issuer_free(other);
	EVP_PKEY_free(key);
	return argc == 2 ? 0 : 2;
}
