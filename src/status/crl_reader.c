/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one CRL in DER, cut anywhere: elements out of slices, in the order of the ASN.1 (RFC 5280 5.1). */
#include "status/crl_reader.h"

#include <stdlib.h>

#include "status/crl_fields.h"

#define CRL_SIZE_MAX ((uint64_t)2 << 30) /* octets: 5 * 10^7 entries, of any CA there is */
#define CHUNK ((size_t)64 << 10)	 /* parsed and then hashed while it is in the cache */

enum step {
	OUTER,
	TBS,
	VERSION,
	SIGNATURE,
	ISSUER,
	THIS_UPDATE,
	NEXT_UPDATE,
	ENTRIES,
	ENTRY,
	EXTENSIONS,
	ALGORITHM,
	VALUE,
	DONE
};

/* One row is one field.  limit: octets of content that it may have; 0: only its tag and length are taken at a time. */
struct row {
	const char *name;
	uint8_t tag, other_tag;
	bool is_optional;
	uint32_t limit;
	int (*take)(struct crl_fields *f, vouch_span element, vouch_err *err);
};
static const struct row rows[] = {
	[OUTER] = { "CertificateList", DER_SEQUENCE, 0, false, 0, NULL },
	[TBS] = { "tbsCertList", DER_SEQUENCE, 0, false, 0, NULL },
	[VERSION] = { "version", DER_INTEGER, 0, true, 16, crl_fields_version },
	[SIGNATURE] = { "signature", DER_SEQUENCE, 0, false, 4096, crl_fields_signature },
	[ISSUER] = { "issuer", DER_SEQUENCE, 0, false, 65536, crl_fields_issuer },
	[THIS_UPDATE] = { "thisUpdate", DER_UTC_TIME, DER_GENERALIZED_TIME, false, 64,
	    crl_fields_this_update },
	[NEXT_UPDATE] = { "nextUpdate", DER_UTC_TIME, DER_GENERALIZED_TIME, true, 64,
	    crl_fields_next_update },
	[ENTRIES] = { "revokedCertificates", DER_SEQUENCE, 0, true, 0, NULL },
	/* An entry has a few extensions, and one may name an issuer. */
	[ENTRY] = { "an entry of revokedCertificates", DER_SEQUENCE, 0, true, 65536, crl_fields_entry },
	/* Some name every shard that there is. */
	[EXTENSIONS] = { "crlExtensions", DER_CONTEXT(0), 0, true, 1 << 20, crl_fields_extensions },
	[ALGORITHM] = { "signatureAlgorithm", DER_SEQUENCE, 0, false, 4096, crl_fields_algorithm },
	/* SLH-DSA's have 49856 octets. */
	[VALUE] = { "signatureValue", DER_BIT_STRING, 0, false, 65536, crl_fields_value },
	[DONE] = { "the end", 0, 0, false, 0, NULL },
};

struct crl_reader {
	enum step step;
	uint64_t at; /* of the next octet to be taken */
	uint64_t outer_end, tbs_start, tbs_end, list_end;
	uint64_t algorithm_at; /* what the signature is made with, as tbsCertList says */
	vouch_buf pending;     /* of an element that is not complete yet */
	vouch_buf head;	       /* what came before it was known whose signature this is */
	uint64_t came;	       /* octets */
	bool is_of_another_type;
	struct crl_fields fields;
};

int
crl_reader_new(struct crl_reader **out, const struct crl_authority *authority, const char *name,
    vouch_err *err)
{
	struct crl_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_nomem(err);
	int code = crl_fields_init(&r->fields, authority, name, err);
	if (code != VOUCH_OK) {
		crl_reader_free(r);
		return code;
	}
	*out = r;
	return VOUCH_OK;
}

void
crl_reader_free(struct crl_reader *r)
{
	if (r == NULL)
		return;
	crl_fields_clear(&r->fields);
	vouch_buf_free(&r->pending);
	vouch_buf_free(&r->head);
	free(r);
}

bool
crl_reader_is_of_another_type(const struct crl_reader *r)
{
	return r->is_of_another_type || r->step == OUTER;
}

vouch_span
crl_reader_issuer(const struct crl_reader *r)
{
	return r->fields.list != NULL ? span_buf(&r->fields.list->issuer) : span_of(NULL, 0);
}

static int
fail_at(const struct crl_reader *r, vouch_err *err, int code, const char *what)
{
	return err_at(err, code, (size_t)r->at, "%s: %s", rows[r->step].name, what);
}

/* --- Which field it is -------------------------------------------------------------------------------- */

/* Where what holds the field ends. */
static uint64_t
end_of_holder(const struct crl_reader *r)
{
	if (r->step == OUTER)
		return CRL_SIZE_MAX;
	if (r->step == ENTRY)
		return r->list_end;
	return r->step == TBS || r->step >= ALGORITHM ? r->outer_end : r->tbs_end;
}

