/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs out of the web: sources "http://..." and "https://...". */
#ifndef FETCH_CRL_H
#define FETCH_CRL_H

#include <vouch.h>

/*
 * A source whose URI is a URL, with vouch's own parameters behind '#', since what is behind '?' is the server's:
 * - also: more URLs of the same CA's CRLs (partitions, RFC 5280 5.2.5), with blanks (%20) between them
 * - delta: URLs of delta CRLs, or "none"; without it, what freshestCRL names (RFC 5280 5.2.6)
 * - every: how often to look at least (1h); never later than half-way to nextUpdate, and than max-age allows
 * - timeout: for one transfer (5m); wait: for the first ones, of whoever asks first (5s)
 * - limit: the most octets of a CRL (256MiB)
 * - cafile: certificates in PEM that alone are trusted for https
 * All others are those of vouch_crl_source_new().
 *
 * A thread fetches; lookups never wait for it, but for the first one.  NULL: this build has no libcurl.
 */
const vouch_source_ops *fetch_crl_ops(void);

#endif
