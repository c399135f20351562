/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs among GeneralNames (RFC 5280 4.2.1.6). */
#include "status/crl_uri.h"

#include <ctype.h>

#include "der/reader.h"
#include "der/writer.h"

#define GENERAL_NAME_URI DER_CONTEXT_PRIMITIVE(6)

/* A scheme has no case (RFC 3986 3.1); the prefix is lower case. */
static bool
begins_with(vouch_span uri, const char *prefix)
{
	size_t i = 0;

	while (i < uri.len && prefix[i] != '\0' && tolower(uri.data[i]) == prefix[i])
		i++;
	return prefix[i] == '\0' && uri.len > i;
}

/* The next URI; empty at the end. */
static vouch_span
next_uri(struct der_reader *names)
{
	while (der_more(names)) {
		if (der_next_is(names, GENERAL_NAME_URI))
			return der_read(names, GENERAL_NAME_URI);
		der_skip(names);
	}
	return span_of(NULL, 0);
}

vouch_span
crl_first_uri(vouch_span names)
{
	vouch_err damage = { 0 };
	struct der_reader r = der_reader_init(names, &damage);

	return next_uri(&r);
}

vouch_span
crl_first_http_uri(vouch_span names)
{
	vouch_err damage = { 0 };
	struct der_reader r = der_reader_init(names, &damage);
	vouch_span uri = next_uri(&r);

	while (uri.len != 0 && !begins_with(uri, "http://") && !begins_with(uri, "https://"))
		uri = next_uri(&r);
	return uri;
}

size_t
crl_count_uris(vouch_span names, vouch_span wanted, bool *found)
{
	vouch_err damage = { 0 };
	struct der_reader r = der_reader_init(names, &damage);
	size_t count = 0;

	*found = false;
	for (vouch_span uri = next_uri(&r); uri.len != 0; uri = next_uri(&r)) {
		*found = *found || span_equal(uri, wanted);
		count++;
	}
	return count;
}

int
crl_put_uri(vouch_buf *names, vouch_span uri, vouch_err *err)
{
	struct der_writer w = der_writer_init(names);

	der_put(&w, GENERAL_NAME_URI, uri);
	return der_writer_finish(&w, err);
}
