/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign CRLs: the issuers that were attached, and whom the operator names. */
#include "status/crl_authority.h"

#include <stdlib.h>

#include "crypto/name.h"

/* The signer with this certificate's name and key, new if there is none; NULL, and err, on failure. */
static struct crl_signer *
add(struct crl_authority *a, struct crypto_cert *takes_cert, vouch_err *err)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!crypto_cert_is_same_entity(&a->items[i]->cert, takes_cert))
			continue;
		crypto_cert_clear(takes_cert);
		return a->items[i];
	}
	struct crl_signer *signer = calloc(1, sizeof(*signer));
	struct crl_signer **items = reallocarray(a->items, a->count + 1, sizeof(struct crl_signer *));
	if (items != NULL)
		a->items = items;
	if (signer == NULL || items == NULL) {
		free(signer);
		crypto_cert_clear(takes_cert);
		err_nomem(err);
		return NULL;
	}
	signer->cert = *takes_cert;
	items[a->count++] = signer;
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
	if (signer->attached == 0)
		signer->attached = ++a->attached;
	memcpy(signer->id, id.data, id.len < sizeof(signer->id) ? id.len : sizeof(signer->id));
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
	*a = (struct crl_authority){ 0 };
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
		if (a->items[i]->attached != 0 && crypto_name_equal(a->items[i]->cert.subject, name))
			return a->items[i]->cert.subject;
	return span_of(NULL, 0);
}
