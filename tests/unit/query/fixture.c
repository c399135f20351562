/* SPDX-License-Identifier: Apache-2.0 */
/* Queries without a database: an issuer that is only what is asked of it, and values in a row. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "authority.h"

vouch_span
vouch_issuer_id(const vouch_issuer *issuer)
{
	return (vouch_span){ issuer->id, sizeof(issuer->id) };
}

const char *
vouch_issuer_name(const vouch_issuer *issuer)
{
	return issuer->name;
}

vouch_span
vouch_issuer_certificate(const vouch_issuer *issuer)
{
	return (vouch_span){ issuer->certificate.data, issuer->certificate.len };
}

vouch_issuer
make_issuer(const char *extension, const char *value)
{
	EVP_PKEY *key = authority_rfc9919_key("testECCP521.key");
	vouch_issuer issuer = { .id = { 0xA1, 0xB2 }, .name = "corp-1" };

	issuer.certificate = authority_certificate(
	    &(struct recipe){ .subject = "C=XX/O=Certs 'r Us/CN=Issuing CA",
		.key = key,
		.extensions = { AUTHORITY_CA_EXTENSIONS, extension, value } });
	EVP_PKEY_free(key);
	return issuer;
}

void
free_issuer(vouch_issuer *issuer)
{
	vouch_buf_free(&issuer->certificate);
}

static void
add(vouch_buf *uri, const char *text)
{
	assert_int_equal(vouch_buf_append(uri, text, strlen(text)), VOUCH_OK);
}

static void
add_encoded(vouch_buf *uri, const char *name, const char *text)
{
	char three[4];

	if (text == NULL)
		return;
	add(uri, name);
	for (; *text != '\0'; text++) {
		snprintf(three, sizeof(three), "%%%02X", (unsigned char)*text);
		add(uri, three);
	}
}

int
open_code(struct query **out, enum query_dialect dialect, const char *query, const char *changes,
    vouch_err *err)
{
	vouch_buf uri = { 0 };

	add(&uri, "host/database?x=y");
	add_encoded(&uri, "&query=", query);
	add_encoded(&uri, "&changes=", changes);
	assert_int_equal(vouch_buf_append(&uri, "", 1), VOUCH_OK);
	int code = query_open(out, dialect, (const char *)uri.data, err);
	vouch_buf_free(&uri);
	return code;
}

struct query *
open_query(enum query_dialect dialect, const char *query, const char *changes)
{
	struct query *q = NULL;
	vouch_err err = { 0 };

	if (open_code(&q, dialect, query, changes, &err) != VOUCH_OK)
		fail_msg("%s: %s", query, err.msg);
	return q;
}
