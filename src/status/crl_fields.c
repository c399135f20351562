/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a CRL (RFC 5280 5.1), each taken as a whole element, and the verification of all of them. */
#include "status/crl_fields.h"

#include <stdlib.h>

#include "crypto/name.h"
#include "crypto/ossl.h"
#include "status/crl_extension.h"

#define NOBODY SIZE_MAX
#define HOLD VOUCH_REASON_CERTIFICATE_HOLD

int
crl_fields_init(struct crl_fields *f, const struct crl_authority *authority, const char *name, vouch_err *err)
{
	f->authority = authority;
	if (crl_list_new(&f->list, err) != VOUCH_OK)
		return err->code;
	f->list->issuers_known = authority->attached;
	f->list->is_alone = true;
	f->list->name = strdup(name);
	return f->list->name != NULL ? VOUCH_OK : err_nomem(err);
}

void
crl_fields_clear(struct crl_fields *f)
{
	for (size_t i = 0; i < f->candidate_count; i++)
		crypto_verification_free(f->candidates[i].verification);
	crl_list_free(f->list);
	vouch_buf_free(&f->signature_algorithm);
	vouch_buf_free(&f->signature);
	vouch_buf_free(&f->entry_issuer);
	*f = (struct crl_fields){ 0 };
}

static int
keep(vouch_buf *out, vouch_span octets, vouch_err *err)
{
	return buf_append_span(out, octets) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* --- In front of the entries -------------------------------------------------------------------------- */

int
crl_fields_version(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	struct der_reader r = der_reader_init(element, err);
	uint32_t version = der_small(&r, UINT8_MAX);

	if (der_finish(&r) == VOUCH_OK && version != 1)
		return err_set(err, VOUCH_EREFUSED, "%u, if present it must be v2 (RFC 5280 5.1.2.1)",
		    (unsigned)version);
	f->is_version_2 = true;
	return err->code;
}

static int
check_algorithm(vouch_span element, vouch_err *err)
{
	struct der_reader r = der_reader_init(element, err);

	(void)der_algorithm_identifier(&r);
	return der_finish(&r);
}

int
crl_fields_signature(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	int code = check_algorithm(element, err);

	return code == VOUCH_OK ? keep(&f->signature_algorithm, element, err) : code;
}

int
crl_fields_issuer(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	if (keep(&f->list->issuer, element, err) != VOUCH_OK)
		return err->code;
	if (crl_list_add_part(f->list, element, err) == NULL)
		return err->code;
	return VOUCH_OK;
}

static int
read_time(vouch_span element, vouch_time *out, vouch_err *err)
{
	struct der_reader r = der_reader_init(element, err);

	*out = der_time(&r);
	return der_finish(&r);
}

int
crl_fields_this_update(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	return read_time(element, &f->list->this_update, err);
}

int
crl_fields_next_update(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	int code = read_time(element, &f->list->next_update, err);

	if (code == VOUCH_OK && f->list->next_update < f->list->this_update)
		return err_set(err, VOUCH_EREFUSED, "it is before thisUpdate");
	return code;
}

/* --- Entries ------------------------------------------------------------------------------------------ */

/* The place of an issuer's part, which is new if there is none. */
static int
find_part(struct crl_fields *f, vouch_span name, vouch_err *err)
{
	const struct crl_table *table = crl_list_add_part(f->list, name, err);

	if (table == NULL)
		return err->code;
	f->part = 0;
	while (table != &f->list->parts[f->part].table)
		f->part++;
	return VOUCH_OK;
}

/* RFC 5280 5.3.3: it holds for the following entries as well, until another one is named. */
static int
change_issuer(struct crl_fields *f, vouch_span name, vouch_err *err)
{
	if (span_equal(span_buf(&f->entry_issuer), name))
		return VOUCH_OK;
	buf_clear(&f->entry_issuer);
	if (keep(&f->entry_issuer, name, err) != VOUCH_OK)
		return err->code;
	f->part = 0;
	if (crypto_name_equal(span_buf(&f->list->issuer), name))
		return VOUCH_OK;
	f->saw_foreign_issuer = true;
	vouch_span known = crl_authority_issuer_name(f->authority, name);
	if (known.len != 0)
		return find_part(f, known, err);
	f->part = NOBODY;
	return VOUCH_OK;
}

int
crl_fields_entry(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	struct crl_entry_extensions extensions = { 0, VOUCH_TIME_ABSENT, { NULL, 0 } };
	struct der_reader r = der_reader_init(element, err);
	struct der_reader entry = der_enter(&r, DER_SEQUENCE);
	vouch_span serial_number = der_integer(&entry);
	vouch_time revocation_date = der_time(&entry);

	if (der_more(&entry) && !f->is_version_2)
		der_fail(&entry, VOUCH_EREFUSED, entry.next,
		    "extensions in a CRL that is not of version 2 (RFC 5280 5.1.2.1)");
	if (der_more(&entry))
		crl_read_entry_extensions(&entry, &extensions);
	der_leave(&entry);
	if (der_finish(&r) != VOUCH_OK)
		return err->code;
	if (extensions.certificate_issuer.len != 0 &&
	    change_issuer(f, extensions.certificate_issuer, err) != VOUCH_OK)
		return err->code;
	f->saw_remove = f->saw_remove || extensions.reason == VOUCH_REASON_REMOVE_FROM_CRL;
	if (f->part == NOBODY)
		return VOUCH_OK;
	struct crl_fact fact = { extensions.reason, revocation_date, extensions.invalidity_date };
	return crl_table_add(&f->list->parts[f->part].table, serial_number, &fact, err);
}

static bool
may_end(uint8_t reason)
{
	return reason == HOLD || reason == VOUCH_REASON_REMOVE_FROM_CRL;
}

/* C-19: the earliest date; and who is revoked for good is not on hold, whatever else is said. */
static void
merge(struct crl_fact *kept, const struct crl_fact *other)
{
	bool other_is_first = other->date < kept->date;
	uint8_t reason = other_is_first ? other->reason : kept->reason;
	uint8_t second = other_is_first ? kept->reason : other->reason;

	if (reason == VOUCH_REASON_REMOVE_FROM_CRL || (may_end(reason) && !may_end(second)))
		reason = second;
	if (other_is_first)
		*kept = *other;
	kept->reason = reason;
}

/* --- Behind the entries ------------------------------------------------------------------------------- */

int
crl_fields_extensions(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	if (!f->is_version_2)
		return err_set(err, VOUCH_EREFUSED,
		    "extensions in a CRL that is not of version 2 (RFC 5280 5.1.2.1)");
	return crl_read_extensions(element, f->list, err);
}

int
crl_fields_algorithm(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	if (!span_equal(element, span_buf(&f->signature_algorithm)))
		return err_set(err, VOUCH_EVERIFY,
		    "it differs from the one in tbsCertList (RFC 5280 5.1.1.2)");
	return VOUCH_OK;
}

int
crl_fields_value(struct crl_fields *f, vouch_span element, vouch_err *err)
{
	struct der_reader r = der_reader_init(element, err);
	vouch_span signature = der_bit_string(&r, NULL);

	return der_finish(&r) == VOUCH_OK ? keep(&f->signature, signature, err) : err->code;
}

/* --- Verification ------------------------------------------------------------------------------------- */

static int
check_may_sign(const struct crypto_cert *cert, vouch_err *err)
{
	if (cert->has_key_usage && (cert->key_usage & CRYPTO_CRL_SIGN) == 0)
		return err_set(err, VOUCH_EVERIFY,
		    "the issuer's keyUsage has no cRLSign (RFC 5280 6.3.3 (f))");
	return VOUCH_OK;
}

/* Where in the parameters something was is of no use to those who have to choose another algorithm. */
static int
explain_algorithm(const struct crl_fields *f, vouch_err *err)
{
	vouch_err unread = { 0 };
	struct der_reader r = der_reader_init(span_buf(&f->signature_algorithm), &unread);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);
	char name[80];

	crypto_oid_text(der_oid(&algorithm), name, sizeof(name));
	return err_prefix(err, "its signature (%s) cannot be verified", name);
}

