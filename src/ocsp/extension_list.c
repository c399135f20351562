/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions (RFC 5280 4.1): read one by one, each OID once, and written. */
#include "ocsp/extension_list.h"

void
ocsp_extension_list_enter(struct ocsp_extension_list *list, struct der_reader *r, bool clean)
{
	list->r = der_enter(r, DER_SEQUENCE);
	list->clean = clean;
	list->count = 0;
	/* SIZE (1..MAX) forbids an empty list, which OpenSSL reads nevertheless. */
	if (clean && !der_more(&list->r))
		der_fail(&list->r, VOUCH_EPARSE, list->r.next, "empty list of extensions");
}

/* RFC 5280 4.2: no more than one instance of an extension. */
static void
refuse_second(struct ocsp_extension_list *list, vouch_span oid)
{
	if (list->count == OCSP_EXTENSIONS_MAX) {
		der_fail(&list->r, VOUCH_ELIMIT, oid.data, "more than %d extensions", OCSP_EXTENSIONS_MAX);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (span_equal(list->oids[i], oid))
			der_fail(&list->r, VOUCH_EREFUSED, oid.data,
			    "the same extension twice (RFC 5280 4.2)");
	list->oids[list->count++] = oid;
}

static bool
read_critical(struct der_reader *r, bool clean)
{
	const uint8_t *at = r->next;

	if (!der_next_is(r, DER_BOOLEAN))
		return false;
	bool critical = der_boolean(r);
	if (clean && !critical)
		der_fail(r, VOUCH_EPARSE, at, "critical FALSE is the default and not encoded in DER");
	return critical;
}

bool
ocsp_extension_list_next(struct ocsp_extension_list *list, struct ocsp_extension *out)
{
	if (!der_more(&list->r))
		return false;
	struct der_reader extension = der_enter(&list->r, DER_SEQUENCE);
	out->oid = der_oid(&extension);
	out->critical = read_critical(&extension, list->clean);
	out->value = der_read(&extension, DER_OCTET_STRING);
	der_leave(&extension);
	if (!der_failed(&list->r))
		refuse_second(list, out->oid);
	return !der_failed(&list->r);
}

struct ocsp_extension_marks
ocsp_extension_begin(struct der_writer *w, vouch_span oid)
{
	struct ocsp_extension_marks marks;

	marks.extension = der_begin(w, DER_SEQUENCE);
	der_put_oid(w, oid);
	marks.extn_value = der_begin(w, DER_OCTET_STRING);
	return marks;
}

void
ocsp_extension_end(struct der_writer *w, struct ocsp_extension_marks marks)
{
	der_end(w, marks.extn_value);
	der_end(w, marks.extension);
}