static bool
has_tag(const struct row *row, uint8_t tag)
{
	return tag == row->tag || (row->other_tag != 0 && tag == row->other_tag);
}

/* A certificate's version has a tag of its own; the other types have no SEQUENCE where tbsCertList is. */
static int
fail_tag(struct crl_reader *r, const uint8_t *tag, vouch_err *err)
{
	if (tag == NULL)
		return fail_at(r, err, VOUCH_EPARSE, "it is missing");
	r->is_of_another_type = r->step == TBS || (r->step == SIGNATURE && *tag == DER_CONTEXT(0));
	if (r->is_of_another_type)
		return err_at(err, VOUCH_EPARSE, (size_t)r->at, "this is no CRL, but %s",
		    r->step == TBS ? "DER of another type" : "a certificate");
	return fail_at(r, err, VOUCH_EPARSE, "another tag is in its place");
}

/* Passes over optional fields that are not there.  first: the next octet, if there is one already. */
static int
settle(struct crl_reader *r, const uint8_t *first, vouch_err *err)
{
	for (; r->step < DONE; r->step++) {
		bool ended = r->at == end_of_holder(r);
		if (r->step == ALGORITHM && r->at != r->tbs_end)
			return err_at(err, VOUCH_EPARSE, (size_t)r->at, "tbsCertList: octets left over");
		if (!ended && first == NULL)
			return VOUCH_OK;
		bool fits = !ended && has_tag(&rows[r->step], *first);
		if (fits)
			return VOUCH_OK;
		/* Inside revokedCertificates there is nothing but entries. */
		if (!rows[r->step].is_optional || (r->step == ENTRY && !ended))
			return fail_tag(r, ended ? NULL : first, err);
		if (r->step == ENTRIES)
			r->step++;
	}
	if (r->at != r->outer_end)
		return err_at(err, VOUCH_EPARSE, (size_t)r->at, "CertificateList: octets left over");
	if (first == NULL)
		return VOUCH_OK;
	return err_at(err, VOUCH_EPARSE, (size_t)r->at, "octets behind the CRL");
}

/* --- How long it is ----------------------------------------------------------------------------------- */

/* The length of an element of which at least the first two octets are there; *need: up to where they must be. */
static int
read_length(const struct crl_reader *r, vouch_span view, size_t *header, uint64_t *len, vouch_err *err)
{
	size_t count = view.data[1] & 0x7f;

	*header = 2;
	*len = view.data[1];
	if (view.data[1] < 0x80)
		return VOUCH_OK;
	if (count == 0 || count > 4)
		return fail_at(r, err, VOUCH_EPARSE,
		    count == 0 ? "indefinite length is not DER" : "length of more than four octets");
	*header = 2 + count;
	*len = 0;
	if (view.len < *header)
		return VOUCH_OK;
	for (size_t i = 0; i < count; i++)
		*len = *len << 8 | view.data[2 + i];
	if (*len < 0x80 || view.data[2] == 0)
		return fail_at(r, err, VOUCH_EPARSE, "length is not encoded in the fewest octets");
	return VOUCH_OK;
}

static int
check_length(const struct crl_reader *r, size_t header, uint64_t len, vouch_err *err)
{
	const struct row *row = &rows[r->step];

	if (header + len > end_of_holder(r) - r->at)
		return r->step == OUTER ?
		    err_at(err, VOUCH_ELIMIT, 0, "a CRL of %llu octets: 2 GiB are the limit",
			(unsigned long long)len) :
		    fail_at(r, err, VOUCH_EPARSE, "length goes past the end of what holds it");
	if (row->limit != 0 && len > row->limit)
		return err_at(err, VOUCH_ELIMIT, (size_t)r->at, "%s has %llu octets, %u are the limit",
		    row->name, (unsigned long long)len, (unsigned)row->limit);
	return VOUCH_OK;
}

/* How many octets are needed to go on, and whether they are the whole of what is taken at a time. */
static int
measure(const struct crl_reader *r, vouch_span view, size_t *need, vouch_err *err)
{
	size_t header;
	uint64_t len;

	*need = 2;
	if (view.len < 2)
		return VOUCH_OK;
	if (read_length(r, view, &header, &len, err) != VOUCH_OK)
		return err->code;
	*need = header;
	if (view.len < header)
		return VOUCH_OK;
	if (check_length(r, header, len, err) != VOUCH_OK)
		return err->code;
	if (rows[r->step].limit != 0)
		*need = header + (size_t)len;
	return VOUCH_OK;
}

/* --- Taking it ---------------------------------------------------------------------------------------- */