static int
add_candidate(struct crl_fields *f, size_t signer, vouch_err *err)
{
	const struct crypto_cert *cert = &f->authority->items[signer]->cert;
	struct crypto_verification *verification = NULL;

	if (f->candidate_count == CRL_CANDIDATES_MAX)
		return err_set(err, VOUCH_ELIMIT, "more than %d issuers have this name", CRL_CANDIDATES_MAX);
	if (check_may_sign(cert, err) != VOUCH_OK)
		return err->code;
	if (crypto_verification_new(&verification, cert, span_buf(&f->signature_algorithm), err) != VOUCH_OK)
		return explain_algorithm(f, err);
	f->candidates[f->candidate_count].signer = (unsigned)signer;
	f->candidates[f->candidate_count++].verification = verification;
	return VOUCH_OK;
}

static int
nobody_has_the_name(const struct crl_fields *f, vouch_err *err)
{
	char *name = crypto_name_short(span_buf(&f->list->issuer));

	err_set(err, VOUCH_EVERIFY,
	    "issuer: \"%s\" is none of those whose CRLs are believed here (RFC 5280 6.3.3 (f))",
	    name != NULL ? name : "?");
	free(name);
	return err_rule(err, CRL_RULE_ISSUER);
}

int
crl_fields_begin(struct crl_fields *f, vouch_err *err)
{
	bool named = false;
	vouch_err why = { 0 };

	for (size_t i = 0; i < f->authority->count; i++) {
		if (!crypto_name_equal(f->authority->items[i]->cert.subject, span_buf(&f->list->issuer)))
			continue;
		named = true;
		why = (vouch_err){ 0 };
		if (add_candidate(f, i, &why) == VOUCH_ENOMEM)
			return err_nomem(err);
	}
	if (!named)
		return nobody_has_the_name(f, err);
	if (f->candidate_count == 0)
		*err = why;
	return f->candidate_count == 0 ? err->code : VOUCH_OK;
}

