/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign CRLs: the issuers that were attached, and whom the operator names. */
#include "status/crl_authority.h"

#include <stdlib.h>

#include "crypto/name.h"

static struct crl_signer *
find_entity(const struct crl_authority *a, const struct crypto_cert *cert)
{
	for (size_t i = 0; i < a->count; i++)
		if (crypto_cert_is_same_entity(&a->items[i]->cert, cert))
			return a->items[i];
	return NULL;
}

static struct crl_signer *
new_signer(struct crl_authority *a, vouch_err *err)
{
	struct crl_signer *signer;

	if (a->items == NULL)
		a->items = calloc(CRL_SIGNERS_MAX, sizeof(struct crl_signer *));
	if (a->count == CRL_SIGNERS_MAX) {
		err_set(err, VOUCH_ELIMIT, "more than %d issuers use one source", CRL_SIGNERS_MAX);
		return NULL;
	}
	signer = a->items != NULL ? calloc(1, sizeof(*signer)) : NULL;
	if (signer == NULL)
		err_nomem(err);
	return signer;
}

/* Lists and certificates may spell one Name in several ways; tables are found by the octets of one of them. */
static vouch_span
name_of(const struct crl_authority *a, vouch_span subject)
{
	for (size_t i = 0; i < a->count; i++)
		if (crypto_name_equal(a->items[i]->name, subject))
			return a->items[i]->name;
	return subject;
}

/* The signer with this certificate's name and key, new if there is none; NULL, and err, on failure. */
static struct crl_signer *
add(struct crl_authority *a, struct crypto_cert *takes_cert, vouch_err *err)
{
	struct crl_signer *signer = find_entity(a, takes_cert);

	if (signer == NULL && (signer = new_signer(a, err)) != NULL) {
		signer->cert = *takes_cert;
		signer->name = name_of(a, signer->cert.subject);
		a->items[a->count] = signer;
		a->count++;
		return signer;
	}
	crypto_cert_clear(takes_cert);
	return signer;
}

int
crl_authority_add_crl_issuer(struct crl_authority *a, vouch_span certificate, vouch_err *err)
{
	struct crypto_cert cert = { 0 };
	int code = crypto_cert_read_first(&cert, certificate, err);

	if (code != VOUCH_OK)
		return code;
	struct crl_signer *signer = add(a, &cert, err);
	if (signer == NULL)
		return err->code;
	signer->is_crl_issuer = true;
	return VOUCH_OK;
}

int
crl_authority_add_issuer(struct crl_authority *a, const vouch_issuer *issuer, vouch_err *err)
{
	struct crypto_cert cert = { 0 };
	vouch_span id = vouch_issuer_id(issuer);
	int code = crypto_cert_read_first(&cert, vouch_issuer_certificate(issuer), err);

	if (code != VOUCH_OK)
		return code;
	struct crl_signer *signer = add(a, &cert, err);
	if (signer == NULL)
		return err->code;
	if (signer->attached != 0)
		return VOUCH_OK;
	memcpy(signer->id, id.data, id.len < sizeof(signer->id) ? id.len : sizeof(signer->id));
	signer->attached = ++a->attached;
	return VOUCH_OK;
}

void
crl_authority_clear(struct crl_authority *a)
{
	for (size_t i = 0; i < a->count; i++) {
		crypto_cert_clear(&a->items[i]->cert);
		free(a->items[i]);
	}
	free(a->items);
	a->items = NULL;
	a->count = a->attached = 0;
}

size_t
crl_authority_find(const struct crl_authority *a, const vouch_issuer *issuer)
{
	vouch_span id = vouch_issuer_id(issuer);
	size_t i = 0;

	while (i < a->count && !(a->items[i]->attached != 0 && span_equal(SPAN_ARRAY(a->items[i]->id), id)))
		i++;
	return i;
}

vouch_span
crl_authority_issuer_name(const struct crl_authority *a, vouch_span name)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i]->attached != 0 && crypto_name_equal(a->items[i]->name, name))
			return a->items[i]->name;
	return span_of(NULL, 0);
}