/* Begins to hash: what came so far, this chunk included, is in the head. */
static int
begin_hashing(struct crl_reader *r, vouch_err *err)
{
	uint64_t end = r->came < r->tbs_end ? r->came : r->tbs_end;
	vouch_span signed_octets = span_of(r->head.data + r->tbs_start, (size_t)(end - r->tbs_start));
	int code = crl_fields_begin(&r->fields, err);

	if (code == VOUCH_OK)
		code = crl_fields_hash(&r->fields, signed_octets, err);
	vouch_buf_free(&r->head);
	return code;
}

static void
enter(struct crl_reader *r, vouch_span header)
{
	uint64_t len = header.data[1];

	if (len >= 0x80) {
		len = 0;
		for (size_t i = 2; i < header.len; i++)
			len = len << 8 | header.data[i];
	}
	uint64_t end = r->at + header.len + len;
	if (r->step == OUTER)
		r->outer_end = end;
	else if (r->step == ENTRIES)
		r->list_end = end;
	else
		r->tbs_start = r->at, r->tbs_end = end;
}

/* One unit: an element, or the header of one whose content comes piece by piece. */
static int
take(struct crl_reader *r, vouch_span unit, vouch_err *err)
{
	const struct row *row = &rows[r->step];
	int code = VOUCH_OK;

	if (row->take == NULL)
		enter(r, unit);
	else
		code = row->take(&r->fields, unit, err);
	if (code != VOUCH_OK) {
		err->offset += (size_t)r->at;
		return err_prefix(err, "%s", row->name);
	}
	if (r->step == SIGNATURE)
		r->algorithm_at = r->at;
	if (r->step == ISSUER && begin_hashing(r, err) != VOUCH_OK) {
		err->offset = (size_t)r->algorithm_at;
		return err->code;
	}
	r->at += unit.len;
	if (r->step != ENTRY)
		r->step++;
	return VOUCH_OK;
}

/* The next unit is in the slice whole, or is put together in pending; empty: more octets are needed. */
static int
next_unit(struct crl_reader *r, vouch_span *rest, vouch_span *unit, vouch_err *err)
{
	size_t need;

	*unit = span_of(NULL, 0);
	for (;;) {
		bool is_direct = r->pending.len == 0;
		vouch_span view = is_direct ? *rest : span_buf(&r->pending);
		if (measure(r, view, &need, err) != VOUCH_OK)
			return err->code;
		if (view.len >= need) {
			*unit = span_of(view.data, need);
			if (is_direct)
				*rest = span_of(rest->data + need, rest->len - need);
			return VOUCH_OK;
		}
		size_t wanted = need - r->pending.len, len = rest->len < wanted ? rest->len : wanted;
		if (len == 0)
			return VOUCH_OK;
		if (vouch_buf_append(&r->pending, rest->data, len) != VOUCH_OK)
			return err_nomem(err);
		*rest = span_of(rest->data + len, rest->len - len);
	}
}

static int
parse(struct crl_reader *r, vouch_span rest, vouch_err *err)
{
	vouch_span unit;

	for (;;) {
		if (r->pending.len == 0 && settle(r, rest.len != 0 ? rest.data : NULL, err) != VOUCH_OK)
			return err->code;
		if (rest.len == 0)
			return VOUCH_OK;
		if (next_unit(r, &rest, &unit, err) != VOUCH_OK)
			return err->code;
		if (unit.len == 0)
			return VOUCH_OK;
		if (take(r, unit, err) != VOUCH_OK)
			return err->code;
		buf_clear(&r->pending);
	}
}

static int
feed_chunk(struct crl_reader *r, vouch_span chunk, vouch_err *err)
{
	bool is_hashing = r->step > ISSUER;
	uint64_t from = r->came;

	if (!is_hashing && buf_append_span(&r->head, chunk) != VOUCH_OK)
		return err_nomem(err);
	r->came += chunk.len;
	int code = parse(r, chunk, err);
	if (code != VOUCH_OK || !is_hashing || from >= r->tbs_end)
		return code;
	uint64_t left = r->tbs_end - from;
	return crl_fields_hash(&r->fields, span_of(chunk.data, chunk.len < left ? chunk.len : (size_t)left),
	    err);
}

int
crl_reader_feed(struct crl_reader *r, vouch_span der, vouch_err *err)
{
	int code = VOUCH_OK;

	for (size_t at = 0; at < der.len && code == VOUCH_OK; at += CHUNK) {
		size_t left = der.len - at;
		code = feed_chunk(r, span_of(der.data + at, left < CHUNK ? left : CHUNK), err);
	}
	return code;
}

int
crl_reader_end(struct crl_reader *r, struct crl_list **out, vouch_err *err)
{
	if (r->pending.len == 0 && settle(r, NULL, err) != VOUCH_OK)
		return err->code;
	if (r->step != DONE)
		return err_at(err, VOUCH_EPARSE, (size_t)r->came, "the CRL is cut off within %s",
		    rows[r->step].name);
	return crl_fields_finish(&r->fields, out, err);
}
