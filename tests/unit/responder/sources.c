/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that say what a test tells them. */
#include "sources.h"

#include <string.h>

#include "pki/certificate.h"

static const struct {
	const char *word;
	int code;
	uint8_t cert_status, reason;
	bool is_stale;
} words_known[] = {
	{ "GOOD", VOUCH_OK, VOUCH_GOOD, 0, false },
	{ "REVOKED", VOUCH_OK, VOUCH_REVOKED, VOUCH_REASON_KEY_COMPROMISE, false },
	{ "HOLD", VOUCH_OK, VOUCH_REVOKED, VOUCH_REASON_CERTIFICATE_HOLD, false },
	{ "UNKNOWN", VOUCH_OK, VOUCH_UNKNOWN, 0, false },
	{ "NOT_FOUND", VOUCH_ENOTFOUND, VOUCH_STATUS_UNSET, 0, false },
	{ "AWAY", VOUCH_EUNAVAILABLE, VOUCH_STATUS_UNSET, 0, false },
	{ "STALE", VOUCH_OK, VOUCH_GOOD, 0, true },
	{ "BROKEN", VOUCH_EPARSE, VOUCH_STATUS_UNSET, 0, false },
};

static int
say(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct said *said = ctx;

	(void)issuer, (void)serial, (void)now;
	said->lookups++;
	if (said->code == VOUCH_OK || said->code == VOUCH_ENOTFOUND)
		*out = said->status;
	return said->code == VOUCH_OK || said->code == VOUCH_ENOTFOUND ?
	    said->code :
	    err_set(err, said->code, "the test says so");
}

static const vouch_source_ops saying = { .abi = VOUCH_ABI, .name = "saying", .lookup = say };

static void
set(struct said *said, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(words_known) / sizeof(words_known[0]); i++) {
		if (strlen(words_known[i].word) != len || memcmp(words_known[i].word, word, len) != 0)
			continue;
		said->code = words_known[i].code;
		vouch_status_init(&said->status);
		said->status.cert_status = words_known[i].cert_status;
		said->status.revocation_reason = words_known[i].reason;
		if (words_known[i].cert_status == VOUCH_REVOKED)
			said->status.revocation_time = NOW - 1000;
		if (words_known[i].is_stale)
			said->status.next_update = NOW;
		return;
	}
	fail_msg("no such word: %.*s", (int)len, word);
}

static void
add_source(struct composed *c, struct said *said, unsigned flags)
{
	vouch_source *source;
	vouch_err err = { 0 };

	assert_int_equal(vouch_source_new(&source, &saying, said, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(c->issuer, source, flags, &err), VOUCH_OK);
	vouch_source_free(source);
}

/* A key of a CA takes longer to make than all lookups together. */
static vouch_span
ca_certificate(void)
{
	static struct pki_ca *ca;
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = "Test CA",
		.not_before = NOW - 86400,
		.not_after = NOW + 86400 };
	vouch_err err = { 0 };

	if (ca == NULL)
		assert_int_equal(pki_ca_new(&ca, &t, "p-256", &err), VOUCH_OK);
	return pki_ca_certificate(ca);
}

void
composed_make(struct composed *c, const vouch_issuer_options *options, const char *words)
{
	vouch_err err = { 0 };
	size_t count = 0;

	*c = (struct composed){ 0 };
	assert_int_equal(vouch_issuer_new(&c->issuer, ca_certificate(), options, &err), VOUCH_OK);
	while (*words != '\0') {
		size_t len = strcspn(words, " ");
		bool is_optional = words[len - 1] == '?';
		assert_true(count < SAID_MOST);
		set(&c->said[count], words, len - is_optional);
		add_source(c, &c->said[count++], is_optional ? VOUCH_SOURCE_OPTIONAL : 0);
		words += len;
		words += *words == ' ';
	}
}

void
composed_free(struct composed *c)
{
	vouch_issuer_free(c->issuer);
}

void
composed_ask(const struct composed *c, struct knowledge *k, vouch_time now)
{
	const uint8_t serial = 1;

	knowledge_init(k);
	knowledge_look_up(k, c->issuer, (vouch_span){ &serial, 1 }, now);
}
