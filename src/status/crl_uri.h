/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs among GeneralNames (RFC 5280 4.2.1.6). */
#ifndef STATUS_CRL_URI_H
#define STATUS_CRL_URI_H

#include "base/span.h"

/* The first one, borrowed; empty: there is none. */
vouch_span crl_first_uri(vouch_span names);
/* The first http or https one. */
vouch_span crl_first_http_uri(vouch_span names);
/* How many URIs there are, and whether the wanted one is among them, octet for octet. */
size_t crl_count_uris(vouch_span names, vouch_span wanted, bool *found);
/* Appends the GeneralName of a URI. */
VOUCH_MUST int crl_put_uri(vouch_buf *names, vouch_span uri, vouch_err *err);

#endif