int
crl_fields_hash(struct crl_fields *f, vouch_span octets, vouch_err *err)
{
	int code = VOUCH_OK;

	for (size_t i = 0; i < f->candidate_count && code == VOUCH_OK; i++)
		code = crypto_verification_update(f->candidates[i].verification, octets, err);
	return code;
}

/* A CA has had, or will have, another key; that its list says so proves nothing, and is believed of none that is used. */
static bool
is_of_another_key(const struct crl_fields *f)
{
	vouch_err unread = { 0 };
	struct der_reader r = der_reader_init(span_buf(&f->list->authority_key_identifier), &unread);
	struct der_reader identifier = der_enter(&r, DER_SEQUENCE);
	vouch_span key = der_read(&identifier, DER_CONTEXT_PRIMITIVE(0));

	if (unread.code != VOUCH_OK || key.len == 0)
		return false;
	for (size_t i = 0; i < f->candidate_count; i++) {
		vouch_span known = f->authority->items[f->candidates[i].signer]->cert.subject_key_identifier;
		if (known.len == 0 || span_equal(known, key))
			return false;
	}
	return true;
}

static int
verify(struct crl_fields *f, vouch_err *err)
{
	for (size_t i = 0; i < f->candidate_count; i++) {
		err_or(err, NULL);
		int code = crypto_verification_finish(f->candidates[i].verification, span_buf(&f->signature),
		    err);
		f->list->signer = f->candidates[i].signer;
		if (code == VOUCH_OK || code != VOUCH_EVERIFY)
			return code;
	}
	if (is_of_another_key(f)) {
		(void)err_set(err, VOUCH_EVERIFY,
		    "not signed by its issuer, but with another key of the same name, says its authorityKeyIdentifier: the signature is one of a CA that is not served here (RFC 5280 6.3.3 (g))");
		return err_rule(err, CRL_RULE_ISSUER);
	}
	(void)err_rule(err, "signature");
	return err_prefix(err, "not signed by its issuer (RFC 5280 6.3.3 (g))");
}

/* What could not be judged while the extensions were still to come. */
static int
check_whole(const struct crl_fields *f, vouch_err *err)
{
	const struct crl_list *list = f->list;
	const struct crl_signer *signer = f->authority->items[list->signer];

	if (f->saw_remove && !crl_list_is_delta(list))
		return err_set(err, VOUCH_EREFUSED,
		    "removeFromCRL in a CRL that is not a delta CRL (RFC 5280 5.3.1)");
	if (f->saw_foreign_issuer && !list->scope.is_indirect)
		return err_set(err, VOUCH_EREFUSED,
		    "certificateIssuer names another issuer in a CRL that is not indirect (RFC 5280 5.2.5)");
	if (signer->attached == 0 && !crypto_cert_is_valid_at(&signer->cert, list->this_update))
		return err_set(err, VOUCH_EVERIFY,
		    "the certificate of its issuer was not valid at thisUpdate (RFC 5280 6.3.3 (f))");
	return VOUCH_OK;
}

/* Lookups compare octets; a CRL may write the name of its issuer in another way than the certificate. */
static int
rename_own_part(struct crl_fields *f, vouch_err *err)
{
	vouch_buf *name = &f->list->parts[0].name;

	buf_clear(name);
	return keep(name, f->authority->items[f->list->signer]->name, err);
}

int
crl_fields_finish(struct crl_fields *f, struct crl_list **out, vouch_err *err)
{
	int code = verify(f, err);

	if (code == VOUCH_OK)
		code = check_whole(f, err);
	if (code == VOUCH_OK)
		code = rename_own_part(f, err);
	if (code != VOUCH_OK)
		return code;
	for (size_t i = 0; i < f->list->part_count; i++)
		crl_table_finish(&f->list->parts[i].table, merge);
	*out = f->list;
	f->list = NULL;
	return VOUCH_OK;
}
